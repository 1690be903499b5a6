//! What capture, cancel and refund answer: one type for the three, since they differ only in spelling.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::details::PaymentDetails;
use super::history::{Event, Operation, Summary, WireSummary};
use crate::call::Answer;
use crate::error::Result;
use crate::types::open_enum::open_enum;
use crate::types::{Amount, OrderId, RequestId, Timestamp, lenient};

open_enum! {
    /// What a capture, cancel or refund came to.
    pub enum TransactionStatus {
        /// The money is the merchant's.
        Captured = "Captured" | "Capture",
        /// The payment is given up, or what remained of its reservation.
        Cancelled = "Cancelled" | "Cancel" | "Void",
        /// The money goes back.
        Refunded = "Refund" | "Refunded",
    }
}

/// A capture, cancel or refund that succeeded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Transaction {
    /// The order.
    pub order_id: OrderId,
    /// How much was moved, in øre; for a cancel what was given up.
    pub amount: Option<Amount>,
    /// What was done.
    pub status: Option<TransactionStatus>,
    /// Vipps's id of the transaction; absent when a payment was cancelled before the customer approved it.
    pub transaction_id: Option<String>,
    /// The text of the transaction.
    pub text: Option<String>,
    /// When it was done.
    pub timestamp: Option<Timestamp>,
    /// The sums after it.
    pub summary: Option<Summary>,
    /// How the customer paid, such as `Mastercard`.
    pub payment_instrument: Option<String>,
    /// The idempotency key that the request carried, to be stored with it.
    pub idempotency_key: Option<RequestId>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parts {
    transaction_info: Option<WireInfo>,
    transaction: Option<WireInfo>,
    transaction_summary: Option<WireSummary>,
    #[serde(deserialize_with = "lenient::opt_text")]
    payment_instrument: Option<String>,
}

// The same where a part may be anything.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire<'a> {
    #[serde(borrow)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<WireInfo>"))]
    transaction_info: Option<&'a RawValue>,
    /// What a refund calls it.
    #[serde(borrow)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<WireInfo>"))]
    transaction: Option<&'a RawValue>,
    #[serde(borrow)]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<WireSummary>"))]
    transaction_summary: Option<&'a RawValue>,
    #[serde(deserialize_with = "lenient::opt_text")]
    payment_instrument: Option<String>,
}

#[derive(Default, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "TransactionInfo", transform = crate::schema::read)
)]
#[serde(rename_all = "camelCase", default)]
struct WireInfo {
    #[serde(deserialize_with = "lenient::opt_amount")]
    amount: Option<Amount>,
    status: Option<TransactionStatus>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_text: Option<String>,
    time_stamp: Option<Timestamp>,
}

#[cfg(feature = "schemars")]
crate::schema::same_as! { crate::schema::read: Transaction, "Transaction" => Wire; }

impl From<Wire<'_>> for Parts {
    fn from(wire: Wire<'_>) -> Self {
        Self {
            transaction_info: wire.transaction_info.and_then(lenient::part),
            transaction: wire.transaction.and_then(lenient::part),
            transaction_summary: wire.transaction_summary.and_then(lenient::part),
            payment_instrument: wire.payment_instrument,
        }
    }
}

impl Transaction {
    pub(super) fn read(order_id: OrderId, answer: Answer) -> Result<Self> {
        let wire = answer.decode_parts::<Parts, Wire<'_>>()?;
        let (info, summary) = (
            wire.transaction_info.or(wire.transaction),
            wire.transaction_summary,
        );
        if info.is_none() && summary.is_none() {
            return Err(
                answer.unreadable("the answer is a success, but says nothing of a transaction")
            );
        }
        let info = info.unwrap_or_default();
        let payment_instrument = wire.payment_instrument;
        Ok(Self {
            order_id,
            amount: info.amount,
            status: info.status,
            transaction_id: info.transaction_id,
            text: info.transaction_text,
            timestamp: info.time_stamp,
            summary: summary.map(|sums| sums.or(Summary::default)),
            payment_instrument,
            idempotency_key: answer.effort.into_key(),
        })
    }

    /// A cancel whose answer was lost, told by the details afterwards.
    pub(super) fn cancelled(details: &PaymentDetails) -> Self {
        let gave_up =
            |e: &&Event| e.succeeded() && (e.is(&Operation::Void) || e.is(&Operation::Cancel));
        let last = details.events().iter().find(gave_up);
        Self {
            order_id: details.order_id().clone(),
            amount: last.and_then(|e| e.amount),
            status: Some(TransactionStatus::Cancelled),
            transaction_id: last.and_then(|e| e.transaction_id.clone()),
            text: last.and_then(|e| e.text.clone()),
            timestamp: last.and_then(|e| e.timestamp.clone()),
            summary: details.summary().cloned(),
            payment_instrument: None,
            idempotency_key: None,
        }
    }
}
