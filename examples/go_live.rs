//! The evidence that the go-live checklist asks for: one order that ends in REFUND and one that ends in VOID.
//!
//! ```text
//! cargo run --example go_live
//! cargo run --example go_live -- --approve 91234567      # in the test environment, with a test user
//! VIPPS_ENVIRONMENT=production ... cargo run --example go_live
//! ```
//!
//! With nothing set it runs against a simulator, to show what comes out. Elsewhere a person approves both payments in
//! the app, by the codes that are shown; in the test environment `--approve PHONE` does it. In production the money is
//! real, and goes back.

#[path = "shared/mod.rs"]
mod shared;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use lexopt::prelude::*;
use vipps::ecom::{Event, Operation, Payment, PaymentDetails};
use vipps::simulator::Simulator;
use vipps::{Amount, OrderId, PhoneNumber};

use shared::args::value;
use shared::sale::{self, Lines, Sale};
use shared::stop::Stop;
use shared::timeline::table;
use shared::{Ending, Place, fresh, say};

const HELP: &str = "
go_live [--amount KRONER] [--prefix TEXT] [--approve PHONE]

Makes one order that ends in REFUND and one that ends in VOID, and prints the evidence.

  --amount KRONER   of each; 1 by default, the least that can be paid
  --prefix TEXT     what the orders are called, with -refund and -void behind it; made up by default
  --approve PHONE   press this test user's button instead of asking a person, in the test environment
";

struct Args {
    amount: Amount,
    prefix: String,
    approve: Option<PhoneNumber>,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("go_live", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args {
        amount: Amount::MIN_PAYMENT,
        prefix: fresh("go-live"),
        approve: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("amount") => parsed.amount = value(args, "--amount")?,
            Long("prefix") => parsed.prefix = value(args, "--prefix")?,
            Long("approve") => parsed.approve = Some(value(args, "--approve")?),
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    order_id(&parsed.prefix, "refund")?;
    Ok(Some(parsed))
}

fn order_id(prefix: &str, end: &str) -> Result<OrderId> {
    format!("{prefix}-{end}").parse().context("--prefix")
}

async fn run(args: Args) -> Result<Ending> {
    let stop = Stop::listen()?;
    let mut simulator = Simulator::builder();
    if args.approve.is_none() {
        simulator = simulator.approve_after(Duration::from_secs(1));
    }
    let place = Place::choose(simulator)?;

    let Some(refunded) = order(&place, &args, "refund", &stop).await? else {
        return Ok(Ending::NotDone);
    };
    if refunded.details.can_capture() {
        let id = refunded.payment.order_id();
        sale::capture(&refunded.payment)
            .await
            .with_context(|| format!("{id} is still reserved; cancel it in the business portal"))?;
    }
    give_back(&refunded.payment).await?;
    let refunded = proof(&refunded.payment, &Operation::Refund).await?;

    let Some(voided) = order(&place, &args, "void", &stop).await? else {
        return Ok(Ending::NotDone);
    };
    let direct = voided.details.captured_at_once();
    let voided = if direct {
        give_back(&voided.payment).await?;
        proof(&voided.payment, &Operation::Refund).await?
    } else {
        sale::give_up(&voided.payment).await?;
        proof(&voided.payment, &Operation::Void).await?
    };

    say!("\nEvidence for the go-live checklist\n");
    say!("- environment: {}", place.vipps.base_url());
    say!("- sales unit: {}", place.vipps.merchant_serial_number());
    say!("- time: {:.0}", jiff::Timestamp::now());
    print(&refunded);
    print(&voided);
    if direct {
        say!(
            "\nThis sales unit captures at once, so that it has nothing to void: REFUND is all that is asked of it."
        );
    }
    Ok(Ending::Done)
}

/// One payment, approved. `None` if it is not, for a reason that is told.
async fn order(
    place: &Place,
    args: &Args,
    end: &str,
    stop: &Stop,
) -> Result<Option<sale::Approved>> {
    let sale = Sale {
        order_id: order_id(&args.prefix, end)?,
        amount: args.amount,
        text: "Go-live test".parse()?,
        approve: args.approve.clone(),
    };
    sale::take(&place.vipps, &sale, &mut Lines, stop).await
}

async fn give_back(payment: &Payment) -> Result<()> {
    let id = payment.order_id();
    payment.refund().rest().await.with_context(|| {
        format!("{id} is captured and may not be refunded; look it up in the business portal")
    })?;
    say!("refunded");
    Ok(())
}

/// The history as the API tells it, if it ends as it should.
async fn proof(payment: &Payment, end: &Operation) -> Result<PaymentDetails> {
    let details = payment.details().await?;
    let last = details.events().iter().find(|event| event.succeeded());
    let operation = last.and_then(|event: &Event| event.operation.as_ref());
    ensure!(
        operation == Some(end),
        "{} does not end in {}: it is {}",
        payment.order_id(),
        end.as_str(),
        details.state()
    );
    Ok(details)
}

fn print(details: &PaymentDetails) {
    say!("\nOrder `{}`: {}\n", details.order_id(), details.state());
    say!("{}", table(details));
}
