//! The waits between attempts.

use std::time::Duration;

use super::{Pace, RetryPolicy};
use crate::types::http_date;

/// Returns the wait after attempt number `attempt`, where 1 is the first. `jitter` is in
/// `0.0..1.0`.
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
        // At least the longest wait after a transient failure.
        Pace::Throttled => {
            let throttled = grow(policy.throttle_base, policy.throttle_cap).mul_f64(jitter);
            transient.saturating_add(throttled)
        }
    };
    wait.max(retry_after.unwrap_or_default())
}

/// The period in which the API counts requests.
pub(super) const MINUTE: Duration = Duration::from_secs(60);

/// Returns the wait until one more attempt is within the limit per minute. `starts` are the starts
/// of earlier attempts.
pub(crate) fn rate_limit_wait(starts: &[Duration], per_minute: u32, now: Duration) -> Duration {
    let oldest = starts.len().checked_sub(per_minute as usize);
    match oldest.and_then(|oldest| starts.get(oldest)) {
        Some(&start) => start.saturating_add(MINUTE).saturating_sub(now),
        None => Duration::ZERO,
    }
}

/// The longest `Retry-After`: a year. A longer one could not be added to the time of day.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(365 * 24 * 3600);

/// Reads `Retry-After` in both its forms, seconds or a date. A date in the past is no wait. A value
/// in neither form is ignored.
pub(crate) fn retry_after(
    value: Option<&http::HeaderValue>,
    now: jiff::Timestamp,
) -> Option<Duration> {
    let text = value?.to_str().ok()?.trim();
    let wait = if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // A number that does not fit is a very long time.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let date = http_date::parse(text)?;
        Duration::try_from(date.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn longest_backoff_does_not_overflow() {
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
        // A wait of a year at most can still be added to the time of day.
        for forever in [
            "99999999999999999999999",
            "18446744073709551615",
            "Thu, 31 Dec 9998 23:59:59 GMT",
        ] {
            let wait = read(forever).unwrap();
            let year = Duration::from_secs(31_536_000);
            assert_eq!(wait, year, "{forever}");
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
        assert_eq!(rate_limit_wait(&[s(0)], 2, s(1)), Duration::ZERO);
        assert_eq!(rate_limit_wait(&[s(0), s(1)], 2, s(2)), s(58));
        assert_eq!(rate_limit_wait(&[s(0), s(1)], 2, s(61)), Duration::ZERO);
        assert_eq!(
            rate_limit_wait(&[s(0), s(1), s(60)], 2, s(61)),
            Duration::ZERO
        );
        // The wait ends when the oldest attempt that counts is a minute old.
        assert_eq!(rate_limit_wait(&[s(0), s(50), s(55)], 2, s(56)), s(54));
    }

    #[test]
    fn waits_stay_in_the_range_of_the_policy() {
        let s = Duration::from_secs;
        let plain = RetryPolicy::default().backoff(s(1), s(7));
        let slow = RetryPolicy::default().throttled_backoff(s(30), s(70));
        for (attempt, transient, throttled) in [(1, 1, 30), (2, 2, 60), (3, 4, 70), (9, 7, 70)] {
            assert_eq!(
                wait(&plain, Pace::Transient, attempt, 1.0, None),
                s(transient)
            );
            let transient_wait = wait(&slow, Pace::Transient, attempt, 1.0, None);
            let throttled_wait = wait(&slow, Pace::Throttled, attempt, 1.0, None);
            assert_eq!(throttled_wait, transient_wait + s(throttled), "{attempt}");
        }
    }

    #[test]
    fn a_cap_below_the_base_is_the_base() {
        let (base, cap) = (Duration::from_secs(3), Duration::from_secs(2));
        let policy = RetryPolicy::default()
            .backoff(base, cap)
            .throttled_backoff(base, cap);
        assert_eq!(wait(&policy, Pace::Transient, 1, 1.0, None), base);
        assert_eq!(wait(&policy, Pace::Throttled, 1, 1.0, None), base * 2);
    }
}
