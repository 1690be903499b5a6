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
//! | Modelled | How to make it happen |
//! |---|---|
//! | access tokens, which expire | [`Clock::advance`], [`Builder::token_lifetime`], [`Simulator::revoke_tokens`] |
//! | eCom and ePayment payments, in all states; ePayment reads and changes payments of eCom too | the client |
//! | the customer scans, approves or rejects | [`Simulator::payer`], [`Builder::approve_after`] |
//! | the issuer declines the card | an amount of 151, 182, 183, 184, 186, 187 or 197 øre |
//! | a payment or a QR code expires | [`Clock::advance`] |
//! | QR codes of payments, redirect codes, check-ins, personal codes | the client, then [`Payer::scan`], [`Payer::personal_qr`] |
//! | callbacks, webhooks and their retries, express shipping | [`Simulator::route`], [`Simulator::deliver_to`] |
//! | the data of a customer (Userinfo API), and the withdrawal of a consent | the scope of a payment, [`Payer::withdraw_consent`] |
//! | the documented errors, rate limits and periods | the request that breaks the rule |
//! | any other error, a delay, a lost response, a broken connection | [`Simulator::faults`] |
//! | two requests at the same time | [`FaultRule::pause`] |
//!
//! | Not modelled | Instead |
//! |---|---|
//! | other APIs; the Login operation of the Userinfo API | status 404 or 501 |
//! | the test amounts 201 and 202 øre; refunds of 123 and 124 øre | status 501 with the reason |
//! | the landing page | status 501; a browser gets the page of the simulator |
//! | locked payments (errors 94 and 6160) | [`FaultRule::ecom_error`], [`FaultRule::epayment_error`] |
//! | an eCom idempotency key that a refused request used up | the key can be used again |
//! | sales units with one currency in ePayment | every sales unit accepts NOK, DKK and EUR |
//!
//! [`Simulator::start`] opens an HTTP server on a loopback port. [`Builder::in_memory`] needs no
//! socket and no waiting. [`Simulator::ledger`] returns the money that moved, independent of the
//! responses, and [`Simulator::journal`] the requests, with secrets hidden.
//!
//! # Features
//!
//! `simulator` contains the handles and the server. With `simulator-contract`, every request and
//! every response of the simulator is checked against the vendored API documents: use it in tests
//! of code that builds requests by itself. With `simulator-page`, [`Simulator::base_url`] in a
//! browser shows the orders with their QR codes, a phone that scans and approves or rejects, the
//! webhooks, the journal, the faults and the clock. `simulator-bin` is the program, with all of
//! them.
//!
//! # Any language
//!
//! The program `vipps-simulator` is this simulator for test suites in other languages. This command
//! installs it from a clone of the repository:
//!
//! ```text
//! cargo install --locked --no-default-features --features simulator-bin --path .
//! ```
//!
//! When it is ready, it prints one line of JSON with its base URL and keys. `--help` lists its
//! options.
//!
//! A test drives it with JSON over HTTP below `/_simulator/`, which needs no keys. Each path does
//! what a handle of [`Simulator`] does:
//!
//! | Path | Handle |
//! |---|---|
//! | `orders`, `orders/{id}` | [`Simulator::ledger`], [`Simulator::account`] |
//! | `orders/{id}/scan`, `…/approve`, `…/reject` | [`Simulator::payer`] |
//! | `codes`, `codes/{id}/image`, `personal-codes` | [`Payer::personal_qr`] |
//! | `clock`, `clock/advance`, `clock/freeze` | [`Simulator::clock`] |
//! | `faults`, `faults/{id}` | [`Simulator::faults`] |
//! | `journal`, `deliveries` | [`Simulator::journal`], [`Simulator::deliveries`] |
//! | `reset` | [`Simulator::reset`] |
//! | `webhooks` | [`Vipps::webhooks`](crate::Vipps::webhooks) |
//! | `health`, `keys` | [`Simulator::keys`] |
//!
//! `/_simulator/openapi.json` describes all of them. Errors are problem details (RFC 9457). A
//! simulator that [`Simulator::start`] started serves the same paths. `examples/clients` has tests
//! in Python and JavaScript.
//!
//! # Security
//!
//! The simulator is made for tests and first steps. Its keys are valid nowhere else, and it listens
//! on loopback by default. The control API, which the page uses too, accepts only a `Host` header
//! with an IP address, `localhost` or the host in the base URL, and no requests from other sites,
//! so that no other site in the same browser can use it.

#![cfg_attr(
    not(all(feature = "simulator-contract", feature = "simulator-page")),
    allow(
        dead_code,
        reason = "only the contract check and the page use some of it"
    )
)]

mod apis;
mod builder;
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
mod messages;
mod payer;
mod random;
mod redaction;
mod server;

#[cfg(test)]
mod tests;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use builder::Builder;
pub use clock::Clock;
pub use delivery::{Delivery, DeliveryOutcome};
pub use domain::{Account, CaptureType, Effect, EffectKind};
pub use faults::{Fault, FaultRule, Faults, Pause};
pub use journal::{Entry, Journal};
pub use keys::Keys;
pub use payer::{Payer, PayerError, Scanned};
pub use server::{InMemory, PendingRequest, WireResponse};

use engine::Engine;
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
        self.engine.read(|world, _| {
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
        self.engine.read(|world, _| {
            let domain = &world.state.domain;
            let first = domain.by_reference(order_id).first()?;
            Some(Account::of(domain.payment(*first)))
        })
    }

    /// Removes all orders, QR codes, faults, journal entries and deliveries. Keys, access tokens,
    /// routes, webhook registrations, the clock and the settings stay, so that the code under test
    /// continues without a restart.
    pub fn reset(&self) {
        self.engine.reset();
    }

    /// Revokes every access token issued so far, as new keys in the portal do.
    pub fn revoke_tokens(&self) {
        self.engine.with_state(|state, _| state.tokens.clear());
    }
}
