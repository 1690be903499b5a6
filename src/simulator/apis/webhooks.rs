//! The Webhooks API: the registrations of the URLs that receive events.
//!
//! Each API sends its own events. The sender signs them with the secret of the registration.

mod errors;
mod event_types;
mod registrations;
mod spec_overrides;

pub(crate) use event_types::event_types;

use std::sync::LazyLock;

use http::StatusCode;

use crate::simulator::domain::Refusal;
use crate::simulator::gateway::{
    self, Api, Document, GatewayError, Operation, Response, Violation,
};
use crate::simulator::random::Random;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/webhooks.source.json"));
    Document::new(text, &[], spec_overrides::OVERRIDES)
});

pub(crate) static API: Api = Api {
    name: "webhooks",
    document: &DOCUMENT,
    operations: &[
        Operation::new(REGISTER, registrations::register),
        Operation::new(LIST, registrations::list),
        Operation::new(DELETE, registrations::delete),
    ],
    needs_token: true,
    sales_unit_in_body: None,
    reference: None,
    refuse,
    notify: |_, _| Vec::new(),
    messages: &[],
};

const REGISTER: &str = "register_webhook";
const LIST: &str = "list_webhooks";
const DELETE: &str = "delete_webhook";

/// Returns the response to a request that is refused. Errors of the gateway have its own format.
fn refuse(error: &GatewayError<'_>, random: &mut Random) -> Response {
    use gateway::errors::{self as plain, gateway};
    match error {
        GatewayError::Unauthorized => gateway(StatusCode::UNAUTHORIZED, plain::UNAUTHORIZED),
        GatewayError::ForeignSalesUnit(sales_unit) => {
            gateway(StatusCode::FORBIDDEN, &plain::foreign(sales_unit))
        }
        GatewayError::UnsupportedMediaType => {
            gateway(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
        }
        GatewayError::NotJson => errors::invalid("$", "The body is not JSON.", random),
        GatewayError::Violations(violations) => {
            let details = violations.iter().map(detail).collect::<Vec<_>>();
            errors::all_invalid(&details, random)
        }
        GatewayError::Refused(Refusal::NotModelled(feature)) => plain::unmodelled(feature),
        // Every other refusal of this API is about a registration that does not exist.
        GatewayError::Refused(_) => errors::not_found(random),
    }
}

fn detail(violation: &Violation) -> (&str, &str) {
    (violation.name("$"), &violation.reason)
}
