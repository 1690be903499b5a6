//! Time stamps in the spellings of the APIs.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{http_date, lenient};

/// The number of digits from which epoch time is in milliseconds. In seconds it would be thousands
/// of years in the future.
const MILLISECOND_DIGITS: usize = 12;

/// The start of 2015 in seconds since 1970.
const EARLIEST: i64 = 1_420_070_400;

/// A time stamp of a response: the received text, and the instant that it means.
///
/// These forms are readable: ISO 8601 with `T` or a space, with or without a fraction (up to nine
/// digits), with `Z`, an offset or no zone (read as UTC, the zone of the servers); the time since
/// 1970 as a number or text, in seconds or, from 12 digits, in milliseconds; and the form of HTTP
/// headers. An unreadable time stamp is not an error: it has its text and no instant. The same is
/// true for a time before 2015, when Vipps did not exist yet: it is an empty date, such as
/// `0001-01-01T00:00:00`, or a number of another unit.
///
/// ```
/// use vipps::types::Timestamp;
///
/// let time = Timestamp::from("2018-11-14T15:23:02.286");
/// assert_eq!(time.text(), "2018-11-14T15:23:02.286");
/// assert_eq!(time.instant(), Some("2018-11-14T15:23:02.286Z".parse()?));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: String,
    instant: Option<jiff::Timestamp>,
}

impl Timestamp {
    /// Returns the text as received.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the instant, or `None` if the text is unreadable or names a time before 2015.
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        self.instant
    }
}

fn read(text: &str) -> Option<jiff::Timestamp> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        let number = text.parse().ok()?;
        return if text.len() < MILLISECOND_DIGITS {
            jiff::Timestamp::from_second(number).ok()
        } else {
            jiff::Timestamp::from_millisecond(number).ok()
        };
    }
    // The order matters, because parsing as a `DateTime` ignores an offset.
    text.parse()
        .ok()
        .or_else(|| {
            TimeZone::UTC
                .to_timestamp(text.parse::<DateTime>().ok()?)
                .ok()
        })
        .or_else(|| http_date::parse(text))
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self {
            instant: read(&text).filter(|instant| instant.as_second() >= EARLIEST),
            text,
        }
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self {
            text: instant.to_string(),
            instant: Some(instant),
        }
    }
}

/// Formats the text as received.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// Serializes as the text.
impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Deserializes from any value. A value that is not a time stamp is stored as text.
impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        lenient::text(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_known_forms_are_read() {
        for (text, expected) in [
            ("2018-12-12T11:18:38.246Z", "2018-12-12T11:18:38.246Z"),
            ("2018-12-12T11:18:38Z", "2018-12-12T11:18:38Z"),
            ("2018-11-14T15:23:02.286", "2018-11-14T15:23:02.286Z"),
            ("2018-11-14T15:23:02", "2018-11-14T15:23:02Z"),
            ("2018-11-14T15:23:02.286-07:00", "2018-11-14T22:23:02.286Z"),
            ("2018-11-14T15:23:02+0100", "2018-11-14T14:23:02Z"),
            (
                "2023-10-06T10:45:40.3061965Z",
                "2023-10-06T10:45:40.3061965Z",
            ),
            (
                "2023-10-06T10:45:40.306196512",
                "2023-10-06T10:45:40.306196512Z",
            ),
            ("2017-05-19 09:21:28Z", "2017-05-19T09:21:28Z"),
            ("2017-05-19 09:21:28", "2017-05-19T09:21:28Z"),
            (" 2017-05-19T09:21:28Z\n", "2017-05-19T09:21:28Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("Thu, 30 Mar 2023 08:38:32 GMT", "2023-03-30T08:38:32Z"),
            ("Mon, 30 Mar 2023 08:38:32 GMT", "2023-03-30T08:38:32Z"),
            ("1495271273", "2017-05-20T09:07:53Z"),
            ("1495271273123", "2017-05-20T09:07:53.123Z"),
            ("2015-01-01T00:00:00Z", "2015-01-01T00:00:00Z"),
        ] {
            let time = Timestamp::from(text);
            let instant = time.instant().map(|instant| instant.to_string());
            assert_eq!(instant.as_deref(), Some(expected), "{text:?}");
            assert_eq!(time.text(), text);
            assert_eq!(time.to_string(), text);
        }
    }

    #[test]
    fn unreadable_or_early_time_has_no_instant() {
        for text in [
            "",
            "soon",
            "2023-13-01T00:00:00Z",
            "2023-02-29T00:00:00Z",
            "99999999999999999999999999",
            "9999999999999999",
            "-",
            "[Expired]",
            "0001-01-01T00:00:00",
            "0",
            "20181114",
            "2014-12-31T23:59:59Z",
        ] {
            let time = Timestamp::from(text);
            assert_eq!(time.instant(), None, "{text:?}");
            assert_eq!(time.text(), text);
        }
    }

    #[test]
    fn any_json_value_is_read() {
        for (json, text, is_understood) in [
            (
                r#""2018-12-12T11:18:38.246Z""#,
                "2018-12-12T11:18:38.246Z",
                true,
            ),
            ("1495271273", "1495271273", true),
            ("-1", "-1", false),
            ("1.5", "1.5", false),
            (r#""soon""#, "soon", false),
            ("null", "", false),
            ("[1]", "[1]", false),
            ("true", "true", false),
        ] {
            let time: Timestamp = serde_json::from_str(json).unwrap();
            assert_eq!(
                (time.text(), time.instant().is_some()),
                (text, is_understood),
                "{json}"
            );
        }
        let json = r#""2018-11-14 15:23:02""#;
        let time: Timestamp = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&time).unwrap(), json);
    }

    #[test]
    fn instant_becomes_its_text() {
        let instant: jiff::Timestamp = "2018-12-12T11:18:38.246Z".parse().unwrap();
        let time = Timestamp::from(instant);
        assert_eq!(time.text(), "2018-12-12T11:18:38.246Z");
        assert_eq!(time, Timestamp::from(time.text()));
    }
}
