//! Responses can be stored as JSON, and built from JSON in a test.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use vipps::ecom::{
    Event, InitiatedPayment, PaymentDetails, PaymentState, PaymentStatus, Summary, Transaction,
};
use vipps::qr::{
    CheckedInCustomer, MerchantCallbackQr, MerchantRedirectQr, OneTimeQr, PersonalQrOwner, QrFormat,
};
use vipps::simulator::Simulator;
use vipps::types::ImageSize;
use vipps::{Amount, Currency};

use crate::support::{DETAILS, INITIATED, PARTLY_REFUNDED, STATUS, TRANSACTION};

/// Writes and reads the value through text and through a `Value`. Returns its JSON.
fn round_trip<T: Debug + PartialEq + Serialize + DeserializeOwned>(value: &T) -> Value {
    let text = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), value, "{text}");
    let json = serde_json::to_value(value).unwrap();
    assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), value);
    json
}

fn parsed<T: DeserializeOwned>(json: &str) -> T {
    serde_json::from_str(json).unwrap()
}

#[tokio::test(start_paused = true)]
async fn responses_of_ecom_are_stored_and_read() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let start = vipps.ecom().initiate(
        "order-1".parse().unwrap(),
        Amount::nok(10),
        "Socks".parse().unwrap(),
    );
    let start = start.scope("name address email".parse().unwrap());
    let started = start.await.unwrap();
    round_trip(&started);
    let payment = started.payment(&vipps);
    let created = payment.details().await.unwrap();
    assert!(created.as_of().is_some());
    round_trip(&created);
    sim.payer().approve("order-1").unwrap();

    let captured = payment.capture(Amount::nok(4)).await.unwrap();
    assert!(captured.idempotency_key.is_some() && captured.summary.is_some());
    round_trip(&captured);
    round_trip(captured.summary.as_ref().unwrap());
    round_trip(&payment.refund(Amount::nok(1)).await.unwrap());
    round_trip(&payment.cancel().release_remaining().await.unwrap());
    #[allow(deprecated, reason = "a response of its own")]
    round_trip(&payment.status().await.unwrap());

    let details = payment.details().await.unwrap();
    assert!(details.user().is_some(), "{details:?}");
    round_trip(&details);
    for event in details.events() {
        round_trip(event);
    }
    let stored: PaymentDetails = serde_json::from_value(json!(details)).unwrap();
    assert_eq!(stored.state(), details.state());
    assert_eq!(stored.as_of(), details.as_of());
}

#[tokio::test(start_paused = true)]
async fn responses_of_qr_are_stored_and_read() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let start = vipps.ecom().initiate(
        "order-1".parse().unwrap(),
        Amount::nok(10),
        "Socks".parse().unwrap(),
    );
    let started = start.await.unwrap();
    let png = QrFormat::Png(ImageSize::MIN);
    for format in [QrFormat::Svg, png, QrFormat::Content] {
        let code = vipps.qr().one_time(&started).format(format).await.unwrap();
        round_trip(&code);
    }
    let code = vipps.qr().merchant_redirect("poster".parse().unwrap());
    let page = "https://example.com/".parse().unwrap();
    round_trip(&code.create(page).await.unwrap());
    for format in [QrFormat::Svg, png, QrFormat::Content] {
        round_trip(&code.get().format(format).await.unwrap());
    }
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    round_trip(&till.get().await.unwrap());
    round_trip(&till.get().png(ImageSize::MAX).await.unwrap());
    let scanned = sim.payer().personal_qr().parse().unwrap();
    round_trip(&vipps.qr().exchange(scanned).await.unwrap());
}

#[test]
fn a_response_is_built_from_the_json_of_the_api() {
    let started: InitiatedPayment = parsed(INITIATED);
    assert_eq!(started.order_id().as_str(), "acme-shop-123");
    assert_eq!(started.merchant_serial_number(), None);
    let details: PaymentDetails = parsed(DETAILS);
    assert_eq!(details.as_of(), None);
    let details: PaymentDetails = parsed(PARTLY_REFUNDED);
    assert_eq!(details.state(), PaymentState::PartiallyRefunded);
    let transaction: Transaction = parsed(TRANSACTION);
    assert_eq!(transaction.idempotency_key, None);
    let status: PaymentStatus = parsed(STATUS);
    assert_eq!(status.amount, Some(Amount::nok(200)));
    let customer: CheckedInCustomer =
        parsed(r#"{"msisdn":"4798765432","timestamp":1718000000,"version":"2.0"}"#);
    assert_eq!(customer.phone_number().msisdn(), "4798765432");
    round_trip(&customer);
    let code: OneTimeQr = parsed(r#"{"url":"https://qr.vipps.no/x.svg","expiresIn":544}"#);
    assert_eq!(code.expires_in().as_secs(), 544);
    assert_eq!(code.image_url(), Some("https://qr.vipps.no/x.svg"));
    round_trip(&started);
    round_trip(&details);
    round_trip(&transaction);
    round_trip(&status);
    let express = json!({"orderId": "order-1", "sub": "c06c4afe", "transactionLogHistory": [],
        "userDetails": {"firstName": "Ada", "bankIdVerified": true},
        "shippingDetails": {"address": {"zipCode": "0603"}, "shippingCost": 99.9}});
    let express: PaymentDetails = serde_json::from_value(express).unwrap();
    assert!(express.sub().is_some() && express.user().is_some() && express.shipping().is_some());
    round_trip(&express);
}

/// Amounts of eCom are integers in øre. A round trip must not divide or multiply by 100.
#[test]
fn amounts_are_written_as_whole_ore() {
    let event: Event = parsed(r#"{"operation":"CAPTURE","operationSuccess":true,"amount":34950}"#);
    assert_eq!(event.amount, Some(Amount::minor(34_950, Currency::NOK)));
    assert_eq!(round_trip(&event)["amount"], json!(34_950));
    let status: PaymentStatus = parsed(STATUS);
    assert_eq!(round_trip(&status)["transactionInfo"]["amount"], 20_000);

    let mut foreign = event;
    foreign.amount = Some(Amount::eur(1));
    let error = serde_json::to_string(&foreign).unwrap_err().to_string();
    assert!(error.contains("must be in NOK"), "{error}");
}

#[test]
fn a_missing_success_stays_missing() {
    for success in [json!(null), json!("perhaps")] {
        let event = json!({"operation": "CAPTURE", "operationSuccess": success, "amount": 100});
        let event: Event = serde_json::from_value(event).unwrap();
        assert!(!event.succeeded() && !event.failed());
        assert_eq!(round_trip(&event)["operationSuccess"], Value::Null);
    }
}

/// A sum that is not stated must not become zero.
#[test]
fn sums_with_a_missing_sum_are_refused() {
    let whole = json!({"capturedAmount": 400, "remainingAmountToCapture": 600,
        "refundedAmount": 0, "remainingAmountToRefund": 400});
    let sums: Summary = serde_json::from_value(whole.clone()).unwrap();
    assert_eq!(sums.remaining_to_capture, Amount::nok(6));
    for sum in whole.as_object().unwrap().keys() {
        for value in [json!(null), json!(1.5), json!("x")] {
            let mut json = whole.clone();
            json[sum] = value;
            let error = serde_json::from_value::<Summary>(json).unwrap_err();
            assert!(error.to_string().contains("missing"), "{error}");
        }
    }
    let details = json!({"orderId": "order-1", "transactionSummary": {"capturedAmount": 400},
        "transactionLogHistory": []});
    let details: PaymentDetails = serde_json::from_value(details).unwrap();
    let written = round_trip(&details);
    let sums = &written["transactionSummary"];
    assert_eq!(sums["capturedAmount"], 400);
    assert_eq!(sums["refundedAmount"], Value::Null);
}

#[test]
fn json_without_an_order_id_is_refused() {
    fn error<T: DeserializeOwned + Debug>(json: &Value) -> String {
        serde_json::from_value::<T>(json.clone())
            .unwrap_err()
            .to_string()
    }
    for order_id in [json!(null), json!("a/b"), json!({})] {
        let json = json!({"orderId": order_id, "transactionLogHistory": [], "transactionInfo": {},
            "url": "https://api.vipps.no/?token=s3cret"});
        for error in [
            error::<InitiatedPayment>(&json),
            error::<PaymentDetails>(&json),
            error::<PaymentStatus>(&json),
            error::<Transaction>(&json),
        ] {
            assert!(error.contains("order id"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}

#[test]
fn arrays_and_other_json_are_refused_and_not_shown() {
    fn check<T: DeserializeOwned + Debug>() {
        for json in [
            json!([]),
            json!([{}]),
            json!(["order-1", "https://api.vipps.no/?token=s3cret"]),
            json!(["s3cret", "1.0", 7]),
            json!("s3cret"),
            json!(7),
            json!(null),
        ] {
            let text = json.to_string();
            let errors = [
                serde_json::from_value::<T>(json).unwrap_err(),
                serde_json::from_str::<T>(&text).unwrap_err(),
            ];
            for error in errors {
                assert!(!error.to_string().contains("s3cret"), "{error}");
            }
        }
    }
    check::<InitiatedPayment>();
    check::<PaymentDetails>();
    check::<PaymentStatus>();
    check::<Summary>();
    check::<Transaction>();
    check::<CheckedInCustomer>();
    check::<MerchantCallbackQr>();
    check::<MerchantRedirectQr>();
    check::<OneTimeQr>();
    check::<PersonalQrOwner>();
}

#[test]
fn debug_of_a_response_shows_no_secret() {
    let started: InitiatedPayment = parsed(INITIATED);
    let customer: CheckedInCustomer = parsed(r#"{"msisdn":"4798765432"}"#);
    let printed = format!("{started:?} {started:#?} {customer:?} {customer:#?}");
    assert!(
        !printed.contains("secret") && !printed.contains("98765432"),
        "{printed}"
    );
}
