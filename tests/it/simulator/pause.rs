//! Requests that the test pauses.

use std::sync::Arc;
use std::time::Duration;

use vipps::simulator::{Pause, Simulator};
use vipps::{Amount, OrderId, Vipps};

use super::CAPTURE;

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

/// Starts a capture in a task of its own.
fn capturing(vipps: &Vipps) -> tokio::task::JoinHandle<bool> {
    let capture = vipps.ecom().payment(order()).capture_remaining();
    tokio::spawn(async move { capture.await.is_ok() })
}

/// Waits until every task that is ready has run.
async fn let_tasks_run() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn response_is_paused_after_the_effect() {
    for sim in reserved().await {
        let pause = sim.faults().on(CAPTURE).pause();
        let capture = capturing(&sim.client());
        pause.reached().await;
        let_tasks_run().await;
        assert_eq!((charged(&sim), pause.hits()), (1_000, 1));
        assert!(!capture.is_finished());
        pause.release();
        assert!(capture.await.unwrap());
    }
}

#[tokio::test]
async fn a_request_is_held_before_its_effect() {
    for sim in reserved().await {
        let pause = sim.faults().on(CAPTURE).before_effect().pause();
        let capture = capturing(&sim.client());
        pause.reached().await;
        let_tasks_run().await;
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
