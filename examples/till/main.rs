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
//!
//! In a terminal the code stands on a screen of its own, with the time that is left; everywhere else there are lines.

mod screen;
#[path = "../shared/mod.rs"]
mod shared;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use lexopt::prelude::*;
use vipps::Amount;
use vipps::simulator::Simulator;

use screen::Screen;
use shared::args::value;
use shared::sale::{self, Lines, Sale};
use shared::stop::Stop;
use shared::{Ending, Place, fresh, say};

const HELP: &str = "
till [--amount KRONER] [--text TEXT] [--order-id ID] [--approve PHONE]

Takes one payment by QR code and captures it.

  --amount KRONER   what it costs: 499, 49,50 or 49.50; 499 by default
  --text TEXT       what the customer reads
  --order-id ID     a name of its own for the order; made up by default
  --approve PHONE   press this customer's button, in the test environment
";

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("till", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Sale>> {
    let mut sale = Sale {
        order_id: fresh("till").parse()?,
        amount: Amount::kroner(499),
        text: "A sale at the till".parse()?,
        approve: None,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("amount") => sale.amount = value(args, "--amount")?,
            Long("text") => sale.text = value(args, "--text")?,
            Long("order-id") => sale.order_id = value(args, "--order-id")?,
            Long("approve") => sale.approve = Some(value(args, "--approve")?),
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(sale))
}

async fn run(sale: Sale) -> Result<Ending> {
    // Listening starts before the payment does, so that no moment is left in which Ctrl-C would leave it behind.
    let stop = Stop::listen()?;
    let mut simulator = Simulator::builder();
    if sale.approve.is_none() {
        simulator = simulator.approve_after(Duration::from_secs(4));
    }
    let place = Place::choose(simulator)?;
    let approved = match Screen::of_this_terminal() {
        Some(mut screen) => sale::take(&place.vipps, &sale, &mut screen, &stop).await?,
        None => sale::take(&place.vipps, &sale, &mut Lines, &stop).await?,
    };
    let Some(approved) = approved else {
        return Ok(Ending::NotDone);
    };
    // Sales units with direct capture have the money already.
    let captured = if approved.details.can_capture() {
        let captured = sale::capture(&approved.payment).await?;
        let sums = captured.summary.map(|sums| sums.captured);
        sums.or(captured.amount)
            .context("the answer names no amount")?
    } else {
        approved.details.sums().captured
    };
    say!("paid: {} captured {} øre", sale.order_id, captured.as_ore());
    Ok(Ending::Done)
}
