//! Helpers of the demos: arguments, exit codes, and the environment to run in.
#![allow(dead_code, reason = "each demo uses a part")]

pub(crate) mod epayment_sale;
pub(crate) mod qr_payment;
pub(crate) mod shutdown;

use std::error::Error;
use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, anyhow};
use vipps::simulator::{Builder, Simulator};
use vipps::{Amount, Currency, ErrorKind, Vipps};

/// The variables that [`Vipps::from_env`] reads. If any of them is set, no simulator is started.
const VARIABLES: [&str; 6] = [
    "VIPPS_CLIENT_ID",
    "VIPPS_CLIENT_SECRET",
    "VIPPS_SUBSCRIPTION_KEY",
    "VIPPS_MERCHANT_SERIAL_NUMBER",
    "VIPPS_ENVIRONMENT",
    "VIPPS_BASE_URL",
];

/// Exit code of a run with wrong arguments or settings.
const USAGE: u8 = 2;

/// Parses the arguments and runs the demo. `parse` returns `None` if help is requested.
///
/// The exit code is the one that `run` returns, 1 after an error, and 2 after wrong arguments or
/// settings.
pub(crate) async fn main<A>(
    name: &str,
    help: &str,
    parse: impl FnOnce(&mut lexopt::Parser) -> Result<Option<A>>,
    run: impl AsyncFnOnce(A) -> Result<ExitCode>,
) -> ExitCode {
    let arguments = match parse(&mut lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            log_line(help.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            let _ = writeln!(stderr(), "{name}: {error:#}");
            return USAGE.into();
        }
    };
    run(arguments).await.unwrap_or_else(|error| {
        print_error(name, &error);
        match error.downcast_ref().map(vipps::Error::kind) {
            Some(ErrorKind::InvalidInput | ErrorKind::Configuration) => USAGE.into(),
            _ => ExitCode::FAILURE,
        }
    })
}

/// The API that takes a payment.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Api {
    Ecom,
    EPayment,
}

impl FromStr for Api {
    type Err = UnknownApi;

    fn from_str(text: &str) -> Result<Self, UnknownApi> {
        match text {
            "ecom" => Ok(Self::Ecom),
            "epayment" => Ok(Self::EPayment),
            _ => Err(UnknownApi(text.to_owned())),
        }
    }
}

/// The error of an API that is neither `ecom` nor `epayment`.
#[derive(Debug)]
pub(crate) struct UnknownApi(String);

impl Error for UnknownApi {}

impl Display for UnknownApi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "must be ecom or epayment, got {:?}", self.0)
    }
}

/// Prints a line, and fails if standard output is closed.
///
/// # Errors
///
/// If nothing reads standard output any longer, for example after `| head -1`. `println!` would
/// panic and leave an order open.
pub(crate) fn print_line(line: impl Display) -> Result<()> {
    writeln!(stdout(), "{line}").context("standard output")
}

/// Prints an optional line. The program continues if standard output is closed.
pub(crate) fn log_line(line: impl Display) {
    let _ = print_line(line);
}

/// Prints an error and, on a second line, the hint on how to correct it.
pub(crate) fn print_error(name: &str, error: &anyhow::Error) {
    let _ = writeln!(stderr(), "{name}: {error:#}");
    if let Some(hint) = error.downcast_ref().and_then(vipps::Error::hint) {
        let _ = writeln!(stderr(), "  {hint}");
    }
}

/// Parses the value of the option `name`.
pub(crate) fn value<T>(args: &mut lexopt::Parser, name: &'static str) -> Result<T>
where
    T: FromStr<Err: Error + Send + Sync + 'static>,
{
    let text = args.value()?;
    let text = text
        .into_string()
        .map_err(|_| anyhow!("{name}: must be UTF-8"))?;
    text.parse().context(name)
}

/// Parses the value of the option `name` as an amount of kroner, such as `49,50`.
pub(crate) fn nok(args: &mut lexopt::Parser, name: &'static str) -> Result<Amount> {
    let text: String = value(args, name)?;
    Amount::parse(&text, Currency::NOK).context(name)
}

/// A client with its simulator, if it uses a simulator.
pub(crate) struct Target {
    pub(crate) vipps: Vipps,
    pub(crate) simulator: Option<Simulator>,
}

impl Target {
    /// Uses the API that the environment variables name, or starts a simulator if none is set.
    pub(crate) fn from_env_or_simulator(builder: Builder) -> Result<Self> {
        if Self::is_configured() {
            let (vipps, simulator) = (Vipps::from_env()?, None);
            return Ok(Self { vipps, simulator });
        }
        let simulator = builder.start().context("the simulator cannot start")?;
        print_line("no VIPPS_* variables are set: using a simulator with a simulated customer")?;
        Ok(Self {
            vipps: simulator.client(),
            simulator: Some(simulator),
        })
    }

    /// Returns whether any of the environment variables is set.
    pub(crate) fn is_configured() -> bool {
        VARIABLES
            .iter()
            .any(|name| std::env::var_os(name).is_some())
    }
}

/// Appends the current time to a prefix, because an order id can be used for one payment only.
pub(crate) fn unique_id(prefix: &str) -> String {
    let time = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    format!("{prefix}-{}", time.as_millis())
}
