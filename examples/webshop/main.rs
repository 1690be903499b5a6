//! A shop on the web: regular and express checkout, callbacks, a page to come back to, capture on shipping.
//!
//! ```text
//! cargo run --example webshop
//! cargo run --example webshop -- --serve --listen 127.0.0.1:8080
//! cargo run --example webshop -- --public-url https://shop.example.com --listen 127.0.0.1:8080
//! ```
//!
//! With nothing set it runs against a simulator, and customers of the simulator's go shopping: one pays, one takes the
//! express way and later withdraws the consent, one says no. With `--serve` it stays up after that. With the `VIPPS_*`
//! variables set it serves real customers until it is stopped, at a public URL.
//!
//! | file | what |
//! |---|---|
//! | `main.rs` | arguments, start and end |
//! | `routes.rs` | what is called: by browsers, and by Vipps |
//! | `shop.rs` | the orders, from the start of a payment to the parcel |
//! | `pages.rs` | HTML |
//! | `customer.rs` | who plays the customer |

mod customer;
mod pages;
mod routes;
#[path = "../shared/mod.rs"]
mod shared;
mod shop;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use lexopt::prelude::*;
use vipps::simulator::Simulator;

use shared::args::value;
use shared::front::{Front, FrontArgs};
use shared::stop::Stop;
use shared::{Ending, Place, say};
use shop::Shop;

const HELP: &str = "
webshop [--serve] [--public-url URL] [--listen ADDRESS:PORT]

Sells socks and mittens.

  --public-url URL    the https URL at which customers and Vipps reach this program; needed in other
                      places than the simulator
  --listen ADDRESS    where the proxy or tunnel behind that URL finds this program, such as 127.0.0.1:8080;
                      any free port of this machine by default
  --serve             with the simulator: stay up when its customers are done, for a browser
";

#[derive(Default)]
struct Args {
    front: FrontArgs,
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("webshop", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args::default();
    while let Some(arg) = args.next()? {
        match arg {
            Long("public-url") => parsed.front.public_url = Some(value(args, "--public-url")?),
            Long("listen") => parsed.front.listen = Some(value(args, "--listen")?),
            Long("serve") => parsed.serve = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(parsed))
}

async fn run(args: Args) -> Result<Ending> {
    let stop = Stop::listen()?;
    let place = Place::choose(Simulator::builder())?;
    let front = Front::open(&place, &args.front).await?;
    let address = front.address();
    let shop = Arc::new(Shop::new(place.vipps.clone(), &front)?);
    let server = tokio::spawn(front.serve(routes::router(&shop), stop.clone()));

    let shopping = async {
        match &place.simulator {
            Some(simulator) => customer::go_shopping(simulator, &shop, address).await,
            None => Ok(()),
        }
    };
    tokio::select! {
        biased;
        () = stop.wanted() => {
            shop.close().await;
            return Ok(Ending::NotDone);
        }
        done = shopping => done?,
    }
    if place.simulator.is_some() && !args.serve {
        shop.close().await;
        return Ok(Ending::Done);
    }
    if let Some(simulator) = &place.simulator {
        let phone = simulator.base_url();
        say!("buy at http://{address}; the phone to pay with is at {phone}");
    }
    say!("open; Ctrl-C closes the shop");
    server.await??;
    shop.close().await;
    Ok(Ending::Done)
}
