//! Creating a payment with ePayment: values that are refused before sending, the response, the
//! idempotency key, and refusals after which the payment is read.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use vipps::epayment::{
    Create, Customer, Express, NewPayment, OrderLine, PaymentMethod, QrFormat, Receipt,
    ShippingBrand, ShippingGroup, ShippingOption, ShippingToken, ShippingType,
};
use vipps::testing::Recorder;
use vipps::{Amount, ErrorKind, Outcome, PhoneNumber, Reference, RequestId, Vipps};

use crate::epayment::{CREATE, CREATED, EVENTS, PAGE, PAYMENT, REFERENCE, problem, reference};

fn new(vipps: &Vipps) -> NewPayment {
    vipps.epayment().create(reference(), Amount::nok(499))
}

fn web(vipps: &Vipps) -> Create {
    new(vipps).web_redirect(PAGE.parse().unwrap())
}

fn phone() -> PhoneNumber {
    "91234567".parse().unwrap()
}

fn receipt(total: i64) -> Receipt {
    let line = OrderLine::new("p-1", "Socks", Amount::nok(total), Amount::nok(0), 0);
    Receipt::new([line])
}

fn express() -> Express {
    let option = ShippingOption::new("parcel", "Parcel locker", Amount::nok(79));
    let group = ShippingGroup::new(ShippingType::PickupPoint, ShippingBrand::Posten, [option]);
    Express::with_fixed_options([group])
}

/// Returns the message of the refusal, and asserts that no request was sent.
async fn refused(change: impl FnOnce(&Vipps) -> Create) -> String {
    let recorder = Recorder::new();
    let error = change(&recorder.client()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert!(recorder.requests().is_empty());
    error.to_string()
}

#[tokio::test]
async fn invalid_reference_or_amount_is_not_sent() {
    let create = |reference: &str, amount| {
        let reference: Reference = reference.parse().unwrap();
        move |vipps: &Vipps| vipps.epayment().create(reference, amount).qr()
    };
    assert_eq!(
        refused(create("order-1", Amount::nok(1))).await,
        "reference: must have at least 8 characters for a new payment, got \"order-1\""
    );
    for (amount, rule) in [
        (Amount::nok(0), "must be more than zero"),
        (Amount::nok(650_001), "must be at most 650000.00"),
        (
            Amount::minor(100, "SEK".parse().unwrap()),
            "must be in NOK, DKK or EUR",
        ),
    ] {
        let message = refused(create(REFERENCE, amount)).await;
        assert!(message.starts_with(&format!("amount: {rule}")), "{message}");
    }
}

#[tokio::test]
async fn payment_method_that_does_not_fit_is_not_sent() {
    let card = PaymentMethod::Card;
    for (create, about) in [
        (
            Box::new(|v: &Vipps| new(v).qr().payment_method(PaymentMethod::Card))
                as Box<dyn FnOnce(&Vipps) -> Create>,
            "without `web_redirect`",
        ),
        (
            Box::new(|v: &Vipps| {
                web(v)
                    .payment_method(PaymentMethod::Card)
                    .express(express())
            }),
            "Express payment",
        ),
        (
            Box::new(move |v: &Vipps| web(v).payment_method(card).block_commercial_cards()),
            "must not be set with the payment method `CARD`",
        ),
    ] {
        let message = refused(create).await;
        assert!(message.contains(about), "{message}");
    }
}

#[tokio::test]
async fn customer_that_the_api_refuses_is_not_sent() {
    let short = PhoneNumber::parse("+29012345").unwrap();
    let message = refused(|v| new(v).push_message(short)).await;
    assert_eq!(
        message,
        "customer.phone_number: must have 9 to 15 digits, including the country code"
    );
    let code = Customer::PersonalQr("x".repeat(256).parse().unwrap());
    let message = refused(|v| new(v).push_message(code)).await;
    assert_eq!(
        message,
        "customer.personal_qr: must have 5 to 255 characters"
    );
}

#[tokio::test]
async fn expiry_outside_of_its_limits_is_not_sent() {
    let recorder = Recorder::new().respond("POST", CREATE, 201, CREATED);
    let vipps = recorder.client();
    let now = vipps::Clock::now(&recorder.clock());
    let expiring = |after: SignedDuration| web(&vipps).expires_at(now + after);
    for (after, rule) in [
        (SignedDuration::from_mins(10), "more than 10 minutes ahead"),
        (
            SignedDuration::from_hours(60 * 24),
            "less than 60 days ahead",
        ),
        (SignedDuration::from_hours(-1), "more than 10 minutes ahead"),
    ] {
        let error = expiring(after).receipt(receipt(499)).await.unwrap_err();
        assert!(error.to_string().contains(rule), "{error}");
        assert_eq!(error.outcome(), Outcome::NotSent);
    }
    let error = expiring(SignedDuration::from_hours(1)).await.unwrap_err();
    assert!(
        error.to_string().contains("together with a receipt"),
        "{error}"
    );
    let at_most = SignedDuration::from_hours(60 * 24) - SignedDuration::from_secs(1);
    let at_least = SignedDuration::from_mins(10) + SignedDuration::from_secs(2);
    for after in [at_least, at_most] {
        expiring(after).receipt(receipt(499)).await.unwrap();
    }
    expiring(at_least)
        .receipt_url(PAGE.parse().unwrap())
        .await
        .unwrap();
}

#[tokio::test]
async fn expiry_is_sent_in_utc_without_a_fraction() {
    let server = crate::raw::RawServer::start(vec![crate::raw::response("201 Created", CREATED)]);
    let time = Timestamp::from_second(Timestamp::now().as_second() + 3600).unwrap();
    let with_fraction = time + SignedDuration::from_millis(789);
    let create = web(&server.client()).receipt_url(PAGE.parse().unwrap());
    create.expires_at(with_fraction).await.unwrap();
    let body: serde_json::Value = serde_json::from_str(server.requests()[0].body()).unwrap();
    assert_eq!(body["expiresAt"], json!(time.to_string()));
    assert!(time.to_string().ends_with('Z') && !time.to_string().contains('.'));
}

#[tokio::test]
async fn receipt_that_does_not_fit_is_not_sent() {
    let message = refused(|v| web(v).receipt(receipt(498))).await;
    assert_eq!(
        message,
        "receipt.order_lines: must add up to 499.00 NOK, the amount of the payment, got \"498.00 NOK\""
    );
    let both = |v: &Vipps| {
        let create = web(v).receipt(receipt(499));
        create.receipt_url(PAGE.parse().unwrap())
    };
    let message = refused(both).await;
    assert!(
        message.starts_with("receipt_url: must not be set together"),
        "{message}"
    );
}

#[tokio::test]
async fn metadata_beyond_its_limits_is_not_sent() {
    let pairs = |pairs: Vec<(String, String)>| {
        move |v: &Vipps| {
            let add = |create: Create, (key, value)| create.metadata(key, value);
            pairs.into_iter().fold(web(v), add)
        }
    };
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let six = (0..6).map(|n| pair(&n.to_string(), "x")).collect();
    for (list, rule) in [
        (six, "must have at most 5 pairs, got \"6 pairs\""),
        (
            vec![pair("a", "1"), pair("a", "2")],
            "must have distinct keys, got \"a\"",
        ),
        (vec![pair("", "1")], "must have keys of 1 to 100 characters"),
        (
            vec![pair(&"k".repeat(101), "1")],
            "must have keys of 1 to 100 characters",
        ),
        (
            vec![pair("a", &"secret ".repeat(72))],
            "must have values of at most 500 characters, got \"a with 504\"",
        ),
    ] {
        let message = refused(pairs(list)).await;
        assert!(
            message.starts_with(&format!("metadata: {rule}")),
            "{message}"
        );
    }
}

#[tokio::test]
async fn age_scope_and_extra_members_are_checked() {
    let message = refused(|v| web(v).minimum_age(101)).await;
    assert_eq!(message, "minimum_age: must be 0 to 100 years, got \"101\"");
    let message = refused(|v| web(v).express(express()).scope("name".parse().unwrap())).await;
    assert!(
        message.starts_with("scope: must not be set for an Express payment"),
        "{message}"
    );
    for (name, rule) in [
        ("amount", "must not replace a member that is already set"),
        (
            "amount.value",
            "must not replace a member that is already set",
        ),
        (
            "reference.x",
            "must not name a member of a value that is not an object",
        ),
        ("", "must have a name"),
        ("a..b", "must have a name"),
    ] {
        let message = refused(|v| web(v).extra(name, json!(1))).await;
        assert!(message.starts_with(&format!("extra: {rule}")), "{message}");
    }
}

#[tokio::test]
async fn shipping_is_checked() {
    let message = refused(|v| web(v).express(Express::with_fixed_options([]))).await;
    assert!(
        message.starts_with("shipping: must have at least 1 group"),
        "{message}"
    );
    let token = ShippingToken::parse("token-1").unwrap();
    let url = "https://shop.example.com:8443/shipping".parse().unwrap();
    let message = refused(|v| web(v).express(Express::with_dynamic_options(url, token))).await;
    assert!(
        message.starts_with("callback_url: must have the port"),
        "{message}"
    );
}

#[tokio::test]
async fn response_gives_link_key_and_payment() {
    let recorder = Recorder::new().respond("POST", CREATE, 201, CREATED);
    let key = RequestId::parse("create-1").unwrap();
    let merchant: vipps::MerchantSerialNumber = "654321".parse().unwrap();
    let vipps = recorder.client();
    let create = web(&vipps).idempotency_key(key.clone());
    let created = create
        .merchant_serial_number(merchant.clone())
        .await
        .unwrap();
    assert_eq!(created.merchant_serial_number(), Some(&merchant));
    assert_eq!(
        created.redirect_url(),
        Some("https://pay.example.com/?token=secret-landing-token")
    );
    assert_eq!(created.idempotency_key(), Some(&key));
    assert_eq!(created.payment(&vipps).reference(), &reference());
    assert_eq!(created.reference(), &reference());
    crate::support::assert_nothing_leaks(&format!("{created:?}"));
}

#[tokio::test]
async fn push_message_has_no_link() {
    let body = format!(r#"{{"reference":"{REFERENCE}"}}"#);
    let recorder = Recorder::new().respond("POST", CREATE, 201, &body);
    let vipps = recorder.client();
    let created = new(&vipps).push_message(phone()).await.unwrap();
    assert_eq!(created.redirect_url(), None);
    let error = new(&vipps).qr_with(QrFormat::Content).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.to_string().contains("no redirectUrl"), "{error}");
}

#[tokio::test]
async fn success_that_proves_no_payment_is_unknown() {
    let other = r#"{"reference":"kiosk-7-000452","redirectUrl":"https://pay.example.com/"}"#;
    for body in [
        "{}",
        "[]",
        "",
        "<html>",
        r#"["kiosk-7-000451","https://pay.example.com/"]"#,
        r#"{"reference":null,"redirectUrl":null}"#,
        r#"{"reference":[],"redirectUrl":{}}"#,
        r#"{"title":"wrong","status":400,"reference":"kiosk-7-000451"}"#,
        r#"{"reference":"kiosk-7-000451","redirectUrl":"https://x","extraDetails":[{"name":"ErrorCode","reason":"4150"}]}"#,
        other,
    ] {
        let recorder = Recorder::new().respond("POST", CREATE, 201, body);
        let error = web(&recorder.client()).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{body}: {error}");
        assert!(!error.is_retryable(), "{body}");
        assert_eq!(error.reference(), Some(&reference()), "{body}");
    }
}

#[tokio::test]
async fn every_attempt_carries_the_same_key_and_body() {
    let recorder = Recorder::new()
        .lose_response("POST", CREATE)
        .respond("POST", CREATE, 503, "")
        .respond("POST", CREATE, 201, CREATED);
    let created = web(&recorder.client()).await.unwrap();
    let key = created.idempotency_key().unwrap().as_str();
    assert!((20..=50).contains(&key.len()), "{key}");
    let sent = recorder.to_snapshot();
    assert_eq!(
        sent.matches("idempotency-key: [idempotency key 1]").count(),
        3,
        "{sent}"
    );
    assert!(!sent.contains("[idempotency key 2]"), "{sent}");
    assert!(!sent.contains("x-request-id"), "{sent}");
}

#[tokio::test]
async fn lost_create_states_that_a_retry_is_safe() {
    let recorder = Recorder::new().lose_response("POST", CREATE);
    let error = web(&recorder.client()).await.unwrap_err();
    assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 3));
    assert!(error.is_retryable());
    assert_eq!(error.reference(), Some(&reference()));
    assert_eq!(error.order_id(), None);
    let hint = error.hint().unwrap();
    assert!(hint.contains("creates nothing twice"), "{hint}");
}

fn log(key: &str) -> String {
    json!([{"reference": REFERENCE, "name": "CREATED", "idempotencyKey": key, "success": true,
        "amount": {"currency": "NOK", "value": 49900}, "timestamp": "2031-05-01T10:00:00Z"}])
    .to_string()
}

fn found(value: i64, redirect_url: Option<&str>) -> String {
    json!({"reference": REFERENCE, "state": "CREATED", "redirectUrl": redirect_url,
        "amount": {"currency": "NOK", "value": value}})
    .to_string()
}

/// Sends a create with the key `mine`. The API refuses it with code 4150, and returns this event
/// log and this payment.
async fn conflict(log: &str, details: &str) -> vipps::Result<vipps::epayment::CreatedPayment> {
    let recorder = Recorder::new()
        .respond("POST", CREATE, 409, &problem(409, "4150"))
        .respond("GET", EVENTS, 200, log)
        .respond("GET", PAYMENT, 200, details);
    let key = RequestId::parse("mine").unwrap();
    web(&recorder.client()).idempotency_key(key).await
}

#[tokio::test]
async fn used_reference_of_the_own_key_is_a_success() {
    let created = conflict(&log("mine"), &found(49_900, Some("https://x")))
        .await
        .unwrap();
    assert_eq!(created.redirect_url(), Some("https://x"));
}

#[tokio::test]
async fn own_payment_of_the_log_expires_10_minutes_after_its_creation() {
    let details = found(49_900, Some("https://x"));
    let created = conflict(&log("mine"), &details).await.unwrap();
    let expiry = "2031-05-01T10:10:00Z".parse().unwrap();
    assert_eq!(created.expires_at(), Some(expiry));

    let timeless = log("mine").replace("2031-05-01T10:00:00Z", "");
    let created = conflict(&timeless, &details).await.unwrap();
    assert_eq!(created.expires_at(), None);
}

#[tokio::test]
async fn used_reference_of_another_key_is_a_refusal() {
    let details = found(49_900, Some("https://x"));
    let error = conflict(&log("other"), &details).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.has_code("4150"));
}

#[tokio::test]
async fn used_reference_that_proves_nothing_is_unknown() {
    let details = found(49_900, Some("https://x"));
    for log in [
        "[]",
        "{}",
        "<html>",
        &log("mine").replace("true", "false"),
        &log(""),
    ] {
        let error = conflict(log, &details).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{log}");
    }
    for details in ["{}".to_owned(), found(49_900, None)] {
        let error = conflict(&log("mine"), &details).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{details}");
    }
}

#[tokio::test]
async fn key_of_a_payment_with_another_amount_is_refused() {
    let details = found(1, Some("https://x"));
    let error = conflict(&log("mine"), &details).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert!(error.needs_new_key());
}

/// A retry with the same key must have the same body.
#[tokio::test]
async fn equal_calls_send_equal_bytes() {
    let server = crate::raw::RawServer::start(vec![crate::raw::response("201 Created", CREATED)]);
    let vipps = server.client();
    for _ in 0..8 {
        let create = web(&vipps).metadata("a", "1").metadata("b", "2");
        let create = create.metadata("c", "3").metadata("d", "4");
        create.await.unwrap();
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 8);
    for request in &requests {
        assert_eq!(request.body(), requests[0].body());
    }
    assert!(
        requests[0]
            .body()
            .contains(r#""metadata":{"a":"1","b":"2","c":"3","d":"4"}"#)
    );
}
