//! The description of an API: its document, its handlers, and its translation of refusals and
//! events.

use std::fmt;
use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::Value;

use super::document::Document;
use super::message::{Request, Response};
use super::outgoing::{Message, OutgoingMessage};
use super::state::State;
use super::violation::Violation;
use crate::simulator::domain::{Event, Refusal};
use crate::simulator::random::Random;

/// An API. Each has one static value, which `apis` registers.
pub(crate) struct Api {
    pub(crate) name: &'static str,
    pub(crate) document: &'static LazyLock<Document>,
    pub(crate) operations: &'static [Operation],
    /// `false` for the API that issues the access tokens.
    pub(crate) needs_token: bool,
    /// The place of the sales unit in the body, as a JSON pointer. The header comes second.
    pub(crate) sales_unit_in_body: Option<&'static str>,
    pub(crate) reference: Option<ReferencePlace>,
    pub(crate) refuse: Refuse,
    /// Returns the messages to the merchant that an event of the domain causes.
    pub(crate) notify: fn(&State, &Event) -> Vec<OutgoingMessage>,
    /// The kinds of messages that [`notify`](Self::notify) returns.
    pub(crate) messages: &'static [&'static Message],
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Api").field(&self.name).finish()
    }
}

/// The places of the payment's reference in a request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReferencePlace {
    /// The name of the path parameter.
    pub(crate) parameter: &'static str,
    /// The place in the body, as a JSON pointer.
    pub(crate) body: &'static str,
}

/// Returns the response to a request that the gateway or the domain refuses.
pub(crate) type Refuse = fn(&GatewayError<'_>, &mut Random) -> Response;

pub(crate) type Handler = fn(&mut State, &Call<'_>) -> Result<Response, Failure>;

/// An operation that the simulator models. The document has its method and its path.
#[derive(Debug)]
pub(crate) struct Operation {
    /// The document's `operationId` in snake case.
    pub(crate) id: &'static str,
    pub(crate) handler: Handler,
    pub(crate) limit: Limit,
    /// The header with the idempotency key, if the first request with a key decides the response to
    /// all requests with it.
    pub(crate) key_header: Option<&'static str>,
    /// Set if the last segment of the path identifies a person.
    pub(crate) has_personal_path: bool,
    /// Set if the responses to refused requests differ from those of the API.
    pub(crate) refuse: Option<Refuse>,
}

impl Operation {
    pub(crate) const fn new(id: &'static str, handler: Handler) -> Self {
        Self {
            id,
            handler,
            limit: Limit::None,
            key_header: None,
            has_personal_path: false,
            refuse: None,
        }
    }

    pub(crate) const fn refusing(mut self, refuse: Refuse) -> Self {
        self.refuse = Some(refuse);
        self
    }

    pub(crate) const fn with_personal_path(mut self) -> Self {
        self.has_personal_path = true;
        self
    }

    pub(crate) const fn limited(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    pub(crate) const fn keyed(mut self, header: &'static str) -> Self {
        self.key_header = Some(header);
        self
    }
}

/// The largest number of calls a minute for each payment, and the scope of the count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    None,
    PerMerchant(usize),
    PerSubscriptionKey(usize),
}

/// A request for a handler. Its credentials are checked and it matches the document.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) params: &'a [(&'a str, String)],
    pub(crate) now: Timestamp,
    pub(crate) sales_unit: String,
    /// `null` if the operation has no body.
    pub(crate) body: Value,
}

impl Call<'_> {
    /// Returns a path parameter. The route guarantees that it exists.
    pub(crate) fn param(&self, name: &str) -> &str {
        super::routes::parameter(self.params, name).unwrap_or_default()
    }

    /// Returns the text at a JSON pointer into the body.
    pub(crate) fn text(&self, pointer: &str) -> Option<&str> {
        self.body.pointer(pointer)?.as_str()
    }
}

/// The reason why a handler has no result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The domain refuses the operation. The API translates the refusal.
    Refused(Refusal),
    /// The API's own rules refuse the request with this response.
    Response(Box<Response>),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Response> for Failure {
    fn from(response: Response) -> Self {
        Self::Response(Box::new(response))
    }
}

/// The reason why a request is refused, for the API's own error body.
#[derive(Debug)]
pub(crate) enum GatewayError<'a> {
    /// The access token is missing or invalid.
    Unauthorized,
    /// The keys do not belong to this sales unit.
    ForeignSalesUnit(&'a str),
    UnsupportedMediaType,
    /// The body is not JSON.
    NotJson,
    /// The request breaks the document.
    Violations(&'a [Violation]),
    /// The domain refuses the operation.
    Refused(&'a Refusal),
}
