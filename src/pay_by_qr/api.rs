//! The methods that the payments of both APIs have.

use std::fmt;
use std::future::IntoFuture;

use crate::error::Result;
use crate::{ecom, epayment};

/// A payment of a payment API: [`ecom::Payment`](crate::ecom::Payment) or
/// [`epayment::Payment`](crate::epayment::Payment). It is the bound of functions that accept a
/// [`QrPayment`](crate::QrPayment) of either API. It cannot be implemented for other types.
///
/// ```
/// use vipps::{QrPayment, QrPaymentApi};
///
/// async fn wait_and_capture<P: QrPaymentApi>(sale: &QrPayment<P>) -> vipps::Result<P::Details> {
///     let details = sale.wait().await?;
///     sale.capture().await?;
///     Ok(details)
/// }
/// ```
pub trait QrPaymentApi: Clone + fmt::Debug + sealed::Sealed {
    /// The response that started the payment.
    type Started: Clone + fmt::Debug;
    /// The details of a payment.
    type Details;
    /// The result of a capture or a cancel.
    type Modification;
    /// Polls the payment until the customer has decided.
    type Wait: IntoFuture<Output = Result<Self::Details>>;
    /// Captures everything that remains.
    type Capture: IntoFuture<Output = Result<Self::Modification>>;
    /// Cancels the payment.
    type Cancel: IntoFuture<Output = Result<Self::Modification>>;

    #[doc(hidden)]
    fn wait_for_customer(&self) -> Self::Wait;

    #[doc(hidden)]
    fn capture_everything(&self) -> Self::Capture;

    #[doc(hidden)]
    fn cancel_payment(&self) -> Self::Cancel;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::ecom::Payment {}
    impl Sealed for crate::epayment::Payment {}
}

impl QrPaymentApi for ecom::Payment {
    type Started = ecom::InitiatedPayment;
    type Details = ecom::PaymentDetails;
    type Modification = ecom::Transaction;
    type Wait = ecom::Wait;
    type Capture = ecom::Capture;
    type Cancel = ecom::Cancel;

    fn wait_for_customer(&self) -> ecom::Wait {
        self.wait()
    }

    fn capture_everything(&self) -> ecom::Capture {
        self.capture_remaining()
    }

    fn cancel_payment(&self) -> ecom::Cancel {
        self.cancel()
    }
}

impl QrPaymentApi for epayment::Payment {
    type Started = epayment::CreatedPayment;
    type Details = epayment::PaymentDetails;
    type Modification = epayment::Modification;
    type Wait = epayment::Wait;
    type Capture = epayment::Capture;
    type Cancel = epayment::Cancel;

    fn wait_for_customer(&self) -> epayment::Wait {
        self.wait()
    }

    fn capture_everything(&self) -> epayment::Capture {
        self.capture_remaining()
    }

    fn cancel_payment(&self) -> epayment::Cancel {
        self.cancel()
    }
}
