//! The details of a payment: its state and sums, and the operations that can succeed next.

mod customer;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(crate) use customer::WireShipping;
pub use customer::{PaymentMethodKind, ShippingDetails, UsedPaymentMethod, UserDetails};

use super::state::{PaymentState, is_cancelled};
use super::types::money::Aggregate;
use super::{Call, Payment};
use crate::call::{CallOptions, OTHER_PAYMENT, operation};
use crate::error::Result;
use crate::payment;
use crate::types::{Amount, Reference, Sensitive, Timestamp, by_name, lenient};

const NO_STATE: &str =
    "the details cannot be read: state and aggregate are missing, so that they state nothing";

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
    /// Code 5090 or HTTP 404 if the sales unit has no payment with the reference.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has neither a state nor
    /// sums, or names another payment.
    pub async fn send(self) -> Result<PaymentDetails> {
        let call = Call::new(&self.payment.runtime, &self.options);
        let reference = self.payment.reference.as_str();
        let response = call
            .run(|api| api.get_payment().reference(reference).send())
            .await?;
        let wire: Wire = response.decode()?;
        let mut details = PaymentDetails::new(self.payment.reference, wire)
            .map_err(|reason| response.decode_error(reason))?;
        details.as_of = response.date();
        Ok(details)
    }
}

/// The state of a payment, its sums, and the operations that can succeed next. Returned by
/// [`Payment::details`](super::Payment::details) and [`Payment::wait`](super::Payment::wait).
///
/// The JSON form is that of the API, with the time of the response as `asOf`. It contains the
/// customer's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentDetails {
    reference: Reference,
    state: PaymentState,
    amount: Option<Amount>,
    aggregate: Aggregate,
    payment_method: Option<UsedPaymentMethod>,
    psp_reference: Option<String>,
    redirect_url: Option<Sensitive>,
    metadata: BTreeMap<String, Sensitive>,
    user: Option<Box<UserDetails>>,
    shipping: Option<Box<ShippingDetails>>,
    sub: Option<Sensitive>,
    capture_guaranteed_until: Option<Timestamp>,
    as_of: Option<jiff::Timestamp>,
}

#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    reference: Option<String>,
    state: Option<PaymentState>,
    #[serde(deserialize_with = "lenient::opt")]
    amount: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt")]
    aggregate: Option<Aggregate>,
    #[serde(deserialize_with = "lenient::opt")]
    payment_method: Option<UsedPaymentMethod>,
    #[serde(deserialize_with = "lenient::opt_id")]
    psp_reference: Option<String>,
    #[serde(deserialize_with = "lenient::opt_id")]
    redirect_url: Option<String>,
    #[serde(deserialize_with = "lenient::opt")]
    metadata: Option<BTreeMap<String, Sensitive>>,
    #[serde(deserialize_with = "lenient::opt")]
    user_details: Option<Box<UserDetails>>,
    #[serde(deserialize_with = "lenient::opt")]
    shipping_details: Option<WireShipping>,
    #[serde(deserialize_with = "lenient::opt")]
    profile: Option<WireProfile>,
    #[serde(deserialize_with = "lenient::opt_id")]
    sub: Option<String>,
    capture_guaranteed_until: Option<Timestamp>,
    /// The time of the response in stored details. A response has it in its `Date` header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemars", schemars(skip))]
    as_of: Option<Timestamp>,
}

#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "Profile", transform = crate::types::json_schema::read)
)]
#[serde(default)]
struct WireProfile {
    #[serde(deserialize_with = "lenient::opt_id")]
    sub: Option<String>,
}

by_name::json_form! { PaymentDetails => Wire; }

impl From<&PaymentDetails> for Wire {
    fn from(details: &PaymentDetails) -> Self {
        Self {
            reference: Some(details.reference.to_string()),
            state: Some(details.state.clone()).filter(|state| !state.as_str().is_empty()),
            amount: details.amount,
            aggregate: Some(details.aggregate),
            payment_method: details.payment_method.clone(),
            psp_reference: details.psp_reference.clone(),
            redirect_url: details.redirect_url().map(str::to_owned),
            metadata: Some(details.metadata.clone()),
            user_details: details.user.clone(),
            shipping_details: details.shipping.as_deref().map(WireShipping::from),
            profile: Some(WireProfile {
                sub: details.sub().map(str::to_owned),
            }),
            sub: None,
            capture_guaranteed_until: details.capture_guaranteed_until.clone(),
            as_of: details.as_of.map(Timestamp::from),
        }
    }
}

impl TryFrom<Wire> for PaymentDetails {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        let reference = wire.reference.as_deref().and_then(|id| id.parse().ok());
        let reference = reference.ok_or("the reference is missing or not valid")?;
        Self::new(reference, wire)
    }
}

impl PaymentDetails {
    /// Fails with the reason if the JSON names another payment, or has neither a state nor sums.
    fn new(reference: Reference, wire: Wire) -> Result<Self, &'static str> {
        let returned = wire.reference.as_deref();
        if returned.is_some_and(|returned| returned != reference.as_str()) {
            return Err(OTHER_PAYMENT);
        }
        let aggregate = wire.aggregate.unwrap_or_default();
        if wire.state.is_none() && aggregate.is_empty() {
            return Err(NO_STATE);
        }
        let currency = wire.amount.map(Amount::currency);
        let shipping = wire
            .shipping_details
            .map(|wire| wire.into_details(currency));
        Ok(Self {
            reference,
            state: wire
                .state
                .unwrap_or_else(|| PaymentState::Unknown(String::new())),
            amount: wire.amount,
            aggregate,
            payment_method: wire.payment_method,
            psp_reference: wire.psp_reference,
            redirect_url: wire.redirect_url.map(Sensitive::from),
            metadata: wire.metadata.unwrap_or_default(),
            user: wire.user_details,
            shipping: shipping.map(Box::new),
            // The documentation names both places.
            sub: wire
                .profile
                .and_then(|profile| profile.sub)
                .or(wire.sub)
                .map(Sensitive::from),
            capture_guaranteed_until: wire.capture_guaranteed_until,
            as_of: wire.as_of.and_then(|time| time.instant()),
        })
    }

    /// Reads details from the JSON of the API, either stored or written for a test. Sends nothing.
    ///
    /// ```
    /// use vipps::Amount;
    /// use vipps::epayment::{PaymentDetails, PaymentState};
    ///
    /// let json = r#"{"reference":"kiosk-7-000451","state":"AUTHORIZED","amount":{"currency":"NOK","value":6000},
    ///     "aggregate":{"authorizedAmount":{"currency":"NOK","value":6000},"capturedAmount":{"currency":"NOK","value":0},
    ///     "cancelledAmount":{"currency":"NOK","value":0},"refundedAmount":{"currency":"NOK","value":0}}}"#;
    /// let details = PaymentDetails::from_json("kiosk-7-000451".parse()?, json)?;
    /// assert_eq!(details.state(), &PaymentState::Authorized);
    /// assert_eq!(details.remaining_to_capture(), Some(Amount::nok(60)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the text is not a JSON object with a
    /// state or sums, contains an error code, or names another payment. The error does not show the
    /// text.
    pub fn from_json(reference: Reference, json: &str) -> Result<Self> {
        payment::details_from_json(json, |wire| Self::new(reference, wire))
    }

    /// Returns the reference.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// Returns the time of the response by the API's clock, if the response states it.
    pub fn as_of(&self) -> Option<jiff::Timestamp> {
        self.as_of
    }

    /// Returns the state that the API states. A missing state is
    /// [`Unknown`](PaymentState::Unknown) with an empty text.
    pub fn state(&self) -> &PaymentState {
        &self.state
    }

    /// Returns the amount of the payment.
    pub fn amount(&self) -> Option<Amount> {
        self.amount
    }

    /// Returns the sums that the API states.
    pub fn aggregate(&self) -> &Aggregate {
        &self.aggregate
    }

    /// Returns the amount that can still be captured, see [`Aggregate::remaining_to_capture`].
    pub fn remaining_to_capture(&self) -> Option<Amount> {
        self.aggregate.remaining_to_capture()
    }

    /// Returns the amount that can still be refunded, see [`Aggregate::remaining_to_refund`].
    pub fn remaining_to_refund(&self) -> Option<Amount> {
        self.aggregate.remaining_to_refund()
    }

    /// Returns whether a capture can succeed: the customer has approved, and a part is neither
    /// captured nor cancelled.
    pub fn can_capture(&self) -> bool {
        self.state != PaymentState::Created && self.has_rest()
    }

    /// Returns whether a cancel can succeed: the customer has not decided, or a part is neither
    /// captured nor cancelled. The cancel may still fail while the customer is approving the
    /// payment.
    pub fn can_cancel(&self) -> bool {
        self.state == PaymentState::Created || self.has_rest()
    }

    /// Returns whether a refund can succeed: a part of the captured money is not refunded yet.
    pub fn can_refund(&self) -> bool {
        let rest = self.remaining_to_refund();
        !self.state.is_without_approval() && rest.is_some_and(Amount::is_positive)
    }

    fn has_rest(&self) -> bool {
        let rest = self.remaining_to_capture();
        !self.state.is_without_approval() && rest.is_some_and(Amount::is_positive)
    }

    /// Returns whether the payment is cancelled, see [`is_cancelled`].
    pub(super) fn is_cancelled(&self) -> Option<bool> {
        is_cancelled(Some(&self.state), &self.aggregate)
    }

    /// Returns the payment method of the payment.
    pub fn payment_method(&self) -> Option<&UsedPaymentMethod> {
        self.payment_method.as_ref()
    }

    /// Returns the reference of Vipps MobilePay for the creation of the payment (wire name
    /// `pspReference`). Each event has another one.
    pub fn psp_reference(&self) -> Option<&str> {
        self.psp_reference.as_deref()
    }

    /// Returns the link to a payment that is not approved yet, if the API states it. The link
    /// contains a token: do not log it.
    pub fn redirect_url(&self) -> Option<&str> {
        self.redirect_url.as_ref().map(Sensitive::expose)
    }

    /// Returns the data that the merchant has stored with the payment.
    pub fn metadata(&self) -> &BTreeMap<String, Sensitive> {
        &self.metadata
    }

    /// Returns the customer's data, for payments with a scope and for Express payments.
    pub fn user(&self) -> Option<&UserDetails> {
        self.user.as_deref()
    }

    /// Returns the delivery address and the shipping option of an Express payment.
    pub fn shipping(&self) -> Option<&ShippingDetails> {
        self.shipping.as_deref()
    }

    /// Returns the customer's id for the Userinfo API, for payments with a scope, after the
    /// approval.
    pub fn sub(&self) -> Option<&str> {
        self.sub.as_ref().map(Sensitive::expose)
    }

    /// Returns the time until which a capture is sure to succeed, if the API states it. It may be
    /// earlier than the deadline of the market.
    pub fn capture_guaranteed_until(&self) -> Option<&Timestamp> {
        self.capture_guaranteed_until.as_ref()
    }
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { PaymentDetails => Wire; }

#[cfg(test)]
mod tests {
    use super::*;

    const REFERENCE: &str = "kiosk-7-000451";

    fn details(state: &str, sums: [i64; 4]) -> PaymentDetails {
        let [authorized, captured, cancelled, refunded] =
            sums.map(|value| serde_json::json!({"currency": "NOK", "value": value}));
        let json = serde_json::json!({
            "reference": REFERENCE, "state": state,
            "amount": {"currency": "NOK", "value": 100},
            "aggregate": {"authorizedAmount": authorized, "capturedAmount": captured,
                "cancelledAmount": cancelled, "refundedAmount": refunded},
        });
        PaymentDetails::from_json(REFERENCE.parse().unwrap(), &json.to_string()).unwrap()
    }

    /// The table of the API's documentation: state and sums of a payment of 100, and whether it can
    /// be captured, cancelled and refunded, and is cancelled.
    #[test]
    fn operations_follow_the_table_of_states() {
        for (state, sums, capture, cancel, refund, is_cancelled) in [
            ("CREATED", [0, 0, 0, 0], false, true, false, false),
            ("AUTHORIZED", [100, 0, 0, 0], true, true, false, false),
            ("AUTHORIZED", [100, 40, 0, 0], true, true, true, false),
            ("AUTHORIZED", [100, 40, 0, 40], true, true, false, false),
            ("AUTHORIZED", [100, 100, 0, 0], false, false, true, false),
            ("AUTHORIZED", [100, 100, 0, 30], false, false, true, false),
            ("AUTHORIZED", [100, 100, 0, 100], false, false, false, false),
            ("AUTHORIZED", [100, 40, 60, 0], false, false, true, true),
            ("AUTHORIZED", [100, 0, 100, 0], false, false, false, true),
            ("ABORTED", [0, 0, 0, 0], false, false, false, true),
            ("EXPIRED", [0, 0, 0, 0], false, false, false, true),
            // Cancelled before the approval: nothing authorized, the whole amount cancelled.
            ("TERMINATED", [0, 0, 100, 0], false, false, false, true),
            ("TERMINATED", [0, 0, 0, 0], false, false, false, true),
        ] {
            let details = details(state, sums);
            let found = (
                details.can_capture(),
                details.can_cancel(),
                details.can_refund(),
                details.is_cancelled(),
            );
            let expected = (capture, cancel, refund, Some(is_cancelled));
            assert_eq!(found, expected, "{state} {sums:?}");
        }
    }

    #[test]
    fn an_unknown_state_leaves_the_sums_to_decide() {
        let details = details("SUSPENDED", [100, 40, 0, 0]);
        assert_eq!(details.state().as_str(), "SUSPENDED");
        assert!(!details.state().is_decided());
        assert!(details.can_capture() && details.can_cancel() && details.can_refund());
    }

    #[test]
    fn missing_sums_allow_nothing() {
        let json = r#"{"state":"AUTHORIZED"}"#;
        let details = PaymentDetails::from_json(REFERENCE.parse().unwrap(), json).unwrap();
        assert!(!details.can_capture() && !details.can_cancel() && !details.can_refund());
        assert_eq!(details.is_cancelled(), None);
        assert_eq!(details.remaining_to_capture(), None);
        assert_eq!(details.amount(), None);
    }
}
