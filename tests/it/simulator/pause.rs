//! Requests that the test pauses, and responses with values of later API versions.

use std::sync::Arc;
use std::time::Duration;

use vipps::ecom::Operation;
use vipps::simulator::{Fault, Pause, Simulator};
use vipps::{Amount, OrderId, Vipps};

use super::CAPTURE;

const DETAILS: &str = "get_payment_details_using_get";

fn order() -> OrderId {
    "order-1".parse().unwrap()
}

/// A simulator with an order that waits for its capture, over a socket and without one.
async fn reserved() -> Vec<Arc<Simulator>> {
    let sims = [
        Simulator::start().unwrap(),
        Simulator::builder().in_memory().unwrap(),
    ];
    for sim in &sims {
        let (price, text) = (Amount::nok(10), "Socks".parse().unwrap());
        let started = sim.client().ecom().initiate(order(), price, text).await;
        started.unwrap();
        sim.payer().approve("order-1").unwrap();
    }
    sims.into_iter().map(Arc::new).collect()
}

fn charged(sim: &Simulator) -> i64 {
    sim.account("order-1").unwrap().charged()
}

/// Captures aside, as long as it takes.
fn capturing(vipps: &Vipps) -> tokio::task::JoinHandle<bool> {
    let capture = vipps.ecom().payment(order()).capture();
    tokio::spawn(async move { capture.await.is_ok() })
}

/// Everything that is ready has its turn.
async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn response_is_paused_after_the_effect() {
    for sim in reserved().await {
        let pause = sim.faults().on(CAPTURE).pause();
        let capture = capturing(&sim.client());
        pause.reached().await;
        a_moment().await;
        assert_eq!((charged(&sim), pause.hits()), (1_000, 1));
        assert!(!capture.is_finished());
        pause.release();
        assert!(capture.await.unwrap());
    }
}

#[tokio::test]
async fn a_request_is_held_before_its_effect() {
    for sim in reserved().await {
        let pause = sim.faults().on(CAPTURE).before_commit().pause();
        let capture = capturing(&sim.client());
        pause.reached().await;
        a_moment().await;
        assert_eq!(charged(&sim), 0);
        assert!(!capture.is_finished());
        pause.release();
        assert!(capture.await.unwrap());
        assert_eq!(charged(&sim), 1_000);
    }
}

/// Every way of ending a rule releases the requests that it pauses.
#[tokio::test]
async fn removed_rule_pauses_no_request() {
    let ends: [fn(&Simulator, Pause); 2] = [
        |_, pause| drop(pause),
        |sim, pause| {
            sim.faults().clear();
            std::mem::forget(pause);
        },
    ];
    for end in ends {
        for sim in reserved().await {
            let pause = sim.faults().on(CAPTURE).pause();
            let capture = capturing(&sim.client());
            pause.reached().await;
            end(&sim, pause);
            assert!(capture.await.unwrap());
        }
    }
}

/// A new word is put in place of a whole text, wherever it stands, and of no part of one.
#[tokio::test]
async fn paused_response_can_be_replaced() {
    for sim in reserved().await {
        let payment = sim.client().ecom().payment(order());
        let news: Vec<Fault> = [("RESERVE", "PREAUTHORISE"), ("SERVE", "x")]
            .into_iter()
            .map(|(text, with)| sim.faults().on(DETAILS).nth(1).replace(text, with))
            .collect();
        let details = payment.details().await.unwrap();
        let operations: Vec<_> = details
            .events()
            .iter()
            .map(|e| e.operation.clone())
            .collect();
        let new = Operation::Unknown("PREAUTHORISE".to_owned());
        assert_eq!(operations, [Some(new), Some(Operation::Initiate)]);
        assert_eq!(news[0].hits(), 1);
        let entry = sim.journal().entries().pop().unwrap();
        assert!(
            entry
                .note()
                .unwrap()
                .contains("PREAUTHORISE in place of RESERVE")
        );

        // The second rule finds no text like its own.
        let details = payment.details().await.unwrap();
        assert_eq!(news[1].hits(), 1);
        assert_eq!(details.events()[0].operation, Some(Operation::Reserve));
    }
}

/// A number is no text, even if it reads like one.
#[tokio::test]
async fn only_texts_are_replaced() {
    let sim = &reserved().await[0];
    sim.faults().on(DETAILS).replace("1000", "2000");
    let details = sim
        .client()
        .ecom()
        .payment(order())
        .details()
        .await
        .unwrap();
    assert_eq!(details.events()[0].amount, Some(Amount::nok(10)));
}
