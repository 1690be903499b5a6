//! The token store: one token request for a fleet, and no outage when it fails. Each client here stands for a process.

use std::future::Future;
use std::time::Duration;

use crate::polled::Polled;
use crate::store::{FakeStore, Weather};
use tokio::time::Instant;
use vipps::simulator::{Fault, InMemory, Simulator};
use vipps::{ErrorKind, RetryPolicy, Vipps, VippsBuilder};

const TOKEN: &str = "fetch_authorization_token_using_post";
const LIST: &str = "get_merchant_callback_qrs";
/// What a token request takes here, and any other.
const FETCH: Duration = Duration::from_millis(200);
const CALL: Duration = Duration::from_millis(50);
const HOUR: Duration = Duration::from_secs(3600);

/// A simulator, and the processes that share a store.
struct Fleet {
    sim: Simulator,
    network: InMemory,
    store: FakeStore,
    slow: Fault,
    slow_call: Fault,
}

impl Fleet {
    fn new() -> Self {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let slow = sim.faults().on(TOKEN).delay(FETCH);
        let slow_call = sim.faults().on(LIST).delay(CALL);
        Self {
            slow,
            slow_call,
            network: sim.transport(),
            sim,
            store: FakeStore::default(),
        }
    }

    fn builder(&self) -> VippsBuilder {
        let network = self.network.clone();
        Vipps::builder(self.sim.credentials())
            .environment(self.sim.environment())
            .transport(network.clone())
            .clock(network)
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

/// Some call that needs a token.
async fn call(vipps: &Vipps) -> vipps::Result<()> {
    vipps.qr().merchant_callbacks().await.map(drop)
}

/// So many calls in each of the processes at once; how long each took.
async fn all(processes: &[Vipps], calls: usize) -> Vec<Duration> {
    let calls: Vec<_> = (0..calls)
        .flat_map(|_| processes)
        .map(|vipps| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                call(&vipps).await.unwrap();
                begun.elapsed()
            })
        })
        .collect();
    let mut times = Vec::new();
    for call in calls {
        times.push(call.await.unwrap());
    }
    times
}

async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}

/// What all of them counted, one way or another.
fn sum(processes: &[Vipps], of: impl Fn(vipps::Metrics) -> u64) -> u64 {
    processes.iter().map(|vipps| of(vipps.metrics())).sum()
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_starts_makes_one_token_request() {
    for latency in [0, 5, 120] {
        let fleet = Fleet::new();
        fleet
            .store
            .weather(Weather::Slow(Duration::from_millis(latency)));
        let processes = fleet.processes(20);
        all(&processes, 50).await;
        assert_eq!(fleet.token_requests(), 1, "{latency} ms");
        assert_eq!(sum(&processes, |m| m.tokens_fetched), 1);
        assert_eq!(sum(&processes, |m| m.tokens_shared), 19);
        assert_eq!(sum(&processes, |m| m.token_store_failures), 0);
        assert_eq!(sum(&processes, |m| m.replays), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_store_each_process_makes_its_own() {
    let fleet = Fleet::new();
    let build = |_| fleet.builder().build().unwrap();
    let processes: Vec<_> = (0..20).map(build).collect();
    all(&processes, 50).await;
    assert_eq!(fleet.token_requests(), 20);
}

#[tokio::test(start_paused = true)]
async fn with_its_token_a_process_does_not_ask_the_store() {
    let fleet = Fleet::new();
    let vipps = fleet.process();
    call(&vipps).await.unwrap();
    let asked = fleet.store.asked();
    all(&[vipps], 1000).await;
    assert_eq!(fleet.store.asked(), asked);
}

#[tokio::test(start_paused = true)]
async fn ahead_of_its_end_one_process_fetches_the_next_token_and_no_call_waits() {
    let fleet = Fleet::new();
    let processes = fleet.processes(5);
    all(&processes, 1).await;
    fleet
        .store
        .weather(Weather::Slow(Duration::from_millis(20)));
    for round in 2..=10 {
        // The last minute of a token's hour.
        tokio::time::advance(Duration::from_secs(3600 - 61)).await;
        for time in all(&processes, 20).await {
            assert_eq!(time, CALL);
        }
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(fleet.token_requests(), round);
        for time in all(&processes, 20).await {
            assert_eq!(time, CALL);
        }
    }
    assert_eq!(sum(&processes, |m| m.tokens_shared), 4 + 9 * 4);
    assert_eq!(sum(&processes, |m| m.replays), 0);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_about_to_be_refreshed_is_taken_and_refreshed_once() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    for left in [500, 120, 20] {
        let (key, _) = fleet.store.only_keys();
        let stored = fleet.store.value(&key).await.unwrap().left();
        tokio::time::advance(stored.saturating_sub(Duration::from_secs(left))).await;
        let requests = fleet.token_requests();
        let processes = fleet.processes(10);
        all(&processes, 10).await;
        assert_eq!(fleet.token_requests(), requests, "{left} s left");
        // Half of what was left is used up before anybody fetches, and then one does for all.
        tokio::time::advance(Duration::from_secs(left - 8)).await;
        all(&processes, 10).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        all(&processes, 10).await;
        assert_eq!(fleet.token_requests(), requests + 1, "{left} s left");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_is_told_401_makes_one_refresh_and_one_replay_a_call() {
    let fleet = Fleet::new();
    let processes = fleet.processes(8);
    all(&processes, 1).await;
    for round in 2..=5 {
        fleet.sim.revoke_tokens();
        all(&processes, 125).await;
        assert_eq!(fleet.token_requests(), round);
        let replays = u64::try_from(round - 1).unwrap() * 8 * 125;
        assert_eq!(sum(&processes, |m| m.replays), replays);
    }
    // Processes that were idle meanwhile take what the others fetched, and nobody's newer token is thrown away.
    let (busy, idle) = processes.split_at(4);
    fleet.sim.revoke_tokens();
    all(busy, 1).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    all(idle, 10).await;
    all(busy, 10).await;
    all(&fleet.processes(4), 1).await;
    assert_eq!(fleet.token_requests(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_was_revoked_with_the_refused_one_is_not_taken() {
    let fleet = Fleet::new();
    fleet.store.weather(Weather::Down);
    let alone = fleet.process();
    call(&alone).await.unwrap();
    fleet.store.weather(Weather::Fine);
    let other = fleet.process();
    call(&other).await.unwrap();
    tokio::time::advance(Duration::from_secs(31)).await;
    assert_eq!(fleet.token_requests(), 2);

    fleet.sim.revoke_tokens();
    // What is in the store is another token than the refused one, and as worthless.
    call(&alone).await.unwrap();
    assert_eq!((fleet.token_requests(), alone.metrics().replays), (3, 1));
    // Nobody knows of the other one's refusal, and it came after the fetch.
    call(&other).await.unwrap();
    assert_eq!((fleet.token_requests(), other.metrics().replays), (4, 1));
    // Those who are refused at the same time make do with one token again.
    fleet.sim.revoke_tokens();
    all(&[alone, other], 10).await;
    assert_eq!(fleet.token_requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_stored_token_that_was_revoked_since_costs_one_more_replay_and_no_failure() {
    let fleet = Fleet::new();
    let processes = fleet.processes(2);
    let (busy, idle) = (&processes[..1], &processes[1..]);
    all(&processes, 1).await;
    fleet.sim.revoke_tokens();
    all(busy, 1).await;
    // What the busy one fetched is known to be younger than the idle one's, and is revoked as well by now.
    fleet.sim.revoke_tokens();
    all(idle, 10).await;
    assert_eq!((fleet.token_requests(), idle[0].metrics().replays), (3, 20));
    // A call that no token helps is told so after that.
    fleet.slow_call.remove();
    fleet.sim.faults().on(LIST).status(401);
    let error = call(&idle[0]).await.unwrap_err();
    assert_eq!((error.http_status(), error.attempts()), (Some(401), 2));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_leaves_the_store_before_the_next_one_is_there() {
    let fleet = Fleet::new();
    let first = fleet.process();
    call(&first).await.unwrap();
    fleet.sim.revoke_tokens();
    let refused = tokio::spawn(async move { call(&first).await });
    tokio::time::sleep(FETCH / 2).await;
    // While the first one fetches, one that starts now waits for it.
    let late = fleet.process();
    call(&late).await.unwrap();
    refused.await.unwrap().unwrap();
    assert_eq!((fleet.token_requests(), late.metrics().replays), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_costs_one_warning_a_pause_and_no_time() {
    let fleet = Fleet::new();
    fleet.store.weather(Weather::Down);
    let processes = fleet.processes(4);
    for time in all(&processes, 10).await {
        assert_eq!(time, FETCH + CALL);
    }
    assert_eq!(fleet.token_requests(), 4);
    // Each with a warning, which the module `tracing` looks at.
    let warnings = || sum(&processes, |m| m.token_store_failures);
    assert_eq!(warnings(), 4);

    // Within the pause it is not even asked.
    let asked = fleet.store.asked();
    fleet.sim.revoke_tokens();
    all(&processes, 10).await;
    assert_eq!((fleet.token_requests(), fleet.store.asked()), (8, asked));
    tokio::time::advance(Duration::from_secs(31)).await;
    fleet.sim.revoke_tokens();
    all(&processes, 10).await;
    assert_eq!(
        (fleet.token_requests(), fleet.store.asked()),
        (12, asked + 4)
    );
    assert_eq!(warnings(), 8);

    // Once it is back, it is used again.
    fleet.store.weather(Weather::Fine);
    tokio::time::advance(Duration::from_secs(31)).await;
    fleet.sim.revoke_tokens();
    all(&processes, 10).await;
    fleet.sim.revoke_tokens();
    all(&processes, 10).await;
    // Each of the four tokens was refused before the first fetch began, so that what it brings will do for all.
    assert_eq!(fleet.token_requests(), 12 + 1 + 1);
    assert_eq!(warnings(), 8);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_midway_costs_its_second_and_nothing_else() {
    for (weather, most) in [
        (Weather::Silent, Duration::from_secs(1)),
        (
            Weather::Slow(Duration::from_millis(450)),
            Duration::from_secs(5),
        ),
        (Weather::Deaf, Duration::ZERO),
    ] {
        // From the start, while the token is fetched, and while it is waited for.
        for after in [0, 100, 250] {
            let fleet = Fleet::new();
            let processes = fleet.processes(3);
            let changing = fleet.store.clone();
            fleet.store.weather(Weather::Slow(Duration::from_millis(1)));
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                changing.weather(weather);
            });
            tokio::task::yield_now().await;
            for time in all(&processes, 10).await {
                let most = most + FETCH * 2 + CALL + Duration::from_millis(450);
                assert!(time <= most, "{weather:?} after {after} ms: {time:?}");
            }
            assert!(fleet.token_requests() <= 3);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_token_is_not_sent_and_makes_room_for_one() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    let (key, _) = fleet.store.only_keys();
    let good = fleet.store.value(&key).await.unwrap();
    let good = good.value();
    for value in [
        "",
        "garbage",
        "[]",
        "{}",
        "null",
        "\u{0}\u{fffd}",
        r#"{"token":"","lives_ms":9,"refused":[]}"#,
        r#"{"token":"a\nb","lives_ms":9,"refused":[]}"#,
        r#"{"token":"a"}"#,
        r#"{"token":["a"],"lives_ms":9,"refused":[]}"#,
        r#"{"token":"a","lives_ms":-9,"refused":[]}"#,
        r#"{"token":"a","lives_ms":18446744073709551616,"refused":[]}"#,
        r#"{"token":"a","lives_ms":9,"refused":[7]}"#,
        &good[..good.len() - 1],
    ] {
        let requests = fleet.token_requests();
        fleet.store.put(&key, value, HOUR).await;
        let processes = fleet.processes(2);
        all(&processes, 5).await;
        assert_eq!(fleet.token_requests(), requests + 1, "{value}");
        assert_eq!(sum(&processes, |m| m.token_store_failures), 1, "{value}");
        let held = fleet.store.value(&key).await.unwrap();
        assert!(held.value().contains(r#""refused":[]}"#) && held.value().len() > 200);
    }
}

#[tokio::test(start_paused = true)]
async fn somebody_elses_words_cost_a_replay_at_most() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    let (key, _) = fleet.store.only_keys();
    for lives in [0, 3_600_000, u64::MAX] {
        let record =
            format!(r#"{{"token":"forged","lives_ms":{lives},"refused":["x"],"of":"tomorrow"}}"#);
        fleet.store.put(&key, &record, Duration::MAX / 2).await;
        let processes = fleet.processes(3);
        let requests = fleet.token_requests();
        all(&processes, 5).await;
        assert_eq!(sum(&processes, |m| m.replays), 15);
        assert!(fleet.token_requests() > requests);
        let held = fleet.store.value(&key).await.unwrap();
        assert!(!held.value().contains("forged"), "{}", held.value());
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_near_its_end_is_not_taken() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    let (key, _) = fleet.store.only_keys();
    let left = fleet.store.value(&key).await.unwrap().left();
    // Told by the store, a time without a clock: the token's, less what its request took.
    assert_eq!(left + FETCH + CALL, Duration::from_secs(3599));
    tokio::time::advance(left.saturating_sub(Duration::from_secs(9))).await;
    all(&fleet.processes(3), 5).await;
    assert_eq!(fleet.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_and_environments_are_kept_apart_by_names_that_tell_nothing() {
    let fleet = Fleet::new();
    let mut others = Vec::new();
    for seed in 1..3 {
        let sim = Simulator::builder().seed(seed).in_memory().unwrap();
        let builder = sim.client_builder().token_store(fleet.store.clone());
        call(&builder.build().unwrap()).await.unwrap();
        others.push(sim);
    }
    call(&fleet.process()).await.unwrap();
    assert_eq!(fleet.token_requests(), 1);
    for sim in &others {
        assert_eq!(sim.journal().count(TOKEN), 1);
    }
    let keys = fleet.store.keys();
    assert_eq!(keys.len(), 6, "{keys:?}");
    for key in &keys {
        let hash = key.strip_prefix("vipps:token:v1:").unwrap();
        let hash = hash.strip_suffix(":lock").unwrap_or(hash);
        assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    // Each of the four words makes a difference, and the sales unit makes none.
    let scopes = |change: [&str; 4], msn: &str| {
        let [url, id, secret, key] = change;
        let store = FakeStore::default();
        let keys = vipps::Credentials::new(id, secret, key, msn.parse().unwrap()).unwrap();
        let vipps = Vipps::builder(keys)
            .environment(vipps::Environment::custom(url).unwrap())
            .transport(fleet.network.clone())
            .retry(RetryPolicy::none())
            .token_store(store.clone());
        (store, vipps.build().unwrap())
    };
    let base = ["https://one.example", "id", "secret", "key"];
    let mut seen = std::collections::BTreeSet::new();
    for (changed, msn) in [
        (base, "123456"),
        (["https://two.example", "id", "secret", "key"], "123456"),
        (["https://one.example", "other", "secret", "key"], "123456"),
        (["https://one.example", "id", "other", "key"], "123456"),
        (["https://one.example", "id", "secret", "other"], "123456"),
        (["https://one.example", "idsecret", "x", "key"], "123456"),
        (base, "654321"),
    ] {
        let (store, vipps) = scopes(changed, msn);
        call(&vipps).await.unwrap_err();
        seen.insert(store.only_keys().0);
    }
    assert_eq!(seen.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_dies_while_it_fetches_costs_the_others_four_seconds() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    let (_, lock) = fleet.store.only_keys();
    fleet.sim.revoke_tokens();
    let processes = fleet.processes(5);
    // The lease of one that is no more, as it would have been written.
    fleet.store.put(&lock, "gone", Duration::from_secs(4)).await;
    let times = all(&processes, 10).await;
    let longest = times.iter().max().unwrap();
    assert!(
        *longest >= Duration::from_secs(4) && *longest < Duration::from_secs(6),
        "{longest:?}"
    );
    assert_eq!(fleet.token_requests(), 2);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_for_others_than_is_his_to_wait() {
    let fleet = Fleet::new();
    call(&fleet.process()).await.unwrap();
    let (_, lock) = fleet.store.only_keys();
    fleet.sim.revoke_tokens();
    fleet.store.put(&lock, "for ever", HOUR).await;
    let second = Duration::from_secs(1);

    let (done, time) = timed(all(&[fleet.process()], 1)).await;
    assert!(time >= 8 * second && time < 9 * second, "{time:?} {done:?}");
    // A third of the time that the client gives a call.
    fleet.sim.revoke_tokens();
    let builder = fleet.builder().token_store(fleet.store.clone());
    let hasty = builder.total_timeout(3 * second).build().unwrap();
    let (done, time) = timed(all(&[hasty], 1)).await;
    assert!(time >= second && time < 2 * second, "{time:?} {done:?}");
    // The deadline of a call goes before all of that.
    fleet.sim.revoke_tokens();
    let vipps = fleet.process();
    let calling = async { vipps.qr().merchant_callbacks().deadline(second / 2).await };
    let (error, time) = timed(calling).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Deadline);
    assert_eq!(time, second / 2);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_is_dropped_at_any_await_point_leaves_its_lock_to_the_next() {
    let mut dropped = 0;
    for polls in 1.. {
        let fleet = Fleet::new();
        fleet.store.weather(Weather::Slow(Duration::from_millis(1)));
        let vipps = fleet.process();
        let leading = vipps.clone();
        let leader = Polled(Box::pin(async move { call(&leading).await }), polls);
        let leader = tokio::spawn(leader);
        tokio::task::yield_now().await;
        let (_, time) = timed(all(&[vipps], 5)).await;
        assert!(time < Duration::from_secs(1), "{polls} polls: {time:?}");
        assert!(fleet.token_requests() <= 2);
        if leader.await.unwrap().is_some() {
            break;
        }
        dropped += 1;
        // Whatever it left, the fleet goes on.
        let requests = fleet.token_requests();
        all(&fleet.processes(3), 5).await;
        assert_eq!(fleet.token_requests(), requests);
    }
    // The look, the lock, the look again, the fetch, the token's put, the lock's end, and the call.
    assert!(dropped >= 6, "{dropped}");
}

#[tokio::test(start_paused = true)]
async fn while_the_endpoint_is_down_each_process_keeps_its_own_pace() {
    let fleet = Fleet::new();
    fleet.slow.remove();
    fleet.store.weather(Weather::Slow(Duration::from_millis(1)));
    let down = fleet.sim.faults().on(TOKEN).status(503);
    let processes: Vec<_> = (0..5)
        .map(|_| {
            let builder = fleet.builder().retry(RetryPolicy::none());
            builder.token_store(fleet.store.clone()).build().unwrap()
        })
        .collect();
    let calls: Vec<_> = (0..100)
        .flat_map(|_| &processes)
        .map(|vipps| {
            let vipps = vipps.clone();
            tokio::spawn(async move { timed(call(&vipps)).await })
        })
        .collect();
    for call in calls {
        let (error, time) = call.await.unwrap();
        let error = error.unwrap_err();
        assert_eq!(
            (error.kind(), error.http_status()),
            (ErrorKind::Authentication, Some(503))
        );
        // The lock goes from hand to hand.
        assert!(time < Duration::from_secs(4), "{time:?}");
    }
    // A hundred callers of each share one failure.
    assert_eq!(fleet.token_requests(), 5);
    down.remove();
    tokio::time::advance(Duration::from_secs(5)).await;
    all(&processes, 100).await;
    assert_eq!(fleet.token_requests(), 6);
}
