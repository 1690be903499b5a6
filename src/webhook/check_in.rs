//! The event `user.checked-in.v1`.

use std::time::Duration;

use serde_json::{Map, Value};

use super::WebhookError;
use crate::types::{CustomerToken, MerchantSerialNumber, Timestamp};

/// How long a customer token lives.
const TOKEN_LIFE: Duration = Duration::from_secs(15 * 60);

/// A customer has scanned a merchant callback QR code, and waits.
///
/// Made by [`Verified::check_in`](super::Verified::check_in). It may come twice: the customer token is the same then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CheckIn {
    /// Who: for the ePayment API as it is, or to be exchanged for a phone number.
    pub customer_token: CustomerToken,
    /// Where: the id that the merchant gave to the code, or the beacon id of one that `MobilePay` printed.
    pub merchant_qr_id: String,
    /// The sales unit (wire name `msn` or `merchantSerialNumber`).
    pub merchant_serial_number: Option<MerchantSerialNumber>,
    /// When it was scanned.
    pub initiated_at: Option<Timestamp>,
}

impl CheckIn {
    pub(super) fn read(body: &[u8]) -> Result<Self, WebhookError> {
        let not = WebhookError::NotACheckIn;
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let Ok(Value::Object(event)) = serde_json::from_slice(body) else {
            return Err(not("the body is no JSON object"));
        };
        let token = text(&event, "customerToken").ok_or(not("there is no customerToken"))?;
        let number = || text(&event, "msn").or_else(|| text(&event, "merchantSerialNumber"));
        Ok(Self {
            customer_token: CustomerToken::parse(&token)
                .map_err(|_| not("customerToken is no token"))?,
            merchant_qr_id: text(&event, "merchantQrId").ok_or(not("there is no merchantQrId"))?,
            merchant_serial_number: number().and_then(|number| number.trim().parse().ok()),
            initiated_at: text(&event, "initiatedAt").map(Timestamp::from),
        })
    }

    /// When the customer token dies: 15 minutes after the scan. `None` when the event does not tell when that was.
    pub fn token_expires_at(&self) -> Option<jiff::Timestamp> {
        self.initiated_at
            .as_ref()?
            .instant()?
            .checked_add(TOKEN_LIFE)
            .ok()
    }

    /// Whether the customer token is still good at this moment; `false` when the event does not tell.
    ///
    /// The customer has long gone before that, so a merchant may want to be stricter.
    pub fn is_fresh(&self, now: jiff::Timestamp) -> bool {
        self.token_expires_at().is_some_and(|end| now < end)
    }
}

/// A member's text; numbers count as text, and an empty text as none.
fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}
