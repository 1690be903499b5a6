//! The server that the tests run against.

use std::sync::OnceLock;

use vipps::simulator::Simulator;
use vipps::{Environment, PhoneNumber, Vipps};

/// The variable that selects the real test environment, and the only value that it accepts.
const SWITCH: &str = "VIPPS_CONTRACT";
const TEST_ENVIRONMENT: &str = "test-environment";
const PHONE: &str = "VIPPS_CONTRACT_PHONE";

/// The server that the environment variables select.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    OwnSimulator,
    /// The server that `Vipps::from_env` selects. Production is refused.
    Named,
}

/// Selects the server before a request is sent. Keys alone select nothing.
pub(crate) fn choose(variable: impl Fn(&str) -> Option<String>) -> Result<Choice, String> {
    match variable(SWITCH).as_deref() {
        None => return Ok(Choice::OwnSimulator),
        Some(TEST_ENVIRONMENT) => {}
        Some(other) => {
            return Err(format!(
                "{SWITCH} is `{other}`; it can only be `{TEST_ENVIRONMENT}`"
            ));
        }
    }
    let refused = |setting: &str| {
        Err(format!(
            "refused: {setting} is no test environment, and these tests move money"
        ))
    };
    if let Some(name) = variable("VIPPS_ENVIRONMENT").filter(|name| name.trim() != "test") {
        return refused(&format!("VIPPS_ENVIRONMENT `{name}`"));
    }
    let Some(url) = variable("VIPPS_BASE_URL") else {
        return Ok(Choice::Named);
    };
    let Ok(environment) = Environment::custom(&url) else {
        return Err("VIPPS_BASE_URL is no base URL".to_owned());
    };
    let url = environment.base_url();
    // Plain http is possible on loopback only.
    let is_test = url == Environment::Test.base_url() || url.starts_with("http://");
    if is_test && !environment.is_production() {
        Ok(Choice::Named)
    } else {
        refused(&format!("VIPPS_BASE_URL `{url}`"))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns true if the server is the real test environment, which has its own rules.
pub(crate) fn is_real() -> bool {
    choice() == Choice::Named && !client().base_url().starts_with("http://")
}

/// Returns the test user that approves payments.
pub(crate) fn payer() -> Option<PhoneNumber> {
    match variable(PHONE) {
        Some(number) => Some(number.parse().unwrap_or_else(|e| panic!("{PHONE}: {e}"))),
        None if is_real() => None,
        None => Some("91234567".parse().expect("a number")),
    }
}

/// Returns a new client for each test, because each test has its own runtime.
pub(crate) fn client() -> Vipps {
    match choice() {
        Choice::OwnSimulator => simulator().client(),
        Choice::Named => Vipps::from_env().unwrap_or_else(|e| panic!("{SWITCH} is set, and {e}")),
    }
}

/// Returns the environment, for a client with keys that do not exist.
pub(crate) fn environment() -> Environment {
    client().environment().clone()
}

fn choice() -> Choice {
    choose(variable).unwrap_or_else(|reason| panic!("{reason}"))
}

fn simulator() -> &'static Simulator {
    static SIMULATOR: OnceLock<Simulator> = OnceLock::new();
    SIMULATOR.get_or_init(|| Simulator::start().expect("a free port"))
}
