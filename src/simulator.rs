//! Vipps in a box: what Vipps is when you have no account.
//!
//! [`Simulator::start`] opens a real HTTP server on a loopback port. It keeps
//! state, answers with the error codes and bodies that Vipps answers with,
//! holds the documented limits, and checks every request and each of its own
//! answers against the vendored spec. What it does not model it answers with
//! 501 and a reason, never with a guess.
//!
//! Beside the server there is everything that a test wants to do and no
//! merchant can: be the customer ([`Simulator::payer`]), move the clock
//! ([`Simulator::clock`]), see what came over the wire
//! ([`Simulator::journal`]), break things ([`Simulator::faults`]), and look at
//! the money itself ([`Simulator::ledger`]).
//!
//! A person sees all of this at [`Simulator::base_url`] in a browser: the orders
//! with their QR codes as they come, a phone to scan and approve or reject with,
//! the journal, faults to switch on and the clock to move. The page is answered
//! to an address or to `localhost` only, and its buttons to itself only, so that
//! no other site in the same browser can press them.
//!
//! # Any language
//!
//! The program `vipps-simulator` is this simulator for test suites in other languages:
//! `cargo install --path . --features simulator-bin`. When it is ready, it prints one line of JSON
//! with its base URL and keys. `--help` lists its options.
//!
//! A test drives it with JSON over HTTP below `/_simulator/`, which needs no keys. Each path does what
//! a handle of [`Simulator`] does:
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
//! simulator that [`Simulator::start`] started serves the same paths. `examples/clients` has tests in
//! Python and JavaScript.
//!
//! # What it leaves out
//!
//! The APIs beside access token, eCom and QR, the landing page itself, and the
//! registration of webhooks over HTTP (see [`Simulator::webhook`]) are answered
//! with 501; a browser that is sent to a landing page is led to the phone. Two things are taken as simple as they can be: a request that is
//! refused uses up no idempotency key, and orders are never locked (error 94)
//! unless a fault says so.
//!
//! It is made for tests and first steps: its keys open nothing, and it listens
//! on loopback unless told otherwise.

mod auth;
mod client;
mod clock;
mod control;
mod core;
mod courier;
mod customer;
mod ecom;
mod engine;
mod errors;
mod faults;
mod guard;
mod http;
mod images;
mod in_memory;
mod journal;
mod keys;
mod ledger;
mod limits;
mod loosen;
mod memory;
mod merchant;
mod operations;
mod order;
mod outbound;
mod page;
mod payer;
mod person;
mod qr;
mod random;
mod routes;
mod state;
mod status;
mod token;
mod validate;
mod webhook;
mod wire;
mod wreck;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

pub use clock::Clock;
pub use faults::{Fault, FaultRule, Faults, Hold};
pub use in_memory::InMemory;
pub use journal::{Entry, Journal};
pub use keys::Keys;
pub use ledger::{Account, Effect, EffectKind};
pub use memory::{Arrived, Ending, Reply};
pub use order::CaptureType;
pub use outbound::{Delivery, DeliveryOutcome};
pub use payer::{Payer, PayerError, Scanned};

use self::http::Server;
use engine::Engine;
use random::Random;
use state::{Settings, State};
use webhook::Registration;

/// A running simulator. It stops, and frees its port, when dropped.
#[derive(Debug)]
pub struct Simulator {
    engine: Arc<Engine>,
    /// None for one in memory.
    server: Option<Server>,
    clock: Clock,
    keys: Keys,
    base_url: String,
}

impl Simulator {
    /// Starts a simulator on a free loopback port, with the defaults of
    /// [`Builder`]. It needs no runtime and may be started inside any.
    ///
    /// # Errors
    /// When no port can be opened or no thread started.
    ///
    /// ```
    /// let sim = vipps::simulator::Simulator::start()?;
    /// assert!(sim.base_url().starts_with("http://127.0.0.1:"));
    /// # std::io::Result::Ok(())
    /// ```
    pub fn start() -> io::Result<Self> {
        Self::builder().start()
    }

    /// A simulator with other than the usual settings.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Scheme and authority, without a slash at the end:
    /// `http://127.0.0.1:49152`. The paths below it are those of
    /// `https://api.vipps.no`; at the root itself is the page for a browser.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The address that it listens on; `None` for one in memory.
    pub fn address(&self) -> Option<SocketAddr> {
        self.server.as_ref().map(Server::address)
    }

    /// The credentials that it accepts.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The customer.
    pub fn payer(&self) -> Payer {
        Payer::new(Arc::clone(&self.engine))
    }

    /// The clock that everything here follows.
    pub fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// What came over the wire.
    pub fn journal(&self) -> Journal {
        Journal::new(Arc::clone(&self.engine))
    }

    /// What shall go wrong.
    pub fn faults(&self) -> Faults {
        Faults::new(Arc::clone(&self.engine))
    }

    /// What really happened to the money: one account per order, in the order
    /// of their making.
    pub fn ledger(&self) -> Vec<Account> {
        self.engine
            .look(|world, _| world.state.orders().iter().map(Account::of).collect())
    }

    /// The account of one order; of the first one made, when several sales
    /// units have an order of this id.
    pub fn account(&self, order_id: &str) -> Option<Account> {
        self.engine.look(|world, _| {
            let orders = world.state.by_order_id(order_id);
            let first = orders.into_iter().min()?;
            Some(Account::of(world.state.order(first)))
        })
    }

    /// Says where the merchant is: calls to the origin of `url` (scheme, host
    /// and port; the rest is ignored) are made to this address, in plain HTTP.
    /// So the merchant's code keeps its `https://` URLs, and a test answers on
    /// a loopback port. Calls to any other origin are not made at all.
    ///
    /// # Errors
    /// When the text is no URL with a host.
    pub fn route(&self, url: impl AsRef<str>, to: impl Into<SocketAddr>) -> io::Result<()> {
        self.engine
            .with(|world, _| world.merchant.route(url.as_ref(), to.into()))
            .map_err(|reason| io::Error::new(io::ErrorKind::InvalidInput, reason))
    }

    /// Makes the calls to all origins that have no [`route`](Self::route) at this address, in plain
    /// HTTP, whatever the merchant's URLs are.
    pub fn route_all(&self, to: impl Into<SocketAddr>) {
        let to = to.into();
        self.engine.with(|world, _| world.merchant.route_all(to));
    }

    /// Registers the sales unit's webhook for check-ins (`user.checked-in.v1`),
    /// in place of the one it had: there is at most one. Its calls are signed
    /// with the secret, as text.
    ///
    /// # Errors
    /// When the URL is not `https://` with a host, or holds a `\`.
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
            let msn = state.settings.keys.merchant_serial_number.clone();
            state.webhooks.insert(msn, Registration { url, secret });
        });
        Ok(())
    }

    /// Every call made to the merchant, oldest first; at most the latest 20,000.
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.give_up_calls();
        self.engine.look(|world, _| world.merchant.deliveries())
    }

    /// Waits, on any runtime, until no call to the merchant is waiting or under
    /// way. Repeats of check-ins that are planned for later do not count.
    pub async fn settled(&self) {
        self.give_up_calls();
        self.engine.settled().await;
    }

    /// In memory there is no courier.
    fn give_up_calls(&self) {
        if self.server.is_none() {
            for job in self.engine.collect() {
                let reason = "a simulator in memory makes no calls";
                self.engine.delivered(job, Err(reason.into()));
            }
        }
    }

    /// Removes all orders, QR codes, faults, journal entries and deliveries. Keys, access tokens,
    /// routes, the webhook, the clock and the settings stay, so that the code under test continues
    /// without a restart.
    pub fn reset(&self) {
        self.engine.reset();
    }

    /// Makes every access token issued so far worthless, as new keys in the
    /// portal do.
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

    /// How the sales unit takes its money. Default: reserve first.
    pub fn capture_type(mut self, capture_type: CaptureType) -> Self {
        self.capture_type = capture_type;
        self
    }

    /// One more sales unit that the same keys may act for, as partner keys do.
    pub fn sales_unit(mut self, msn: impl Into<String>, capture_type: CaptureType) -> Self {
        self.sales_units.insert(msn.into(), capture_type);
        self
    }

    /// The seed of everything that looks random: keys, tokens, ids, faults.
    /// Default: 0. Two simulators of one seed have the same keys.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A customer who scans every new payment at half this time, by the
    /// simulator's clock, and approves it at the end. Default: nobody does.
    pub fn approve_after(mut self, time: Duration) -> Self {
        self.approve_after = Some(time);
        self
    }

    /// The life of an access token. Default: one hour, as in the test
    /// environment.
    pub fn token_lifetime(mut self, time: Duration) -> Self {
        self.token_lifetime = time;
        self
    }

    /// A clock that stands at 2026-03-02 09:00 UTC and moves only by
    /// [`Clock::advance`], so that the same test gives the same bytes.
    pub fn freeze_clock(mut self) -> Self {
        self.frozen = true;
        self
    }

    /// A sales unit that may use `skipLandingPage`; others get error 38.
    pub fn allow_skip_landing_page(mut self) -> Self {
        self.may_skip_landing_page = true;
        self
    }

    /// The host that others reach this simulator by, such as `simulator` in a container network. It
    /// stands in [`Simulator::base_url`] and in the links of responses. Default: the address that the
    /// simulator listens on.
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Serves no page for a browser.
    pub fn without_page(mut self) -> Self {
        self.serves_page = false;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When the address cannot be listened on, no thread started, or a merchant
    /// serial number is not one.
    pub fn start(self) -> io::Result<Simulator> {
        let listener = Server::listener(self.listen)?;
        let address = listener.local_addr()?;
        let base_url = match &self.host {
            Some(host) => base_url(host, address.port())?,
            None => format!("http://{address}"),
        };
        let mut simulator = self.idle(base_url)?;
        let engine = Arc::clone(&simulator.engine);
        simulator.server = Some(Server::start(listener, engine)?);
        Ok(simulator)
    }

    /// Makes a simulator that listens nowhere and has no thread: requests are
    /// handed to [`Simulator::arrive`]. It makes no calls to the merchant
    /// either; they are recorded as failed.
    ///
    /// # Errors
    /// When a merchant serial number is not one.
    pub fn in_memory(self) -> io::Result<Simulator> {
        self.idle("http://127.0.0.1:1".into())
    }

    fn idle(self, base_url: String) -> io::Result<Simulator> {
        self.check()?;
        validate::read_documents();
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
            approve_after: self.approve_after,
            token_lifetime: self.token_lifetime,
            may_skip_landing_page: self.may_skip_landing_page,
            serves_page: self.serves_page,
        };
        State::new(settings, random)
    }
}

/// The base URL of a host by name or address.
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
