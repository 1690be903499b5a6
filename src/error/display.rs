//! `Display` and `Debug` of an [`Error`].

use std::error::Error as StdError;
use std::fmt;

use super::{Error, Outcome, sanitize};

/// The maximum number of causes that are printed. The chain of a caller's transport may be endless.
const MAX_CAUSES: usize = 8;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(invalid) = &inner.invalid {
            return write!(f, "{invalid}");
        }
        if let Some(operation) = inner.operation {
            let (method, path) = (operation.endpoint.method, operation.endpoint.path);
            write!(f, "{method} {path}: ")?;
        }
        if let Some(status) = inner.status {
            write!(f, "HTTP {status}: ")?;
        }
        if inner.api_errors.is_empty() {
            write!(f, "{}", inner.message)?;
        } else {
            for (n, error) in inner.api_errors.iter().enumerate() {
                write!(f, "{}{error}", if n == 0 { "" } else { "; " })?;
            }
        }
        if inner.outcome == Outcome::Unknown {
            f.write_str(" (it may have taken effect)")?;
        }
        if inner.needs_new_key {
            f.write_str(" (final for this idempotency key: a later request needs a new key)")?;
        }
        if inner.attempts > 1 {
            write!(
                f,
                " (after {} attempts in {:.1?})",
                inner.attempts, inner.elapsed
            )?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for cause in self.causes() {
            labelled(f, "caused by", &cause)?;
        }
        if let Some(hint) = self.hint() {
            labelled(f, "hint", &hint)?;
        }
        let fields = DebugFields(self);
        if f.alternate() {
            write!(f, "\n  {fields}")
        } else {
            write!(f, " [{fields}]")
        }
    }
}

fn labelled(f: &mut fmt::Formatter<'_>, label: &str, text: &dyn fmt::Display) -> fmt::Result {
    if f.alternate() {
        write!(f, "\n  {label}: {text}")
    } else {
        write!(f, " ({label}: {text})")
    }
}

impl Error {
    /// Returns the texts of the causes in one line each, starting with the direct cause. They come
    /// from other crates and from a caller's transport, so phone numbers and tokens are masked.
    fn causes(&self) -> impl Iterator<Item = String> {
        std::iter::successors(self.source(), |cause| (*cause).source())
            .take(MAX_CAUSES)
            .map(|cause| sanitize::message(&cause.to_string()))
    }
}

/// The fields that `Display` leaves out.
struct DebugFields<'a>(&'a Error);

impl fmt::Display for DebugFields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0.0;
        write!(f, "kind: {:?}, outcome: {:?}", inner.kind, inner.outcome)?;
        if let Some(operation) = inner.operation {
            write!(f, ", operation: {}", operation.endpoint.id)?;
        }
        if let Some(id) = &inner.correlation_id {
            write!(f, ", correlation id: {id}")?;
        }
        write!(f, ", retryable: {}", inner.retryable)?;
        if let Some(after) = inner.retry_after {
            write!(f, ", retry after: {after:?}")?;
        }
        if inner.attempts > 0 {
            write!(f, ", attempts: {}", inner.attempts)?;
            write!(f, ", elapsed: {:.1?}", inner.elapsed)?;
        }
        if !inner.body.is_empty() {
            write!(f, ", body: {} bytes", inner.body.len())?;
        }
        Ok(())
    }
}
