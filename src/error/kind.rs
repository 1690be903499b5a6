//! The outcome and the kind of an error.

/// The possible effect of a failed operation.
///
/// Decide by the outcome before anything else about an [`Error`](crate::Error), which has an
/// example.
///
/// The four outcomes are complete, and a `match` needs no `_` arm. Name every outcome in your
/// `match`: a `_` arm would treat an unknown outcome as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a caller decides about money by each outcome, so a new one must not compile unnoticed"
)]
pub enum Outcome {
    /// Nothing reached the API: an argument was refused, there was no connection, no token or no
    /// time left, or the HTTP/2 connection took no more requests. Retrying is safe.
    NotSent,
    /// The API or its gateway declined the request. Nothing happened.
    ///
    /// In one case a response cannot prove that: a network delivers one request twice and passes on
    /// the response to the second. The second request is declined because of the first, with HTTP
    /// 429 (the limit is used up), or because the id is in use: code 34 when a payment is started,
    /// HTTP 409 when a QR code is created. A capture or refund that is retried with
    /// [`Error::idempotency_key`](crate::Error::idempotency_key) still moves no money twice.
    Rejected,
    /// The operation only reads. It failed, and nothing can have changed.
    NoEffect,
    /// The request may have taken effect, and the response is lost or unclear. Find out before you
    /// retry; [`Error::hint`](crate::Error::hint) returns the steps.
    Unknown,
}

impl Outcome {
    /// Returns the name in snake case, which spans use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotSent => "not_sent",
            Self::Rejected => "rejected",
            Self::NoEffect => "no_effect",
            Self::Unknown => "unknown",
        }
    }
}

/// The kind of failure of an [`Error`](crate::Error).
///
/// ```
/// # fn f(error: &vipps::Error) -> &'static str {
/// use vipps::ErrorKind;
///
/// match error.kind() {
///     ErrorKind::Connect => "check the network",
///     ErrorKind::Authentication => "check the keys and the environment",
///     ErrorKind::RateLimited => "wait as long as `Error::retry_after` returns",
///     _ => "see the log",
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An argument breaks a documented rule. Nothing was sent.
    InvalidInput,
    /// The settings of the client are missing or cannot be used, or a call has no tokio runtime.
    /// Nothing was sent.
    Configuration,
    /// The token endpoint refused the keys, or returned no usable token: wrong keys, wrong
    /// environment, or the endpoint is down. A network failure on the way to the token endpoint has
    /// the kind of that failure.
    Authentication,
    /// No connection to the API: DNS, TCP or TLS failed, or the HTTP/2 server takes no more
    /// requests.
    Connect,
    /// One attempt exceeded its time limit.
    Timeout,
    /// The connection broke after the request may have been sent.
    Connection,
    /// The total time for the call ran out.
    Deadline,
    /// The API returned an error.
    Api,
    /// The gateway refused the request because of too many requests: HTTP 429, or HTTP 403 if the
    /// quota of calls is used up.
    RateLimited,
    /// The status of the response is a success, but its body cannot be read.
    Decode,
    /// The response is larger than the limit of this crate, 1 MiB.
    TooLarge,
    /// The state of the payment or of the QR code does not allow the operation, or does not show
    /// its effect.
    State,
}

impl ErrorKind {
    /// Returns the name in snake case, which is the `error.type` of spans and events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Configuration => "configuration",
            Self::Authentication => "authentication",
            Self::Connect => "connect",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Deadline => "deadline",
            Self::Api => "api",
            Self::RateLimited => "rate_limited",
            Self::Decode => "decode",
            Self::TooLarge => "too_large",
            Self::State => "state",
        }
    }
}
