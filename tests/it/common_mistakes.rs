//! Mistakes of other clients of these APIs, which cost their users money or days.

use crate::support::{DETAILS, INITIATED, amount, id, text};
use vipps::ecom::{Express, ShippingMethod};
use vipps::testing::Recorder;
use vipps::{Amount, Currency, ErrorKind, Outcome, RetryPolicy, Vipps};

const INITIATE: &str = "/ecomm/v2/payments";
const CAPTURE: &str = "/ecomm/v2/payments/acme-shop-123/capture";
const REFUND: &str = "/ecomm/v2/payments/acme-shop-123/refund";
const CANCEL: &str = "/ecomm/v2/payments/acme-shop-123/cancel";
const DETAILS_PATH: &str = "/ecomm/v2/payments/acme-shop-123/details";

/// A client with a policy of ten attempts.
fn client_with_ten_attempts(recorder: &Recorder) -> Vipps {
    let policy = RetryPolicy::default().attempts(10);
    let builder = recorder.builder().unwrap().retry(policy);
    builder.build().unwrap()
}

fn count(recorder: &Recorder, operation: &str) -> usize {
    let requests = recorder.requests();
    let of_operation = requests.iter().filter(|r| r.operation() == Some(operation));
    of_operation.count()
}

/// The next call fetches a new token and succeeds.
#[tokio::test(start_paused = true)]
async fn a_failed_token_response_is_not_cached() {
    for body in [
        r#"{"error":"invalid_client","error_description":"AADSTS70002"}"#,
        r#"{"expires_in":"86398"}"#,
        "",
    ] {
        for status in [200, 401] {
            let token = r#"{"access_token":"fresh.token.value","expires_in":"3599"}"#;
            let recorder = Recorder::new()
                .respond("POST", "/accesstoken/get", status, body)
                .respond("POST", "/accesstoken/get", 200, token)
                .respond("GET", DETAILS_PATH, 200, DETAILS);
            let once = recorder.builder().unwrap().retry(RetryPolicy::none());
            let payment = once.build().unwrap().ecom().payment(id());
            let error = payment.details().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Authentication, "{status} {body}");
            payment.details().await.unwrap();
            payment.details().await.unwrap();
            assert_eq!(count(&recorder, "fetch_authorization_token_using_post"), 2);
            assert_eq!(count(&recorder, "get_payment_details_using_get"), 2);
        }
    }
}

/// The error for a page of a proxy names the status, and not invalid JSON.
#[tokio::test(start_paused = true)]
async fn an_html_502_does_not_hide_its_status() {
    let page = "<html><body><h1>502 Bad Gateway</h1></body></html>";
    let recorder =
        Recorder::new()
            .respond("POST", CAPTURE, 502, page)
            .respond("GET", DETAILS_PATH, 502, page);
    let payment = client_with_ten_attempts(&recorder).ecom().payment(id());
    let capture = payment.capture_remaining().await.unwrap_err();
    assert_eq!(capture.outcome(), Outcome::Unknown);
    let read = payment.details().await.unwrap_err();
    assert_eq!(read.outcome(), Outcome::NoEffect);
    for error in [capture, read] {
        assert_eq!(
            (error.kind(), error.http_status()),
            (ErrorKind::Api, Some(502))
        );
        let message = error.to_string();
        assert!(
            message.contains("502") && !message.contains("<h1>"),
            "{message}"
        );
        assert_eq!(error.raw_body(), page.as_bytes());
    }
}

/// A failed operation is not reported as a success, even with status 200.
#[tokio::test(start_paused = true)]
async fn status_200_with_an_error_list_is_an_error() {
    let body =
        r#"[{"errorGroup":"Payment","errorCode":"61","errorMessage":"x","contextId":"c-1"}]"#;
    let recorder = Recorder::new()
        .respond("POST", INITIATE, 200, body)
        .respond("POST", CAPTURE, 200, body)
        .respond("POST", REFUND, 200, body)
        .respond("PUT", CANCEL, 200, body)
        .respond("GET", DETAILS_PATH, 200, body);
    let vipps = client_with_ten_attempts(&recorder);
    let payment = vipps.ecom().payment(id());
    let writes = [
        vipps.ecom().initiate(id(), amount(), text()).await.err(),
        payment.capture_remaining().await.err(),
        payment.refund_remaining().await.err(),
        payment.cancel().await.err(),
    ];
    for error in writes.into_iter().chain([payment.details().await.err()]) {
        let error = error.expect("an error list is an error");
        assert!(error.has_code("61"));
        assert_eq!(error.correlation_id(), Some("c-1"));
        let read = error.method() == Some("GET");
        let expected = if read {
            Outcome::NoEffect
        } else {
            Outcome::Unknown
        };
        assert_eq!(error.outcome(), expected, "{error}");
    }
}

/// 1.15 kr is 115 øre, although 1.15 × 100 is 114.99999999999999.
#[test]
fn kroner_do_not_become_ore_through_a_float() {
    let sample = (0..=2_147_483_647_i64).step_by(1_999_933);
    let limits = [1, 99, 100, 2_147_483_546, 2_147_483_647];
    for ore in (0..=10_000).chain(sample).chain(limits) {
        let written = format!("{}.{:02}", ore / 100, ore % 100);
        assert_eq!(
            Amount::parse(&written, Currency::NOK).unwrap(),
            Amount::minor(ore, Currency::NOK)
        );
        assert_eq!(
            Amount::minor(ore, Currency::NOK).to_string(),
            format!("{written} NOK")
        );
    }
}

/// Shipping costs are sent in kroner, with at most two decimals and without trailing zeros. The
/// unit test of `Kroner` tries more amounts.
#[test]
fn ore_do_not_become_kroner_through_a_float() {
    let sample = (0..=2_147_483_647_i64).step_by(199_933);
    for ore in (0..=100_000).chain(sample).chain([2_147_483_647]) {
        let decimals = format!("{}.{:02}", ore / 100, ore % 100);
        let expected = decimals.trim_end_matches('0').trim_end_matches('.');
        let cost = Amount::minor(ore, Currency::NOK);
        let method = ShippingMethod::new("id", "name", cost).unwrap();
        let sent = serde_json::to_string(&method).unwrap();
        let member = format!(r#""shippingCost":{expected},"#);
        assert!(sent.contains(&member), "{ore} øre: {sent}");
        // The bindings send the same number.
        let bound: vipps::raw::ecom::types::ShippingDetails = serde_json::from_str(&sent).unwrap();
        let sent = serde_json::to_string(&bound).unwrap();
        assert!(sent.contains(&member), "{ore} øre: {sent}");
    }
}

#[tokio::test]
async fn shipping_costs_are_sent_unchanged() {
    for cost in [
        "0",
        "0.05",
        "1.15",
        "4.35",
        "19.99",
        "99.9",
        "1089.65",
        "21474836.47",
    ] {
        let recorder = Recorder::new().respond("POST", INITIATE, 200, INITIATED);
        let method =
            ShippingMethod::new("id", "name", Amount::parse(cost, Currency::NOK).unwrap()).unwrap();
        let start = recorder.client().ecom().initiate(id(), amount(), text());
        start
            .express(
                Express::with_static_shipping([method]),
                "https://example.com/vipps".parse().unwrap(),
            )
            .await
            .unwrap();
        let shape = recorder.shape_of("initiate_payment_v3_using_post");
        assert!(
            shape.contains(&format!("\"shippingCost\": {cost},")),
            "{shape}"
        );
    }
}
