//! Bad input is refused before anything is sent, with the field, the rule and the value.

mod support;

use support::{id, text};
use vipps::testing::Recorder;
use vipps::types::{FallbackUrl, HttpsUrl, ImageSize, TransactionText};
use vipps::{Amount, ErrorKind, OrderId, Outcome};

/// The message names the field, has the rule in it, and the value.
fn check(message: &str, field: &str, rule: &str, value: &str) {
    assert!(message.starts_with(&format!("{field}: ")), "{message}");
    assert!(message.contains(rule), "{message}");
    assert!(message.contains(value), "{message}");
}

#[tokio::test]
async fn an_amount_out_of_range_is_not_sent() {
    let recorder = Recorder::new();
    let vipps = recorder.client();
    for (ore, rule) in [
        (0, "100"),
        (99, "100"),
        (-1, "100"),
        (i64::MIN, "100"),
        (2_147_483_648, "2147483647"),
        (i64::MAX, "2147483647"),
    ] {
        let error = vipps
            .ecom()
            .initiate(id(), Amount::ore(ore), text())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::InvalidInput, Outcome::NotSent)
        );
        check(&error.to_string(), "amount", rule, &ore.to_string());
        let error = vipps
            .pay_by_qr(id(), Amount::ore(ore), text())
            .await
            .unwrap_err();
        check(&error.to_string(), "amount", rule, &ore.to_string());
    }
    for ore in [0, -5, 2_147_483_648] {
        let error = vipps
            .ecom()
            .payment(&id())
            .capture()
            .amount(Amount::ore(ore))
            .await
            .unwrap_err();
        check(&error.to_string(), "amount", "must be", &ore.to_string());
    }
    assert!(recorder.requests().is_empty(), "{}", recorder.to_snapshot());
}

#[test]
fn an_order_id_with_other_characters_or_too_long() {
    for bad in ["", "a b", "a/b", "å", "a_b", "..", "a.b", "a\n"] {
        check(
            &bad.parse::<OrderId>().unwrap_err().to_string(),
            "order_id",
            "a-z",
            "",
        );
    }
    let long = "a".repeat(51);
    check(
        &long.parse::<OrderId>().unwrap_err().to_string(),
        "order_id",
        "50",
        &long,
    );
    assert!("a".repeat(50).parse::<OrderId>().is_ok());
}

#[test]
fn a_callback_url_that_is_not_https_or_too_long() {
    for bad in [
        "http://example.com",
        "ftp://example.com",
        "example.com",
        "https://localhost/x",
        "https://x",
        "",
    ] {
        assert!(bad.parse::<HttpsUrl>().is_err(), "{bad}");
    }
    let long = format!("https://example.com/{}", "a".repeat(236));
    assert_eq!(long.len(), 256);
    let error = long.parse::<HttpsUrl>().unwrap_err().to_string();
    assert!(error.contains("255"), "{error}");
    assert!(long[..255].parse::<HttpsUrl>().is_ok());
    assert!("http://example.com".parse::<FallbackUrl>().is_err());
    assert!("myapp://done".parse::<FallbackUrl>().is_ok());
}

#[test]
fn a_text_over_100_characters() {
    assert!("ø".repeat(100).parse::<TransactionText>().is_ok());
    let error = "ø"
        .repeat(101)
        .parse::<TransactionText>()
        .unwrap_err()
        .to_string();
    check(&error, "transaction_text", "100", "ø");
    assert!("".parse::<TransactionText>().is_err());
}

#[test]
fn a_png_size_outside_100_to_2000() {
    for bad in [0, 99, 2001, u16::MAX] {
        check(
            &ImageSize::new(bad).unwrap_err().to_string(),
            "image_size",
            "100",
            &bad.to_string(),
        );
    }
    assert!(ImageSize::new(100).is_ok() && ImageSize::new(2000).is_ok());
}

#[tokio::test]
async fn a_phone_number_is_never_shown() {
    let recorder = Recorder::new();
    let swedish: vipps::PhoneNumber = "+46701234567".parse().unwrap();
    let error = recorder
        .client()
        .ecom()
        .initiate(id(), support::amount(), text())
        .phone_number(swedish)
        .await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("phone_number"), "{error}");
    assert!(!format!("{error} {error:?}").contains("701234567"));
    assert!(recorder.requests().is_empty());
}

#[test]
fn a_client_with_a_bad_setting_is_not_made() {
    let build = |change: fn(vipps::VippsBuilder) -> vipps::VippsBuilder| {
        change(Recorder::new().builder().unwrap())
            .build()
            .unwrap_err()
            .to_string()
    };
    let long = build(|b| b.system("a".repeat(31), "1"));
    assert!(
        long.contains("vipps-system-name") && long.contains("30"),
        "{long}"
    );
    assert!(build(|b| b.plugin("ok", "1\r\nX-Evil: 1")).contains("vipps-system-plugin-version"));
    assert!(build(|b| b.attempt_timeout(std::time::Duration::ZERO)).contains("attempt_timeout"));
    assert!(build(|b| b.http_client(reqwest::Client::new())).contains("redirect"));
}
