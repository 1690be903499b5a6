//! The decision about one failed attempt.

#[cfg(test)]
mod tests;

use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::{Remedy, RetryClass};

/// The failure of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The attempt failed before any byte was sent.
    NotSent,
    /// The attempt timed out, or its connection broke, after the request may have been sent.
    Broken,
    /// HTTP 408 or 5xx: the request may have been applied.
    ServerError,
    /// A 4xx with which the API or its gateway declined the request.
    Refused,
    /// The API or its gateway refused the request because of too many requests.
    Throttled,
    /// Another call locks the order, or too many calls run at once: HTTP 423, or a code whose
    /// remedy is [`Remedy::Retry`].
    Locked,
    /// A refusal that may be gone in minutes to days: a code whose remedy is
    /// [`Remedy::RetryLater`].
    Postponed,
    /// A limit or a lock that does not state what became of the request: with HTTP 408 or 5xx, or
    /// in a response that the API did not make.
    UnclearLock,
    /// A response that does not state what became of the request.
    Unclear,
    /// A success that is too large to read. A retry would have the same result.
    TooLarge,
}

impl Failure {
    /// Returns the failure of a response that is no success, or a success whose body is an error.
    pub(crate) fn of_response(class: RetryClass, error: &Error) -> Self {
        use Remedy::{ChangeRequest, CheckDetails, Contact, NewOrder, Retry, RetryLater};
        let status = error.http_status().unwrap_or_default();
        let has_remedy = |remedy| {
            error
                .api_errors()
                .iter()
                .any(|e| e.remedy() == Some(remedy))
        };
        let refuses = || {
            [ChangeRequest, NewOrder, Contact]
                .into_iter()
                .any(has_remedy)
        };
        match status {
            // A success with an error contradicts itself. No API documents a redirect, so a proxy
            // made it, and it may replace the response of a success.
            ..400 => Self::Unclear,
            408 | 500.. if has_remedy(Retry) => Self::UnclearLock,
            500.. => Self::ServerError,
            _ if has_remedy(CheckDetails) => Self::Unclear,
            408 => Self::ServerError,
            _ if !is_refusal(status, error) => match status {
                423 | 429 => Self::UnclearLock,
                _ => Self::Unclear,
            },
            _ if error.kind() == ErrorKind::RateLimited => Self::Throttled,
            423 => Self::Locked,
            _ if has_remedy(Retry) => Self::Locked,
            _ if has_remedy(RetryLater) => Self::Postponed,
            _ if is_inconclusive(class, status) && !refuses() => Self::Unclear,
            _ => Self::Refused,
        }
    }
}

/// Returns whether a 4xx states that the API or its gateway turned the request away.
///
/// Three statuses do so without a body too. The gateway turns requests away with 401 and 429 before
/// the API receives them, and the documents list 401 without a body. Only an API sends 423.
fn is_refusal(status: u16, error: &Error) -> bool {
    let is_empty = || error.raw_body().trim_ascii().is_empty();
    error.is_conclusive() || (matches!(status, 401 | 423 | 429) && is_empty())
}

/// Returns whether a status of the API leaves open what became of a request that may have an
/// effect.
fn is_inconclusive(class: RetryClass, status: u16) -> bool {
    match status {
        // The payment's provider had trouble.
        402 => class.has_effect(),
        // In the QR API the id is in use. For payments nothing is documented, and the conflict may
        // be with an earlier attempt of the same call.
        409 => class.has_effect() && class != RetryClass::Idempotent,
        _ => false,
    }
}

/// The pace of the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// After a failure that may be gone in a moment.
    Transient,
    /// After too many requests or a lock.
    Throttled,
}

/// The verdict on one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    /// `None` if the call ends.
    pub(crate) retry: Option<Pace>,
}

/// Decides about one failure by the table in `retry.md`.
pub(crate) fn judge(class: RetryClass, failure: Failure) -> Verdict {
    let lost = if class.has_effect() {
        Outcome::Unknown
    } else {
        Outcome::NoEffect
    };
    let retry = |outcome, pace| Verdict {
        outcome,
        retry: Some(pace),
    };
    let stop = |outcome| Verdict {
        outcome,
        retry: None,
    };
    let is_repeatable = !matches!(class, RetryClass::Once | RetryClass::Cancel);
    match failure {
        Failure::NotSent => retry(Outcome::NotSent, Pace::Transient),
        Failure::Broken | Failure::ServerError if is_repeatable => retry(lost, Pace::Transient),
        Failure::UnclearLock if is_repeatable => retry(lost, Pace::Throttled),
        Failure::Unclear if !class.has_effect() => retry(lost, Pace::Transient),
        Failure::Broken
        | Failure::UnclearLock
        | Failure::ServerError
        | Failure::Unclear
        | Failure::TooLarge => stop(lost),
        Failure::Throttled | Failure::Locked => retry(Outcome::Rejected, Pace::Throttled),
        Failure::Refused | Failure::Postponed => stop(Outcome::Rejected),
    }
}
