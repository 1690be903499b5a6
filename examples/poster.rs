//! A poster with a code that opens a web page: made, printed to files, led elsewhere, deleted.
//!
//! ```text
//! cargo run --example poster
//! cargo run --example poster -- create --id billboard_1 --url https://example.com/spring
//! cargo run --example poster -- lead   --id billboard_1 --url https://example.com/summer
//! cargo run --example poster -- delete --id billboard_1
//! ```
//!
//! Without a command it goes through the whole life of one code. With nothing set that happens in a simulator, whose
//! customer scans the poster; with the `VIPPS_*` variables set, in the environment that they name.

#[path = "shared/mod.rs"]
mod shared;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use lexopt::prelude::*;
use vipps::qr::{MerchantRedirect, QrContent};
use vipps::simulator::{Scanned, Simulator};
use vipps::types::{ImageSize, RedirectQrId, RedirectUrl, Ttl};

use shared::args::value;
use shared::{Ending, Place, files, fresh, say};

const HELP: &str = "
poster [COMMAND] [OPTIONS]

Without a command: create a code, write it to files, lead it elsewhere, delete it.

  create            make a code and write it to files
  print             write a code that exists to files
  lead              lead a code that exists to another page
  delete            delete a code for good; printed copies stop working
  list              show the codes of the sales unit

  --id ID           the code's name; made up by default, except for print, lead and delete
  --url URL         where it leads; https://example.com/spring by default
  --then URL        where it leads next, without a command; https://example.com/summer by default
  --ttl SECONDS     delete it by itself after this time, 300 s at least
  --size PIXELS     of the PNG, 100 to 2000; 1024 by default
  --to FOLDER       where to write ID.svg and ID.png; target/posters by default
  --overwrite       replace files that exist
";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Command {
    Tour,
    Create,
    Print,
    Lead,
    Delete,
    List,
}

struct Args {
    command: Command,
    id: Option<RedirectQrId>,
    url: Option<RedirectUrl>,
    then: RedirectUrl,
    ttl: Option<Ttl>,
    size: ImageSize,
    folder: PathBuf,
    overwrite: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("poster", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args {
        command: Command::Tour,
        id: None,
        url: None,
        then: "https://example.com/summer".parse()?,
        ttl: None,
        size: ImageSize::new(1024)?,
        folder: "target/posters".into(),
        overwrite: false,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("id") => parsed.id = Some(value(args, "--id")?),
            Long("url") => parsed.url = Some(value(args, "--url")?),
            Long("then") => parsed.then = value(args, "--then")?,
            Long("ttl") => parsed.ttl = Some(value(args, "--ttl")?),
            Long("size") => parsed.size = value(args, "--size")?,
            Long("to") => parsed.folder = args.value()?.into(),
            Long("overwrite") => parsed.overwrite = true,
            Long("help") | Short('h') => return Ok(None),
            Value(word) if parsed.command == Command::Tour => {
                parsed.command = match word.to_str() {
                    Some("create") => Command::Create,
                    Some("print") => Command::Print,
                    Some("lead") => Command::Lead,
                    Some("delete") => Command::Delete,
                    Some("list") => Command::List,
                    _ => return Err(Value(word).unexpected().into()),
                };
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let exists = matches!(
        parsed.command,
        Command::Print | Command::Lead | Command::Delete
    );
    if exists && parsed.id.is_none() {
        bail!("--id is missing: which code?");
    }
    if parsed.command == Command::Lead && parsed.url.is_none() {
        bail!("--url is missing: where shall the code lead?");
    }
    Ok(Some(parsed))
}

async fn run(args: Args) -> Result<Ending> {
    let place = Place::choose(Simulator::builder())?;
    let id = match &args.id {
        Some(id) => id.clone(),
        None => fresh("poster").parse()?,
    };
    let url = match &args.url {
        Some(url) => url.clone(),
        None => "https://example.com/spring".parse()?,
    };
    let code = place.vipps.qr().merchant_redirect(&id);
    match args.command {
        Command::Tour => tour(&place, &code, url, &args).await,
        Command::Create => create(&code, url, &args).await,
        Command::Print => print(&code, &args).await,
        Command::Lead => lead(&code, url).await,
        Command::Delete => delete(&code).await,
        Command::List => list(&place).await,
    }
}

/// The whole life of one code.
async fn tour(
    place: &Place,
    code: &MerchantRedirect,
    url: RedirectUrl,
    args: &Args,
) -> Result<Ending> {
    if create(code, url, args).await? == Ending::NotDone {
        return Ok(Ending::NotDone);
    }
    let lived = live(place, code, args).await;
    if lived.is_err() {
        say!("the code {} is left; `delete` deletes it", code.id());
    }
    lived
}

async fn live(place: &Place, code: &MerchantRedirect, args: &Args) -> Result<Ending> {
    let printed = content(code).await?;
    let takes = if printed.is_accepted_by_app() {
        "takes"
    } else {
        "does not take"
    };
    say!("the code says {printed}, which the app {takes}");
    scan(place, &printed)?;
    lead(code, args.then.clone()).await?;
    if content(code).await? != printed {
        bail!("the code has changed, and with it every printed copy is worthless");
    }
    say!("the code is the same: no copy needs to be printed again");
    scan(place, &printed)?;
    delete(code).await
}

async fn create(code: &MerchantRedirect, url: RedirectUrl, args: &Args) -> Result<Ending> {
    // First of all, since a code that cannot be written to its files would be left over.
    for path in paths(code.id(), &args.folder) {
        files::check(&path, args.overwrite)?;
    }
    let mut call = code.create(url.clone());
    if let Some(ttl) = args.ttl {
        call = call.ttl(ttl);
    }
    match call.await {
        Ok(made) => {
            say!("created {}: leads to {url}", made.id());
            if let Some(left) = made.expires_in() {
                say!("it is deleted for good in {} s", left.as_secs());
            }
        }
        Err(error) if error.http_status() == Some(409) => {
            say!(
                "there is a code {} already, and nothing has changed.",
                code.id()
            );
            if let Some(leads) = code.get().await?.redirect_url() {
                say!("It leads to {leads}.");
            }
            say!(
                "`lead` leads it elsewhere, `print` writes it to files; a new code needs another --id."
            );
            return Ok(Ending::NotDone);
        }
        Err(error) => return Err(error.into()),
    }
    print(code, args).await
}

/// Fetches the images and keeps their bytes; the links to them work for an hour only.
async fn print(code: &MerchantRedirect, args: &Args) -> Result<Ending> {
    let svg = code.get().svg().await?.image().await?;
    let png = code.get().png(args.size).await?.image().await?;
    for (path, image) in paths(code.id(), &args.folder).iter().zip([svg, png]) {
        files::write(path, image.bytes(), args.overwrite)?;
        say!("written {}", path.display());
    }
    Ok(Ending::Done)
}

async fn lead(code: &MerchantRedirect, url: RedirectUrl) -> Result<Ending> {
    let led = code.update(url).await?;
    say!(
        "{} now leads to {}",
        led.id(),
        led.redirect_url().unwrap_or("nowhere that the API tells")
    );
    Ok(Ending::Done)
}

async fn delete(code: &MerchantRedirect) -> Result<Ending> {
    code.delete().await?;
    say!(
        "deleted {}: printed copies lead nowhere from now on",
        code.id()
    );
    Ok(Ending::Done)
}

async fn list(place: &Place) -> Result<Ending> {
    let codes = place.vipps.qr().merchant_redirects().await?;
    for code in &codes {
        say!(
            "{} leads to {}",
            code.id(),
            code.redirect_url().unwrap_or("?")
        );
    }
    say!("{} codes", codes.len());
    Ok(Ending::Done)
}

async fn content(code: &MerchantRedirect) -> Result<QrContent> {
    let read = code.get().content().await?;
    read.content()
        .cloned()
        .context("the code came without its text")
}

/// The simulator's customer walks by.
fn scan(place: &Place, printed: &QrContent) -> Result<()> {
    if let Some(simulator) = &place.simulator
        && let Scanned::Redirect { url } = simulator.payer().scan(printed.as_str())?
    {
        say!("a customer scans it and comes to {url}");
    }
    Ok(())
}

/// Ids may have blanks and `%`, which files may have too, and no slash.
fn paths(id: &RedirectQrId, folder: &Path) -> [PathBuf; 2] {
    ["svg", "png"].map(|kind| folder.join(format!("{id}.{kind}")))
}
