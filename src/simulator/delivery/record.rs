//! A message to the merchant as the log shows it.

use jiff::Timestamp;

use crate::simulator::gateway::OutgoingMessage;
use crate::simulator::redaction;

/// The outcome of a call to the merchant.
/// [`Simulator::deliver_to_fn`](crate::simulator::Simulator::deliver_to_fn) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeliveryOutcome {
    /// The call is in progress.
    Pending,
    /// The merchant responded with this status.
    Responded(u16),
    /// No response was received, for this reason.
    Failed(String),
    /// Nothing was sent, because this URL has no route; see
    /// [`Simulator::route`](crate::simulator::Simulator::route). The simulator never calls the real
    /// network.
    NotRouted,
    /// A fault lost the call.
    Lost,
}

/// A call that the simulator made to the merchant: a payment callback, a request for shipping
/// methods, the removal of a consent, or a webhook. Secrets and personal data are hidden.
/// [`Simulator::deliver_to_fn`](crate::simulator::Simulator::deliver_to_fn) has an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub(crate) number: u64,
    time: Timestamp,
    operation: &'static str,
    method: String,
    url: String,
    body: Option<String>,
    attempt: u32,
    webhook_id: Option<String>,
    pub(super) outcome: DeliveryOutcome,
    pub(super) note: Option<String>,
    next_attempt: Option<Timestamp>,
}

impl Delivery {
    pub(super) fn new(number: u64, outgoing: &OutgoingMessage, now: Timestamp) -> Self {
        let message = outgoing.message;
        let plain: Vec<String> = outgoing.reference.iter().cloned().collect();
        let url = match outgoing.url.rsplit_once('/') {
            Some((start, _)) if message.has_personal_path => format!("{start}/[redacted]"),
            _ => redaction::redacted_url(&outgoing.url, &plain),
        };
        let body = outgoing.body.clone().map(|mut body| {
            redaction::hide(&mut body);
            body.to_string()
        });
        Self {
            number,
            time: now,
            operation: message.id,
            method: message.method.to_string(),
            url,
            body,
            attempt: outgoing.attempt,
            webhook_id: outgoing
                .signed_by
                .as_ref()
                .map(|webhook| webhook.id.clone()),
            outcome: DeliveryOutcome::Pending,
            note: None,
            next_attempt: None,
        }
    }

    /// Returns the id of the webhook registration that the message belongs to.
    pub(crate) fn webhook_id(&self) -> Option<&str> {
        self.webhook_id.as_deref()
    }

    /// Returns a copy with the time of the next attempt.
    pub(crate) fn with_next_attempt(&self, next_attempt: Option<Timestamp>) -> Self {
        Self {
            next_attempt,
            ..self.clone()
        }
    }

    /// Returns the time at which the call was sent, by the simulator's clock.
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Returns `payment_callback`, `shipping_details`, `shipping_options` (the Express callback of
    /// ePayment), `consent_removal`, or one of the webhooks `user_checked_in` and `payment_event`.
    /// Pass this name to [`Faults::on`](crate::simulator::Faults::on) to inject a fault into such
    /// calls.
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

    /// Returns the number of the attempt, counted from 1. Only webhooks are retried.
    pub fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the outcome of the call.
    pub fn outcome(&self) -> &DeliveryOutcome {
        &self.outcome
    }

    /// Returns the time of the next attempt, by the simulator's clock, if this one failed and
    /// another one is planned. Webhooks are retried for up to 7 days, at first every 2 seconds.
    pub fn next_attempt(&self) -> Option<Timestamp> {
        self.next_attempt
    }

    /// Returns the reason why a response with shipping methods could not be used.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }
}
