//! The operations of the Userinfo API.

use crate::operation::RetryClass::Read;
use crate::operation::{Api, Operation};
use crate::raw::userinfo::endpoints;

/// The errors of this API have no codes.
static USERINFO: Api = Api {
    error_codes: &[],
    advice: &[],
    rate_limit_hint: None,
    keeps_refusals: false,
};

pub(crate) static OPERATIONS: &[Operation] = &[
    Operation::new(&USERINFO, Read, &endpoints::GET_USERINFO),
    // Belongs to the Login API, and needs the customer's own access token.
    Operation::new(&USERINFO, Read, &endpoints::USERINFO_AUTHORIZATION_CODE),
];
