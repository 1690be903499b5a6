//! `GET /epayment/v1/payments/{reference}`, and the parts that other responses and webhooks share.

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{NAME, amount, find};
use crate::simulator::domain::profile::{self, ADDRESS, Profile, ProfileData};
use crate::simulator::domain::shipping::ShippingMethod;
use crate::simulator::domain::time::later;
use crate::simulator::domain::{EndReason, Flow, Payment, PaymentSource, PaymentState, Sums};
use crate::simulator::gateway::{Call, Failure, Response, State};
use crate::types::Amount;

/// The first digits of the card of every simulated customer.
const CARD_BIN: &str = "492560";
/// The time for which a Visa card guarantees a reservation.
const GUARANTEE: std::time::Duration = std::time::Duration::from_secs(7 * 24 * 3600);

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    let payment = state.domain.payment(find(state, call)?);
    Ok(Response::json(StatusCode::OK, details(payment, call.now)))
}

fn details(payment: &Payment, now: Timestamp) -> Value {
    let mut details = snapshot(payment, &payment.sums());
    details["paymentMethod"] = match payment.options.source {
        PaymentSource::Wallet => json!({"type": "WALLET"}),
        PaymentSource::Card => json!({"type": "CARD"}),
    };
    details["profile"] = json!({});
    if payment.is_waiting()
        && payment.api == NAME
        && matches!(payment.options.flow, Flow::Web | Flow::App)
    {
        details["redirectUrl"] = payment.options.landing_page.as_str().into();
    }
    if !payment.options.metadata.is_empty() {
        details["metadata"] = payment.options.metadata.iter().cloned().collect();
    }
    if let (Some(customer), Some(approved)) = (&payment.customer, payment.approved) {
        details["paymentMethod"]["cardBin"] = CARD_BIN.into();
        details["captureGuaranteedUntil"] = capture_guaranteed_until(approved).into();
        add_customer(&mut details, payment, customer, approved, now);
    }
    details
}

/// Returns the time until which a capture succeeds, with an offset instead of `Z`.
pub(super) fn capture_guaranteed_until(approved: Timestamp) -> String {
    let guaranteed = later(approved, GUARANTEE);
    guaranteed
        .strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00")
        .to_string()
}

/// Adds the data that the payment shares. The subject id appears shortly after the approval, and
/// the data disappears after seven days.
fn add_customer(
    details: &mut Value,
    payment: &Payment,
    customer: &Profile,
    approved: Timestamp,
    now: Timestamp,
) {
    if payment.options.data_scope.is_empty() {
        return;
    }
    if profile::has_subject(approved, now) {
        details["profile"]["sub"] = customer.subject(&payment.sales_unit).into();
    }
    if profile::is_shown(approved, now) {
        details["userDetails"] = user_details(payment, customer);
        if let Some(method) = &payment.shipping {
            details["shippingDetails"] = shipping_details(method);
        }
    }
}

/// Returns the members that the details and the responses of capture, refund and cancel share. The
/// `pspReference` is that of the creation.
pub(super) fn snapshot(payment: &Payment, sums: &Sums) -> Value {
    let created = payment.events.first();
    json!({
        "reference": payment.reference,
        "pspReference": created.map(|event| event.id.as_str()),
        "amount": amount(payment.amount),
        "state": state(payment),
        "aggregate": aggregate(payment, sums),
    })
}

/// Returns the state, which captures, refunds and releases do not change.
fn state(payment: &Payment) -> &'static str {
    match payment.state {
        PaymentState::Waiting => "CREATED",
        PaymentState::Approved => "AUTHORIZED",
        PaymentState::Ended(EndReason::Rejected | EndReason::Declined) => "ABORTED",
        PaymentState::Ended(EndReason::Expired) => "EXPIRED",
        PaymentState::Ended(EndReason::Cancelled) => "TERMINATED",
    }
}

/// Returns the sums. A payment that was cancelled before its approval shows its whole amount as
/// cancelled, although nothing was authorized.
fn aggregate(payment: &Payment, sums: &Sums) -> Value {
    let cancelled: Amount = match payment.state {
        PaymentState::Ended(EndReason::Cancelled) => payment.amount,
        _ => sums.cancelled(),
    };
    json!({
        "authorizedAmount": amount(sums.authorized()),
        "capturedAmount": amount(sums.captured()),
        "cancelledAmount": amount(cancelled),
        "refundedAmount": amount(sums.refunded()),
    })
}

/// Returns the customer's data in the scope of the payment.
pub(super) fn user_details(payment: &Payment, customer: &Profile) -> Value {
    let scope = &payment.options.data_scope;
    let mut user = json!({});
    if scope.has(ProfileData::Name) {
        user["firstName"] = profile::FIRST_NAME.into();
        user["lastName"] = profile::LAST_NAME.into();
    }
    if scope.has(ProfileData::Email) {
        user["email"] = profile::EMAIL.into();
    }
    if scope.has(ProfileData::PhoneNumber) {
        user["mobileNumber"] = customer.msisdn.as_str().into();
    }
    if scope.has(ProfileData::BirthDate) {
        user["dateOfBirth"] = profile::BIRTH_DATE.into();
    }
    if scope.has(ProfileData::Address) {
        user["addresses"] = json!([address()]);
    }
    user
}

fn address() -> Value {
    json!({
        "addressLine1": ADDRESS.line_1,
        "addressLine2": ADDRESS.line_2,
        "city": ADDRESS.city,
        "country": "NO",
        "postCode": ADDRESS.post_code,
    })
}

/// Returns the shipping that the customer chose.
pub(super) fn shipping_details(method: &ShippingMethod) -> Value {
    json!({
        "address": address(),
        "shippingCost": method.cost.minor_units(),
        "shippingOptionId": method.id,
        "shippingOptionName": method.name,
    })
}
