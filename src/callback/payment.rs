//! The callback with the result of a payment.

use serde::Deserialize;
use serde_json::Value;

use super::CallbackError;
use super::body::read;
use crate::client::Vipps;
use crate::ecom::error_codes::ERROR_CODES;
use crate::ecom::money;
use crate::ecom::{Payment, ShippingDetails, UserDetails};
use crate::error::ApiError;
use crate::types::open_enum::open_enum;
use crate::types::{Amount, MerchantSerialNumber, OrderId, Timestamp, lenient};

open_enum! {
    /// The payment status of a callback. The [module documentation](crate::callback) has an
    /// example.
    pub enum CallbackStatus {
        /// The customer approved, and the money is reserved: `RESERVED` for regular payments,
        /// `RESERVE` for express payments.
        Reserved = "RESERVED" | "RESERVE",
        /// The customer approved, and the money is captured at once (direct capture).
        Sale = "SALE",
        /// The customer cancelled in the app.
        Cancelled = "CANCELLED" | "CANCEL" | "AUTO_CANCEL",
        /// The customer cancelled on the landing page, or did not act. The callback does not
        /// distinguish the two.
        Rejected = "REJECTED" | "REJECT",
        /// The reservation failed.
        ReserveFailed = "RESERVE_FAILED" | "RESERVED_FAILED",
        /// The direct capture failed.
        SaleFailed = "SALE_FAILED",
    }
}

/// The update that the API sends when a payment is decided. Use it as a trigger to read the
/// payment's details, which are authoritative.
///
/// All fields except the order id may be missing. `Debug` shows no personal data. If a
/// [`Poll`](crate::ecom::Poll) already waits for the payment, its
/// [`trigger`](crate::ecom::Poll::trigger) makes it poll at once.
///
/// ```
/// # async fn f(vipps: &vipps::Vipps, update: vipps::callback::PaymentUpdate) -> vipps::Result<()> {
/// let details = update.payment(vipps).details().await?;
/// if details.state().is_paid() {
///     println!("{} is paid", update.order_id);
/// }
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PaymentUpdate {
    /// The order id.
    pub order_id: OrderId,
    /// The sales unit.
    pub merchant_serial_number: Option<MerchantSerialNumber>,
    /// The status of the payment.
    pub status: Option<CallbackStatus>,
    /// The amount, with the shipping cost of an express payment.
    pub amount: Option<Amount>,
    /// The API's id of the transaction; missing if no money was reserved.
    pub transaction_id: Option<String>,
    /// The time of the status change.
    pub timestamp: Option<Timestamp>,
    /// The error of a failed payment (wire name `errorInfo`); some failures have no error.
    pub error: Option<ApiError>,
    /// The customer, for express payments and payments with a scope.
    pub user: Option<UserDetails>,
    /// The address and shipping method, for express payments.
    pub shipping: Option<ShippingDetails>,
}

/// The members of a [`PaymentUpdate`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["orderId"]))
)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "OrderId"))]
    order_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<MerchantSerialNumber>"))]
    merchant_serial_number: Option<String>,
    #[serde(deserialize_with = "lenient::opt")]
    transaction_info: Option<WireInfo>,
    #[cfg_attr(
        feature = "schemars",
        schemars(with = "Option<crate::raw::ecom::types::Error>")
    )]
    error_info: Value,
    #[serde(deserialize_with = "lenient::opt")]
    user_details: Option<UserDetails>,
    #[serde(deserialize_with = "lenient::opt")]
    shipping_details: Option<ShippingDetails>,
}

#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(inline, transform = crate::types::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
struct WireInfo {
    #[serde(deserialize_with = "money::opt_amount")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<CallbackStatus>"))]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    time_stamp: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    transaction_id: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentUpdate => Wire; }

impl PaymentUpdate {
    /// Reads the body of a callback that is already authenticated. [`parse`](super::parse) does
    /// both.
    ///
    /// # Errors
    /// [`CallbackError::BadBody`] if the body is not a JSON object with an order id.
    pub fn from_slice(body: &[u8]) -> Result<Self, CallbackError> {
        Self::read(None, body)
    }

    /// Reads the body. An order id in the body must equal the order id of the path.
    pub(super) fn read(path_order_id: Option<OrderId>, body: &[u8]) -> Result<Self, CallbackError> {
        let update: Wire = read(body)?;
        let order_id = match (path_order_id, update.order_id) {
            (Some(path), None) => path,
            (Some(path), Some(body)) if path.as_str() == body => path,
            (Some(_), Some(_)) => {
                return Err(CallbackError::body(
                    "orderId",
                    "must be the order id of the path",
                ));
            }
            (None, Some(body)) => OrderId::parse(&body)
                .map_err(|e| CallbackError::body("orderId", e.rule().to_owned()))?,
            (None, None) => return Err(CallbackError::body("orderId", "must not be missing")),
        };
        let info = update.transaction_info.unwrap_or_default();
        Ok(Self {
            order_id,
            merchant_serial_number: update
                .merchant_serial_number
                .and_then(|number| number.trim().parse().ok()),
            status: info.status.map(CallbackStatus::from),
            amount: info.amount,
            transaction_id: info.transaction_id,
            timestamp: info.time_stamp.map(Timestamp::from),
            error: read_error(&update.error_info),
            user: update.user_details,
            shipping: update.shipping_details,
        })
    }

    /// Returns a handle to the payment of this callback.
    ///
    /// Every call on it acts for the sales unit that the callback names. A callback without a
    /// readable `merchantSerialNumber` means the sales unit of the client. Partners receive the
    /// callbacks of many sales units; a call for the wrong one fails with error 35.
    pub fn payment(&self, vipps: &Vipps) -> Payment {
        let payment = vipps.ecom().payment(self.order_id.clone());
        match &self.merchant_serial_number {
            Some(number) => payment.merchant_serial_number(number.clone()),
            None => payment,
        }
    }
}

fn read_error(info: &Value) -> Option<ApiError> {
    match info {
        Value::Object(object) => ApiError::from_object(object, &[ERROR_CODES]),
        Value::Array(list) => list.iter().find_map(read_error),
        _ => None,
    }
}
