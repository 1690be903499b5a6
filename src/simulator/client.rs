//! A client for this simulator.
#![allow(
    clippy::expect_used,
    reason = "the simulator makes the values itself; a setting of the caller's that breaks a rule is a bug in a test"
)]

use super::Simulator;
use crate::{Credentials, Environment, Vipps, VippsBuilder};

impl Simulator {
    /// Returns a client with this simulator's address and keys. The client of a
    /// simulator [in memory](super::Builder::in_memory) uses no socket and follows tokio's time.
    ///
    /// # Panics
    /// If the base URL is not on loopback, because of [`Builder::listen`](super::Builder::listen)
    /// or [`Builder::host`](super::Builder::host). A client sends no credentials there over plain
    /// HTTP.
    pub fn client(&self) -> Vipps {
        self.client_builder()
            .build()
            .expect("the simulator's keys and address are valid")
    }

    /// Returns the builder of such a client, for further settings.
    ///
    /// # Panics
    /// See [`client`](Self::client).
    pub fn client_builder(&self) -> VippsBuilder {
        let builder = Vipps::builder(self.credentials()).environment(self.environment());
        if self.address().is_some() {
            return builder;
        }
        let memory = self.transport();
        builder.transport(memory.clone()).clock(memory)
    }

    /// Returns the credentials that this simulator accepts.
    ///
    /// # Panics
    /// Never: the builder has already checked the merchant serial number, and the simulator makes
    /// the other keys.
    pub fn credentials(&self) -> Credentials {
        let keys = self.keys();
        let number = keys
            .merchant_serial_number()
            .parse()
            .expect("the builder has checked the merchant serial number");
        Credentials::new(
            keys.client_id(),
            keys.client_secret(),
            keys.subscription_key(),
            number,
        )
        .expect("the simulator's keys are valid header values")
    }

    /// Returns the environment that points a client at this simulator.
    ///
    /// # Panics
    /// If the base URL is not on loopback; see [`client`](Self::client).
    pub fn environment(&self) -> Environment {
        Environment::custom(self.base_url()).expect("the simulator's address is a loopback URL")
    }
}
