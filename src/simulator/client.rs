//! A client for this simulator.
#![allow(
    clippy::expect_used,
    reason = "the simulator makes the values itself; a setting of the caller's that breaks a rule is a bug in a test"
)]

use super::Simulator;
use crate::{Credentials, Environment, Vipps, VippsBuilder};

impl Simulator {
    /// A client that talks to this simulator with the keys that it accepts; without a socket, and on tokio's time, when
    /// the simulator [listens nowhere](super::Builder::in_memory).
    ///
    /// # Panics
    /// Never with the keys that a simulator makes; with a merchant serial number of the builder that is none.
    pub fn client(&self) -> Vipps {
        self.client_builder()
            .build()
            .expect("the simulator's keys and address are valid")
    }

    /// The builder of such a client, to set more on it.
    ///
    /// # Panics
    /// As [`client`](Self::client).
    pub fn client_builder(&self) -> VippsBuilder {
        let builder = Vipps::builder(self.credentials()).environment(self.environment());
        if self.address().is_some() {
            return builder;
        }
        let memory = self.transport();
        builder.transport(memory.clone()).clock(memory)
    }

    /// The credentials that this simulator accepts.
    ///
    /// # Panics
    /// As [`client`](Self::client).
    pub fn credentials(&self) -> Credentials {
        let keys = self.keys();
        let number = keys
            .merchant_serial_number()
            .parse()
            .expect("the simulator's merchant serial number is one");
        Credentials::new(
            keys.client_id(),
            keys.client_secret(),
            keys.subscription_key(),
            number,
        )
        .expect("the simulator's keys can travel in headers")
    }

    /// Where this simulator is.
    ///
    /// # Panics
    /// When the builder was told to listen elsewhere than on loopback, where a client sends no credentials over http.
    pub fn environment(&self) -> Environment {
        Environment::custom(self.base_url()).expect("the simulator's address is a base URL")
    }
}
