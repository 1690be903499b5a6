//! The settings of a simulator, and its start.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use super::clock::Clock;
use super::domain::{CaptureType, Domain};
use super::engine::Engine;
use super::gateway::{Settings, State};
use super::keys::Keys;
use super::random::Random;
use super::server::Server;
use super::{Simulator, apis};

/// Settings of a [`Simulator`].
///
/// ```
/// # use std::time::Duration;
/// # use vipps::simulator::{CaptureType, Simulator};
/// let sim = Simulator::builder()
///     .merchant_serial_number("654321")
///     .capture_type(CaptureType::Direct)
///     .approve_after(Duration::from_secs(4)) // a customer who approves every payment
///     .start()?;
/// assert_eq!(sim.keys().merchant_serial_number(), "654321");
/// # std::io::Result::Ok(())
/// ```
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
    /// Sets the address to listen on. Default: `127.0.0.1:0`, any free loopback port.
    pub fn listen(mut self, address: impl Into<SocketAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Sets the merchant serial number of the sales unit: 4 to 10 digits. Default: `123456`.
    pub fn merchant_serial_number(mut self, msn: impl Into<String>) -> Self {
        self.merchant_serial_number = msn.into();
        self
    }

    /// Sets when the sales unit takes the money. Default: [`CaptureType::Reserve`].
    pub fn capture_type(mut self, capture_type: CaptureType) -> Self {
        self.capture_type = capture_type;
        self
    }

    /// Adds a sales unit that the same keys may act for, as partner keys do. Its merchant serial number
    /// has 4 to 10 digits.
    pub fn sales_unit(mut self, msn: impl Into<String>, capture_type: CaptureType) -> Self {
        self.sales_units.insert(msn.into(), capture_type);
        self
    }

    /// Sets the seed of all keys, tokens, ids and random faults. Default: 0. Two simulators with the
    /// same seed have the same keys.
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
    /// `PUSH_MESSAGE` of ePayment. Without this, the simulator refuses such payments with the errors 38
    /// and 5080.
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
        let mut simulator = self.without_server(base_url)?;
        let engine = Arc::clone(&simulator.engine);
        simulator.server = Some(Server::start(listener, engine, serves_page)?);
        Ok(simulator)
    }

    /// Creates a simulator without a socket or a thread. Requests are passed to
    /// [`Simulator::arrive`]. Calls to the merchant are not sent but recorded as failed.
    ///
    /// # Errors
    /// If a merchant serial number is invalid.
    pub fn in_memory(self) -> io::Result<Simulator> {
        self.without_server("http://127.0.0.1:1".into())
    }

    fn without_server(self, base_url: String) -> io::Result<Simulator> {
        self.check_serial_numbers()?;
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

    fn check_serial_numbers(&self) -> io::Result<()> {
        for msn in self
            .sales_units
            .keys()
            .chain([&self.merchant_serial_number])
        {
            let is_valid = (4..=10).contains(&msn.len()) && msn.bytes().all(|b| b.is_ascii_digit());
            if !is_valid {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("merchant_serial_number: must be 4 to 10 digits, got {msn:?}"),
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
