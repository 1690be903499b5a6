//! A single call does not exceed the documented limits per order and minute.

use std::time::Duration;

use crate::support::id;
use vipps::simulator::Simulator;
use vipps::{Amount, ErrorKind, Outcome};

/// The most requests of an operation in any 60 seconds.
fn most_in_a_minute(sim: &Simulator, operation: &str) -> usize {
    let entries = sim.journal().entries();
    let of_operation = entries.iter().filter(|e| e.operation() == Some(operation));
    let times: Vec<_> = of_operation.map(vipps::simulator::Entry::time).collect();
    let within = |start: &jiff::Timestamp| {
        let end = start
            .checked_add(jiff::SignedDuration::from_secs(60))
            .unwrap();
        times
            .iter()
            .filter(|time| (*start..end).contains(time))
            .count()
    };
    times.iter().map(within).max().unwrap_or_default()
}

/// Two refusals use up the limit of an initiate, so the replay with a new token waits for the next
/// minute.
#[tokio::test(start_paused = true)]
async fn replay_after_401_waits_for_the_rate_limit() {
    const INITIATE: &str = "initiate_payment_v3_using_post";
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    sim.faults().on(INITIATE).times(1).status(429);
    sim.faults().on(INITIATE).times(1).status(401);
    let initiate = || {
        let order = vipps
            .ecom()
            .initiate(id(), Amount::nok(200), crate::support::text());
        order.deadline(Duration::from_secs(90))
    };
    initiate().await.unwrap();
    assert_eq!(sim.journal().count(INITIATE), 3);
    assert_eq!(most_in_a_minute(&sim, INITIATE), 2);

    // With a short deadline, the call ends before a third request.
    sim.faults().on(INITIATE).times(1).status(429);
    sim.faults().on(INITIATE).times(1).status(401);
    let start_time = tokio::time::Instant::now();
    let error = initiate()
        .deadline(Duration::from_secs(30))
        .await
        .unwrap_err();
    // The call does not wait for a request that could only be sent after the deadline.
    assert!(start_time.elapsed() < Duration::from_secs(10));
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert_eq!(error.operation(), Some(INITIATE));
    assert_eq!(error.outcome(), Outcome::NotSent);
    assert_eq!(sim.journal().count(INITIATE), 5);
}

/// A cancel reads the details after a lost response and is sent again. All its requests count
/// together.
#[tokio::test(start_paused = true)]
async fn rounds_of_a_cancel_share_one_rate_limit() {
    const CANCEL: &str = "cancel_payment_request_using_put";
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let order = vipps
        .ecom()
        .initiate(id(), Amount::nok(200), crate::support::text());
    order.await.unwrap();
    sim.payer().approve("acme-shop-123").unwrap();
    sim.faults().on(CANCEL).times(2).status(429);
    sim.faults().on(CANCEL).times(3).lose_request();
    let cancel = vipps.ecom().payment(id()).cancel();
    let policy = vipps::RetryPolicy::default().attempts(4);
    let cancel = cancel.retry(policy).deadline(Duration::from_secs(600));
    cancel.await.unwrap();
    assert_eq!(sim.journal().count(CANCEL), 6);
    assert!(most_in_a_minute(&sim, CANCEL) <= 5);
}

/// Five lost requests use up the limit of a cancel, so the sixth waits until the first is a minute
/// old.
#[tokio::test(start_paused = true)]
async fn epayment_cancel_rounds_share_one_rate_limit() {
    const CANCEL: &str = "cancel_payment";
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    let reference: vipps::Reference = "acme-shop-123".parse().unwrap();
    let create = vipps
        .epayment()
        .create(reference.clone(), Amount::nok(200))
        .qr();
    create.await.unwrap();
    sim.payer().approve("acme-shop-123").unwrap();
    sim.faults().on(CANCEL).times(5).lose_request();
    let cancel = vipps.epayment().payment(reference).cancel();
    let policy = vipps::RetryPolicy::default().attempts(6);
    let cancel = cancel.retry(policy).deadline(Duration::from_secs(90));
    cancel.await.unwrap();
    assert_eq!(sim.journal().count(CANCEL), 6);
    assert_eq!(most_in_a_minute(&sim, CANCEL), 5);
}
