//! Attempts that failed: by their response, by the transport, or by the time limit.

use std::time::Duration;

use http::header::RETRY_AFTER;

use crate::error::{Error, ErrorKind, Outcome};
use crate::operation::{Auth, Operation};
use crate::retry::{self, Failure};
use crate::runtime::Runtime;
use crate::transport::{HttpResponse, Stage, TransportError};
use crate::types::http_date;

/// An attempt that failed. The error has no outcome yet: it depends on the earlier attempts.
pub(super) struct FailedAttempt {
    pub(super) failure: Failure,
    pub(super) error: Error,
    pub(super) retry_after: Option<Duration>,
}

impl FailedAttempt {
    /// Returns the failure of an attempt whose response is not a success.
    pub(super) fn of_response(
        response: &HttpResponse,
        operation: &Operation,
        runtime: &Runtime,
    ) -> Self {
        let status = response.status.as_u16();
        let retry_after = response.headers.get(RETRY_AFTER);
        // The date of `Retry-After` is by the server's clock, which may differ from the client's.
        let now = http_date::of_response(&response.headers).unwrap_or_else(|| runtime.time().now());
        let retry_after = retry::retry_after(retry_after, now);
        let body = response.body.clone();
        let codes = operation.error_codes(runtime.operations());
        let mut error = Error::from_response(operation, &codes, status, &response.headers, body);
        if response.status.is_redirection() {
            error = error.with_hint(
                "A redirect is never followed, since requests carry credentials: check the base URL.",
            );
        }
        let is_refusal = response.status.is_client_error() && ![408, 429].contains(&status);
        let failure = if operation.auth == Auth::Anonymous && is_refusal {
            // A host that is not the API's has none of its error forms.
            Failure::Refused
        } else {
            Failure::of_response(operation.class, &error)
        };
        Self {
            failure,
            error,
            retry_after,
        }
    }

    /// Returns the failure of an attempt without a complete response.
    pub(super) fn of_transport(error: &TransportError) -> Self {
        let (failure, kind) = match error.stage {
            Stage::NotSent => (Failure::NotSent, ErrorKind::Connect),
            Stage::MaybeSent => (Failure::Broken, ErrorKind::Connection),
            Stage::TooLarge => (Failure::TooLarge, ErrorKind::TooLarge),
        };
        Self {
            failure,
            error: Error::new(kind, Outcome::Unknown, error.to_string())
                .with_shared_source(error.source_arc()),
            retry_after: None,
        }
    }

    /// Returns the failure of an attempt whose time limit has passed: the limit of the attempt, or
    /// the deadline of the call.
    pub(super) fn timed_out(is_deadline: bool) -> Self {
        let (kind, reason) = if is_deadline {
            (
                ErrorKind::Deadline,
                "the time for the call ran out during an attempt",
            )
        } else {
            (
                ErrorKind::Timeout,
                "no response within the time for an attempt",
            )
        };
        Self {
            failure: Failure::Broken,
            error: Error::new(kind, Outcome::Unknown, reason),
            retry_after: None,
        }
    }
}
