//! The error codes of the eCom API and their bodies.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::simulator::gateway::Response;
use crate::simulator::random::Random;

/// An error of the eCom API: its code, its group and its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) status: StatusCode,
    /// Missing in the response for a duplicate order id, although the document requires it.
    pub(crate) group: Option<&'static str>,
    pub(crate) number: &'static str,
    pub(crate) message: &'static str,
}

const fn payment(status: StatusCode, code: &'static str, message: &'static str) -> Code {
    Code {
        status,
        group: Some("Payment"),
        number: code,
        message,
    }
}

const fn vipps(code: &'static str, message: &'static str) -> Code {
    Code {
        status: StatusCode::BAD_REQUEST,
        group: Some("VippsError"),
        number: code,
        message,
    }
}

const fn merchant(status: StatusCode, code: &'static str, message: &'static str) -> Code {
    Code {
        status,
        group: Some("Merchant"),
        number: code,
        message,
    }
}

pub(crate) const NOT_ACTED: Code = payment(
    StatusCode::BAD_REQUEST,
    "45",
    "User has not acted upon the payment",
);
pub(crate) const ALREADY_CAPTURED: Code = payment(
    StatusCode::PAYMENT_REQUIRED,
    "51",
    "Cannot cancel a captured order. Refund it instead",
);
pub(crate) const CAPTURE_EXCEEDS: Code = payment(
    StatusCode::BAD_REQUEST,
    "61",
    "Captured amount exceeds the reserved amount",
);
pub(crate) const NOT_RESERVED: Code =
    payment(StatusCode::BAD_REQUEST, "62", "The amount is not reserved");
pub(crate) const REFUND_EXCEEDS: Code = payment(
    StatusCode::BAD_REQUEST,
    "71",
    "Refunded amount exceeds the captured amount",
);
pub(crate) const ONLY_RESERVED: Code = payment(
    StatusCode::BAD_REQUEST,
    "72",
    "Cannot refund a reserved order. Cancel it instead",
);
pub(crate) const NOTHING_TO_REFUND: Code = payment(
    StatusCode::BAD_REQUEST,
    "73",
    "Cannot refund a cancelled order",
);
pub(crate) const OTHER_AMOUNT: Code = payment(
    StatusCode::BAD_REQUEST,
    "93",
    "An idempotent retry must have the same amount as the first request",
);
pub(crate) const REFUND_TOO_LATE: Code = payment(
    StatusCode::BAD_REQUEST,
    "95",
    "A payment can be refunded for 365 days only",
);
pub(crate) const TOO_LATE: Code = payment(
    StatusCode::BAD_REQUEST,
    "98",
    "A payment can be captured or cancelled for 180 days only",
);

pub(crate) const NOT_ALLOWED: Code = vipps("91", "The transaction is not allowed");
pub(crate) const ALREADY_PROCESSED: Code = vipps("92", "The transaction is already processed");
pub(crate) const OTHER_REQUEST: Code = vipps(
    "93",
    "An idempotent retry must be identical to the first request",
);
pub(crate) const LOCKED: Code = vipps("94", "The order is locked and is being processed");
pub(crate) const TOO_MANY_AT_ONCE: Code = vipps("98", "Too many concurrent requests");
pub(crate) const INTERNAL: Code = Code {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    group: Some("VippsError"),
    number: "99",
    message: "Internal error",
};

/// The gateway's error if a payment is cancelled while the customer is in 3-D Secure.
pub(crate) const BUSY: Code = Code {
    status: StatusCode::INTERNAL_SERVER_ERROR,
    group: None,
    number: "",
    message: "Something went wrong, please try again later.",
};

pub(crate) const NOT_A_USER: Code = Code {
    status: StatusCode::BAD_REQUEST,
    group: Some("User"),
    number: "81",
    message: "User not registered with Vipps",
};

pub(crate) const ORDER_ID_USED: Code = Code {
    status: StatusCode::BAD_REQUEST,
    group: None,
    number: "34",
    message: "orderId is already used, and must be unique",
};
pub(crate) const UNKNOWN_ORDER: Code = merchant(StatusCode::NOT_FOUND, "35", "Order not found");
pub(crate) const NIN_NOT_ALLOWED: Code = merchant(
    StatusCode::FORBIDDEN,
    "51",
    "The scope nin is not allowed for this sales unit",
);
pub(crate) const LANDING_PAGE_REQUIRED: Code = merchant(
    StatusCode::BAD_REQUEST,
    "38",
    "skipLandingPage is not allowed for this sales unit",
);

/// Every code above, for the faults that name a code.
pub(crate) const ALL: &[Code] = &[
    NOT_ACTED,
    ALREADY_CAPTURED,
    CAPTURE_EXCEEDS,
    NOT_RESERVED,
    REFUND_EXCEEDS,
    ONLY_RESERVED,
    NOTHING_TO_REFUND,
    OTHER_AMOUNT,
    REFUND_TOO_LATE,
    TOO_LATE,
    NOT_ALLOWED,
    ALREADY_PROCESSED,
    OTHER_REQUEST,
    LOCKED,
    TOO_MANY_AT_ONCE,
    INTERNAL,
    NOT_A_USER,
    ORDER_ID_USED,
    UNKNOWN_ORDER,
    LANDING_PAGE_REQUIRED,
    NIN_NOT_ALLOWED,
];

impl Code {
    /// Returns the error as the eCom API sends it: an array with one element.
    pub(crate) fn response(&self, random: &mut Random) -> Response {
        if *self == BUSY {
            let info =
                json!({"responseCode": self.status.as_u16(), "responseMessage": self.message});
            return Response::json(self.status, json!({"responseInfo": info}))
                .deviating("the gateway leaves out the result")
                .noted("the customer is with the issuer");
        }
        let response = error(self.status, self.group, self.number, self.message, random);
        if self.group.is_none() {
            response.deviating("the error for a duplicate order id has no errorGroup")
        } else {
            response
        }
    }
}

/// Returns the error with this group and code, for a fault. Other codes get status 400.
pub(crate) fn response(group: &str, code: &str, random: &mut Random) -> Response {
    let is_wanted =
        |known: &&Code| known.group.unwrap_or("Merchant") == group && known.number == code;
    if let Some(known) = ALL.iter().find(is_wanted) {
        return known.response(random);
    }
    let status = StatusCode::BAD_REQUEST;
    error(status, Some(group), code, "A fault of the test", random)
}

fn error(
    status: StatusCode,
    group: Option<&str>,
    code: &str,
    message: &str,
    random: &mut Random,
) -> Response {
    let mut error = Map::new();
    if let Some(group) = group {
        error.insert("errorGroup".into(), group.into());
    }
    error.insert("errorCode".into(), code.into());
    error.insert("errorMessage".into(), message.into());
    error.insert("contextId".into(), random.uuid().into());
    let body = Value::Array(vec![Value::Object(error)]);
    Response::json(status, body).with_error_code(code)
}

/// Returns the eCom API's error for a field that breaks a rule. Its code is the name of the field.
pub(crate) fn invalid_request(field: &str, message: &str, random: &mut Random) -> Response {
    let status = StatusCode::BAD_REQUEST;
    error(status, Some("InvalidRequest"), field, message, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_and_group_are_unique() {
        for (index, one) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                assert_ne!((one.group, one.number), (other.group, other.number));
            }
        }
    }
}
