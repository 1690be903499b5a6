//! The event `user.checked-in.v1`.

use std::time::Duration;

use serde::Deserialize;

use super::WebhookError;
use super::event::read_object;
use crate::types::{CustomerToken, MerchantSerialNumber, Timestamp, lenient};

/// The lifetime of a customer token (QR guide).
const TOKEN_LIFETIME: Duration = Duration::from_secs(15 * 60);

/// The check-in of a customer, who has scanned a merchant callback QR code and waits for a payment.
///
/// Returned by [`Verified::event`](super::Verified::event) and
/// [`Verified::check_in`](super::Verified::check_in). The event may arrive twice, with the same
/// customer token. Respond to it with a payment:
///
/// ```
/// use vipps::webhooks::CheckIn;
/// use vipps::{Amount, Vipps};
///
/// /// Pushes a payment to the customer who has scanned the code of a till.
/// async fn pay(vipps: &Vipps, check_in: CheckIn) -> Result<(), Box<dyn std::error::Error>> {
///     if !check_in.is_fresh(jiff::Timestamp::now()) {
///         return Ok(()); // the customer no longer waits
///     }
///     println!("payment for the till {}", check_in.merchant_qr_id);
///     let payment = vipps
///         .epayment()
///         .create("till-1-000451".parse()?, Amount::nok(49))
///         .push_message(check_in.customer_token)
///         .customer_present()
///         .await?;
///     # let _ = payment;
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckIn {
    /// The token of the customer, for
    /// [`NewPayment::push_message`](crate::epayment::NewPayment::push_message). For eCom,
    /// [`Qr::exchange_customer`](crate::qr::Qr::exchange_customer) exchanges it for a phone number.
    pub customer_token: CustomerToken,
    /// The merchant's id of the code, or the beacon id of a code that `MobilePay` printed.
    pub merchant_qr_id: String,
    /// The sales unit (wire name `msn` or `merchantSerialNumber`).
    pub merchant_serial_number: Option<MerchantSerialNumber>,
    /// The time of the scan.
    pub initiated_at: Option<Timestamp>,
}

/// The members of a [`CheckIn`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["customerToken", "merchantQrId"]))
)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "CustomerToken"))]
    customer_token: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "String"))]
    merchant_qr_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<MerchantSerialNumber>"))]
    msn: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<MerchantSerialNumber>"))]
    merchant_serial_number: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    initiated_at: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { CheckIn => Wire; }

impl CheckIn {
    pub(super) fn read(body: &[u8]) -> Result<Self, WebhookError> {
        let error = WebhookError::NotACheckIn;
        let event: Wire = read_object(body).map_err(|_| error("the body is not a JSON object"))?;
        let token = event
            .customer_token
            .ok_or(error("customerToken is missing"))?;
        let number = event.msn.or(event.merchant_serial_number);
        Ok(Self {
            customer_token: CustomerToken::parse(&token)
                .map_err(|_| error("customerToken is not a valid token"))?,
            merchant_qr_id: event
                .merchant_qr_id
                .ok_or(error("merchantQrId is missing"))?,
            merchant_serial_number: number.and_then(|number| number.trim().parse().ok()),
            initiated_at: event.initiated_at.map(Timestamp::from),
        })
    }

    /// Returns the time at which the customer token expires, 15 minutes after the scan. `None` if
    /// the event has no time of the scan.
    pub fn token_expires_at(&self) -> Option<jiff::Timestamp> {
        self.initiated_at
            .as_ref()?
            .instant()?
            .checked_add(TOKEN_LIFETIME)
            .ok()
    }

    /// Returns `true` if the customer token is valid at this time; `false` if the event has no time
    /// of the scan.
    ///
    /// The token is valid for 15 minutes. Customers wait for a shorter time, so a merchant may want
    /// a shorter limit.
    pub fn is_fresh(&self, now: jiff::Timestamp) -> bool {
        self.token_expires_at().is_some_and(|end| now < end)
    }
}
