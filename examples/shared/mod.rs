//! What the examples share: where they run, how they are called, how they stop and how they end.
#![allow(dead_code, reason = "each example uses a part")]

pub(crate) mod args;
pub(crate) mod front;
pub(crate) mod html;
pub(crate) mod sale;
pub(crate) mod stop;
pub(crate) mod timeline;

use std::fmt;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use vipps::simulator::{Builder, Simulator};
use vipps::{ErrorKind, InvalidValue, Vipps};

/// What [`Vipps::from_env`] reads. Any of them means that a simulator is not what is wanted.
const VARIABLES: [&str; 6] = [
    "VIPPS_CLIENT_ID",
    "VIPPS_CLIENT_SECRET",
    "VIPPS_SUBSCRIPTION_KEY",
    "VIPPS_MERCHANT_SERIAL_NUMBER",
    "VIPPS_ENVIRONMENT",
    "VIPPS_BASE_URL",
];

/// Prints a line. Unlike `println!` it goes on when nobody reads any more: who looks after money must not end in the
/// middle because a pipe or a window was closed.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}
pub(crate) use say;

/// The same for what goes wrong.
macro_rules! complain {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($text)*);
    }};
}

/// How a run ended that met no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// What was asked for has not come about, for a reason that is told already.
    NotDone,
}

/// Something is missing that only the caller can give.
#[derive(Debug)]
pub(crate) struct WrongUsage(pub(crate) String);

impl fmt::Display for WrongUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUsage {}

impl WrongUsage {
    pub(crate) fn error(what: impl Into<String>) -> anyhow::Error {
        Self(what.into()).into()
    }
}

/// From the arguments to the exit code: 0 done, 1 not done, 2 wrong usage. `parse` gives nothing when help is asked for.
pub(crate) async fn main<A>(
    name: &str,
    help: &str,
    parse: impl FnOnce(&mut lexopt::Parser) -> Result<Option<A>>,
    run: impl AsyncFnOnce(A) -> Result<Ending>,
) -> ExitCode {
    let usage = ExitCode::from(2);
    let arguments = match parse(&mut lexopt::Parser::from_env()) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            say!("{}", help.trim_end());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            complain!("{name}: {error:#}");
            return usage;
        }
    };
    match run(arguments).await {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::NotDone) => ExitCode::FAILURE,
        Err(error) => {
            report(name, &error);
            let of_the_api = error.downcast_ref::<vipps::Error>().map(vipps::Error::kind);
            let refused = matches!(
                of_the_api,
                Some(ErrorKind::InvalidInput | ErrorKind::Configuration)
            );
            if refused || error.is::<InvalidValue>() || error.is::<WrongUsage>() {
                usage
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

/// What went wrong, and below it what to do about it.
pub(crate) fn report(name: &str, error: &anyhow::Error) {
    complain!("{name}: {error:#}");
    let hint = error
        .downcast_ref::<vipps::Error>()
        .and_then(vipps::Error::hint);
    if let Some(hint) = hint {
        complain!("{:1$}  {hint}", "", name.len());
    }
}

/// Where an example runs: in the environment that the variables name, or against a simulator of its own.
pub(crate) struct Place {
    pub(crate) vipps: Vipps,
    pub(crate) simulator: Option<Simulator>,
}

impl Place {
    /// Starts the simulator that `builder` describes, unless one of the variables is set.
    pub(crate) fn choose(builder: Builder) -> Result<Self> {
        if Self::is_real() {
            let (vipps, simulator) = (Vipps::from_env()?, None);
            return Ok(Self { vipps, simulator });
        }
        let simulator = builder.start().context("the simulator cannot start")?;
        say!("no VIPPS_* variables are set: using a simulator, customer included");
        Ok(Self {
            vipps: simulator.client(),
            simulator: Some(simulator),
        })
    }

    pub(crate) fn is_real() -> bool {
        VARIABLES
            .iter()
            .any(|name| std::env::var_os(name).is_some())
    }
}

/// A name that no earlier run has used, since an order id is used up by the first payment that is started with it.
pub(crate) fn fresh(prefix: &str) -> String {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    format!("{prefix}-{}", since.as_millis())
}
