//! The routing of requests to operations.

use http::Method;

use super::operations::{OPERATIONS, Operation};
use super::wire::{Request, decode};

/// The target of a request.
#[derive(Debug)]
pub(crate) enum Found {
    Operation(&'static Operation, Vec<(&'static str, String)>),
    /// A link to a QR code's image.
    Image,
    /// The payment's page in a browser.
    LandingPage,
    /// A path that Vipps serves and the simulator does not.
    Unmodelled(&'static str),
    WrongMethod,
    Nothing,
}

impl Found {
    /// Returns the name in the journal and in faults.
    pub(crate) fn id(&self) -> Option<&'static str> {
        match self {
            Self::Operation(operation, _) => Some(operation.id),
            Self::Image => Some("qr_image"),
            Self::LandingPage => Some("landing_page"),
            _ => None,
        }
    }

    pub(crate) fn order_id(&self) -> Option<&str> {
        let Self::Operation(_, params) = self else {
            return None;
        };
        parameter(params, "orderId")
    }
}

/// Returns the decoded value of a path parameter.
pub(crate) fn parameter<'a>(params: &'a [(&'static str, String)], name: &str) -> Option<&'a str> {
    params
        .iter()
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.as_str())
}

/// The APIs that Vipps serves and the simulator does not, by the start of the path.
const UNMODELLED: &[(&str, &str)] = &[
    (
        "/miami/",
        "the token endpoint of the Management and Report APIs",
    ),
    (
        "/authentication/",
        "the token endpoint of the Management and Report APIs",
    ),
    ("/epayment/", "the ePayment API"),
    ("/recurring/", "the Recurring API"),
    ("/checkout/", "the Checkout API"),
    (
        "/webhooks/",
        "the Webhooks API; Simulator::webhook registers a receiver",
    ),
    ("/order-management/", "the Order Management API"),
    ("/vipps-userinfo-api/", "the Userinfo API"),
    ("/access-management-1.0/", "the Login API"),
    ("/report/", "the Report API"),
    ("/management/", "the Management API"),
];

pub(crate) const IMAGE_PATH: &str = "/generate/";
pub(crate) const LANDING_PAGE_PATH: &str = "/dwo-api-application/v1/deeplink/vippsgateway";

/// Finds the operation. Like the gateway, it ignores the case of fixed parts and one slash at the
/// end.
pub(crate) fn find(request: &Request) -> Found {
    let path = request.path.strip_suffix('/').unwrap_or(&request.path);
    let mut other_method = false;
    for operation in &OPERATIONS {
        if let Some(params) = matches(operation.template, path) {
            if operation.method == request.method {
                return Found::Operation(operation, params);
            }
            other_method = true;
        }
    }
    if other_method {
        return Found::WrongMethod;
    }
    if path.starts_with(IMAGE_PATH) {
        return if request.method == Method::GET {
            Found::Image
        } else {
            Found::WrongMethod
        };
    }
    if path == LANDING_PAGE_PATH {
        return Found::LandingPage;
    }
    let lower = request.path.to_ascii_lowercase();
    UNMODELLED
        .iter()
        .find(|(start, _)| lower.starts_with(start))
        .map_or(Found::Nothing, |(_, feature)| Found::Unmodelled(feature))
}

fn matches(template: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
    let mut params = Vec::new();
    let mut parts = path.split('/');
    for expected in template.split('/') {
        let part = parts.next()?;
        if let Some(name) = expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            let value = decode(part)?;
            if value.is_empty() {
                return None;
            }
            params.push((name, value));
        } else if !expected.eq_ignore_ascii_case(part) {
            return None;
        }
    }
    parts.next().is_none().then_some(params)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> Found {
        find(&Request {
            method,
            path: path.into(),
            query: None,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        })
    }

    #[test]
    fn the_gateway_is_lenient_about_case_and_a_last_slash() {
        for path in [
            "/ecomm/v2/payments",
            "/Ecomm/v2/payments/",
            "/ecomm/V2/Payments",
        ] {
            assert_eq!(
                found(Method::POST, path).id(),
                Some("initiate_payment_v3_using_post"),
                "{path}"
            );
        }
        assert!(matches!(
            found(Method::POST, "/ecomm/v2/payments//"),
            Found::Nothing
        ));
    }

    #[test]
    fn parameters_are_decoded_one_segment_at_a_time() {
        let found = found(Method::GET, "/ecomm/v2/payments/a%2Fb%20c/details");
        assert_eq!(found.order_id(), Some("a/b c"));
    }

    #[test]
    fn what_is_elsewhere_is_named() {
        assert!(matches!(
            found(Method::POST, "/epayment/v1/payments"),
            Found::Unmodelled("the ePayment API")
        ));
        assert!(matches!(
            found(Method::GET, "/qr/accesstoken/get"),
            Found::Nothing
        ));
        assert!(matches!(
            found(Method::GET, "/ecomm/v2/payments"),
            Found::WrongMethod
        ));
        assert!(matches!(
            found(Method::GET, "/ecomm/v2/payments//details"),
            Found::Nothing
        ));
    }
}
