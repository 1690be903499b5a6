//! What the customer reads.

use super::InvalidValue;
use super::text::{is_printed, text_type};

/// What a payment, capture, refund or cancellation is about (`transactionText`): 1 to 100 characters, trimmed.
///
/// The customer sees it, so it must not be sensitive. Characters are counted as Unicode scalar values; control
/// characters, line ends included, are refused.
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
        let length = trimmed.chars().count();
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
        let long = "ø".repeat(100);
        for (text, kept) in [
            ("x", "x"),
            ("  Et par Vipps-sokker \n", "Et par Vipps-sokker"),
            ("🧦 \"100 %\" <b>", "🧦 \"100 %\" <b>"),
            (long.as_str(), long.as_str()),
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
        ] {
            let error = TransactionText::parse(text).unwrap_err();
            assert_eq!(error.field(), "transaction_text", "{text:?}");
            assert!(error.value().is_some());
        }
    }
}
