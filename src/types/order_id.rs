//! The merchant's name for a payment.

use std::sync::Arc;

use super::InvalidValue;
use super::text::text_type;

/// The id that the merchant gives to a payment (`orderId`): 1 to 50 of `a-z A-Z 0-9 -`.
///
/// Unique per merchant serial number, upper and lower case being different. The customer sees it. Vipps advises at
/// least six characters, not digits only and no leading zero, such as `acme-shop-123-order123abc`. An id is used up by
/// the first payment that is started with it, also by a cancelled one: another attempt needs another id, see
/// [`OrderId::with_attempt`].
///
/// ```
/// let order = vipps::OrderId::parse("acme-shop-123")?;
/// assert_eq!(order.with_attempt(2)?.as_str(), "acme-shop-123-2");
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
///
/// Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(Arc<str>);

text_type!(shared OrderId);

impl OrderId {
    /// The most characters that an id can have.
    pub const MAX_LEN: usize = 50;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    ///
    /// When it is empty, longer than 50 characters, or has others than `a-z A-Z 0-9 -`.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let is_allowed = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if is_allowed && (1..=Self::MAX_LEN).contains(&text.len()) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidValue::new(
                "order_id",
                "must be 1 to 50 of a-z, A-Z, 0-9 and `-`",
                text,
            ))
        }
    }

    /// The id for another attempt at the same order: this one with `-attempt` behind it.
    ///
    /// # Errors
    ///
    /// When that is longer than 50 characters.
    pub fn with_attempt(&self, attempt: u32) -> Result<Self, InvalidValue> {
        Self::parse(&format!("{self}-{attempt}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in ["a", "-", "0", "acme-shop-123-order123abc", &"x".repeat(50)] {
            assert_eq!(OrderId::parse(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            " ",
            " a",
            "a ",
            "a b",
            "a/b",
            "a_b",
            "a.b",
            "å",
            "a\n",
            "%41",
            &"x".repeat(51),
        ] {
            let error = OrderId::parse(text).unwrap_err();
            assert_eq!(error.field(), "order_id");
            assert!(error.value().is_some());
        }
        assert_eq!(
            OrderId::parse("a b").unwrap_err().to_string(),
            "order_id: must be 1 to 50 of a-z, A-Z, 0-9 and `-`, got \"a b\""
        );
    }

    #[test]
    fn numbers_attempts() {
        let id = OrderId::parse("a").unwrap();
        assert_eq!(id.with_attempt(1).unwrap().as_str(), "a-1");
        assert_eq!(id.with_attempt(u32::MAX).unwrap().as_str(), "a-4294967295");
        assert_eq!(
            OrderId::parse(&"x".repeat(48))
                .unwrap()
                .with_attempt(9)
                .unwrap()
                .as_str()
                .len(),
            50
        );
        assert!(
            OrderId::parse(&"x".repeat(48))
                .unwrap()
                .with_attempt(10)
                .is_err()
        );
    }

    #[test]
    fn converts() {
        let id: OrderId = "abc-1".parse().unwrap();
        assert_eq!(OrderId::try_from("abc-1").unwrap(), id);
        assert_eq!(OrderId::try_from("abc-1".to_owned()).unwrap(), id);
        assert_eq!(OrderId::try_from(&"abc-1".to_owned()).unwrap(), id);
        assert_eq!(String::from(id.clone()), "abc-1");
        assert_eq!(id.as_ref(), "abc-1");
        assert_eq!(format!("{id:>7}"), "  abc-1");
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""abc-1""#);
        assert_eq!(serde_json::from_str::<OrderId>(r#""abc-1""#).unwrap(), id);
        assert_eq!(
            serde_json::from_str::<OrderId>("123").unwrap().as_str(),
            "123"
        );
        let error = serde_json::from_str::<OrderId>(r#""a b""#)
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("order_id: must be"), "{error}");
        let map: std::collections::BTreeMap<OrderId, u8> =
            serde_json::from_str(r#"{"a":1}"#).unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":1}"#);
    }
}
