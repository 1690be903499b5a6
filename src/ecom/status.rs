//! The deprecated request for the last transaction of a payment.

use serde::Deserialize;

use super::Call;
use super::history::Operation;
use super::money;
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{Amount, OrderId, Timestamp, lenient};

/// A request for the last transaction of a payment. Made by
/// [`Payment::status`](super::Payment::status). The API has deprecated it: use
/// [`Payment::details`](super::Payment::details).
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetStatus {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    order_id: OrderId,
}

operation! { GetStatus => PaymentStatus; deadline, merchant_serial_number, retry }

impl GetStatus {
    pub(super) fn new(runtime: Runtime, order_id: OrderId) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            order_id,
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Code 35 when the sales unit has no payment with the order id. Otherwise the errors of every
    /// read.
    pub async fn send(self) -> Result<PaymentStatus> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                api.get_order_status_using_get()
                    .order_id(self.order_id.as_str())
                    .send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        response.check_order(&self.order_id, wire.order_id.as_deref())?;
        let last = wire.transaction_info.unwrap_or_default();
        Ok(PaymentStatus {
            order_id: self.order_id,
            operation: last.status,
            amount: last.amount,
            transaction_id: last.transaction_id,
            timestamp: last.time_stamp,
        })
    }
}

/// The last transaction of a payment, without the earlier ones: a refund of 1 kr hides that the
/// payment is captured. An expired payment shows as rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PaymentStatus {
    /// The order.
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

#[cfg(feature = "schemars")]
crate::json_schema::read_as! { PaymentStatus => Wire; }

#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    order_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt")]
    transaction_info: Option<Last>,
}

#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "TransactionInfo", transform = crate::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
struct Last {
    #[serde(deserialize_with = "money::opt_amount")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    status: Option<Operation>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    time_stamp: Option<Timestamp>,
}
