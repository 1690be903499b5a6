//! Redaction by the recorder in requests that no list of operations describes.

use bytes::Bytes;
use serde_json::json;
use vipps::testing::Recorder;
use vipps::{Amount, Transport as _};

use super::*;

/// Records a request unchanged, for any operation.
async fn record(recorder: &Recorder, request: http::request::Builder, body: &str) {
    let request = request.body(Bytes::copy_from_slice(body.as_bytes()));
    recorder.send(request.unwrap()).await.unwrap();
}

/// Places every marker in every part of a request that a raw call, a later document or a careless
/// merchant could fill.
#[tokio::test]
pub(crate) async fn unknown_members_show_no_marker() {
    let mut search = LeakSearch::start();
    for marker in MARKERS {
        let recorder = Recorder::new();
        let encoded: String = url::form_urlencoded::byte_serialize(marker.as_bytes()).collect();
        let uri = format!("https://api.vipps.no/tomorrow?customer={encoded}&{encoded}");
        record(&recorder, http::Request::get(uri), "").await;
        let header = http::Request::get("/x")
            .header("authorization", marker)
            .header("x-tomorrow", marker);
        record(&recorder, header, "").await;
        for body in [
            json!({"tomorrow": marker, "list": [marker, {"deep": marker}]}),
            // A text that could be a member name is not redacted, so these names contain other
            // characters.
            json!({format!("{marker}@x"): 1, "by": {format!("+{marker}"): {"x": [marker]}}}),
            json!(marker),
            json!([marker]),
            json!({"url": format!("https://x.example/?sig={encoded}")}),
            json!({"redirectUrl": format!("https://{encoded}@x.example/a#{encoded}")}),
            json!({"fallBack": format!("myapp://done?+{encoded}=1&session={encoded}&x")}),
            json!({"transactionText": format!("see https://x.example/?code={encoded}")}),
        ] {
            record(&recorder, http::Request::post("/x"), &body.to_string()).await;
        }
        record(&recorder, http::Request::post("/x"), &format!("a={marker}")).await;
        for text in [recorder.to_snapshot(), format!("{recorder:?}")] {
            search.text("the recorder", &text);
            search.text("percent-encoded", &text.replace(&encoded, marker));
        }
        search.debug("the shapes", &recorder.requests());
    }
    search.finish(MARKERS.len() * 5);
}

/// Tests give a recorder responses that may be copies of real ones.
#[tokio::test]
async fn responses_of_a_recorder_show_no_marker() {
    let mut search = LeakSearch::start();
    let path = "/ecomm/v2/payments/order-1/details";
    for marker in MARKERS {
        let body = json!({"orderId": "order-1", "userDetails": {"email": marker}}).to_string();
        let response = http::Response::builder().header("x-tomorrow", marker);
        let recorder = Recorder::new()
            .respond_with("GET", path, response.body(body.clone()).unwrap())
            .respond("GET", path, 200, &body);
        search.debug("before the first request", &recorder);
        let vipps = recorder.client();
        let details = vipps.ecom().payment("order-1".parse().unwrap()).details();
        search.result("the details", &details.await);
        search.debug("after it", &recorder);
        search.debug("its client", &vipps);
        search.text("its snapshot", &recorder.to_snapshot());
    }
    search.finish(MARKERS.len() * 9);
}

/// A value that a request marks as a secret is redacted in every other part of that request.
#[tokio::test]
pub(crate) async fn phone_number_is_hidden_in_the_whole_request() {
    // The number is not one of the markers, since an order id may appear in the log.
    let number = "91827364";
    let recorder = Recorder::new();
    let ecom = recorder.client().ecom();
    let text = format!("Socks for {number}").parse().unwrap();
    let started = ecom
        .initiate(number.parse().unwrap(), Amount::nok(1), text)
        .phone_number(number.parse().unwrap())
        .fallback(format!("https://example.com/{number}").parse().unwrap());
    started.await.unwrap_err();
    let payment = ecom.payment(number.parse().unwrap());
    payment.details().await.unwrap_err();
    let text = recorder.to_snapshot();
    assert!(text.contains("Socks for [mobileNumber 1]"), "{text}");
    assert!(text.contains("GET /ecomm/v2/payments/[mobileNumber 1]/details"));
    assert!(!text.contains(number), "{text}");
}

/// A secret path is the only protection of some callbacks, so it is redacted.
#[tokio::test]
pub(crate) async fn secret_callback_paths_are_hidden() {
    let recorder = Recorder::new();
    let secret = "1f0c5a7e9b2d4c6f8a10";
    let text = "Socks".parse().unwrap();
    let started = recorder
        .client()
        .ecom()
        .initiate("order-1".parse().unwrap(), Amount::nok(1), text)
        .callback_prefix(
            format!("https://example.com/vipps/{secret}")
                .parse()
                .unwrap(),
        )
        .fallback(
            "https://example.com/orders/order-1?order=order-1&page=2"
                .parse()
                .unwrap(),
        );
    started.await.unwrap_err();
    record(
        &recorder,
        http::Request::get(format!("/tomorrow/{secret}")),
        "",
    )
    .await;
    let text = recorder.to_snapshot();
    assert!(!text.contains(secret), "{text}");
    assert!(
        text.contains("https://example.com/vipps/[path 1]"),
        "{text}"
    );
    assert!(text.contains("GET /tomorrow/[path 1]"), "{text}");
    assert!(
        text.contains("https://example.com/orders/order-1?order=order-1&page=2"),
        "{text}"
    );
}
