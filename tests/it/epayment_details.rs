//! The details and the event log of an ePayment payment: lenient reading, and responses that prove
//! nothing.

use vipps::epayment::{EventName, PaymentDetails, PaymentMethodKind, PaymentState};
use vipps::testing::Recorder;
use vipps::{Amount, Currency, ErrorKind, OrderId, Outcome};

use crate::epayment::{CREATE, CREATED, EVENTS, PAYMENT, details, problem, reference};

fn read(json: &str) -> PaymentDetails {
    PaymentDetails::from_json(reference(), json).unwrap()
}

const FULL: &str = r#"{"aggregate":{"authorizedAmount":{"currency":"NOK","value":6000},"cancelledAmount":{"currency":"NOK","value":0},
    "capturedAmount":{"currency":"NOK","value":1000},"refundedAmount":{"currency":"NOK","value":0}},
    "amount":{"currency":"NOK","value":6000},"state":"AUTHORIZED","paymentMethod":{"type":"WALLET","cardBin":"540185"},
    "profile":{"sub":"sub-1"},"pspReference":"37c34d8c","reference":"kiosk-7-000451",
    "redirectUrl":"https://pay.example.com/?token=secret-landing-token","metadata":{"basket":"b-771"},
    "shippingDetails":{"address":{"addressLine1":"Storgata 1","city":"Oslo","country":"NO","postCode":"0155"},
    "shippingCost":9900,"shippingOptionId":"parcel","shippingOptionName":"Parcel locker"},
    "userDetails":{"email":"kari@example.com","firstName":"Kari","mobileNumber":"4791234567","dateOfBirth":"1990-02-28",
    "addresses":[{"addressLine1":"Storgata 1","city":"Oslo","country":"NO","postCode":"0155"}]},
    "captureGuaranteedUntil":"2026-09-01T07:53:44.812+00:00","newMember":[1]}"#;

#[tokio::test]
async fn every_member_of_the_details_is_read() {
    let recorder = Recorder::new().respond("GET", PAYMENT, 200, FULL);
    let payment = recorder.client().epayment().payment(reference());
    let details = payment.details().await.unwrap();
    assert_eq!(details.state(), &PaymentState::Authorized);
    assert_eq!(details.amount(), Some(Amount::nok(60)));
    assert_eq!(details.aggregate().captured, Some(Amount::nok(10)));
    assert_eq!(details.remaining_to_capture(), Some(Amount::nok(50)));
    assert_eq!(details.remaining_to_refund(), Some(Amount::nok(10)));
    let method = details.payment_method().unwrap();
    assert_eq!(method.kind, Some(PaymentMethodKind::Wallet));
    assert_eq!(method.card_bin.as_deref(), Some("540185"));
    assert_eq!(details.psp_reference(), Some("37c34d8c"));
    assert_eq!(details.sub(), Some("sub-1"));
    assert_eq!(details.metadata()["basket"].expose(), "b-771");
    assert!(
        details
            .redirect_url()
            .unwrap()
            .ends_with("secret-landing-token")
    );
    let shipping = details.shipping().unwrap();
    assert_eq!(shipping.cost, Some(Amount::nok(99)));
    assert_eq!(shipping.option_id.as_deref(), Some("parcel"));
    let user = details.user().unwrap();
    assert_eq!(user.first_name.as_ref().unwrap().expose(), "Kari");
    assert_eq!(user.last_name, None);
    assert_eq!(user.addresses[0].city.as_ref().unwrap().expose(), "Oslo");
    let until = details.capture_guaranteed_until().unwrap();
    assert_eq!(until.text(), "2026-09-01T07:53:44.812+00:00");
    assert_eq!(
        until.instant(),
        Some("2026-09-01T07:53:44.812Z".parse().unwrap())
    );
    let printed = format!("{details:?}");
    for secret in [
        "Kari",
        "kari@",
        "Storgata",
        "4791234567",
        "1990-02-28",
        "sub-1",
        "b-771",
        "landing-token",
    ] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
}

#[test]
fn other_spellings_of_the_details_are_read() {
    let euro = r#"{"State":"authorized","Amount":{"currency":"eur","value":"499"},"sub":"sub-2",
        "aggregate":{"AuthorizedAmount":{"value":499.0,"currency":"EUR"},"capturedAmount":null},
        "shippingDetails":{"shippingCost":{"currency":"EUR","value":9}},"userDetails":[],"paymentMethod":"WALLET",
        "profile":7,"metadata":["x"],"captureGuaranteedUntil":null,"reference":""}"#;
    let details = read(euro);
    assert_eq!(details.state(), &PaymentState::Authorized);
    assert_eq!(details.amount(), Some(Amount::minor(499, Currency::EUR)));
    assert_eq!(
        details.aggregate().authorized,
        Some(Amount::minor(499, Currency::EUR))
    );
    assert_eq!(details.aggregate().captured, None);
    assert_eq!(details.remaining_to_capture(), None);
    assert_eq!(details.sub(), Some("sub-2"));
    assert_eq!(
        details.shipping().unwrap().cost,
        Some(Amount::minor(9, Currency::EUR))
    );
    assert!(details.user().is_none() && details.payment_method().is_none());
    assert!(details.metadata().is_empty());
    let unknown = read(r#"{"state":"SUSPENDED"}"#);
    assert_eq!(
        unknown.state(),
        &PaymentState::Unknown("SUSPENDED".to_owned())
    );
}

/// A list in place of an object is never read as its members.
#[test]
fn lists_in_place_of_objects_are_no_sums() {
    let nok = r#"{"currency":"NOK","value":100}"#;
    let list = format!(
        r#"{{"state":"AUTHORIZED","aggregate":[{nok},{nok},{nok},{nok}],"amount":["NOK",100]}}"#
    );
    let details = read(&list);
    assert_eq!(details.aggregate(), &vipps::epayment::Aggregate::default());
    assert_eq!(details.amount(), None);
    for json in ["[]", r#"["kiosk-7-000451","AUTHORIZED"]"#] {
        PaymentDetails::from_json(reference(), json).unwrap_err();
    }
}

#[tokio::test]
async fn details_that_state_nothing_are_a_decode_error() {
    let other = details("AUTHORIZED", [1, 0, 0, 0]).replace("kiosk-7-000451", "kiosk-7-000452");
    for body in [
        "",
        "{}",
        "null",
        "[]",
        "<html>",
        r#"{"aggregate":{}}"#,
        r#"{"aggregate":{"capturedAmount":7}}"#,
        &other,
    ] {
        let recorder = Recorder::new().respond("GET", PAYMENT, 200, body);
        let payment = recorder.client().epayment().payment(reference());
        let error = payment.details().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::NoEffect),
            "{body}"
        );
    }
    // Data of the merchant is not read as an error of the API.
    let body =
        r#"{"state":"CREATED","metadata":{"errorCode":"44","name":"ErrorCode","reason":"6080"}}"#;
    let recorder = Recorder::new().respond("GET", PAYMENT, 200, body);
    let payment = recorder.client().epayment().payment(reference());
    payment.details().await.unwrap();
}

#[tokio::test]
async fn events_are_read_one_by_one() {
    let body = r#"[{"reference":"kiosk-7-000451","pspReference":"83b3fdb0","name":"CREATED","amount":{"currency":"NOK","value":49900},
        "timestamp":"2023-03-27T10:51:44.5333258Z","idempotencyKey":"key-1","success":true},
        {"name":"CAPTURED","pspReference":2018200034,"amount":{"currency":"NOK","value":"10000"},"idempotencyKey":"","success":false},
        {"name":"NEW_NAME","idempotencyKey":null},
        ["CAPTURED"], null, 7]"#;
    let recorder = Recorder::new().respond("GET", EVENTS, 200, body);
    let payment = recorder.client().epayment().payment(reference());
    let events = payment.events().await.unwrap();
    assert_eq!(events.len(), 6);
    assert_eq!(events[0].name, Some(EventName::Created));
    assert_eq!(events[0].idempotency_key.as_deref(), Some("key-1"));
    assert!(events[0].succeeded() && !events[0].failed());
    assert!(events[0].timestamp.as_ref().unwrap().instant().is_some());
    assert_eq!(events[1].amount, Some(Amount::nok(100)));
    assert_eq!(events[1].psp_reference.as_deref(), Some("2018200034"));
    assert_eq!(events[1].idempotency_key, None);
    assert!(events[1].failed() && !events[1].succeeded());
    assert_eq!(
        events[2].name,
        Some(EventName::Unknown("NEW_NAME".to_owned()))
    );
    // The event states neither success nor failure.
    for event in &events[2..] {
        assert!(!event.succeeded() && !event.failed(), "{event:?}");
    }
    assert_eq!(events[3].name, None);
}

#[tokio::test]
async fn log_that_is_no_list_or_of_another_payment_is_an_error() {
    let other = r#"[{"reference":"kiosk-7-000452","name":"CREATED","success":true}]"#;
    for body in ["", "null", "{}", "7", "<html>", other] {
        let recorder = Recorder::new().respond("GET", EVENTS, 200, body);
        let payment = recorder.client().epayment().payment(reference());
        let error = payment.events().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::NoEffect),
            "{body}"
        );
    }
}

#[tokio::test]
async fn problem_states_code_remedy_and_field() {
    let body = problem(404, "5090");
    let recorder = Recorder::new().respond("GET", PAYMENT, 404, &body);
    let payment = recorder.client().epayment().payment(reference());
    let error = payment.details().await.unwrap_err();
    assert!(error.has_code("5090"), "{error}");
    assert_eq!(
        error.to_string(),
        "GET /epayment/v1/payments/{Reference}: HTTP 404: 5090: The title: The detail."
    );
    let found = &error.api_errors()[0];
    assert_eq!(found.remedy(), Some(vipps::Remedy::ChangeRequest));
    assert!(
        found
            .explanation()
            .unwrap()
            .contains("no payment with this reference")
    );
    assert_eq!(found.field(), None);
    assert_eq!(error.correlation_id(), Some("00-813b"));
    let field = r#"{"type":"x","title":"Bad Request","status":400,"detail":"See extraDetails","traceId":"00-66",
        "extraDetails":[{"name":"reference","reason":"The field Reference must match."},{"name":"ErrorCode","reason":"4140"}]}"#;
    let recorder = Recorder::new().respond("GET", PAYMENT, 400, field);
    let payment = recorder.client().epayment().payment(reference());
    let error = payment.details().await.unwrap_err();
    let [first, second] = error.api_errors() else {
        panic!("{error}")
    };
    assert_eq!((first.field(), first.code()), (Some("reference"), None));
    assert_eq!(first.message(), Some("The field Reference must match."));
    assert_eq!((second.field(), second.code()), (None, Some("4140")));
}

/// The reference of a payment that was started with eCom may be shorter than 8 characters.
#[tokio::test]
async fn order_of_ecom_is_read_by_its_order_id() {
    let order: OrderId = "o-1".parse().unwrap();
    let body = r#"{"reference":"o-1","state":"AUTHORIZED"}"#;
    let recorder = Recorder::new().respond("GET", "/epayment/v1/payments/o-1", 200, body);
    let payment = recorder.client().epayment().payment(order.into());
    let details = payment.details().await.unwrap();
    assert_eq!(details.reference().as_str(), "o-1");
}

/// Writes and reads the value through text and through a `Value`.
fn round_trip<T>(value: &T) -> serde_json::Value
where
    T: std::fmt::Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned,
{
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), value);
    json
}

#[tokio::test]
async fn responses_are_stored_and_read() {
    let capture = format!("{PAYMENT}/capture");
    let captured = details("AUTHORIZED", [6_000, 2_000, 0, 0]);
    let log = r#"[{"name":"CREATED","success":true,"idempotencyKey":"k"},{"name":"NEW","success":"maybe"}]"#;
    let recorder = Recorder::new()
        .respond("POST", CREATE, 201, CREATED)
        .respond("GET", PAYMENT, 200, FULL)
        .respond("GET", EVENTS, 200, log)
        .respond("POST", &capture, 200, &captured);
    let vipps = recorder.client();
    let create = vipps.epayment().create(reference(), Amount::nok(60)).qr();
    let create = create.merchant_serial_number("7654321".parse().unwrap());
    let created = create.await.unwrap();
    assert_eq!(round_trip(&created)["merchantSerialNumber"], "7654321");
    let payment = created.payment(&vipps);
    let found = payment.details().await.unwrap();
    let json = round_trip(&found);
    assert_eq!(json["aggregate"]["capturedAmount"]["value"], 1_000);
    assert_eq!(json["userDetails"]["firstName"], "Kari");
    round_trip(&read(
        r#"{"aggregate":{"capturedAmount":{"currency":"NOK","value":1}}}"#,
    ));
    for event in payment.events().await.unwrap() {
        round_trip(&event);
    }
    let captured = payment.capture(Amount::nok(10)).await.unwrap();
    let json = round_trip(&captured);
    assert_eq!(json["modificationAmount"]["value"], 1_000);
    for json in [
        "[]",
        "{}",
        r#"["kiosk-7-000451"]"#,
        r#"{"reference":"a b","state":"CREATED"}"#,
    ] {
        serde_json::from_str::<PaymentDetails>(json).unwrap_err();
        serde_json::from_str::<vipps::epayment::CreatedPayment>(json).unwrap_err();
        serde_json::from_str::<vipps::epayment::Modification>(json).unwrap_err();
    }
}
