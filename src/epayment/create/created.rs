//! A payment that has been created.

use serde::{Deserialize, Serialize};

use crate::types::{MerchantSerialNumber, Reference, RequestId, Sensitive, Timestamp, by_name};

/// A payment that has been created, with the link for the customer. Returned by
/// [`Create`](super::Create).
///
/// The JSON form is for storage, and contains the link. `Debug` does not show it.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// use vipps::Amount;
/// use vipps::epayment::CreatedPayment;
///
/// let created = vipps.epayment().create("kiosk-7-000451".parse()?, Amount::nok(49)).qr().await?;
/// let row = serde_json::to_string(&created)?;
///
/// // After a restart:
/// let created: CreatedPayment = serde_json::from_str(&row)?;
/// let details = created.payment(&vipps).details().await?;
/// assert_eq!(details.amount(), Some(Amount::nok(49)));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedPayment {
    pub(super) reference: Reference,
    pub(super) redirect_url: Option<Sensitive>,
    pub(super) expires_at: Option<jiff::Timestamp>,
    pub(super) merchant_serial_number: Option<MerchantSerialNumber>,
    pub(super) idempotency_key: Option<RequestId>,
}

/// The JSON form of a [`CreatedPayment`].
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    reference: Reference,
    redirect_url: Option<Sensitive>,
    expires_at: Option<Timestamp>,
    merchant_serial_number: Option<MerchantSerialNumber>,
    idempotency_key: Option<RequestId>,
}

by_name::json_form! { CreatedPayment => Stored; }

impl From<&CreatedPayment> for Stored {
    fn from(created: &CreatedPayment) -> Self {
        let created = created.clone();
        Self {
            reference: created.reference,
            redirect_url: created.redirect_url,
            expires_at: created.expires_at.map(Timestamp::from),
            merchant_serial_number: created.merchant_serial_number,
            idempotency_key: created.idempotency_key,
        }
    }
}

impl From<Stored> for CreatedPayment {
    fn from(stored: Stored) -> Self {
        Self {
            reference: stored.reference,
            redirect_url: stored.redirect_url,
            expires_at: stored.expires_at.and_then(|time| time.instant()),
            merchant_serial_number: stored.merchant_serial_number,
            idempotency_key: stored.idempotency_key,
        }
    }
}

impl CreatedPayment {
    /// Returns the reference.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Returns the link that takes the customer to the payment. For the flow `QR` it is the link to
    /// the image, or the text of the code. It is `None` for the flow `PUSH_MESSAGE`.
    ///
    /// Open the link unchanged, and never in a frame. It contains a token, so do not log it. It is
    /// valid for as long as the payment: 10 minutes, or until the expiry of a long-living payment.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect_url.as_ref().map(Sensitive::expose)
    }

    /// Returns the idempotency key of the request.
    pub fn idempotency_key(&self) -> Option<&RequestId> {
        self.idempotency_key.as_ref()
    }

    /// Returns the expiry of a long-living payment.
    ///
    /// For another payment it is usually `None`. If an earlier call with the same key had created
    /// the payment, and the API refused to create it twice, the expiry is 10 minutes after the
    /// creation in the event log.
    pub fn expires_at(&self) -> Option<jiff::Timestamp> {
        self.expires_at
    }

    /// Returns the sales unit that the payment was created for, or `None` if it is the sales unit
    /// of the credentials.
    pub fn merchant_serial_number(&self) -> Option<&MerchantSerialNumber> {
        self.merchant_serial_number.as_ref()
    }
}
