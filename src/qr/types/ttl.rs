//! The lifetime of a merchant redirect QR code.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::types::{InvalidValue, lenient};

const FIELD: &str = "ttl";

/// The lifetime of a merchant redirect QR code (`ttl`): 300 (five minutes) to 2147483647 whole
/// seconds (68 years), the limits of the QR API's specification.
///
/// The lifetime can only be set when the code is created. At its end the code is deleted
/// permanently, and printed copies stop working. A code without a lifetime exists until it is
/// deleted.
///
/// ```
/// use std::time::Duration;
/// use vipps::qr::Ttl;
///
/// assert_eq!(Ttl::new(Duration::from_secs(600))?.as_secs(), 600);
/// assert!(Ttl::new(Duration::from_secs(299)).is_err());
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
///
/// In JSON and as text, it is the number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ttl {
    seconds: u32,
}

impl Ttl {
    /// The shortest lifetime: 300 s (five minutes).
    pub const MIN: Self = Self { seconds: 300 };

    /// The longest lifetime: 2 147 483 647 s, about 68 years.
    pub const MAX: Self = Self {
        seconds: 2_147_483_647,
    };

    /// Checks a duration.
    ///
    /// # Errors
    /// If the duration is shorter than [`Ttl::MIN`], longer than [`Ttl::MAX`], or not a whole
    /// number of seconds. The duration is not rounded.
    pub fn new(duration: Duration) -> Result<Self, InvalidValue> {
        let refuse = |rule| Err(InvalidValue::new(FIELD, rule, format!("{duration:?}")));
        if duration.subsec_nanos() != 0 {
            return refuse("must be whole seconds");
        }
        match Self::in_range(duration.as_secs()) {
            Some(ttl) => Ok(ttl),
            None => refuse(RANGE),
        }
    }

    /// Reads a number of seconds, such as `600`.
    ///
    /// # Errors
    /// If the text has other characters than digits, or the number is out of range.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let refuse = |rule| Err(InvalidValue::new(FIELD, rule, text));
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
            return refuse("must be whole seconds, as digits");
        }
        // Digits that do not fit into the integer are out of range too.
        match text.parse().ok().and_then(Self::in_range) {
            Some(ttl) => Ok(ttl),
            None => refuse(RANGE),
        }
    }

    /// Returns the number of seconds.
    pub fn as_secs(self) -> i64 {
        i64::from(self.seconds)
    }

    /// Returns the lifetime as a duration.
    pub fn as_duration(self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }

    fn in_range(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok()?;
        (Self::MIN.seconds..=Self::MAX.seconds)
            .contains(&seconds)
            .then_some(Self { seconds })
    }
}

const RANGE: &str = "must be 300 s (5 minutes) to 2147483647 s";

impl TryFrom<Duration> for Ttl {
    type Error = InvalidValue;

    fn try_from(duration: Duration) -> Result<Self, InvalidValue> {
        Self::new(duration)
    }
}

impl TryFrom<&str> for Ttl {
    type Error = InvalidValue;

    fn try_from(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Ttl {
    type Error = InvalidValue;

    fn try_from(text: String) -> Result<Self, InvalidValue> {
        Self::parse(&text)
    }
}

impl FromStr for Ttl {
    type Err = InvalidValue;

    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        Self::parse(text)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seconds.fmt(f)
    }
}

impl Serialize for Ttl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(self.seconds)
    }
}

impl<'de> Deserialize<'de> for Ttl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = lenient::scalar(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_in_range_are_accepted() {
        for seconds in [300, 301, 86_400, 2_147_483_647] {
            let ttl = Ttl::new(Duration::from_secs(seconds)).unwrap();
            assert_eq!(ttl.as_secs(), i64::try_from(seconds).unwrap());
            assert_eq!(ttl.as_duration(), Duration::from_secs(seconds));
            assert_eq!(ttl.to_string(), seconds.to_string());
            assert_eq!(ttl.to_string().parse(), Ok(ttl));
            let json = serde_json::to_string(&ttl).unwrap();
            assert_eq!(json, seconds.to_string());
            assert_eq!(serde_json::from_str::<Ttl>(&json).unwrap(), ttl);
            assert_eq!(
                serde_json::from_str::<Ttl>(&format!("\"{json}\"")).unwrap(),
                ttl
            );
        }
        assert_eq!(Ttl::new(Duration::from_secs(300)), Ok(Ttl::MIN));
        assert_eq!(Ttl::new(Duration::from_secs(2_147_483_647)), Ok(Ttl::MAX));
    }

    #[test]
    fn other_durations_are_refused() {
        for (duration, rule, value) in [
            (Duration::ZERO, "300 s", "0ns"),
            (Duration::from_secs(299), "300 s", "299s"),
            (
                Duration::from_secs(2_147_483_648),
                "2147483647 s",
                "2147483648s",
            ),
            (
                Duration::from_secs(u64::MAX),
                "300 s",
                "18446744073709551615s",
            ),
            (Duration::from_millis(600_500), "whole seconds", "600.5s"),
            (Duration::new(300, 1), "whole seconds", "300.000000001s"),
        ] {
            let error = Ttl::new(duration).unwrap_err();
            assert_eq!((error.field(), error.value()), ("ttl", Some(value)));
            assert!(error.rule().contains(rule), "{error}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for (text, rule) in [
            ("", "digits"),
            ("-600", "digits"),
            ("+600", "digits"),
            ("600.0", "digits"),
            ("10m", "digits"),
            (" 600", "digits"),
            ("٦٠٠", "digits"),
            ("0", "300 s"),
            ("299", "300 s"),
            ("4294967596", "300 s"),
            ("99999999999999999999999", "300 s"),
        ] {
            let error = Ttl::parse(text).unwrap_err();
            assert_eq!((error.field(), error.value()), ("ttl", Some(text)));
            assert!(error.rule().contains(rule), "{error}");
        }
        for json in ["299", "-1", "600.5", "null", "true", "\"x\""] {
            assert!(serde_json::from_str::<Ttl>(json).is_err(), "{json}");
        }
    }
}
