//! An in-process simulator of the Vipps MobilePay APIs, for tests without an account.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # use vipps::{Amount, simulator::Simulator};
//! let sim = Simulator::start()?;
//! let vipps = sim.client();
//! vipps.ecom().initiate("order-1".parse()?, Amount::nok(499), "Socks".parse()?).await?;
//! sim.payer().approve("order-1")?;
//! assert_eq!(sim.account("order-1").unwrap().reserved(), 49_900);
//! # Ok(()) }
//! ```
//!
//! [`Simulator::start`] opens an HTTP server on a loopback port. [`Builder::in_memory`] needs no
//! socket and no waiting.
//!
//! | To make this happen | Use |
//! |---|---|
//! | the customer scans, approves or rejects | [`Simulator::payer`] |
//! | every payment is approved by itself | [`Builder::approve_after`] |
//! | the issuer refuses the card | an amount of 151, 182, 183, 184, 186, 187 or 197 øre |
//! | a payment, token or QR code expires | [`Clock::advance`] |
//! | a response is lost after the money moved | [`FaultRule::lose_response`] |
//! | an error, a delay, a broken connection | [`Simulator::faults`] |
//! | two requests meet at a chosen moment | [`FaultRule::pause`] |
//! | a callback or webhook arrives | [`Simulator::route`], [`Simulator::deliver_to`] |
//! | a check-in is signed and sent | [`Simulator::webhook`] |
//!
//! | Modelled | Not modelled: status 501 with a reason |
//! |---|---|
//! | access tokens, the eCom, ePayment, QR, Webhooks and Userinfo APIs | the other APIs, the landing page itself |
//! | callbacks, webhooks, express shipping, consents | the test amounts 201 and 202 øre, refunds of 123 and 124 øre |
//! | the documented errors, rate limits and periods | |
//!
//! Three rules are simplified: in eCom a refused request does not use up its idempotency key, a
//! payment is never locked (errors 94 and 6160) unless a fault injects it, and every sales unit
//! accepts ePayment amounts in NOK, DKK and EUR.
//!
//! [`Simulator::ledger`] returns the money that moved, independent of the responses, and
//! [`Simulator::journal`] the requests, with secrets hidden.
//!
//! # Features
//!
//! `simulator` contains the handles and the server. With `simulator-contract`, every request and
//! every response of the simulator is checked against the vendored API documents: use it in tests of
//! code that builds requests by itself. With `simulator-page`, [`Simulator::base_url`] in a browser
//! shows the orders with their QR codes, a phone that scans and approves or rejects, the journal, the
//! faults and the clock. `simulator-bin` is the program, with all of them.
//!
//! # Any language
//!
//! The program `vipps-simulator` is this simulator for test suites in other languages:
//! `cargo install --path . --features simulator-bin`. When it is ready, it prints one line of JSON
//! with its base URL and keys. `--help` lists its options.
//!
//! A test drives it with JSON over HTTP below `/_simulator/`, which needs no keys. Each path does
//! what a handle of [`Simulator`] does:
//!
//! | Path | Handle |
//! |---|---|
//! | `orders`, `orders/{id}` | [`Simulator::ledger`], [`Simulator::account`] |
//! | `orders/{id}/scan`, `…/approve`, `…/reject` | [`Simulator::payer`] |
//! | `clock`, `clock/advance`, `clock/freeze` | [`Simulator::clock`] |
//! | `faults`, `faults/{id}` | [`Simulator::faults`] |
//! | `journal`, `deliveries` | [`Simulator::journal`], [`Simulator::deliveries`] |
//! | `reset` | [`Simulator::reset`] |
//! | `health` | – |
//!
//! `/_simulator/openapi.json` describes all of them. Errors are problem details (RFC 9457). A
//! simulator that [`Simulator::start`] started serves the same paths. `examples/clients` has tests
//! in Python and JavaScript.
//!
//! # Security
//!
//! The simulator is made for tests and first steps. Its keys are valid nowhere else, and it listens
//! on loopback by default. The page and the control API accept only a `Host` header with an IP
//! address, `localhost` or the host in the base URL, and no requests from other sites, so that no
//! other site in the same browser can use them.

#![cfg_attr(
    not(all(feature = "simulator-contract", feature = "simulator-page")),
    allow(
        dead_code,
        reason = "only the contract check and the page use some of it"
    )
)]

mod apis;
mod client;
mod clock;
mod control;
mod delivery;
mod domain;
mod engine;
mod faults;
mod gateway;
mod journal;
mod keys;
mod payer;
mod random;
mod redaction;
mod server;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use tower_service::Service;

pub use clock::Clock;
pub use delivery::{Delivery, DeliveryOutcome};
pub use domain::{Account, CaptureType, Effect, EffectKind};
pub use faults::{Fault, FaultRule, Faults, Pause};
pub use journal::{Entry, Journal};
pub use keys::Keys;
pub use payer::{Payer, PayerError, Scanned};
pub use server::{Arrived, InMemory, WireResponse};

use control::Page;
use delivery::{Destination, Receiver};
use domain::{Domain, Registration};
use engine::Engine;
use gateway::{Settings, State};
use random::Random;
use server::Server;

/// A running simulator. Dropping it stops the server and frees the port.
#[doc(alias("mock", "fake server", "mock server", "sandbox"))]
#[derive(Debug)]
pub struct Simulator {
    engine: Arc<Engine>,
    /// `None` for a simulator in memory.
    server: Option<Server>,
    clock: Clock,
    keys: Keys,
    base_url: String,
}

impl Simulator {
    /// Starts a simulator on a free loopback port, with the defaults of [`Builder`]. It needs no
    /// async runtime, and it can be started inside any.
    ///
    /// # Errors
    /// If no port can be opened or the thread cannot be started.
    ///
    /// ```
    /// let sim = vipps::simulator::Simulator::start()?;
    /// assert!(sim.base_url().starts_with("http://127.0.0.1:"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// Returns a builder for a simulator with other settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the scheme and authority, without a slash at the end: `http://127.0.0.1:49152`. The
    /// paths below it are those of `https://api.vipps.no`. The root is the page for a browser.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Returns the address that the simulator listens on, or `None` for a simulator in memory.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }

    /// Returns the credentials that the simulator accepts.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Returns the handle that acts as the customer.
    pub fn payer(&self) -> Payer {
        Payer::new(Arc::clone(&self.engine))
    }

    /// Returns the clock that the whole simulator follows.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Returns the record of all requests.
    pub fn journal(&self) -> Journal {
        Journal::new(Arc::clone(&self.engine))
    }

    /// Returns the handle that injects faults.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.engine))
    }

    /// Returns the money that actually moved: one account for each order, in the order of creation.
    /// A lost or damaged response does not change it.
    pub fn ledger(&self) -> Vec<Account> {
        self.engine.look(|world, _| {
            world
                .state
                .domain
                .payments()
                .iter()
                .map(Account::of)
                .collect()
        })
    }

    /// Returns the account of one order. If several sales units have an order with this id, returns
    /// the one created first.
    pub fn account(&self, order_id: &str) -> Option<Account> {
        self.engine.look(|world, _| {
            let domain = &world.state.domain;
            let first = domain.by_reference(order_id).first()?;
            Some(Account::of(domain.payment(*first)))
        })
    }

    /// Sets the address of the merchant: calls to the origin of `url` (scheme, host and port; the
    /// rest is ignored) are sent to this address in plain HTTP. The merchant's code keeps its
    /// `https://` URLs, and a test serves them on a loopback port. Calls to an origin without a
    /// route are sent to [`route_all`](Self::route_all)'s address, or not at all.
    ///
    /// # Errors
    /// If the text is not a URL with a host.
    pub fn route(&self, url: impl AsRef<str>, to: impl Into<SocketAddr>) -> io::Result<()> {
        self.engine
            .with(|world, _| world.deliveries.route(url.as_ref(), to.into()))
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))
    }

    /// Sends the messages to all origins without a [`route`](Self::route) to this address, in plain
    /// HTTP. The scheme of the merchant's URLs does not matter.
    pub fn route_all(&self, to: impl Into<SocketAddr>) {
        self.set_route(Destination::Address(to.into()));
    }

    /// Passes the messages to all origins without a [`route`](Self::route) to a function, which
    /// returns the merchant's response.
    ///
    /// A simulator [in memory](Builder::in_memory) does this when [`settled`](Self::settled) is
    /// awaited.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use vipps::simulator::{DeliveryOutcome, Simulator};
    ///
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// sim.deliver_to_fn(|request| {
    ///     assert!(request.uri().path().ends_with("/order-1"));
    ///     http::Response::new(Default::default())
    /// });
    /// sim.client().ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?).await?;
    /// sim.payer().approve("order-1")?;
    /// sim.settled().await;
    /// assert_eq!(sim.deliveries()[0].outcome(), &DeliveryOutcome::Responded(200));
    /// # Ok(()) }
    /// ```
    pub fn deliver_to_fn<F>(&self, receive: F)
    where
        F: Fn(http::Request<Bytes>) -> http::Response<Bytes> + Send + Sync + 'static,
    {
        self.set_route(Destination::Receiver(Receiver::function(receive)));
    }

    /// Passes the messages to all origins without a [`route`](Self::route) to a service, such as
    /// an axum router, like [`deliver_to_fn`](Self::deliver_to_fn).
    pub fn deliver_to<S, B>(&self, service: S)
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>>,
        S: Clone + Send + Sync + 'static,
        S::Error: Display,
        S::Future: Send,
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Display,
    {
        self.set_route(Destination::Receiver(Receiver::service(service)));
    }

    fn set_route(&self, to: Destination) {
        self.engine.with(|world, _| world.deliveries.route_all(to));
    }

    /// Registers a webhook for check-ins (`user.checked-in.v1`) with a secret of your choice, as an
    /// alternative to [`Vipps::webhooks`](crate::Vipps::webhooks). A sales unit has at most one such
    /// registration, so this replaces the previous one. Calls are signed with the secret, used as
    /// text.
    ///
    /// # Errors
    /// If the URL is not `https://` with a host, or contains a `\`.
    pub fn webhook(&self, url: impl Into<String>, secret: impl Into<String>) -> io::Result<()> {
        let (url, secret) = (url.into(), secret.into());
        let parsed = url::Url::parse(&url);
        // URL parsers read `\` as `/`, so that host and path would not be those of the text.
        if url.contains('\\') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("url: must not hold `\\`; write it as %5C, got {url}"),
            ));
        }
        if !parsed.is_ok_and(|url| url.scheme() == "https" && url.has_host()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{url} is no https URL with a host"),
            ));
        }
        self.engine.with_state(|state, _| {
            let sales_unit = state.settings.keys.merchant_serial_number.clone();
            let webhooks = &mut state.domain.webhooks;
            webhooks.remove(Some(&sales_unit), |one| {
                one.is_for(apis::qr::CHECK_IN_EVENT)
            });
            webhooks.add(Registration {
                id: state.random.uuid(),
                sales_unit: Some(sales_unit),
                url,
                secret,
                events: vec![apis::qr::CHECK_IN_EVENT.to_owned()],
            });
        });
        Ok(())
    }

    /// Returns the messages to the merchant, oldest first; at most the latest 20,000.
    pub fn deliveries(&self) -> Vec<Delivery> {
        let waits =
            self.server.is_some() || self.engine.look(|world, _| world.deliveries.has_receiver());
        if !waits {
            self.give_up_messages();
        }
        let mut deliveries = self
            .engine
            .look(|world, _| world.latest_deliveries(usize::MAX));
        deliveries.reverse();
        deliveries
    }

    /// Waits, on any runtime, until no message to the merchant is waiting or in progress. Retries of
    /// webhooks that are planned for later do not count.
    pub async fn settled(&self) {
        if self.server.is_none() {
            server::deliver_in_memory(&self.engine).await;
        }
        self.engine.settled().await;
    }

    /// Closes the waiting messages of a simulator in memory as failed. It has no task that sends
    /// them.
    fn give_up_messages(&self) {
        for job in self.engine.collect() {
            let reason = "a simulator in memory opens no socket";
            self.engine.delivered(job, Err(reason.into()));
        }
    }

    /// Writes a line of JSON for each request that has a response and for each message to the
    /// merchant that has an outcome, from the start of the simulator on. `kind` is `request` or
    /// `delivery`; the other members are those of `journal` and `deliveries` in the control API.
    /// Secrets and personal data are hidden. It runs until it is dropped.
    ///
    /// # Errors
    /// If the writer fails.
    pub async fn write_json_log(&self, mut writer: impl io::Write) -> io::Result<()> {
        let mut log = control::JsonLog::default();
        loop {
            let seen = self.engine.version();
            for line in log.lines(&self.engine) {
                writeln!(writer, "{line}")?;
            }
            writer.flush()?;
            self.engine.other_than(seen).await;
        }
    }

    /// Removes all orders, QR codes, faults, journal entries and deliveries. Keys, access tokens,
    /// routes, webhook registrations, the clock and the settings stay, so that the code under test continues
    /// without a restart.
    pub fn reset(&self) {
        self.engine.reset();
    }

    /// Revokes every access token issued so far, as new keys in the portal do.
    pub fn revoke_tokens(&self) {
        self.engine.with_state(|state, _| state.tokens.clear());
    }
}

/// Settings of a [`Simulator`].
#[derive(Debug, Clone)]
#[must_use = "a builder does nothing until started"]
pub struct Builder {
    listen: SocketAddr,
    merchant_serial_number: String,
    capture_type: CaptureType,
    sales_units: BTreeMap<String, CaptureType>,
    seed: u64,
    approve_after: Option<Duration>,
    token_lifetime: Duration,
    frozen: bool,
    may_skip_landing_page: bool,
    host: Option<String>,
    serves_page: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            merchant_serial_number: "123456".into(),
            capture_type: CaptureType::Reserve,
            sales_units: BTreeMap::new(),
            seed: 0,
            approve_after: None,
            token_lifetime: Duration::from_secs(3600),
            frozen: false,
            may_skip_landing_page: false,
            host: None,
            serves_page: true,
        }
    }
}

impl Builder {
    /// The address to listen on. Default: `127.0.0.1:0`, any free loopback port.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// The merchant serial number of the sales unit. Default: `123456`.
    pub fn merchant_serial_number(mut self, msn: impl Into<String>) -> Self {
        self.merchant_serial_number = msn.into();
        self
    }

    /// Sets when the sales unit takes the money. Default: [`CaptureType::Reserve`].
    pub fn capture_type(mut self, capture_type: CaptureType) -> Self {
        self.capture_type = capture_type;
        self
    }

    /// Adds a sales unit that the same keys may act for, as partner keys do.
    pub fn sales_unit(mut self, msn: impl Into<String>, capture_type: CaptureType) -> Self {
        self.sales_units.insert(msn.into(), capture_type);
        self
    }

    /// Sets the seed of everything that looks random: keys, tokens, ids, faults. Default: 0. Two
    /// simulators with the same seed have the same keys.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Adds a customer who scans every new payment after half of this time, by the simulator's
    /// clock, and approves it after all of it. Default: no such customer.
    pub fn approve_after(mut self, time: Duration) -> Self {
        self.approve_after = Some(time);
        self
    }

    /// Sets the lifetime of an access token. Default: one hour, as in the test environment.
    pub fn token_lifetime(mut self, time: Duration) -> Self {
        self.token_lifetime = time;
        self
    }

    /// Freezes the clock at 2026-03-02 09:00 UTC. Only [`Clock::advance`] moves it, so the same
    /// test produces the same bytes.
    pub fn freeze_clock(mut self) -> Self {
        self.frozen = true;
        self
    }

    /// Allows the sales units to send push messages: `skipLandingPage` of eCom and the user flow
    /// `PUSH_MESSAGE` of ePayment. Without this they get the errors 38 and 5080.
    pub fn allow_skip_landing_page(mut self) -> Self {
        self.may_skip_landing_page = true;
        self
    }

    /// Sets the host that other machines use for this simulator, such as `simulator` in a container
    /// network. It appears in [`Simulator::base_url`] and in the links of responses. Default: the
    /// address that the simulator listens on.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Disables the page for a browser.
    pub fn without_page(mut self) -> Self {
        self.serves_page = false;
        self
    }

    /// Starts the simulator.
    ///
    /// # Errors
    /// If the simulator cannot listen on the address, if the thread cannot be started, or if the
    /// [host](Self::host) or a merchant serial number is invalid.
    pub fn start(self) -> io::Result<Simulator> {
        let listener = Server::listener(self.listen)?;
        let address = listener.local_addr()?;
        let base_url = match &self.host {
            Some(host) => base_url(host, address.port())?,
            None => format!("http://{address}"),
        };
        let serves_page = self.serves_page;
        let mut simulator = self.idle(base_url)?;
        let engine = Arc::clone(&simulator.engine);
        let page = serves_page.then(Page::default);
        simulator.server = Some(Server::start(listener, engine, page)?);
        Ok(simulator)
    }

    /// Creates a simulator without a socket or a thread. Requests are passed to
    /// [`Simulator::arrive`]. Calls to the merchant are not sent but recorded as failed.
    ///
    /// # Errors
    /// If a merchant serial number is invalid.
    pub fn in_memory(self) -> io::Result<Simulator> {
        self.idle("http://127.0.0.1:1".into())
    }

    fn idle(self, base_url: String) -> io::Result<Simulator> {
        self.check()?;
        let clock = Clock::new(self.frozen);
        let seed = self.seed;
        let state = self.state(base_url.clone());
        let keys = state.settings.keys.clone();
        let engine = Arc::new(Engine::new(clock.clone(), state, seed));
        Ok(Simulator {
            engine,
            server: None,
            clock,
            keys,
            base_url,
        })
    }

    fn check(&self) -> io::Result<()> {
        for msn in self
            .sales_units
            .keys()
            .chain([&self.merchant_serial_number])
        {
            let fits = (4..=10).contains(&msn.len()) && msn.bytes().all(|b| b.is_ascii_digit());
            if !fits {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("merchant serial number {msn:?}: not 4 to 10 digits"),
                ));
            }
        }
        Ok(())
    }

    fn state(self, base_url: String) -> State {
        let mut random = Random::new(self.seed);
        let keys = Keys::new(&mut random, self.merchant_serial_number.clone());
        let mut sales_units = self.sales_units;
        sales_units.insert(self.merchant_serial_number, self.capture_type);
        let settings = Settings {
            keys,
            sales_units,
            base_url,
            token_lifetime: self.token_lifetime,
            may_skip_landing_page: self.may_skip_landing_page,
        };
        let domain = Domain::new(self.approve_after);
        State::new(settings, &apis::ALL, domain, random)
    }
}

/// Returns the base URL of a host name or address.
fn base_url(host: &str, port: u16) -> io::Result<String> {
    let text = match host.parse() {
        Ok(address) => format!("http://{}", SocketAddr::new(address, port)),
        Err(_) => format!("http://{host}:{port}"),
    };
    let is_host = host.parse::<std::net::IpAddr>().is_ok()
        || url::Url::parse(&text).is_ok_and(|url| url.host_str() == Some(host));
    if is_host {
        return Ok(text);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("host: must be a name in lower case or an address, got {host:?}"),
    ))
}
