//! The QR API, with one file for each kind of code.

mod callback;
mod check_in;
mod errors;
mod exchange;
mod one_time;
mod redirect;
mod spec_overrides;

use std::sync::LazyLock;

use http::StatusCode;

use crate::simulator::domain::Refusal;
use crate::simulator::gateway::images::Format;
use crate::simulator::gateway::{
    self, Api, Document, Failure, GatewayError, Operation, Request, Response, State, Violation,
};
use crate::simulator::random::Random;

pub(crate) use check_in::EVENT as CHECK_IN_EVENT;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/qr.source.json"));
    Document::new(text, &[], spec_overrides::OVERRIDES)
});

pub(crate) static API: Api = Api {
    name: "qr",
    document: &DOCUMENT,
    operations: &[
        Operation::new("generate_otp_qr", one_time::generate),
        Operation::new("create_merchant_redirect_qr", redirect::create),
        Operation::new("get_all_merchant_redirect_qrs", redirect::list),
        Operation::new("get_merchant_redirect_qr_by_id", redirect::get),
        Operation::new("update_merchant_redirect_url", redirect::update),
        Operation::new("delete_merchant_redirect_qr", redirect::delete),
        Operation::new("get_merchant_callback_qrs", callback::list),
        Operation::new("get_merchant_callback_by_id", callback::get),
        Operation::new("put_merchant_callback_qr", callback::put),
        Operation::new("delete_merchant_callback_qr", callback::delete),
        Operation::new("put_merchant_callback_mobile_pay_qr", callback::map_beacon),
        Operation::new("exchange_qr", exchange::personal_qr).refusing(refuse_exchange),
        Operation::new("exchange_customer", exchange::customer).refusing(refuse_exchange),
    ],
    needs_token: true,
    sales_unit_in_body: None,
    reference: None,
    refuse,
    notify: check_in::notify,
    messages: &[&check_in::USER_CHECKED_IN],
};

/// Returns the response to a request that is refused.
fn refuse(error: &GatewayError<'_>, random: &mut Random) -> Response {
    use gateway::errors::{self as plain, gateway};
    match error {
        GatewayError::Unauthorized => gateway(StatusCode::UNAUTHORIZED, plain::UNAUTHORIZED),
        GatewayError::ForeignSalesUnit(sales_unit) => {
            let message = plain::foreign(sales_unit);
            errors::problem(StatusCode::FORBIDDEN, "Forbidden", &message, random)
        }
        GatewayError::UnsupportedMediaType => {
            errors::media_type("The body must be application/json", random)
        }
        GatewayError::NotJson => errors::invalid(&[not_json("$")], random),
        GatewayError::Violations(violations) => errors::invalid(&named(violations, "$"), random),
        GatewayError::Refused(refusal) => refused(refusal, random),
    }
}

/// Returns the response to an exchange that is refused. The two exchange operations have their own
/// error format.
fn refuse_exchange(error: &GatewayError<'_>, random: &mut Random) -> Response {
    use gateway::errors::{self as plain, gateway};
    match error {
        GatewayError::Unauthorized => gateway(StatusCode::UNAUTHORIZED, plain::UNAUTHORIZED),
        GatewayError::ForeignSalesUnit(sales_unit) => {
            gateway(StatusCode::FORBIDDEN, &plain::foreign(sales_unit))
        }
        GatewayError::UnsupportedMediaType => {
            gateway(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
        }
        GatewayError::NotJson => errors::exchange_invalid(&[not_json("body")]),
        GatewayError::Violations(violations) => {
            errors::exchange_invalid(&named(violations, "body"))
        }
        GatewayError::Refused(refusal) => refused(refusal, random),
    }
}

/// Returns the names of the fields that break a rule, with the reasons.
fn named(violations: &[Violation], root: &str) -> Vec<(String, String)> {
    violations
        .iter()
        .map(|violation| (violation.name(root).to_owned(), violation.reason.clone()))
        .collect()
}

fn not_json(root: &str) -> (String, String) {
    (root.to_owned(), "The body is not JSON.".to_owned())
}

fn refused(refusal: &Refusal, random: &mut Random) -> Response {
    let token = |reason: &str| errors::exchange_invalid(&[("customerToken".into(), reason.into())]);
    match refusal {
        Refusal::UnknownCustomerToken => token("The customer token is not valid."),
        Refusal::CustomerTokenExpired => token("The customer token has expired."),
        Refusal::NotModelled(feature) => gateway::errors::unmodelled(feature),
        // Every other refusal of this API is about a code that does not exist.
        _ => {
            let detail = "There is no QR code of this id";
            errors::problem(StatusCode::NOT_FOUND, "Not found", detail, random)
        }
    }
}

/// The kind of content that a request's `Accept` header selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Output {
    Link(Format),
    /// The text itself.
    Content,
}

/// Reads `Accept` and, for PNG, `Size`.
fn requested_output(state: &mut State, request: &Request) -> Result<Output, Failure> {
    let accept = request.header("accept").unwrap_or_default();
    match accept {
        // The curl command in the quick start sends `*/*`.
        "image/*" | "image/svg+xml" | "*/*" => Ok(Output::Link(Format::Svg)),
        "image/png" => Ok(Output::Link(Format::png(request.header("size")))),
        _ if accept.eq_ignore_ascii_case("text/targetUrl") => Ok(Output::Content),
        _ => {
            let detail = "Accept must be one of image/*, image/png, image/svg+xml, text/targetUrl";
            let response = errors::media_type(detail, &mut state.random);
            Err(response.noted("Accept names no kind of QR code").into())
        }
    }
}
