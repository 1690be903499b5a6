//! The result of a payment.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::CallbackError;
use crate::client::Vipps;
use crate::ecom::error_codes::ERROR_CODES;
use crate::ecom::money::ore;
use crate::ecom::{Payment, ShippingDetails, UserDetails};
use crate::error::ApiError;
use crate::types::open_enum::open_enum;
use crate::types::{Amount, MerchantSerialNumber, OrderId, Timestamp, by_name};

open_enum! {
    /// What a callback says of a payment.
    pub enum CallbackStatus {
        /// The customer approved, and the money is reserved. Regular payments say `RESERVED`, express ones `RESERVE`.
        Reserved = "RESERVED" | "RESERVE",
        /// The customer approved, and the money is captured at once (direct capture).
        Sale = "SALE",
        /// The customer said no in the app.
        Cancelled = "CANCELLED" | "CANCEL" | "AUTO_CANCEL",
        /// The customer said no on the landing page, or did not act. The error does not tell these apart either.
        Rejected = "REJECTED" | "REJECT",
        /// The reservation failed.
        ReserveFailed = "RESERVE_FAILED" | "RESERVED_FAILED",
        /// The direct capture failed.
        SaleFailed = "SALE_FAILED",
    }
}

/// What Vipps tells of a payment when it is decided: a hint to look at its details, which alone are the truth.
///
/// Everything but the order id may be missing. `Debug` shows no personal data. Where a
/// [`Poll`](crate::ecom::Poll) waits for the payment already, its [`trigger`](crate::ecom::Poll::trigger) makes it poll
/// at once.
///
/// ```
/// # async fn f(vipps: &vipps::Vipps, update: vipps::callback::PaymentUpdate) -> vipps::Result<()> {
/// let details = update.payment(vipps).details().await?;
/// if details.state().is_paid() {
///     println!("{} is paid", update.order_id);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PaymentUpdate {
    /// The order.
    pub order_id: OrderId,
    /// The sales unit.
    pub merchant_serial_number: Option<MerchantSerialNumber>,
    /// What became of it.
    pub status: Option<CallbackStatus>,
    /// The amount; for express payments with the shipping cost.
    pub amount: Option<Amount>,
    /// Vipps's id of the transaction; missing when nothing was reserved.
    pub transaction_id: Option<String>,
    /// When it happened.
    pub timestamp: Option<Timestamp>,
    /// Why the payment failed (wire name `errorInfo`); only some failures say.
    pub error: Option<ApiError>,
    /// The customer, for express payments and where a scope was asked for.
    pub user: Option<UserDetails>,
    /// Where to send the goods and how, for express payments.
    pub shipping: Option<ShippingDetails>,
}

impl PaymentUpdate {
    /// Reads a body whose sender is known already: [`parse`](super::parse) checks that too.
    ///
    /// # Errors
    /// When the body is no JSON object with an order id.
    pub fn from_slice(body: &[u8]) -> Result<Self, CallbackError> {
        Self::read(None, body)
    }

    /// The order id of the path, if there is one, must be that of the body.
    pub(super) fn read(of_path: Option<OrderId>, body: &[u8]) -> Result<Self, CallbackError> {
        let mut update = object(body)?;
        let of_body = text(&update, "orderId");
        let order_id = match (of_path, of_body) {
            (Some(path), None) => path,
            (Some(path), Some(body)) if path.as_str() == body => path,
            (Some(_), Some(_)) => {
                return Err(CallbackError::body(
                    "orderId",
                    "must be the one of the path",
                ));
            }
            (None, Some(body)) => OrderId::parse(&body)
                .map_err(|e| CallbackError::body("orderId", e.rule().to_owned()))?,
            (None, None) => return Err(CallbackError::body("orderId", "must be there")),
        };
        let nothing = Map::new();
        let info = update.get("transactionInfo").and_then(Value::as_object);
        let info = info.unwrap_or(&nothing);
        Ok(Self {
            order_id,
            merchant_serial_number: text(&update, "merchantSerialNumber")
                .and_then(|number| number.trim().parse().ok()),
            status: text(info, "status").map(CallbackStatus::from),
            amount: integer(info, "amount").map(ore),
            transaction_id: text(info, "transactionId"),
            timestamp: text(info, "timeStamp").map(Timestamp::from),
            error: update.get("errorInfo").and_then(error),
            user: update.remove("userDetails").and_then(read),
            shipping: update.remove("shippingDetails").and_then(read),
        })
    }

    /// Returns the payment of this callback, to read its details from.
    ///
    /// Every call on it acts for the sales unit that the callback names. A callback without a readable
    /// `merchantSerialNumber` means the sales unit of the client. Partners receive the callbacks of many sales units;
    /// a call for the wrong one fails with error 35.
    pub fn payment(&self, vipps: &Vipps) -> Payment {
        let payment = vipps.ecom().payment(&self.order_id);
        match &self.merchant_serial_number {
            Some(number) => payment.merchant_serial_number(number.clone()),
            None => payment,
        }
    }
}

fn error(info: &Value) -> Option<ApiError> {
    match info {
        Value::Object(object) => ApiError::from_object(object, &[ERROR_CODES]),
        Value::Array(list) => list.iter().find_map(error),
        _ => None,
    }
}

/// What has a reading of its own; nothing if it cannot be read.
fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    value.is_object().then(|| by_name::from_value(value).ok())?
}

/// The outermost object of a body.
pub(super) fn object(body: &[u8]) -> Result<Map<String, Value>, CallbackError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(CallbackError::body("body", "must be a JSON object")),
        // The parser's own words may repeat what it read.
        Err(e) => Err(CallbackError::body(
            "body",
            format!(
                "must be JSON; it is not at line {}, column {}",
                e.line(),
                e.column()
            ),
        )),
    }
}

/// A member's text; numbers count as text, and an empty text as none.
pub(super) fn text(object: &Map<String, Value>, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty())
}

/// A member's whole number, which may be spelled as text.
pub(super) fn integer(object: &Map<String, Value>, name: &str) -> Option<i64> {
    crate::types::lenient::opt_integer(object.get(name)?).ok()?
}
