//! Generated operations of the ePayment, Webhooks and Userinfo APIs.

use vipps::raw::{Raw, epayment, webhooks};
use vipps::testing::Recorder;
use vipps::types::Sensitive;
use vipps::{ErrorKind, Outcome, Vipps};

const CREATE: &str = "/epayment/v1/payments";
const GET: &str = "/epayment/v1/payments/kiosk-7-000451";
const CAPTURE: &str = "/epayment/v1/payments/kiosk-7-000451/capture";
const CANCEL: &str = "/epayment/v1/payments/kiosk-7-000451/cancel";
const WEBHOOKS: &str = "/webhooks/v1/webhooks";
const CREATED: &str =
    r#"{"reference":"kiosk-7-000451","redirectUrl":"https://pay.example.com/?token=secret"}"#;
const CHANGED: &str = r#"{"aggregate":{"capturedAmount":{"currency":"NOK","value":2500}}}"#;

fn amount() -> epayment::types::builder::Amount {
    epayment::types::Amount::builder()
        .currency("NOK".to_owned())
        .value(2500)
}

async fn create(vipps: &Vipps) -> vipps::Result<epayment::types::CreatePaymentResponse> {
    let call = vipps.call(|raw: Raw| async move {
        let number = epayment::types::CustomerPhoneNumber::builder()
            .phone_number(Sensitive::from("4791234567"));
        let number = epayment::types::CustomerPhoneNumber::try_from(number).unwrap();
        let method = epayment::types::PaymentMethod::builder().type_("WALLET".to_owned());
        let operation = raw.epayment().create_payment().body_map(|body| {
            body.amount(amount())
                .customer(epayment::types::Customer::from(number))
                .payment_method(method)
                .reference("kiosk-7-000451".to_owned())
                .user_flow(epayment::types::CreatePaymentRequestUserFlow::PushMessage)
        });
        operation.send().await
    });
    call.await.map(vipps::raw::ResponseValue::into_inner)
}

async fn capture(vipps: &Vipps) -> vipps::Result<epayment::types::ModificationResponse> {
    let call = vipps.call(|raw: Raw| async move {
        let operation = raw.epayment().capture_payment().reference("kiosk-7-000451");
        let operation = operation.body_map(|body| body.modification_amount(amount()));
        operation.send().await
    });
    call.await.map(vipps::raw::ResponseValue::into_inner)
}

async fn read(vipps: &Vipps) -> vipps::Result<epayment::types::GetPaymentResponse> {
    let call = vipps.call(|raw: Raw| async move {
        raw.epayment()
            .get_payment()
            .reference("kiosk-7-000451")
            .send()
            .await
    });
    call.await.map(vipps::raw::ResponseValue::into_inner)
}

#[tokio::test]
async fn raw_create_sends_token_sales_unit_and_key() {
    let recorder = Recorder::new().respond("POST", CREATE, 201, CREATED);
    let created = create(&recorder.client()).await.unwrap();
    assert_eq!(*created.reference.unwrap(), "kiosk-7-000451");
    insta::assert_snapshot!(recorder.shape_of("create_payment"));
}

/// A request above the rate limit is refused, so it has no effect.
#[tokio::test]
async fn raw_epayment_keeps_one_key_over_all_attempts() {
    for (path, status, body) in [(CREATE, 201, CREATED), (CAPTURE, 200, CHANGED)] {
        let recorder = Recorder::new()
            .respond("POST", path, 429, "")
            .respond("POST", path, status, body);
        let vipps = recorder.client();
        if path == CREATE {
            create(&vipps).await.map(drop).unwrap();
        } else {
            let captured = capture(&vipps).await.unwrap().aggregate.unwrap();
            assert_eq!(captured.captured_amount.unwrap().value, 2500);
        }
        let sent = recorder.to_snapshot();
        let header = "idempotency-key: [idempotency key 1]";
        assert_eq!(sent.matches(header).count(), 2, "{path}: {sent}");
    }
}

#[tokio::test]
async fn raw_epayment_write_is_retried_with_its_key() {
    for path in [CREATE, CAPTURE] {
        let recorder = Recorder::new().lose_response("POST", path);
        let vipps = recorder.client();
        let error = if path == CREATE {
            create(&vipps).await.map(drop).unwrap_err()
        } else {
            capture(&vipps).await.map(drop).unwrap_err()
        };
        assert_eq!((error.outcome(), error.attempts()), (Outcome::Unknown, 3));
        let sent = recorder.to_snapshot();
        let header = "idempotency-key: [idempotency key 1]";
        assert_eq!(sent.matches(header).count(), 3, "{path}: {sent}");
        assert!(error.idempotency_key().is_some(), "{path}");
    }
}

#[tokio::test]
async fn raw_epayment_read_is_retried() {
    let body = r#"{"state":"AUTHORIZED","amount":{"currency":"EUR","value":1},"shippingDetails":{"shippingCost":9900}}"#;
    let recorder = Recorder::new()
        .lose_response("GET", GET)
        .respond("GET", GET, 200, body);
    let payment = read(&recorder.client()).await.unwrap();
    assert_eq!(*payment.state.unwrap(), "AUTHORIZED");
    // The amount is in minor units: 99 kroner, not 9900.
    assert_eq!(payment.shipping_details.unwrap().shipping_cost, Some(9900));
    let shape = recorder.shape_of("get_payment");
    assert!(!shape.contains("idempotency-key"), "{shape}");
    assert!(shape.contains("\nocp-apim-subscription-key: "), "{shape}");
}

#[tokio::test]
async fn raw_cancel_sends_an_empty_object() {
    let recorder = Recorder::new().respond("POST", CANCEL, 200, CHANGED);
    let call = recorder.client();
    let call = call.call(|raw| async move {
        let operation = raw.epayment().cancel_payment().reference("kiosk-7-000451");
        operation.send().await
    });
    call.await.map(drop).unwrap();
    let shape = recorder.shape_of("cancel_payment");
    assert!(shape.trim_end().ends_with("{}"), "{shape}");
}

/// A response to a write that cannot be read proves nothing.
#[tokio::test]
async fn raw_capture_with_an_unreadable_response_is_unknown() {
    let recorder = Recorder::new().respond("POST", CAPTURE, 200, "<html>");
    let error = capture(&recorder.client()).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(error.outcome(), Outcome::Unknown);
}

#[test]
fn customers_have_exactly_one_member() {
    let token = epayment::types::CustomerToken::builder().customer_token(Sensitive::from("t"));
    let token = epayment::types::CustomerToken::try_from(token).unwrap();
    let customer = epayment::types::Customer::from(token);
    let json = serde_json::to_string(&customer).unwrap();
    assert_eq!(json, r#"{"customerToken":"t"}"#);
    serde_json::from_str::<epayment::types::Customer>("{}").unwrap_err();
    let empty_customer = epayment::types::CustomerPhoneNumber::builder();
    epayment::types::CustomerPhoneNumber::try_from(empty_customer).unwrap_err();
}

#[tokio::test]
async fn raw_webhooks_register_list_and_delete() {
    let recorder = Recorder::new()
        .respond("POST", WEBHOOKS, 201, r#"{"id":"w-1","secret":"090a478d"}"#)
        .respond(
            "GET",
            WEBHOOKS,
            200,
            r#"{"webhooks":[{"id":"w-1","url":"https://x","events":["a"]}]}"#,
        )
        .respond("DELETE", "/webhooks/v1/webhooks/w-1", 204, "");
    let vipps = recorder.client();
    let call = vipps.call(|raw| async move {
        let operation = raw.webhooks().register_webhook().body_map(|body| {
            body.url("https://shop.example.com/hooks".to_owned())
                .events(vec!["user.checked-in.v1".to_owned()])
        });
        operation.send().await
    });
    let registered: webhooks::types::RegisterResponse = call.await.unwrap().into_inner();
    assert!(
        !format!("{registered:?}").contains("090a478d"),
        "{registered:?}"
    );
    assert_eq!(registered.secret.unwrap().expose(), "090a478d");
    let call = vipps.call(|raw| async move { raw.webhooks().list_webhooks().send().await });
    assert_eq!(call.await.unwrap().into_inner().webhooks.unwrap().len(), 1);
    let call =
        vipps.call(|raw| async move { raw.webhooks().delete_webhook().id("w-1").send().await });
    call.await.unwrap();
    let shape = recorder.shape_of("register_webhook");
    assert!(!shape.contains("idempotency-key"), "{shape}");
}

/// An empty `sub` would reach the operation of the Login API.
#[tokio::test]
async fn raw_userinfo_refuses_an_empty_sub() {
    let path = "/vipps-userinfo-api/userinfo/6f1c0d3e";
    let recorder = Recorder::new().respond("GET", path, 200, r#"{"name":"Kari Nordmann"}"#);
    let vipps = recorder.client();
    let read = async |sub: &'static str| {
        let call =
            vipps.call(|raw| async move { raw.userinfo().get_userinfo().sub(sub).send().await });
        call.await.map(vipps::raw::ResponseValue::into_inner)
    };
    let person = read("6f1c0d3e").await.unwrap();
    assert_eq!(person.name.as_ref().unwrap().expose(), "Kari Nordmann");
    assert!(!format!("{person:?}").contains("Kari"), "{person:?}");
    let error = read("").await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(
        recorder
            .requests()
            .iter()
            .filter(|r| r.operation() == Some("get_userinfo"))
            .count(),
        1
    );
}
