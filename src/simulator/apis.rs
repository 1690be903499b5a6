//! The APIs. Each folder has one static `Api` value, and this file registers it.

#![allow(
    clippy::unnecessary_wraps,
    reason = "every handler has the same signature, whether it can refuse or not"
)]

mod access_token;
pub(crate) mod ecom;
pub(crate) mod epayment;
pub(crate) mod qr;
mod userinfo;
pub(crate) mod webhooks;

use super::gateway::Api;

/// The APIs that the simulator serves.
pub(crate) static ALL: [&Api; 6] = [
    &access_token::API,
    &ecom::API,
    &epayment::API,
    &qr::API,
    &userinfo::API,
    &webhooks::API,
];
