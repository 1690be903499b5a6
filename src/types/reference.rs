//! The merchant's name for a payment of the ePayment API.

use super::OrderId;
use super::checked_text::checked_texts;

checked_texts! {
    /// The name that the merchant gives to a payment of the ePayment API (`reference`): 1 to 64
    /// characters of `a-z A-Z 0-9 -`.
    ///
    /// It is unique for a merchant serial number, and case-sensitive. The first payment that is
    /// created with a reference uses it up, even if the payment is aborted or expires. Another
    /// attempt needs another reference, see [`with_attempt`](Reference::with_attempt). Vipps
    /// MobilePay recommends a readable text with a prefix of the shop, not only digits, such as
    /// `acme-shop-123-order123abc`.
    ///
    /// A new payment needs at least [`MIN_NEW`](Reference::MIN_NEW) characters, which is checked
    /// when it is created. A payment that was started with the eCom API has its
    /// [`OrderId`] as its reference, which may be shorter.
    ///
    /// ```
    /// use vipps::{OrderId, Reference};
    ///
    /// let reference = Reference::parse("acme-shop-123")?;
    /// assert_eq!(reference.with_attempt(2)?.as_str(), "acme-shop-123-2");
    /// assert_eq!(Reference::from(OrderId::parse("order-1")?).as_str(), "order-1");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    ///
    /// The reference is cheap to clone.
    shared Reference {
        field: "reference",
        length: 1..=64,
        characters: "characters of a-z, A-Z, 0-9 and `-`",
        is_allowed: |c| c.is_ascii_alphanumeric() || c == '-',
    }
}

impl Reference {
    /// The smallest number of characters in the reference of a new payment: 8.
    pub const MIN_NEW: usize = 8;

    /// Returns the reference for another attempt at the same order: this one with `-attempt`
    /// appended.
    ///
    /// # Errors
    ///
    /// If the result is longer than 64 characters.
    pub fn with_attempt(&self, attempt: u32) -> Result<Self, super::InvalidValue> {
        Self::parse(&format!("{self}-{attempt}"))
    }
}

/// The reference of a payment that was started with the eCom API.
impl From<OrderId> for Reference {
    fn from(order_id: OrderId) -> Self {
        Self::from(&order_id)
    }
}

/// The reference of a payment that was started with the eCom API.
impl From<&OrderId> for Reference {
    fn from(order_id: &OrderId) -> Self {
        // The rule of an order id is narrower than the rule of a reference.
        Self(order_id.as_str().into())
    }
}

impl From<&Self> for Reference {
    fn from(reference: &Self) -> Self {
        reference.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_1_to_64_letters_digits_and_hyphens() {
        for text in ["a", "kiosk-7-000451", &"x".repeat(64)] {
            assert_eq!(Reference::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "a b", "a_b", "å", "a/b", "-\n", &"x".repeat(65)] {
            let error = Reference::parse(text).unwrap_err();
            assert_eq!(error.field(), "reference", "{text:?}");
        }
    }

    #[test]
    fn every_order_id_is_a_reference() {
        for text in ["1", "order-1", &"x".repeat(50)] {
            let order_id = OrderId::parse(text).unwrap();
            assert_eq!(Reference::from(&order_id).as_str(), text);
            assert_eq!(Reference::parse(text), Ok(Reference::from(order_id)));
        }
    }

    #[test]
    fn another_attempt_keeps_the_limit() {
        let longest = Reference::parse(&"x".repeat(62)).unwrap();
        assert_eq!(longest.with_attempt(2).unwrap().as_str().len(), 64);
        longest.with_attempt(10).unwrap_err();
    }
}
