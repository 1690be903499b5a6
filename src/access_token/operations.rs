//! The operations of the Access Token API.

use super::error_codes::ERROR_CODES;
use crate::operation::{Api, Auth, Endpoint, Operation, RetryClass};
use crate::raw::access_token::endpoints;

static ACCESS_TOKEN: Api = Api {
    error_codes: ERROR_CODES,
    advice: &[],
    rate_limit_hint: Some(
        "The token endpoint documents no limit. Make one client and clone it, so that all calls share one token; \
         several processes share one through `VippsBuilder::token_store`.",
    ),
    keeps_refusals: false,
};

/// Fetching a token changes nothing, because earlier tokens stay valid.
const fn fetch(endpoint: &'static Endpoint) -> Operation {
    Operation {
        auth: Auth::Keys,
        ..Operation::new(&ACCESS_TOKEN, RetryClass::Read, endpoint)
    }
}

pub(crate) static OPERATIONS: &[Operation] = &[
    fetch(&endpoints::FETCH_AUTHORIZATION_TOKEN_USING_POST),
    fetch(&endpoints::FETCH_TOKEN),
];
