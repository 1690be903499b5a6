//! What it takes to wait for many payments at once: `cargo bench --bench polling`, or with `--quick`.
//!
//! 100, 1,000 and 10,000 payments are waited for, each asked about once a second, against as many loops of one's own that
//! sleep and ask for the details. The API is in memory and takes 20 ms to answer, so that neither sockets nor a server
//! are measured; it notes when each order is asked for. Time is real, on two threads, and what is measured is what
//! happens in a window of it.
//!
//! Memory is that of a fresh process for each figure, on one thread, where allocations are counted.
//!
//! Whether an order is asked for too often is looked at in that window, and once more on tokio's own time, where more
//! than a minute passes with the fastest rhythm and a nudge for every poll; one call too many ends the bench with a
//! failure. Times and memory are told only.

mod measure;
mod waiting;

use std::process::{Command, ExitCode};
use std::time::Duration;

use measure::{float, machine, median, micros, process_cpu, quantile, resident, spread};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{Instant, sleep, sleep_until};
use vipps::Vipps;
use vipps::ecom::Rhythm;
use waiting::{Api, order};

/// Tells a process that its memory is measured; who waits, and for how many payments, follow.
const CHILD: &str = "--child";

const SIZES: [usize; 3] = [100, 1_000, 10_000];
const ANSWER: Duration = Duration::from_millis(20);
const SECOND: Duration = Duration::from_secs(1);
/// The API's limit per order, and the time that it is for.
const LIMIT: usize = 120;
const MINUTE: u64 = 60_000_000;
/// No two polls of an order begin closer to each other than this, in microseconds, whatever makes them; timers are true
/// to a millisecond.
const LEAST: u64 = 499_000;

/// Who waits, and how the waits begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Case {
    /// `wait`, begun one after the other within a second, as payments are.
    Wait,
    /// Loops of one's own, begun like that.
    Loop,
    /// `wait`, all begun at the same moment, so that all polls of a second fall together.
    AtOnce,
}

impl Case {
    const ALL: [Self; 3] = [Self::Wait, Self::Loop, Self::AtOnce];

    fn name(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Loop => "loop",
            Self::AtOnce => "wait-at-once",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Wait => "`wait`",
            Self::Loop => "a loop of one's own",
            Self::AtOnce => "`wait`, all begun at once",
        }
    }
}

/// Waits for a payment that is never decided, until it is dropped.
async fn wait(vipps: Vipps, case: Case, number: usize, begins: Instant) {
    sleep_until(begins).await;
    let order = order(number);
    if case == Case::Loop {
        loop {
            let next = Instant::now() + SECOND;
            let details = vipps.ecom().payment(&order).details().await;
            std::hint::black_box(details.expect("details"));
            sleep_until(next).await;
        }
    }
    let decided = vipps.ecom().payment(&order).wait().await;
    unreachable!("nobody decides: {decided:?}");
}

/// Begins all waits, one after the other within this time.
fn begin(vipps: &Vipps, case: Case, size: usize, within: Duration) -> JoinSet<()> {
    let now = Instant::now();
    let mut waits = JoinSet::new();
    for number in 0..size {
        let begins = now + within.mul_f64(share(number, size));
        waits.spawn(wait(vipps.clone(), case, number, begins));
    }
    waits
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// What happened in a window of time.
struct Window {
    polls: u64,
    cpu: Duration,
    wall: Duration,
    /// How much later than a second after the one before a poll began, in milliseconds.
    late: Vec<f64>,
    /// The least microseconds between two polls of one order.
    least: u64,
}

async fn window(case: Case, size: usize, time: Duration) -> Window {
    let api = Api::new(size, 64, Some(ANSWER));
    let vipps = api.client();
    let within = if case == Case::AtOnce {
        Duration::ZERO
    } else {
        SECOND
    };
    let mut waits = begin(&vipps, case, size, within);
    // All have begun, and asked once at least.
    sleep(SECOND + SECOND / 2).await;
    let (begun, cpu, polls) = (Instant::now(), process_cpu(), api.polls());
    sleep(time).await;
    let (wall, cpu, polls) = (
        begun.elapsed(),
        process_cpu().saturating_sub(cpu),
        api.polls() - polls,
    );
    waits.shutdown().await;
    let gaps: Vec<u64> = api
        .asked()
        .flat_map(|asked| {
            let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
            gaps.collect::<Vec<_>>()
        })
        .collect();
    Window {
        polls,
        cpu,
        wall,
        late: gaps
            .iter()
            .map(|gap| (float(*gap) - micros(SECOND)) / 1e3)
            .collect(),
        least: gaps.iter().copied().min().unwrap_or(u64::MAX),
    }
}

/// The rounds of one case and size.
#[derive(Default)]
struct Rounds {
    poll: Vec<f64>,
    wait: Vec<f64>,
    cores: Vec<f64>,
    middle: Vec<f64>,
    slow: Vec<f64>,
    slowest: Vec<f64>,
    least: u64,
}

impl Rounds {
    fn take(&mut self, size: usize, mut window: Window) {
        let (cpu, wall) = (micros(window.cpu), window.wall.as_secs_f64());
        self.poll.push(cpu / float(window.polls));
        self.wait.push(cpu / float(size as u64) / wall);
        self.cores.push(cpu / 1e6 / wall);
        self.middle.push(quantile(&mut window.late, 0.5));
        self.slow.push(quantile(&mut window.late, 0.99));
        self.slowest.push(quantile(&mut window.late, 1.0));
        if self.least == 0 || window.least < self.least {
            self.least = window.least;
        }
    }
}

fn measure_windows(runtime: &Runtime, rounds: usize, time: Duration) -> bool {
    let cases: Vec<(usize, Case)> = SIZES
        .into_iter()
        .flat_map(|size| Case::ALL.map(|case| (size, case)))
        .collect();
    let mut figures: Vec<Rounds> = cases.iter().map(|_| Rounds::default()).collect();
    for round in 0..rounds {
        for step in 0..cases.len() {
            // Each round begins with another case.
            let at = (step + round) % cases.len();
            let (size, case) = cases[at];
            figures[at].take(size, runtime.block_on(window(case, size, time)));
        }
    }
    println!("\n{rounds} windows of {:.1} s for each", time.as_secs_f64());
    println!(
        "| payments | | CPU µs/poll | CPU µs/wait and s | cores | late p50 ms | p99 ms | most ms | least between two polls ms |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for ((size, case), figures) in cases.iter().zip(&figures) {
        println!(
            "| {size} | {} | {:.1} | {:.1} | {:.3} | {:.1} | {:.1} | {:.1} | {:.0} |",
            case.told(),
            median(&mut figures.poll.clone()),
            median(&mut figures.wait.clone()),
            median(&mut figures.cores.clone()),
            median(&mut figures.middle.clone()),
            median(&mut figures.slow.clone()),
            median(&mut figures.slowest.clone()),
            float(figures.least) / 1e3,
        );
    }
    let of = |size: usize, case: Case| {
        let at = cases.iter().position(|it| *it == (size, case));
        &figures[at.expect("a case")]
    };
    for size in SIZES {
        let (wait, own) = (of(size, Case::Wait), of(size, Case::Loop));
        ratio(
            &format!("wait@{size}"),
            "loop",
            "cpu",
            &wait.poll,
            &own.poll,
        );
    }
    for case in Case::ALL {
        let (many, few) = (of(SIZES[2], case), of(SIZES[0], case));
        let (ours, theirs) = (
            format!("{}@{}", case.name(), SIZES[2]),
            SIZES[0].to_string(),
        );
        ratio(&ours, &theirs, "cpu_per_wait", &many.wait, &few.wait);
    }
    let least = figures.iter().map(|figures| figures.least).min();
    least.is_some_and(|least| least >= LEAST)
}

fn ratio(ours: &str, theirs: &str, figure: &str, ours_of: &[f64], theirs_of: &[f64]) {
    let mut ratios: Vec<f64> = ours_of.iter().zip(theirs_of).map(|(a, b)| a / b).collect();
    println!(
        "ratio polling {ours}/{theirs} {figure} {}",
        spread(&mut ratios)
    );
}

/// Bytes and allocations of each wait that sleeps until its next poll, its resident bytes, and the bytes of each that
/// waits for an answer.
fn child(case: Case, size: usize) {
    let runtime = one_thread(false);
    let held = |answer: Option<Duration>| {
        let mut waits = None;
        let api = Api::new(size, 64, answer);
        let vipps = api.client();
        let before = resident();
        let cost = allocation_counter::measure(|| {
            waits = Some(runtime.block_on(async {
                let all = size as u64;
                // Who sleeps does so with all others; who asks has found a token.
                let (asking, within) = match answer {
                    Some(_) => (0, Duration::ZERO),
                    None => (all, SECOND),
                };
                let waits = begin(&vipps, case, size, within);
                while api.polls() < all || api.under_way() != asking {
                    sleep(Duration::from_millis(1)).await;
                }
                // The last one has its answer, and goes to sleep.
                yield_now().await;
                waits
            }));
        });
        let grown = resident()
            .zip(before)
            .map_or(f64::NAN, |(now, before)| float(now) - float(before));
        drop(waits);
        (cost, grown)
    };
    let ((asleep, grown), (asking, _)) = (held(Some(ANSWER)), held(None));
    let each = |count: i64| {
        let count = u64::try_from(count).unwrap_or_default();
        float(count) / float(size as u64)
    };
    println!(
        "{} {} {} {}",
        each(asleep.bytes_current),
        each(asleep.count_current),
        grown / float(size as u64),
        each(asking.bytes_current),
    );
}

fn measure_memory() {
    println!("\nmemory of each wait");
    println!(
        "| payments | | asleep, bytes | asleep, allocations | asleep, resident bytes | asking, bytes |"
    );
    println!("|---|---|---|---|---|---|");
    let mut bytes = Vec::new();
    for size in SIZES {
        for case in [Case::Wait, Case::Loop] {
            let this = std::env::current_exe().expect("the path of this program");
            let arguments = [CHILD, case.name(), &size.to_string()];
            let output = Command::new(this).args(arguments).output();
            let output = output.expect("a process");
            assert!(output.status.success(), "{output:?}");
            let told: Vec<f64> = String::from_utf8_lossy(&output.stdout)
                .split_whitespace()
                .map(|figure| figure.parse().expect("a number"))
                .collect();
            println!(
                "| {size} | {} | {:.0} | {:.1} | {:.0} | {:.0} |",
                case.told(),
                told[0],
                told[1],
                told[2],
                told[3],
            );
            bytes.push(told);
        }
    }
    let ratio = |what: &str, figure: &str, ours: f64, theirs: f64| {
        println!("ratio polling {what} {figure} {:.3}", ours / theirs);
    };
    for (at, size) in SIZES.into_iter().enumerate() {
        let (wait, own) = (&bytes[2 * at], &bytes[2 * at + 1]);
        ratio(&format!("wait@{size}/loop"), "bytes", wait[0], own[0]);
    }
    let slope = format!("wait@{}/{}", SIZES[2], SIZES[0]);
    ratio(&slope, "bytes_per_wait", bytes[4][0], bytes[0][0]);
    ratio(&slope, "resident_per_wait", bytes[4][2], bytes[0][2]);
}

/// All ask as fast as they may, and are told to ask faster; whether none of them does.
fn measure_fastest(size: usize) -> bool {
    let api = one_thread(true).block_on(async {
        let api = Api::new(size, 160, Some(ANSWER));
        let vipps = api.client();
        let mut waits = JoinSet::new();
        for number in 0..size {
            let payment = vipps.ecom().payment(&order(number));
            let fastest = Rhythm::Every(Duration::ZERO);
            let mut watch = payment.wait().rhythm(fastest).watch();
            let nudge = watch.nudge();
            waits.spawn(async move { while watch.next().await.is_some() {} });
            waits.spawn(async move {
                loop {
                    nudge.poll_now();
                    sleep(Duration::from_millis(230)).await;
                }
            });
        }
        sleep(Duration::from_secs(65)).await;
        waits.shutdown().await;
        api
    });
    let (mut most, mut least) = (0, u64::MAX);
    for asked in api.asked() {
        for from in 0..asked.len() {
            let end = asked[from] + MINUTE;
            let within = asked[from..].iter().take_while(|at| **at < end);
            most = most.max(within.count());
        }
        let gaps = asked.windows(2).map(|pair| pair[1] - pair[0]);
        least = least.min(gaps.min().unwrap_or(u64::MAX));
    }
    println!(
        "\nas fast as they may, and nudged: {} polls for {size} orders in 65 s; for one order at most {most} within a minute, {:.0} ms from each other at the least",
        api.polls(),
        float(least) / 1e3
    );
    most <= LIMIT && least >= LEAST
}

fn one_thread(paused: bool) -> Runtime {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .start_paused(paused)
        .build();
    runtime.expect("a runtime")
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, who, size] = &arguments[..]
        && flag == CHILD
    {
        let case = Case::ALL.into_iter().find(|case| case.name() == who);
        child(case.expect("a case"), size.parse().expect("a number"));
        return ExitCode::SUCCESS;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    println!("{}", machine());
    println!(
        "an answer takes {} ms; ratios are medians with quartiles",
        ANSWER.as_millis()
    );
    measure_memory();
    let is_slow = measure_fastest(if quick { SIZES[1] } else { SIZES[2] });
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let (rounds, time) = if quick { (1, SECOND) } else { (5, SECOND * 4) };
    if measure_windows(&runtime, rounds, time) && is_slow {
        ExitCode::SUCCESS
    } else {
        eprintln!("an order was asked for too often");
        ExitCode::FAILURE
    }
}
