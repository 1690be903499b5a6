//! Bad input is refused before anything is sent, with the field, the rule and the value.

use crate::support::{id, text};
use vipps::ecom::{AirlineData, Express, ShippingMethod};
use vipps::ecom::{FallbackUrl, TransactionText};
use vipps::testing::Recorder;
use vipps::types::{HttpsUrl, ImageSize};
use vipps::{Amount, Currency, ErrorKind, OrderId, Outcome};

/// Asserts that the message names the field, the rule and the value.
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
            .initiate(id(), Amount::minor(ore, Currency::NOK), text())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::InvalidInput, Outcome::NotSent)
        );
        check(&error.to_string(), "amount", rule, &ore.to_string());
        let error = vipps
            .pay_by_qr(id(), Amount::minor(ore, Currency::NOK), text())
            .await
            .unwrap_err();
        check(&error.to_string(), "amount", rule, &ore.to_string());
    }
    for ore in [0, -5, 2_147_483_648] {
        let error = vipps
            .ecom()
            .payment(id())
            .capture(Amount::minor(ore, Currency::NOK))
            .await
            .unwrap_err();
        check(&error.to_string(), "amount", "must be", &ore.to_string());
    }
    assert!(recorder.requests().is_empty(), "{}", recorder.to_snapshot());
}

#[tokio::test]
async fn an_amount_in_another_currency_is_not_sent() {
    let recorder = Recorder::new();
    let vipps = recorder.client();
    let payment = vipps.ecom().payment(id());
    for amount in [
        Amount::dkk(200),
        Amount::eur(200),
        Amount::minor(20_000, "SEK".parse().unwrap()),
        Amount::eur(0),
    ] {
        for error in [
            vipps.ecom().initiate(id(), amount, text()).await.err(),
            vipps.pay_by_qr(id(), amount, text()).await.err(),
            payment.capture(amount).await.err(),
            payment.refund(amount).await.err(),
        ] {
            let error = error.unwrap();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::InvalidInput, Outcome::NotSent)
            );
            check(
                &error.to_string(),
                "amount",
                "must be in NOK",
                &amount.to_string(),
            );
        }
        let cost = ShippingMethod::new("id", "name", amount).unwrap_err();
        check(
            &cost.to_string(),
            "shipping_cost",
            "NOK",
            &amount.to_string(),
        );
    }
    assert!(recorder.requests().is_empty(), "{}", recorder.to_snapshot());
}

#[test]
fn invalid_or_long_order_id_is_not_sent() {
    for bad in ["", "a b", "a/b", "å", "a_b", "..", "a.b", "a\n"] {
        check(
            &bad.parse::<OrderId>().unwrap_err().to_string(),
            "order_id",
            "a-z",
            &format!("{bad:?}"),
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
fn callback_url_that_is_not_https_or_too_long_is_not_sent() {
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
fn text_over_100_characters_is_not_sent() {
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
fn png_size_outside_100_to_2000_is_not_sent() {
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
async fn error_of_a_phone_number_does_not_show_it() {
    let recorder = Recorder::new();
    let swedish: vipps::PhoneNumber = "+46701234567".parse().unwrap();
    let error = recorder
        .client()
        .ecom()
        .initiate(id(), crate::support::amount(), text())
        .phone_number(swedish)
        .await;
    let error = error.unwrap_err();
    assert!(error.to_string().contains("phone_number"), "{error}");
    assert!(!format!("{error} {error:?}").contains("701234567"));
    assert!(recorder.requests().is_empty());
}

#[test]
fn client_with_an_invalid_setting_is_not_built() {
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
}

#[tokio::test]
async fn a_refund_out_of_range_is_not_sent() {
    let recorder = Recorder::new();
    let payment = recorder.client().ecom().payment(id());
    for ore in [0, -5, i64::MIN, 2_147_483_648] {
        let error = payment
            .refund(Amount::minor(ore, Currency::NOK))
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        check(&error.to_string(), "amount", "must be", &ore.to_string());
    }
    assert!(recorder.requests().is_empty());
}

fn method(id: &str) -> ShippingMethod {
    ShippingMethod::new(id, "Parcel locker", Amount::nok(0)).expect("a method")
}

#[tokio::test]
async fn an_express_payment_that_the_api_would_refuse_is_not_sent() {
    let recorder = Recorder::new();
    let ecom = recorder.client().ecom();
    let consents = || "https://example.com/vipps".parse().expect("a URL");
    let many: Vec<_> = (0..11).map(|n| method(&n.to_string())).collect();
    let both_default = [method("a").preselect(), method("b").preselect()];
    for (methods, rule, value) in [
        (vec![], "1 to 10", "0 methods"),
        (many, "1 to 10", "11 methods"),
        (both_default.to_vec(), "at most 1 default", "b"),
        (
            vec![method("a"), method("b"), method("a")],
            "distinct ids",
            "a",
        ),
    ] {
        let error = ecom
            .initiate(id(), Amount::nok(1), text())
            .express(Express::with_static_shipping(methods), consents())
            .await
            .unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotSent);
        check(&error.to_string(), "shipping_methods", rule, value);
    }
    let error = ecom
        .initiate(id(), Amount::nok(1), text())
        .scope("name email".parse().unwrap())
        .express(Express::with_static_shipping([method("a")]), consents())
        .await
        .unwrap_err();
    check(&error.to_string(), "scope", "express", "name email");
    assert!(recorder.requests().is_empty());

    // Ten methods and one default are fine.
    let ten = (0..10).map(|n| {
        let method = method(&n.to_string());
        if n == 9 { method.preselect() } else { method }
    });
    let recorder =
        Recorder::new().respond("POST", "/ecomm/v2/payments", 200, crate::support::INITIATED);
    let start = recorder
        .client()
        .ecom()
        .initiate(id(), Amount::nok(1), text());
    let start = start.express(Express::with_static_shipping(ten), consents());
    start.await.unwrap();
}

#[test]
fn shipping_method_with_an_invalid_length_is_not_sent() {
    for (id, name, field) in [
        ("", "name", "shipping_method_id"),
        (" ", "name", "shipping_method_id"),
        ("a\nb", "name", "shipping_method_id"),
        (&"x".repeat(101), "name", "shipping_method_id"),
        ("id", "", "shipping_method"),
        ("id", "a\tb", "shipping_method"),
        ("id", &"x".repeat(257), "shipping_method"),
    ] {
        let error = ShippingMethod::new(id, name, Amount::nok(0)).unwrap_err();
        check(&error.to_string(), field, "must be 1 to", "");
    }
    let longest = ("ø".repeat(100), "ø".repeat(256));
    assert!(ShippingMethod::new(longest.0, longest.1, Amount::nok(0)).is_ok());
}

type Change = fn(&mut AirlineData, &str);

#[tokio::test]
async fn airline_data_of_a_wrong_length_is_not_sent() {
    let recorder = Recorder::new();
    let ecom = recorder.client().ecom();
    let good = AirlineData {
        passenger_name: crate::support::PASSENGER.into(),
        airline_code: "074".into(),
        airline_designator_code: "KL".into(),
        agency_invoice_number: "082404".into(),
        ticket_number: None,
    };
    let fields: [(&str, Change, &[&str]); 5] = [
        (
            "passenger_name",
            |d, text| d.passenger_name = text.into(),
            &["", " ", "a\nb", &"s".repeat(50)],
        ),
        (
            "airline_code",
            |d, text| d.airline_code = text.into(),
            &["", "07", "0744", "   "],
        ),
        (
            "airline_designator_code",
            |d, text| d.airline_designator_code = text.into(),
            &["", "K", "KLM"],
        ),
        (
            "agency_invoice_number",
            |d, text| d.agency_invoice_number = text.into(),
            &["", "1234567"],
        ),
        (
            "ticket_number",
            |d, text| d.ticket_number = Some(text.into()),
            &["", &"1".repeat(151)],
        ),
    ];
    for (field, change, bad) in fields {
        for text in bad {
            let mut data = good.clone();
            change(&mut data, text);
            let start = ecom.initiate(id(), Amount::nok(1), self::text());
            let error = start.airline_data(data).await.unwrap_err();
            assert_eq!(error.outcome(), Outcome::NotSent);
            check(&error.to_string(), field, "must be", "");
            if field == "passenger_name" {
                assert_eq!(error.invalid_value().unwrap().value(), None);
            }
        }
    }
    assert!(recorder.requests().is_empty());
    let printed = format!(
        "{:?}",
        ecom.initiate(id(), Amount::nok(1), text())
            .airline_data(good)
    );
    crate::support::assert_nothing_leaks(&printed);
}
