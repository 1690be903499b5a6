//! The simulator of the Vipps MobilePay APIs as a program, for tests in any language and for a browser.
//!
//! ```text
//! cargo run --example simulator -- --listen 127.0.0.1:0 --approve-after 10
//! ```
//!
//! Prints one line of JSON with the address and the credentials, then serves until it is stopped. In a
//! browser, the address shows the orders and lets you act as the customer.

#[path = "shared/shutdown.rs"]
mod shutdown;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use shutdown::Shutdown;
use vipps::simulator::Simulator;

const USAGE: &str = "usage: simulator [--listen ADDRESS:PORT] [--approve-after SECONDS] [--seed N]";

#[derive(Debug)]
struct Options {
    listen: SocketAddr,
    approve_after: Option<Duration>,
    seed: u64,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            approve_after: None,
            seed: 0,
        };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{name} needs a value"));
            match name.as_str() {
                "--listen" => {
                    let text = value()?;
                    options.listen = text
                        .parse()
                        .map_err(|_| format!("--listen {text}: not an address like 127.0.0.1:0"))?;
                }
                "--approve-after" => {
                    let text = value()?;
                    let time = text.parse().map(Duration::try_from_secs_f64);
                    let Ok(Ok(time)) = time else {
                        return Err(format!("--approve-after {text}: not a number of seconds"));
                    };
                    options.approve_after = Some(time);
                }
                "--seed" => {
                    let text = value()?;
                    options.seed = text
                        .parse()
                        .map_err(|_| format!("--seed {text}: not a whole number"))?;
                }
                other => return Err(format!("unknown argument {other}; {USAGE}")),
            }
        }
        Ok(options)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments
        .peek()
        .is_some_and(|first| first == "--help" || first == "-h")
    {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("simulator: {reason}");
            return ExitCode::from(2);
        }
    };
    match serve(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("simulator: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(options: Options) -> std::io::Result<()> {
    // Before the line is printed, because its reader may stop the program at once.
    let shutdown = Shutdown::listen()?;
    let mut builder = Simulator::builder()
        .listen(options.listen)
        .seed(options.seed);
    if let Some(time) = options.approve_after {
        builder = builder.approve_after(time);
    }
    let sim = builder.start()?;
    let ready = serde_json::json!({
        "base_url": sim.base_url(),
        "client_id": sim.keys().client_id(),
        "client_secret": sim.keys().client_secret(),
        "subscription_key": sim.keys().subscription_key(),
        "merchant_serial_number": sim.keys().merchant_serial_number(),
    });
    let mut out = std::io::stdout();
    writeln!(out, "{ready}")?;
    out.flush()?;
    eprintln!(
        "simulator: open {}/ in a browser to see the orders and act as the customer",
        sim.base_url()
    );
    shutdown.requested().await;
    Ok(())
}
