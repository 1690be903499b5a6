//! The calls that Vipps makes to the merchant. This module creates them, and `courier` sends them.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::journal;
use super::state::OrderRef;
use super::webhook::Registration;
use crate::testing::redact::Redactor;

/// The reason for a call to the merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reason {
    Payment,
    Shipping,
    Consent,
    CheckIn,
}

impl Reason {
    pub(crate) const ALL: [Self; 4] = [Self::Payment, Self::Shipping, Self::Consent, Self::CheckIn];

    pub(crate) fn id(self) -> &'static str {
        match self {
            Self::Payment => "payment_callback",
            Self::Shipping => "shipping_details",
            Self::Consent => "consent_removal",
            Self::CheckIn => "user_checked_in",
        }
    }

    /// Returns the time that the merchant has to respond.
    pub(crate) fn timeout(self) -> Duration {
        match self {
            Self::Payment => Duration::from_secs(3),
            Self::Shipping | Self::Consent | Self::CheckIn => Duration::from_secs(10),
        }
    }
}

/// A call to the merchant that has not been sent.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    pub(crate) reason: Reason,
    pub(crate) order: Option<OrderRef>,
    pub(crate) order_id: Option<String>,
    pub(crate) method: Method,
    pub(crate) url: String,
    /// The merchant's `authToken`, unchanged.
    pub(crate) authorization: Option<String>,
    /// The registration whose secret signs the call, for webhooks.
    pub(crate) signed_by: Option<Registration>,
    pub(crate) body: Option<Value>,
    /// The number of the attempt, counted from 1.
    pub(crate) attempt: u32,
}

/// Returns the time until the next attempt of a webhook, after this many attempts. The simulator
/// stops after seven attempts, while Vipps retries for a week.
pub(crate) fn next_attempt(attempts: u32) -> Option<Duration> {
    match attempts {
        1..=4 => Some(Duration::from_secs(2)),
        5 => Some(Duration::from_secs(60)),
        6 => Some(Duration::from_secs(120)),
        _ => None,
    }
}

/// The outcome of a call to the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The call is in progress.
    Pending,
    /// The merchant responded with this status.
    Answered(u16),
    /// No response was received, for this reason.
    Failed(String),
    /// Nothing was sent, because this URL has no route; see
    /// [`Simulator::route`](super::Simulator::route). The simulator never calls the real network.
    NotRouted,
    /// A fault lost the call.
    Lost,
}

/// A call that the simulator made to the merchant: a payment callback, a request for shipping
/// methods, the removal of a consent, or a check-in. Secrets and personal data are hidden.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub(crate) number: u64,
    time: Timestamp,
    operation: &'static str,
    method: String,
    url: String,
    body: Option<String>,
    attempt: u32,
    pub(crate) outcome: DeliveryOutcome,
    pub(crate) note: Option<String>,
}

impl Delivery {
    pub(crate) fn new(number: u64, call: &Outbound, now: Timestamp) -> Self {
        let plain: Vec<String> = call.order_id.iter().cloned().collect();
        let url = match (call.reason, call.url.rsplit_once('/')) {
            (Reason::Consent, Some((start, _))) => format!("{start}/[redacted]"),
            _ => Redactor::of_requests().url(&call.url, &plain),
        };
        let body = call.body.clone().map(|mut body| {
            journal::hide(&mut body);
            body.to_string()
        });
        Self {
            number,
            time: now,
            operation: call.reason.id(),
            method: call.method.to_string(),
            url,
            body,
            attempt: call.attempt,
            outcome: DeliveryOutcome::Pending,
            note: None,
        }
    }

    /// Returns the time at which the call was sent, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Returns `payment_callback`, `shipping_details`, `consent_removal` or `user_checked_in`. Pass
    /// this name to [`Faults::on`](super::Faults::on) to inject a fault into such calls.
    pub fn operation(&self) -> &str {
        self.operation
    }

    /// Returns the HTTP method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the merchant's URL with the path that Vipps appends. The query and parts of the path
    /// that look like secrets are hidden.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns the body as compact JSON.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Returns the number of the attempt, counted from 1. Only check-ins are retried.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the outcome of the call.
    pub fn outcome(&self) -> &DeliveryOutcome {
        &self.outcome
    }

    /// Returns the reason why a response with shipping methods could not be used.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
