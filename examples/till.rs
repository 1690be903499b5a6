//! A till: takes one payment by QR code, from the first request to the capture.
//!
//! ```text
//! cargo run --example till
//! cargo run --example till -- --amount 49,50 --text "Two coffees" --order-id till-42
//! ```
//!
//! With nothing set it starts a simulator and plays the customer too. With `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`,
//! `VIPPS_SUBSCRIPTION_KEY` and `VIPPS_MERCHANT_SERIAL_NUMBER` set it takes a real payment in the test environment, or
//! wherever `VIPPS_ENVIRONMENT` or `VIPPS_BASE_URL` says. `--approve PHONE` presses the customer's button, where the
//! environment allows it.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use tokio::sync::Notify;
use vipps::ecom::{Payment, PaymentDetails, PaymentState, WaitEvent};
use vipps::simulator::Simulator;
use vipps::types::TransactionText;
use vipps::{Amount, OrderId, Outcome, PhoneNumber, QrPayment, Vipps};

/// What [`Vipps::from_env`] reads. Any of them means that a simulator is not what is wanted.
const VARIABLES: [&str; 6] = [
    "VIPPS_CLIENT_ID",
    "VIPPS_CLIENT_SECRET",
    "VIPPS_SUBSCRIPTION_KEY",
    "VIPPS_MERCHANT_SERIAL_NUMBER",
    "VIPPS_ENVIRONMENT",
    "VIPPS_BASE_URL",
];

/// How the till was called.
struct Sale {
    order_id: OrderId,
    amount: Amount,
    text: TransactionText,
    approve: Option<PhoneNumber>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let sale = match Sale::from_args() {
        Ok(Some(sale)) => sale,
        Ok(None) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("till: {error:#}");
            return ExitCode::from(2);
        }
    };
    match run(&sale).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("till: {error:#}");
            if let Some(hint) = error
                .downcast_ref::<vipps::Error>()
                .and_then(vipps::Error::hint)
            {
                eprintln!("      {hint}");
            }
            ExitCode::FAILURE
        }
    }
}

async fn run(sale: &Sale) -> Result<ExitCode> {
    // Listening starts before the payment does, so that no moment is left in which Ctrl-C would leave it behind.
    let stop = Arc::new(Notify::new());
    tokio::spawn(listen(stop.clone()));

    let real = VARIABLES
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    let simulator = if real {
        None
    } else {
        Some(start_simulator(sale)?)
    };
    let vipps = match &simulator {
        Some(simulator) => simulator.client(),
        None => Vipps::from_env()?,
    };

    println!("order {}: {} for {}", sale.order_id, sale.amount, sale.text);
    let shown = vipps
        .pay_by_qr(sale.order_id.clone(), sale.amount, sale.text.clone())
        .content()
        .await;
    let shown = match shown {
        Ok(shown) => shown,
        Err(error) => {
            // The order may be there although its code is not.
            if error.outcome() == Outcome::Unknown {
                give_up(&vipps.ecom().payment(&sale.order_id))
                    .await
                    .unwrap_or_else(|e| eprintln!("till: {e:#}"));
            }
            return Err(error.into());
        }
    };
    let payment = shown.payment();
    let customer = async {
        show(&shown)?;
        if let Some(phone) = &sale.approve {
            shown
                .initiated()
                .force_approve()
                .phone_number(phone.clone())
                .await
                .context("the payment was not approved")?;
        }
        watch(&payment).await
    };
    let details = tokio::select! {
        // Whoever stopped the till while the order was being made is not shown a code any more.
        biased;
        () = stop.notified() => {
            println!("stopping");
            give_up(&payment).await?;
            return Ok(ExitCode::FAILURE);
        }
        details = customer => details,
    };
    let details = match details {
        Ok(details) => details,
        Err(error) => {
            // Nobody waits for the payment any more, so nobody must be able to pay it.
            give_up(&payment)
                .await
                .unwrap_or_else(|e| eprintln!("till: {e:#}"));
            return Err(error);
        }
    };
    settle(&payment, &details).await
}

/// Draws the code, for as long as it lives.
fn show(shown: &QrPayment) -> Result<()> {
    let content = shown.qr().content().context("no code came")?;
    println!("\n{}\n", content.render_terminal()?);
    println!("scan within {} s", shown.qr().expires_in().as_secs());
    Ok(())
}

/// Tells each step until the customer has decided.
async fn watch(payment: &Payment) -> Result<PaymentDetails> {
    let mut watch = payment.wait().watch();
    while let Some(event) = watch.next().await {
        match event? {
            WaitEvent::Waiting(_) => println!("waiting"),
            WaitEvent::Scanned(_) => println!("scanned"),
            WaitEvent::Decided(details) => return Ok(details),
            _ => {}
        }
    }
    bail!("the customer has not decided")
}

/// Takes the money, or says why there is none.
async fn settle(payment: &Payment, details: &PaymentDetails) -> Result<ExitCode> {
    let id = payment.order_id();
    let now = details.as_of().unwrap_or_else(jiff::Timestamp::now);
    match details.state_at(now) {
        PaymentState::Reserved | PaymentState::PartiallyCaptured => println!("reserved"),
        PaymentState::Captured => {
            println!("captured");
            println!(
                "paid: {id} captured {} øre",
                details.sums().captured.as_ore()
            );
            return Ok(ExitCode::SUCCESS);
        }
        PaymentState::Expired => {
            println!("The customer did not pay in time.");
            // It could still be approved in the app by a hair's breadth; a till that gave up must not be paid.
            give_up(payment)
                .await
                .unwrap_or_else(|e| eprintln!("till: {e:#}"));
            return Ok(ExitCode::FAILURE);
        }
        PaymentState::Cancelled | PaymentState::Rejected => {
            println!("The customer did not approve the payment.");
            return Ok(ExitCode::FAILURE);
        }
        other => {
            println!("The payment is {other}.");
            return Ok(ExitCode::FAILURE);
        }
    }
    let captured = match payment.capture().await {
        // The answer was lost; the same key again cannot take the money twice.
        Err(error) if error.outcome() == Outcome::Unknown => match error.idempotency_key() {
            Some(key) => payment.capture().idempotency_key(key.clone()).await?,
            None => return Err(error.into()),
        },
        other => other?,
    };
    println!("captured");
    let amount = captured
        .summary
        .map(|s| s.captured)
        .or(captured.amount)
        .context("the answer names no amount")?;
    println!("paid: {id} captured {} øre", amount.as_ore());
    Ok(ExitCode::SUCCESS)
}

/// Cancels the order, so that nobody pays for what nobody delivers.
async fn give_up(payment: &Payment) -> Result<()> {
    let id = payment.order_id();
    match payment.cancel().deadline(Duration::from_secs(10)).await {
        Ok(_) => println!("cancelled: {id}"),
        Err(error) => {
            return Err(
                anyhow::Error::new(error).context(format!("order {id} could not be cancelled"))
            );
        }
    }
    Ok(())
}

fn start_simulator(sale: &Sale) -> Result<Simulator> {
    let mut builder = Simulator::builder();
    if sale.approve.is_none() {
        builder = builder.approve_after(Duration::from_secs(4));
    }
    let simulator = builder.start().context("the simulator cannot start")?;
    println!("no VIPPS_* variables are set: using a simulator, customer included");
    Ok(simulator)
}

async fn listen(stop: Arc<Notify>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            stop.notify_one();
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        stop.notify_one();
    }
}

impl Sale {
    fn from_args() -> Result<Option<Self>> {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let mut sale = Self {
            order_id: format!("till-{}", since.as_millis()).parse()?,
            amount: Amount::kroner(499),
            text: "A sale at the till".parse()?,
            approve: None,
        };
        let mut args = lexopt::Parser::from_env();
        while let Some(arg) = args.next()? {
            match arg {
                Long("amount") => sale.amount = text(&mut args)?.parse().context("--amount")?,
                Long("text") => sale.text = text(&mut args)?.parse().context("--text")?,
                Long("order-id") => {
                    sale.order_id = text(&mut args)?.parse().context("--order-id")?;
                }
                Long("approve") => {
                    sale.approve = Some(text(&mut args)?.parse().context("--approve")?);
                }
                Long("help") | Short('h') => {
                    println!(
                        "till [--amount KRONER] [--text TEXT] [--order-id ID] [--approve PHONE]"
                    );
                    return Ok(None);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(sale))
    }
}

fn text(args: &mut lexopt::Parser) -> Result<String> {
    let value = args.value()?;
    value
        .into_string()
        .map_err(|_| anyhow::anyhow!("an argument is not UTF-8"))
}
