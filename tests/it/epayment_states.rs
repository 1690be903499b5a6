//! The table of states of the ePayment API, through the client and against the simulator: the state
//! and the sums of a payment, what its details allow, and the result of each operation.

use std::time::Duration;

use vipps::epayment::{Modification, Payment, PaymentState};
use vipps::simulator::Simulator;
use vipps::{Amount, Error, Outcome, Vipps};

use crate::epayment::{PAGE, REFERENCE, reference};

/// The sums authorized, captured, cancelled and refunded, in kroner.
type Sums = [i64; 4];

/// The results of a capture of 40 kr, a cancel, a cancel if not approved, and a refund of 40 kr:
/// `ok` or an error code. A cancel of a payment that is cancelled or has ended succeeds, because
/// nothing is left to cancel.
type Results = [&'static str; 4];

/// Payments of 100 kr: name, state, sums, whether they can be captured, cancelled and refunded, and
/// the results.
#[rustfmt::skip] // A table is read with one line for each state.
const TABLE: [(&str, &str, Sums, [bool; 3], Results); 11] = [
    ("created",         "CREATED",    [0, 0, 0, 0],        [false, true, false],  ["6080", "ok", "ok", "6020"]),
    ("authorized",      "AUTHORIZED", [100, 0, 0, 0],      [true, true, false],   ["ok", "ok", "6060", "6020"]),
    ("partly captured", "AUTHORIZED", [100, 40, 0, 0],     [true, true, true],    ["ok", "ok", "6060", "ok"]),
    ("captured",        "AUTHORIZED", [100, 100, 0, 0],    [false, false, true],  ["6170", "6040", "6040", "ok"]),
    ("partly refunded", "AUTHORIZED", [100, 100, 0, 40],   [false, false, true],  ["6170", "6040", "6040", "ok"]),
    ("refunded",        "AUTHORIZED", [100, 100, 0, 100],  [false, false, false], ["6170", "6040", "6040", "6180"]),
    ("rest cancelled",  "AUTHORIZED", [100, 40, 60, 0],    [false, false, true],  ["6070", "ok", "ok", "ok"]),
    ("cancelled",       "AUTHORIZED", [100, 0, 100, 0],    [false, false, false], ["6070", "ok", "ok", "6020"]),
    ("aborted",         "ABORTED",    [0, 0, 0, 0],        [false, false, false], ["6200", "ok", "ok", "6210"]),
    ("expired",         "EXPIRED",    [0, 0, 0, 0],        [false, false, false], ["6200", "ok", "ok", "6210"]),
    ("terminated",      "TERMINATED", [0, 0, 100, 0],      [false, false, false], ["6200", "ok", "ok", "6210"]),
];

const PART: Amount = Amount::nok(40);

/// A payment in that state.
async fn payment_in(state: &str) -> (Simulator, Payment) {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps: Vipps = sim.client();
    let create = vipps.epayment().create(reference(), Amount::nok(100));
    let created = create.web_redirect(PAGE.parse().unwrap()).await.unwrap();
    let payment = created.payment(&vipps);
    match state {
        "created" => {}
        "aborted" => sim.payer().reject(REFERENCE).unwrap(),
        "expired" => sim.clock().advance(Duration::from_secs(601)),
        "terminated" => drop(payment.cancel().await.unwrap()),
        _ => sim.payer().approve(REFERENCE).unwrap(),
    }
    match state {
        "partly captured" | "rest cancelled" => drop(payment.capture(PART).await.unwrap()),
        "captured" | "partly refunded" | "refunded" => {
            payment.capture_remaining().await.unwrap();
        }
        _ => {}
    }
    match state {
        "cancelled" | "rest cancelled" => drop(payment.cancel().await.unwrap()),
        "partly refunded" => drop(payment.refund(PART).await.unwrap()),
        "refunded" => drop(payment.refund_remaining().await.unwrap()),
        _ => {}
    }
    // The limits of 5 requests a minute count from here.
    tokio::time::sleep(Duration::from_secs(61)).await;
    (sim, payment)
}

fn name(result: Result<Modification, Error>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            assert_ne!(error.outcome(), Outcome::NotSent, "{error}");
            error.api_errors()[0].code().unwrap().to_owned()
        }
    }
}

#[tokio::test(start_paused = true)]
async fn details_state_what_the_table_says() {
    for (name, state, sums, can, _) in TABLE {
        let (_sim, payment) = payment_in(name).await;
        let details = payment.details().await.unwrap();
        assert_eq!(
            details.state(),
            &PaymentState::from(state.to_owned()),
            "{name}"
        );
        let stated = details.aggregate();
        let stated = [
            stated.authorized,
            stated.captured,
            stated.cancelled,
            stated.refunded,
        ];
        assert_eq!(
            stated,
            sums.map(|kroner| Some(Amount::nok(kroner))),
            "{name}"
        );
        let found = [
            details.can_capture(),
            details.can_cancel(),
            details.can_refund(),
        ];
        assert_eq!(found, can, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn operations_end_as_the_table_says() {
    for (state, _, _, can, results) in TABLE {
        let [capture, cancel, cancel_unapproved, refund] = results;
        let (sim, payment) = payment_in(state).await;
        let before = sim.account(REFERENCE);
        assert_eq!(
            name(payment.capture(PART).await),
            capture,
            "capture, {state}"
        );
        assert_eq!(sim.account(REFERENCE) != before, capture == "ok", "{state}");
        assert_eq!(can[0], capture == "ok", "can_capture, {state}");

        let (sim, payment) = payment_in(state).await;
        let before = sim.account(REFERENCE);
        assert_eq!(name(payment.refund(PART).await), refund, "refund, {state}");
        assert_eq!(sim.account(REFERENCE) != before, refund == "ok", "{state}");
        assert_eq!(can[2], refund == "ok", "can_refund, {state}");

        let (_sim, payment) = payment_in(state).await;
        assert_eq!(name(payment.cancel().await), cancel, "cancel, {state}");
        let (_sim, payment) = payment_in(state).await;
        let result = payment.cancel().only_if_not_approved().await;
        assert_eq!(
            name(result),
            cancel_unapproved,
            "cancel if not approved, {state}"
        );
    }
}
