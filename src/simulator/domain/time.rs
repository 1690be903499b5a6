//! Arithmetic on points in time. Every operation of the domain receives the current time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Returns `time` plus `by`, or the latest possible time if the sum is out of range.
pub(crate) fn later(time: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| time.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Returns the whole seconds from `from` to `to`, rounded up, at least zero.
pub(crate) fn seconds_until(from: Timestamp, to: Timestamp) -> i64 {
    let left = to.duration_since(from);
    let whole = left.as_secs() + i64::from(left.subsec_nanos() > 0);
    whole.max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sum_out_of_range_is_the_latest_time() {
        let second = Duration::from_secs(1);
        assert_eq!(later(Timestamp::MAX, second), Timestamp::MAX);
        assert_eq!(later(Timestamp::UNIX_EPOCH, Duration::MAX), Timestamp::MAX);
    }

    #[test]
    fn started_second_counts_as_a_whole_one() {
        let start = Timestamp::UNIX_EPOCH;
        let end = later(start, Duration::from_millis(2100));
        assert_eq!(seconds_until(start, end), 3);
        assert_eq!(seconds_until(end, start), 0);
    }
}
