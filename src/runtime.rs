//! The settings and state that every call needs: environment, credentials, HTTP client, clock,
//! retry policy and tokens.

mod headers;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub(crate) use headers::{Headers, MSN, REQUEST_ID};

use crate::clock::{Randomness, Time};
use crate::environment::Environment;
use crate::error::Result;
use crate::http_client;
use crate::operation::Operation;
use crate::retry::{RetryBudget, RetryPolicy};
use crate::telemetry::Counters;
use crate::token::Tokens;
use crate::transport::HttpClient;
use crate::types::MerchantSerialNumber;

/// The settings and tokens that all calls of one client share. Cheap to clone, and independent of
/// any API.
#[derive(Clone)]
pub(crate) struct Runtime {
    pub(crate) shared: Arc<Shared>,
    /// `None` for the calls that fetch tokens, which authenticate with the keys.
    pub(crate) tokens: Option<Tokens>,
}

/// The settings and the state of one client.
pub(crate) struct Shared {
    pub(crate) environment: Environment,
    /// The base URL of the environment.
    pub(crate) base: Url,
    /// The operation tables, one for each API.
    pub(crate) operations: &'static [&'static [Operation]],
    pub(crate) merchant: MerchantSerialNumber,
    pub(crate) headers: Headers,
    /// The client that builds the requests of the generated code.
    pub(crate) requests: reqwest::Client,
    /// The client that sends requests.
    pub(crate) http: HttpClient,
    pub(crate) time: Time,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) policy: RetryPolicy,
    pub(crate) budget: RetryBudget,
    pub(crate) attempt_timeout: Duration,
    pub(crate) total_timeout: Duration,
    pub(crate) counters: Arc<Counters>,
}

impl Runtime {
    pub(crate) fn base_url(&self) -> &str {
        self.shared.environment.base_url()
    }

    pub(crate) fn environment(&self) -> &Environment {
        &self.shared.environment
    }

    /// Returns an error if the waits of this client need a tokio runtime and it is missing.
    pub(crate) fn require_tokio(&self) -> Result<()> {
        if self.time().needs_tokio() {
            http_client::current_runtime()?;
        }
        Ok(())
    }

    /// Returns the sales unit of the credentials.
    pub(crate) fn merchant_serial_number(&self) -> &MerchantSerialNumber {
        &self.shared.merchant
    }

    pub(crate) fn base(&self) -> &Url {
        &self.shared.base
    }

    pub(crate) fn operations(&self) -> &'static [&'static [Operation]] {
        self.shared.operations
    }

    pub(crate) fn requests(&self) -> &reqwest::Client {
        &self.shared.requests
    }

    pub(crate) fn http(&self) -> &HttpClient {
        &self.shared.http
    }

    pub(crate) fn time(&self) -> &Time {
        &self.shared.time
    }

    pub(crate) fn randomness(&self) -> &dyn Randomness {
        &*self.shared.randomness
    }

    pub(crate) fn policy(&self) -> &RetryPolicy {
        &self.shared.policy
    }

    pub(crate) fn budget(&self) -> &RetryBudget {
        &self.shared.budget
    }

    pub(crate) fn attempt_timeout(&self) -> Duration {
        self.shared.attempt_timeout
    }

    pub(crate) fn total_timeout(&self) -> Duration {
        self.shared.total_timeout
    }

    pub(crate) fn tokens(&self) -> Option<&Tokens> {
        self.tokens.as_ref()
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.shared.counters
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.shared.headers
    }
}

/// Shows the environment and the sales unit, and no credentials.
impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime")
            .field("environment", &self.shared.environment)
            .field("merchant_serial_number", &self.shared.merchant)
            .finish_non_exhaustive()
    }
}
