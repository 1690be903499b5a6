//! Approves a payment without a customer, in the test environment.

use serde::Deserialize;

use super::create::CreatedPayment;
use super::state::PaymentState;
use super::types::customer::Customer;
use super::{Call, Payment};
use crate::call::{CallOptions, Deadline, Response, operation};
use crate::error::{Error, Outcome, Result};
use crate::raw::epayment::types;
use crate::types::{InvalidValue, Sensitive, by_name, lenient};

/// A request that approves a payment in the customer's place. Made by
/// [`Payment::force_approve`](super::Payment::force_approve); `.await` sends it. Not for Express
/// payments.
///
/// It needs the test user, by [`customer`](Self::customer), or the token of the payment, by
/// [`redirect_url`](Self::redirect_url).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ForceApprove {
    payment: Payment,
    pub(crate) options: CallOptions,
    customer: Option<Customer>,
    token: Option<Sensitive>,
}

operation! { ForceApprove => (); deadline, merchant_serial_number, retry }

impl ForceApprove {
    pub(super) fn new(payment: &Payment) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            customer: None,
            token: None,
        }
    }

    /// Sets the test user who approves. The user must have approved a payment in the test app
    /// before; otherwise the call fails with code 10030.
    pub fn customer(mut self, customer: impl Into<Customer>) -> Self {
        self.customer = Some(customer.into());
        self
    }

    /// Sets the token of the payment, which is part of its redirect URL.
    pub fn redirect_url(mut self, payment: &CreatedPayment) -> Self {
        self.token = payment.redirect_url().and_then(token).map(Sensitive::from);
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: a client for production
    /// ([`ErrorKind::State`](crate::ErrorKind::State)), or neither a customer nor a token. From the
    /// API, among others: 10030 (the test user has never approved a payment in the test app), and
    /// HTTP 500 if the test card has expired.
    pub async fn send(self) -> Result<()> {
        if self.payment.runtime.environment().is_production() {
            let reason =
                "force approve exists only in the test environment, and this is production";
            return Err(Error::state(reason));
        }
        if self.customer.is_none() && self.token.is_none() {
            let rule = "must be set, or else the redirect URL of a created payment with a token";
            return Err(InvalidValue::without_value("customer", rule).into());
        }
        let deadline = Deadline::new(&self.payment.runtime, &self.options);
        let body = types::ForceApprove::builder()
            .customer(self.customer.as_ref().map(Customer::write).transpose()?)
            .token(self.token.clone());
        let call = Call::new(&self.payment.runtime, &self.options);
        let reference = self.payment.reference.as_str();
        let sent = call
            .run(|api| api.force_approve().reference(reference).body(body).send())
            .await;
        match sent {
            Ok(response) => self.read(&response),
            // An earlier attempt may have approved the payment.
            Err(error)
                if error.outcome() == Outcome::Unknown && self.is_approved(&deadline).await =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn read(&self, response: &Response) -> Result<()> {
        response.accept()?;
        // The API documents no body, so a body without a reference is accepted.
        let wire: Wire = by_name::from_slice(&response.body).unwrap_or_default();
        response.check_reference(&self.payment.reference, wire.reference.as_deref())
    }

    async fn is_approved(&self, deadline: &Deadline) -> bool {
        let options = deadline.options(&self.options);
        let details = self.payment.details_with(options).await;
        details.is_ok_and(|details| details.state() == &PaymentState::Authorized)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    reference: Option<String>,
}

/// Returns the token of a link, unchanged. The token is in the query, or in place of the host of an
/// app link.
fn token(url: &str) -> Option<&str> {
    let mut parts = url.split(['/', '?', '&', '#']);
    let token = parts.find_map(|part| part.strip_prefix("token="));
    token.filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn token_is_found_in_the_link() {
        for (url, expected) in [
            ("https://landing.example.com?token=eyJ0", Some("eyJ0")),
            ("https://x/?v=2&token=a%2Fb#top", Some("a%2Fb")),
            ("vipps://?token=abc123", Some("abc123")),
            ("vipps://token=abc123", Some("abc123")),
            ("https://x/?token=", None),
            ("https://x/", None),
        ] {
            assert_eq!(token(url), expected, "{url}");
        }
    }
}
