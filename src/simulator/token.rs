//! `POST /accesstoken/get`.

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use super::clock::later;
use super::core::Call;
use super::state::State;
use super::wire::Response;
use super::{auth, errors};

/// The time from `not_before` to the issue time, in seconds, as recorded from the API.
const NOT_BEFORE: i64 = 301;

pub(crate) fn fetch(state: &mut State, call: &Call<'_>) -> Response {
    if let Err(refusal) = auth::subscription_key(state, call.request) {
        return *refusal;
    }
    if !["content-length", "transfer-encoding"]
        .iter()
        .any(|name| call.request.headers.contains_key(*name))
    {
        return errors::gateway(StatusCode::LENGTH_REQUIRED, "Length Required");
    }
    let header = |name| call.request.header(name).unwrap_or_default();
    if header("client_id") != state.settings.keys.client_id {
        return errors::azure(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            &[700_016],
            "Application with identifier was not found in the directory. Are these keys of another environment?",
            call.now,
            &mut state.random,
        );
    }
    if header("client_secret") != state.settings.keys.client_secret {
        return errors::azure(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            &[70_002, 50_012],
            "Error validating credentials: invalid client secret is provided.",
            call.now,
            &mut state.random,
        );
    }
    issue(state, call)
}

fn issue(state: &mut State, call: &Call<'_>) -> Response {
    let now = call.now;
    // The response announces one second less than the lifetime, so that a token sent in its last
    // announced second is still valid when it arrives.
    let lifetime = state.settings.token_lifetime;
    let end = later(now, lifetime);
    let seconds = i64::try_from(lifetime.as_secs())
        .unwrap_or(i64::MAX)
        .saturating_sub(1)
        .max(0);
    let expires_on = now.as_second().saturating_add(seconds);
    let valid_from = now.as_second() - NOT_BEFORE;
    let id = state.random.uuid();
    let filler = state.random.jwt::<384>(&json!({}));
    let token = state.random.jwt::<256>(&json!({
        "iss": state.settings.base_url,
        "jti": id,
        "nbf": valid_from,
        "exp": expires_on,
        "filler": filler,
    }));
    state.tokens.retain(|_, end| *end > now);
    state.tokens.insert(token.clone(), end);
    Response::json(
        StatusCode::OK,
        json!({
            "token_type": "Bearer",
            "expires_in": seconds.to_string(),
            "ext_expires_in": seconds.to_string(),
            "expires_on": expires_on.to_string(),
            "not_before": valid_from.to_string(),
            "resource": "00000002-0000-0000-c000-000000000000",
            "access_token": token,
        }),
    )
    .with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
}
