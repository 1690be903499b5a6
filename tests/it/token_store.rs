//! The token store: processes share tokens through it, and a store that fails never fails a call.
//! Each client in this file represents a process.

use std::time::Duration;

use crate::store::{FakeStore, StoreFault};
use tokio::time::Instant;
use vipps::simulator::{InMemory, Simulator};
use vipps::token_store::{StoredToken, TokenStore, TokenStoreFuture};
use vipps::{ErrorKind, RetryPolicy, Vipps, VippsBuilder};

const TOKEN: &str = "fetch_authorization_token_using_post";
const LIST: &str = "get_merchant_callback_qrs";
/// The duration of a token request, and of any other request.
const FETCH_TIME: Duration = Duration::from_millis(200);
const CALL_TIME: Duration = Duration::from_millis(50);
const HOUR: Duration = Duration::from_secs(3600);

/// A simulator, and a store for its clients.
struct Setup {
    sim: Simulator,
    network: InMemory,
    store: FakeStore,
}

impl Setup {
    fn new() -> Self {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        sim.faults().on(TOKEN).delay(FETCH_TIME);
        sim.faults().on(LIST).delay(CALL_TIME);
        Self {
            network: sim.transport(),
            sim,
            store: FakeStore::default(),
        }
    }

    fn builder(&self) -> VippsBuilder {
        Vipps::builder(self.sim.credentials())
            .environment(self.sim.environment())
            .transport(self.network.clone())
            .clock(self.network.clone())
    }

    fn process(&self) -> Vipps {
        let builder = self.builder().token_store(self.store.clone());
        builder.build().unwrap()
    }

    fn processes(&self, count: usize) -> Vec<Vipps> {
        (0..count).map(|_| self.process()).collect()
    }

    fn token_requests(&self) -> usize {
        self.sim.journal().count(TOKEN)
    }
}

/// Makes a call that needs a token.
async fn call(vipps: &Vipps) -> vipps::Result<()> {
    vipps.qr().merchant_callbacks().await.map(drop)
}

/// Makes `calls` calls in each process, all at once. Returns the duration of each call.
async fn all(processes: &[Vipps], calls: usize) -> Vec<Duration> {
    let calls: Vec<_> = (0..calls)
        .flat_map(|_| processes)
        .map(|vipps| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let start_time = Instant::now();
                call(&vipps).await.unwrap();
                start_time.elapsed()
            })
        })
        .collect();
    let mut times = Vec::new();
    for call in calls {
        times.push(call.await.unwrap());
    }
    times
}

fn sum(processes: &[Vipps], of: impl Fn(vipps::Metrics) -> u64) -> u64 {
    processes.iter().map(|vipps| of(vipps.metrics())).sum()
}

#[tokio::test(start_paused = true)]
async fn processes_that_start_later_take_the_stored_token() {
    for latency in [0, 5, 120] {
        let setup = Setup::new();
        let slow = StoreFault::Slow(Duration::from_millis(latency));
        setup.store.set_fault(slow);
        let processes = setup.processes(20);
        all(&processes[..1], 50).await;
        all(&processes[1..], 50).await;
        assert_eq!(setup.token_requests(), 1, "{latency} ms");
        assert_eq!(sum(&processes, |m| m.tokens_fetched), 1);
        assert_eq!(sum(&processes, |m| m.tokens_shared), 19);
        assert_eq!(sum(&processes, |m| m.token_store_failures), 0);
        assert_eq!(sum(&processes, |m| m.replays), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn processes_that_start_together_do_not_wait_for_each_other() {
    let setup = Setup::new();
    let processes = setup.processes(3);
    for time in all(&processes, 50).await {
        assert_eq!(time, FETCH_TIME + CALL_TIME);
    }
    assert_eq!(setup.token_requests(), 3);
    // All three tokens are valid, and the one that was saved last serves the next process.
    all(&processes, 10).await;
    all(&setup.processes(3), 10).await;
    assert_eq!(setup.token_requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_token_does_not_use_the_store() {
    let setup = Setup::new();
    let vipps = setup.process();
    call(&vipps).await.unwrap();
    // One load and one save.
    assert_eq!(setup.store.calls(), 2);
    all(&[vipps], 1000).await;
    assert_eq!(setup.store.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_token_is_saved_before_the_first_call_is_sent() {
    let setup = Setup::new();
    let save = Duration::from_millis(700);
    setup.store.set_fault(StoreFault::Slow(save));
    // One load, the fetch, one save.
    let times = all(&[setup.process()], 1).await;
    assert_eq!(times, [save + FETCH_TIME + save + CALL_TIME]);
    let key = setup.store.only_key();
    assert!(setup.store.stored(&key).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_refresh_takes_the_token_of_a_process_that_refreshed_before() {
    let setup = Setup::new();
    let processes = setup.processes(2);
    all(&processes[..1], 1).await;
    all(&processes[1..], 1).await;
    for round in 2..=5 {
        tokio::time::advance(Duration::from_secs(3600 - 61)).await;
        for process in &processes {
            // No call waits for the refresh.
            assert_eq!(all(std::slice::from_ref(process), 1).await, [CALL_TIME]);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert_eq!(setup.token_requests(), round);
    }
    assert_eq!(processes[1].metrics().tokens_shared, 5);
}

#[tokio::test(start_paused = true)]
async fn refresh_ignores_a_stored_token_that_gains_under_a_minute() {
    for (gain, requests) in [(59, 2), (61, 1)] {
        let setup = Setup::new();
        let vipps = setup.process();
        call(&vipps).await.unwrap();
        let key = setup.store.only_key();
        let own = setup.store.stored(&key).await.unwrap();
        // The client counts the lifetime from the start of the request, and stops 10 s before its
        // end.
        let usable = own.expires_in().saturating_sub(Duration::from_secs(10));
        let stored = (usable + Duration::from_secs(gain)).saturating_sub(CALL_TIME);
        let token = own.access_token().to_owned();
        setup.store.put(&key, &token, stored).await;
        tokio::time::advance(Duration::from_secs(3600 - 61)).await;
        all(&[vipps], 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(setup.token_requests(), requests, "{gain}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_that_expires_within_a_minute_is_not_taken() {
    for (left, requests) in [(59, 2), (60, 1)] {
        let setup = Setup::new();
        call(&setup.process()).await.unwrap();
        let stored = setup.store.stored(&setup.store.only_key()).await.unwrap();
        let left = Duration::from_secs(left);
        tokio::time::advance(stored.expires_in().saturating_sub(left)).await;
        all(&[setup.process()], 5).await;
        assert_eq!(setup.token_requests(), requests, "{left:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_not_taken_from_the_store_again() {
    let setup = Setup::new();
    let vipps = setup.process();
    call(&vipps).await.unwrap();
    setup.sim.revoke_tokens();
    // The refused token is still in the store.
    all(std::slice::from_ref(&vipps), 10).await;
    assert_eq!(setup.token_requests(), 2);
    assert_eq!(vipps.metrics().tokens_shared, 0);
    assert_eq!(vipps.metrics().replays, 10);
}

#[tokio::test(start_paused = true)]
async fn after_a_401_another_process_takes_the_new_token() {
    let setup = Setup::new();
    let processes = setup.processes(2);
    all(&processes[..1], 1).await;
    all(&processes[1..], 1).await;
    for round in 2..=5 {
        setup.sim.revoke_tokens();
        all(&processes[..1], 20).await;
        all(&processes[1..], 20).await;
        assert_eq!(setup.token_requests(), round);
    }
    assert_eq!(sum(&processes, |m| m.replays), 4 * 2 * 20);
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_that_is_refused_too_costs_a_second_replay() {
    let setup = Setup::new();
    let processes = setup.processes(2);
    all(&processes[..1], 1).await;
    all(&processes[1..], 1).await;
    setup.sim.revoke_tokens();
    all(&processes[..1], 1).await;
    // The stored token is newer than the token of the second process, and also revoked.
    setup.sim.revoke_tokens();
    all(&processes[1..], 10).await;
    assert_eq!(setup.token_requests(), 3);
    assert_eq!(processes[1].metrics().replays, 20);
}

#[tokio::test(start_paused = true)]
async fn a_fetched_token_that_is_refused_too_costs_no_second_replay() {
    let setup = Setup::new();
    setup.sim.faults().clear();
    setup.sim.faults().on(LIST).status(401);
    let vipps = setup.process();
    let error = call(&vipps).await.unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(401), 2));
    assert_eq!(vipps.metrics().replays, 1);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_costs_no_time_and_is_paused_for_30_s() {
    let setup = Setup::new();
    setup.store.set_fault(StoreFault::Down);
    let processes = setup.processes(4);
    for time in all(&processes, 10).await {
        assert_eq!(time, FETCH_TIME + CALL_TIME);
    }
    assert_eq!(setup.token_requests(), 4);
    let failures = || sum(&processes, |m| m.token_store_failures);
    assert_eq!((failures(), setup.store.calls()), (4, 4));

    tokio::time::advance(Duration::from_secs(29)).await;
    setup.sim.revoke_tokens();
    all(&processes, 10).await;
    assert_eq!((setup.token_requests(), setup.store.calls()), (8, 4));
    tokio::time::advance(Duration::from_secs(2)).await;
    setup.sim.revoke_tokens();
    all(&processes, 10).await;
    assert_eq!((setup.token_requests(), setup.store.calls()), (12, 8));

    // After the pause, a store that works is used again.
    setup.store.set_fault(StoreFault::None);
    tokio::time::advance(Duration::from_secs(31)).await;
    setup.sim.revoke_tokens();
    all(&processes[..1], 10).await;
    all(&processes[1..], 10).await;
    assert_eq!((setup.token_requests(), failures()), (13, 8));
}

#[tokio::test(start_paused = true)]
async fn failing_store_delays_a_call_by_at_most_one_second() {
    for (fault, max_time) in [
        (StoreFault::Silent, Duration::from_secs(1)),
        (StoreFault::Slow(HOUR), Duration::from_secs(1)),
        (
            StoreFault::Slow(Duration::from_millis(900)),
            Duration::from_millis(1800),
        ),
        (StoreFault::ResponseLost, Duration::ZERO),
    ] {
        // During the load, and during the fetch, so that the save fails.
        for after in [0, 100] {
            let setup = Setup::new();
            let changing = setup.store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                changing.set_fault(fault);
            });
            tokio::task::yield_now().await;
            for time in all(&[setup.process()], 10).await {
                let max_time = max_time + FETCH_TIME + CALL_TIME;
                assert!(time <= max_time, "{fault:?} after {after} ms: {time:?}");
            }
            assert_eq!(setup.token_requests(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stored_text_that_is_not_a_token_is_replaced() {
    let setup = Setup::new();
    call(&setup.process()).await.unwrap();
    let key = setup.store.only_key();
    for text in ["", " ", "a\nb", "\u{0}\u{fffd}"] {
        let requests = setup.token_requests();
        setup.store.put(&key, text, HOUR).await;
        let processes = setup.processes(2);
        all(&processes[..1], 5).await;
        all(&processes[1..], 5).await;
        assert_eq!(setup.token_requests(), requests + 1, "{text:?}");
        assert_eq!(sum(&processes, |m| m.token_store_failures + m.replays), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn refused_stored_token_costs_one_replay() {
    let setup = Setup::new();
    call(&setup.process()).await.unwrap();
    let key = setup.store.only_key();
    setup.store.put(&key, "forged", Duration::MAX).await;
    let vipps = setup.process();
    all(std::slice::from_ref(&vipps), 5).await;
    assert_eq!((setup.token_requests(), vipps.metrics().replays), (2, 5));
    let stored = setup.store.stored(&key).await.unwrap();
    assert_ne!(stored.access_token(), "forged");
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_is_used_for_seven_days_at_most() {
    let setup = Setup::new();
    let other_process = setup.process();
    call(&other_process).await.unwrap();
    let key = setup.store.only_key();
    let token = setup.store.stored(&key).await.unwrap();
    setup
        .store
        .put(&key, token.access_token(), Duration::MAX)
        .await;
    let vipps = setup.process();
    call(&vipps).await.unwrap();
    assert_eq!(
        (setup.token_requests(), vipps.metrics().tokens_shared),
        (1, 1)
    );
    setup.store.put(&key, "", Duration::ZERO).await;
    tokio::time::advance(Duration::from_secs(7 * 24 * 3600)).await;
    call(&vipps).await.unwrap();
    // Without the limit, the client would replace the token only after a refusal, which counts as a
    // replay.
    assert_eq!((setup.token_requests(), vipps.metrics().replays), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn the_16_newest_refused_tokens_are_not_taken() {
    let setup = Setup::new();
    let vipps = setup.process();
    call(&vipps).await.unwrap();
    let key = setup.store.only_key();
    let refuse = async |stored: &str, calls| {
        setup.store.put(&key, stored, HOUR * 2).await;
        setup.sim.revoke_tokens();
        let replays = vipps.metrics().replays;
        // All calls are refused with the same tokens.
        all(std::slice::from_ref(&vipps), calls).await;
        (vipps.metrics().replays - replays) / u64::try_from(calls).unwrap()
    };
    // Each round refuses the client's own token and the stored token, so nine rounds refuse 18
    // tokens.
    for round in 1..=9 {
        assert_eq!(refuse(&format!("forged-{round}"), 20).await, 2, "{round}");
    }
    assert_eq!(refuse("forged-9", 1).await, 1);
    assert_eq!(refuse("forged-3", 1).await, 1);
    assert_eq!(refuse("forged-1", 1).await, 2);
}

#[tokio::test(start_paused = true)]
async fn the_saved_lifetime_counts_from_the_token_request() {
    let setup = Setup::new();
    setup.sim.faults().clear();
    setup.sim.faults().on(TOKEN).delay(Duration::from_secs(5));
    call(&setup.process()).await.unwrap();
    let stored = setup.store.stored(&setup.store.only_key()).await.unwrap();
    let left = HOUR.saturating_sub(Duration::from_secs(5));
    let shortest = left.saturating_sub(Duration::from_secs(2));
    assert!(
        (shortest..=left).contains(&stored.expires_in()),
        "{stored:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_expires_within_a_minute_is_not_saved() {
    for (lifetime, calls) in [(59, 1), (62, 2)] {
        let builder = Simulator::builder().freeze_clock();
        let builder = builder.token_lifetime(Duration::from_secs(lifetime));
        let sim = builder.in_memory().unwrap();
        let store = FakeStore::default();
        let builder = sim.client_builder().token_store(store.clone());
        let _ = call(&builder.build().unwrap()).await;
        // A load, and the save.
        assert_eq!(store.calls(), calls, "{lifetime}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_environment_and_set_of_keys_has_its_own_entry() {
    let setup = Setup::new();
    let mut others = Vec::new();
    for seed in 1..3 {
        let sim = Simulator::builder().seed(seed).in_memory().unwrap();
        let builder = sim.client_builder().token_store(setup.store.clone());
        call(&builder.build().unwrap()).await.unwrap();
        others.push(sim);
    }
    call(&setup.process()).await.unwrap();
    assert_eq!(setup.token_requests(), 1);
    for sim in &others {
        assert_eq!(sim.journal().count(TOKEN), 1);
    }
    let keys = setup.store.keys();
    assert_eq!(keys.len(), 3, "{keys:?}");
    for key in &keys {
        let hash = key.strip_prefix("vipps:token:v2:").unwrap();
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    let scopes = |change: [&str; 4], msn: &str| {
        let [url, id, secret, key] = change;
        let store = FakeStore::default();
        let keys = vipps::Credentials::new(id, secret, key, msn.parse().unwrap()).unwrap();
        let vipps = Vipps::builder(keys)
            .environment(vipps::Environment::custom(url).unwrap())
            .transport(setup.network.clone())
            .retry(RetryPolicy::none())
            .token_store(store.clone());
        (store, vipps.build().unwrap())
    };
    let base = ["https://one.example", "id", "secret", "key"];
    let mut keys = std::collections::BTreeSet::new();
    for (changed, msn) in [
        (base, "123456"),
        (["https://two.example", "id", "secret", "key"], "123456"),
        (["https://one.example", "other", "secret", "key"], "123456"),
        (["https://one.example", "id", "other", "key"], "123456"),
        (["https://one.example", "id", "secret", "other"], "123456"),
        (["https://one.example", "ids", "ecret", "key"], "123456"),
        // The sales unit makes no difference.
        (base, "654321"),
    ] {
        let (store, vipps) = scopes(changed, msn);
        call(&vipps).await.unwrap_err();
        keys.insert(store.only_key());
    }
    assert_eq!(keys.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_of_a_call_ends_its_wait_for_the_store() {
    let setup = Setup::new();
    setup.store.set_fault(StoreFault::Silent);
    let vipps = setup.process();
    let start_time = Instant::now();
    let deadline = Duration::from_millis(500);
    let error = vipps.qr().merchant_callbacks().deadline(deadline).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(start_time.elapsed(), deadline);
}

/// A store that panics when it loads, or when it saves.
#[derive(Debug)]
struct PanickingStore {
    at_load: bool,
}

impl TokenStore for PanickingStore {
    fn load<'a>(&'a self, _: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>> {
        assert!(!self.at_load, "the store panics at a load");
        Box::pin(async { Ok(None) })
    }

    fn save<'a>(&'a self, _: &'a str, _: &'a StoredToken) -> TokenStoreFuture<'a, ()> {
        Box::pin(async { panic!("the store panics at a save") })
    }
}

#[tokio::test(start_paused = true)]
async fn store_that_panics_costs_no_time_and_fails_no_call() {
    for at_load in [true, false] {
        let setup = Setup::new();
        let store = PanickingStore { at_load };
        let vipps = setup.builder().token_store(store).build().unwrap();
        let times = all(std::slice::from_ref(&vipps), 5).await;
        assert!(times.iter().all(|time| *time <= FETCH_TIME + CALL_TIME));
        assert_eq!(setup.token_requests(), 1);
        assert_eq!(vipps.metrics().token_store_failures, 1);
    }
}
