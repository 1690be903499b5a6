//! Response parsing: every documented sample.

mod changed_members;

use std::sync::{Arc, Mutex};

use crate::support::{amount, id, text};
use bytes::Bytes;
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
async fn read(server: &(Api, Vipps), kind: Kind, body: &str) -> Result<String, Error> {
    let (api, vipps) = server;
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
