//! What the customer reads.

use super::InvalidValue;
use super::text::{is_printed, length, text_type};

/// What a payment, capture, refund or cancellation is about (`transactionText`): 1 to 100 characters, trimmed.
///
/// The customer sees it, so it must not be sensitive. Characters are counted as UTF-16 does, where most emoji are two,
/// since the API does not say how it counts; control characters, line ends included, are refused.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TransactionText(String);

text_type!(TransactionText);

impl TransactionText {
    /// The most characters that a text can have.
    pub const MAX_LEN: usize = 100;

    /// Trims and checks the text.
    ///
    /// # Errors
    ///
    /// When it is blank, longer than 100 characters, or has a control character.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let trimmed = text.trim();
        let length = length(trimmed);
        if !is_printed(trimmed) || !(1..=Self::MAX_LEN).contains(&length) {
            let rule = "must be 1 to 100 characters without control characters";
            return Err(InvalidValue::new("transaction_text", rule, text));
        }
        Ok(Self(trimmed.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        let (long, drawn) = ("ø".repeat(100), "🧦".repeat(50));
        for (text, kept) in [
            ("x", "x"),
            ("  Et par Vipps-sokker \n", "Et par Vipps-sokker"),
            ("🧦 \"100 %\" <b>", "🧦 \"100 %\" <b>"),
            (long.as_str(), long.as_str()),
            (drawn.as_str(), drawn.as_str()),
        ] {
            assert_eq!(TransactionText::parse(text).unwrap().as_str(), kept);
        }
        for text in [
            "",
            " ",
            "\n",
            "a\nb",
            "a\tb",
            "a\u{0}b",
            "a\u{85}b",
            &"ø".repeat(101),
            &"🧦".repeat(51),
            &format!("{}🧦", "ø".repeat(99)),
        ] {
            let error = TransactionText::parse(text).unwrap_err();
            assert_eq!(error.field(), "transaction_text", "{text:?}");
            assert!(error.value().is_some());
        }
    }
}
