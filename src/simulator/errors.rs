//! The error bodies that Vipps is known to send, and the codes of the eCom API.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::random::Random;
use super::wire::Response;

/// An error of the eCom API: its code, its group and its HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code {
    pub(crate) status: StatusCode,
    /// Missing in the response for a duplicate order id, although the spec requires it.
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
                .departing("the gateway leaves out the result")
                .noted("the customer is with the issuer");
        }
        let response = Response::json(
            self.status,
            ecom_body(self.group, self.number, self.message, random),
        );
        if self.group.is_none() {
            response.departing("a duplicate order id is answered without errorGroup")
        } else {
            response
        }
    }
}

/// Returns an error in the eCom API's format.
pub(crate) fn ecom(
    status: StatusCode,
    group: Option<&str>,
    code: &str,
    message: &str,
    random: &mut Random,
) -> Response {
    Response::json(status, ecom_body(group, code, message, random))
}

fn ecom_body(group: Option<&str>, code: &str, message: &str, random: &mut Random) -> Value {
    let mut error = Map::new();
    if let Some(group) = group {
        error.insert("errorGroup".into(), group.into());
    }
    error.insert("errorCode".into(), code.into());
    error.insert("errorMessage".into(), message.into());
    error.insert("contextId".into(), random.uuid().into());
    Value::Array(vec![Value::Object(error)])
}

/// Returns the eCom API's error for a field that breaks a rule. Its code is the name of the field.
pub(crate) fn invalid_request(field: &str, message: &str, random: &mut Random) -> Response {
    Response::json(
        StatusCode::BAD_REQUEST,
        ecom_body(Some("InvalidRequest"), field, message, random),
    )
}

/// Returns an error that the API gateway sends by itself.
pub(crate) fn gateway(status: StatusCode, message: &str) -> Response {
    Response::json(
        status,
        json!({"statusCode": status.as_u16(), "message": message}),
    )
    .departing("the gateway answers in its own shape")
}

/// Returns an error in the gateway's other format, which the eCom description uses.
pub(crate) fn gateway_info(status: StatusCode, title: &str, message: &str) -> Response {
    Response::json(
        status,
        json!({
            "responseInfo": {"responseCode": status.as_u16(), "responseMessage": title},
            "result": {"message": message},
        }),
    )
}

/// Returns Azure AD's error for a token request that it refuses.
pub(crate) fn azure(
    status: StatusCode,
    error: &str,
    codes: &[u32],
    description: &str,
    now: jiff::Timestamp,
    random: &mut Random,
) -> Response {
    let trace = random.uuid();
    let correlation = random.uuid();
    let stamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let first = codes.first().copied().unwrap_or_default();
    Response::json(
        status,
        json!({
            "error": error,
            "error_description": format!(
                "AADSTS{first}: {description}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {stamp}"
            ),
            "error_codes": codes,
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.windows.net/error?code={first}"),
        }),
    )
}

/// Returns a problem body of the QR API.
pub(crate) fn qr(status: StatusCode, title: &str, detail: &str, random: &mut Random) -> Response {
    Response::json(
        status,
        json!({"title": title, "detail": detail, "instance": random.uuid()}),
    )
}

/// Returns the QR API's error for fields that break a rule. The names are in Pascal case.
pub(crate) fn qr_invalid(params: &[(String, String)], random: &mut Random) -> Response {
    let params: Vec<Value> = params
        .iter()
        .map(|(name, reason)| json!({"name": pascal_case(name), "reason": reason}))
        .collect();
    Response::json(
        StatusCode::BAD_REQUEST,
        json!({
            "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1",
            "title": "One or more validation errors occurred.",
            "detail": "BadRequest",
            "instance": random.trace_id(),
            "invalidParams": params,
        }),
    )
}

/// Returns the error of the two exchange operations for fields that break a rule.
pub(crate) fn exchange_invalid(params: &[(String, String)]) -> Response {
    let params: Vec<Value> = params
        .iter()
        .map(|(name, reason)| json!({"name": name, "reason": reason}))
        .collect();
    Response::json(
        StatusCode::BAD_REQUEST,
        json!({
            "title": "Bad request",
            "status": 400,
            "detail": "The request body contains one or more invalid parameters.",
            "extraDetails": params,
        }),
    )
}

/// Returns the 501 for a feature that the simulator does not model.
pub(crate) fn unmodelled(feature: &str) -> Response {
    Response::json(
        StatusCode::NOT_IMPLEMENTED,
        json!({
            "title": "Not modelled by the simulator",
            "status": 501,
            "detail": format!("The simulator does not model {feature}; Vipps itself might answer anything here."),
        }),
    )
    .departing("the simulator speaks for itself")
    .noted(format!("not modelled: {feature}"))
}

/// Returns the 501 that replaces a response of the simulator that the vendored spec forbids. It
/// reports an error in the simulator itself.
pub(crate) fn broken_promise(operation: &str, violation: &str) -> Response {
    Response::json(
        StatusCode::NOT_IMPLEMENTED,
        json!({
            "title": "The simulator's own answer does not fit the vendored spec",
            "status": 501,
            "detail": format!("{operation}: {violation}"),
        }),
    )
    .departing("the simulator speaks for itself")
    .noted(format!("own answer breaks the spec: {violation}"))
}

fn pascal_case(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_unique_together_with_its_group() {
        for (index, one) in ALL.iter().enumerate() {
            for other in &ALL[index + 1..] {
                assert_ne!((one.group, one.number), (other.group, other.number));
            }
        }
    }

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal_case("redirectUrl"), "RedirectUrl");
        assert_eq!(pascal_case(""), "");
        assert_eq!(pascal_case("ærlig"), "Ærlig");
    }
}
