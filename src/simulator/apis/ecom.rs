//! The eCom API, with one file for each kind of operation.

mod approve;
mod callback;
mod details;
pub(crate) mod error_codes;
mod initiate;
mod modifications;
mod shipping;
mod spec_overrides;

use std::sync::LazyLock;

use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use error_codes::Code;

use crate::simulator::domain::{
    EndReason, Event, Payment, PaymentId, Refusal, RefusalReason, Sums, profile,
};
use crate::simulator::gateway::{
    Api, Document, GatewayError, Limit, Operation, OutgoingMessage, ReferencePlace, Response,
    State, Violation, errors, violation,
};
use crate::simulator::random::Random;

pub(crate) static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/ecom.source.json"));
    let callbacks = include_str!(concat!(env!("OUT_DIR"), "/ms_import.source.json"));
    Document::new(
        text,
        &[("ms_import.yaml", callbacks)],
        spec_overrides::OVERRIDES,
    )
});

pub(crate) static API: Api = Api {
    name: NAME,
    document: &DOCUMENT,
    operations: &[
        Operation::new("initiate_payment_v3_using_post", initiate::initiate)
            .limited(Limit::PerMerchant(2)),
        Operation::new("capture_payment_using_post", modifications::capture)
            .limited(Limit::PerMerchant(5)),
        Operation::new("cancel_payment_request_using_put", modifications::cancel)
            .limited(Limit::PerMerchant(5)),
        Operation::new("refund_payment_using_post", modifications::refund)
            .limited(Limit::PerMerchant(5)),
        Operation::new("get_payment_details_using_get", details::details)
            .limited(Limit::PerSubscriptionKey(120)),
        Operation::new("get_order_status_using_get", details::status)
            .limited(Limit::PerSubscriptionKey(120)),
        Operation::new("integration_test_approve_payment", approve::force_approve),
    ],
    needs_token: true,
    sales_unit_in_body: Some("/merchantInfo/merchantSerialNumber"),
    reference: Some(ReferencePlace {
        parameter: "orderId",
        body: "/transaction/orderId",
    }),
    refuse,
    notify,
    messages: &[
        &callback::PAYMENT_CALLBACK,
        &shipping::SHIPPING_DETAILS,
        &callback::CONSENT_REMOVAL,
    ],
};

const NAME: &str = "ecom";
/// The card of every simulated customer.
const INSTRUMENT: &str = "Mastercard";
const BANK_IDENTIFICATION_NUMBER: u32 = 492_560;

/// Returns the payment of an order id. Payments that another API started are unknown here.
fn find(state: &State, sales_unit: &str, order_id: &str) -> Result<PaymentId, Refusal> {
    let payment = state.domain.find(sales_unit, order_id);
    payment
        .filter(|payment| state.domain.payment(*payment).api == NAME)
        .ok_or(Refusal::UnknownPayment)
}

/// Formats a time stamp with milliseconds and a `Z` at the end.
fn stamp(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn summary(sums: &Sums) -> Value {
    json!({
        "capturedAmount": sums.captured().minor_units(),
        "remainingAmountToCapture": sums.left_to_capture().minor_units(),
        "refundedAmount": sums.refunded().minor_units(),
        "remainingAmountToRefund": sums.left_to_refund().minor_units(),
    })
}

/// Returns the transaction id of the customer's steps, once the customer has opened the payment.
fn transaction_id(payment: &Payment) -> Option<&str> {
    payment.opened?;
    Some(&payment.events.first()?.id)
}

/// Returns the customer's data that the payment shares, or `None` if it shares nothing.
fn user_details(payment: &Payment) -> Option<Value> {
    use profile::ProfileData::{BirthDate, Email, Name, PhoneNumber};
    let customer = payment.customer.as_ref()?;
    let scope = &payment.options.data_scope;
    if scope.is_empty() {
        return None;
    }
    let mut shown = json!({"userId": customer.user_id()});
    if scope.has(Name) {
        shown["firstName"] = profile::FIRST_NAME.into();
        shown["lastName"] = profile::LAST_NAME.into();
    }
    if scope.has(Email) {
        shown["email"] = profile::EMAIL.into();
    }
    if scope.has(PhoneNumber) {
        let number = customer.norwegian_number();
        shown["mobileNumber"] = number.unwrap_or(&customer.msisdn).into();
    }
    if scope.has(BirthDate) {
        shown["dateOfBirth"] = profile::BIRTH_DATE.into();
    }
    Some(shown)
}

fn notify(state: &State, event: &Event) -> Vec<OutgoingMessage> {
    let payment = match event {
        Event::Payment { payment, .. }
        | Event::ShippingRequested { payment }
        | Event::ConsentWithdrawn { payment } => *payment,
        Event::CheckedIn { .. } => return Vec::new(),
    };
    let shown = state.domain.payment(payment);
    if shown.api != NAME {
        return Vec::new();
    }
    let outgoing = match event {
        Event::Payment { entry, .. } => callback::payment(shown, entry),
        Event::ShippingRequested { .. } => shipping::request(shown),
        Event::ConsentWithdrawn { .. } => callback::consent_removal(shown),
        Event::CheckedIn { .. } => None,
    };
    let outgoing = outgoing.map(|outgoing| OutgoingMessage {
        payment: Some(payment),
        reference: Some(shown.reference.clone()),
        ..outgoing
    });
    outgoing.into_iter().collect()
}

/// Returns the response to a request that is refused.
fn refuse(error: &GatewayError<'_>, random: &mut Random) -> Response {
    match error {
        GatewayError::Unauthorized => errors::gateway_info(
            StatusCode::UNAUTHORIZED,
            "Unauthorized",
            errors::UNAUTHORIZED,
        ),
        GatewayError::ForeignSalesUnit(sales_unit) => errors::gateway_info(
            StatusCode::FORBIDDEN,
            "Forbidden",
            &errors::foreign(sales_unit),
        ),
        GatewayError::UnsupportedMediaType => {
            errors::gateway(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
        }
        GatewayError::NotJson => error_codes::INTERNAL.response(random),
        GatewayError::Violations(violations) => refuse_violations(violations, random),
        GatewayError::Refused(Refusal::NotModelled(feature)) => errors::unmodelled(feature),
        GatewayError::Refused(refusal) => code(refusal).response(random),
    }
}

/// Returns the response that names a field that breaks a rule. The documented response is HTTP 500
/// if a serial number is not text, an amount is not an integer, or `fallBack` is missing or
/// misspelled.
fn refuse_violations(violations: &[Violation], random: &mut Random) -> Response {
    use violation::{Place, Rule};
    let is_internal = |violation: &Violation| {
        let field = violation.field.as_str();
        violation.place == Place::Body
            && match violation.rule {
                Rule::Type => matches!(
                    field,
                    "merchantInfo.merchantSerialNumber" | "transaction.amount"
                ),
                Rule::Required => field == "merchantInfo.fallBack",
                Rule::Value | Rule::Unknown => false,
            }
    };
    match violations.first() {
        Some(violation) if !violations.iter().any(is_internal) => {
            error_codes::invalid_request(violation.name("body"), &violation.reason, random)
        }
        _ => error_codes::INTERNAL.response(random),
    }
}

/// Returns the error code of a refusal.
fn code(refusal: &Refusal) -> Code {
    use RefusalReason as R;
    use error_codes as codes;
    match refusal {
        Refusal::UnknownPayment => codes::UNKNOWN_ORDER,
        Refusal::ReferenceUsed => codes::ORDER_ID_USED,
        Refusal::KeyReused { same_amount: true } => codes::OTHER_REQUEST,
        Refusal::KeyReused { same_amount: false } => codes::OTHER_AMOUNT,
        Refusal::CannotCapture(reason) => match reason {
            R::NotApproved | R::Ended(EndReason::Declined | EndReason::Expired) => {
                codes::NOT_RESERVED
            }
            R::Ended(_) | R::Released => codes::NOT_ALLOWED,
            R::TooLate => codes::TOO_LATE,
            _ => codes::CAPTURE_EXCEEDS,
        },
        Refusal::CannotRefund(reason) => match reason {
            R::NotApproved | R::Ended(EndReason::Declined | EndReason::Expired) => {
                codes::NOT_ALLOWED
            }
            R::Ended(_) | R::Released => codes::NOTHING_TO_REFUND,
            R::NothingCaptured => codes::ONLY_RESERVED,
            R::TooLate => codes::REFUND_TOO_LATE,
            _ => codes::REFUND_EXCEEDS,
        },
        Refusal::CannotCancel(reason) => match reason {
            R::Ended(_) | R::Released => codes::ALREADY_PROCESSED,
            R::Authenticating => codes::BUSY,
            R::TooLate => codes::TOO_LATE,
            _ => codes::ALREADY_CAPTURED,
        },
        Refusal::CannotApprove(reason) => match reason {
            R::Approved => codes::ALREADY_PROCESSED,
            R::Ended(EndReason::Expired) => codes::NOT_ACTED,
            _ => codes::NOT_ALLOWED,
        },
        // No operation of this API is refused for another reason.
        _ => codes::INTERNAL,
    }
}
