//! Response parsing: every documented sample, and unknown members and values of later versions.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::support::{amount, id, text};
use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use vipps::ecom::{Operation, Payment, PaymentState, TransactionStatus};
use vipps::{
    Amount, Credentials, Currency, Error, ErrorKind, Outcome, RequestId, Transport,
    TransportFuture, Vipps,
};

const INITIATED: &str = r#"{"orderId":"acme-shop-123","url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ0.x"}"#;
const CAPTURED: &str = r#"{"orderId":"acme-shop-123","paymentInstrument":"Mastercard","transactionInfo":{"amount":20000,"timeStamp":"2018-11-14T15:22:46.736Z","transactionText":"One pair of Vipps socks","status":"Captured","transactionId":"5001420058"},"transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000}}"#;
const CANCELLED: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":20000,"status":"Cancelled","transactionId":"5001420063","timeStamp":"2018-11-14T15:31:10.004Z","transactionText":"No socks for you"},"transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":0}}"#;
const RELEASED: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":10000,"status":"Cancelled","transactionId":"5001420063","timeStamp":"2018-11-14T15:31:10.004Z","transactionText":"No more socks"},"transactionSummary":{"capturedAmount":10000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":10000}}"#;
const REFUNDED: &str = r#"{"orderId":"acme-shop-123","transaction":{"amount":20000,"status":"Refund","transactionId":"5600727726","timeStamp":"2018-11-14T15:23:02.286","transactionText":"Refund of Vipps socks"},"transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":20000,"remainingAmountToRefund":0}}"#;
const STATUS: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":20000,"status":"RESERVE","timeStamp":"2018-12-12T11:18:38.246Z","transactionId":"5001420062"}}"#;
const DETAILS: &str = r#"{"orderId":"acme-shop-123",
 "transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":20000,"remainingAmountToRefund":0,"bankIdentificationNumber":492560},
 "transactionLogHistory":[
  {"amount":20000,"transactionText":"Refund of Vipps socks","transactionId":"5600727726","timeStamp":"2018-11-14T15:23:02.286Z","operation":"REFUND","requestId":"1542208972","operationSuccess":true},
  {"amount":20000,"transactionText":"One pair of Vipps socks","transactionId":"5001420058","timeStamp":"2018-11-14T15:22:46.680Z","operation":"CAPTURE","requestId":"1542208966","operationSuccess":true},
  {"amount":20000,"transactionText":"One pair of Vipps socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:22.126Z","operation":"RESERVE","requestId":"","operationSuccess":true},
  {"amount":20000,"transactionText":"One pair of Vipps socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:04.697Z","operation":"INITIATE","requestId":"","operationSuccess":true}],
 "userDetails":{"firstName":"Ada","lastName":"Lovelace","email":"user@example.com","mobileNumber":"12345678","userId":"uiJskNQ6qNN1iwN891uuob==","bankIdVerified":0,"dateOfBirth":"1815-12-10"},
 "shippingDetails":{"address":{"addressLine1":"Dronning Eufemias gate 42","addressLine2":"Att: Rune Garborg","city":"OSLO","country":"NO","postCode":"0191"},"shippingCost":99.9,"shippingMethod":"By cannon","shippingMethodId":"53DBB6BA-89DB-4997-B444-5E9F1681E3D3"},
 "sub":"c06c4afe-d9e1-4c5d-939a-177d752a0944"}"#;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Initiate,
    Capture,
    Cancel,
    Refund,
    Details,
    Status,
    ForceApprove,
}
use Kind::{Cancel, Capture, Details, ForceApprove, Initiate, Refund, Status};

const ALL: [(Kind, &str); 8] = [
    (Initiate, INITIATED),
    (Capture, CAPTURED),
    (Cancel, CANCELLED),
    (Cancel, RELEASED),
    (Refund, REFUNDED),
    (Details, DETAILS),
    (Status, STATUS),
    (ForceApprove, r#"{"ok":true}"#),
];

/// Responds to every request except the token request with the same body.
#[derive(Clone, Debug)]
struct Api(Arc<Mutex<String>>);

impl Api {
    fn new() -> (Self, Vipps) {
        let api = Self(Arc::default());
        let credentials = Credentials::new("id", "secret", "key", "123456".parse().unwrap());
        let vipps = Vipps::builder(credentials.unwrap()).transport(api.clone());
        (api, vipps.build().unwrap())
    }

    fn respond(&self, body: &str) {
        body.clone_into(&mut self.0.lock().unwrap());
    }
}

impl Transport for Api {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let body = if request.uri().path() == "/accesstoken/get" {
            r#"{"access_token":"t","expires_in":"3599"}"#.to_owned()
        } else {
            self.0.lock().unwrap().clone()
        };
        Box::pin(async move { Ok(http::Response::new(Bytes::from(body))) })
    }
}

fn payment_with_response(body: &str) -> Payment {
    let (api, vipps) = Api::new();
    api.respond(body);
    vipps.ecom().payment(id())
}

/// Runs the operation, and returns the `Debug` output of its result.
#[allow(deprecated)]
async fn read(of: &(Api, Vipps), kind: Kind, body: &str) -> Result<String, Error> {
    let (api, vipps) = of;
    api.respond(body);
    let payment = vipps.ecom().payment(id());
    let key = RequestId::parse("one-key").unwrap();
    Ok(match kind {
        Initiate => {
            let started = vipps.ecom().initiate(id(), amount(), text()).await?;
            started.landing_page().as_str().to_owned()
        }
        Capture => format!(
            "{:?}",
            payment.capture_remaining().idempotency_key(key).await?
        ),
        Cancel => format!("{:?}", payment.cancel().await?),
        Refund => format!("{:?}", payment.refund(amount()).idempotency_key(key).await?),
        Details => {
            let details = payment.details().await?;
            format!(
                "{details:?} {:?}",
                details.shipping().map(|s| s.shipping_cost)
            )
        }
        Status => format!("{:?}", payment.status().await?),
        ForceApprove => format!("{:?}", payment.force_approve().await?),
    })
}

#[tokio::test]
async fn documented_capture_and_cancel_are_read() {
    let payment = payment_with_response(CAPTURED);
    let done = payment.capture_remaining().await.unwrap();
    assert_eq!(done.order_id, id());
    assert_eq!(done.amount, Some(Amount::nok(200)));
    assert_eq!(done.status, Some(TransactionStatus::Captured));
    assert_eq!(done.transaction_id.as_deref(), Some("5001420058"));
    assert_eq!(done.payment_instrument.as_deref(), Some("Mastercard"));
    let sums = done.summary.unwrap();
    assert_eq!(sums.captured, Amount::nok(200));
    assert_eq!(sums.remaining_to_refund, Amount::nok(200));

    for (body, captured) in [(CANCELLED, 0), (RELEASED, 10_000)] {
        let payment = payment_with_response(body);
        let done = payment.cancel().await.unwrap();
        assert_eq!(done.status, Some(TransactionStatus::Cancelled));
        let sums = done.summary.unwrap();
        assert_eq!(sums.captured, Amount::minor(captured, Currency::NOK));
        assert_eq!(sums.remaining_to_capture, Amount::nok(0));
    }
    // A payment that was never reserved has no transaction.
    let body = CANCELLED.replace(r#""transactionId":"5001420063","#, "");
    let payment = payment_with_response(&body);
    assert_eq!(payment.cancel().await.unwrap().transaction_id, None);
}

/// The member that holds the result has another name than in the other operations, and the time has
/// no time zone.
#[tokio::test]
async fn documented_refund_is_read() {
    let payment = payment_with_response(REFUNDED);
    let done = payment.refund(amount()).await.unwrap();
    assert_eq!(done.amount, Some(Amount::nok(200)));
    assert_eq!(done.status, Some(TransactionStatus::Refunded));
    let at = done.timestamp.unwrap();
    assert_eq!(at.text(), "2018-11-14T15:23:02.286");
    assert_eq!(at.instant(), "2018-11-14T15:23:02.286Z".parse().ok());
    // The member name of the other operations is read too, and so are both names at once.
    let same = REFUNDED.replace(r#""transaction""#, r#""transactionInfo""#);
    let both = same.replace(
        r#""transactionInfo":"#,
        r#""transaction":{"amount":1},"transactionInfo":"#,
    );
    for body in [same, both] {
        let payment = payment_with_response(&body);
        assert_eq!(
            payment.refund(amount()).await.unwrap().amount,
            Some(Amount::nok(200))
        );
    }
}

#[tokio::test]
async fn documented_details_are_read() {
    let payment = payment_with_response(DETAILS);
    let details = payment.details().await.unwrap();
    assert_eq!(details.state(), PaymentState::Refunded);
    assert_eq!(details.order_id(), &id());
    let operations: Vec<_> = details
        .events()
        .iter()
        .map(|e| e.operation.clone().unwrap())
        .collect();
    assert_eq!(
        operations,
        [
            Operation::Refund,
            Operation::Capture,
            Operation::Reserve,
            Operation::Initiate
        ]
    );
    let keys: Vec<_> = details
        .events()
        .iter()
        .map(|e| e.idempotency_key.as_deref())
        .collect();
    assert_eq!(keys, [Some("1542208972"), Some("1542208966"), None, None]);
    let sums = details.summary().unwrap();
    assert_eq!(sums.bank_identification_number.as_deref(), Some("492560"));
    let user = details.user().unwrap();
    assert_eq!(user.first_name.as_ref().unwrap().expose(), "Ada");
    assert_eq!(
        user.user_id.as_ref().unwrap().expose(),
        "uiJskNQ6qNN1iwN891uuob=="
    );
    assert_eq!(user.bank_id_verified, Some(false));
    let shipping = details.shipping().unwrap();
    assert_eq!(shipping.shipping_cost.unwrap().minor_units(), 9_990);
    let address = shipping.address.as_ref().unwrap();
    assert_eq!(address.post_code.as_ref().unwrap().expose(), "0191");
    assert_eq!(details.sub(), Some("c06c4afe-d9e1-4c5d-939a-177d752a0944"));
    let printed = format!("{details:?}");
    for personal in [
        "Ada",
        "Lovelace",
        "user@example.com",
        "12345678",
        "Dronning",
        "0191",
    ] {
        assert!(
            !printed.contains(personal),
            "{personal} is shown: {printed}"
        );
    }
}

#[tokio::test]
async fn details_in_other_spellings_are_read() {
    let read = |body: String| async move { payment_with_response(&body).details().await.unwrap() };
    // The sums are in lower case, like in an old sample, or missing.
    let lower = read(DETAILS.replace("transactionSummary", "transactionsummary")).await;
    assert_eq!(lower.summary().unwrap().refunded, Amount::nok(200));
    let without = read(DETAILS.replace("transactionSummary", "gone")).await;
    assert!(without.summary().is_none());
    assert_eq!(without.sums().refunded, Amount::nok(200));
    assert_eq!(without.state(), PaymentState::Refunded);
    // The other names of the postal code, and two names at once.
    for body in [
        DETAILS.replace("postCode", "zipCode"),
        DETAILS.replace("postCode", "postalCode"),
        DETAILS.replace("postCode", "PostalCode"),
        DETAILS.replace(r#""postCode""#, r#""zipCode":"0191","postCode""#),
    ] {
        let details = read(body).await;
        let address = details.shipping().unwrap().address.clone().unwrap();
        assert_eq!(address.post_code.unwrap().expose(), "0191");
    }
    for (spelling, verified) in [
        ("\"Y\"", true),
        ("true", true),
        ("1", true),
        ("\"N\"", false),
    ] {
        let body = DETAILS.replace(
            r#""bankIdVerified":0"#,
            &format!(r#""bankIdVerified":{spelling}"#),
        );
        assert_eq!(
            read(body).await.user().unwrap().bank_id_verified,
            Some(verified)
        );
    }
    // A user id may be a UUID, and a cost may be a text.
    let body = DETAILS.replace(
        "uiJskNQ6qNN1iwN891uuob==",
        "c06c4afe-d9e1-4c5d-939a-177d752a0944",
    );
    assert!(read(body).await.user().unwrap().user_id.is_some());
    let details = read(DETAILS.replace("99.9,", "\"99,90\",")).await;
    assert_eq!(
        details
            .shipping()
            .unwrap()
            .shipping_cost
            .unwrap()
            .minor_units(),
        9_990
    );
    // The API replaces the user's data with `[Expired]` after a week.
    let withdrawn = DETAILS
        .replace("Ada", "[Expired]")
        .replace("12345678", "[Expired]");
    assert!(read(withdrawn).await.user().unwrap().is_expired());
}

#[tokio::test]
#[allow(deprecated)]
async fn documented_status_is_read() {
    let payment = payment_with_response(STATUS);
    let status = payment.status().await.unwrap();
    assert_eq!(status.operation, Some(Operation::Reserve));
    assert_eq!(status.amount, Some(Amount::nok(200)));
    assert_eq!(status.transaction_id.as_deref(), Some("5001420062"));
    for (word, operation) in [
        ("REGISTER", Operation::Initiate),
        ("REJECTED", Operation::Reject),
        ("FAILED", Operation::Failed),
        ("TOMORROW", Operation::Unknown("TOMORROW".to_owned())),
    ] {
        let payment = payment_with_response(&STATUS.replace("RESERVE", word));
        assert_eq!(payment.status().await.unwrap().operation, Some(operation));
    }
}

#[tokio::test]
async fn each_kind_of_landing_page_is_read() {
    for url in [
        "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJ0.x",
        "vipps://?token=eyJ0.x",
        "vippsMT://?token=eyJ0.x",
    ] {
        let body = json!({"orderId": "acme-shop-123", "url": url}).to_string();
        assert_eq!(read(&Api::new(), Initiate, &body).await.unwrap(), url);
    }
}

#[tokio::test]
async fn force_approve_accepts_an_empty_body_or_any_json() {
    for body in ["", " ", "{}", "null", "\"OK\"", "[]", r#"{"a":1}"#] {
        assert_eq!(
            read(&Api::new(), ForceApprove, body).await.unwrap(),
            "()",
            "{body:?}"
        );
    }
}

fn stringify(value: &mut Value) {
    match value {
        Value::Number(number) => *value = Value::String(number.to_string()),
        Value::Array(items) => items.iter_mut().for_each(stringify),
        Value::Object(members) => members.values_mut().for_each(stringify),
        _ => {}
    }
}

/// Some responses contain numbers as texts.
#[tokio::test]
async fn numbers_as_strings_are_read() {
    let api = Api::new();
    for (kind, body) in ALL {
        let mut value: Value = serde_json::from_str(body).unwrap();
        stringify(&mut value);
        assert_eq!(
            read(&api, kind, &value.to_string()).await.unwrap(),
            read(&api, kind, body).await.unwrap()
        );
    }
}

/// The JSON pointers to every value inside.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let mut child = |key: &str, value: &Value| {
        let pointer = format!("{at}/{key}");
        all.push(pointer.clone());
        pointers(value, &pointer, all);
    };
    match value {
        Value::Object(members) => members.iter().for_each(|(key, value)| child(key, value)),
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                child(&n.to_string(), value);
            }
        }
        _ => {}
    }
}

fn remove(value: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(key)),
        Some(Value::Array(items)) => drop(items.remove(key.parse().expect("an index"))),
        _ => unreachable!("{pointer}"),
    }
}

/// Returns true if the replacement contradicts the rest of the response.
fn contradicts(kind: Kind, pointer: &str, replacement: &Value, rest: &Value) -> bool {
    match pointer {
        "/orderId" => kind != ForceApprove && (replacement == "x" || replacement == 7),
        // Money is left to capture although everything was captured or released.
        "/transactionSummary/remainingAmountToCapture" => {
            matches!(kind, Capture | Cancel) && replacement == 7
        }
        // Less is refunded than requested.
        "/transaction/amount" | "/transactionSummary/refundedAmount" if kind == Refund => {
            replacement == 7
        }
        // The refunded and refundable amounts exceed the captured amount.
        "/transactionSummary/capturedAmount"
        | "/transactionSummary/refundedAmount"
        | "/transactionSummary/remainingAmountToRefund" => {
            let mut changed = rest.clone();
            *changed.pointer_mut(pointer).unwrap() = replacement.clone();
            let sum = |name: &str| changed["transactionSummary"][name].as_i64().unwrap();
            matches!(kind, Capture | Cancel | Refund)
                && replacement == 7
                && sum("refundedAmount") + sum("remainingAmountToRefund") > sum("capturedAmount")
        }
        _ => false,
    }
}

/// Every member but the landing page and the history may be missing or of any kind.
#[tokio::test]
async fn missing_or_mistyped_members_do_not_break_reading() {
    let api = Api::new();
    for (kind, body) in ALL {
        let value: Value = serde_json::from_str(body).unwrap();
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        for pointer in all {
            let needed = pointer == "/url" || pointer == "/transactionLogHistory";
            let mut changed = value.clone();
            remove(&mut changed, &pointer);
            let result = read(&api, kind, &changed.to_string()).await;
            assert_eq!(
                result.is_err(),
                needed,
                "{kind:?} without {pointer}: {result:?}"
            );
            for replacement in [
                json!(null),
                json!(""),
                json!("x"),
                json!(7),
                json!(-1.5e300),
                json!(true),
                json!([]),
                json!([1]),
                json!({}),
                json!({"a": 1}),
            ] {
                let mut changed = value.clone();
                *changed.pointer_mut(&pointer).unwrap() = replacement.clone();
                let result = read(&api, kind, &changed.to_string()).await;
                let is_history = pointer == "/transactionLogHistory" && replacement.is_array();
                assert_eq!(
                    result.is_err(),
                    (needed && !is_history) || contradicts(kind, &pointer, &replacement, &value),
                    "{kind:?} {pointer} {replacement}: {result:?}"
                );
                if let Err(error) = result {
                    assert_eq!(error.kind(), ErrorKind::Decode);
                    let unclear = !matches!(kind, Details | Status);
                    assert_eq!(error.outcome() == Outcome::Unknown, unclear);
                }
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(any::<String>(), inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// Any name, or the name of another member of the API.
fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "transaction",
            "transactionInfo",
            "transactionSummary",
            "transactionsummary",
            "transactionLogHistory",
            "postCode",
            "zipCode",
            "userDetails",
            "shippingDetails",
            "sub",
            "errorInfo",
            "errorMessage",
            "message",
            "status",
            "operation",
            "id",
            "amount",
            "shippingCost",
            "requestId",
            "timeStamp",
            "currency",
        ])
        .prop_map(str::to_owned),
    ]
}

/// A client that all cases share, since creating a client is slow. The lock admits one test at a
/// time.
static API: LazyLock<Mutex<(Api, Vipps)>> = LazyLock::new(|| Mutex::new(Api::new()));

fn read_now(kind: Kind, body: &str) -> Result<String, Error> {
    let api = API.lock().unwrap_or_else(PoisonError::into_inner);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(read(&api, kind, body))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_new_member_and_any_new_value_is_read(
        sample in prop::sample::select(ALL.to_vec()),
        place in any::<prop::sample::Index>(),
        name in any_name(),
        extra in any_json(),
        word in any::<String>(),
    ) {
        let (kind, body) = sample;
        let original: Value = serde_json::from_str(body).unwrap();
        let mut value = original.clone();
        let mut all = Vec::new();
        pointers(&value, "", &mut all);
        all.push(String::new());
        // The members whose values are words of the API.
        for pointer in &all {
            if pointer.ends_with("/status") || pointer.ends_with("/operation")
                || pointer.ends_with("/paymentInstrument") || pointer.ends_with("/country")
            {
                *value.pointer_mut(pointer).unwrap() = Value::String(word.clone());
            }
        }
        all.retain(|pointer| value.pointer(pointer).is_some_and(Value::is_object));
        let target = value.pointer_mut(place.get::<String>(&all)).and_then(Value::as_object_mut).unwrap();
        // A success with an additional error is not a success of a write.
        let is_write = matches!(kind, Capture | Cancel | Refund);
        let is_error = is_write && name.to_ascii_lowercase().starts_with("error");
        // A duplicate member, in any combination of upper and lower case, is a contradiction.
        if !is_error && !target.keys().any(|known| known.eq_ignore_ascii_case(&name)) {
            target.insert(name, extra);
        }
        let result = read_now(kind, &value.to_string());
        prop_assert!(result.is_ok(), "{kind:?} {value}: {result:?}");
    }

    /// An unknown word is preserved unchanged.
    #[test]
    fn unknown_enum_values_are_preserved(word in "[A-Z_]{1,20}[0-9]") {
        let body = STATUS.replace("RESERVE", &word);
        let details = DETAILS.replace("REFUND\"", &format!("{word}\""));
        let printed = read_now(Status, &body).unwrap();
        prop_assert!(printed.contains(&word), "{printed}");
        let printed = read_now(Details, &details).unwrap();
        prop_assert!(printed.contains(&word), "{printed}");
    }
}
