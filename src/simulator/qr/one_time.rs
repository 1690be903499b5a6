//! `POST /qr/v1`: a code that opens one payment.

use http::StatusCode;
use serde_json::json;

use crate::simulator::clock::seconds_until;
use crate::simulator::core::Call;
use crate::simulator::order::Phase;
use crate::simulator::state::State;
use crate::simulator::wire::{Response, parameter};
use crate::simulator::{errors, images};

use super::{Target, Wanted, wanted};

pub(crate) fn generate(state: &mut State, call: &Call<'_>) -> Response {
    let wanted = match wanted(state, call.request) {
        Ok(wanted) => wanted,
        Err(refusal) => return *refusal,
    };
    let landing_page = call.text("/url").unwrap_or_default();
    let order = landing_token(landing_page)
        .and_then(|token| state.by_landing_token(&token))
        .filter(|order| !state.order(*order).terms.skips_landing_page);
    let Some(order) = order else {
        return errors::qr(
            StatusCode::BAD_REQUEST,
            "Validation error",
            "Supplied landing page token is not valid",
            &mut state.random,
        );
    };
    let ends = state.order(order).landing_page_ends();
    if state.order(order).phase != Phase::Initiated || ends <= call.now {
        return errors::qr(
            StatusCode::BAD_REQUEST,
            "Order timeout",
            "Payment has already timed out",
            &mut state.random,
        );
    }
    let content = state
        .codes
        .text('o', Target::Payment(order), &mut state.random);
    let url = match wanted {
        Wanted::Content => content,
        Wanted::Link(format) => images::link(state, format, &content, Some(ends), call.now),
    };
    Response::json(
        StatusCode::OK,
        json!({"url": url, "expiresIn": seconds_until(call.now, ends)}),
    )
}

/// Returns the token in the URL of a landing page or of an app link.
pub(crate) fn landing_token(url: &str) -> Option<String> {
    let (_, query) = url.trim().split_once('?')?;
    let query = query.split('#').next()?;
    parameter(query, "token")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_in_every_form_of_landing_page() {
        for url in [
            "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJa.b",
            "   https://x/y?token=eyJa.b&v=2",
            "vippsMT://?token=eyJa.b",
        ] {
            assert_eq!(landing_token(url).as_deref(), Some("eyJa.b"), "{url}");
        }
        assert_eq!(landing_token("https://x/token=eyJa.b"), None);
    }
}
