//! The entry: [`Vipps`] and its builder.

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue,
    USER_AGENT,
};
use progenitor_client::{Error as RawError, ResponseValue};
use url::Url;

use crate::call::{Answer, CallOptions, Context};
use crate::clock::{Clock, Randomness, SystemRandomness, Time};
use crate::credentials::{self, Credentials};
use crate::ecom::Ecom;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::http_client::{self, Sender};
use crate::qr::Qr;
use crate::raw::{self, Raw};
use crate::retry::{RetryBudget, RetryPolicy};
use crate::telemetry::{Counters, Metrics};
use crate::token::{Fleet, Token, Tokens};
use crate::token_store::TokenStore;
use crate::transport::{Transport, Wire};
use crate::types::{InvalidValue, MerchantSerialNumber, SystemText};

/// A client of the QR and eCom APIs for one set of keys. Cheap to clone; clones share the token, the connections and
/// the retry budget.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let (credentials, environment) = (sim.credentials(), sim.environment());
/// use vipps::{Amount, Vipps};
///
/// let vipps = Vipps::builder(credentials).environment(environment).build()?;
/// let payment = vipps.ecom().initiate("order-123".parse()?, Amount::kroner(499), "One pair of socks".parse()?).await?;
/// let qr = vipps.qr().one_time(payment.landing_page()).await?;
/// println!("show {} for {} s", qr.image_url().unwrap(), qr.expires_in().as_secs());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Vipps(Arc<Inner>);

struct Inner {
    environment: Environment,
    /// That of the environment, to be shared with the client of each call.
    base_url: Arc<str>,
    base: Url,
    /// The path of the base URL, without a slash at its end.
    prefix: String,
    merchant: MerchantSerialNumber,
    headers: Headers,
    /// Builds requests.
    requests: reqwest::Client,
    /// Sends them.
    wire: Wire,
    time: Time,
    randomness: Arc<dyn Randomness>,
    policy: RetryPolicy,
    budget: RetryBudget,
    attempt_timeout: Duration,
    total_timeout: Duration,
    tokens: Tokens,
    fleet: Option<Fleet>,
    counters: Arc<Counters>,
}

impl Vipps {
    /// Starts a client for these keys.
    pub fn builder(credentials: Credentials) -> VippsBuilder {
        VippsBuilder::new(credentials)
    }

    /// A client made from `VIPPS_CLIENT_ID`, `VIPPS_CLIENT_SECRET`, `VIPPS_SUBSCRIPTION_KEY`,
    /// `VIPPS_MERCHANT_SERIAL_NUMBER`, and `VIPPS_ENVIRONMENT` (`test` or `production`; test when absent) or
    /// `VIPPS_BASE_URL`.
    ///
    /// # Errors
    /// Names the first variable that is missing, blank or malformed.
    pub fn from_env() -> Result<Self> {
        let environment = credentials::environment_from(|name| std::env::var(name).ok())?;
        Self::builder(Credentials::from_env()?)
            .environment(environment)
            .build()
    }

    /// The QR API.
    pub fn qr(&self) -> Qr {
        Qr::new(self.clone())
    }

    /// The eCom API.
    pub fn ecom(&self) -> Ecom {
        Ecom::new(self.clone())
    }

    /// Runs any generated operation through the same token, headers, retries, deadline and errors that the wrapper
    /// uses: an operation is usable the day its document lands. An operation that this crate has no rules for is
    /// repeated only if it is a GET. Where the document declares an idempotency key
    /// ([`Operation::idempotency_key`](crate::raw::Operation::idempotency_key)), every call carries one.
    ///
    /// One call runs one operation. [`call_with`](Self::call_with) takes a deadline, a key, a sales unit and the like.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # let id: vipps::OrderId = "order-1".parse()?;
    /// # vipps.ecom().initiate(id, vipps::Amount::kroner(1), "Socks".parse()?).await?;
    /// let details = vipps
    ///     .call(|raw| async move { raw.ecom().get_payment_details_using_get().order_id("order-1").send().await })
    ///     .await?;
    /// assert_eq!(details.order_id.as_deref(), Some("order-1"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As every operation of the wrapper; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the answer does not fit
    /// the document.
    pub async fn call<T, E, F, Fut>(&self, operation: F) -> Result<ResponseValue<T>>
    where
        F: FnOnce(Raw) -> Fut,
        Fut: Future<Output = Result<ResponseValue<T>, RawError<E>>>,
    {
        self.call_with(CallOptions::default(), operation).await
    }

    /// As [`call`](Self::call), made as the options say. So a capture whose outcome is not known is made again with its
    /// own key, and moves the money once:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::kroner(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::raw::{Raw, ecom::types};
    /// use vipps::{CallOptions, Outcome};
    ///
    /// let merchant = types::MerchantInfoPayment::builder().merchant_serial_number("123456".to_owned());
    /// let transaction = types::Transaction::builder().transaction_text("Socks".to_owned());
    /// let body: types::PaymentActionsRequest = types::PaymentActionsRequest::builder()
    ///     .merchant_info(types::MerchantInfoPayment::try_from(merchant)?)
    ///     .transaction(types::Transaction::try_from(transaction)?)
    ///     .try_into()?;
    /// let capture = async |raw: Raw| {
    ///     raw.ecom().capture_payment_using_post().order_id("order-1").body(body.clone()).send().await
    /// };
    /// sim.faults().on("capture_payment_using_post").after_commit().times(3).reset();
    /// let error = vipps.call(capture).await.unwrap_err();
    /// assert_eq!(error.outcome(), Outcome::Unknown);
    ///
    /// let key = error.idempotency_key().ok_or("a capture has a key")?.clone();
    /// vipps.call_with(CallOptions::new().idempotency_key(key), capture).await?;
    /// # assert_eq!(sim.account("order-1").ok_or("no order")?.charged(), 20_000);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As those of [`call`](Self::call).
    pub async fn call_with<T, E, F, Fut>(
        &self,
        options: CallOptions,
        operation: F,
    ) -> Result<ResponseValue<T>>
    where
        F: FnOnce(Raw) -> Fut,
        Fut: Future<Output = Result<ResponseValue<T>, RawError<E>>>,
    {
        let context = Context::new(self, &options);
        let result = operation(Raw::of(&context)).await;
        context.finish_raw(result)
    }

    /// Where the API is, without a slash at its end.
    pub fn base_url(&self) -> &str {
        self.0.environment.base_url()
    }

    /// The environment that the client talks to.
    pub fn environment(&self) -> &Environment {
        &self.0.environment
    }

    /// The sales unit of the credentials.
    pub fn merchant_serial_number(&self) -> &MerchantSerialNumber {
        &self.0.merchant
    }

    /// What is left of the retry budget that all clones share.
    pub fn retry_budget(&self) -> &RetryBudget {
        &self.0.budget
    }

    /// What this client and its clones have done so far: calls by how they ended, attempts, repeats, tokens.
    pub fn metrics(&self) -> Metrics {
        self.0.counters.read()
    }

    /// A token answer, fetched through the same attempt loop as everything else.
    pub(crate) async fn fetch_token(&self) -> Result<Answer> {
        let context = Context::new(self, &CallOptions::default());
        let client = raw::access_token::Client::of(&context);
        let request = client
            .fetch_authorization_token_using_post()
            .prepared_request();
        context.run(request).await
    }

    /// The base URL, and its path without a slash at its end.
    pub(crate) fn base(&self) -> (&Url, &str) {
        (&self.0.base, &self.0.prefix)
    }

    pub(crate) fn shared_base_url(&self) -> Arc<str> {
        self.0.base_url.clone()
    }

    pub(crate) fn requests(&self) -> &reqwest::Client {
        &self.0.requests
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.0.wire
    }

    pub(crate) fn time(&self) -> &Time {
        &self.0.time
    }

    pub(crate) fn randomness(&self) -> &dyn Randomness {
        &*self.0.randomness
    }

    pub(crate) fn policy(&self) -> &RetryPolicy {
        &self.0.policy
    }

    pub(crate) fn budget(&self) -> &RetryBudget {
        &self.0.budget
    }

    pub(crate) fn attempt_timeout(&self) -> Duration {
        self.0.attempt_timeout
    }

    pub(crate) fn total_timeout(&self) -> Duration {
        self.0.total_timeout
    }

    pub(crate) fn tokens(&self) -> &Tokens {
        &self.0.tokens
    }

    pub(crate) fn fleet(&self) -> Option<&Fleet> {
        self.0.fleet.as_ref()
    }

    /// Takes in that a call which was replayed so often was answered with a 401 to this token; whether to fetch another
    /// token and replay it once more.
    pub(crate) fn refused(&self, token: &Token, replays: u32) -> bool {
        let again = match replays {
            0 => true,
            // The fetch that the replay needed was left to another client, whose token was no better.
            1 => self.fleet().is_some_and(|fleet| fleet.on_trust(token)),
            _ => false,
        };
        if again {
            if let Some(fleet) = self.fleet() {
                fleet.refused(token, self.time().monotonic());
            }
            self.tokens().invalidate(token.generation);
        }
        again
    }

    pub(crate) fn counters(&self) -> &Arc<Counters> {
        &self.0.counters
    }

    pub(crate) fn headers(&self) -> &Headers {
        &self.0.headers
    }
}

impl fmt::Debug for Vipps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vipps")
            .field("environment", &self.0.environment)
            .field("merchant_serial_number", &self.0.merchant)
            .finish_non_exhaustive()
    }
}

pub(crate) static MSN: HeaderName = HeaderName::from_static("merchant-serial-number");

/// What is the same on every request, made once.
pub(crate) struct Headers {
    with_token: HeaderMap,
    with_keys: HeaderMap,
}

impl Headers {
    /// For a call with a token. The token is yet to be put in, as are the media types where they are not JSON.
    pub(crate) fn with_token(&self) -> &HeaderMap {
        &self.with_token
    }

    /// For the request for a token.
    pub(crate) fn with_keys(&self) -> &HeaderMap {
        &self.with_keys
    }
}

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
    Client(reqwest::Client),
}

impl VippsBuilder {
    fn new(credentials: Credentials) -> Self {
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

    /// Your own [`reqwest::Client`]. It must not follow redirects, which would carry the subscription key to another
    /// host; [`build`](Self::build) refuses one that does. It must send each request once, and
    /// [`build`](Self::build) cannot see whether it does: reqwest by itself sends one again whose HTTP/2 connection is
    /// going away, unless it is built with `retry(reqwest::retry::never())`. Give a builder to
    /// [`http_client_builder`](Self::http_client_builder) to have both done for you.
    pub fn http_client(mut self, client: reqwest::Client) -> Self {
        self.http = Http::Client(client);
        self
    }

    /// Your own [`reqwest::ClientBuilder`], for proxies, certificates and the like. Redirects, reqwest's own repeats
    /// and the unpacking of compressed answers are switched off on it.
    pub fn http_client_builder(mut self, builder: reqwest::ClientBuilder) -> Self {
        self.http = Http::Builder(Box::new(builder));
        self
    }

    /// Your own way to the wire, instead of reqwest.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Where this client shares its token with others, such as the other processes of a fleet; see
    /// [`token_store`](crate::token_store). Without one, the token is in this client's memory alone, for it and its
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
    /// vipps.ecom().initiate("order-1".parse()?, vipps::Amount::kroner(9), "Tea".parse()?).await?;
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
    /// When a `Vipps-System-*` value or a time-out breaks its rule, or your HTTP client cannot be made or follows
    /// redirects.
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
        let headers = self.headers()?;
        let base = Url::parse(self.environment.base_url())
            .map_err(|e| Error::configuration("the base URL is none").with_source(e))?;
        let sender = match self.http {
            Http::BuiltIn => Sender::built_in(self.connect_timeout, self.environment.is_loopback()),
            Http::Builder(builder) => Sender::made_by(*builder, self.connect_timeout)?,
            Http::Client(client) => Sender::given(client)?,
        };
        let wire = match self.transport {
            Some(transport) => Wire::Custom(transport),
            None => Wire::Reqwest(sender),
        };
        let base_url = self.environment.base_url();
        let fleet = self
            .token_store
            .map(|store| Fleet::new(store, base_url, &self.credentials));
        #[cfg(feature = "testing")]
        let wire = match self.recorder {
            Some(recorder) => Wire::Custom(Arc::new(recorder.leading_to(wire.transport()))),
            None => wire,
        };
        Ok(Vipps(Arc::new(Inner {
            base_url: self.environment.base_url().into(),
            prefix: base.path().trim_end_matches('/').to_owned(),
            base,
            environment: self.environment,
            merchant: self.credentials.merchant_serial_number().clone(),
            headers,
            requests: http_client::requests()?,
            wire,
            time: self.time,
            randomness: self.randomness,
            policy: self.policy,
            budget: self.budget,
            attempt_timeout: self.attempt_timeout,
            total_timeout: self.total_timeout,
            tokens: Tokens::default(),
            fleet,
            counters: Arc::default(),
        })))
    }

    fn headers(&self) -> Result<Headers> {
        let credentials = &self.credentials;
        let secret = |value: &str| {
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| Error::configuration("a key cannot travel in a header"))?;
            value.set_sensitive(true);
            Ok::<_, Error>(value)
        };
        let merchant = HeaderValue::try_from(credentials.merchant_serial_number().as_str())
            .map_err(|_| {
                Error::configuration("the merchant serial number cannot travel in a header")
            })?;
        let mut common = HeaderMap::with_capacity(10);
        common.insert(MSN.clone(), merchant);
        common.insert(
            HeaderName::from_static("ocp-apim-subscription-key"),
            secret(credentials.subscription_key())?,
        );
        common.insert(
            USER_AGENT,
            HeaderValue::from_static(concat!("vipps-rust/", env!("CARGO_PKG_VERSION"))),
        );
        let names = [
            "vipps-system-name",
            "vipps-system-version",
            "vipps-system-plugin-name",
            "vipps-system-plugin-version",
        ];
        for (name, text) in names.into_iter().zip(&self.system) {
            let checked = SystemText::parse(text).map_err(|e| e.with_field(name))?;
            let value = match text {
                // Each request has a copy, and this one needs no count of them.
                Cow::Borrowed(text) => HeaderValue::from_static(text),
                Cow::Owned(_) => HeaderValue::try_from(checked.as_str()).map_err(|_| {
                    Error::configuration("a Vipps-System value cannot travel in a header")
                })?,
            };
            common.insert(HeaderName::from_static(name), value);
        }
        let mut with_keys = common.clone();
        for (name, value) in [
            ("client_id", credentials.client_id()),
            ("client_secret", credentials.client_secret()),
        ] {
            with_keys.insert(HeaderName::from_static(name), secret(value)?);
        }
        with_keys.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
        let mut with_token = common;
        let json = HeaderValue::from_static("application/json");
        with_token.insert(AUTHORIZATION, HeaderValue::from_static(""));
        with_token.insert(ACCEPT, json.clone());
        with_token.insert(CONTENT_TYPE, json);
        Ok(Headers {
            with_token,
            with_keys,
        })
    }
}
