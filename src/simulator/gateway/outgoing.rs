//! The messages to the merchant, before they are sent.

use std::fmt;
use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde_json::Value;

use super::state::State;
use crate::simulator::domain::{PaymentId, Registration};

/// Continues with the merchant's response, or with the reason for its absence. Returns the reason
/// why the response cannot be used.
pub(crate) type Receive =
    fn(&mut State, &OutgoingMessage, Result<Value, String>, Timestamp) -> Result<(), String>;

/// A kind of message to the merchant.
pub(crate) struct Message {
    /// The name in the delivery log and in faults.
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    /// The time that the merchant has to respond.
    pub(crate) timeout: Duration,
    /// Set if a message that the merchant did not accept is sent again.
    pub(crate) is_retried: bool,
    /// Set if the last segment of the path identifies a person.
    pub(crate) has_personal_path: bool,
    pub(crate) receive: Option<Receive>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Message").field(&self.id).finish()
    }
}

/// A message to the merchant that has not been sent.
#[derive(Debug, Clone)]
pub(crate) struct OutgoingMessage {
    pub(crate) message: &'static Message,
    pub(crate) payment: Option<PaymentId>,
    pub(crate) reference: Option<String>,
    pub(crate) url: String,
    /// The merchant's own token, unchanged.
    pub(crate) authorization: Option<String>,
    /// The registration whose secret signs the message.
    pub(crate) signed_by: Option<Registration>,
    pub(crate) body: Option<Value>,
    /// The number of the attempt, counted from 1.
    pub(crate) attempt: u32,
    /// The time at which the first attempt failed.
    pub(crate) first_failure: Option<Timestamp>,
}

impl OutgoingMessage {
    pub(crate) fn new(message: &'static Message, url: String) -> Self {
        Self {
            message,
            payment: None,
            reference: None,
            url,
            authorization: None,
            signed_by: None,
            body: None,
            attempt: 1,
            first_failure: None,
        }
    }
}
