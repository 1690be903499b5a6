//! What Vipps calls at the merchant: made here, sent elsewhere.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::journal;
use super::state::OrderRef;
use super::webhook::Registration;
use crate::testing::redact::Redactor;

/// Why the merchant is called.
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

    /// How long the merchant may take.
    pub(crate) fn timeout(self) -> Duration {
        match self {
            Self::Payment => Duration::from_secs(3),
            Self::Shipping | Self::Consent | Self::CheckIn => Duration::from_secs(10),
        }
    }
}

/// A call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Outbound {
    pub(crate) reason: Reason,
    pub(crate) order: Option<OrderRef>,
    pub(crate) order_id: Option<String>,
    pub(crate) method: Method,
    pub(crate) url: String,
    /// The merchant's `authToken`, word for word.
    pub(crate) authorization: Option<String>,
    /// The secret that signs it, for webhooks.
    pub(crate) signed_by: Option<Registration>,
    pub(crate) body: Option<Value>,
    /// Counted from 1.
    pub(crate) attempt: u32,
}

/// How long until a webhook is tried again, after that many attempts; the real
/// thing goes on for a week.
pub(crate) fn next_attempt(attempts: u32) -> Option<Duration> {
    match attempts {
        1..=4 => Some(Duration::from_secs(2)),
        5 => Some(Duration::from_secs(60)),
        6 => Some(Duration::from_secs(120)),
        _ => None,
    }
}

/// What became of a call to the merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// Under way.
    Pending,
    /// The merchant answered with this status.
    Answered(u16),
    /// No answer: why.
    Failed(String),
    /// Nothing was sent, because nobody has said where this URL is; see
    /// [`Simulator::route`](super::Simulator::route). The simulator never calls
    /// the real net.
    NotRouted,
    /// A fault lost it.
    Lost,
}

/// A call that the simulator made to the merchant: a payment callback, a
/// question for shipping methods, the removal of a consent, a check-in.
/// Secrets and personal data are hidden.
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

    /// When it was sent, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// `payment_callback`, `shipping_details`, `consent_removal` or
    /// `user_checked_in`; the same redactor lead faults to it.
    pub fn operation(&self) -> &str {
        self.operation
    }

    /// The HTTP method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The URL as the merchant gave it, with what Vipps adds to it. The query and parts of the path
    /// that look like secrets are hidden.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The body as compact JSON.
    pub fn body(&self) -> Option<&str> {
        self.body.as_deref()
    }

    /// Which attempt it was, counted from 1. Only check-ins are repeated.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// What became of it.
    pub fn outcome(&self) -> &DeliveryOutcome {
        &self.outcome
    }

    /// What was remarkable: why a shipping answer could not be used, which
    /// fault struck.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
