//! The operations of the Webhooks API.

use crate::operation::RetryClass::{Idempotent, Once, Read};
use crate::operation::{Api, Operation, unknown_hint};
use crate::raw::webhooks::endpoints;

/// The errors of this API have no codes.
static WEBHOOKS: Api = Api {
    error_codes: &[],
    advice: &[],
    rate_limit_hint: Some(
        "The Webhooks API documents no rate limit. Register a URL when the service starts, and never for each payment.",
    ),
    keeps_refusals: false,
};

pub(crate) static OPERATIONS: &[Operation] = &[
    Operation {
        unknown_hint: unknown_hint!(
            "The URL may be registered, and its secret is lost. A second `register` would make a second registration. \
             `Webhooks::ensure` deletes the registration whose secret is lost, and registers the URL anew."
        ),
        ..Operation::new(&WEBHOOKS, Once, &endpoints::REGISTER_WEBHOOK)
    },
    Operation::new(&WEBHOOKS, Read, &endpoints::LIST_WEBHOOKS),
    Operation {
        unknown_hint: unknown_hint!(
            "Retry the delete: a registration that is already deleted counts as success."
        ),
        ..Operation::new(&WEBHOOKS, Idempotent, &endpoints::DELETE_WEBHOOK)
    },
];
