//! The table of the ePayment API's error codes, asserted against the client and the simulator. The
//! client states remedy and explanation of every code. The simulator produces a code where its rules
//! apply, and every code by a fault.

use std::time::Duration;

use serde_json::{Value, json};
use vipps::epayment::{Create, Payment};
use vipps::{Amount, Error, Outcome, Remedy, RetryPolicy, Vipps};

use crate::epayment::{CREATE, PAGE, PAYMENT, REFERENCE, reference};
use crate::simulator_shop::Shop;

/// The class of the documentation.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Class {
    /// Permanent: the request must change.
    P,
    /// The customer acts.
    U,
    /// Repeat shortly.
    R,
    /// Repeat later.
    L,
    /// Look first.
    D,
    /// The merchant or Vipps MobilePay acts.
    M,
}
use Class::{D, L, M, P, R, U};

impl Class {
    fn remedy(self) -> Remedy {
        match self {
            P => Remedy::ChangeRequest,
            U => Remedy::NewOrder,
            R => Remedy::Retry,
            L => Remedy::RetryLater,
            D => Remedy::CheckDetails,
            M => Remedy::Contact,
        }
    }
}

/// The situation in which the simulator responds with the code.
#[derive(Clone, Copy)]
enum Produced {
    By(fn(&mut Shop) -> (u16, Value)),
    /// No rule of the simulator leads to it.
    ByAFault,
}
use Produced::{By, ByAFault};

/// The operation that returns the code.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Of {
    Create,
    Read,
    Capture,
    Refund,
    Cancel,
    Approve,
}

#[rustfmt::skip] // A table is read with one line for each code.
const TABLE: [(&str, Class, Of, Produced); 62] = [
    ("3010", D, Of::Create, ByAFault),
    ("4010", P, Of::Capture, By(|s| { approved(s); change(s, "capture", "k", 1_000); change(s, "capture", "k", 2_000) })),
    ("4020", D, Of::Create, By(|s| { create(s, "k", &json!({})); create(s, "k", &json!({"reference": "another-payment"})) })),
    ("4040", P, Of::Create, By(|s| create(s, "k", &json!({"amount": {"currency": "NOK", "value": 100.5}})))),
    ("4050", U, Of::Create, By(|s| create(s, "k", &json!({"customer": {"customerToken": "unknown"}})))),
    ("4060", U, Of::Create, By(|s| create(s, "k", &json!({"customer": {"personalQr": "https://qr.vipps.no/p/unknown"}})))),
    ("4070", P, Of::Create, By(|s| create(s, "k", &json!({"customer": {"phoneNumber": "+4791234567"}})))),
    ("4080", P, Of::Create, By(|s| create(s, "k", &json!({"profile": {"scope": "name horoscope"}})))),
    ("4090", P, Of::Create, By(|s| create(s, "k", &json!({"returnUrl": "http://example.com"})))),
    ("4100", P, Of::Create, By(|s| create(s, "k", &json!({"metadata": {"a": "", "b": "", "c": "", "d": "", "e": "", "f": ""}})))),
    ("4110", P, Of::Create, By(duplicate_metadata)),
    ("4120", P, Of::Create, By(|s| create(s, "k", &json!({"metadata": {"k".repeat(101): "v"}})))),
    ("4130", P, Of::Create, By(|s| create(s, "k", &json!({"metadata": {"k": "v".repeat(501)}})))),
    ("4140", P, Of::Create, By(|s| create(s, "k", &json!({"userFlow": "PUSH_MESSAGE"})))),
    ("4150", D, Of::Create, By(|s| { create(s, "k", &json!({})); create(s, "other", &json!({})) })),
    ("4160", P, Of::Create, ByAFault),
    ("5010", M, Of::Create, By(|s| create(s, "k", &json!({"paymentMethod": {"type": "WALLET", "blockedSources": ["COMMERCIAL_CARDS"]}})))),
    ("5020", M, Of::Create, ByAFault),
    ("5030", M, Of::Create, By(|s| create(s, "k", &json!({"profile": {"scope": "name nin"}})))),
    ("5040", P, Of::Create, By(|s| create(s, "k", &json!({"amount": {"currency": "SEK", "value": 100}})))),
    ("5050", M, Of::Create, ByAFault),
    ("5060", M, Of::Create, ByAFault),
    ("5070", D, Of::Create, ByAFault),
    ("5080", M, Of::Create, By(|s| create(s, "k", &json!({"userFlow": "PUSH_MESSAGE", "customer": {"phoneNumber": "4791234567"}})))),
    ("5090", P, Of::Read, By(|s| s.get(PAYMENT))),
    ("5100", M, Of::Refund, ByAFault),
    ("6010", P, Of::Create, By(|s| create(s, "k", &json!({"amount": {"currency": "NOK", "value": 99}})))),
    ("6020", P, Of::Refund, By(|s| { approved(s); change(s, "refund", "k", 1_000) })),
    ("6030", P, Of::Cancel, By(|s| { approved(s); days(s, 180); cancel(s, &json!({})) })),
    ("6040", P, Of::Cancel, By(|s| { captured(s); cancel(s, &json!({})) })),
    ("6050", D, Of::Cancel, By(|s| { approved(s); cancel(s, &json!({})); cancel(s, &json!({})) })),
    ("6060", D, Of::Cancel, By(|s| { approved(s); cancel(s, &json!({"cancelTransactionOnly": true})) })),
    ("6070", P, Of::Capture, By(|s| { approved(s); cancel(s, &json!({})); change(s, "capture", "k", 1_000) })),
    ("6080", P, Of::Capture, By(|s| { open(s); change(s, "capture", "k", 1_000) })),
    ("6090", P, Of::Capture, By(|s| { approved(s); change(s, "capture", "k", 20_001) })),
    ("6100", P, Of::Capture, By(|s| { approved(s); days(s, 180); change(s, "capture", "k", 1_000) })),
    ("6110", P, Of::Create, By(|s| create(s, "k", &json!({"receiptUrl": PAGE, "expiresAt": in_minutes(s, 60 * 24 * 60)})))),
    ("6120", P, Of::Create, By(|s| create(s, "k", &json!({"receiptUrl": PAGE, "expiresAt": in_minutes(s, 10)})))),
    ("6130", P, Of::Create, By(|s| create(s, "k", &json!({"expiresAt": in_minutes(s, 60)})))),
    ("6140", P, Of::Capture, ByAFault),
    ("6150", P, Of::Refund, By(|s| { captured(s); change(s, "refund", "k", 20_001) })),
    ("6160", R, Of::Capture, ByAFault),
    ("6170", D, Of::Capture, By(|s| { captured(s); change(s, "capture", "k", 1_000) })),
    ("6180", D, Of::Refund, By(|s| { captured(s); change(s, "refund", "j", 20_000); change(s, "refund", "k", 1_000) })),
    ("6190", P, Of::Cancel, By(|s| { rejected(s); cancel(s, &json!({})) })),
    ("6200", P, Of::Capture, By(|s| { rejected(s); change(s, "capture", "k", 1_000) })),
    ("6210", P, Of::Refund, By(|s| { rejected(s); change(s, "refund", "k", 1_000) })),
    ("6220", P, Of::Refund, By(|s| { captured(s); days(s, 365); change(s, "refund", "k", 1_000) })),
    ("6230", D, Of::Approve, By(|s| { approved(s); approve(s) })),
    ("6250", R, Of::Cancel, By(|s| { open(s); s.sim.payer().authenticate(REFERENCE).unwrap(); cancel(s, &json!({})) })),
    ("6260", L, Of::Capture, ByAFault),
    ("6280", L, Of::Capture, ByAFault),
    ("7010", U, Of::Create, ByAFault),
    ("10010", P, Of::Approve, By(|s| { rejected(s); approve(s) })),
    ("10020", P, Of::Approve, ByAFault),
    ("10030", P, Of::Approve, ByAFault),
    ("10040", P, Of::Approve, ByAFault),
    ("10050", P, Of::Approve, ByAFault),
    ("10060", P, Of::Approve, By(|s| { create(s, "k", &express()); approve(s) })),
    ("10070", P, Of::Approve, ByAFault),
    // Codes that a refund shares with other operations.
    ("4150", D, Of::Refund, By(|s| { captured(s); change(s, "refund", "k", 1_000); change(s, "refund", "k", 2_000) })),
    ("5090", P, Of::Capture, By(|s| change(s, "capture", "k", 1_000))),
];

fn regular() -> Value {
    json!({"amount": {"currency": "NOK", "value": 20_000}, "paymentMethod": {"type": "WALLET"},
        "reference": REFERENCE, "userFlow": "WEB_REDIRECT", "returnUrl": PAGE})
}

/// The members that make a payment an Express payment.
fn express() -> Value {
    let option = json!({"id": "a", "name": "A", "amount": {"currency": "NOK", "value": 100}});
    let group = json!({"type": "MAILBOX", "brand": "POSTEN", "options": [option]});
    json!({"profile": {"scope": "name address email phoneNumber"}, "shipping": {"fixedOptions": [group]}})
}

fn post(shop: &Shop, path: &str, key: &str, body: &Value) -> (u16, Value) {
    shop.send_with("POST", path, &[("idempotency-key", key)], body)
}

/// Creates the regular payment with these members replaced.
fn create(shop: &Shop, key: &str, members: &Value) -> (u16, Value) {
    let mut body = regular();
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    post(shop, CREATE, key, &body)
}

fn duplicate_metadata(shop: &mut Shop) -> (u16, Value) {
    let body = regular().to_string();
    let body = body.replacen('{', r#"{"metadata":{"a":"1","a":"2"},"#, 1);
    let mut request = shop.signed("POST", CREATE, body);
    let key = "k".parse().unwrap();
    request.headers_mut().insert("idempotency-key", key);
    shop.exchange(request)
}

fn open(shop: &Shop) {
    assert_eq!(create(shop, "create", &json!({})).0, 201);
}

fn approved(shop: &Shop) {
    open(shop);
    shop.sim.payer().approve(REFERENCE).unwrap();
}

fn captured(shop: &Shop) {
    approved(shop);
    assert_eq!(change(shop, "capture", "capture", 20_000).0, 200);
}

fn rejected(shop: &Shop) {
    open(shop);
    shop.sim.payer().reject(REFERENCE).unwrap();
}

fn change(shop: &Shop, verb: &str, key: &str, value: i64) -> (u16, Value) {
    let body = json!({"modificationAmount": {"currency": "NOK", "value": value}});
    post(shop, &format!("{PAYMENT}/{verb}"), key, &body)
}

fn cancel(shop: &Shop, body: &Value) -> (u16, Value) {
    shop.send("POST", &format!("{PAYMENT}/cancel"), body)
}

fn approve(shop: &Shop) -> (u16, Value) {
    let path = format!("/epayment/v1/test/payments/{REFERENCE}/approve");
    shop.send(
        "POST",
        &path,
        &json!({"customer": {"phoneNumber": "4791234567"}}),
    )
}

fn days(shop: &mut Shop, days: u64) {
    let time = Duration::from_secs(days * 24 * 3600 + 60);
    shop.sim.clock().advance(time);
    shop.fetch_token();
}

fn in_minutes(shop: &Shop, minutes: i64) -> String {
    let time = shop.sim.clock().now() + jiff::SignedDuration::from_mins(minutes);
    format!("{time:.0}")
}

fn code(body: &Value) -> &str {
    let detail = &body["extraDetails"][0];
    assert_eq!(detail["name"], "ErrorCode", "{body}");
    detail["reason"].as_str().unwrap()
}

#[test]
fn simulator_produces_each_code_where_its_rule_applies() {
    for (expected, _, of, produced) in TABLE {
        let By(situation) = produced else { continue };
        let (status, body) = situation(&mut Shop::new());
        assert!(
            (400..500).contains(&status),
            "{expected} {of:?}: {status} {body}"
        );
        assert_eq!(code(&body), expected, "{of:?}: {body}");
        assert_eq!(body["status"], status, "{body}");
    }
}

fn new(vipps: &Vipps) -> Create {
    let new = vipps.epayment().create(reference(), Amount::nok(200));
    new.web_redirect(PAGE.parse().unwrap())
}

impl Of {
    fn id(self) -> &'static str {
        match self {
            Self::Create => "create_payment",
            Self::Read => "get_payment",
            Self::Capture => "capture_payment",
            Self::Refund => "refund_payment",
            Self::Cancel => "cancel_payment",
            Self::Approve => "force_approve",
        }
    }

    async fn fail(self, vipps: &Vipps) -> Error {
        let payment: Payment = vipps.epayment().payment(reference());
        match self {
            Self::Create => new(vipps).await.unwrap_err(),
            Self::Read => payment.details().await.unwrap_err(),
            Self::Capture => payment.capture(Amount::nok(1)).await.unwrap_err(),
            Self::Refund => payment.refund(Amount::nok(1)).await.unwrap_err(),
            Self::Cancel => payment.cancel().await.unwrap_err(),
            Self::Approve => {
                let phone = vipps::PhoneNumber::parse("+4791234567").unwrap();
                payment.force_approve().customer(phone).await.unwrap_err()
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn client_states_remedy_and_explanation_of_each_code() {
    for (code, class, of, _) in TABLE {
        let shop = Shop::new();
        let vipps = shop.sim.client_builder().retry(RetryPolicy::none());
        let vipps = vipps.build().unwrap();
        if of != Of::Create {
            new(&vipps).await.unwrap();
        }
        if !matches!(of, Of::Create | Of::Approve) {
            captured_in_part(&shop);
        }
        shop.sim.faults().on(of.id()).epayment_error(code);
        let error = of.fail(&vipps).await;
        let about = format!("{code} {of:?}: {error}");
        assert!(error.has_code(code), "{about}");
        let reported = &error.api_errors()[0];
        assert_eq!(reported.remedy(), Some(class.remedy()), "{about}");
        let explanation = reported.explanation().unwrap_or_default();
        assert!(explanation.ends_with('.'), "{about}");
        assert!(error.to_string().contains(code), "{about}");
        assert_eq!(
            error.is_retryable(),
            matches!(class, R | L) || code == "3010",
            "{about}"
        );
        // After 4010 the event log decides, and here it does not hold the key.
        if class != D && code != "4010" {
            assert_eq!(error.outcome(), Outcome::Rejected, "{about}");
        }
    }
}

/// The payment is approved, and a half of it is captured.
fn captured_in_part(shop: &Shop) {
    shop.sim.payer().approve(REFERENCE).unwrap();
    assert_eq!(change(shop, "capture", "half", 10_000).0, 200);
}

#[test]
fn table_has_every_documented_code_once_for_its_operation() {
    let mut codes: Vec<_> = TABLE.iter().map(|(code, ..)| *code).collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 60);
}
