//! A callback path is found in a query at any position and in any encoding, because proxies and
//! gateways rewrite URLs.

use http::{Method, Request};
use vipps::callback::{Callback, CallbackAuth, CallbackError, parse};

const TOKEN: &str = "s3cret-auth-token";

fn called(method: Method, uri: &str, body: &str) -> Result<String, CallbackError> {
    let request = Request::builder()
        .method(method)
        .uri(uri)
        .header("Authorization", TOKEN)
        .body(body.to_owned())
        .unwrap();
    let auth = CallbackAuth::new(TOKEN.parse().unwrap());
    parse(&request, &auth).map(|callback| match callback {
        Callback::Payment(update) => format!("payment {}", update.order_id),
        Callback::Shipping(request) => format!("shipping {}", request.order_id),
        Callback::Consent(removal) => format!("consent {}", removal.user_id.expose()),
    })
}

#[track_caller]
fn is(method: &Method, uri: &str, expected: &str) {
    let found = called(method.clone(), uri, r#"{"addressId":1}"#);
    assert_eq!(found.as_deref(), Ok(expected), "{uri}");
}

#[test]
fn a_payment_update_is_found_anywhere_in_a_query() {
    for uri in [
        "/?callback=%2Fv2%2Fpayments%2Fshop-2231&route=vipps",
        "/?callback=/v2/payments/shop-2231&route=vipps",
        "/?route=vipps&callback=/v2/payments/shop-2231",
        "/?route=vipps&callback=%2fv2%2fpayments%2fshop-2231",
        "/?route=vipps&callback=%2Fv2/payments%2Fshop-2231&x=/y/z",
        "https://shop.example.com/hook?path=/v2/payments/shop-2231&x=1",
        "https://shop.example.com/hook?p=%2Fv2%2Fpayments%2Fshop-2231",
        "https://shop.example.com/hook?x=/a/b&p=/v2/payments/shop-2231&y=/c/d&z",
        "/hook?/v2/payments/shop-2231",
        "/hook?/v2/payments/shop-2231&x=1",
        "/hook?%2Fv2%2Fpayments%2Fshop-2231=&x=%",
        "/hook?p=https%3A%2F%2Fshop.example.com%2Fv2%2Fpayments%2Fshop-2231&x=1",
        "/hook?p=%2Fv2%2Fpayments%2Fshop%2D2231",
        "/hook?p=/v2/payments/shop%2D2231&x=1",
        "/hook?bad=%FF&p=%2Fv2%2Fpayments%2Fshop-2231",
        "/hook?&&p=/v2/payments/shop-2231&&",
    ] {
        is(&Method::POST, uri, "payment shop-2231");
    }
}

#[test]
fn a_shipping_request_is_found_anywhere_in_a_query() {
    for uri in [
        "/?p=/v2/payments/order-1/shippingDetails&x=1",
        "/?x=1&p=%2Fv2%2Fpayments%2Forder-1%2FshippingDetails",
        "/?p=%2Fv2%2Fpayments%2Forder-1%2FshippingDetails&x=/v2",
    ] {
        is(&Method::POST, uri, "shipping order-1");
    }
}

#[test]
fn a_consent_removal_is_found_anywhere_in_a_query() {
    for (uri, id) in [
        ("/?p=/v2/consents/1234567&x=1", "1234567"),
        ("/?x=/a/b&p=%2Fv2%2Fconsents%2F1234567", "1234567"),
        ("/?p=/v2/consents/uiJ%2Fk%3D%3D&x=1", "uiJ/k=="),
        ("/?p=/v2/consents/uiJ+k==&x=1", "uiJ+k=="),
        // Encoded once by one gateway, and encoded a second time by another gateway.
        ("/?p=%2Fv2%2Fconsents%2FuiJ%2Fk%3D%3D&x=1", "uiJ/k=="),
        ("/?p=%2Fv2%2Fconsents%2FuiJ%252Fk%253D%253D&x=1", "uiJ/k=="),
        ("/?p=%2Fv2%2Fconsents%2FuiJ%2Bk", "uiJ+k"),
    ] {
        is(&Method::DELETE, uri, &format!("consent {id}"));
    }
}

#[test]
fn path_takes_precedence_over_the_query() {
    is(
        &Method::POST,
        "/v2/payments/order-1?p=/v2/payments/order-2",
        "payment order-1",
    );
    is(
        &Method::POST,
        "/hook?p=%2Fv2%2Fpayments%2Forder-1&q=/v2/payments/order-2",
        "payment order-1",
    );
}

#[test]
fn query_without_a_callback_path_is_refused() {
    for uri in [
        "/?",
        "/?x",
        "/?p=v2/payments/order-1",
        "/?p=/v2/payments/",
        "/?p=%2Fv2%2Fpayments%2F",
        "/?p=/v2/payments/a_b&x=1",
        "/?p=/v2/payments&q=/order-1",
        "/?p=/v2&q=/payments/order-1",
        "/?p=%2Fv2%2Fpayments%2Fa%252Fb",
        "/?p=/v2/payments/order-1/capture&x=1",
        "/?p=/xv2/payments/order-1&x=1",
        "/?p=/v3/payments/order-1&x=1",
        "/?p=%252Fv2%252Fpayments%252Forder-1",
        "/?p=%FF%2Fv2%2Fpayments%2Forder-1",
        "/?p=/v2/consents/1&x=1",
    ] {
        let found = called(Method::POST, uri, "{}");
        assert_eq!(found, Err(CallbackError::NotACallback), "{uri}");
    }
    for uri in [
        "/?p=/v2/consents/&x=1",
        "/?p=%2Fv2%2Fconsents%2F",
        "/?p=/v2/payments/order-1",
    ] {
        let found = called(Method::DELETE, uri, "");
        assert_eq!(found, Err(CallbackError::NotACallback), "{uri}");
    }
}
