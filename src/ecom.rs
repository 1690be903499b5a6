//! The eCom API: take a payment and look after it.
//!
//! A payment is started with [`Ecom::initiate`] and from then on reached by its order id with [`Ecom::payment`]:
//! details, wait, capture, cancel. Amounts are øre, the currency is always NOK.

mod cancel;
mod capture;
mod details;
mod force_approve;
mod history;
mod initiate;
mod state;
mod transaction;
mod wait;

pub use cancel::Cancel;
pub use capture::Capture;
pub use details::{Address, Details, PaymentDetails, ShippingDetails, UserDetails};
pub use force_approve::ForceApprove;
pub use history::{Event, Operation, Summary};
pub use initiate::{Initiate, InitiatedPayment};
pub use state::PaymentState;
pub use transaction::{Transaction, TransactionStatus};
pub use wait::{Rhythm, Wait, WaitEvent, Watch};

use crate::call::{CallOptions, Context, built};
use crate::raw;
use crate::types::{Amount, OrderId, TransactionText};
use crate::vipps::Vipps;

/// The eCom API of one client. Made by [`Vipps::ecom`].
#[derive(Clone, Debug)]
pub struct Ecom {
    vipps: Vipps,
}

impl Ecom {
    pub(crate) fn new(vipps: Vipps) -> Self {
        Self { vipps }
    }

    /// Starts a payment: `order_id` is fresh and unique for the sales unit, `amount` is from 1 kr to 2147483647 øre,
    /// and `text` is shown to the customer.
    ///
    /// Calls `initiatePaymentV3UsingPOST`, which is not idempotent: it is never repeated once the request may have
    /// left.
    pub fn initiate(&self, order_id: OrderId, amount: Amount, text: TransactionText) -> Initiate {
        Initiate::new(self.vipps.clone(), order_id, amount, text)
    }

    /// An existing payment.
    pub fn payment(&self, order_id: &OrderId) -> Payment {
        Payment {
            vipps: self.vipps.clone(),
            order_id: order_id.clone(),
        }
    }
}

/// A payment that exists, by its order id. Making one asks nothing.
#[derive(Clone, Debug)]
pub struct Payment {
    vipps: Vipps,
    order_id: OrderId,
}

impl Payment {
    /// The order id.
    pub fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// What happened to the payment so far: the truth, whatever a callback or an answer said.
    ///
    /// Calls `getPaymentDetailsUsingGET`; at most 120 times a minute per order.
    pub fn details(&self) -> Details {
        Details::new(self.vipps.clone(), self.order_id.clone())
    }

    /// Polls the details until the customer has paid, said no, or let the time run out.
    pub fn wait(&self) -> Wait {
        Wait::new(self.vipps.clone(), self.order_id.clone())
    }

    /// Takes the reserved money: all that remains, or a part with [`Capture::amount`].
    ///
    /// Calls `capturePaymentUsingPOST` with an idempotency key; at most 5 times a minute per order, and up to 180
    /// days after the reservation.
    pub fn capture(&self) -> Capture {
        Capture::new(self.vipps.clone(), self.order_id.clone())
    }

    /// Gives a reservation up, or a payment that the customer has not approved yet. What is captured already must be
    /// refunded instead; what remains after a partial capture goes with [`Cancel::release_remaining`].
    ///
    /// Calls `cancelPaymentRequestUsingPUT`; at most 5 times a minute per order.
    pub fn cancel(&self) -> Cancel {
        Cancel::new(self.vipps.clone(), self.order_id.clone())
    }

    /// Approves the payment in the customer's place. Only the test environment allows it.
    ///
    /// Calls `integrationTestApprovePayment`.
    pub fn force_approve(&self) -> ForceApprove {
        ForceApprove::new(self.vipps.clone(), self.order_id.clone())
    }
}

/// The generated client of one wrapped call, and the context that takes the answer back.
fn client(vipps: &Vipps, options: &CallOptions) -> (raw::ecom::Client, Context) {
    let context = Context::new(vipps, options);
    (
        raw::ecom::Client::new_with_client(vipps.base_url(), vipps.http().clone(), context.clone()),
        context,
    )
}

/// The merchant serial number that a body must name: the call's own, or that of the credentials.
fn merchant(vipps: &Vipps, options: &CallOptions) -> String {
    options
        .merchant
        .as_ref()
        .unwrap_or(vipps.merchant_serial_number())
        .as_str()
        .to_owned()
}

fn merchant_info(
    vipps: &Vipps,
    options: &CallOptions,
) -> crate::Result<raw::ecom::types::MerchantInfoPayment> {
    built(
        raw::ecom::types::MerchantInfoPayment::builder()
            .merchant_serial_number(merchant(vipps, options)),
    )
}
