//! Makes a client.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::Vipps;
use crate::access_token::{self, AccessTokenApi};
use crate::clock::{Clock, Randomness, SystemRandomness, Time};
use crate::credentials::Credentials;
use crate::ecom;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::http_client::{self, ReqwestClients};
use crate::operation::Operation;
use crate::qr;
use crate::retry::{RetryBudget, RetryPolicy};
use crate::runtime::{Headers, Runtime, Shared};
use crate::telemetry::Counters;
use crate::token::{SharedStore, Tokens};
use crate::token_store::TokenStore;
use crate::transport::{HttpClient, Transport};
use crate::types::InvalidValue;

/// The operation tables of all APIs.
pub(crate) static OPERATIONS: &[&[Operation]] = &[
    access_token::operations::OPERATIONS,
    ecom::operations::OPERATIONS,
    qr::operations::OPERATIONS,
];

/// Makes a [`Vipps`].
#[derive(Debug)]
#[must_use = "a builder does nothing until `build`"]
pub struct VippsBuilder {
    credentials: Credentials,
    environment: Environment,
    system: [Cow<'static, str>; 4],
    connect_timeout: Duration,
    attempt_timeout: Duration,
    total_timeout: Duration,
    policy: RetryPolicy,
    budget: RetryBudget,
    http: Http,
    transport: Option<Arc<dyn Transport>>,
    token_store: Option<Arc<dyn TokenStore>>,
    #[cfg(feature = "testing")]
    recorder: Option<crate::testing::Recorder>,
    time: Time,
    randomness: Arc<dyn Randomness>,
}

#[derive(Debug)]
enum Http {
    BuiltIn,
    Builder(Box<reqwest::ClientBuilder>),
}

impl VippsBuilder {
    pub(super) fn new(credentials: Credentials) -> Self {
        const NAME: &str = concat!(env!("CARGO_PKG_NAME"), "-rust");
        const VERSION: &str = env!("CARGO_PKG_VERSION");
        Self {
            credentials,
            environment: Environment::Test,
            system: [NAME, VERSION, NAME, VERSION].map(Cow::Borrowed),
            connect_timeout: Duration::from_millis(3_100),
            attempt_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            policy: RetryPolicy::default(),
            budget: RetryBudget::default(),
            http: Http::BuiltIn,
            transport: None,
            token_store: None,
            #[cfg(feature = "testing")]
            recorder: None,
            time: Time::System,
            randomness: Arc::new(SystemRandomness),
        }
    }

    /// Where to send requests; the test environment by default.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// `Vipps-System-Name` and `Vipps-System-Version`: your solution, such as `acme` and `3.1.2`; at most 30
    /// characters each. Partners and platforms must set them. The plugin's values become the same unless set later.
    pub fn system(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        let (name, version) = (Cow::from(name.into()), Cow::from(version.into()));
        self.system = [name.clone(), version.clone(), name, version];
        self
    }

    /// `Vipps-System-Plugin-Name` and `Vipps-System-Plugin-Version`: the part of your solution that talks to Vipps
    /// MobilePay, such as `acme-webshop` and `4.5.6`; at most 30 characters each.
    pub fn plugin(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.system[2] = Cow::Owned(name.into());
        self.system[3] = Cow::Owned(version.into());
        self
    }

    /// How long a connection may take to come up: 3.1 s by default, at least the 1 s that the API's guide asks for
    /// in production. Applies to the built-in client only.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long one attempt may take, answer included: 10 s by default; the API's guide asks for at least 5 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// How long a whole call may take, token, attempts, waits and answer: 30 s by default. Each call can set its own
    /// with `deadline`.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// How often and how patiently to repeat.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A retry budget shared with other clients, or an unlimited one for tests.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Sends requests with a client of your own [`reqwest::ClientBuilder`], for proxies, certificates, time limits of
    /// connections and pools.
    ///
    /// These settings are made on the builder, whatever it held before:
    ///
    /// - no redirects, since a redirect would carry the subscription key to another host;
    /// - no retries by reqwest, which would send a payment again;
    /// - no decompression of responses;
    /// - a layer around the connector, which fails a connect when the time for its request is up.
    ///
    /// All other settings are yours. [`connect_timeout`](Self::connect_timeout) does not apply; without a limit of the
    /// builder, [`attempt_timeout`](Self::attempt_timeout) and the deadline limit a connect. Do not set `timeout` or
    /// `read_timeout` on the builder: where they are shorter, they end a request without a record of whether it was
    /// sent, so that its outcome is unknown.
    ///
    /// The client of a builder belongs to one tokio runtime. Use it in that runtime alone, and make a client for each
    /// runtime otherwise.
    pub fn http_client_builder(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Http::Builder(Box::new(builder));
        self
    }

    /// Your own way to the wire, instead of reqwest.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the store through which this client shares tokens with other clients and processes; see
    /// [`token_store`](crate::token_store). Without a store, the token is in this client's memory alone, for it and its
    /// clones.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.token_store = Some(Arc::new(store));
        self
    }

    /// Records what the client sends, and sends it on to where it would have gone: over the network, or to a
    /// [`transport`](Self::transport) of your own. What the recorder has an answer for does not get there.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::simulator::Simulator;
    /// use vipps::testing::Recorder;
    ///
    /// let (sim, recorder) = (Simulator::start()?, Recorder::new());
    /// let vipps = sim.client_builder().record(&recorder).build()?;
    /// vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?).await?;
    /// assert_eq!(recorder.requests().len(), 2); // a token, and the payment
    /// # Ok(()) }
    /// ```
    #[cfg(feature = "testing")]
    pub fn record(mut self, recorder: &crate::testing::Recorder) -> Self {
        self.recorder = Some(recorder.clone());
        self
    }

    /// Your own clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Your own randomness.
    pub fn randomness(mut self, randomness: impl Randomness) -> Self {
        self.randomness = Arc::new(randomness);
        self
    }

    /// Checks everything and makes the client. Does no I/O: the built-in HTTP client, which reads the system's
    /// certificates, is made with the first request. (A [`http_client_builder`](Self::http_client_builder) of your own is
    /// built here, whatever it reads.)
    ///
    /// # Errors
    /// When a `Vipps-System-*` value or a timeout breaks its rule, or the client of your
    /// [`http_client_builder`](Self::http_client_builder) cannot be made.
    pub fn build(self) -> Result<Vipps> {
        for (field, timeout) in [
            ("connect_timeout", self.connect_timeout),
            ("attempt_timeout", self.attempt_timeout),
            ("total_timeout", self.total_timeout),
        ] {
            if timeout < Duration::from_millis(1) || timeout > Duration::from_secs(3600) {
                let rule = "must be between 1 ms and 1 hour";
                return Err(InvalidValue::new(field, rule, format!("{timeout:?}")).into());
            }
        }
        let headers = Headers::new(&self.credentials, &self.system)?;
        let base = Url::parse(self.environment.base_url())
            .map_err(|e| Error::configuration("the base URL is none").with_source(e))?;
        let client = match self.http {
            Http::BuiltIn => {
                ReqwestClients::built_in(self.connect_timeout, self.environment.is_loopback())
            }
            Http::Builder(builder) => ReqwestClients::made_by(*builder)?,
        };
        let http = match self.transport {
            Some(transport) => HttpClient::Custom(transport),
            None => HttpClient::Reqwest(client),
        };
        #[cfg(feature = "testing")]
        let http = match self.recorder {
            Some(recorder) => {
                HttpClient::Custom(Arc::new(recorder.leading_to(http.into_transport())))
            }
            None => http,
        };
        let base_url = self.environment.base_url();
        let counters: Arc<Counters> = Arc::default();
        let store = self.token_store.map(|store| {
            let (time, counters) = (self.time.clone(), counters.clone());
            SharedStore::new(store, base_url, &self.credentials, time, counters)
        });
        let shared = Arc::new(Shared {
            base,
            operations: OPERATIONS,
            environment: self.environment,
            merchant: self.credentials.merchant_serial_number().clone(),
            headers,
            requests: http_client::requests()?,
            http,
            time: self.time.clone(),
            randomness: self.randomness.clone(),
            policy: self.policy,
            budget: self.budget,
            attempt_timeout: self.attempt_timeout,
            total_timeout: self.total_timeout,
            counters: counters.clone(),
        });
        let access_token = AccessTokenApi::new(Runtime {
            shared: shared.clone(),
            tokens: None,
        });
        let tokens = Tokens::new(access_token, store, self.time, self.randomness, counters);
        let tokens = Some(tokens);
        Ok(Vipps {
            runtime: Runtime { shared, tokens },
        })
    }
}
