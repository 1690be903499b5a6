//! The idempotency key.

use sha2::{Digest as _, Sha256};

use super::text_type::text_type;
use super::{InvalidValue, Reference};
use crate::clock::{Randomness, SystemRandomness};

const MAX_LEN: usize = 50;

/// The idempotency key of a request: 1 to 50 visible ASCII characters.
///
/// The limit is that of the ePayment API (header `Idempotency-Key`). The eCom API (header
/// `X-Request-Id`) accepts at most 40 characters, which is checked when the request is sent.
///
/// All requests with the same key for one payment and operation move the money once in total. A
/// retry must send the same request: with another amount the API refuses it, eCom with error 93,
/// ePayment with HTTP 409.
///
/// If the caller sets no key, each call makes a random key, which is lost with the call. After a
/// crash, a timeout or a dropped future, the request can then not be retried with its key. A key
/// that the caller stores or [derives](Self::derive) before the call survives all of these.
///
/// ```
/// use vipps::{OrderId, RequestId};
///
/// // Random, and stored with the order before the call:
/// let key = RequestId::random();
/// let stored = key.to_string();
/// assert_eq!(RequestId::parse(&stored)?, key);
///
/// // Or derived from the order id, with the same result each time:
/// let order: OrderId = "order-123".parse()?;
/// let key = RequestId::derive(&order, "capture");
/// assert_eq!(RequestId::derive(&order, "capture"), key);
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[doc(alias("idempotency key", "Idempotency-Key", "X-Request-Id"))]
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(String);

text_type!(RequestId);

impl RequestId {
    /// The maximum length of a generated key. Until 2021 the API accepted at most 30 characters.
    pub const MAX_GENERATED_LEN: usize = 30;

    /// Checks the text. White space is not trimmed.
    ///
    /// # Errors
    ///
    /// If the text is empty, longer than 50 characters, or contains a space, a control character or
    /// a character beyond ASCII.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if text.bytes().all(|b| b.is_ascii_graphic()) && (1..=MAX_LEN).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            let rule = "must be 1 to 50 visible ASCII characters without spaces";
            Err(InvalidValue::new("idempotency_key", rule, text))
        }
    }

    /// Derives the key of one request from its payment and its purpose: 26 letters and digits, the
    /// same for the same arguments in every process and every version of this crate.
    ///
    /// `payment` is an [`OrderId`](super::OrderId) or a [`Reference`]. The key depends on its text
    /// alone, so payments of two sales units need different ids or purposes.
    ///
    /// `purpose` is any text that names one movement of money within the payment, such as
    /// `"capture"`, `"capture of parcel 2"` or the number of a return. Every movement needs its own
    /// purpose: a second capture with the purpose of the first one moves no money, or is refused
    /// with error 93 if its amount differs. A purpose must not depend on the attempt, the time or
    /// the process; otherwise the key would differ after a retry or a restart.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::builder().freeze_clock().in_memory()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::{Amount, OrderId, RequestId};
    ///
    /// let order: OrderId = "order-1".parse()?;
    /// // The handler of a button that is clicked twice.
    /// for _click in 0..2 {
    ///     let key = RequestId::derive(&order, "capture of parcel 1");
    ///     let capture = vipps.ecom().payment(order.clone()).capture(Amount::nok(50));
    ///     capture.idempotency_key(key).await?;
    /// }
    /// let details = vipps.ecom().payment(order).details().await?;
    /// assert_eq!(details.sums().captured, Amount::nok(50));
    /// # Ok(()) }
    /// ```
    pub fn derive(payment: impl Into<Reference>, purpose: &str) -> Self {
        // No reference contains a slash, so different pairs never have the same text.
        let hash = Sha256::new()
            .chain_update("vipps/idempotency-key/1/")
            .chain_update(payment.into().as_str())
            .chain_update("/")
            .chain_update(purpose)
            .finalize();
        let mut entropy = [0; 16];
        for (byte, hashed) in entropy.iter_mut().zip(hash) {
            *byte = hashed;
        }
        Self::from_entropy(entropy)
    }

    /// Returns a new random key, from 128 bits of the system's randomness: 26 letters and digits.
    pub fn random() -> Self {
        Self::generate(&SystemRandomness)
    }

    /// Returns all 128 bits as 26 digits of base 32 (`0-9a-v`).
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

    /// Returns a random key from the given randomness.
    pub(crate) fn generate(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 16];
        randomness.fill(&mut bytes);
        Self::from_entropy(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_is_1_to_50_visible_ascii_characters() {
        for text in ["1", "1542208972", "a-B_c.d:e/f~!", &"x".repeat(50)] {
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
            &"x".repeat(51),
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
    fn each_bit_of_the_entropy_changes_the_key() {
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
    fn random_keys_differ_and_have_at_most_30_characters() {
        let (first, second) = (RequestId::random(), RequestId::random());
        assert_ne!(first, second);
        assert!(first.as_str().len() <= RequestId::MAX_GENERATED_LEN);
        assert_eq!(RequestId::parse(first.as_str()), Ok(first));
    }
}
