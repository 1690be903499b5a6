//! Calls of generated operations. Responses that the document does not describe produce the same
//! errors as those of the wrapper's operations.

use crate::support::assert_nothing_leaks;
use std::time::Duration;

use progenitor_client::Error as RawError;
use vipps::raw::{Raw, ResponseValue, ecom::types};
use vipps::testing::Recorder;
use vipps::{CallOptions, ErrorKind, Outcome, RequestId, RetryPolicy, Vipps};

const DETAILS: &str = "/ecomm/v2/payments/order-1/details";
const CANCEL: &str = "/ecomm/v2/payments/order-1/cancel";

async fn details(vipps: &Vipps) -> vipps::Error {
    let call = vipps.call(|raw| async move {
        let operation = raw.ecom().get_payment_details_using_get();
        operation.order_id("order-1").send().await
    });
    call.await.map(drop).unwrap_err()
}

#[tokio::test]
async fn undecodable_response_names_member_and_attempts() {
    for body in ["", "<html>", r#"{"orderId":{"91234567":1}}"#] {
        let recorder = Recorder::new().respond("GET", DETAILS, 200, body);
        let error = details(&recorder.client()).await;
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert_eq!(error.method(), Some("GET"));
        assert_eq!(error.path(), Some("/ecomm/v2/payments/{orderId}/details"));
        assert_eq!((error.http_status(), error.attempts()), (Some(200), 1));
        assert_eq!(error.raw_body(), body.as_bytes());
        // The operation is a read, so its outcome is `NoEffect`.
        assert_eq!(error.outcome(), Outcome::NoEffect);
        assert_nothing_leaks(&format!("{error} {error:?}"));
    }
}

#[tokio::test]
async fn long_undecodable_response_is_cut() {
    let long = format!("[{}1]", "1,".repeat(100_000));
    let recorder = Recorder::new().respond("GET", DETAILS, 200, &long);
    let error = details(&recorder.client()).await;
    assert_eq!(error.raw_body().len(), 64 << 10);
}

#[tokio::test]
async fn undecodable_response_to_a_write_is_unknown() {
    let recorder = Recorder::new().respond("PUT", CANCEL, 200, "<html>");
    let call = recorder.client();
    let call = call.call(|raw| async move {
        let body = vipps::raw::ecom::types::CancelPaymentActionRequest::builder();
        let merchant = vipps::raw::ecom::types::MerchantInfoPayment::builder();
        let transaction = vipps::raw::ecom::types::CancelTransaction::builder();
        let body = body
            .merchant_info(merchant.merchant_serial_number("123456".to_owned()))
            .transaction(transaction.transaction_text("No".to_owned()));
        let operation = raw.ecom().cancel_payment_request_using_put();
        operation.order_id("order-1").body(body).send().await
    });
    let error = call.await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(error.method(), Some("PUT"));
}

const CAPTURE: &str = "/ecomm/v2/payments/order-1/capture";
const CAPTURED: &str = r#"{"orderId":"order-1","transactionInfo":{"status":"Captured"}}"#;

fn capture_body() -> types::builder::PaymentActionsRequest {
    let merchant = types::MerchantInfoPayment::builder();
    let merchant = merchant.merchant_serial_number("654321".to_owned());
    let transaction = types::Transaction::builder().transaction_text("Socks".to_owned());
    types::PaymentActionsRequest::builder()
        .merchant_info(types::MerchantInfoPayment::try_from(merchant).unwrap())
        .transaction(types::Transaction::try_from(transaction).unwrap())
}

async fn capture(vipps: &Vipps, options: CallOptions) -> vipps::Result<()> {
    let call = vipps.call_with(options, |raw: Raw| async move {
        let operation = raw.ecom().capture_payment_using_post();
        operation
            .order_id("order-1")
            .body(capture_body())
            .send()
            .await
    });
    call.await.map(drop)
}

/// Raw operations accept the same options as the wrapper's operations.
#[tokio::test]
async fn raw_call_has_the_options_of_a_wrapped_call() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 200, CAPTURED);
    let options = CallOptions::new()
        .idempotency_key(RequestId::parse("my-key").unwrap())
        .merchant_serial_number("654321".parse().unwrap());
    capture(&recorder.client(), options).await.unwrap();
    let raw = recorder.shape_of("capture_payment_using_post");
    assert!(raw.contains("\nmerchant-serial-number: 654321\n"), "{raw}");

    let recorder = Recorder::new().respond("POST", CAPTURE, 200, CAPTURED);
    let payment = recorder.client().ecom().payment("order-1".parse().unwrap());
    let wrapped = payment
        .merchant_serial_number("654321".parse().unwrap())
        .capture_remaining()
        .text("Socks".parse().unwrap())
        .idempotency_key(RequestId::parse("my-key").unwrap());
    wrapped.await.unwrap();
    assert_eq!(raw, recorder.shape_of("capture_payment_using_post"));
}

#[tokio::test]
async fn unclear_raw_call_is_retried_with_its_key() {
    let recorder = Recorder::new()
        .lose_response("POST", CAPTURE)
        .respond("POST", CAPTURE, 200, CAPTURED);
    let vipps = recorder.client();
    let once = CallOptions::new().retry(RetryPolicy::none());
    let error = capture(&vipps, once.clone()).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 1));
    let key = error.idempotency_key().unwrap().clone();
    capture(&vipps, once.idempotency_key(key)).await.unwrap();
    let sent = recorder.to_snapshot();
    assert_eq!(sent.matches("[idempotency key 1]").count(), 2, "{sent}");
    assert!(!sent.contains("[idempotency key 2]"), "{sent}");
}

#[tokio::test]
async fn raw_call_ends_at_its_own_deadline() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 429, "");
    let short_deadline = CallOptions::new().deadline(Duration::from_millis(100));
    let error = capture(&recorder.client(), short_deadline)
        .await
        .unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(429), 1));
    let error = capture(&recorder.client(), CallOptions::new())
        .await
        .unwrap_err();
    assert_eq!(error.attempts(), 3);
}

/// The generated methods take no key, so the table states which operations send a key.
#[test]
fn operations_state_their_idempotency_header() {
    let keyed = |endpoints: &[&vipps::raw::Endpoint]| -> Vec<_> {
        let keyed = endpoints
            .iter()
            .filter(|e| e.idempotency_header == Some("x-request-id"));
        keyed.map(|e| e.id).collect()
    };
    let mut ecom = keyed(vipps::raw::ecom::OPERATIONS);
    ecom.sort_unstable();
    assert_eq!(
        ecom,
        [
            "capture_payment_using_post",
            "integration_test_approve_payment",
            "refund_payment_using_post"
        ]
    );
    assert!(keyed(vipps::raw::qr::OPERATIONS).is_empty());
}

/// Sends a hand-made request through the hook of the generated client, as the operation `id`.
async fn send_as(vipps: &Vipps, id: &'static str, request: reqwest::Request) -> vipps::Result<()> {
    let call = vipps.call(|raw| async move {
        let info = progenitor_client::OperationInfo { operation_id: id };
        let sent = progenitor_client::ClientHooks::exec(raw.ecom(), request, &info).await;
        let response = sent.map_err(RawError::<()>::CommunicationError)?;
        progenitor_client::ClientHooks::post::<()>(raw.ecom(), &Ok(response), &info).await?;
        Ok(progenitor_client::ResponseValue::empty(
            http::Response::new("").into(),
        ))
    });
    call.await.map(drop)
}

/// Asserts that the call was refused before any request, including the token request.
fn assert_refused(recorder: &Recorder, error: &vipps::Error, field: &str, value: &str) {
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let sent = (error.outcome(), error.attempts());
    assert_eq!(sent, (Outcome::NotSent, 0), "{error}");
    let invalid = error.invalid_value().expect("names field, rule and value");
    assert_eq!((invalid.field(), invalid.value()), (field, Some(value)));
    assert_eq!(recorder.to_snapshot(), "", "{error}");
}

#[tokio::test]
async fn an_id_that_names_another_path_is_refused_unsent() {
    for id in [
        "",
        ".",
        "..",
        "/",
        "a/b",
        "../x",
        "\\",
        "a\\b",
        "..\\x",
        "x\\..\\order-2",
        "a\nb",
        "\0",
        "a\u{85}",
    ] {
        let recorder = Recorder::new();
        let call = recorder.client();
        let call = call.call(|raw| async move {
            let operation = raw.ecom().get_payment_details_using_get();
            operation.order_id(id).send().await
        });
        let error = call.await.map(drop).unwrap_err();
        let escaped: String = id.escape_debug().collect();
        let escaped = escaped.replace("\\\\", "\\");
        assert_refused(&recorder, &error, "order_id", &escaped);
    }
}

#[tokio::test]
async fn id_with_special_characters_reaches_its_own_path() {
    for (id, path) in [
        ("...", "..."),
        (".a", ".a"),
        ("a b", "a%20b"),
        ("50%", "50%25"),
        ("%2F", "%252F"),
        ("%2e%2e", "%252e%252e"),
        ("a+b;c", "a%2Bb%3Bc"),
        ("ø", "%C3%B8"),
        ("?#", "%3F%23"),
    ] {
        let path = format!("/ecomm/v2/payments/{path}/details");
        let recorder = Recorder::new().respond("GET", &path, 200, r#"{"orderId":"x"}"#);
        let call = recorder.client();
        let call = call.call(|raw| async move {
            let operation = raw.ecom().get_payment_details_using_get();
            operation.order_id(id).send().await
        });
        let _ = call.await;
        let sent = recorder.shape_of("get_payment_details_using_get");
        assert!(sent.contains(&format!("GET {path}")), "{id}: {sent}");
    }
}

#[tokio::test]
async fn a_request_for_another_resource_is_refused_unsent() {
    const ID: &str = "get_payment_details_using_get";
    let base = "https://apitest.vipps.no";
    for (path, field, value) in [
        // The path of another operation, and a path that the URL parser has normalized.
        (CAPTURE, "path", CAPTURE),
        ("/ecomm/v2/payments/../details", "path", "/ecomm/v2/details"),
        (
            "/ecomm/v2/payments/%2e%2E/details",
            "path",
            "/ecomm/v2/details",
        ),
        (
            "/ecomm/v2/payments/./details",
            "path",
            "/ecomm/v2/payments/details",
        ),
        (
            "/ecomm/v2/payments/a/b/details",
            "path",
            "/ecomm/v2/payments/a/b/details",
        ),
        (
            "/ecomm/v2/payments/a\\b/details",
            "path",
            "/ecomm/v2/payments/a/b/details",
        ),
        (
            "/ecomm/v2/payments/a/details/",
            "path",
            "/ecomm/v2/payments/a/details/",
        ),
        (
            "/ecomm/v2//payments/a/details",
            "path",
            "/ecomm/v2//payments/a/details",
        ),
        (
            "/x/ecomm/v2/payments/a/details",
            "path",
            "/x/ecomm/v2/payments/a/details",
        ),
        ("/", "path", "/"),
        // A server may decode this single segment to several segments.
        ("/ecomm/v2/payments//details", "order_id", ""),
        ("/ecomm/v2/payments/a%2Fb/details", "order_id", "a/b"),
        ("/ecomm/v2/payments/a%5Cb/details", "order_id", "a\\b"),
        ("/ecomm/v2/payments/a%00b/details", "order_id", "a\\0b"),
        ("/ecomm/v2/payments/a%ffb/details", "order_id", "a%ffb"),
    ] {
        let recorder = Recorder::new();
        let url = format!("{base}{path}").parse().unwrap();
        let request = reqwest::Request::new(http::Method::GET, url);
        let error = send_as(&recorder.client(), ID, request).await.unwrap_err();
        assert_refused(&recorder, &error, field, value);
    }
    let recorder = Recorder::new();
    let url = format!("{base}{DETAILS}").parse().unwrap();
    let request = reqwest::Request::new(http::Method::DELETE, url);
    let error = send_as(&recorder.client(), ID, request).await.unwrap_err();
    assert_refused(&recorder, &error, "method", "DELETE");

    // For an operation of no document, each `/` separates two segments.
    let url = format!("{base}/v9/new/a%2Fb").parse().unwrap();
    let request = reqwest::Request::new(http::Method::GET, url);
    let error = send_as(&recorder.client(), "new", request)
        .await
        .unwrap_err();
    assert_refused(&recorder, &error, "path", "a/b");
}

#[tokio::test]
async fn a_hand_made_request_for_its_own_resource_is_sent() {
    let recorder = Recorder::new().respond("GET", DETAILS, 200, r#"{"orderId":"order-1"}"#);
    let url = format!("https://apitest.vipps.no:443{DETAILS}?a=b")
        .parse()
        .unwrap();
    let request = reqwest::Request::new(http::Method::GET, url);
    let vipps = recorder.client();
    let sent = send_as(&vipps, "get_payment_details_using_get", request);
    sent.await.unwrap();
}

/// The generated constructors are public. Their clients send nothing by themselves.
#[tokio::test]
async fn a_generated_client_with_another_base_url_sends_nothing() {
    let recorder = Recorder::new();
    let vipps = recorder.client();
    let call = vipps.call(|raw| async move {
        let context = progenitor_client::ClientInfo::inner(raw.ecom()).clone();
        let other = vipps::raw::ecom::Client::new("https://example.com", context);
        let operation = other.get_payment_details_using_get();
        operation.order_id("order-1").send().await
    });
    let error = call.await.map(drop).unwrap_err();
    assert_refused(&recorder, &error, "url", "https://example.com");
}

#[tokio::test]
async fn a_request_that_was_never_built_is_not_sent() {
    let recorder = Recorder::new();
    let unbuilt = |error: RawError<()>| {
        let vipps = recorder.client();
        async move {
            let call = vipps.call(|_| async { Err::<ResponseValue<()>, _>(error) });
            call.await.map(drop).unwrap_err()
        }
    };
    let bad_url = reqwest::Client::new().get("no url").build().unwrap_err();
    for error in [
        unbuilt(RawError::InvalidRequest("no body".to_owned())).await,
        unbuilt(RawError::CommunicationError(bad_url)).await,
        unbuilt(RawError::Custom("out of stock".to_owned())).await,
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let sent = (error.outcome(), error.attempts());
        assert_eq!(sent, (Outcome::NotSent, 0), "{error}");
    }
    assert_eq!(recorder.to_snapshot(), "");
}

/// The first request of the call may have taken effect, so an error before the second request does
/// not change the outcome.
#[tokio::test]
async fn a_call_that_stops_after_its_first_request_is_unknown() {
    let errors = [
        || RawError::InvalidRequest("no body".to_owned()),
        || RawError::Custom("out of stock".to_owned()),
        || RawError::CommunicationError(reqwest::Client::new().get("x").build().unwrap_err()),
    ];
    for error in errors {
        let recorder = Recorder::new().respond("POST", CAPTURE, 200, CAPTURED);
        let vipps = recorder.client();
        let call = vipps.call(|raw: Raw| async move {
            let operation = raw.ecom().capture_payment_using_post();
            operation
                .order_id("order-1")
                .body(capture_body())
                .send()
                .await?;
            Err::<ResponseValue<()>, RawError<()>>(error())
        });
        let error = call.await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
    }
}

async fn array_error(method: &str, path: &str, body: &str) -> vipps::Error {
    let recorder = Recorder::new().respond(method, path, 200, body);
    let vipps = recorder.client();
    match path {
        CAPTURE => capture(&vipps, CallOptions::new()).await.unwrap_err(),
        DETAILS => details(&vipps).await,
        _ => {
            let call = vipps.call(|raw| async move {
                let operation = raw.qr().get_merchant_callback_qrs();
                operation.send().await
            });
            call.await.map(drop).unwrap_err()
        }
    }
}

#[tokio::test]
async fn an_array_for_an_object_is_a_decode_error_of_a_raw_call() {
    const CODES: &str = "/qr/v1/merchant-callback";
    let (unknown, no_effect) = (Outcome::Unknown, Outcome::NoEffect);
    // serde's derive reads an array that has a value for each member.
    for (method, path, outcome, body) in [
        ("POST", CAPTURE, unknown, "[]"),
        ("POST", CAPTURE, unknown, r#"["order-1",null,null,null]"#),
        (
            "POST",
            CAPTURE,
            unknown,
            r#"{"transactionInfo":[34900,"Captured",null,"5001","Socks"]}"#,
        ),
        (
            "POST",
            CAPTURE,
            unknown,
            r#"{"transactionSummary":[null,34900,0,0,34900]}"#,
        ),
        ("GET", DETAILS, no_effect, "[]"),
        (
            "GET",
            DETAILS,
            no_effect,
            r#"["order-1",null,null,null,null,null]"#,
        ),
        (
            "GET",
            DETAILS,
            no_effect,
            r#"{"transactionLogHistory":[[34900,"RESERVE",true,"",null,"5001","Socks"]]}"#,
        ),
        (
            "GET",
            DETAILS,
            no_effect,
            r#"{"shippingDetails":{"address":["Storgata 7",null,"Bergen","NO","5003"]}}"#,
        ),
        ("GET", CODES, no_effect, r#"[[null,"a",null,null,null]]"#),
    ] {
        let error = array_error(method, path, body).await;
        assert_eq!(error.kind(), ErrorKind::Decode, "{path} {body}: {error}");
        assert_eq!(error.outcome(), outcome, "{path} {body}");
        assert_eq!(error.http_status(), Some(200), "{path} {body}");
    }
}

#[tokio::test]
async fn base_url_with_a_reserved_character_is_used() {
    let path = "/a%2Bb%3Bc/ecomm/v2/payments/order-1/details";
    let recorder = Recorder::new().respond("GET", path, 200, r#"{"transactionLogHistory":[]}"#);
    let environment = vipps::Environment::custom("https://proxy.example.com/a+b;c").unwrap();
    let builder = recorder.builder().unwrap().environment(environment);
    let vipps = builder.build().unwrap();
    let details = vipps.ecom().payment("order-1".parse().unwrap()).details();
    details.await.unwrap();
    assert!(recorder.to_snapshot().contains(&format!("GET {path}")));
}
