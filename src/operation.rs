//! The properties of the operations of an API.
//!
//! The document of an API gives each operation an [`Endpoint`], which the build script generates.
//! The table of the API, such as `ecom/operations.rs`, adds the retry class, the rate limits and
//! the hints. No other place in the crate distinguishes operations.

mod error_code;
mod rate_limit;

pub(crate) use error_code::{Advice, ErrorCode};
pub use error_code::{ErrorGroup, Remedy};
pub use rate_limit::RateLimit;
pub(crate) use rate_limit::rate_limit;

use crate::types::{OrderId, Reference};

/// An operation as its OpenAPI document describes it.
///
/// ```
/// use vipps::raw::epayment::endpoints::CAPTURE_PAYMENT;
///
/// assert_eq!(CAPTURE_PAYMENT.method, "POST");
/// assert_eq!(CAPTURE_PAYMENT.path, "/epayment/v1/payments/{Reference}/capture");
/// assert_eq!(CAPTURE_PAYMENT.idempotency_header, Some("idempotency-key"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Endpoint {
    /// The module of the document in [`raw`](crate::raw), such as `ecom`.
    pub document: &'static str,
    /// The operation id in snake case, which is the name of the generated method.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path template below the base URL, such as `/ecomm/v2/payments/{orderId}/capture`.
    pub path: &'static str,
    /// The header in which the document declares an idempotency key, in lower case: `x-request-id`
    /// or `idempotency-key`. It is no parameter of the generated method. Every call of the
    /// operation carries a key in it, which is the same on every attempt.
    pub idempotency_header: Option<&'static str>,
}

/// An API of Vipps MobilePay.
#[derive(Debug)]
pub(crate) struct Api {
    /// The documented errors of the API. If a response has several codes, the first matching row is
    /// its explanation.
    pub(crate) error_codes: &'static [ErrorCode],
    /// The hints for responses without a code.
    pub(crate) advice: &'static [Advice],
    /// The hint for HTTP 429 of an operation without a documented limit.
    pub(crate) rate_limit_hint: Option<&'static str>,
    /// Set if the API repeats a refusal for every request with the same idempotency key.
    pub(crate) keeps_refusals: bool,
}

/// One operation: its endpoint, and the rules for calling it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) api: &'static Api,
    pub(crate) class: RetryClass,
    pub(crate) auth: Auth,
    pub(crate) subject: Subject,
    pub(crate) effect: PaymentEffect,
    /// The documented limit, and the hint for when it is exceeded.
    pub(crate) rate_limit: Option<(RateLimit, &'static str)>,
    /// The hint for an unknown outcome.
    pub(crate) unknown_hint: Option<UnknownHint>,
}

/// The kind of effect that an operation has. It decides which failures are retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RetryClass {
    /// Changes nothing.
    Read,
    /// Moves money or creates a payment, with an idempotency key.
    KeyedWrite,
    /// Has the same effect for any number of requests.
    Idempotent,
    /// Has an effect that can happen twice without harm.
    Harmless,
    /// A cancel, which the API cannot deduplicate.
    Cancel,
    /// Must not be sent twice.
    Once,
}

/// The credentials of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Auth {
    /// An access token.
    Token,
    /// The client id and the client secret.
    Keys,
    /// No credentials, for hosts that are not the API's.
    Anonymous,
}

/// The place of the payment's name in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The path parameter `{orderId}` or `{Reference}`, if the path has it.
    Path,
    /// An order id in the JSON body, by its JSON pointer.
    OrderIdInBody(&'static str),
    /// A reference in the JSON body, by its JSON pointer.
    ReferenceInBody(&'static str),
}

/// The name of a payment, by the API that a request was made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PaymentId {
    /// A payment of the eCom API.
    Order(OrderId),
    /// A payment of the ePayment API.
    Reference(Reference),
}

/// The effect of an operation on a payment, which the history of the payment shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PaymentEffect {
    /// No effect that the history shows.
    None,
    Start,
    /// The QR code of a payment that was started before.
    QrCode,
    Capture,
    Refund,
    Cancel,
    Approve,
}

/// The hint for an operation with an unknown outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UnknownHint {
    /// After a response of the API, and after no response.
    pub(crate) advice: &'static str,
    /// After a response that does not come from the API.
    pub(crate) foreign: &'static str,
}

/// A macro and not a constant, so that other texts can be appended to it at compile time.
macro_rules! foreign_response {
    () => {
        "This response is in none of the API's forms, so the API probably did not make it. A firewall or a proxy in \
         front of the API, or the login page of the network, responds like this: compare the base URL, and ask those who \
         run the network."
    };
}
pub(crate) use foreign_response;

/// Returns an [`UnknownHint`] with this advice.
macro_rules! unknown_hint {
    ($text:literal) => {
        Some($crate::operation::UnknownHint {
            advice: $text,
            foreign: concat!($crate::operation::foreign_response!(), " ", $text),
        })
    };
}
pub(crate) use unknown_hint;

static UNLISTED_API: Api = Api {
    error_codes: &[],
    advice: &[],
    rate_limit_hint: None,
    keeps_refusals: false,
};

/// The endpoint of a request that matches no operation of any document.
static UNDOCUMENTED: Endpoint = Endpoint {
    document: "",
    id: "unlisted",
    method: "POST",
    path: "",
    idempotency_header: None,
};

impl Operation {
    /// Returns an operation of this API that needs an access token and has no limit.
    pub(crate) const fn new(
        api: &'static Api,
        class: RetryClass,
        endpoint: &'static Endpoint,
    ) -> Self {
        Self {
            endpoint,
            api,
            class,
            auth: Auth::Token,
            subject: Subject::Path,
            effect: PaymentEffect::None,
            rate_limit: None,
            unknown_hint: None,
        }
    }

    /// Returns an operation that is in no table, because a newer document has added it. It is
    /// retried only if it reads.
    pub(crate) fn unlisted(endpoint: Option<&'static Endpoint>) -> Self {
        let endpoint = endpoint.unwrap_or(&UNDOCUMENTED);
        let class = match endpoint.method {
            "GET" | "HEAD" | "OPTIONS" => RetryClass::Read,
            _ => RetryClass::Once,
        };
        Self::new(&UNLISTED_API, class, endpoint)
    }

    /// Returns the operation of this endpoint from `tables`. An unlisted operation has the error
    /// codes and the advice of the API whose document contains it.
    pub(crate) fn find(tables: &[&'static [Self]], endpoint: Option<&'static Endpoint>) -> Self {
        let mut listed = tables.iter().copied().flatten();
        let matches = |operation: &&Self| {
            endpoint.is_some_and(|endpoint| std::ptr::eq(endpoint, operation.endpoint))
        };
        if let Some(operation) = listed.find(matches) {
            return *operation;
        }
        let unlisted = Self::unlisted(endpoint);
        let document = unlisted.endpoint.document;
        let mut listed = tables.iter().copied().flatten();
        let sibling = listed.find(|listed| listed.endpoint.document == document);
        Self {
            api: sibling.map_or(unlisted.api, |sibling| sibling.api),
            ..unlisted
        }
    }

    /// Returns the error codes for a response: the table of the API, followed by the tables of all
    /// APIs. All APIs are behind one gateway, so a code that is not in the table of its own API has
    /// the same meaning as in another table.
    pub(crate) fn error_codes(&self, tables: &[&'static [Self]]) -> Vec<&'static [ErrorCode]> {
        let listed = tables.iter().filter_map(|table| table.first());
        let apis = std::iter::once(self.api).chain(listed.map(|operation| operation.api));
        apis.map(|api| api.error_codes).collect()
    }

    /// Returns whether a call of the operation gets a random idempotency key if the caller sets no
    /// key.
    pub(crate) fn is_keyed(&self) -> bool {
        self.class == RetryClass::KeyedWrite || self.endpoint.idempotency_header.is_some()
    }

    /// Returns the payment that a request of the operation is about.
    pub(crate) fn payment_id(&self, request: &reqwest::Request) -> Option<PaymentId> {
        // A raw call can send any text as the name of a payment.
        let order_id = |text: &str| OrderId::parse(text).ok().map(PaymentId::Order);
        let reference = |text: &str| Reference::parse(text).ok().map(PaymentId::Reference);
        let body = || -> Option<serde_json::Value> {
            serde_json::from_slice(request.body()?.as_bytes()?).ok()
        };
        match self.subject {
            Subject::Path => {
                // Counted from the end, because a base URL may have a path too.
                let templates = self.endpoint.path.rsplit('/');
                let mut segments = request.url().path().rsplit('/').zip(templates);
                segments.find_map(|(segment, template)| match template {
                    "{orderId}" => order_id(segment),
                    "{Reference}" => reference(segment),
                    _ => None,
                })
            }
            Subject::OrderIdInBody(pointer) => order_id(body()?.pointer(pointer)?.as_str()?),
            Subject::ReferenceInBody(pointer) => reference(body()?.pointer(pointer)?.as_str()?),
        }
    }
}

impl PartialEq for Operation {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.endpoint, other.endpoint)
    }
}

impl RetryClass {
    /// Returns whether the operation may have taken effect when its response is lost.
    pub(crate) fn has_effect(self) -> bool {
        !matches!(self, Self::Read | Self::Harmless)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static CAPTURE: Endpoint = Endpoint {
        document: "ecom",
        id: "capture",
        method: "POST",
        path: "/ecomm/v2/payments/{orderId}/capture",
        idempotency_header: None,
    };

    fn request(path: &str, body: &str) -> reqwest::Request {
        let url = format!("https://example.com/prefix{path}");
        let mut request = reqwest::Request::new(http::Method::POST, url.parse().unwrap());
        *request.body_mut() = Some(body.to_owned().into());
        request
    }

    #[test]
    fn order_id_is_found_in_the_path() {
        let capture = Operation::unlisted(Some(&CAPTURE));
        let found = |path: &str| capture.payment_id(&request(path, "{}"));
        let of = |id: &str| found(&format!("/ecomm/v2/payments/{id}/capture"));
        assert_eq!(of("o-1"), Some(PaymentId::Order("o-1".parse().unwrap())));
        assert_eq!(of("a%20b"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn reference_is_found_in_path_and_body() {
        let reference = |text: &str| Some(PaymentId::Reference(text.parse().unwrap()));
        let cancel = Operation::unlisted(Some(&crate::raw::epayment::endpoints::CANCEL_PAYMENT));
        let found = |path: &str| cancel.payment_id(&request(path, "{}"));
        assert_eq!(
            found("/epayment/v1/payments/kiosk-1/cancel"),
            reference("kiosk-1")
        );
        assert_eq!(found("/epayment/v1/payments/a%2Fb/cancel"), None);
        let mut create = Operation::unlisted(None);
        create.subject = Subject::ReferenceInBody("/reference");
        let found = |body| create.payment_id(&request("/", body));
        assert_eq!(found(r#"{"reference":"kiosk-1"}"#), reference("kiosk-1"));
        for body in ["", "[]", r#"{"reference":7}"#, r#"{"reference":"a b"}"#] {
            assert_eq!(found(body), None, "{body}");
        }
    }

    #[test]
    fn order_id_is_found_in_the_body() {
        let mut initiate = Operation::unlisted(None);
        initiate.subject = Subject::OrderIdInBody("/transaction/orderId");
        let found = |body| initiate.payment_id(&request("/", body));
        let body = r#"{"customerInfo":{},"transaction":{"amount":1,"orderId":"o-2"}}"#;
        assert_eq!(found(body), Some(PaymentId::Order("o-2".parse().unwrap())));
        for body in [
            "",
            "{}",
            r#"{"transaction":{"orderId":7}}"#,
            r#"{"transaction":{"orderId":"+47 91234567"}}"#,
        ] {
            assert_eq!(found(body), None, "{body}");
        }
    }

    #[test]
    fn unlisted_operation_has_the_error_codes_of_its_document() {
        let tables = crate::client::OPERATIONS;
        let api = |document| {
            let endpoint = Box::leak(Box::new(Endpoint {
                document,
                ..CAPTURE
            }));
            Operation::find(tables, Some(endpoint)).api
        };
        for listed in tables.iter().copied().flatten() {
            assert!(std::ptr::eq(api(listed.endpoint.document), listed.api));
        }
        assert!(std::ptr::eq(api("later"), &raw const UNLISTED_API));
        let undocumented = Operation::find(tables, None);
        assert!(std::ptr::eq(undocumented.api, &raw const UNLISTED_API));
    }

    #[test]
    fn unlisted_operation_is_retried_only_if_it_reads() {
        let class = |method| {
            let endpoint = Box::leak(Box::new(Endpoint { method, ..CAPTURE }));
            Operation::unlisted(Some(endpoint)).class
        };
        assert_eq!(class("GET"), RetryClass::Read);
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            assert_eq!(class(method), RetryClass::Once, "{method}");
        }
        assert_eq!(Operation::unlisted(None).class, RetryClass::Once);
    }

    /// An operation without a row would be handled as an unlisted one.
    #[test]
    fn every_operation_with_a_builder_has_one_row() {
        let tables = crate::client::OPERATIONS;
        let documented = [
            crate::raw::access_token::OPERATIONS,
            crate::raw::ecom::OPERATIONS,
            crate::raw::epayment::OPERATIONS,
            crate::raw::qr::OPERATIONS,
            crate::raw::userinfo::OPERATIONS,
            crate::raw::webhooks::OPERATIONS,
        ];
        let documented = documented.concat();
        assert_eq!(tables.iter().copied().flatten().count(), documented.len());
        for endpoint in documented {
            let mut listed = tables.iter().copied().flatten();
            assert!(
                listed.any(|operation| operation.endpoint == endpoint),
                "{} has no row",
                endpoint.id
            );
        }
    }
}
