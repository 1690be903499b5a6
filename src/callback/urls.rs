//! Where Vipps will call.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::types::{HttpsUrl, OrderId};

/// All but what a path needs no escapes for.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The URLs that Vipps makes of a prefix: to route them, to open a firewall for them, to call them in tests.
///
/// A slash at the end of the prefix is left out, so that it does not double. `Display` shows all three, with the names
/// of their variables.
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
    /// The URLs of this prefix. The three prefixes of a payment may be one.
    pub fn new(prefix: HttpsUrl) -> Self {
        Self { prefix }
    }

    /// The prefix, for [`Initiate::callback_prefix`](crate::ecom::Initiate::callback_prefix) and its like.
    pub fn prefix(&self) -> &HttpsUrl {
        &self.prefix
    }

    /// Where the result of a payment is told, if this is its `callbackPrefix`.
    pub fn payment_url(&self, order_id: &OrderId) -> String {
        self.payment(order_id)
    }

    /// Where the shipping methods of an express payment are asked for, if this is its `shippingDetailsPrefix`.
    pub fn shipping_url(&self, order_id: &OrderId) -> String {
        self.shipping(order_id)
    }

    /// Where the end of a customer's consent is told, if this is the `consentRemovalPrefix`. The id is percent-encoded.
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
    fn shows_the_final_urls() {
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
