//! The error codes of the ePayment API and its problem details.

use http::StatusCode;
use serde_json::{Value, json};

use crate::simulator::domain::{Refusal, RefusalReason};
use crate::simulator::gateway::Response;
use crate::simulator::random::Random;

pub(super) const INVALID_AMOUNT: &str = "4040";
pub(super) const INVALID_CUSTOMER_TOKEN: &str = "4050";
pub(super) const INVALID_PERSONAL_QR: &str = "4060";
pub(super) const INVALID_PHONE_NUMBER: &str = "4070";
pub(super) const INVALID_SCOPE: &str = "4080";
pub(super) const INVALID_URL: &str = "4090";
pub(super) const TOO_MANY_METADATA: &str = "4100";
pub(super) const DUPLICATE_METADATA: &str = "4110";
pub(super) const METADATA_KEY_TOO_LONG: &str = "4120";
pub(super) const METADATA_VALUE_TOO_LONG: &str = "4130";
const MISSING_PARAMETER: &str = "4140";
pub(super) const CANNOT_BLOCK_SOURCES: &str = "5010";
pub(super) const ILLEGAL_SCOPE: &str = "5030";
pub(super) const OTHER_CURRENCY: &str = "5040";
pub(super) const PUSH_NOT_ALLOWED: &str = "5080";
pub(super) const AMOUNT_TOO_SMALL: &str = "6010";
pub(super) const EXPIRY_TOO_LATE: &str = "6110";
pub(super) const EXPIRY_TOO_SOON: &str = "6120";
pub(super) const RECEIPT_MISSING: &str = "6130";
pub(super) const APPROVAL_NOT_SUPPORTED: &str = "10060";

/// Every error code with its HTTP status and its title. The documentation states the status of few
/// codes. The others follow its rules: 403 for a missing permission, 404 for an unknown payment,
/// 409 for a conflict, 423 for a payment that is locked, and otherwise 400.
#[rustfmt::skip] // A table is read with one line for each code.
pub(crate) const ALL: &[(&str, u16, &str)] = &[
    ("3010", 500, "Internal error"),
    ("4010", 409, "Capture idempotency conflict"),
    ("4020", 409, "Idempotency error: the key exists"),
    (INVALID_AMOUNT, 400, "Invalid amount"),
    (INVALID_CUSTOMER_TOKEN, 400, "Invalid customer token"),
    (INVALID_PERSONAL_QR, 400, "Invalid personal QR"),
    (INVALID_PHONE_NUMBER, 400, "Invalid phone number"),
    (INVALID_SCOPE, 400, "Invalid scope"),
    (INVALID_URL, 400, "Invalid URL"),
    (TOO_MANY_METADATA, 400, "Too many metadata entries"),
    (DUPLICATE_METADATA, 400, "Duplicate metadata keys"),
    (METADATA_KEY_TOO_LONG, 400, "Metadata key too long"),
    (METADATA_VALUE_TOO_LONG, 400, "Metadata value too long"),
    (MISSING_PARAMETER, 400, "Missing required parameter"),
    ("4150", 409, "Reference or idempotency key already used"),
    ("4160", 400, "Invalid payment method type"),
    (CANNOT_BLOCK_SOURCES, 403, "Blocking of payment sources is not applicable"),
    ("5020", 403, "Express is not allowed"),
    (ILLEGAL_SCOPE, 403, "Illegal scope"),
    (OTHER_CURRENCY, 400, "The currency is not the merchant's"),
    ("5050", 403, "Long-living payments are not allowed"),
    ("5060", 403, "The merchant's bank account is not verified"),
    ("5070", 400, "The payment cannot be created"),
    (PUSH_NOT_ALLOWED, 403, "PUSH_MESSAGE is not allowed"),
    ("5090", 404, "Reference not found"),
    ("5100", 400, "Refund is not possible"),
    (AMOUNT_TOO_SMALL, 400, "Amount too small"),
    ("6020", 400, "Cannot refund before reservation"),
    ("6030", 400, "Cancel period expired"),
    ("6040", 400, "Cannot cancel a captured payment"),
    ("6050", 400, "Cannot cancel a non-reserved payment"),
    ("6060", 400, "Cannot cancel an authorized payment"),
    ("6070", 400, "Cannot capture a cancelled payment"),
    ("6080", 400, "Cannot capture before reservation"),
    ("6090", 400, "Capture amount too high"),
    ("6100", 400, "Capture period expired"),
    (EXPIRY_TOO_LATE, 400, "The expiry is too late"),
    (EXPIRY_TOO_SOON, 400, "The expiry is too soon"),
    (RECEIPT_MISSING, 400, "A receipt is required"),
    ("6140", 400, "Must capture the full amount"),
    ("6150", 400, "Not enough refundable"),
    ("6160", 423, "The order is being processed"),
    ("6170", 400, "Already captured"),
    ("6180", 400, "Already refunded"),
    ("6190", 400, "Cannot be cancelled in this state"),
    ("6200", 400, "Cannot be captured in this state"),
    ("6210", 400, "Cannot be refunded in this state"),
    ("6220", 400, "Refund period expired"),
    ("6230", 400, "Already reserved"),
    ("6250", 423, "Cannot cancel a payment that is being processed"),
    ("6260", 400, "Funds unavailable"),
    ("6280", 400, "Capture failed, try later"),
    ("7010", 400, "Customer not found"),
    ("10010", 400, "Approval failed"),
    ("10020", 400, "Approval is not allowed"),
    ("10030", 400, "Identification is required"),
    ("10040", 400, "Invalid payment source"),
    ("10050", 400, "The customer has no cards"),
    (APPROVAL_NOT_SUPPORTED, 400, "Approval is not supported"),
    ("10070", 400, "Limit exceeded"),
];

/// Returns the problem details of an error code. A code that is not documented has status 400.
pub(crate) fn problem(code: &str, random: &mut Random) -> Response {
    let known = ALL.iter().find(|(known, ..)| *known == code);
    let (_, status, title) = known.unwrap_or(&("", 400, "Error"));
    let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_REQUEST);
    let details = json!([{"name": "ErrorCode", "reason": code}]);
    response(status, title, SEE_DETAILS, &details, random).with_error_code(code)
}

/// Returns the problem details about a missing member. `detail` names the member, because the error
/// code does not.
pub(super) fn missing(member: &str, rule: &str, random: &mut Random) -> Response {
    let detail = format!("The field {member} is required{rule}.");
    let details = json!([{"name": "ErrorCode", "reason": MISSING_PARAMETER}]);
    response(
        StatusCode::BAD_REQUEST,
        "Missing required parameter",
        &detail,
        &details,
        random,
    )
    .with_error_code(MISSING_PARAMETER)
    .noted(detail)
}

/// Returns the problem details about fields that break a rule, which have no error code.
pub(super) fn invalid(fields: &[(&str, String)], random: &mut Random) -> Response {
    let details = fields
        .iter()
        .map(|(name, reason)| json!({"name": name, "reason": reason}))
        .collect();
    let status = StatusCode::BAD_REQUEST;
    response(status, "Bad Request", SEE_DETAILS, &details, random)
}

/// The `detail` of a problem whose reason is in `extraDetails`.
const SEE_DETAILS: &str = "See extraDetails for further details";

fn response(
    status: StatusCode,
    title: &str,
    detail: &str,
    details: &Value,
    random: &mut Random,
) -> Response {
    let number = status.as_u16();
    let body = json!({
        "type": format!("https://httpstatuses.io/{number}"),
        "title": title,
        "detail": detail,
        "status": number,
        "extraDetails": details,
        "traceId": random.trace_id(),
    });
    Response::problem(status, body)
}

/// Returns the error code of a refusal.
pub(super) fn of(refusal: &Refusal) -> &'static str {
    use RefusalReason as R;
    match refusal {
        Refusal::UnknownPayment => "5090",
        Refusal::ReferenceUsed => "4150",
        Refusal::OtherCurrency => INVALID_AMOUNT,
        Refusal::UnknownCustomerToken | Refusal::CustomerTokenExpired => INVALID_CUSTOMER_TOKEN,
        Refusal::CannotCapture(reason) => match reason {
            R::NotApproved => "6080",
            R::Ended(_) => "6200",
            R::Released | R::RestReleased => "6070",
            R::TooLate => "6100",
            R::TooMuch => "6090",
            _ => "6170",
        },
        Refusal::CannotCancel(reason) => match reason {
            R::Ended(_) => "6190",
            R::Authenticating => "6250",
            R::Approved => "6060",
            R::Released | R::RestReleased => "6050",
            R::TooLate => "6030",
            _ => "6040",
        },
        Refusal::CannotRefund(reason) => match reason {
            R::NotApproved | R::NothingCaptured | R::Released => "6020",
            R::Ended(_) => "6210",
            R::TooLate => "6220",
            R::TooMuch => "6150",
            _ => "6180",
        },
        Refusal::CannotApprove(RefusalReason::Approved) => "6230",
        Refusal::CannotApprove(_) => "10010",
        // No operation of this API is refused for another reason.
        _ => "3010",
    }
}
