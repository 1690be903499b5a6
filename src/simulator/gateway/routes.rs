//! The routing of requests to operations.

use http::Method;
use serde_json::Value;

use super::api::{Api, Operation};
use super::document::DocumentedOperation;
use super::message::{self, Request, decode};

/// An operation with its API and its description in the document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    pub(crate) api: &'static Api,
    pub(crate) operation: &'static Operation,
    pub(super) documented: &'static DocumentedOperation,
}

/// The routes of all APIs.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    apis: Vec<&'static Api>,
    routes: Vec<Route>,
}

/// The target of a request.
#[derive(Debug)]
pub(crate) enum RequestTarget {
    Operation(Route, Vec<(&'static str, String)>),
    /// A link to a QR code's image.
    Image,
    /// The payment's page in a browser.
    LandingPage,
    /// A path that Vipps serves and the simulator does not.
    Unmodelled(&'static str),
    WrongMethod,
    Unknown,
}

impl RequestTarget {
    /// Returns the name in the journal and in faults.
    pub(crate) fn id(&self) -> Option<&'static str> {
        match self {
            Self::Operation(route, _) => Some(route.operation.id),
            Self::Image => Some(IMAGE),
            Self::LandingPage => Some(LANDING_PAGE),
            _ => None,
        }
    }

    /// Returns `true` if the path contains no id of a person, only ids that the merchant chose.
    pub(crate) fn has_public_path(&self) -> bool {
        matches!(self, Self::Operation(route, _) if !route.operation.has_personal_path)
    }

    /// Returns the payment's reference, from the path or the body.
    pub(crate) fn reference(&self, request: &Request) -> Option<String> {
        let Self::Operation(route, params) = self else {
            return None;
        };
        let place = route.api.reference?;
        if let Some(reference) = parameter(params, place.parameter) {
            return Some(reference.to_owned());
        }
        let body: Value = serde_json::from_slice(&request.body).ok()?;
        Some(body.pointer(place.body)?.as_str()?.to_owned())
    }
}

/// Returns the decoded value of a path parameter.
pub(crate) fn parameter<'a>(params: &'a [(&str, String)], name: &str) -> Option<&'a str> {
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
    ("/recurring/", "the Recurring API"),
    ("/checkout/", "the Checkout API"),
    ("/order-management/", "the Order Management API"),
    ("/access-management-1.0/", "the Login API"),
    ("/report/", "the Report API"),
    ("/management/", "the Management API"),
];

pub(crate) const IMAGE_PATH: &str = "/generate/";
pub(crate) const LANDING_PAGE_PATH: &str = "/dwo-api-application/v1/deeplink/vippsgateway";

/// The names of the requests without an operation, in the journal and in faults.
const IMAGE: &str = "qr_image";
const LANDING_PAGE: &str = "landing_page";

impl Routes {
    /// Panics if a document does not have an operation of its API, because the simulator is then
    /// built from documents that do not belong to it.
    #[allow(clippy::panic, reason = "a broken build, not a broken request")]
    pub(crate) fn new(apis: &[&'static Api]) -> Self {
        let mut routes = Vec::new();
        for api in apis {
            for operation in api.operations {
                let Some(documented) = api.document.operation(operation.id) else {
                    panic!("the document {} does not have {}", api.name, operation.id);
                };
                routes.push(Route {
                    api,
                    operation,
                    documented,
                });
            }
        }
        Self {
            apis: apis.to_vec(),
            routes,
        }
    }

    pub(crate) fn apis(&self) -> Vec<&'static Api> {
        self.apis.clone()
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = Route> {
        self.routes.iter().copied()
    }

    /// Returns the names that a request can have in the journal.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &'static str> {
        let ids = self.routes.iter().map(|route| route.operation.id);
        ids.chain([IMAGE, LANDING_PAGE])
    }

    /// Finds the operation of a request. Like the gateway, it ignores the case of fixed parts and
    /// one slash at the end.
    pub(crate) fn find(&self, request: &Request) -> RequestTarget {
        let path = request.path.strip_suffix('/').unwrap_or(&request.path);
        let mut other_method = false;
        for route in &self.routes {
            if let Some(params) = matches(&route.documented.path, path) {
                if route.documented.method == request.method {
                    return RequestTarget::Operation(*route, params);
                }
                other_method = true;
            }
        }
        if other_method {
            return RequestTarget::WrongMethod;
        }
        if path.starts_with(IMAGE_PATH) {
            return if request.method == Method::GET {
                RequestTarget::Image
            } else {
                RequestTarget::WrongMethod
            };
        }
        if path == LANDING_PAGE_PATH {
            return RequestTarget::LandingPage;
        }
        let lower = request.path.to_ascii_lowercase();
        UNMODELLED
            .iter()
            .find(|(start, _)| lower.starts_with(start) && !self.serves(start))
            .map_or(RequestTarget::Unknown, |(_, feature)| {
                RequestTarget::Unmodelled(feature)
            })
    }

    /// Returns `true` if an operation has a path that starts with this text.
    fn serves(&self, start: &str) -> bool {
        let mut routes = self.routes.iter();
        routes.any(|route| route.documented.path.starts_with(start))
    }
}

/// Returns the token in the URL of a landing page or of an app link.
pub(crate) fn landing_token(url: &str) -> Option<String> {
    let url = url.trim();
    // The app link of an ePayment is `vipps://token=…`.
    let (_, query) = url.split_once('?').or_else(|| url.split_once("://"))?;
    let query = query.split('#').next()?;
    message::parameter(query, "token")
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

    fn target_of(method: Method, path: &str) -> RequestTarget {
        let routes = Routes::new(&crate::simulator::apis::ALL);
        routes.find(&Request {
            method,
            path: path.into(),
            query: None,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
        })
    }

    #[test]
    fn case_and_a_last_slash_are_ignored() {
        for path in [
            "/ecomm/v2/payments",
            "/Ecomm/v2/payments/",
            "/ecomm/V2/Payments",
        ] {
            assert_eq!(
                target_of(Method::POST, path).id(),
                Some("initiate_payment_v3_using_post"),
                "{path}"
            );
        }
        assert!(matches!(
            target_of(Method::POST, "/ecomm/v2/payments//"),
            RequestTarget::Unknown
        ));
    }

    #[test]
    fn parameters_are_decoded_one_segment_at_a_time() {
        let target = target_of(Method::GET, "/ecomm/v2/payments/a%2Fb%20c/details");
        let RequestTarget::Operation(_, params) = target else {
            panic!("{target:?}");
        };
        assert_eq!(parameter(&params, "orderId"), Some("a/b c"));
    }

    #[test]
    fn unmodelled_path_is_named() {
        assert!(matches!(
            target_of(Method::POST, "/checkout/v3/session"),
            RequestTarget::Unmodelled("the Checkout API")
        ));
        assert!(matches!(
            target_of(Method::GET, "/qr/accesstoken/get"),
            RequestTarget::Unknown
        ));
        assert!(matches!(
            target_of(Method::GET, "/ecomm/v2/payments"),
            RequestTarget::WrongMethod
        ));
        assert!(matches!(
            target_of(Method::GET, "/ecomm/v2/payments//details"),
            RequestTarget::Unknown
        ));
    }

    #[test]
    fn token_is_read_from_each_form_of_landing_page() {
        for url in [
            "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJa.b",
            "   https://x/y?token=eyJa.b&v=2",
            "vippsMT://?token=eyJa.b",
            "vipps://token=eyJa.b",
        ] {
            assert_eq!(landing_token(url).as_deref(), Some("eyJa.b"), "{url}");
        }
        assert_eq!(landing_token("https://x/token=eyJa.b"), None);
    }
}
