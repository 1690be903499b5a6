//! The builder of a client.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

use super::Vipps;
use crate::access_token::{self, AccessTokenApi};
use crate::call::encode_path;
use crate::clock::{Clock, Randomness, SystemRandomness, Time};
use crate::credentials::Credentials;
use crate::ecom;
use crate::environment::Environment;
use crate::epayment;
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
use crate::userinfo;
use crate::webhooks;

/// The operation tables of all APIs.
pub(crate) static OPERATIONS: &[&[Operation]] = &[
    access_token::operations::OPERATIONS,
    ecom::operations::OPERATIONS,
    epayment::operations::OPERATIONS,
    qr::operations::OPERATIONS,
    userinfo::operations::OPERATIONS,
    webhooks::operations::OPERATIONS,
];

/// A builder of a [`Vipps`] client.
///
/// ```no_run
/// use std::time::Duration;
/// use vipps::{Credentials, Environment, RetryPolicy, Vipps};
///
/// let vipps = Vipps::builder(Credentials::from_env()?)
///     .environment(Environment::Production)
///     .system("acme", "3.1.2")
///     .total_timeout(Duration::from_secs(20))
///     .retry(RetryPolicy::default().attempts(2))
///     .build()?;
/// # Ok::<(), vipps::Error>(())
/// ```
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

    /// Sets the environment. The default is the test environment.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.environment = environment;
        self
    }

    /// Sets `Vipps-System-Name` and `Vipps-System-Version`, the name and version of your solution,
    /// such as `acme` and `3.1.2`. Each has at most 30 characters. Partners and platforms must set
    /// them.
    ///
    /// [`plugin`](Self::plugin) gets the same values; call it after this method to set others.
    pub fn system(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        let (name, version) = (Cow::from(name.into()), Cow::from(version.into()));
        self.system = [name.clone(), version.clone(), name, version];
        self
    }

    /// Sets `Vipps-System-Plugin-Name` and `Vipps-System-Plugin-Version`, the part of your solution
    /// that uses the APIs, such as `acme-webshop` and `4.5.6`. Each has at most 30 characters.
    pub fn plugin(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.system[2] = Cow::Owned(name.into());
        self.system[3] = Cow::Owned(version.into());
        self
    }

    /// Sets the time limit for opening a connection: 3.1 s by default, between 1 ms and 1 hour. The
    /// API's guide requires at least 1 s in production. Applies to the built-in HTTP client only.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time limit of one attempt, including the response: 10 s by default, between 1 ms
    /// and 1 hour. The API's guide requires at least 5 s.
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = timeout;
        self
    }

    /// Sets the time limit of a whole call, including token, attempts, waits and response: 30 s by
    /// default, between 1 ms and 1 hour. The setter `deadline` overrides it for one call.
    pub fn total_timeout(mut self, timeout: Duration) -> Self {
        self.total_timeout = timeout;
        self
    }

    /// Sets the retry policy of all calls. The setter `retry` overrides it for one call.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Sets the retry budget, for example to share it with other clients. By default each client has
    /// its own budget, which its clones share.
    pub fn retry_budget(mut self, budget: RetryBudget) -> Self {
        self.budget = budget;
        self
    }

    /// Sends requests with the client of this [`reqwest::ClientBuilder`], for example to set
    /// proxies, certificates, or the time limits of connections and pools.
    ///
    /// These settings of the builder are overwritten:
    ///
    /// - no redirects, since a redirect would carry the subscription key to another host;
    /// - no retries by reqwest, which could send a payment twice;
    /// - no decompression of responses;
    /// - a layer around the connector, which fails a connect when the time for its request is up.
    ///
    /// All other settings are kept. [`connect_timeout`](Self::connect_timeout) does not apply.
    /// Without a connect timeout of the builder, [`attempt_timeout`](Self::attempt_timeout) and the
    /// deadline limit a connect. Do not set `timeout` or `read_timeout` on the builder: if they are
    /// shorter, they end a request without a record of whether it was sent, so its outcome is
    /// unknown.
    ///
    /// The client of a builder works in one tokio runtime only. Create a separate client for each
    /// runtime.
    #[doc(alias("proxy", "certificate", "reqwest"))]
    pub fn http_client_builder(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Http::Builder(Box::new(builder));
        self
    }

    /// Sends requests with this transport instead of reqwest. [`Transport`] has an example.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Sets the store through which this client shares tokens with other clients and processes; see
    /// [`token_store`](crate::token_store). Without a store, only this client and its clones share
    /// a token.
    pub fn token_store(mut self, store: impl TokenStore) -> Self {
        self.token_store = Some(Arc::new(store));
        self
    }

    /// Records the requests of the client. A request for which the recorder has a response is not
    /// sent. All others are sent over the network, or with the [`transport`](Self::transport).
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

    /// Sets the clock. The default is the system clock. [`Clock`] has an example.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::Custom(Arc::new(clock));
        self
    }

    /// Sets the source of randomness. The default is the randomness of the operating system.
    pub fn randomness(mut self, randomness: impl Randomness) -> Self {
        self.randomness = Arc::new(randomness);
        self
    }

    /// Validates the settings and creates the client.
    ///
    /// This method does no I/O: the built-in HTTP client, which loads the system's certificates, is
    /// built on the first request. A [`http_client_builder`](Self::http_client_builder) is built
    /// here.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if a `Vipps-System-*` value or a
    /// timeout breaks its rule, and [`ErrorKind::Configuration`](crate::ErrorKind::Configuration)
    /// if the client of the [`http_client_builder`](Self::http_client_builder) cannot be built.
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
        let mut base = Url::parse(self.environment.base_url())
            .map_err(|e| Error::configuration("the base URL is not a valid URL").with_source(e))?;
        // As in the requests, so that both can be compared.
        encode_path(&mut base);
        let client = match self.http {
            Http::BuiltIn => {
                ReqwestClients::built_in(self.connect_timeout, self.environment.is_loopback())
            }
            Http::Builder(builder) => ReqwestClients::from_builder(*builder)?,
        };
        let http = match self.transport {
            Some(transport) => HttpClient::Custom(transport),
            None => HttpClient::Reqwest(client),
        };
        #[cfg(feature = "testing")]
        let http = match self.recorder {
            Some(recorder) => {
                HttpClient::Custom(Arc::new(recorder.with_inner(http.into_transport())))
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
            requests: http_client::request_builder()?,
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
