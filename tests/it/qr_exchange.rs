//! The exchange of a scanned code or a check-in for a phone number. The number never appears in
//! `Debug` output, errors and recordings.

use crate::support::assert_nothing_leaks;
use vipps::testing::Recorder;
use vipps::{ErrorKind, Outcome};

const PERSONAL_QR: &str = "https://qr.vipps.no/p/secret-personal-code";
const CUSTOMER_TOKEN: &str = "secret-customer-token";

fn exchange(status: u16, body: &str) -> Recorder {
    Recorder::new()
        .respond("POST", "/qr/v1/exchange", status, body)
        .respond("POST", "/qr/v1/exchange/customer", status, body)
}

#[tokio::test]
async fn phone_numbers_are_read_in_every_spelling() {
    let created_at: jiff::Timestamp = "2024-06-10T06:13:20Z".parse().unwrap();
    for (body, version, at) in [
        (
            r#"{"msisdn":"4791234567","version":"2.0","timestamp":1718000000}"#,
            Some("2.0"),
            Some(created_at),
        ),
        (
            r#"{"msisdn":"+4791234567","version":"1.0"}"#,
            Some("1.0"),
            None,
        ),
        (
            r#"{"msisdn":4791234567,"version":2.5,"timestamp":"1718000000","new":1}"#,
            Some("2.5"),
            Some(created_at),
        ),
        (r#"{"msisdn":"4791234567","timestamp":null}"#, None, None),
        (r#"{"msisdn":"4791234567","timestamp":-5}"#, None, None),
    ] {
        let qr = exchange(200, body).client().qr();
        let owner = qr.exchange(PERSONAL_QR.parse().unwrap()).await.unwrap();
        assert_eq!(
            owner.phone_number().national_norwegian(),
            Some(crate::support::PHONE),
            "{body}"
        );
        assert_eq!(
            (owner.version(), owner.timestamp()),
            (version, at),
            "{body}"
        );
        let customer = qr
            .exchange_customer(CUSTOMER_TOKEN.parse().unwrap())
            .await
            .unwrap();
        assert_eq!(
            (customer.phone_number(), customer.timestamp()),
            (owner.phone_number(), at),
            "{body}"
        );
        let printed = format!("{owner:?} {owner:#?} {customer:?} {customer:#?}");
        assert_nothing_leaks(&printed);
    }
}

#[tokio::test]
async fn exchange_without_a_number_is_an_error_without_data() {
    for body in [
        "{}",
        r#"{"msisdn":null}"#,
        r#"{"msisdn":"91234567x"}"#,
        r#"{"msisdn":["91234567"]}"#,
        r#"{"msisdn":"4791234567","#,
        "",
    ] {
        let qr = exchange(200, body).client().qr();
        let errors = [
            qr.exchange(PERSONAL_QR.parse().unwrap()).await.unwrap_err(),
            qr.exchange_customer(CUSTOMER_TOKEN.parse().unwrap())
                .await
                .unwrap_err(),
        ];
        for error in errors {
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Decode, Outcome::NoEffect),
                "{body}"
            );
            assert_nothing_leaks(&format!("{error} {error:?}"));
        }
    }
}

#[tokio::test]
async fn a_refused_exchange_names_the_field() {
    let body = r#"{"title":"Bad request","status":400,"detail":"One or more parameters are invalid.","extraDetails":[{"name":"qrCode","reason":"Not complete."}]}"#;
    let recorder = exchange(400, body);
    let error = recorder
        .client()
        .qr()
        .exchange(PERSONAL_QR.parse().unwrap())
        .await
        .unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(400), 1));
    assert!(error.to_string().contains("qrCode"), "{error}");
}

#[tokio::test]
async fn debug_of_a_request_hides_the_customer() {
    let recorder = exchange(200, r#"{"msisdn":"4791234567"}"#);
    let qr = recorder.client().qr();
    let (code, token) = (
        PERSONAL_QR.parse().unwrap(),
        CUSTOMER_TOKEN.parse().unwrap(),
    );
    let (one, two) = (qr.exchange(code), qr.exchange_customer(token));
    let printed = format!("{one:?} {one:#?} {two:?} {two:#?}");
    one.await.unwrap();
    two.await.unwrap();
    for printed in [printed, recorder.to_snapshot()] {
        assert!(!printed.contains("secret-"), "{printed}");
        assert_nothing_leaks(&printed);
    }
}
