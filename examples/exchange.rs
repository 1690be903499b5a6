//! From a customer's own code, or a check-in, to the phone number.
//!
//! ```text
//! cargo run --example exchange
//! cargo run --example exchange -- --personal https://qr.vipps.no/p/...
//! scanner | cargo run --example exchange -- --personal - --show
//! cargo run --example exchange -- --token -
//! ```
//!
//! With nothing set a simulator's customer shows the code in the app, and then checks in at a till. With the `VIPPS_*`
//! variables set the texts come from the command line, or from the standard input, which nobody else can read.

#[path = "shared/mod.rs"]
mod shared;

use std::io::BufRead as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use vipps::simulator::Simulator;
use vipps::types::{CustomerToken, PersonalQr};
use vipps::{PhoneNumber, Vipps};

use shared::args::value;
use shared::front::{Front, FrontArgs};
use shared::stop::Stop;
use shared::{Ending, Place, WrongUsage, check_ins, masked, say};

const HELP: &str = "
exchange [--personal TEXT] [--token TEXT] [--show]

Finds out the phone number of a customer.

  --personal TEXT   the whole text of the code in the customer's app, as a scanner reads it
  --token TEXT      the customer token of a check-in, good for 15 minutes
                    `-` instead of a text reads a line of the standard input
  --show            print the number whole; without it all but two digits are hidden
";

/// Long enough for a webhook on one's own machine.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Args {
    personal: Option<PersonalQr>,
    token: Option<CustomerToken>,
    show: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("exchange", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("personal") => parsed.personal = Some(text(args, "--personal")?.parse()?),
            Long("token") => parsed.token = Some(text(args, "--token")?.parse()?),
            Long("show") => parsed.show = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(parsed))
}

fn text(args: &mut lexopt::Parser, name: &'static str) -> Result<String> {
    let text: String = value(args, name)?;
    if text != "-" {
        return Ok(text);
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context(name)?;
    Ok(line.trim().to_owned())
}

async fn run(mut args: Args) -> Result<Ending> {
    let stop = Stop::listen()?;
    let place = Place::choose(Simulator::builder())?;
    if args.personal.is_none() && args.token.is_none() {
        let Some(simulator) = &place.simulator else {
            return Err(WrongUsage::error(
                "--personal or --token is missing: whose number?",
            ));
        };
        say!("a customer shows the code in the app");
        args.personal = Some(simulator.payer().personal_qr().parse()?);
        args.token = Some(check_in(&place, simulator, stop.clone()).await?);
    }
    tokio::select! {
        biased;
        () = stop.wanted() => Ok(Ending::NotDone),
        done = exchange(&place.vipps, args) => done,
    }
}

async fn exchange(vipps: &Vipps, args: Args) -> Result<Ending> {
    let shown = |number: &PhoneNumber| {
        if args.show {
            format!("+{}", number.msisdn())
        } else {
            masked(number)
        }
    };
    if let Some(code) = args.personal {
        let owner = vipps.qr().exchange(code).await?;
        say!("personal code: {}", shown(owner.phone_number()));
        if let Some(made) = owner.made_at() {
            // An old one may be a picture of somebody else's.
            let age = jiff::Timestamp::now().duration_since(made).as_secs().max(0);
            say!("the app made it {age} s ago");
        }
    }
    if let Some(token) = args.token {
        let customer = vipps.qr().exchange_customer(token).await?;
        say!("customer token: {}", shown(customer.phone_number()));
    }
    Ok(Ending::Done)
}

/// The simulator's customer scans the code of a till, and the webhook brings the token.
async fn check_in(place: &Place, simulator: &Simulator, stop: Stop) -> Result<CustomerToken> {
    let front = Front::open(place, &FrontArgs::default()).await?;
    let secret = check_ins::secret(place, &front)?.context("the webhook has no secret")?;
    let mut told = check_ins::receive(front, &secret, stop)?;
    let till = place.vipps.qr().merchant_callback(&"till-1".parse()?);
    till.put("Kasse 1".parse()?).await?;
    let code = till.get().await?;
    say!("the customer scans the code at Kasse 1");
    let printed = code.content().context("the code came without its text")?;
    simulator.payer().scan(printed.as_str())?;
    match tokio::time::timeout(PATIENCE, told.recv()).await {
        Ok(Some(check_in)) => Ok(check_in.customer_token),
        _ => bail!("the check-in was not told"),
    }
}
