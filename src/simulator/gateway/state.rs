//! The state behind the APIs: the domain, the access tokens, and the messages to the merchant.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use jiff::Timestamp;

use super::api::Api;
use super::idempotency::KeyedResponses;
use super::images::Images;
use super::limits::Limits;
use super::outgoing::OutgoingMessage;
use super::routes::Routes;
use crate::simulator::domain::{CaptureType, Domain};
use crate::simulator::keys::Keys;
use crate::simulator::random::Random;

/// The settings from the builder.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) keys: Keys,
    /// The merchant serial numbers and the capture type of each.
    pub(crate) sales_units: BTreeMap<String, CaptureType>,
    /// The scheme and authority of this simulator.
    pub(crate) base_url: String,
    pub(crate) token_lifetime: Duration,
    pub(crate) may_skip_landing_page: bool,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) random: Random,
    pub(crate) domain: Domain,
    /// The access tokens and their expiry times.
    pub(crate) tokens: HashMap<String, Timestamp>,
    pub(crate) images: Images,
    /// The messages to the merchant that wait to be sent.
    pub(crate) outbox: Vec<OutgoingMessage>,
    pub(super) limits: Limits,
    pub(super) keyed: KeyedResponses,
}

impl State {
    pub(crate) fn new(
        settings: Settings,
        apis: &[&'static Api],
        domain: Domain,
        random: Random,
    ) -> Self {
        Self {
            settings,
            routes: Routes::new(apis),
            random,
            domain,
            tokens: HashMap::new(),
            images: Images::default(),
            outbox: Vec::new(),
            limits: Limits::default(),
            keyed: KeyedResponses::default(),
        }
    }

    /// Removes payments, codes and messages. Settings, tokens and webhooks stay, so that a client
    /// can continue with its token.
    pub(crate) fn reset(&mut self) {
        self.domain.reset();
        self.limits = Limits::default();
        self.keyed = KeyedResponses::default();
        self.images = Images::default();
        self.outbox.clear();
    }

    /// Runs all events that are due, in order and each at its own time. Returns `true` if any event
    /// was due.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        while self.domain.run_due(now) {
            self.notify();
            any = true;
        }
        any
    }

    /// Turns the domain's new events into messages to the merchant. Call it after each operation of
    /// the domain, because a message shows the payment as it is.
    pub(crate) fn notify(&mut self) {
        for event in self.domain.take_events() {
            for api in self.routes.apis() {
                let outgoing = (api.notify)(self, &event);
                self.outbox.extend(outgoing);
            }
        }
    }
}
