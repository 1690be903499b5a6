//! Hints for errors whose cause is hard to find.

use super::api_error::ApiError;
use super::body::{ErrorBody, Origin, SUBSCRIPTION_KEY};
use crate::operation::{Advice, Api, foreign_response};

/// The hint for a response that does not come from the API.
pub(super) const FOREIGN: &str = foreign_response!();

/// The hints for refusals by the gateway in front of all APIs.
const GATEWAY: [Advice; 3] = [
    Advice {
        words: &["subscription not found"],
        text: "The subscription key exists, but not for this product or environment.",
    },
    Advice {
        words: &SUBSCRIPTION_KEY,
        text: "The Ocp-Apim-Subscription-Key is missing or unknown in this environment. It comes from the same sales \
               unit and environment as the client id.",
    },
    Advice {
        words: &["invalid msn", "supermerchant", "psp id"],
        text: "The merchant serial number does not belong to these keys: another environment's number, or a partner's \
               own number where the merchant's is needed. Partners set it for each call with `merchant_serial_number`.",
    },
];

/// Returns the hint for a response: by its words, by its codes, or by its status.
pub(super) fn of_response(api: &Api, status: u16, body: &ErrorBody<'_>) -> Option<&'static str> {
    if body.is_over_quota() {
        return Some(
            "The quota of calls of this subscription key is used up. Wait as long as `Error::retry_after` returns, and \
             ask Vipps MobilePay for a larger quota.",
        );
    }
    let mut advice = GATEWAY.iter().chain(api.advice);
    let by_words = advice.find(|advice| body.mentions(advice.words));
    by_words
        .map(|advice| advice.text)
        .or_else(|| body.errors.iter().find_map(ApiError::explanation))
        .or_else(|| of_status(status, body))
}

fn of_status(status: u16, body: &ErrorBody<'_>) -> Option<&'static str> {
    let is_number = |code: &str| code.bytes().all(|b| b.is_ascii_digit());
    let mut codes = body.errors.iter().filter_map(ApiError::code);
    let has_number = codes.any(is_number);
    match status {
        // The status of a response from a proxy or another server is not about the keys or the
        // path.
        300..500 if body.origin == Origin::Foreign && status != 408 => None,
        // The gateway sends 401 without a body too.
        401 => Some(
            "The token or the keys were refused. Check that client id, client secret, subscription key and merchant \
             serial number are of one sales unit and one environment.",
        ),
        403 if body.origin == Origin::Api && !has_number => Some(
            "These keys have no right to this merchant serial number or product. Partners must send the merchant's \
             own number.",
        ),
        404 if body.origin == Origin::Api && body.errors.is_empty() => {
            Some("The gateway has no such path: check the base URL.")
        }
        423 => Some(
            "Another operation on this order is still running. Retry the same request later, \
             with the same idempotency key.",
        ),
        500 if !has_number => Some(
            "This API responds with 500 to some malformed requests too (a member of the wrong type or spelling), so check \
             the request as well as the status page.",
        ),
        _ => None,
    }
}

/// Returns the hint for an argument that was refused before anything was sent.
pub(super) fn of_value(field: &str) -> Option<&'static str> {
    field.starts_with("vipps-system-").then_some(
        "Vipps MobilePay checks the four Vipps-System-* headers when it approves an integration. Name your solution \
         with `VippsBuilder::system`, and the part of it that calls the API with `VippsBuilder::plugin`: at most 30 \
         characters each.",
    )
}
