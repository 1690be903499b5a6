//! When to try again. Pure functions of (operation, what happened, how often), so that each row can be tested.
//!
//! The table is in `retry.md`, which users read with [`RetryPolicy`] and a test holds against [`judge`].

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::error::{ApiError, ErrorClass, Outcome};
use crate::http_date;

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

/// What kind of effect an operation has, which decides what may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Class {
    Read,
    KeyedWrite,
    Idempotent,
    Harmless,
    Cancel,
    Once,
}

impl Class {
    /// Whether an attempt whose answer is lost leaves doubt about what happened.
    pub(crate) fn has_effect(self) -> bool {
        !matches!(self, Self::Read | Self::Harmless)
    }
}

/// What is known of an operation beyond its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) class: Class,
    /// Requests per minute and order.
    pub(crate) per_minute: Option<u32>,
    /// Whether an idempotency key is made when the caller gives none.
    pub(crate) keyed: bool,
}

/// The rules by operation id. An operation that is not listed, since a newer document brought it, is treated with
/// the most caution that its method allows.
pub(crate) fn rules(operation: &str, method: &str) -> Rules {
    let rule = |class, per_minute| Rules {
        class,
        per_minute,
        keyed: class == Class::KeyedWrite,
    };
    match operation {
        "capture_payment_using_post" | "refund_payment_using_post" => {
            rule(Class::KeyedWrite, Some(5))
        }
        "integration_test_approve_payment" => rule(Class::KeyedWrite, None),
        "initiate_payment_v3_using_post" => rule(Class::Once, Some(2)),
        "cancel_payment_request_using_put" => rule(Class::Cancel, Some(5)),
        "get_payment_details_using_get" | "get_order_status_using_get" => {
            rule(Class::Read, Some(120))
        }
        // A token is not an effect: any number of them are valid side by side.
        "fetch_authorization_token_using_post" | "fetch_token" => rule(Class::Read, None),
        "generate_otp_qr" | "exchange_qr" | "exchange_customer" => rule(Class::Harmless, None),
        "create_merchant_redirect_qr"
        | "update_merchant_redirect_url"
        | "delete_merchant_redirect_qr"
        | "put_merchant_callback_qr"
        | "delete_merchant_callback_qr"
        | "put_merchant_callback_mobile_pay_qr" => rule(Class::Idempotent, None),
        _ if matches!(method, "GET" | "HEAD" | "OPTIONS") => rule(Class::Read, None),
        _ => rule(Class::Once, None),
    }
}

/// What one attempt came to, as far as repeating is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// Failed before any byte left.
    NotSent,
    /// Timed out or broke after the request may have left.
    Broken,
    /// An answer that is not a success.
    Refused(u16),
    /// The order is locked by another call, or too many calls run at once (eCom 94 and 98 of `VippsError`).
    Locked,
    /// The same said by a 408 or a failure of the server, of which nobody knows what it has done before.
    BrokenLocked,
    /// An answer after which only the details tell what happened.
    Unclear,
    /// A success that is too large to be read. Asking again would bring the same.
    TooLarge,
}

impl Signal {
    /// What an answer that is no success says, or a success whose body is an error.
    pub(crate) fn of_answer(class: Class, status: u16, errors: &[ApiError]) -> Self {
        use ErrorClass::{CheckDetails, Contact, NewOrder, Permanent, Retry};
        let says = |class| errors.iter().any(|e| e.class() == Some(class));
        let refuses = || [Permanent, NewOrder, Contact].into_iter().any(says);
        match status {
            // It says two things at once; a change of protocol says nothing.
            ..300 => Self::Unclear,
            408 | 500.. if says(Retry) => Self::BrokenLocked,
            500.. => Self::Refused(status),
            _ if says(CheckDetails) => Self::Unclear,
            400.. if says(Retry) => Self::Locked,
            _ if is_doubtful(class, status) && !refuses() => Self::Unclear,
            _ => Self::Refused(status),
        }
    }
}

/// Whether a status by itself leaves open what happened, where something may have.
fn is_doubtful(class: Class, status: u16) -> bool {
    match status {
        // *Not here*, and the request is to be made elsewhere.
        301 | 302 | 307 | 308 => false,
        // Others mean *done, look there*, or nothing after a write. 402 is trouble at the payment's provider.
        300..400 | 402 => class.has_effect(),
        // An id that is taken, in the QR API; of payments nothing is documented, and it may be this one that is in the way.
        409 => class.has_effect() && class != Class::Idempotent,
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
    pub(crate) repeat: Option<Pace>,
}

/// The table of `retry.md`.
pub(crate) fn judge(class: Class, signal: Signal) -> Verdict {
    let lost = if class.has_effect() {
        Outcome::Unknown
    } else {
        Outcome::NoEffect
    };
    let again = |outcome, pace| Verdict {
        outcome,
        repeat: Some(pace),
    };
    let stop = |outcome| Verdict {
        outcome,
        repeat: None,
    };
    let repeatable = !matches!(class, Class::Once | Class::Cancel);
    match signal {
        Signal::NotSent => again(Outcome::NotSent, Pace::Transient),
        Signal::Broken | Signal::Refused(408 | 500..) if repeatable => again(lost, Pace::Transient),
        Signal::BrokenLocked if repeatable => again(lost, Pace::Throttled),
        Signal::Unclear if !class.has_effect() => again(lost, Pace::Transient),
        Signal::Broken
        | Signal::BrokenLocked
        | Signal::Refused(408 | 500..)
        | Signal::Unclear
        | Signal::TooLarge => stop(lost),
        Signal::Refused(429) | Signal::Locked => again(Outcome::Rejected, Pace::Throttled),
        Signal::Refused(_) => stop(Outcome::Rejected),
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
        base.saturating_mul(1 << attempt.saturating_sub(1).min(20))
            .min(cap)
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

/// How much longer to wait so that one more attempt stays within `per_minute`, given when attempts began.
pub(crate) fn room(starts: &[Duration], per_minute: Option<u32>, now: Duration) -> Duration {
    let Some(limit) = per_minute.map(|n| n as usize) else {
        return Duration::ZERO;
    };
    match starts
        .len()
        .checked_sub(limit)
        .and_then(|first| starts.get(first))
    {
        Some(&first) => first.saturating_add(MINUTE).saturating_sub(now),
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
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are simply a very long time.
        let asked = Duration::from_secs(text.parse().unwrap_or(u64::MAX));
        return Some(asked.min(LONGEST_RETRY_AFTER));
    }
    let date = http_date::parse(text)?;
    let left = Duration::try_from(date.duration_since(now)).unwrap_or_default();
    Some(left.min(LONGEST_RETRY_AFTER))
}

/// Stops repeats when most calls fail, so that a client does not add to an outage. Shared by the clones of a client.
///
/// A repeat after a plain failure costs 14, after a 429 it costs 5, a call that succeeds gives 1 back; the bucket
/// holds 500 at first and at most.
#[derive(Clone, Debug)]
pub struct RetryBudget(Option<Arc<AtomicU32>>);

const BUDGET: u32 = 500;

impl Default for RetryBudget {
    fn default() -> Self {
        Self(Some(Arc::new(AtomicU32::new(BUDGET))))
    }
}

impl RetryBudget {
    /// No limit on repeats other than each call's own; for tests.
    pub fn unlimited() -> Self {
        Self(None)
    }

    /// What is left, or `None` without a limit.
    pub fn left(&self) -> Option<u32> {
        self.0.as_ref().map(|left| left.load(Ordering::Relaxed))
    }

    pub(crate) fn spend(&self, pace: Pace) -> bool {
        let cost = match pace {
            Pace::Transient => 14,
            Pace::Throttled => 5,
        };
        self.0.as_ref().is_none_or(|left| {
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                n.checked_sub(cost)
            })
            .is_ok()
        })
    }

    pub(crate) fn refill(&self) {
        if let Some(left) = &self.0
            && left.load(Ordering::Relaxed) < BUDGET
        {
            let _ = left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| {
                Some((n + 1).min(BUDGET))
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Class; 6] = [
        Class::Read,
        Class::KeyedWrite,
        Class::Idempotent,
        Class::Harmless,
        Class::Cancel,
        Class::Once,
    ];

    /// What users read is what is done: every cell of the table, against the code.
    #[test]
    fn the_table_that_users_read_is_the_code() {
        let mut rows: Vec<Vec<&str>> = include_str!("retry.md")
            .lines()
            .filter(|line| line.starts_with('|'))
            .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
            .collect();
        let columns = rows.remove(0);
        assert_eq!(rows.remove(0), ["---"; 10]);
        let classes = [
            ("read", Class::Read),
            ("keyed write", Class::KeyedWrite),
            ("idempotent", Class::Idempotent),
            ("harmless", Class::Harmless),
            ("cancel", Class::Cancel),
            ("once", Class::Once),
        ];
        let signals: [(&str, &[Signal]); 8] = [
            ("no connection", &[Signal::NotSent]),
            ("broken", &[Signal::Broken]),
            (
                "408, 5xx",
                &[
                    Signal::Refused(408),
                    Signal::Refused(500),
                    Signal::Refused(503),
                ],
            ),
            ("429", &[Signal::Refused(429)]),
            ("locked", &[Signal::Locked]),
            ("locked, 408 or 5xx", &[Signal::BrokenLocked]),
            ("look first", &[Signal::Unclear]),
            (
                "other 4xx, 3xx",
                &[
                    Signal::Refused(302),
                    Signal::Refused(400),
                    Signal::Refused(404),
                ],
            ),
        ];
        assert_eq!(rows.len(), classes.len());
        for (row, (name, class)) in rows.iter().zip(classes) {
            assert_eq!(row[0], name);
            for (place, (column, signals)) in signals.iter().enumerate() {
                assert_eq!(columns[place + 2], *column);
                for signal in *signals {
                    let verdict = judge(class, *signal);
                    let mut cell = match verdict.repeat {
                        None => "stop".to_owned(),
                        Some(Pace::Transient) => "again".to_owned(),
                        Some(Pace::Throttled) => "again, slower".to_owned(),
                    };
                    if verdict.outcome == Outcome::Unknown {
                        cell.push_str(", unknown");
                    }
                    assert_eq!(row[place + 2], cell, "{name}, {column}");
                }
            }
        }
    }

    #[test]
    fn nothing_sent_is_always_safe_to_repeat() {
        for class in ALL {
            assert_eq!(
                judge(class, Signal::NotSent),
                Verdict {
                    outcome: Outcome::NotSent,
                    repeat: Some(Pace::Transient)
                }
            );
        }
    }

    #[test]
    fn a_broken_attempt_is_repeated_only_where_that_cannot_double_anything() {
        for signal in [
            Signal::Broken,
            Signal::Refused(500),
            Signal::Refused(502),
            Signal::Refused(503),
            Signal::Refused(504),
            Signal::Refused(408),
        ] {
            for class in ALL {
                let verdict = judge(class, signal);
                let may = matches!(
                    class,
                    Class::Read | Class::KeyedWrite | Class::Idempotent | Class::Harmless
                );
                assert_eq!(verdict.repeat.is_some(), may, "{class:?} {signal:?}");
                let harmless = matches!(class, Class::Read | Class::Harmless);
                assert_eq!(
                    verdict.outcome == Outcome::NoEffect,
                    harmless,
                    "{class:?} {signal:?}"
                );
                assert_eq!(
                    verdict.outcome == Outcome::Unknown,
                    !harmless,
                    "{class:?} {signal:?}"
                );
            }
        }
    }

    #[test]
    fn too_many_requests_and_locks_are_waited_out_by_all() {
        for class in ALL {
            for signal in [Signal::Refused(429), Signal::Locked] {
                assert_eq!(
                    judge(class, signal),
                    Verdict {
                        outcome: Outcome::Rejected,
                        repeat: Some(Pace::Throttled)
                    }
                );
            }
        }
    }

    #[test]
    fn a_refusal_is_final_for_all() {
        for class in ALL {
            for status in [301, 302, 400, 401, 403, 404, 405, 410, 415, 422] {
                assert_eq!(
                    Signal::of_answer(class, status, &[]),
                    Signal::Refused(status)
                );
                assert_eq!(
                    judge(class, Signal::Refused(status)),
                    Verdict {
                        outcome: Outcome::Rejected,
                        repeat: None
                    }
                );
            }
        }
    }

    #[test]
    fn what_does_not_tell_is_no_refusal_of_what_has_an_effect() {
        for status in (100..700).filter(|status| ![401, 429].contains(status)) {
            for class in ALL.into_iter().filter(|class| class.has_effect()) {
                let refused = judge(class, Signal::of_answer(class, status, &[])).outcome
                    == Outcome::Rejected;
                let tells = match status {
                    301 | 302 | 307 | 308 => true,
                    402 | 408 => false,
                    409 => class == Class::Idempotent,
                    _ => (400..500).contains(&status),
                };
                assert_eq!(refused, tells, "{class:?} {status}");
            }
        }
    }

    #[test]
    fn an_answer_that_is_too_large_comes_again_as_large() {
        for class in ALL {
            assert_eq!(judge(class, Signal::TooLarge).repeat, None);
        }
    }

    #[test]
    fn a_code_that_says_look_at_the_details_is_unknown_for_writes() {
        for class in [
            Class::KeyedWrite,
            Class::Idempotent,
            Class::Cancel,
            Class::Once,
        ] {
            assert_eq!(
                judge(class, Signal::Unclear),
                Verdict {
                    outcome: Outcome::Unknown,
                    repeat: None
                }
            );
        }
    }

    #[test]
    fn operations_of_a_future_document_are_treated_with_caution() {
        assert_eq!(rules("brand_new", "POST").class, Class::Once);
        assert_eq!(rules("brand_new", "PUT").class, Class::Once);
        assert_eq!(rules("brand_new", "GET").class, Class::Read);
    }

    #[test]
    fn every_listed_operation_exists_in_the_bindings() {
        let known: Vec<_> = [
            crate::raw::qr::OPERATIONS,
            crate::raw::ecom::OPERATIONS,
            crate::raw::access_token::OPERATIONS,
        ]
        .concat();
        assert_eq!(known.len(), 13 + 7 + 2);
        for operation in known {
            let rules = rules(operation.id, operation.method);
            let plain_get = operation.method == "GET";
            let listed =
                rules.class != Class::Once || operation.id == "initiate_payment_v3_using_post";
            assert!(plain_get || listed, "{} has no row", operation.id);
        }
    }

    #[test]
    fn waits_grow_with_full_jitter_and_stop_at_the_cap() {
        let policy = RetryPolicy::default();
        let ms = |attempt, jitter, pace| wait(&policy, pace, attempt, jitter, None).as_millis();
        assert_eq!(ms(1, 0.0, Pace::Transient), 0);
        assert_eq!(ms(1, 0.5, Pace::Transient), 50);
        assert_eq!(ms(2, 0.5, Pace::Transient), 100);
        assert_eq!(ms(30, 1.0, Pace::Transient), 5_000);
        assert_eq!(ms(u32::MAX, 1.0, Pace::Transient), 5_000);
        for attempt in 1..12 {
            assert!(ms(attempt, 0.0, Pace::Throttled) >= ms(attempt, 1.0, Pace::Transient));
        }
        assert_eq!(ms(30, 1.0, Pace::Throttled), 25_000);
    }

    #[test]
    fn no_policy_is_too_patient_to_reckon_with() {
        let endless = RetryPolicy::default()
            .backoff(Duration::MAX, Duration::MAX)
            .throttled_backoff(Duration::MAX, Duration::MAX);
        for pace in [Pace::Transient, Pace::Throttled] {
            for jitter in [0.0, 0.5, 0.999_999_999] {
                assert!(wait(&endless, pace, 9, jitter, None) <= Duration::MAX);
            }
        }
    }

    #[test]
    fn retry_after_is_a_lower_bound() {
        let policy = RetryPolicy::default();
        let seven = Some(Duration::from_secs(7));
        assert_eq!(
            wait(&policy, Pace::Throttled, 1, 0.9, seven),
            Duration::from_secs(7)
        );
        assert!(
            wait(
                &policy,
                Pace::Transient,
                9,
                0.99,
                Some(Duration::from_secs(1))
            ) > Duration::from_secs(1)
        );
    }

    #[test]
    fn retry_after_is_read_in_every_form() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let read = |text: &str| retry_after(Some(&http::HeaderValue::from_str(text).unwrap()), now);
        assert_eq!(read("3"), Some(Duration::from_secs(3)));
        assert_eq!(read(" 0 "), Some(Duration::ZERO));
        assert_eq!(
            read("Thu, 01 Jan 2026 00:00:09 GMT"),
            Some(Duration::from_secs(9))
        );
        assert_eq!(read("Wed, 31 Dec 2025 23:59:00 GMT"), Some(Duration::ZERO));
        for old in [
            "Thursday, 01-Jan-26 00:00:09 GMT",
            "Thu Jan  1 00:00:09 2026",
        ] {
            assert_eq!(read(old), Some(Duration::from_secs(9)), "{old}");
        }
        // However far off, it can be added to the time of day.
        for forever in [
            "99999999999999999999999",
            "18446744073709551615",
            "Thu, 31 Dec 9998 23:59:59 GMT",
        ] {
            let wait = read(forever).unwrap();
            assert!(wait > Duration::from_secs(3600), "{forever}");
            assert!(std::time::Instant::now().checked_add(wait).is_some());
            assert!(now.checked_add(wait).is_ok(), "{forever}");
        }
        for nonsense in ["", "-1", "1.5", "soon", "Thu, 99 Jan 2026 00:00:09 GMT"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        assert_eq!(retry_after(None, now), None);
    }

    #[test]
    fn attempts_stay_within_the_limit_per_minute() {
        let s = Duration::from_secs;
        assert_eq!(room(&[s(0)], Some(2), s(1)), Duration::ZERO);
        assert_eq!(room(&[s(0), s(1)], Some(2), s(2)), s(58));
        assert_eq!(room(&[s(0), s(1)], Some(2), s(61)), Duration::ZERO);
        assert_eq!(room(&[s(0), s(1), s(60)], Some(2), s(61)), Duration::ZERO);
        assert_eq!(room(&[s(0); 9], None, s(0)), Duration::ZERO);
    }

    #[test]
    fn the_budget_runs_dry_and_refills() {
        let budget = RetryBudget::default();
        let spent = std::iter::repeat_with(|| budget.spend(Pace::Transient))
            .take_while(|ok| *ok)
            .count();
        assert_eq!(spent, 35);
        assert!(!budget.spend(Pace::Transient));
        for _ in 0..14 {
            budget.refill();
        }
        assert!(budget.clone().spend(Pace::Transient));
        assert!(RetryBudget::unlimited().spend(Pace::Transient));
    }
}
