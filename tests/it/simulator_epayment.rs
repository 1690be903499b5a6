//! The simulator's ePayment API through the client, from the creation to the refund.

use std::time::Duration;

use serde_json::{Value, json};
use vipps::ecom::TransactionText;
use vipps::epayment::EventName::{Authorized, Captured, Created, Refunded};
use vipps::epayment::{Customer, PaymentState};
use vipps::simulator::{EffectKind, Simulator};
use vipps::{Amount, Currency, Outcome, PhoneNumber, RequestId, Vipps};

const REFERENCE: &str = "acme-shop-123-order123abc";
const CAPTURE: &str = "capture_payment";

fn start() -> (Simulator, Vipps) {
    let sim = Simulator::builder().in_memory().unwrap();
    let vipps = sim.client();
    (sim, vipps)
}

fn payment(vipps: &Vipps) -> vipps::epayment::Payment {
    vipps.epayment().payment(REFERENCE.parse().unwrap())
}

/// Creates a payment with a QR code, and returns the link to its image.
async fn create(vipps: &Vipps, amount: Amount) -> String {
    let create = vipps.epayment().create(REFERENCE.parse().unwrap(), amount);
    let create = create.qr().customer_present();
    let created = create.description("One pair of socks".parse().unwrap());
    let created = created.await.unwrap();
    created.redirect_url().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn till_scans_approves_captures_and_refunds() {
    for amount in [Amount::nok(499), Amount::dkk(499), Amount::eur(499)] {
        let currency = amount.currency();
        let part = |minor_units| Amount::minor(minor_units, currency);
        let (sim, vipps) = start();
        let image = create(&vipps, amount).await;
        sim.payer().scan(&image).unwrap();
        let waiting = payment(&vipps).details().await.unwrap();
        assert_eq!(waiting.state(), &PaymentState::Created);
        sim.payer().approve(&image).unwrap();
        let approved = payment(&vipps).wait().await.unwrap();
        assert_eq!(approved.state(), &PaymentState::Authorized);
        assert_eq!(approved.remaining_to_capture(), Some(amount));

        payment(&vipps).capture(part(10_000)).await.unwrap();
        payment(&vipps).capture_remaining().await.unwrap();
        payment(&vipps).refund(part(9_900)).await.unwrap();
        let refunded = payment(&vipps).refund_remaining().await.unwrap();
        assert_eq!(refunded.amount, Some(part(40_000)));
        let account = sim.account(REFERENCE).unwrap();
        assert_eq!(account.currency(), currency);
        assert_eq!((account.captured(), account.charged()), (49_900, 0));

        let events = payment(&vipps).events().await.unwrap();
        let names: Vec<_> = events
            .iter()
            .map(|event| event.name.clone().unwrap())
            .collect();
        assert_eq!(
            names,
            [Created, Authorized, Captured, Captured, Refunded, Refunded]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn wait_sees_a_rejection_a_cancel_and_the_expiry() {
    let (sim, vipps) = start();
    create(&vipps, Amount::nok(499)).await;
    sim.payer().reject(REFERENCE).unwrap();
    let rejected = payment(&vipps).wait().await.unwrap();
    assert_eq!(rejected.state(), &PaymentState::Aborted);

    let (_sim, vipps) = start();
    create(&vipps, Amount::nok(499)).await;
    payment(&vipps).cancel().await.unwrap();
    let cancelled = payment(&vipps).wait().await.unwrap();
    assert_eq!(cancelled.state(), &PaymentState::Terminated);

    let (sim, vipps) = start();
    create(&vipps, Amount::nok(499)).await;
    sim.clock().advance(Duration::from_secs(600));
    let expired = payment(&vipps).wait().await.unwrap();
    assert_eq!(expired.state(), &PaymentState::Expired);
}

#[tokio::test(start_paused = true)]
async fn ecom_payment_is_captured_and_refunded_by_epayment() {
    let (sim, vipps) = start();
    let text: TransactionText = "One pair of socks".parse().unwrap();
    let order_id: vipps::OrderId = "o-1".parse().unwrap();
    let ecom = vipps.ecom();
    ecom.initiate(order_id.clone(), Amount::nok(499), text)
        .await
        .unwrap();
    sim.payer().approve("o-1").unwrap();
    let payment = vipps.epayment().payment(order_id.clone().into());
    let details = payment.details().await.unwrap();
    assert_eq!(details.state(), &PaymentState::Authorized);
    payment.capture(Amount::nok(100)).await.unwrap();
    payment.refund(Amount::nok(40)).await.unwrap();
    let released = payment.cancel().await.unwrap();
    assert_eq!(released.amount, Some(Amount::nok(399)));
    let account = sim.account("o-1").unwrap();
    assert_eq!((account.charged(), account.released()), (6_000, 39_900));
    // The other API shows the same sums.
    let details = ecom.payment(order_id).details().await.unwrap();
    assert_eq!(details.sums().captured, Amount::nok(100));
    assert_eq!(details.sums().refunded, Amount::nok(40));
}

/// The money has moved, and the response is lost. The retry has the same key.
#[tokio::test(start_paused = true)]
async fn lost_response_moves_the_money_once() {
    let (sim, vipps) = start();
    let lose = |operation: &str| sim.faults().on(operation).times(1).lose_response();
    let lost = [
        lose("create_payment"),
        lose(CAPTURE),
        lose("refund_payment"),
    ];
    create(&vipps, Amount::nok(499)).await;
    sim.payer().approve(REFERENCE).unwrap();
    payment(&vipps).capture(Amount::nok(100)).await.unwrap();
    payment(&vipps).refund(Amount::nok(40)).await.unwrap();
    let account = sim.account(REFERENCE).unwrap();
    for kind in [EffectKind::Reserve, EffectKind::Capture, EffectKind::Refund] {
        assert_eq!(account.count(kind), 1, "{kind:?}");
    }
    assert!(lost.iter().all(|fault| fault.hits() == 1));
    for operation in ["create_payment", CAPTURE, "refund_payment"] {
        let entries = sim.journal().entries();
        let sent = entries
            .iter()
            .filter(|entry| entry.operation() == Some(operation));
        let keys: Vec<_> = sent
            .filter_map(|entry| entry.header("idempotency-key"))
            .collect();
        assert_eq!(keys.len(), 2, "{operation}");
        assert_eq!(keys[0], keys[1], "{operation}");
    }
}

#[tokio::test(start_paused = true)]
async fn locked_payment_is_captured_after_a_moment() {
    let (sim, vipps) = start();
    create(&vipps, Amount::nok(499)).await;
    sim.payer().approve(REFERENCE).unwrap();
    sim.faults().on(CAPTURE).times(2).epayment_error("6160");
    payment(&vipps).capture_remaining().await.unwrap();
    assert_eq!(sim.journal().count(CAPTURE), 3);
    assert_eq!(sim.account(REFERENCE).unwrap().captured(), 49_900);
}

#[tokio::test(start_paused = true)]
async fn failed_capture_is_retried_later_with_its_key() {
    let (sim, vipps) = start();
    create(&vipps, Amount::nok(499)).await;
    sim.payer().approve(REFERENCE).unwrap();
    sim.faults().on(CAPTURE).times(1).epayment_error("6280");
    let key: vipps::RequestId = "capture-1".parse().unwrap();
    let capture = || {
        payment(&vipps)
            .capture(Amount::nok(499))
            .idempotency_key(key.clone())
    };
    let failed = capture().await.unwrap_err();
    assert!(failed.has_code("6280"));
    assert_eq!(failed.outcome(), Outcome::Rejected);
    capture().await.unwrap();
    assert_eq!(sim.account(REFERENCE).unwrap().captured(), 49_900);
}

#[tokio::test(start_paused = true)]
async fn push_message_reaches_the_customer_of_the_phone_number() {
    let sim = Simulator::builder()
        .allow_skip_landing_page()
        .in_memory()
        .unwrap();
    let vipps = sim.client();
    let number = PhoneNumber::parse("+45 98 76 54 32").unwrap();
    let create = vipps
        .epayment()
        .create(REFERENCE.parse().unwrap(), Amount::dkk(499));
    let created = create
        .push_message(Customer::PhoneNumber(number))
        .await
        .unwrap();
    assert_eq!(created.redirect_url(), None);
    sim.payer().approve(REFERENCE).unwrap();
    let approved = created.payment(&vipps).wait().await.unwrap();
    assert_eq!(
        approved.amount(),
        Some(Amount::minor(49_900, Currency::DKK))
    );
}

/// The journal shows neither the token in the link nor the customer.
#[tokio::test(start_paused = true)]
async fn journal_hides_links_and_customers() {
    let sim = Simulator::builder()
        .allow_skip_landing_page()
        .in_memory()
        .unwrap();
    let vipps = sim.client();
    let image = create(&vipps, Amount::nok(499)).await;
    let (_, token) = image.split_once("token=").unwrap();
    let reference = "acme-shop-123-push".parse().unwrap();
    let customer = Customer::PhoneNumber(PhoneNumber::parse("+4791234567").unwrap());
    let push = vipps.epayment().create(reference, Amount::nok(499));
    push.push_message(customer)
        .scope("name phoneNumber".parse().unwrap())
        .await
        .unwrap();
    sim.payer().approve("acme-shop-123-push").unwrap();
    let reference = "acme-shop-123-push".parse().unwrap();
    vipps.epayment().payment(reference).details().await.unwrap();
    let shown = format!("{:?}", sim.journal().entries());
    assert!(
        shown.contains("acme-shop-123-push") && shown.contains(r#"\"state\":\"AUTHORIZED\""#),
        "{shown}"
    );
    for secret in [token, "4791234567", "Lovelace"] {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

/// The control API acts on a payment of either API.
#[tokio::test]
async fn control_api_approves_by_reference_and_shows_the_currency() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let vipps = sim.client();
    create(&vipps, Amount::dkk(499)).await;
    let http = reqwest::Client::new();
    let orders = format!("{}/_simulator/orders/{REFERENCE}", sim.base_url());
    let scan = http.post(format!("{orders}/scan")).json(&json!({}));
    assert_eq!(scan.send().await.unwrap().status(), 200);
    let approve = http.post(format!("{orders}/approve")).json(&json!({}));
    let approved: Value = approve.send().await.unwrap().json().await.unwrap();
    assert_eq!(approved["status"], "reserved");
    assert_eq!(
        (&approved["currency"], &approved["amount"]),
        (&json!("DKK"), &json!(49_900))
    );
    let faults = format!("{}/_simulator/faults", sim.base_url());
    let fault = json!({"operation": CAPTURE, "kind": "epaymentError", "code": "6260"});
    assert_eq!(
        http.post(faults)
            .json(&fault)
            .send()
            .await
            .unwrap()
            .status(),
        201
    );
    let failed = payment(&vipps).capture(Amount::dkk(499)).await.unwrap_err();
    assert!(failed.has_code("6260"));
}

#[tokio::test(start_paused = true)]
async fn repeat_with_another_amount_is_refused() {
    let (sim, vipps) = start();
    let key: RequestId = "order-123-create".parse().unwrap();
    let create = |amount| {
        let create = vipps.epayment().create(REFERENCE.parse().unwrap(), amount);
        create.qr().customer_present().idempotency_key(key.clone())
    };
    create(Amount::nok(499)).await.unwrap();
    let error = create(Amount::nok(500)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
    assert!(error.needs_new_key() && !error.is_retryable());
    sim.payer().approve(REFERENCE).unwrap();

    payment(&vipps).capture_remaining().await.unwrap();
    payment(&vipps).refund_remaining().await.unwrap();
    let error = payment(&vipps).capture(Amount::nok(1)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
    let error = payment(&vipps).refund(Amount::nok(1)).await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected, "{error}");
    assert!(error.needs_new_key() && !error.is_retryable());
}
