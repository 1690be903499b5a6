//! The server that the tests run against.

use std::sync::OnceLock;

use vipps::simulator::Simulator;
use vipps::{Environment, PhoneNumber, Vipps};

/// The variable that selects the real test environment.
const TARGET_VARIABLE: &str = "VIPPS_CONTRACT";
/// The only value of that variable.
const TEST_ENVIRONMENT: &str = "test-environment";
const PHONE_VARIABLE: &str = "VIPPS_CONTRACT_PHONE";

/// The server that the environment variables select.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    OwnSimulator,
    /// The server that `Vipps::from_env` selects. Production is refused.
    FromEnv,
}

/// Selects the server before a request is sent. Keys alone select nothing.
pub(crate) fn select_target(variable: impl Fn(&str) -> Option<String>) -> Result<Target, String> {
    match variable(TARGET_VARIABLE).as_deref() {
        None => return Ok(Target::OwnSimulator),
        Some(TEST_ENVIRONMENT) => {}
        Some(other) => {
            return Err(format!(
                "{TARGET_VARIABLE}: must be `{TEST_ENVIRONMENT}`, got `{other}`"
            ));
        }
    }
    let refused = |setting: &str| {
        Err(format!(
            "refused: {setting} is not a test environment, and these tests move money"
        ))
    };
    if let Some(name) = variable("VIPPS_ENVIRONMENT").filter(|name| name.trim() != "test") {
        return refused(&format!("VIPPS_ENVIRONMENT `{name}`"));
    }
    let Some(url) = variable("VIPPS_BASE_URL") else {
        return Ok(Target::FromEnv);
    };
    let Ok(environment) = Environment::custom(&url) else {
        return Err(format!("VIPPS_BASE_URL: must be a base URL, got `{url}`"));
    };
    let url = environment.base_url();
    // Plain http is possible on loopback only.
    let is_test = url == Environment::Test.base_url() || url.starts_with("http://");
    if is_test && !environment.is_production() {
        Ok(Target::FromEnv)
    } else {
        refused(&format!("VIPPS_BASE_URL `{url}`"))
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns true if the server is the real test environment, which has its own rules.
pub(crate) fn is_real() -> bool {
    selected_target() == Target::FromEnv && !client().base_url().starts_with("http://")
}

/// Returns the test user that approves payments.
pub(crate) fn payer() -> Option<PhoneNumber> {
    match variable(PHONE_VARIABLE) {
        Some(number) => Some(
            number
                .parse()
                .unwrap_or_else(|e| panic!("{PHONE_VARIABLE}: {e}")),
        ),
        None if is_real() => None,
        None => Some("91234567".parse().expect("a number")),
    }
}

/// Returns a new client for each test, because each test has its own runtime.
pub(crate) fn client() -> Vipps {
    match selected_target() {
        Target::OwnSimulator => simulator().client(),
        Target::FromEnv => {
            Vipps::from_env().unwrap_or_else(|e| panic!("{TARGET_VARIABLE} is set: {e}"))
        }
    }
}

/// Returns the environment, for a client with unknown keys.
pub(crate) fn environment() -> Environment {
    client().environment().clone()
}

fn selected_target() -> Target {
    select_target(variable).unwrap_or_else(|reason| panic!("{reason}"))
}

fn simulator() -> &'static Simulator {
    static SIMULATOR: OnceLock<Simulator> = OnceLock::new();
    SIMULATOR.get_or_init(|| Simulator::start().expect("a free port"))
}
