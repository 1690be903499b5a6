//! The access token API: `POST /accesstoken/get`.

use std::sync::LazyLock;

use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::simulator::domain::time::later;
use crate::simulator::gateway::{
    Api, Call, Document, Failure, GatewayError, Operation, Response, State, auth, errors,
};
use crate::simulator::random::Random;

mod spec_overrides;

static DOCUMENT: LazyLock<Document> = LazyLock::new(|| {
    let text = include_str!(concat!(env!("OUT_DIR"), "/access-token.source.json"));
    Document::new(text, &[], spec_overrides::OVERRIDES)
});

pub(crate) static API: Api = Api {
    name: "access_token",
    document: &DOCUMENT,
    operations: &[Operation::new(
        "fetch_authorization_token_using_post",
        fetch,
    )],
    needs_token: false,
    sales_unit_in_body: None,
    reference: None,
    refuse,
    notify: |_, _| Vec::new(),
    messages: &[],
};

fn refuse(error: &GatewayError<'_>, _: &mut Random) -> Response {
    match error {
        GatewayError::ForeignSalesUnit(sales_unit) => {
            errors::gateway(StatusCode::FORBIDDEN, &errors::foreign(sales_unit))
        }
        // The operation has no body, no token and no payment, so only the headers can be wrong.
        _ => errors::gateway(StatusCode::BAD_REQUEST, "Bad Request"),
    }
}

/// The time from `not_before` to the issue time, in seconds, as recorded from the API.
const NOT_BEFORE: i64 = 301;

fn fetch(state: &mut State, call: &Call<'_>) -> Result<Response, Failure> {
    auth::subscription_key(state, call.request)?;
    if !["content-length", "transfer-encoding"]
        .iter()
        .any(|name| call.request.headers.contains_key(*name))
    {
        return Err(errors::gateway(StatusCode::LENGTH_REQUIRED, "Length Required").into());
    }
    let header = |name| call.request.header(name).unwrap_or_default();
    if header("client_id") != state.settings.keys.client_id {
        return Err(azure(
            StatusCode::BAD_REQUEST,
            "unauthorized_client",
            &[700_016],
            "Application with identifier was not found in the directory. Are these keys of another environment?",
            call.now,
            &mut state.random,
        )
        .into());
    }
    if header("client_secret") != state.settings.keys.client_secret {
        return Err(azure(
            StatusCode::UNAUTHORIZED,
            "invalid_client",
            &[70_002, 50_012],
            "Error validating credentials: invalid client secret is provided.",
            call.now,
            &mut state.random,
        )
        .into());
    }
    Ok(issue(state, call))
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
    let padding = state.random.jwt::<384>(&json!({}));
    let token = state.random.jwt::<256>(&json!({
        "iss": state.settings.base_url,
        "jti": id,
        "nbf": valid_from,
        "exp": expires_on,
        "filler": padding,
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

/// Returns Azure AD's error for a token request that it refuses.
fn azure(
    status: StatusCode,
    error: &str,
    codes: &[u32],
    description: &str,
    now: jiff::Timestamp,
    random: &mut Random,
) -> Response {
    let trace = random.uuid();
    let correlation = random.uuid();
    let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    let first = codes.first().copied().unwrap_or_default();
    Response::json(
        status,
        json!({
            "error": error,
            "error_description": format!(
                "AADSTS{first}: {description}\r\nTrace ID: {trace}\r\nCorrelation ID: {correlation}\r\nTimestamp: {timestamp}"
            ),
            "error_codes": codes,
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": format!("https://login.windows.net/error?code={first}"),
        }),
    )
    .with_error_code(format!("AADSTS{first}"))
}
