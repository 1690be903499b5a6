//! A consent removal without a token is accepted only if the user has allowed it.

use axum::response::IntoResponse as _;
use http::{Method, Request, StatusCode};
use tower::ServiceExt as _;
use vipps::callback::{self, Callback, CallbackAuth, CallbackError, ConsentRemoval, parse};

const TOKEN: &str = "s3cret-auth-token";

fn strict() -> CallbackAuth {
    CallbackAuth::new(TOKEN.parse().unwrap())
}

fn request(method: Method, path: &str, token: Option<&str>) -> Request<String> {
    let mut request = Request::new("{}".to_owned());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap();
    if let Some(token) = token {
        request
            .headers_mut()
            .insert("authorization", token.parse().unwrap());
    }
    request
}

fn removal(auth: &CallbackAuth, token: Option<&str>) -> Result<ConsentRemoval, CallbackError> {
    match parse(
        &request(Method::DELETE, "/v2/consents/1234567", token),
        auth,
    )? {
        Callback::Consent(removal) => Ok(removal),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_removal_without_a_token_is_refused_by_default() {
    let old = "an-older-token".parse().unwrap();
    for auth in [
        strict(),
        CallbackAuth::generate().unwrap(),
        strict().accept_previous(old),
    ] {
        let error = removal(&auth, None).unwrap_err();
        assert_eq!(error, CallbackError::UnauthenticatedConsentRemoval);
        assert_eq!(error.status(), 401);
        let text = error.to_string();
        assert!(
            text.contains("allow_unauthenticated_consent_removal"),
            "{text}"
        );
    }
}

#[test]
fn a_removal_without_a_token_is_read_where_it_is_allowed() {
    let auth = strict().allow_unauthenticated_consent_removal();
    let found = removal(&auth, None).unwrap();
    assert_eq!(
        (found.user_id.expose(), found.authenticated),
        ("1234567", false)
    );
    // Rotating the token keeps the permission.
    let auth = auth.accept_previous("an-older-token".parse().unwrap());
    assert!(removal(&auth, None).is_ok());
}

#[test]
fn a_removal_with_the_token_is_authenticated() {
    for auth in [strict(), strict().allow_unauthenticated_consent_removal()] {
        assert!(removal(&auth, Some(TOKEN)).unwrap().authenticated);
    }
}

#[test]
fn a_removal_with_a_wrong_token_is_always_refused() {
    for auth in [strict(), strict().allow_unauthenticated_consent_removal()] {
        for wrong in ["", "wrong", &TOKEN[1..]] {
            assert_eq!(
                removal(&auth, Some(wrong)).unwrap_err(),
                CallbackError::Unauthorized,
                "{wrong:?}"
            );
        }
    }
}

#[test]
fn other_callbacks_need_the_token_in_any_case() {
    let auth = strict().allow_unauthenticated_consent_removal();
    for path in [
        "/v2/payments/order-1",
        "/v2/payments/order-1/shippingDetails",
    ] {
        let error = parse(&request(Method::POST, path, None), &auth).unwrap_err();
        assert_eq!(error, CallbackError::Unauthorized);
    }
}

#[tokio::test]
async fn the_router_refuses_a_removal_without_a_token() {
    for (auth, status) in [
        (strict(), StatusCode::UNAUTHORIZED),
        (
            strict().allow_unauthenticated_consent_removal(),
            StatusCode::ACCEPTED,
        ),
    ] {
        let router: axum::Router = callback::axum::router(auth, async |callback| {
            assert!(matches!(callback, Callback::Consent(_)));
            StatusCode::ACCEPTED.into_response()
        });
        let (parts, body) = request(Method::DELETE, "/v2/consents/1234567", None).into_parts();
        let request = Request::from_parts(parts, axum::body::Body::from(body));
        assert_eq!(router.oneshot(request).await.unwrap().status(), status);
    }
}
