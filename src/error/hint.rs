//! What to do about an error, for the causes that people lose days on.

use super::body::ParsedBody;
use crate::operation::foreign_response;

/// About a response that the API did not make.
pub(super) const FOREIGN: &str = foreign_response!();

/// The causes that are easily mistaken, by what the response looks like.
pub(super) fn of_response(status: u16, parsed: &ParsedBody, foreign: bool) -> Option<&'static str> {
    if parsed.is_over_quota {
        return Some(
            "The quota of calls of this subscription key is used up. Wait as long as `Error::retry_after` says, and \
             ask Vipps MobilePay for a larger quota.",
        );
    }
    let errors = &parsed.errors;
    let message = parsed.message();
    let says = |text: &str| {
        message.contains(text)
            || errors
                .iter()
                .any(|e| e.message().is_some_and(|m| m.contains(text)))
    };
    let has_login_code = |codes: &[u64]| parsed.login_codes.iter().any(|c| codes.contains(c));
    if has_login_code(&[70001, 700_016]) {
        return Some(
            "The client id is unknown here. Most often the keys of one environment are used in the other: \
             test keys work only with the test environment, production keys only with production.",
        );
    }
    // Before the wrong secret: the login service may send its general code 70002 too.
    if has_login_code(&[7_000_222]) {
        return Some(
            "The client secret has expired. Create a new client secret in the portal, and configure it here.",
        );
    }
    if has_login_code(&[70002, 7_000_215, 50012]) {
        return Some("The client secret does not belong to this client id in this environment.");
    }
    if parsed.mentions("subscription not found") {
        return Some("The subscription key exists, but not for this product or environment.");
    }
    if parsed.mentions("subscription key") || parsed.mentions("subscription-key") {
        return Some(
            "The Ocp-Apim-Subscription-Key is missing or unknown in this environment. It comes from the same sales \
             unit and environment as the client id.",
        );
    }
    let about_the_number = ["Invalid MSN", "supermerchant", "PSP id"];
    if about_the_number.into_iter().any(says) {
        return Some(
            "The merchant serial number does not belong to these keys: another environment's number, or a partner's \
             own number where the merchant's is needed. Partners set it for each call with `merchant_serial_number`.",
        );
    }
    if says("Not Allowed for Ecommerce Payment") {
        return Some(
            "The sales unit may not take payments; it is probably set up for Login only. Use the keys and the number \
             of another sales unit, or have this one changed in the portal.",
        );
    }
    let business = errors.iter().any(|e| {
        e.code()
            .is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()))
    });
    // Without such words, a response of something in between is not about the keys.
    if foreign {
        return None;
    }
    let conclusive = parsed.is_conclusive;
    match status {
        // The gateway sends 401 without a body too.
        401 => Some(
            "The token or the keys were refused. Check that client id, client secret, subscription key and merchant \
             serial number are of one sales unit and one environment.",
        ),
        403 if conclusive && !business => Some(
            "These keys have no right to this merchant serial number or product. Partners must send the merchant's \
             own number.",
        ),
        404 if conclusive && errors.is_empty() => {
            Some("The gateway does not know this path: check the base URL.")
        }
        423 => Some(
            "Another operation on this order is still running. Send the same request again later, \
             with the same idempotency key.",
        ),
        500 if !business => Some(
            "This API answers 500 to some malformed requests too (a member of the wrong type or spelling), so look \
             at the request as well as at the status page.",
        ),
        _ => None,
    }
}

/// About an argument that was refused before anything was sent.
pub(super) fn of_value(field: &str) -> Option<&'static str> {
    field.starts_with("vipps-system-").then_some(
        "Vipps MobilePay looks for the four Vipps-System-* headers when it approves an integration. Name your solution \
         with `VippsBuilder::system`, and the part of it that talks to the API with `VippsBuilder::plugin`: at most 30 \
         characters each.",
    )
}
