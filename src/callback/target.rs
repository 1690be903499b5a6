//! Which call it is, and whether it may be made.

use http::{HeaderMap, Method, Uri};
use percent_encoding::percent_decode_str;

use super::{
    Callback, CallbackAuth, CallbackError, ConsentRemoval, MAX_BODY, PaymentUpdate, ShippingRequest,
};
use crate::types::{OrderId, Sensitive};

/// What a request is about, by its method and path.
#[derive(Debug)]
pub(super) enum Target {
    Payment(OrderId),
    Shipping(OrderId),
    Consent(Sensitive),
}

/// A request that may be read.
#[derive(Debug)]
pub(super) struct Allowed {
    target: Target,
    authenticated: bool,
}

impl Target {
    pub(super) fn of(method: &Method, uri: &Uri) -> Option<Self> {
        let by_end: fn(&str) -> Option<Self> = match *method {
            Method::POST => by_order,
            Method::DELETE => by_user,
            _ => return None,
        };
        by_end(uri.path()).or_else(|| {
            let mut parts = uri.query()?.split('&');
            parts.find_map(|part| in_query(part, by_end))
        })
    }

    pub(super) fn allow(
        self,
        auth: &CallbackAuth,
        headers: &HeaderMap,
    ) -> Result<Allowed, CallbackError> {
        let authenticated = auth.accepts(headers);
        let is_missing = !headers.contains_key(http::header::AUTHORIZATION);
        match self {
            _ if authenticated => {}
            // The documentation of the API names no `Authorization` header for this call.
            Self::Consent(_) if is_missing && auth.allows_unauthenticated_consent_removal() => {}
            Self::Consent(_) if is_missing => {
                return Err(CallbackError::UnauthenticatedConsentRemoval);
            }
            _ => return Err(CallbackError::Unauthorized),
        }
        Ok(Allowed {
            target: self,
            authenticated,
        })
    }
}

impl Allowed {
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

/// Finds a callback in one part of a query, as it stands or percent-encoded once.
///
/// A prefix such as `https://shop.example.com/?route=vipps&path=` takes what Vipps appends into its query. Gateways
/// reorder and encode a query, and write `=` after a part that has none.
fn in_query(part: &str, by_end: fn(&str) -> Option<Target>) -> Option<Target> {
    let spellings = [Some(part), part.strip_suffix('=')];
    spellings.into_iter().flatten().find_map(|part| {
        by_end(part).or_else(|| by_end(&percent_decode_str(part).decode_utf8().ok()?))
    })
}

fn by_order(path: &str) -> Option<Target> {
    let mut steps = path.rsplit('/');
    let (last, before, third) = (steps.next()?, steps.next()?, steps.next()?);
    if (third, before) == ("v2", "payments") {
        return order_id(last).map(Target::Payment);
    }
    let is_shipping = last == "shippingDetails" && third == "payments" && steps.next()? == "v2";
    is_shipping.then(|| order_id(before).map(Target::Shipping))?
}

fn order_id(step: &str) -> Option<OrderId> {
    OrderId::parse(&percent_decode_str(step).decode_utf8().ok()?).ok()
}

fn by_user(path: &str) -> Option<Target> {
    const BEFORE: &str = "/v2/consents/";
    // Up to the end: the ids have slashes, and not every proxy leaves them encoded.
    let at = path.rfind(BEFORE)? + BEFORE.len();
    let user_id = percent_decode_str(path.get(at..)?).decode_utf8().ok()?;
    (!user_id.is_empty()).then(|| Target::Consent(Sensitive::from(user_id.into_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &Method, uri: &str) -> String {
        match Target::of(method, &uri.parse().unwrap()) {
            None => "nothing".to_owned(),
            Some(Target::Payment(id)) => format!("payment {id}"),
            Some(Target::Shipping(id)) => format!("shipping {id}"),
            Some(Target::Consent(id)) => format!("consent {}", id.expose()),
        }
    }

    #[test]
    fn by_the_end_of_the_path() {
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
            assert_eq!(found(&Method::POST, uri), expected, "{uri}");
        }
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            assert_eq!(found(&method, "/v2/payments/order-1"), "nothing");
        }
    }

    #[test]
    fn user_ids_are_decoded() {
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
            assert_eq!(found(&Method::DELETE, uri), expected, "{uri}");
        }
        assert_eq!(found(&Method::GET, "/v2/consents/a"), "nothing");
    }
}
