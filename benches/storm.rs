//! What a token costs when everybody comes at once: `cargo bench --bench storm`, or with `--quick`.
//!
//! The API is the simulator in memory: 10,000 callers over HTTP/1.1 would be 10,000 connections, and files and sockets
//! would be measured instead of the token. It counts the token requests, holds one back as long as it is told to, and
//! refuses tokens that have ended or were revoked, by a clock that is moved and not waited for.
//!
//! Every case runs once a round, all of them against the callers of the same round that have a token. What is counted is
//! exact, and a count that is not as it must be ends the bench with a failure; times are told only.

mod measure;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use measure::{machine, median, micros, process_cpu, quantile, spread};
use tokio::runtime::Runtime;
use vipps::simulator::{InMemory, Simulator};
use vipps::{Clock, Sleep, Vipps};

const TOKEN: &str = "fetch_authorization_token_using_post";
const CALL: &str = "get_merchant_callback_qrs";

/// How long the API takes for an answer, and for a token.
const ANSWER: Duration = Duration::from_millis(5);
const FETCH: Duration = Duration::from_millis(50);

const HOUR: Duration = Duration::from_secs(3600);
/// From here on a token of an hour is refreshed ahead of its end, whatever the jitter.
const STALE: Duration = Duration::from_secs(3500);
/// A call takes no longer than this, unless it waits for something that never comes.
const FOR_EVER: Duration = Duration::from_secs(60);

/// The simulator's time, and what is added to it.
#[derive(Clone, Debug)]
struct Moved {
    time: InMemory,
    by: Arc<AtomicU64>,
}

impl Clock for Moved {
    fn monotonic(&self) -> Duration {
        self.time.monotonic() + Duration::from_secs(self.by.load(Ordering::Relaxed))
    }

    fn now(&self) -> jiff::Timestamp {
        // The simulator's clock is moved by itself.
        self.time.now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.time.sleep(duration)
    }
}

/// An API, and a client of it that has no token yet.
struct World {
    sim: Simulator,
    clock: Moved,
    vipps: Vipps,
}

impl World {
    fn new() -> Self {
        let sim = Simulator::builder()
            .token_lifetime(HOUR)
            .in_memory()
            .expect("a simulator");
        let network = sim.transport();
        let clock = Moved {
            time: network.clone(),
            by: Arc::default(),
        };
        let vipps = sim
            .client_builder()
            .transport(network)
            .clock(clock.clone())
            .build()
            .expect("a client");
        Self { sim, clock, vipps }
    }

    fn pass(&self, time: Duration) {
        self.sim.clock().advance(time);
        self.clock.by.fetch_add(time.as_secs(), Ordering::Relaxed);
    }

    fn token_requests(&self) -> usize {
        self.sim.journal().count(TOKEN)
    }

    /// Makes the calls while a token is being fetched, which comes when all calls are over: whoever waited for it would
    /// wait for ever.
    async fn fetching(&self, calls: impl Future<Output = Burst>) -> Burst {
        let fetched = self.vipps.metrics().tokens_fetched;
        let hold = self.sim.faults().on(TOKEN).hold();
        let burst = calls.await;
        assert_eq!(self.vipps.metrics().tokens_fetched, fetched, "held back");
        hold.release();
        while self.vipps.metrics().tokens_fetched == fetched {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        burst
    }
}

/// One call for each caller, all at once.
struct Burst {
    wall: Duration,
    cpu: Duration,
    /// Microseconds of each call.
    calls: Vec<f64>,
}

async fn burst(vipps: &Vipps, callers: usize) -> Burst {
    many(vipps, callers, 1).await
}

/// So many callers at once, each with so many calls in a row.
async fn many(vipps: &Vipps, callers: usize, calls: usize) -> Burst {
    let (begun, cpu) = (Instant::now(), process_cpu());
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let mut took = Vec::with_capacity(calls);
                for _ in 0..calls {
                    let begun = Instant::now();
                    let call = vipps.qr().merchant_callbacks();
                    tokio::time::timeout(FOR_EVER, call)
                        .await
                        .expect("nobody waits for a token that never comes")
                        .expect("the simulator answers");
                    took.push(micros(begun.elapsed()));
                    tokio::task::yield_now().await;
                }
                took
            })
        })
        .collect();
    let mut all = Vec::with_capacity(callers * calls);
    for task in tasks {
        all.extend(task.await.expect("a caller that does not panic"));
    }
    Burst {
        wall: begun.elapsed(),
        cpu: process_cpu().saturating_sub(cpu),
        calls: all,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    Warm,
    Cold,
    Ahead,
    Expired,
    Refused,
}

impl Case {
    const ALL: [Self; 5] = [
        Self::Warm,
        Self::Cold,
        Self::Ahead,
        Self::Expired,
        Self::Refused,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Warm => "warm",
            Self::Cold => "cold",
            Self::Ahead => "refreshing",
            Self::Expired => "expired",
            Self::Refused => "refused",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Warm => "all have a token",
            Self::Cold => "nobody has one yet",
            Self::Ahead => "the next one is on its way as long as they call",
            Self::Expired => "the token has ended",
            Self::Refused => "all have been told 401",
        }
    }

    /// How many token requests there may be, whatever the number of callers.
    fn tokens(self) -> usize {
        usize::from(self != Self::Warm)
    }

    /// How many requests there may be for each call.
    fn requests(self) -> usize {
        if self == Self::Refused { 2 } else { 1 }
    }
}

/// One case's rounds.
#[derive(Default)]
struct Rounds {
    wall: Vec<f64>,
    cpu: Vec<f64>,
    middle: Vec<f64>,
    slow: Vec<f64>,
}

impl Rounds {
    #[expect(clippy::cast_precision_loss, reason = "thousands of callers")]
    fn take(&mut self, mut burst: Burst) {
        let calls = burst.calls.len() as f64;
        self.wall.push(burst.wall.as_secs_f64() * 1e3);
        self.cpu.push(micros(burst.cpu) / calls);
        self.middle.push(quantile(&mut burst.calls, 0.5) / 1e3);
        self.slow.push(quantile(&mut burst.calls, 0.99) / 1e3);
    }
}

/// Runs one case, in a world of its own; what was sent for it is counted.
async fn run(case: Case, callers: usize) -> (Burst, usize, usize) {
    let world = World::new();
    if case != Case::Cold {
        burst(&world.vipps, 1).await;
    }
    let (tokens, calls) = (world.token_requests(), world.sim.journal().count(CALL));
    let faults = world.sim.faults();
    let burst = match case {
        Case::Ahead => {
            faults.on(CALL).delay(ANSWER);
            world.pass(STALE);
            world.fetching(burst(&world.vipps, callers)).await
        }
        Case::Refused => {
            // Nobody hears of the 401 before all have been told it.
            let hold = faults.on(CALL).hold();
            faults.on(TOKEN).delay(FETCH);
            world.sim.revoke_tokens();
            let all_told = async {
                while hold.hits() < callers as u64 {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
                hold.release();
            };
            tokio::join!(burst(&world.vipps, callers), all_told).0
        }
        Case::Warm | Case::Cold | Case::Expired => {
            faults.on(CALL).delay(ANSWER);
            faults.on(TOKEN).delay(FETCH);
            if case == Case::Expired {
                world.pass(HOUR);
            }
            burst(&world.vipps, callers).await
        }
    };
    let calls = world.sim.journal().count(CALL) - calls;
    (burst, world.token_requests() - tokens, calls)
}

fn measure_bursts(runtime: &Runtime, callers: usize, rounds: usize) -> bool {
    let mut figures: Vec<Rounds> = Case::ALL.iter().map(|_| Rounds::default()).collect();
    let mut most = [(0, 0); Case::ALL.len()];
    let mut good = true;
    for round in 0..=rounds {
        for step in 0..Case::ALL.len() {
            // Each round begins with another case.
            let case = Case::ALL[(step + round) % Case::ALL.len()];
            let (burst, tokens, requests) = runtime.block_on(run(case, callers));
            if tokens != case.tokens() || requests != case.requests() * callers {
                eprintln!(
                    "{callers} callers, {}: {tokens} token requests and {requests} others",
                    case.name()
                );
                good = false;
            }
            let most = &mut most[case as usize];
            *most = (tokens.max(most.0), requests.max(most.1));
            // The first round warms up.
            if round > 0 {
                figures[case as usize].take(burst);
            }
        }
    }
    println!("\n{callers} callers at once, {rounds} rounds");
    println!(
        "| case | token requests | other requests | all done ms | call p50 ms | call p99 ms | CPU µs/call |"
    );
    println!("|---|---|---|---|---|---|---|");
    for case in Case::ALL {
        let (figures, (tokens, requests)) = (&figures[case as usize], most[case as usize]);
        println!(
            "| {}: {} | {tokens} | {requests} | {:.1} | {:.1} | {:.1} | {:.1} |",
            case.name(),
            case.told(),
            median(&mut figures.wall.clone()),
            median(&mut figures.middle.clone()),
            median(&mut figures.slow.clone()),
            median(&mut figures.cpu.clone()),
        );
    }
    for case in &Case::ALL[1..] {
        let what = format!("{}@{callers}", case.name());
        let (ours, warm) = (&figures[*case as usize], &figures[Case::Warm as usize]);
        ratio(&what, "warm", "wall", &ours.wall, &warm.wall);
        ratio(&what, "warm", "p99", &ours.slow, &warm.slow);
        ratio(&what, "warm", "cpu", &ours.cpu, &warm.cpu);
    }
    good
}

fn ratio(ours: &str, theirs: &str, figure: &str, ours_of: &[f64], theirs_of: &[f64]) {
    let mut ratios: Vec<f64> = ours_of.iter().zip(theirs_of).map(|(a, b)| a / b).collect();
    println!(
        "ratio token {ours}/{theirs} {figure} {}",
        spread(&mut ratios)
    );
}

/// Callers that call and call, with and without a token being fetched meanwhile. Answers come at once, so that the
/// slightest wait would be seen.
fn measure_steady(runtime: &Runtime, rounds: usize) -> bool {
    const CALLERS: usize = 16;
    const CALLS: usize = 250;
    let (mut still, mut fetching) = (Rounds::default(), Rounds::default());
    let mut good = true;
    for round in 0..=rounds {
        for step in 0..2 {
            let is_fetching = (round + step) % 2 == 0;
            let burst = runtime.block_on(async {
                let world = World::new();
                burst(&world.vipps, 1).await;
                if !is_fetching {
                    return many(&world.vipps, CALLERS, CALLS).await;
                }
                world.pass(STALE);
                let calls = many(&world.vipps, CALLERS, CALLS);
                let burst = world.fetching(calls).await;
                good &= world.token_requests() == 2;
                burst
            });
            if round > 0 {
                if is_fetching {
                    fetching.take(burst);
                } else {
                    still.take(burst);
                }
            }
        }
    }
    println!("\n{CALLERS} callers, {CALLS} calls each without a pause, {rounds} rounds");
    println!("| while a token is fetched | call p50 µs | call p99 µs |");
    println!("|---|---|---|");
    for (name, figures) in [("no", &still), ("yes", &fetching)] {
        println!(
            "| {name} | {:.1} | {:.1} |",
            median(&mut figures.middle.clone()) * 1e3,
            median(&mut figures.slow.clone()) * 1e3,
        );
    }
    ratio("fetching", "still", "p50", &fetching.middle, &still.middle);
    ratio("fetching", "still", "p99", &fetching.slow, &still.slow);
    good
}

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    println!("{}", machine());
    println!(
        "an answer takes {} ms, a token {} ms; ratios are medians with quartiles",
        ANSWER.as_millis(),
        FETCH.as_millis()
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let mut good = true;
    for (callers, rounds) in [(1_000, 21), (10_000, 9)] {
        good &= measure_bursts(&runtime, callers, if quick { 3 } else { rounds });
    }
    good &= measure_steady(&runtime, if quick { 7 } else { 41 });
    if good {
        ExitCode::SUCCESS
    } else {
        eprintln!("more was sent than may be");
        ExitCode::FAILURE
    }
}
