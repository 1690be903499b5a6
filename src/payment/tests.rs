//! The mechanism with a payment of no API in this crate, whose response states its state.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::evidence::{Evidence, UnconfirmedOperation};
use super::*;
use crate::call::{BoxFuture, CallOptions};
use crate::error::{Outcome, Result};
use crate::runtime::Runtime;

#[derive(Clone, Debug, PartialEq)]
struct Payment(&'static str);

impl Snapshot for Payment {
    fn as_of(&self) -> Option<jiff::Timestamp> {
        None
    }

    fn decision(&self, _: jiff::Timestamp) -> Decision {
        match self.0 {
            "CREATED" => Decision::Pending,
            "AUTHORIZED" | "ABORTED" => Decision::Made,
            _ => Decision::Unknown,
        }
    }

    fn is_scanned(&self) -> bool {
        false
    }
}

fn runtime() -> Runtime {
    let keys = [
        "client-id",
        "secret",
        "0123456789abcdef0123456789abcdef",
        "123456",
    ];
    let credentials =
        crate::Credentials::new(keys[0], keys[1], keys[2], keys[3].parse().unwrap()).unwrap();
    let vipps = crate::Vipps::builder(credentials).build().unwrap();
    vipps.runtime().clone()
}

/// Polls a payment that has each of these states for one poll.
fn poll(states: Vec<&'static str>, total: Duration) -> Poll<Payment> {
    let states = Mutex::new(states.into_iter());
    let read = move |_| {
        let state = states.lock().unwrap().next().unwrap_or("CREATED");
        Box::pin(async move { Ok(Payment(state)) }) as BoxFuture<_>
    };
    Poll::new(runtime(), PollInterval::Till, total, Box::new(read))
}

#[tokio::test(start_paused = true)]
async fn a_stated_decision_is_the_last_step() {
    let mut poll = poll(vec!["CREATED", "CREATED", "AUTHORIZED"], Duration::MAX);
    let first = poll.next().await.unwrap().unwrap();
    assert!(matches!(first, PollEvent::Waiting(Payment("CREATED"))));
    let last = poll.next().await.unwrap().unwrap();
    assert!(matches!(last, PollEvent::Decided(Payment("AUTHORIZED"))));
    assert!(poll.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn unknown_state_is_inconclusive() {
    let mut poll = poll(vec!["NEW_STATE"; 10], Duration::from_secs(5));
    assert!(matches!(poll.next().await, Some(Ok(PollEvent::Waiting(_)))));
    let error = poll.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("unknown"), "{error}");
    assert!(poll.next().await.is_none());
}

/// A history with one conclusion, which counts how often it is read.
#[derive(Debug)]
struct Fixed {
    reads: Arc<AtomicUsize>,
    evidence: Evidence,
}

impl History<Payment> for Fixed {
    fn look_up(
        &self,
        _: &UnconfirmedOperation,
        _: CallOptions,
    ) -> BoxFuture<Result<Option<(Evidence, Payment)>>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        let evidence = self.evidence;
        Box::pin(async move { Ok(Some((evidence, Payment("AUTHORIZED")))) })
    }
}

async fn reconcile(evidence: Evidence) -> (Reconciled<Payment>, usize) {
    let reads = Arc::new(AtomicUsize::new(0));
    let history = Fixed {
        reads: reads.clone(),
        evidence,
    };
    let found = Reconcile::of_stored(runtime(), UnconfirmedOperation::Cancel, history, None).await;
    (found, reads.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_proven_effect_is_returned_at_once() {
    let (found, reads) = reconcile(Evidence::TookEffect).await;
    assert!(matches!(found, Reconciled::TookEffect(_)));
    assert_eq!(reads, 1);
}

#[tokio::test(start_paused = true)]
async fn no_effect_is_concluded_30_s_later() {
    let begun = tokio::time::Instant::now();
    let (found, reads) = reconcile(Evidence::NoEffect).await;
    assert!(matches!(found, Reconciled::NoEffect));
    assert_eq!(begun.elapsed().as_secs(), 30);
    assert!(reads > 1);
}

#[tokio::test(start_paused = true)]
async fn inconclusive_evidence_stays_unknown() {
    let (found, _) = reconcile(Evidence::Inconclusive("the sums differ")).await;
    let Reconciled::StillUnknown(error) = found else {
        panic!("{found:?}")
    };
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.to_string().contains("the sums differ"));
}
