//! When to try again. Pure functions of (operation, what happened, how often), so that each row can be tested.
//!
//! The table is in `retry.md`, which users read with [`RetryPolicy`] and a test holds against [`judge`].

mod budget;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use budget::RetryBudget;

use crate::error::{Error, ErrorKind, Outcome};
use crate::http_date;
use crate::operation::{Remedy, RetryClass};

/// How often and how patiently a call is repeated. What may be repeated at all is not a setting: that follows from
/// the operation.
///
#[doc = include_str!("retry.md")]
#[derive(Clone, Debug, PartialEq)]
pub struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
    pub(crate) throttle_base: Duration,
    pub(crate) throttle_cap: Duration,
    pub(crate) longest_retry_after: Duration,
}

impl Default for RetryPolicy {
    /// 3 attempts; waits from 100 ms up to 5 s, after a 429 from 1 s up to 20 s, for a `Retry-After` up to 60 s.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            base: Duration::from_millis(100),
            cap: Duration::from_secs(5),
            throttle_base: Duration::from_secs(1),
            throttle_cap: Duration::from_secs(20),
            longest_retry_after: MINUTE,
        }
    }
}

impl RetryPolicy {
    /// One attempt, no repeats. (A refused token is still renewed once.)
    pub fn none() -> Self {
        Self {
            max_attempts: 1,
            ..Self::default()
        }
    }

    /// The number of attempts, the first one counted; at least 1, at most 10.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.clamp(1, 10);
        self
    }

    /// The range of waits after failures that are not about too many requests.
    #[must_use]
    pub fn backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.base = base;
        self.cap = cap.max(base);
        self
    }

    /// The range of waits after HTTP 429 and locked orders.
    #[must_use]
    pub fn throttled_backoff(mut self, base: Duration, cap: Duration) -> Self {
        self.throttle_base = base;
        self.throttle_cap = cap.max(base);
        self
    }

    /// The longest `Retry-After` that is waited for; 60 s by default, since the API counts its limits by the minute. A
    /// longer one ends the call at once, with [`Error::retry_after`](crate::Error::retry_after) filled. So does any wait,
    /// however short, that would not end before the call's deadline, which is 30 s unless it is set.
    #[must_use]
    pub fn longest_retry_after(mut self, longest: Duration) -> Self {
        self.longest_retry_after = longest;
        self
    }
}

/// How one attempt failed, as far as a retry is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Failed before any byte left.
    NotSent,
    /// Timed out or broke after the request may have left.
    Broken,
    /// A response that is not a success.
    Refused(u16),
    /// Too many requests, in the words of the API or its gateway.
    Throttled,
    /// The order is locked by another call, or too many calls run at once: HTTP 423, or eCom 94 and
    /// 98 of `VippsError`.
    Locked,
    /// A limit or a lock that says nothing about the request: with a 408 or a failure of the server,
    /// or on a page that the API did not make.
    BrokenLocked,
    /// A response after which only the details tell what happened.
    Unclear,
    /// A success that is too large to be read. A retry would bring the same.
    TooLarge,
}

impl Failure {
    /// What a response means that is no success, or a success whose body is an error.
    pub(crate) fn of_response(class: RetryClass, error: &Error) -> Self {
        use Remedy::{ChangeRequest, CheckDetails, Contact, NewOrder, Retry};
        let status = error.http_status().unwrap_or_default();
        let says = |remedy| {
            error
                .api_errors()
                .iter()
                .any(|e| e.remedy() == Some(remedy))
        };
        let refuses = || [ChangeRequest, NewOrder, Contact].into_iter().any(says);
        match status {
            // A change of protocol says nothing, and a success with an error says two things at once.
            // No API documents a redirect, so that a proxy made it; it may stand for a success.
            ..400 => Self::Unclear,
            408 | 500.. if says(Retry) => Self::BrokenLocked,
            500.. => Self::Refused(status),
            _ if says(CheckDetails) => Self::Unclear,
            408 => Self::Refused(status),
            _ if !states_refusal(status, error) => match status {
                423 | 429 => Self::BrokenLocked,
                _ => Self::Unclear,
            },
            _ if error.kind() == ErrorKind::RateLimited => Self::Throttled,
            423 => Self::Locked,
            _ if says(Retry) => Self::Locked,
            _ if is_doubtful(class, status) && !refuses() => Self::Unclear,
            _ => Self::Refused(status),
        }
    }
}

/// Whether a 4xx says that the API or its gateway turned the request away.
///
/// Three statuses do so without a body, too. The gateway turns away with 401 and 429 before the API
/// sees the request, and the documents list 401 without a body. Nothing but an API answers 423.
fn states_refusal(status: u16, error: &Error) -> bool {
    let is_empty = || error.raw_body().trim_ascii().is_empty();
    error.is_conclusive() || (matches!(status, 401 | 423 | 429) && is_empty())
}

/// Whether a status of the API leaves open what happened, where something may have.
fn is_doubtful(class: RetryClass, status: u16) -> bool {
    match status {
        // Trouble at the payment's provider.
        402 => class.has_effect(),
        // In the QR API the id is taken. For payments nothing is documented, and the conflict may be
        // with this very request.
        409 => class.has_effect() && class != RetryClass::Idempotent,
        _ => false,
    }
}

/// How long to wait before a repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Transient,
    Throttled,
}

/// The verdict on one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) outcome: Outcome,
    pub(crate) retry: Option<Pace>,
}

/// The table of `retry.md`.
pub(crate) fn judge(class: RetryClass, signal: Failure) -> Verdict {
    let lost = if class.has_effect() {
        Outcome::Unknown
    } else {
        Outcome::NoEffect
    };
    let again = |outcome, pace| Verdict {
        outcome,
        retry: Some(pace),
    };
    let stop = |outcome| Verdict {
        outcome,
        retry: None,
    };
    let repeatable = !matches!(class, RetryClass::Once | RetryClass::Cancel);
    match signal {
        Failure::NotSent => again(Outcome::NotSent, Pace::Transient),
        Failure::Broken | Failure::Refused(408 | 500..) if repeatable => {
            again(lost, Pace::Transient)
        }
        Failure::BrokenLocked if repeatable => again(lost, Pace::Throttled),
        Failure::Unclear if !class.has_effect() => again(lost, Pace::Transient),
        Failure::Broken
        | Failure::BrokenLocked
        | Failure::Refused(408 | 500..)
        | Failure::Unclear
        | Failure::TooLarge => stop(lost),
        Failure::Throttled | Failure::Locked => again(Outcome::Rejected, Pace::Throttled),
        Failure::Refused(_) => stop(Outcome::Rejected),
    }
}

/// How long to wait after attempt number `attempt` (1 is the first). `jitter` is in `0.0..1.0`.
pub(crate) fn wait(
    policy: &RetryPolicy,
    pace: Pace,
    attempt: u32,
    jitter: f64,
    retry_after: Option<Duration>,
) -> Duration {
    let grow = |base: Duration, cap: Duration| {
        let growth = 2_u32.saturating_pow(attempt.saturating_sub(1));
        base.saturating_mul(growth).min(cap)
    };
    let transient = grow(policy.base, policy.cap);
    let wait = match pace {
        Pace::Transient => transient.mul_f64(jitter),
        // Never sooner than the slowest wait after a plain failure.
        Pace::Throttled => {
            let throttled = grow(policy.throttle_base, policy.throttle_cap).mul_f64(jitter);
            transient.saturating_add(throttled)
        }
    };
    wait.max(retry_after.unwrap_or_default())
}

/// The window that the API counts requests in.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// The wait until one more attempt is within the limit per minute, given when earlier attempts began.
pub(crate) fn rate_limit_wait(starts: &[Duration], per_minute: u32, now: Duration) -> Duration {
    let oldest = starts.len().checked_sub(per_minute as usize);
    match oldest.and_then(|oldest| starts.get(oldest)) {
        Some(&start) => start.saturating_add(MINUTE).saturating_sub(now),
        None => Duration::ZERO,
    }
}

/// The longest `Retry-After` that is told: a year. Whoever adds more to the time of day overflows it.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(365 * 24 * 3600);

/// `Retry-After` in both its forms: seconds, or a date. A date in the past means now; nonsense means absent.
pub(crate) fn retry_after(
    value: Option<&http::HeaderValue>,
    now: jiff::Timestamp,
) -> Option<Duration> {
    let text = value?.to_str().ok()?.trim();
    let asked = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are simply a very long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = http_date::parse(text)?;
        Duration::try_from(date.duration_since(now)).unwrap_or_default()
    };
    Some(asked.min(LONGEST_RETRY_AFTER))
}
