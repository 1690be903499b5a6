//! A refund desk: finds an order, gives back what is captured, releases what is still reserved.
//!
//! ```text
//! cargo run --example refund_desk
//! cargo run --example refund_desk -- acme-shop-123                  # only look
//! cargo run --example refund_desk -- acme-shop-123 --refund         # all that is captured
//! cargo run --example refund_desk -- acme-shop-123 --refund --amount 50
//! cargo run --example refund_desk -- acme-shop-123 --release
//! ```
//!
//! When an answer is lost, nobody knows whether money has moved. The desk then asks what became of it, repeats with the
//! same idempotency key what took no effect, and says so if nobody can tell yet.
//!
//! With nothing set a simulator has an order that is captured in part, which is then settled. With the `VIPPS_*`
//! variables set it is the order that is named; `--approve PHONE` makes such an order in the test environment.

#[path = "shared/mod.rs"]
mod shared;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use vipps::ecom::{Payment, PaymentDetails, Reconciled, Transaction};
use vipps::simulator::Simulator;
use vipps::types::TransactionText;
use vipps::{Amount, OrderId, Outcome, PhoneNumber, RequestId, Vipps};

use shared::args::value;
use shared::stop::Stop;
use shared::timeline::table;
use shared::{Ending, Place, WrongUsage, fresh, say};

const HELP: &str = "
refund_desk [ORDER-ID] [--refund [--amount KRONER]] [--release] [OPTIONS]

Shows an order, and settles it. Without an order: makes one that is captured in part, and settles that.

  --refund            give back what is captured and not given back yet
  --amount KRONER     only so much of it
  --release           give back what is still reserved
  --text TEXT         what the customer reads
  --key KEY           the idempotency key of an earlier refund whose outcome was unknown, to repeat exactly that
  --settled-after S   how many seconds a lost request may still take effect; 30 by default
  --approve PHONE     without an order: press this customer's button, in the test environment
";

/// As often as something that took no effect is repeated.
const ATTEMPTS: u32 = 3;

#[derive(Default)]
struct Args {
    order_id: Option<OrderId>,
    refund: bool,
    amount: Option<Amount>,
    release: bool,
    text: Option<TransactionText>,
    key: Option<RequestId>,
    settled_after: Option<u64>,
    approve: Option<PhoneNumber>,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("refund_desk", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("refund") => parsed.refund = true,
            Long("amount") => parsed.amount = Some(value(args, "--amount")?),
            Long("release") => parsed.release = true,
            Long("text") => parsed.text = Some(value(args, "--text")?),
            Long("key") => parsed.key = Some(value(args, "--key")?),
            Long("settled-after") => parsed.settled_after = Some(value(args, "--settled-after")?),
            Long("approve") => parsed.approve = Some(value(args, "--approve")?),
            Long("help") | Short('h') => return Ok(None),
            Value(id) if parsed.order_id.is_none() => {
                parsed.order_id = Some(id.parse().context("the order id")?);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if (parsed.amount.is_some() || parsed.key.is_some()) && !parsed.refund {
        bail!("--amount and --key go with --refund");
    }
    Ok(Some(parsed))
}

async fn run(mut args: Args) -> Result<Ending> {
    // Listened to from here on, so that Ctrl-C never ends the desk between a request and its answer.
    let stop = Stop::listen()?;
    let place = Place::choose(Simulator::builder())?;
    let ecom = place.vipps.ecom();
    let payment = if let Some(id) = &args.order_id {
        ecom.payment(id)
    } else {
        if !args.refund && !args.release {
            (args.refund, args.release) = (true, true);
        }
        prepare(&place, args.approve.as_ref()).await?
    };
    let details = match payment.details().await {
        Err(error) if error.has_code("35") => {
            say!("this sales unit has no order {}", payment.order_id());
            return Ok(Ending::NotDone);
        }
        details => details?,
    };
    show(&details);
    let desk = Desk {
        vipps: &place.vipps,
        payment: &payment,
        args: &args,
        stop: &stop,
    };
    if args.release && desk.release(&details).await? == Ending::NotDone {
        return Ok(Ending::NotDone);
    }
    if args.refund && desk.refund(&details).await? == Ending::NotDone {
        return Ok(Ending::NotDone);
    }
    if args.release || args.refund {
        show(&payment.details().await?);
    }
    Ok(Ending::Done)
}

/// An order of 499 kr, of which 300 kr are captured: the rest was sold out, say.
async fn prepare(place: &Place, approve: Option<&PhoneNumber>) -> Result<Payment> {
    let (amount, part) = (Amount::kroner(499), Amount::kroner(300));
    if place.simulator.is_none() && approve.is_none() {
        return Err(WrongUsage::error(
            "which order? name it, or let --approve make one",
        ));
    }
    let id = fresh("desk").parse()?;
    let started = place
        .vipps
        .ecom()
        .initiate(id, amount, "Socks and mittens".parse()?)
        .await?;
    match (&place.simulator, approve) {
        (Some(simulator), None) => simulator.payer().approve(started.order_id().as_str())?,
        (_, approve) => {
            let mut call = started.force_approve();
            if let Some(phone) = approve {
                call = call.phone_number(phone.clone());
            }
            call.await.context("the payment was not approved")?;
        }
    }
    let payment = started.payment();
    let details = payment.wait().deadline(Duration::from_secs(30)).await?;
    if details.can_capture() {
        payment.capture().amount(part).await?;
    }
    Ok(payment)
}

fn show(details: &PaymentDetails) {
    let sums = details.sums();
    say!("\norder {}: {}\n", details.order_id(), details.state());
    for (what, amount) in [
        ("captured", sums.captured),
        ("refunded", sums.refunded),
        ("can be refunded", sums.remaining_to_refund),
        ("can be released", sums.remaining_to_capture),
    ] {
        say!("{what:<16}{amount:>14}");
    }
    say!("\n{}\n", table(details));
}

struct Desk<'a> {
    vipps: &'a Vipps,
    payment: &'a Payment,
    args: &'a Args,
    stop: &'a Stop,
}

impl Desk<'_> {
    async fn release(&self, details: &PaymentDetails) -> Result<Ending> {
        if !details.can_release() && !details.can_cancel() {
            say!("nothing is left to release");
            return Ok(Ending::Done);
        }
        // The API has no idempotency key for this, and needs none: it does not happen twice.
        self.surely("released", async |_| {
            let mut call = self.payment.cancel();
            // A plain cancel is for what nothing is captured of.
            if details.can_release() {
                call = call.release_remaining();
            }
            if let Some(text) = &self.args.text {
                call = call.text(text.clone());
            }
            call.await
        })
        .await
    }

    async fn refund(&self, details: &PaymentDetails) -> Result<Ending> {
        if !details.can_refund() && self.args.key.is_none() {
            say!("nothing is left to refund");
            return Ok(Ending::Done);
        }
        self.surely("refunded", async |key: Option<&RequestId>| {
            let mut call = match self.args.amount {
                Some(amount) => self.payment.refund().amount(amount),
                // Exactly what is left, which no amount at all would leave open.
                None => self.payment.refund().rest(),
            };
            if let Some(text) = &self.args.text {
                call = call.text(text.clone());
            }
            if let Some(key) = key.or(self.args.key.as_ref()) {
                call = call.idempotency_key(key.clone());
            }
            call.await
        })
        .await
    }

    /// Does something until it is known to be done once, or to have failed.
    async fn surely(
        &self,
        done: &str,
        attempt: impl AsyncFn(Option<&RequestId>) -> vipps::Result<Transaction>,
    ) -> Result<Ending> {
        let mut key = None;
        for _ in 0..ATTEMPTS {
            let error = match attempt(key.as_ref()).await {
                Ok(transaction) => {
                    let amount = transaction
                        .amount
                        .map_or(String::new(), |a| format!("{a} "));
                    say!("{amount}{done}");
                    return Ok(Ending::Done);
                }
                Err(error) if error.outcome() == Outcome::Unknown => error,
                Err(error) => return Err(error.into()),
            };
            say!("the answer is lost; asking what became of it");
            let mut reconcile = self.vipps.ecom().reconcile(&error);
            if let Some(seconds) = self.args.settled_after {
                reconcile = reconcile.settled_after(Duration::from_secs(seconds));
            }
            key = error.idempotency_key().cloned();
            let became = tokio::select! {
                biased;
                became = reconcile.send() => became,
                () = self.stop.wanted() => break,
            };
            match became {
                Reconciled::TookEffect(_) => {
                    say!("{done} after all");
                    return Ok(Ending::Done);
                }
                Reconciled::NoEffect => say!("it took no effect"),
                Reconciled::StillUnknown(why) => {
                    say!("nobody can tell yet: {why}");
                    break;
                }
            }
        }
        say!("it is not known whether anything is {done}. Look at the order again later.");
        if let Some(key) = key {
            say!("To repeat it without moving money twice, add --key {key}");
        }
        Ok(Ending::NotDone)
    }
}
