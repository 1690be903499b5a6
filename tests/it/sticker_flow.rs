//! A sticker at a till: register the webhook, receive a check-in, push a payment to the customer,
//! and capture it.

use serde_json::json;
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::webhooks::{
    CheckIn, Event, EventType, MemoryEventStore, Receiver, Registration, Signer, Verifier,
};
use vipps::{Amount, Reference, RequestId, Vipps};

const WEBHOOKS: &str = "/webhooks/v1/webhooks";
const PAYMENTS: &str = "/epayment/v1/payments";
const PAYMENT: &str = "/epayment/v1/payments/coffee-machine-1-1";
const URL: &str = "https://shop.example.com/hooks/vipps";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const TOKEN: &str = "wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=";

fn payment(state: &str, authorized: i64, captured: i64) -> String {
    let nok = |value: i64| json!({"currency": "NOK", "value": value});
    json!({"reference": "coffee-machine-1-1", "state": state, "amount": nok(2500), "aggregate": {
        "authorizedAmount": nok(authorized), "capturedAmount": nok(captured),
        "cancelledAmount": nok(0), "refundedAmount": nok(0)}})
    .to_string()
}

/// Pushes a payment to the customer, waits for the approval, and captures. Returns true if the
/// customer has paid.
async fn sell(vipps: &Vipps, check_in: CheckIn) -> vipps::Result<bool> {
    let reference: Reference = "coffee-machine-1-1".parse()?;
    let created = vipps
        .epayment()
        .create(reference.clone(), Amount::nok(25))
        .push_message(check_in.customer_token)
        .customer_present()
        .description("A cup of coffee".parse()?)
        .await?;
    assert_eq!(created.redirect_url(), None);
    let payment = vipps.epayment().payment(reference.clone());
    if !payment.wait().await?.can_capture() {
        return Ok(false);
    }
    let key = RequestId::derive(&reference, "capture");
    payment.capture_remaining().idempotency_key(key).await?;
    Ok(true)
}

#[tokio::test]
async fn a_scan_of_a_sticker_becomes_one_captured_payment() {
    let recorder = Recorder::new()
        .respond("GET", WEBHOOKS, 200, r#"{"webhooks":[]}"#)
        .respond(
            "POST",
            WEBHOOKS,
            201,
            &format!(r#"{{"id":"w-1","secret":"{SECRET}"}}"#),
        )
        .respond(
            "POST",
            PAYMENTS,
            201,
            r#"{"reference":"coffee-machine-1-1"}"#,
        )
        .respond("GET", PAYMENT, 200, &payment("CREATED", 0, 0))
        .respond("GET", PAYMENT, 200, &payment("AUTHORIZED", 2500, 0))
        .respond("GET", &format!("{PAYMENT}/events"), 200, "[]")
        .respond(
            "POST",
            &format!("{PAYMENT}/capture"),
            200,
            &payment("AUTHORIZED", 2500, 2500),
        );
    let vipps = recorder.client();

    let stored: Option<Registration> = None;
    let ensure = vipps
        .webhooks()
        .ensure(URL.parse().unwrap(), [EventType::UserCheckedIn], stored);
    let registration = ensure.delete_first().await.unwrap().into_registration();
    let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
    let receiver = Receiver::new(verifier).deduplicate(MemoryEventStore::default());

    let now = jiff::Timestamp::now();
    let body = json!({"customerToken": TOKEN, "merchantQrId": "machine-1", "msn": "123456",
        "initiatedAt": now.to_string()});
    let signer = Signer::new(URL, SECRET).unwrap();
    let request = signer.sign(now, body.to_string()).unwrap();
    let mut results = Vec::new();
    // The event arrives twice.
    for _ in 0..2 {
        let handle = async |event| {
            let Event::CheckIn(check_in) = event else {
                return Err("an event of another kind".to_owned());
            };
            assert!(check_in.is_fresh(now));
            results.push(
                sell(&vipps, check_in)
                    .await
                    .map_err(|error| error.to_string())?,
            );
            Ok(())
        };
        let status = receiver.handle(&request, handle).await;
        assert_eq!(status, 200, "{}", recorder.to_snapshot());
    }
    assert_eq!(results, [true]);

    let create = recorder.shape_of("create_payment");
    assert_eq!(create.matches("POST ").count(), 1, "{create}");
    for part in [
        r#""userFlow": "PUSH_MESSAGE""#,
        r#""customerToken": "[customerToken 1]""#,
    ] {
        assert!(create.contains(part), "{create}");
    }
    let capture = recorder.shape_of("capture_payment");
    assert_eq!(capture.matches("POST ").count(), 1, "{capture}");
    assert!(capture.contains(r#""value": 2500"#), "{capture}");
    assert!(!recorder.to_snapshot().contains(TOKEN));
}

/// The same flow against the simulator: the customer scans, the webhook arrives twice, and the
/// customer approves the pushed payment.
#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_sticker_charges_the_customer_once() {
    let builder = Simulator::builder().allow_skip_landing_page();
    let sim = builder.start().unwrap();
    let vipps = sim.client();
    let ensure = vipps
        .webhooks()
        .ensure(URL.parse().unwrap(), [EventType::UserCheckedIn], None);
    let registration = ensure.delete_first().await.unwrap().into_registration();
    let verifier = Verifier::new(URL, [registration.expose_secret()]).unwrap();
    let receiver = Receiver::new(verifier).deduplicate(MemoryEventStore::default());
    // The handler passes the check-in on, because the response must not wait for the customer.
    let (sender, mut check_ins) = tokio::sync::mpsc::unbounded_channel();
    let hook = vipps::webhooks::axum::events(receiver, move |event| {
        if let Event::CheckIn(check_in) = event {
            sender.send(check_in).unwrap();
        }
        std::future::ready(Ok::<_, String>(()))
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    sim.route_all(listener.local_addr().unwrap());
    let app: axum::Router = axum::Router::new().route("/hooks/vipps", hook);
    tokio::spawn(async move { axum::serve(listener, app).await });

    let machine = vipps.qr().merchant_callback("machine-1".parse().unwrap());
    machine
        .put("Coffee machine".parse().unwrap())
        .await
        .unwrap();
    let sticker = machine.get().await.unwrap();
    sim.faults().on("user_checked_in").times(1).duplicate();
    let text = sticker.content().unwrap().as_str();
    sim.payer().scan(text).unwrap();
    sim.settled().await;
    assert_eq!(sim.deliveries().len(), 2);

    let check_in = check_ins.recv().await.unwrap();
    assert!(check_ins.try_recv().is_err(), "the event is handled once");
    assert_eq!(check_in.merchant_qr_id, "machine-1");
    assert!(check_in.is_fresh(sim.clock().now()));
    let created = sim.faults().on("create_payment").after_effect().times(1);
    created.reset();
    let sale = tokio::spawn(async move { sell(&vipps, check_in).await });
    while sim.payer().approve("coffee-machine-1-1").is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(sale.await.unwrap().unwrap());
    let account = sim.account("coffee-machine-1-1").unwrap();
    assert_eq!((account.reserved(), account.captured()), (2_500, 2_500));
}
