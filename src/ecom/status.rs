//! The deprecated request for the last transaction of a payment.

use serde::{Deserialize, Serialize};

use super::history::Operation;
use super::money;
use super::{Call, Payment};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::types::{Amount, OrderId, Timestamp, by_name, lenient};

/// A request for the last transaction of a payment. Made by
/// [`Payment::status`](super::Payment::status). The API has deprecated it: use
/// [`Payment::details`](super::Payment::details).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetStatus {
    payment: Payment,
    pub(crate) options: CallOptions,
}

operation! { GetStatus => PaymentStatus; deadline, merchant_serial_number, retry }

impl GetStatus {
    pub(super) fn new(payment: &Payment) -> Self {
        Self {
            payment: payment.clone(),
            options: payment.options(),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Code 35 if the sales unit has no payment with the order id.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response names another order.
    pub async fn send(self) -> Result<PaymentStatus> {
        let call = Call::new(&self.payment.runtime, &self.options);
        let response = call
            .run(|api| {
                api.get_order_status_using_get()
                    .order_id(self.payment.order_id.as_str())
                    .send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        response.check_order(&self.payment.order_id, wire.order_id.as_deref())?;
        Ok(PaymentStatus::new(
            self.payment.order_id,
            wire.transaction_info,
        ))
    }
}

/// The last transaction of a payment. Returned by [`Payment::status`](super::Payment::status),
/// which has an example.
///
/// The last transaction hides the earlier transactions: after a refund of 1 kr it does not show
/// that the payment is captured. An expired payment is shown as rejected. The JSON form is that of
/// the API.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentStatus {
    /// The order id.
    pub order_id: OrderId,
    /// The kind of the last transaction (wire name `status`).
    pub operation: Option<Operation>,
    /// The amount.
    pub amount: Option<Amount>,
    /// Vipps's id of the transaction.
    pub transaction_id: Option<String>,
    /// The time of the last transaction.
    pub timestamp: Option<Timestamp>,
}

impl PaymentStatus {
    fn new(order_id: OrderId, last: Option<LastTransaction>) -> Self {
        let last = last.unwrap_or_default();
        Self {
            order_id,
            operation: last.status,
            amount: last.amount,
            transaction_id: last.transaction_id,
            timestamp: last.time_stamp,
        }
    }
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentStatus => Wire; }

by_name::json_form! { PaymentStatus => Wire; }

impl From<&PaymentStatus> for Wire {
    fn from(status: &PaymentStatus) -> Self {
        Self {
            order_id: Some(status.order_id.to_string()),
            transaction_info: Some(LastTransaction {
                amount: status.amount,
                status: status.operation.clone(),
                transaction_id: status.transaction_id.clone(),
                time_stamp: status.timestamp.clone(),
            }),
        }
    }
}

impl TryFrom<Wire> for PaymentStatus {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let order_id = wire.order_id.and_then(|id| id.parse().ok());
        let order_id = order_id.ok_or("the order id is missing or not valid")?;
        Ok(Self::new(order_id, wire.transaction_info))
    }
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    order_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_part")]
    transaction_info: Option<LastTransaction>,
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "TransactionInfo", transform = crate::types::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
struct LastTransaction {
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    status: Option<Operation>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    time_stamp: Option<Timestamp>,
}
