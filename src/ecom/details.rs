//! The details of a payment: its history, and the operations that can succeed next.

mod customer;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::history::{self, Event, Operation};
use super::state::{self, PaymentState};
use super::sums::{StatedSums, Summary, WireSummary};
pub use customer::{ShippingDetails, UserDetails};

use super::{Call, Payment};
use crate::call::{CallOptions, OTHER_ORDER, operation};
use crate::error::Result;
use crate::payment;
use crate::types::{OrderId, Sensitive, Timestamp, by_name, lenient};

const NO_HISTORY: &str = "the details cannot be read: transactionLogHistory is missing, so that they \
                          do not state what happened to the payment";

/// The time in which a customer can approve: five minutes on the landing page, and five more in the
/// app (eCom guide).
const TIME_TO_PAY: Duration = Duration::from_secs(600);

/// A request for the details of a payment. Made by [`Payment::details`](super::Payment::details);
/// `.await` sends it.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetDetails {
    pub(super) payment: Payment,
    pub(super) options: CallOptions,
}

operation! { GetDetails => PaymentDetails; deadline, merchant_serial_number, retry }

impl GetDetails {
    /// Sends the request.
    ///
    /// # Errors
    /// Code 35 if the sales unit has no payment with the order id.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no history, or names
    /// another order.
    pub async fn send(self) -> Result<PaymentDetails> {
        let call = Call::new(&self.payment.runtime, &self.options);
        let order_id = self.payment.order_id.as_str();
        let response = call
            .run(|api| {
                api.get_payment_details_using_get()
                    .order_id(order_id)
                    .send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        let mut details = PaymentDetails::new(self.payment.order_id, wire)
            .map_err(|reason| response.decode_error(reason))?;
        details.as_of = response.date();
        Ok(details)
    }
}

/// The history of a payment, its sums, and the operations that can succeed next. Returned by
/// [`Payment::details`](super::Payment::details) and [`Payment::wait`](super::Payment::wait).
///
/// The JSON form is that of the API, with the order id, and with the time of the response as
/// `asOf`. It contains the customer's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDetails {
    order_id: OrderId,
    events: Vec<Event>,
    sums: Summary,
    stated: StatedSums,
    // Boxed, because few payments have them and every `PaymentDetails` is moved.
    user: Option<Box<UserDetails>>,
    shipping: Option<Box<ShippingDetails>>,
    sub: Option<Sensitive>,
    as_of: Option<jiff::Timestamp>,
}

/// The members of [`PaymentDetails`] in JSON. An unreadable part does not fail the response.
#[derive(Default, Serialize, Deserialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(extend("required" = ["transactionLogHistory"]))
)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    order_id: Option<String>,
    // An unreadable event stays in the list as an event without any data. Without it, an incomplete
    // history would look complete.
    #[serde(deserialize_with = "lenient::parts")]
    #[cfg_attr(feature = "schemars", schemars(required))]
    transaction_log_history: Option<Vec<Event>>,
    #[serde(deserialize_with = "lenient::opt_part")]
    transaction_summary: Option<WireSummary>,
    #[serde(deserialize_with = "lenient::opt_part")]
    user_details: Option<UserDetails>,
    #[serde(deserialize_with = "lenient::opt_part")]
    shipping_details: Option<ShippingDetails>,
    #[serde(deserialize_with = "lenient::opt_text")]
    sub: Option<String>,
    /// The time of the response in stored details. A response has it in its `Date` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    as_of: Option<Timestamp>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentDetails => Wire; }

by_name::json_form! { PaymentDetails => Wire; }

impl From<&PaymentDetails> for Wire {
    fn from(details: &PaymentDetails) -> Self {
        let bank = details.sums.bank_identification_number.clone();
        Self {
            order_id: Some(details.order_id.to_string()),
            transaction_log_history: Some(details.events.clone()),
            transaction_summary: Some(WireSummary::new(&details.stated, bank)),
            user_details: details.user.as_deref().cloned(),
            shipping_details: details.shipping.as_deref().cloned(),
            sub: details.sub.clone().map(Sensitive::into_inner),
            as_of: details.as_of.map(Timestamp::from),
        }
    }
}

impl TryFrom<Wire> for PaymentDetails {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let order_id = wire.order_id.as_deref().and_then(|id| id.parse().ok());
        let order_id = order_id.ok_or("the order id is missing or not valid")?;
        Self::new(order_id, wire)
    }
}

impl PaymentDetails {
    /// Fails with the reason if the JSON has no history, or names another order.
    fn new(order_id: OrderId, wire: Wire) -> Result<Self, &'static str> {
        if wire
            .order_id
            .is_some_and(|returned| returned != order_id.as_str())
        {
            return Err(OTHER_ORDER);
        }
        let Some(mut events) = wire.transaction_log_history else {
            return Err(NO_HISTORY);
        };
        // The API returns the newest event first. If every event has a readable time stamp, sorting
        // enforces this order. The sort is stable, so events with the same time stamp keep the
        // API's order.
        let instant = |e: &Event| e.timestamp.as_ref().and_then(Timestamp::instant);
        if events.iter().all(|e| instant(e).is_some()) {
            events.sort_by_key(|e| std::cmp::Reverse(instant(e)));
        }
        let summary = wire.transaction_summary.unwrap_or_default();
        let stated = summary.stated();
        let sums = summary.or(&Summary::of(&events));
        Ok(Self {
            order_id,
            events,
            sums,
            stated,
            user: wire.user_details.map(Box::new),
            shipping: wire.shipping_details.map(Box::new),
            sub: wire.sub.map(Sensitive::from),
            as_of: wire.as_of.and_then(|time| time.instant()),
        })
    }

    /// Reads details from the JSON of the API, either stored or written for a test. Sends nothing.
    ///
    /// ```
    /// use vipps::ecom::{PaymentDetails, PaymentState};
    ///
    /// let json = r#"{"orderId":"order-1","transactionLogHistory":[
    ///     {"operation":"RESERVE","operationSuccess":true,"amount":20000,"timeStamp":"2018-11-14T15:21:22.126Z"},
    ///     {"operation":"INITIATE","operationSuccess":true,"amount":20000,"timeStamp":"2018-11-14T15:21:04.697Z"}]}"#;
    /// let details = PaymentDetails::from_json("order-1".parse()?, json)?;
    /// assert_eq!(details.state(), PaymentState::Reserved);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the text is not a JSON object with a list
    /// of events, contains an error code, or names another order. The error does not show the text.
    pub fn from_json(order_id: OrderId, json: &str) -> Result<Self> {
        payment::details_from_json(json, |wire| Self::new(order_id, wire))
    }

    /// Returns the order id.
    pub fn order_id(&self) -> &OrderId {
        &self.order_id
    }

    /// Returns the time of the response by the API's clock, if the response states it. Pass it to
    /// [`is_expired`](Self::is_expired) if the clock of this machine may be wrong.
    pub fn as_of(&self) -> Option<jiff::Timestamp> {
        self.as_of
    }

    /// Returns every event, newest first by time stamp, including failed ones. The state does not
    /// depend on the time stamps, because the clocks of the API's servers differ.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Returns the sums if the API states at least one of them. Sums that it leaves out are
    /// computed from the events. The API leaves out all sums until the customer has acted, and
    /// sometimes later.
    pub fn summary(&self) -> Option<&Summary> {
        (!self.stated.is_empty()).then_some(&self.sums)
    }

    /// Returns the sums that the API states. Sums that it leaves out are computed from the
    /// successful events, even if it states no sum at all. An event without an amount counts as
    /// zero, so decide by [`state`](Self::state), and by the sums only if the state is known.
    pub fn sums(&self) -> &Summary {
        &self.sums
    }

    /// Returns the state of the payment.
    ///
    /// This state is never [`Expired`](PaymentState::Expired), because expiry depends on the time;
    /// see [`state_at`](Self::state_at).
    pub fn state(&self) -> PaymentState {
        state::of(&self.events, &self.stated, &self.sums)
    }

    /// Returns the state of the payment at a given time: [`Expired`](PaymentState::Expired) if
    /// [`is_expired`](Self::is_expired) is true for that time, and otherwise
    /// [`state`](Self::state).
    pub fn state_at(&self, now: jiff::Timestamp) -> PaymentState {
        if self.is_expired(now) {
            PaymentState::Expired
        } else {
            self.state()
        }
    }

    /// Returns whether the payment has expired: `now` is more than ten minutes after the start, and
    /// the customer has not decided. The API records no event for the expiry.
    pub fn is_expired(&self, now: jiff::Timestamp) -> bool {
        let started = self.events.iter().filter(|e| e.is(&Operation::Initiate));
        let started_at = started
            .filter_map(|e| e.timestamp.as_ref()?.instant())
            .max();
        self.state() == PaymentState::Initiated
            && started_at.is_some_and(|started_at| {
                Duration::try_from(now.duration_since(started_at))
                    .is_ok_and(|age| age > TIME_TO_PAY)
            })
    }

    /// Returns whether the customer has opened the payment, by scanning the code or following the
    /// link.
    pub fn is_scanned(&self) -> bool {
        // The API adds a transaction id to the first event when the customer opens the payment. The
        // id of a cancel, void or reject proves nothing.
        self.events.iter().any(|e| match &e.operation {
            Some(Operation::Reserve | Operation::Sale) => true,
            Some(Operation::Cancel | Operation::Void | Operation::Reject) => false,
            _ => e.transaction_id.as_ref().is_some_and(|id| !id.is_empty()),
        })
    }

    /// Returns whether the money was captured at the moment of the approval, as for sales units
    /// with direct capture.
    pub fn captured_at_once(&self) -> bool {
        self.events
            .iter()
            .any(|e| e.succeeded() && e.is(&Operation::Sale))
    }

    /// Returns whether a capture can succeed: money is reserved and not captured yet.
    pub fn can_capture(&self) -> bool {
        match self.state() {
            // The history may contain a reservation without its amount.
            PaymentState::Reserved => true,
            PaymentState::PartiallyCaptured
            | PaymentState::PartiallyRefunded
            | PaymentState::Refunded => self.sums.remaining_to_capture.is_positive(),
            _ => false,
        }
    }

    /// Returns whether a cancel can succeed: no money is captured and the payment has not ended.
    /// The cancel may still fail while the customer is approving the payment.
    pub fn can_cancel(&self) -> bool {
        matches!(
            self.state(),
            PaymentState::Initiated | PaymentState::Reserved
        )
    }

    /// Returns whether [`Cancel::release_remaining`](super::Cancel::release_remaining) can succeed:
    /// a part is captured, and a part is still reserved. Returns `false` if the sums contradict
    /// themselves or the events.
    pub fn can_release(&self) -> bool {
        self.sums.captured.is_positive()
            && self.sums.remaining_to_capture.is_positive()
            && !self.stated.contradict(&self.events)
    }

    /// Returns whether the payment is cancelled, or the rest of its reservation is released after a
    /// capture. Returns `None` if the details do not show it.
    pub(super) fn is_released(&self) -> Option<bool> {
        state::is_released(&self.events, self.state(), &self.sums)
    }

    /// Returns why the events may be incomplete, or `None` if they are complete.
    pub(super) fn incompleteness(&self) -> Option<&'static str> {
        history::incompleteness(&self.events)
    }

    /// Returns whether a refund can succeed: a part of the captured money is not refunded yet.
    /// Returns `false` if the sums contradict themselves or the events.
    pub fn can_refund(&self) -> bool {
        self.sums.remaining_to_refund.is_positive() && !self.stated.contradict(&self.events)
    }

    /// Returns the customer's data, for express payments and for payments with a scope.
    pub fn user(&self) -> Option<&UserDetails> {
        self.user.as_deref()
    }

    /// Returns the delivery address and the shipping method of an express payment.
    pub fn shipping(&self) -> Option<&ShippingDetails> {
        self.shipping.as_deref()
    }

    /// Returns the customer's id for [`Vipps::userinfo`](crate::Vipps::userinfo), for payments with
    /// a scope. The API may add it later than the other details, so read the details again if it is
    /// missing.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_ref().map(Sensitive::expose)
    }
}
