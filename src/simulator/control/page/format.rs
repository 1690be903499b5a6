//! The format of amounts, times and statuses on the page.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::simulator::control::display_status::DisplayStatus;
use crate::types::{Amount, Currency};

/// Formats an amount with two decimals and a thin space between thousands: `1 234.50 kr`.
pub(super) fn money(amount: Amount) -> String {
    let minor_units = amount.minor_units();
    let digits = (minor_units.unsigned_abs() / 100).to_string();
    let mut whole = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            whole.push('\u{202f}');
        }
        whole.push(digit);
    }
    let sign = if minor_units < 0 { "\u{2212}" } else { "" };
    let currency = amount.currency();
    let unit = if currency == Currency::NOK {
        "kr"
    } else {
        currency.as_str()
    };
    let decimals = minor_units.unsigned_abs() % 100;
    format!("{sign}{whole}.{decimals:02}\u{a0}{unit}")
}

/// Formats the time of day in UTC. The tooltip has the full time.
pub(super) fn time(when: Timestamp) -> Markup {
    html! {
        time datetime=(when) title=(when) { (when.to_zoned(TimeZone::UTC).strftime("%H:%M:%S")) }
    }
}

pub(super) fn date(when: Timestamp) -> String {
    when.to_zoned(TimeZone::UTC)
        .strftime("%A %-d %B %Y")
        .to_string()
}

/// The time that is left until `until`. The script counts it down.
pub(super) fn countdown(now: Timestamp, until: Timestamp) -> Markup {
    let left = crate::simulator::domain::time::seconds_until(now, until);
    html! {
        span.countdown data-until=(until.as_millisecond()) { (left / 60) ":" (format!("{:02}", left % 60)) }
    }
}

impl DisplayStatus {
    /// The name of the status in the style sheet.
    fn tone(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Scanned => "scanned",
            Self::Reserved => "reserved",
            Self::PartlyCaptured | Self::Captured => "captured",
            Self::PartlyRefunded | Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
            Self::Rejected | Self::Declined => "refused",
            Self::Expired => "expired",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Scanned => "Scanned",
            Self::Reserved => "Reserved",
            Self::PartlyCaptured => "Partly captured",
            Self::Captured => "Captured",
            Self::PartlyRefunded => "Partly refunded",
            Self::Refunded => "Refunded",
            Self::Cancelled => "Cancelled",
            Self::Rejected => "Rejected",
            Self::Declined => "Declined",
            Self::Expired => "Expired",
        }
    }

    pub(super) fn chip(self) -> Markup {
        chip(self.tone(), self.label())
    }
}

/// A small coloured label.
pub(super) fn chip(tone: &str, label: &str) -> Markup {
    html! { span class={ "chip " (tone) } { (label) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_and_exact() {
        for (ore, written) in [
            (0, "0.00 kr"),
            (5, "0.05 kr"),
            (49_900, "499.00 kr"),
            (100_000, "1 000.00 kr"),
            (2_147_483_647, "21 474 836.47 kr"),
            (-12_345_678, "\u{2212}123 456.78 kr"),
        ] {
            let plain =
                money(Amount::minor(ore, Currency::NOK)).replace(['\u{202f}', '\u{a0}'], " ");
            assert_eq!(plain, written);
        }
        let plain = money(Amount::eur(5)).replace('\u{a0}', " ");
        assert_eq!(plain, "5.00 EUR");
    }
}
