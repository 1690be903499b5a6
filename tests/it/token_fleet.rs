//! A fleet in all weathers: stores that fail, leaders that are dropped, tokens that are revoked and tokens that end, in
//! hundreds of seeded schedules. No call ever fails for any of it, nobody waits long, and as long as the store works
//! there is one token request for each reason to make one.
//!
//! `VIPPS_FLEET_SCHEDULES` says how many schedules to run, `VIPPS_FLEET_SEED` where to begin.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::store::{Dice, FakeStore, Seeded, Weather};
use tokio::time::{Instant, sleep, timeout};
use vipps::Vipps;
use vipps::simulator::Simulator;

const TOKEN: &str = "fetch_authorization_token_using_post";
const CALL: &str = "get_merchant_callback_qrs";
/// The longest that a call may take: the wait for others, the store's own time, two fetches, and the call twice.
const BOUND: Duration = Duration::from_secs(8 + 2 * 2 + 2);

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What a schedule may hold.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// So many store operations in a hundred go wrong.
    wrong: u64,
    /// So many calls in a hundred are dropped on their way.
    dropped: u64,
}

struct World {
    sim: Simulator,
    kind: Kind,
    dice: Mutex<Dice>,
    longest: Mutex<Duration>,
    revoked: AtomicUsize,
    dropped: AtomicUsize,
}

impl World {
    fn dice<T>(&self, throw: impl FnOnce(&mut Dice) -> T) -> T {
        throw(&mut self.dice.lock().unwrap())
    }

    /// One process: calls at once, calls in a row, hours without any.
    async fn live(self: Arc<Self>, vipps: Vipps) {
        for _ in 0..12 {
            let calls = self.dice(|dice| dice.between(1, 4));
            let calls: Vec<_> = (0..calls)
                .map(|_| tokio::spawn(self.clone().call(vipps.clone())))
                .collect();
            for call in calls {
                call.await.unwrap();
            }
            let pause = self.dice(|dice| *dice.pick(&[0, 1, 20, 300, 5_000, 400_000, 3_000_000]));
            sleep(Duration::from_millis(pause)).await;
        }
    }

    async fn call(self: Arc<Self>, vipps: Vipps) {
        let patience = self.dice(|dice| {
            let dropped = dice.percent(self.kind.dropped);
            if dropped { dice.below(400) } else { 3_600_000 }
        });
        let begun = Instant::now();
        let revoked = || self.revoked.load(Ordering::Relaxed);
        let revoked_before = revoked();
        let calling = async { vipps.qr().merchant_callbacks().await };
        match timeout(Duration::from_millis(patience), calling).await {
            // A token that is revoked on its way here is nobody's fault.
            Ok(Err(error)) if error.http_status() == Some(401) && revoked() > revoked_before => {}
            Ok(result) => drop(result.unwrap()),
            Err(_) => {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
        let mut longest = self.longest.lock().unwrap();
        *longest = begun.elapsed().max(*longest);
    }

    /// Revokes all tokens now and then.
    async fn revoke(self: Arc<Self>) {
        loop {
            let pause = self.dice(|dice| dice.between(BOUND.as_secs(), 3_000));
            sleep(Duration::from_secs(pause)).await;
            self.sim.revoke_tokens();
            self.revoked.fetch_add(1, Ordering::Relaxed);
        }
    }
}

async fn schedule(seed: u64, kind: Kind) {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    sim.faults().on(CALL).delay(Duration::from_millis(30));
    sim.faults()
        .on(TOKEN)
        .probability(0.5)
        .seed(seed)
        .delay(Duration::from_millis(250));
    let network = sim.transport();
    let store = FakeStore::with_seed(seed);
    store.weather(Weather::Rough(kind.wrong));
    let world = Arc::new(World {
        kind,
        dice: Mutex::new(Dice::new(seed)),
        longest: Mutex::default(),
        revoked: AtomicUsize::default(),
        dropped: AtomicUsize::default(),
        sim,
    });
    let processes: Vec<_> = (0..world.dice(|dice| dice.between(2, 5)))
        .map(|number| {
            Vipps::builder(world.sim.credentials())
                .environment(world.sim.environment())
                .transport(network.clone())
                .clock(network.clone())
                .randomness(Seeded::new(seed << 8 | number))
                .token_store(store.clone())
                .build()
                .unwrap()
        })
        .collect();

    let begun = Instant::now();
    let revoking = tokio::spawn(world.clone().revoke());
    let living: Vec<_> = processes
        .iter()
        .map(|vipps| tokio::spawn(world.clone().live(vipps.clone())))
        .collect();
    for life in living {
        life.await.unwrap();
    }
    revoking.abort();

    let longest = *world.longest.lock().unwrap();
    assert!(longest <= BOUND, "a call took {longest:?}");
    let requests = world.sim.journal().count(TOKEN);
    let lives = begun.elapsed().as_secs() / (3_600 - 540);
    let reasons = 1 + usize::try_from(lives).unwrap() + world.revoked.load(Ordering::Relaxed);
    if kind.wrong == 0 && kind.dropped == 0 {
        assert!(
            requests <= reasons,
            "{requests} requests for {reasons} reasons"
        );
    }
    // Who holds a lock lets it go, or it ends by itself.
    sleep(Duration::from_secs(4)).await;
    let locks = store
        .keys()
        .into_iter()
        .filter(|key| key.ends_with(":lock"));
    for lock in locks {
        assert!(store.value(&lock).await.is_none());
    }
}

/// Runs the schedules of one seed.
fn run(seed: u64) {
    for (wrong, dropped) in [(0, 0), (0, 20), (3, 0), (20, 20)] {
        let kind = Kind { wrong, dropped };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let run = std::panic::AssertUnwindSafe(|| runtime.block_on(schedule(seed, kind)));
        assert!(
            std::panic::catch_unwind(run).is_ok(),
            "{kind:?}: repeat it with VIPPS_FLEET_SEED={seed} VIPPS_FLEET_SCHEDULES=1"
        );
    }
}

#[test]
fn in_all_weathers() {
    let first = number("VIPPS_FLEET_SEED", 1);
    let end = first + number("VIPPS_FLEET_SCHEDULES", 60);
    let next = AtomicU64::new(first);
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                break;
            }
            run(seed);
        }
    };
    // A thread that panics makes the scope panic.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}
