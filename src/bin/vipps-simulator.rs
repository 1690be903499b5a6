//! The simulator of the Vipps MobilePay APIs as a program, for test suites in any language.

use std::error::Error;
use std::ffi::OsString;
use std::future::poll_fn;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _, UdpSocket};
use std::pin::pin;
use std::process::ExitCode;
use std::str::FromStr;
use std::task::Poll;
use std::time::Duration;

use lexopt::{Arg, Parser};
use vipps::simulator::{Builder, Simulator};

const HELP: &str = "\
vipps-simulator: a simulator of the Vipps MobilePay APIs, for tests in any language

Usage: vipps-simulator [OPTIONS]

Prints one line of JSON when it is ready: base_url, control_url and the keys to use. Runs until
Ctrl-C or SIGTERM. Tests act as the customer, move the clock, add faults and read requests
through the control API at control_url, which <control_url>openapi.json describes. A browser
shows the orders at base_url.

Options:
  --listen HOST:PORT         Listen here. A name becomes the host of base_url; 0.0.0.0 and [::]
                             listen on all addresses. Default: 127.0.0.1:0, a free port of this
                             machine only
  --host HOST                The host of base_url, such as localhost for a container whose port is
                             published. Default: that of --listen
  --approve-after SECONDS    A customer approves each payment after this time. Default: no customer
  --clock frozen             Start the clock at 2026-03-02 09:00 UTC, and move it only when a test
                             advances it. Default: running
  --seed NUMBER              The seed of keys, tokens and ids. Default: 0
  --forward-callbacks URL    Send callbacks and webhooks for any host to this origin, such as
                             http://127.0.0.1:8000; the path stays. Default: send none
  --webhook URL=SECRET       Register this https URL for all events, signed with this secret. Tests
                             can also register webhooks through the Webhooks API
  --allow-skip-landing-page  Allow push messages: skipLandingPage of eCom and the user flow
                             PUSH_MESSAGE of ePayment. Default: errors 38 and 5080
  --json-log                 Write each request and each message to the merchant to stderr, as one
                             line of JSON each, secrets hidden
  --no-page                  Serve no page for a browser
  -h, --help                 Print this
  -V, --version              Print the version
";

#[derive(Debug)]
struct Options {
    builder: Builder,
    forward_callbacks: Option<SocketAddr>,
    webhook: Option<(String, String)>,
    json_log: bool,
}

/// The action that the arguments request.
#[derive(Debug)]
enum Task {
    Print(String),
    Serve(Box<Options>),
}

fn main() -> ExitCode {
    let task = match parse(Parser::from_env()) {
        Ok(task) => task,
        Err(error) => {
            let _ = writeln!(io::stderr(), "vipps-simulator: {error}; see --help");
            return ExitCode::from(2);
        }
    };
    let result = match task {
        Task::Print(text) => io::stdout().write_all(text.as_bytes()),
        Task::Serve(options) => serve(*options),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "vipps-simulator: {error}");
            match error.kind() {
                io::ErrorKind::InvalidInput => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn parse(mut arguments: Parser) -> Result<Task, Box<dyn Error>> {
    let mut builder = Simulator::builder();
    let mut host: Option<String> = None;
    let mut forward_callbacks = None;
    let mut webhook = None;
    let mut json_log = false;
    while let Some(argument) = arguments.next()? {
        builder = match argument {
            Arg::Long("listen") => {
                let text: String = value(&mut arguments, "--listen", "must be HOST:PORT")?;
                listen(builder, &text).map_err(|error| {
                    format!("--listen: must be HOST:PORT, got {text:?}: {error}")
                })?
            }
            Arg::Long("host") => {
                host = Some(value(&mut arguments, "--host", "must be a host")?);
                builder
            }
            Arg::Long("approve-after") => {
                const RULE: &str = "must be a number of seconds from 0";
                let seconds = value(&mut arguments, "--approve-after", RULE)?;
                let time = Duration::try_from_secs_f64(seconds)
                    .map_err(|_| format!("--approve-after: {RULE}, got {seconds}"))?;
                builder.approve_after(time)
            }
            Arg::Long("clock") => {
                const RULE: &str = "must be frozen or running";
                match value::<String>(&mut arguments, "--clock", RULE)?.as_str() {
                    "frozen" => builder.freeze_clock(),
                    "running" => builder,
                    other => return Err(format!("--clock: {RULE}, got {other:?}").into()),
                }
            }
            Arg::Long("seed") => {
                let rule = "must be a whole number from 0";
                builder.seed(value(&mut arguments, "--seed", rule)?)
            }
            Arg::Long("forward-callbacks") => {
                // A password may be in the value, so the messages do not contain it.
                let text: String = value(&mut arguments, "--forward-callbacks", ORIGIN)?;
                forward_callbacks =
                    Some(origin(&text).map_err(|error| format!("--forward-callbacks: {error}"))?);
                builder
            }
            Arg::Long("webhook") => {
                // A secret is in the value, so the messages do not contain it.
                const RULE: &str = "must be URL=SECRET";
                let text: String = value(&mut arguments, "--webhook", RULE)?;
                let (url, secret) = text
                    .split_once('=')
                    .filter(|(_, secret)| !secret.is_empty())
                    .ok_or_else(|| format!("--webhook: {RULE}"))?;
                webhook = Some((url.to_owned(), secret.to_owned()));
                builder
            }
            Arg::Long("allow-skip-landing-page") => builder.allow_skip_landing_page(),
            Arg::Long("json-log") => {
                json_log = true;
                builder
            }
            Arg::Long("no-page") => builder.without_page(),
            Arg::Short('h') | Arg::Long("help") => return Ok(Task::Print(HELP.to_owned())),
            Arg::Short('V') | Arg::Long("version") => {
                let version = concat!("vipps-simulator ", env!("CARGO_PKG_VERSION"), "\n");
                return Ok(Task::Print(version.to_owned()));
            }
            other => return Err(other.unexpected().into()),
        };
    }
    // After the loop, because `--listen` names a host too.
    let builder = match host {
        Some(host) => builder.host(host),
        None => builder,
    };
    Ok(Task::Serve(Box::new(Options {
        builder,
        forward_callbacks,
        webhook,
        json_log,
    })))
}

/// Parses the value of an option that has this rule.
fn value<T: FromStr>(arguments: &mut Parser, name: &str, rule: &str) -> Result<T, Box<dyn Error>> {
    let text = arguments.value()?.into_string();
    let text = text.map_err(|_: OsString| format!("{name}: must be UTF-8"))?;
    text.parse()
        .map_err(|_| format!("{name}: {rule}, got {text:?}").into())
}

/// Sets where to listen and the host by which others reach it.
fn listen(builder: Builder, text: &str) -> io::Result<Builder> {
    let address = resolve(text)?;
    let builder = builder.listen(address);
    if let Ok(host) = text.parse::<SocketAddr>() {
        return Ok(match own_address(host.ip()) {
            Some(ip) => builder.host(ip.to_string()),
            None => builder,
        });
    }
    let name = text.rsplit_once(':').map_or(text, |(name, _)| name);
    Ok(builder.host(name.to_ascii_lowercase()))
}

/// Returns the address of this machine for `base_url` if it listens on all addresses: the one that it
/// would send from, or loopback without a network. `None` if `host` is a single address.
fn own_address(host: IpAddr) -> Option<IpAddr> {
    // Addresses for documentation. Connecting a UDP socket sends nothing.
    let (remote, loopback) = match host {
        IpAddr::V4(Ipv4Addr::UNSPECIFIED) => ("192.0.2.1:9", IpAddr::from(Ipv4Addr::LOCALHOST)),
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => ("[2001:db8::1]:9", Ipv6Addr::LOCALHOST.into()),
        _ => return None,
    };
    let local = UdpSocket::bind((host, 0)).and_then(|socket| {
        socket.connect(remote)?;
        socket.local_addr()
    });
    Some(local.map_or(loopback, |address| address.ip()))
}

/// The rule of `--forward-callbacks`.
const ORIGIN: &str = "must be an http origin without a path, such as http://127.0.0.1:8000";

/// Returns the address of an `http` origin.
fn origin(text: &str) -> io::Result<SocketAddr> {
    let url = url::Url::parse(text);
    let url = url.ok().filter(|url| {
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        url.scheme() == "http" && url.username().is_empty() && is_origin
    });
    let host_and_port = url.and_then(|url| {
        let port = url.port_or_known_default()?;
        Some(format!("{}:{port}", url.host_str()?))
    });
    let Some(host_and_port) = host_and_port else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, ORIGIN));
    };
    resolve(&host_and_port)
}

/// Resolves a host and port; IPv4 first, because most test servers listen on it only.
fn resolve(text: &str) -> io::Result<SocketAddr> {
    let mut addresses: Vec<SocketAddr> = text.to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let first = addresses.into_iter().next();
    first.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))
}

fn serve(options: Options) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before the line is printed, because its reader may stop the program at once.
        let stop = stop_signal()?;
        let simulator = options.builder.start()?;
        if let Some(address) = options.forward_callbacks {
            simulator.route_all(address);
        }
        if let Some((url, secret)) = options.webhook {
            simulator
                .register_webhook(url, secret)
                .map_err(|error| io::Error::new(error.kind(), format!("--webhook: {error}")))?;
        }
        let keys = simulator.keys();
        let ready = serde_json::json!({
            "base_url": simulator.base_url(),
            "control_url": format!("{}/_simulator/", simulator.base_url()),
            "client_id": keys.client_id(),
            "client_secret": keys.client_secret(),
            "subscription_key": keys.subscription_key(),
            "merchant_serial_number": keys.merchant_serial_number(),
        });
        let mut stdout = io::stdout();
        writeln!(stdout, "{ready}")?;
        stdout.flush()?;
        if !options.json_log {
            return stop.await;
        }
        let mut log = pin!(simulator.write_json_log(io::stderr()));
        let mut stop = pin!(stop);
        poll_fn(|context| match stop.as_mut().poll(context) {
            Poll::Ready(stopped) => Poll::Ready(stopped),
            Poll::Pending => log.as_mut().poll(context),
        })
        .await
    })
}

/// Completes with Ctrl-C and with SIGTERM, and with SIGHUP, which a terminal sends when it is
/// closed.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = io::Result<()>>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut signals = [
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    ];
    Ok(poll_fn(move |context| {
        let mut polled = signals.iter_mut().map(|signal| signal.poll_recv(context));
        if polled.any(|poll| poll.is_ready()) {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "as on Unix")]
fn stop_signal() -> io::Result<impl Future<Output = io::Result<()>>> {
    Ok(tokio::signal::ctrl_c())
}
