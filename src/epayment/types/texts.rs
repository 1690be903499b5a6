//! The texts of a payment.

use crate::error::{Error, Result};
use crate::types::InvalidValue;
use crate::types::characters::{is_printed, length};
use crate::types::checked_text::{Ends, checked_texts};

checked_texts! {
    /// The description of a payment (`paymentDescription`): 3 to 100 characters, trimmed.
    ///
    /// The customer sees it in the app, and the merchant in the portal and the settlement, so it
    /// must not be sensitive. Characters are counted as in UTF-16, where most emoji are two,
    /// because the API does not document how it counts. Control characters, including line ends,
    /// are refused.
    ///
    /// ```
    /// use vipps::epayment::PaymentDescription;
    ///
    /// assert_eq!(PaymentDescription::parse(" One pair of socks ")?.as_str(), "One pair of socks");
    /// assert!(PaymentDescription::parse("ok").is_err());
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    plain PaymentDescription {
        field: "description",
        length: 3..=100,
        count: length,
        characters: "characters without control characters",
        is_allowed: |c| !c.is_control(),
        ends: Ends::Trimmed,
    }

    /// The secret that a request for shipping options carries (`callbackAuthorizationToken`): 1 to
    /// 50 letters, digits and hyphens.
    ///
    /// The `Authorization` header of the request is this text, without a scheme such as `Bearer`.
    /// [`CallbackAuth`](crate::callback::CallbackAuth) compares it in constant time. It never
    /// appears in `Debug` output or errors.
    ///
    /// ```
    /// use vipps::callback::CallbackAuth;
    /// use vipps::epayment::ShippingToken;
    ///
    /// let token = ShippingToken::generate()?; // store the token: it must outlive the payments
    /// let auth = CallbackAuth::new(token.expose().parse()?);
    /// # let _ = auth;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    secret ShippingToken {
        field: "shipping_token",
        length: 1..=50,
        characters: "letters, digits and hyphens",
        is_allowed: |c| c.is_ascii_alphanumeric() || c == '-',
    }
}

/// Checks a text that the app shows, such as the name of a product.
pub(super) fn check_shown(field: &'static str, text: &str) -> Result<(), InvalidValue> {
    if !text.trim().is_empty() && is_printed(text) {
        return Ok(());
    }
    let rule = "must not be empty, and must not have control characters";
    Err(InvalidValue::new(field, rule, text))
}

impl ShippingToken {
    /// Generates a token: 20 random bytes of the operating system as 40 hexadecimal digits. Store
    /// it: it must be the same for as long as its payments can be approved.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the operating system
    /// returns no random bytes.
    pub fn generate() -> Result<Self> {
        let mut bytes = [0; 20];
        getrandom::fill(&mut bytes).map_err(|e| {
            Error::configuration("the operating system returned no random bytes for a token")
                .with_source(e)
        })?;
        let digits = |text, byte: &u8| format!("{text}{byte:02x}");
        Ok(Self::parse(&bytes.iter().fold(String::new(), digits))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn description_has_3_to_100_characters_however_they_are_counted() {
        for text in ["Tea", "🧦🧦🧦", &"🧦".repeat(50), &"å".repeat(100)] {
            assert!(PaymentDescription::parse(text).is_ok(), "{text}");
        }
        for (text, count) in [("🧦🧦", "it has 2"), (&"🧦".repeat(51), "it has 102")] {
            let error = PaymentDescription::parse(text).unwrap_err();
            assert!(error.to_string().contains(count), "{error}");
        }
    }
}
