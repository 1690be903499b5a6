//! Dates in HTTP headers.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;

/// The two obsolete formats that RFC 9110, section 5.6.7, requires recipients to read: that of RFC
/// 850, and that of C's `asctime`.
const OBSOLETE_FORMATS: [&str; 2] = ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// Returns the time of a response by the server's clock.
pub(crate) fn of_response(headers: &http::HeaderMap) -> Option<Timestamp> {
    parse(headers.get(http::header::DATE)?.to_str().ok()?)
}

/// Parses a date in any of the three formats of RFC 9110, section 5.6.7.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let imf_fixdate = rfc2822::DateTimeParser::new()
        .relaxed_weekday(true)
        .parse_timestamp(text)
        .ok();
    imf_fixdate.or_else(|| {
        OBSOLETE_FORMATS.iter().find_map(|format| {
            let read = strtime::parse(format, text).ok()?.to_datetime().ok()?;
            Some(TimeZone::UTC.to_zoned(read).ok()?.timestamp())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_all_three_formats() {
        let moment: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            " Sun Nov 06 08:49:37 1994 ",
        ] {
            assert_eq!(parse(text), Some(moment), "{text}");
        }
        let later: Timestamp = "2026-11-16T08:49:37Z".parse().unwrap();
        for text in ["Monday, 16-Nov-26 08:49:37 GMT", "Mon Nov 16 08:49:37 2026"] {
            assert_eq!(parse(text), Some(later), "{text}");
        }
    }

    #[test]
    fn refuses_other_formats_and_impossible_dates() {
        for text in [
            "",
            "soon",
            "Sunday, 06-Nov-94 08:49:37",
            "Sunday, 06-Nov-94 08:49:37 CET",
            "Sun Nov 31 08:49:37 1994",
            "Sun Nov  6 25:49:37 1994",
            "Sun Nov  6 08:49:37 1994 x",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
