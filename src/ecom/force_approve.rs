//! Approves a payment without a customer, in the test environment.

use serde::Deserialize;

use super::{Call, Payment};
use crate::call::{CallOptions, operation};
use crate::error::{Error, Result};
use crate::raw::ecom::types;
use crate::types::{InvalidValue, LandingPage, PhoneNumber, Sensitive, by_name, lenient};

/// A request that approves a payment in the customer's place. Made by
/// [`Payment::force_approve`](super::Payment::force_approve); `.await` sends it. Not for express
/// payments, and not for payments with a skipped landing page.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ForceApprove {
    payment: Payment,
    pub(crate) options: CallOptions,
    phone_number: Option<PhoneNumber>,
    landing_page: Option<LandingPage>,
}

operation! { ForceApprove => (); deadline, idempotency_key, merchant_serial_number, retry }

impl ForceApprove {
    pub(super) fn new(payment: &Payment) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
            phone_number: None,
            landing_page: None,
        }
    }

    /// Sets the test user who approves. The user must have approved a payment in the test app
    /// before; otherwise the call fails with code 1082.
    pub fn phone_number(mut self, number: PhoneNumber) -> Self {
        self.phone_number = Some(number);
        self
    }

    /// Sets the landing page of the payment, whose token is part of the request.
    pub fn landing_page(mut self, payment: &impl AsRef<LandingPage>) -> Self {
        self.landing_page = Some(payment.as_ref().clone());
        self
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: a client for production
    /// ([`ErrorKind::State`](crate::ErrorKind::State)), or a phone number that is not Norwegian.
    /// From the API, among others: 1082 (the test user has never approved a payment in the test
    /// app), and HTTP 500 if the test card has expired.
    pub async fn send(self) -> Result<()> {
        if self.payment.runtime.environment().is_production() {
            return Err(Error::state(
                "force approve exists only in the test environment, and this is production",
            ));
        }
        let token = self.landing_page.as_ref().and_then(LandingPage::token);
        let mut body = types::ForceApproveRequest::builder().token(token.map(Sensitive::from));
        if let Some(number) = &self.phone_number {
            let national = number.national_norwegian().ok_or_else(|| {
                InvalidValue::without_value("phone_number", "must be Norwegian: eight digits")
            })?;
            body = body.customer_phone_number(Sensitive::from(national));
        }
        let call = Call::new(&self.payment.runtime, &self.options);
        let response = call
            .run(|api| {
                api.integration_test_approve_payment()
                    .order_id(self.payment.order_id.as_str())
                    .body(body)
                    .send()
            })
            .await?;
        response.accept()?;
        // The API documents no body, so a body without an order id is accepted.
        let wire: Wire = by_name::from_slice(&response.body).unwrap_or_default();
        response.check_order(&self.payment.order_id, wire.order_id.as_deref())
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    order_id: Option<String>,
}
