//! Codes for the tills of a shop, on a sheet to print and cut, and the webhook that tells who has scanned which.
//!
//! ```text
//! cargo run --example sticker
//! cargo run --example sticker -- --tills 4 --location "Kiosk" --to kiosks.html
//! VIPPS_WEBHOOK_SECRET=... cargo run --example sticker -- \
//!     --public-url https://shop.example.com/vipps --listen 127.0.0.1:8080
//! ```
//!
//! With nothing set it runs against a simulator, whose customer then checks in at the third till. With the `VIPPS_*`
//! variables set it makes the codes there, and serves the webhook until it is stopped, if it is told how it is reached.

#[path = "../shared/mod.rs"]
mod shared;
mod sheet;

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use tokio::sync::mpsc;
use vipps::Vipps;
use vipps::simulator::Simulator;
use vipps::types::{CallbackQrId, CustomerToken, LocationDescription};
use vipps::webhook::CheckIn;

use shared::args::value;
use shared::front::{Front, FrontArgs};
use shared::stop::Stop;
use shared::{Ending, Place, WrongUsage, check_ins, files, fresh, masked, report, say};
use sheet::Sticker;

const HELP: &str = "
sticker [OPTIONS]

Makes a code for each till, writes them on a sheet to print, and tells who checks in.

  --tills N           how many; 10 by default, 1 to 100
  --location TEXT     what the customer reads, with the number behind it; Kasse by default
  --prefix TEXT       what the codes are called, with -1, -2 ... behind it; till by default
  --to FILE           where to write the sheet; a new file in target/stickers by default
  --overwrite         replace a file that exists
  --clean-up          delete the codes in the end

For check-ins, in other places than the simulator:

  --public-url URL    the https URL at which the internet reaches this program; register URL/check-ins
                      for the event user.checked-in.v1, and set VIPPS_WEBHOOK_SECRET to the secret
                      that the registration shows
  --listen ADDRESS    where the proxy or tunnel behind that URL finds this program, such as 127.0.0.1:8080
";

/// How long a check-in that is told twice is known for: as long as its token lives.
const KNOWN_FOR: Duration = Duration::from_secs(15 * 60);
/// Long enough for a webhook on one's own machine.
const PATIENCE: Duration = Duration::from_secs(10);
/// Where the simulator's customer goes.
const THIRD: usize = 2;

struct Args {
    tills: usize,
    location: String,
    prefix: String,
    to: PathBuf,
    overwrite: bool,
    clean_up: bool,
    front: FrontArgs,
}

/// A place where a code hangs.
struct Till {
    id: CallbackQrId,
    location: LocationDescription,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("sticker", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args {
        tills: 10,
        location: "Kasse".to_owned(),
        prefix: "till".to_owned(),
        to: format!("target/stickers/{}.html", fresh("sheet")).into(),
        overwrite: false,
        clean_up: false,
        front: FrontArgs::default(),
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("tills") => parsed.tills = value(args, "--tills")?,
            Long("location") => parsed.location = value(args, "--location")?,
            Long("prefix") => parsed.prefix = value(args, "--prefix")?,
            Long("to") => parsed.to = args.value()?.into(),
            Long("overwrite") => parsed.overwrite = true,
            Long("clean-up") => parsed.clean_up = true,
            Long("public-url") => parsed.front.public_url = Some(value(args, "--public-url")?),
            Long("listen") => parsed.front.listen = Some(value(args, "--listen")?),
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    if !(1..=100).contains(&parsed.tills) {
        bail!("--tills: must be 1 to 100");
    }
    Ok(Some(parsed))
}

impl Args {
    fn tills(&self) -> Result<Vec<Till>> {
        let till = |n| {
            Ok(Till {
                id: format!("{}-{n}", self.prefix).parse().context("--prefix")?,
                location: format!("{} {n}", self.location)
                    .parse()
                    .context("--location")?,
            })
        };
        (1..=self.tills).map(till).collect()
    }
}

async fn run(args: Args) -> Result<Ending> {
    let stop = Stop::listen()?;
    let tills = args.tills()?;
    files::check(&args.to, args.overwrite)?;
    let place = Place::choose(Simulator::builder())?;
    // The webhook comes first: to whoever scans a code without one, the app says that the store cannot be reached.
    let told = open(&place, &args, stop.clone()).await?;
    let done = work(&place, &args, &tills, told, &stop).await;
    if args.clean_up {
        clean_up(&place.vipps, &tills).await?;
    }
    done
}

async fn work(
    place: &Place,
    args: &Args,
    tills: &[Till],
    told: Option<mpsc::Receiver<CheckIn>>,
    stop: &Stop,
) -> Result<Ending> {
    let stickers = tokio::select! {
        biased;
        () = stop.wanted() => return Ok(Ending::NotDone),
        stickers = make(&place.vipps, tills) => stickers?,
    };
    let page = sheet::page(&stickers);
    files::write(&args.to, page.as_bytes(), args.overwrite)?;
    say!("{} stickers in {}", stickers.len(), args.to.display());
    let Some(mut told) = told else {
        say!("check-ins need --public-url and VIPPS_WEBHOOK_SECRET: see --help");
        return Ok(Ending::Done);
    };
    let mut desk = Desk::new(&place.vipps, tills);
    if let Some(simulator) = &place.simulator {
        let till = stickers.get(THIRD).or(stickers.last());
        let till = till.context("there is no sticker")?;
        say!("a customer scans the code at {}", till.location);
        simulator.payer().scan(till.content.as_str())?;
        let check_in = tokio::time::timeout(PATIENCE, told.recv()).await;
        let check_in = check_in
            .ok()
            .flatten()
            .context("the check-in was not told")?;
        desk.greet(check_in).await?;
        return Ok(Ending::Done);
    }
    say!("waiting for customers; Ctrl-C ends it");
    loop {
        let check_in = tokio::select! {
            biased;
            () = stop.wanted() => return Ok(Ending::Done),
            check_in = told.recv() => check_in.context("the webhook is served no more")?,
        };
        // One customer who cannot be found is no reason to send the next one away.
        if let Err(error) = desk.greet(check_in).await {
            report("sticker", &error);
        }
    }
}

/// The webhook, if this program is told how it is reached.
async fn open(place: &Place, args: &Args, stop: Stop) -> Result<Option<mpsc::Receiver<CheckIn>>> {
    if place.simulator.is_none() && args.front.public_url.is_none() {
        return Ok(None);
    }
    let front = Front::open(place, &args.front).await?;
    let url = check_ins::registered_url(&front);
    let Some(secret) = check_ins::secret(place, &front)? else {
        return Err(WrongUsage::error(format!(
            "{} is not set: register {url} for the event {} and set it to the secret that is shown then",
            check_ins::SECRET,
            vipps::webhook::USER_CHECKED_IN
        )));
    };
    say!("check-ins are received at {url}");
    check_ins::receive(front, &secret, stop).map(Some)
}

/// Puts the codes and fetches their images. What exists already keeps its image and gets its text.
async fn make(vipps: &Vipps, tills: &[Till]) -> Result<Vec<Sticker>> {
    let qr = vipps.qr();
    for till in tills {
        qr.merchant_callback(&till.id)
            .put(till.location.clone())
            .await?;
    }
    // The list knows all of them at once; one request each would do too.
    let codes = qr.merchant_callbacks().svg().await?;
    let mut stickers = Vec::with_capacity(tills.len());
    for till in tills {
        let code = codes
            .iter()
            .find(|code| code.merchant_qr_id() == till.id.as_str())
            .with_context(|| format!("the code {} was put and is not there", till.id))?;
        stickers.push(Sticker {
            location: till.location.clone(),
            content: code
                .content()
                .context("a code came without its text")?
                .clone(),
            svg: code.image().await?,
        });
    }
    Ok(stickers)
}

/// Who looks after the customers that check in.
struct Desk<'a> {
    vipps: &'a Vipps,
    tills: &'a [Till],
    /// Who is known, and since when: an event may come twice.
    known: HashMap<CustomerToken, Instant>,
}

impl<'a> Desk<'a> {
    fn new(vipps: &'a Vipps, tills: &'a [Till]) -> Self {
        Self {
            vipps,
            tills,
            known: HashMap::new(),
        }
    }

    /// Says who waits where. Here a payment would begin: ePayment takes the token as it is, and eCom wants the phone
    /// number.
    async fn greet(&mut self, check_in: CheckIn) -> Result<()> {
        self.known.retain(|_, since| since.elapsed() < KNOWN_FOR);
        let token = check_in.customer_token;
        if self.known.insert(token.clone(), Instant::now()).is_some() {
            return Ok(());
        }
        let id = check_in.merchant_qr_id;
        let till = self.tills.iter().find(|till| till.id.as_str() == id);
        if let Some(till) = till {
            say!("check-in at {} ({id})", till.location);
        } else {
            say!("check-in at a code that is not on this sheet: {id:?}");
        }
        let customer = self.vipps.qr().exchange_customer(token).await?;
        say!(
            "the customer's number is {}",
            masked(customer.phone_number())
        );
        Ok(())
    }
}

async fn clean_up(vipps: &Vipps, tills: &[Till]) -> Result<()> {
    let mut deleted = 0;
    for till in tills {
        match vipps.qr().merchant_callback(&till.id).delete().await {
            Ok(()) => deleted += 1,
            // It was not made yet when the program was stopped.
            Err(error) if error.http_status() == Some(404) => {}
            Err(error) => return Err(error.into()),
        }
    }
    say!("{deleted} codes deleted");
    Ok(())
}
