//! The result of a capture, cancel or refund. The three responses differ only in the names of their
//! members, so one type represents them.

use serde::{Deserialize, Serialize};

use super::details::PaymentDetails;
use super::history::{Event, Operation};
use super::money;
use super::sums::{StatedSums, Summary, WireSummary};
use crate::call::Response;
use crate::error::Result;
use crate::error::success_body::lists_errors;
use crate::types::open_enum::open_enum;
use crate::types::{Amount, OrderId, RequestId, Timestamp, by_name, lenient};

/// The longest part of an unknown status that an error shows.
const MAX_STATUS: usize = 40;

open_enum! {
    /// The status that a capture, cancel or refund results in.
    pub enum TransactionStatus {
        /// The money is captured.
        Captured = "Captured" | "Capture",
        /// The payment is cancelled, or the rest of its reservation is released.
        Cancelled = "Cancelled" | "Cancel" | "Void",
        /// The money is refunded.
        Refunded = "Refund" | "Refunded",
    }
}

/// A capture, cancel or refund that succeeded: its response agrees with the request.
///
/// Store it with the order. The JSON form is that of the response to a capture, and the idempotency
/// key (`idempotencyKey`):
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(200), "Socks".parse()?).await?;
/// # sim.payer().approve("order-1")?;
/// use vipps::ecom::Transaction;
///
/// let captured = vipps.ecom().payment("order-1".parse()?).capture_remaining().await?;
/// let stored = serde_json::to_string(&captured)?;
/// assert_eq!(serde_json::from_str::<Transaction>(&stored)?, captured);
/// # Ok(()) }
/// ```
///
/// A response of HTTP 200 becomes an error with [`Outcome::Unknown`](crate::Outcome::Unknown) if it
/// has another status, another amount, an error, or sums in which the money did not move. It also
/// does if it has no status, no amount, and no sums that show the operation, or if everything was
/// captured, the amount is not positive, and no sums show the capture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transaction {
    /// The order id.
    pub order_id: OrderId,
    /// The amount that was captured or refunded; for a cancel the amount that was released.
    pub amount: Option<Amount>,
    /// The status after the operation.
    pub status: Option<TransactionStatus>,
    /// Vipps's id of the transaction; missing if a payment was cancelled before its approval.
    pub transaction_id: Option<String>,
    /// The text of the transaction.
    pub text: Option<String>,
    /// The time of the transaction.
    pub timestamp: Option<Timestamp>,
    /// The sums after the transaction; missing if the response leaves out one of the four sums.
    pub summary: Option<Summary>,
    /// The payment instrument of the customer, such as `Mastercard`.
    pub payment_instrument: Option<String>,
    /// The idempotency key that the request carried. Store it with the transaction.
    pub idempotency_key: Option<RequestId>,
}

/// A capture, cancel or refund as it was requested. A capture without an amount captures everything
/// that remains.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Requested {
    Capture(Option<Amount>),
    Cancel,
    Refund(Amount),
}

impl Requested {
    /// Fails with the reason unless the response agrees with the request.
    ///
    /// HTTP 200 alone does not prove success. The API documents no response with another status,
    /// amount or sums than the request leads to, so such a response leaves the outcome unknown.
    fn check(self, info: &WireInfo, stated: &StatedSums) -> Result<(), String> {
        let is_done = self.is_done(stated);
        let states_amount = info.amount.is_some_and(Amount::is_positive);
        if info.status.is_none() && !states_amount && is_done.is_none() {
            return Err(
                "it states neither a status nor an amount nor sums that show the operation"
                    .to_owned(),
            );
        }
        if let Some(status) = &info.status {
            let is_success = self.is_own(status).or(is_done).unwrap_or_default();
            if !is_success {
                let status: String = status.as_str().chars().take(MAX_STATUS).collect();
                return Err(format!(
                    "its status is {status:?}, which is not a success of this operation"
                ));
            }
        }
        if let (Self::Capture(Some(requested)) | Self::Refund(requested), Some(amount)) =
            (self, info.amount)
            && requested != amount
        {
            return Err(format!(
                "{requested} was requested, and its amount is {amount}"
            ));
        }
        if let (Self::Capture(None), Some(amount)) = (self, info.amount)
            && !amount.is_positive()
            && is_done != Some(true)
        {
            return Err(format!(
                "its amount is {amount}, and no sums show that money moved"
            ));
        }
        if is_done == Some(false) {
            return Err("its sums state that the money did not move as requested".to_owned());
        }
        Ok(())
    }

    /// Returns whether the status names this operation, or `None` for an unknown status.
    fn is_own(self, status: &TransactionStatus) -> Option<bool> {
        let operation = match status {
            TransactionStatus::Captured => Operation::Capture,
            TransactionStatus::Cancelled => Operation::Cancel,
            TransactionStatus::Refunded => Operation::Refund,
            TransactionStatus::Unknown(word) => match Operation::from(word.as_str()) {
                Operation::Unknown(_) => return None,
                known => known,
            },
        };
        Some(match self {
            Self::Capture(_) => matches!(operation, Operation::Capture | Operation::Sale),
            Self::Cancel => matches!(operation, Operation::Cancel | Operation::Void),
            Self::Refund(_) => operation == Operation::Refund,
        })
    }

    /// Returns whether the sums state that the operation took place, or `None` if they do not show
    /// it.
    fn is_done(self, stated: &StatedSums) -> Option<bool> {
        if stated.contradict_themselves() {
            return Some(false);
        }
        let has_moved = |sum: Option<Amount>, min| sum.map(|sum| sum.minor_units() >= min);
        let nothing_left = |rest: Option<Amount>| rest.map(Amount::is_zero);
        match self {
            Self::Capture(Some(amount)) => has_moved(stated.captured, amount.minor_units()),
            Self::Capture(None) => match has_moved(stated.captured, 1) {
                Some(false) => Some(false),
                _ => nothing_left(stated.remaining_to_capture),
            },
            Self::Cancel => nothing_left(stated.remaining_to_capture),
            Self::Refund(amount) => has_moved(stated.refunded, amount.minor_units()),
        }
    }
}

/// The members of a [`Transaction`] in JSON. An unreadable part does not fail the response.
#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    order_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_part")]
    transaction_info: Option<WireInfo>,
    /// The name of `transactionInfo` in the response to a refund.
    #[serde(deserialize_with = "lenient::opt_part", skip_serializing)]
    transaction: Option<WireInfo>,
    #[serde(deserialize_with = "lenient::opt_part")]
    transaction_summary: Option<WireSummary>,
    #[serde(deserialize_with = "lenient::opt_text")]
    payment_instrument: Option<String>,
    /// The key of a stored transaction. No response contains it.
    #[serde(deserialize_with = "lenient::opt")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    idempotency_key: Option<RequestId>,
}

#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "TransactionInfo", transform = crate::types::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
struct WireInfo {
    #[serde(with = "money::opt_ore")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<money::Ore>"))]
    amount: Option<Amount>,
    status: Option<TransactionStatus>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_text")]
    transaction_text: Option<String>,
    time_stamp: Option<Timestamp>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Transaction => Wire; }

impl Wire {
    fn info(&self) -> Option<&WireInfo> {
        self.transaction_info.as_ref().or(self.transaction.as_ref())
    }

    fn stated(&self) -> StatedSums {
        let summary = self.transaction_summary.as_ref();
        summary.map(WireSummary::stated).unwrap_or_default()
    }
}

by_name::json_form! { Transaction => Wire; }

impl From<&Transaction> for Wire {
    fn from(transaction: &Transaction) -> Self {
        Self {
            order_id: Some(transaction.order_id.to_string()),
            transaction_info: Some(WireInfo {
                amount: transaction.amount,
                status: transaction.status.clone(),
                transaction_id: transaction.transaction_id.clone(),
                transaction_text: transaction.text.clone(),
                time_stamp: transaction.timestamp.clone(),
            }),
            transaction: None,
            transaction_summary: transaction.summary.as_ref().map(WireSummary::from),
            payment_instrument: transaction.payment_instrument.clone(),
            idempotency_key: transaction.idempotency_key.clone(),
        }
    }
}

impl TryFrom<Wire> for Transaction {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let order_id = wire.order_id.as_deref().and_then(|id| id.parse().ok());
        let order_id = order_id.ok_or("the order id is missing or not valid")?;
        Ok(Self::new(order_id, wire))
    }
}

impl Transaction {
    /// Reads a response of HTTP 200. Fails with an unknown outcome if the response contradicts the
    /// request.
    pub(super) fn read(
        order_id: OrderId,
        requested: Requested,
        response: Response,
    ) -> Result<Self> {
        let wire: Wire = response.decode()?;
        response.check_order(&order_id, wire.order_id.as_deref())?;
        let agrees = if lists_errors(&response.body) {
            Err("it contains an error".to_owned())
        } else {
            requested.check(wire.info().unwrap_or(&WireInfo::default()), &wire.stated())
        };
        if let Err(reason) = agrees {
            return Err(response.decode_error(format!(
                "the response is no proof of a success: {reason}; read the details"
            )));
        }
        let mut transaction = Self::new(order_id, wire);
        transaction.idempotency_key = response.into_key();
        Ok(transaction)
    }

    fn new(order_id: OrderId, wire: Wire) -> Self {
        let info = wire.transaction_info.or(wire.transaction);
        let info = info.unwrap_or_default();
        let summary = wire.transaction_summary.map(Summary::try_from);
        Self {
            order_id,
            amount: info.amount,
            status: info.status,
            transaction_id: info.transaction_id,
            text: info.transaction_text,
            timestamp: info.time_stamp,
            summary: summary.and_then(Result::ok),
            payment_instrument: wire.payment_instrument,
            idempotency_key: wire.idempotency_key,
        }
    }

    /// Returns the result of a cancel whose response was lost, from details that were read
    /// afterwards.
    pub(super) fn cancelled(details: &PaymentDetails) -> Self {
        let is_cancel =
            |e: &&Event| e.succeeded() && (e.is(&Operation::Void) || e.is(&Operation::Cancel));
        let last = details.events().iter().find(is_cancel);
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
