//! The idempotency key.

use super::InvalidValue;
use super::text::text_type;
use crate::clock::{self, SystemRandomness};

const MAX_LEN: usize = 40;

/// The idempotency key of a request, wire name `X-Request-Id`: 1 to 40 visible ASCII characters.
///
/// Capture and refund carry one: within an order and operation, the same key moves the money once, however often the
/// request is sent. The key must come with the same request each time. Where none is given, a random one is made.
/// Letters, digits and hyphens are a good choice, and at most [`RequestId::MAX_GENERATED_LEN`] of them. An order id can be
/// longer than a key, so a key is better kept with the order than made from its id.
///
/// ```
/// use vipps::RequestId;
///
/// let key = RequestId::random(); // to be stored with the order, before the call
/// let stored = key.to_string();
/// assert_eq!(RequestId::parse(&stored)?, key);
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

text_type!(RequestId);

impl RequestId {
    /// The most characters that a generated key has: until 2021 the API took no more than 30.
    pub const MAX_GENERATED_LEN: usize = 30;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 40 characters, or has a blank, a control character or anything beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.bytes().all(|b| b.is_ascii_graphic()) && (1..=MAX_LEN).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            let rule = "must be 1 to 40 visible ASCII characters without blanks";
            Err(InvalidValue::new("idempotency_key", rule, text))
        }
    }

    /// A new one, from 128 bits of the system's randomness: 26 letters and digits.
    pub fn random() -> Self {
        clock::new_key(&SystemRandomness)
    }

    /// All 128 bits as 26 digits of base 32 (`0-9a-v`).
    pub(crate) fn from_entropy(bytes: [u8; 16]) -> Self {
        let bits = u128::from_be_bytes(bytes);
        let mut text = String::with_capacity(26);
        text.extend(
            (0..26)
                .rev()
                .filter_map(|digit| char::from_digit(((bits >> (5 * digit)) & 31) as u32, 32)),
        );
        Self(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in ["1", "1542208972", "a-B_c.d:e/f~!", &"x".repeat(40)] {
            assert_eq!(RequestId::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            " ",
            "a b",
            "a ",
            "\t",
            "a\r\nX: y",
            "\u{7f}",
            "ø",
            &"x".repeat(41),
        ] {
            assert_eq!(
                RequestId::parse(text).unwrap_err().field(),
                "idempotency_key",
                "{text:?}"
            );
        }
    }

    #[test]
    fn from_entropy_is_stable() {
        assert_eq!(
            RequestId::from_entropy([0; 16]).as_str(),
            "00000000000000000000000000"
        );
        assert_eq!(
            RequestId::from_entropy([255; 16]).as_str(),
            "7vvvvvvvvvvvvvvvvvvvvvvvvv"
        );
        let counting = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
        assert_eq!(
            RequestId::from_entropy(counting).as_str(),
            "00041061050o3gg28a1c60q3gf"
        );
    }

    #[test]
    fn every_bit_counts() {
        let keys: std::collections::HashSet<_> = (0..128)
            .map(|bit| RequestId::from_entropy((1_u128 << bit).to_be_bytes()))
            .collect();
        assert_eq!(keys.len(), 128);
        for key in keys {
            assert_eq!(key.as_str().len(), 26);
            assert!(key.as_str().len() <= RequestId::MAX_GENERATED_LEN);
            assert_eq!(RequestId::parse(key.as_str()).unwrap(), key);
        }
    }

    #[test]
    fn random_ones_differ_and_are_short_enough_for_any_server() {
        let (one, other) = (RequestId::random(), RequestId::random());
        assert_ne!(one, other);
        assert!(one.as_str().len() <= RequestId::MAX_GENERATED_LEN);
        assert_eq!(RequestId::parse(one.as_str()), Ok(one));
    }
}
