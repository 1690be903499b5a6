//! Identification and authorization of callbacks.

use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::{
    Callback, CallbackAuth, CallbackError, ConsentRemoval, MAX_BODY, PaymentUpdate, ShippingRequest,
};
use crate::types::{OrderId, Sensitive};

/// The subject of a callback, read from its method and path.
#[derive(Debug)]
pub(super) enum Target {
    Payment(OrderId),
    Shipping(OrderId),
    Consent(Sensitive),
}

/// A callback whose body may be read.
#[derive(Debug)]
pub(super) struct AuthorizedRequest {
    target: Target,
    authenticated: bool,
}

impl Target {
    pub(super) fn parse(method: &Method, uri: &Uri) -> Option<Self> {
        let parse_path: fn(&str) -> Option<Self> = match *method {
            Method::POST => parse_post_path,
            Method::DELETE => parse_delete_path,
            _ => return None,
        };
        parse_path(uri.path()).or_else(|| {
            let mut parts = uri.query()?.split('&');
            parts.find_map(|part| parse_query_part(part, parse_path))
        })
    }

    pub(super) fn authorize(
        self,
        auth: &CallbackAuth,
        headers: &HeaderMap,
    ) -> Result<AuthorizedRequest, CallbackError> {
        let authenticated = auth.accepts(headers);
        let is_missing = !headers.contains_key(http::header::AUTHORIZATION);
        match self {
            _ if authenticated => {}
            // The documentation of the API lists no `Authorization` header for this callback.
            Self::Consent(_) if is_missing && auth.allows_unauthenticated_consent_removal() => {}
            Self::Consent(_) if is_missing => {
                return Err(CallbackError::UnauthenticatedConsentRemoval);
            }
            _ => return Err(CallbackError::Unauthorized),
        }
        Ok(AuthorizedRequest {
            target: self,
            authenticated,
        })
    }
}

impl AuthorizedRequest {
    pub(super) fn read(self, body: &[u8]) -> Result<Callback, CallbackError> {
        if body.len() > MAX_BODY {
            return Err(CallbackError::TooLarge);
        }
        match self.target {
            Target::Payment(order_id) => {
                PaymentUpdate::read(Some(order_id), body).map(Callback::Payment)
            }
            Target::Shipping(order_id) => {
                ShippingRequest::from_slice(order_id, body).map(Callback::Shipping)
            }
            Target::Consent(user_id) => Ok(Callback::Consent(ConsentRemoval {
                user_id,
                authenticated: self.authenticated,
            })),
        }
    }
}

/// Finds a callback in one part of a query, plain or percent-encoded once.
///
/// With a prefix such as `https://shop.example.com/?route=vipps&path=`, the path that the API
/// appends is part of the query. Gateways reorder and encode a query, and append `=` to a part
/// without a value.
fn parse_query_part(part: &str, parse_path: fn(&str) -> Option<Target>) -> Option<Target> {
    let spellings = [Some(part), part.strip_suffix('=')];
    spellings.into_iter().flatten().find_map(|part| {
        parse_path(part).or_else(|| parse_path(&percent_decode_str(part).decode_utf8().ok()?))
    })
}

fn parse_post_path(path: &str) -> Option<Target> {
    let mut segments = path.rsplit('/');
    let (last, before, third) = (segments.next()?, segments.next()?, segments.next()?);
    if (third, before) == ("v2", "payments") {
        return parse_order_id(last).map(Target::Payment);
    }
    let is_shipping = last == "shippingDetails" && third == "payments" && segments.next()? == "v2";
    is_shipping.then(|| parse_order_id(before).map(Target::Shipping))?
}

fn parse_order_id(segment: &str) -> Option<OrderId> {
    OrderId::parse(&percent_decode_str(segment).decode_utf8().ok()?).ok()
}

fn parse_delete_path(path: &str) -> Option<Target> {
    const MARKER: &str = "/v2/consents/";
    // The id extends to the end: it may contain slashes, which some proxies decode.
    let at = path.rfind(MARKER)? + MARKER.len();
    let user_id = percent_decode_str(path.get(at..)?).decode_utf8().ok()?;
    (!user_id.is_empty()).then(|| Target::Consent(Sensitive::from(user_id.into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn describe(method: &Method, uri: &str) -> String {
        match Target::parse(method, &uri.parse().unwrap()) {
            None => "nothing".to_owned(),
            Some(Target::Payment(id)) => format!("payment {id}"),
            Some(Target::Shipping(id)) => format!("shipping {id}"),
            Some(Target::Consent(id)) => format!("consent {}", id.expose()),
        }
    }

    #[test]
    fn callback_is_found_by_the_end_of_its_path() {
        for (uri, expected) in [
            ("/v2/payments/order-1", "payment order-1"),
            (
                "https://shop.example.com/a/b/v2/payments/order-1",
                "payment order-1",
            ),
            ("//v2/payments/order-1", "payment order-1"),
            ("/v2/payments/order%2D1", "payment order-1"),
            ("/v2/payments/order-1?x=y", "payment order-1"),
            ("/v2/payments/order-1/shippingDetails", "shipping order-1"),
            ("/a/v2/payments/order-1/shippingDetails", "shipping order-1"),
            ("/v2/payments/shippingDetails", "payment shippingDetails"),
            ("/v2/payments/payments/shippingDetails", "shipping payments"),
            (
                "/?route=vipps&callback=/v2/payments/order-1",
                "payment order-1",
            ),
            (
                "/?vipps=/v2/payments/order-1/shippingDetails",
                "shipping order-1",
            ),
            ("/", "nothing"),
            ("/v2/payments", "nothing"),
            ("/v2/payments/", "nothing"),
            ("/v2/payments/a%2Fb", "nothing"),
            ("/v2/payments/a_b", "nothing"),
            ("/v2/payments/%FF", "nothing"),
            ("/v2/payments//shippingDetails", "nothing"),
            ("/v2/payments/order-1/", "nothing"),
            ("/v2/payments/order-1/capture", "nothing"),
            ("/v3/payments/order-1", "nothing"),
            ("/xv2/payments/order-1", "nothing"),
            ("/v2/consents/abc", "nothing"),
        ] {
            assert_eq!(describe(&Method::POST, uri), expected, "{uri}");
        }
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(describe(&method, "/v2/payments/order-1"), "nothing");
        }
    }

    #[test]
    fn user_ids_of_consent_removals_are_decoded() {
        for (uri, expected) in [
            ("/v2/consents/1234567", "consent 1234567"),
            (
                "/p/v2/consents/uiJskNQ6qNN1iwN891uuob%3D%3D",
                "consent uiJskNQ6qNN1iwN891uuob==",
            ),
            (
                "/v2/consents/uiJskNQ6qNN1iwN891uuob==",
                "consent uiJskNQ6qNN1iwN891uuob==",
            ),
            ("/v2/consents/a%2Fb%2Bc+d", "consent a/b+c+d"),
            ("/v2/consents/a/b+c", "consent a/b+c"),
            (
                "/v2/consents/c06c4afe-d9e1-4c5d-939a-177d752a0944",
                "consent c06c4afe-d9e1-4c5d-939a-177d752a0944",
            ),
            ("/?p=/v2/consents/a", "consent a"),
            ("/v2/consents/", "nothing"),
            ("/v2/consents", "nothing"),
            ("/v2/consents/%FF", "nothing"),
        ] {
            assert_eq!(describe(&Method::DELETE, uri), expected, "{uri}");
        }
        assert_eq!(describe(&Method::GET, "/v2/consents/a"), "nothing");
    }
}
