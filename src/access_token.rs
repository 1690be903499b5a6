//! The Access Token API.

pub(crate) mod operations;

use crate::call::{Call, CallOptions, Response};
use crate::error::Result;
use crate::raw;
use crate::vipps::Vipps;

/// Requests a token, through the same attempt loop as every other call.
pub(crate) async fn fetch(vipps: &Vipps) -> Result<Response> {
    let call = Call::<raw::access_token::Client>::new(vipps, &CallOptions::default());
    call.run(|api| api.fetch_authorization_token_using_post().send())
        .await
}
