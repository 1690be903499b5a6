//! The axum router: it runs the same checks and returns the response of the user's handler.

use axum::Router;
use axum::response::IntoResponse as _;
use http::StatusCode;
use tower::ServiceExt as _;

use super::*;

async fn call(prefix: &str, mut request: Request<String>) -> (StatusCode, String) {
    let callbacks = vipps::callback::axum::router(auth(), async |callback| match callback {
        Callback::Payment(update) => {
            (StatusCode::ACCEPTED, update.order_id.to_string()).into_response()
        }
        Callback::Shipping(request) => request.respond([]).unwrap().into_response(),
        Callback::Consent(removal) => removal.user_id.into_inner().into_response(),
    });
    let app: Router = match prefix {
        "" => Router::new().merge(callbacks),
        prefix => Router::new().nest(prefix, callbacks),
    };
    let path = request.uri().path().replace("/vipps/callback", prefix);
    *request.uri_mut() = path.parse().unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1000)
        .await
        .unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn calls_are_routed_under_any_prefix() {
    for prefix in ["", "/vipps", "/a/b"] {
        let (status, body) = call(prefix, post("ABC12345", REJECTED)).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::ACCEPTED, "ABC12345"),
            "{prefix}"
        );
        let (status, body) = call(prefix, shipping_post(SHIPPING)).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.starts_with(r#"{"addressId":3960"#), "{body}");
        for id in ["uiJskNQ6qNN1iwN891uuob==", "a/b"] {
            let delete = request(Method::DELETE, &urls().consent_url(id), Some(TOKEN), "");
            assert_eq!(call(prefix, delete).await, (StatusCode::OK, id.to_owned()));
        }
    }
}

#[tokio::test]
async fn other_requests_are_refused_without_the_handler() {
    let refused = async |request| {
        let (status, body) = call("/vipps", request).await;
        assert_eq!(body, "");
        status
    };
    let url = urls().payment_url(&"order-1".parse().unwrap());
    let of = |method, token, body| request(method, &url, token, body);
    assert_eq!(
        refused(of(Method::POST, None, "{}")).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        refused(of(Method::POST, Some("x"), "{")).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        refused(of(Method::POST, Some(TOKEN), "{")).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        refused(of(Method::GET, Some(TOKEN), "")).await,
        StatusCode::NOT_FOUND
    );
    let elsewhere = request(Method::POST, "/vipps/callback/v2/x", Some(TOKEN), "{}");
    assert_eq!(refused(elsewhere).await, StatusCode::NOT_FOUND);
    let long = " ".repeat((1 << 20) + 1);
    assert_eq!(
        refused(of(Method::POST, Some("x"), &long)).await,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(
        refused(of(Method::POST, Some(TOKEN), &long)).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
}
