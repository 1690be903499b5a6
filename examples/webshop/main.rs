//! A web shop: regular and express checkout, callbacks, an order page, and capture on shipping.
//!
//! ```text
//! cargo run --example webshop
//! cargo run --example webshop -- --serve --listen 127.0.0.1:8080
//! cargo run --example webshop -- --public-url https://shop.example.com --listen 127.0.0.1:8080
//! ```
//!
//! Without settings it runs against a simulator with three customers: the first pays, the second
//! uses express checkout and later withdraws the consent, the third rejects the payment. With
//! `--serve` it keeps running after that. If the `VIPPS_*` variables are set, it serves real
//! customers at a public URL until it is stopped.
//!
//! | file | content |
//! |---|---|
//! | `main.rs` | arguments, start and shutdown |
//! | `listener.rs` | the public URL and the socket behind it |
//! | `routes.rs` | handlers of requests from browsers and from Vipps |
//! | `shop.rs` | the orders, from the start of a payment to shipping |
//! | `pages.rs` | HTML |
//! | `customer.rs` | the simulated customers |

mod customer;
mod listener;
mod pages;
mod routes;
#[path = "../shared/mod.rs"]
mod shared;
mod shop;

use std::net::{Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, ensure};
use lexopt::prelude::*;
use vipps::simulator::Simulator;
use vipps::types::HttpsUrl;

use listener::Listener;
use shared::shutdown::Shutdown;
use shared::{Target, log_line, value};
use shop::Shop;

const HELP: &str = "
webshop [--serve] [--public-url URL] [--listen ADDRESS:PORT]

Sells socks and mittens.

  --public-url URL    the https URL, without a path, at which customers and Vipps reach this
                      program; required without the simulator
  --listen ADDRESS    the address to which the proxy or tunnel behind that URL connects, such as
                      127.0.0.1:8080; a free port of this machine by default
  --serve             with the simulator: keep running after its customers are done
";

struct Args {
    public_url: Option<HttpsUrl>,
    listen: SocketAddr,
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    shared::main("webshop", HELP, parse, run).await
}

fn parse(args: &mut lexopt::Parser) -> Result<Option<Args>> {
    let mut parsed = Args {
        public_url: None,
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        serve: false,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("public-url") => parsed.public_url = Some(value(args, "--public-url")?),
            Long("listen") => parsed.listen = value(args, "--listen")?,
            Long("serve") => parsed.serve = true,
            Long("help") | Short('h') => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    match &parsed.public_url {
        Some(url) => ensure!(
            url.as_prefix().matches('/').count() == 2,
            "--public-url: must have no path, got {url}"
        ),
        None => ensure!(
            !Target::is_configured(),
            "--public-url is missing: Vipps must reach this program; give the https URL of the proxy or \
             tunnel that connects to --listen"
        ),
    }
    Ok(Some(parsed))
}

async fn run(args: Args) -> Result<ExitCode> {
    let shutdown = Shutdown::listen()?;
    let target = Target::from_env_or_simulator(Simulator::builder())?;
    let listener = Listener::bind(&target, args.public_url, args.listen).await?;
    let address = listener.address();
    let shop = Arc::new(Shop::new(target.vipps.clone(), &listener)?);
    let server = tokio::spawn(listener.serve(routes::router(&shop), shutdown.clone()));

    let customers = async {
        match &target.simulator {
            Some(simulator) => customer::run_all(simulator, &shop, address).await,
            None => Ok(()),
        }
    };
    tokio::select! {
        biased;
        () = shutdown.requested() => {
            shop.close().await;
            return Ok(ExitCode::FAILURE);
        }
        done = customers => done?,
    }
    if target.simulator.is_some() && !args.serve {
        shop.close().await;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(simulator) = &target.simulator {
        log_line(format_args!("shop: http://{address}"));
        log_line(format_args!(
            "the simulator's page, to act as the customer: {}",
            simulator.base_url()
        ));
    }
    log_line("open; press Ctrl-C to stop");
    server.await??;
    shop.close().await;
    Ok(ExitCode::SUCCESS)
}
