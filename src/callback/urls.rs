//! The URLs of callbacks.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::types::{HttpsUrl, OrderId};

/// All characters but the unreserved ones of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The callback URLs that the API derives from a prefix, for routes, firewalls and tests.
///
/// Slashes at the end of the prefix are dropped. `Display` shows all three URLs with placeholders
/// for their variables.
///
/// ```
/// use vipps::callback::CallbackUrls;
///
/// let urls = CallbackUrls::new("https://shop.example.com/vipps/".parse()?);
/// assert_eq!(urls.payment_url(&"order-1".parse()?), "https://shop.example.com/vipps/v2/payments/order-1");
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CallbackUrls {
    prefix: HttpsUrl,
}

impl CallbackUrls {
    /// Returns the URLs of this prefix. The three prefixes of a payment may be the same.
    pub fn new(prefix: HttpsUrl) -> Self {
        Self { prefix }
    }

    /// Returns the prefix, for
    /// [`Initiate::callback_prefix`](crate::ecom::Initiate::callback_prefix) and similar setters.
    pub fn prefix(&self) -> &HttpsUrl {
        &self.prefix
    }

    /// Returns the URL for the result of a payment, if this prefix is its `callbackPrefix`.
    pub fn payment_url(&self, order_id: &OrderId) -> String {
        self.payment(order_id)
    }

    /// Returns the URL for shipping requests of an express payment, if this prefix is its
    /// `shippingDetailsPrefix`.
    pub fn shipping_url(&self, order_id: &OrderId) -> String {
        self.shipping(order_id)
    }

    /// Returns the URL for consent removals, if this prefix is the `consentRemovalPrefix`. The id
    /// is percent-encoded.
    pub fn consent_url(&self, user_id: &str) -> String {
        self.consent(utf8_percent_encode(user_id, ESCAPED))
    }

    fn payment(&self, order_id: impl fmt::Display) -> String {
        format!("{}/v2/payments/{order_id}", self.prefix.as_prefix())
    }

    fn shipping(&self, order_id: impl fmt::Display) -> String {
        format!("{}/shippingDetails", self.payment(order_id))
    }

    fn consent(&self, user_id: impl fmt::Display) -> String {
        format!("{}/v2/consents/{user_id}", self.prefix.as_prefix())
    }
}

impl fmt::Display for CallbackUrls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "POST {}", self.payment("{orderId}"))?;
        writeln!(f, "POST {}", self.shipping("{orderId}"))?;
        write!(f, "DELETE {}", self.consent("{userId}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_the_prefix_with_the_path_of_each_callback() {
        for prefix in ["https://example.com/vipps", "https://example.com/vipps//"] {
            let urls = CallbackUrls::new(prefix.parse().unwrap());
            let id = "order-1".parse().unwrap();
            assert_eq!(urls.prefix().as_str(), prefix);
            assert_eq!(
                urls.payment_url(&id),
                "https://example.com/vipps/v2/payments/order-1"
            );
            assert_eq!(
                urls.shipping_url(&id),
                "https://example.com/vipps/v2/payments/order-1/shippingDetails"
            );
            assert_eq!(
                urls.consent_url("uiJ/NQ+n1=="),
                "https://example.com/vipps/v2/consents/uiJ%2FNQ%2Bn1%3D%3D"
            );
            assert_eq!(
                urls.to_string(),
                "POST https://example.com/vipps/v2/payments/{orderId}\n\
                 POST https://example.com/vipps/v2/payments/{orderId}/shippingDetails\n\
                 DELETE https://example.com/vipps/v2/consents/{userId}"
            );
        }
    }
}
