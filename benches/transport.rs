//! Two calls in one, and calls over TLS: `cargo bench --bench transport`, or with `--quick`.
//!
//! `pay_by_qr` against the two calls that it is made of, with this crate and with reqwest alone, and a call by itself:
//! over HTTP/1.1 without TLS, and over HTTP/1.1 and HTTP/2 with it. The certificate is self-made, and trusted by a client
//! builder that both this crate and its peer are given.
//!
//! The servers count their connections. One that is not used again ends the bench with a failure; times are told only.

mod measure;
mod peers;
mod secure;

use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use measure::{machine, median, micros, quantile, spread, take, uncounted};
use peers::bare::Bare;
use peers::ours::{Ours, client};
use peers::server::{Server, runtime};
use secure::{Secure, Version};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

/// How one piece of work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    InOne,
    ByHand,
    Reqwest,
    Details,
    ReqwestDetails,
}

impl Way {
    const ALL: [Self; 5] = [
        Self::InOne,
        Self::ByHand,
        Self::Reqwest,
        Self::Details,
        Self::ReqwestDetails,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::InOne => "pay_by_qr",
            Self::ByHand => "two-calls",
            Self::Reqwest => "reqwest-two-calls",
            Self::Details => "details",
            Self::ReqwestDetails => "reqwest-details",
        }
    }
}

/// What is compared with what.
const PAIRS: [(Way, Way); 4] = [
    (Way::InOne, Way::ByHand),
    (Way::InOne, Way::Reqwest),
    (Way::ByHand, Way::Reqwest),
    (Way::Details, Way::ReqwestDetails),
];

struct Plan {
    rounds: usize,
    calls: u32,
    /// Rounds of many callers at once, and the calls of each caller.
    bursts: usize,
    each: usize,
}

const FULL: Plan = Plan {
    rounds: 21,
    calls: 500,
    bursts: 15,
    each: 40,
};
const QUICK: Plan = Plan {
    rounds: 5,
    calls: 150,
    bursts: 5,
    each: 20,
};
const CALLERS: usize = 32;
/// Over HTTP/1.1 each caller needs a connection, for each of the two clients; and the pool begins a spare one whenever
/// none is idle at that very moment.
const MOST: u64 = 2 * 2 * CALLERS as u64;

/// One of this crate's clients and one of reqwest's.
struct Clients {
    ours: Ours,
    bare: Bare,
}

impl Clients {
    async fn run(&self, way: Way) {
        match way {
            Way::InOne => {
                let sale = self.ours.pay_by_qr().await.expect("a payment");
                std::hint::black_box(sale);
            }
            Way::ByHand => {
                let payment = self.ours.initiate().await.expect("a payment");
                let code = self.ours.vipps().qr().one_time(&payment);
                let code = code.await.expect("a code");
                std::hint::black_box((payment, code));
            }
            Way::Reqwest => {
                let payment = self.bare.initiate().await.expect("a payment");
                let code = self.bare.one_time_qr_of(&payment.url).await;
                std::hint::black_box((payment, code.expect("a code")));
            }
            Way::Details => {
                std::hint::black_box(self.ours.details().await.expect("details"));
            }
            Way::ReqwestDetails => {
                std::hint::black_box(self.bare.details().await.expect("details"));
            }
        }
    }
}

/// How the calls get to the server.
struct Road {
    name: &'static str,
    clients: Rc<Clients>,
    runtime: Runtime,
    /// How many connections the server has taken so far.
    connections: Box<dyn Fn() -> u64>,
    /// How many of them the bursts of many callers may open, once a first call has been made.
    most: u64,
}

impl Road {
    fn plain() -> Self {
        let server = Server::start();
        let clients = Clients {
            ours: Ours::new(&server.base()),
            bare: Bare::new(&server.base()),
        };
        Self {
            name: "http1",
            clients: Rc::new(clients),
            runtime: runtime(),
            connections: Box::new(move || server.seen.connections.load(Ordering::Relaxed)),
            most: MOST,
        }
    }

    fn secure(version: Version) -> Self {
        let server = Secure::start(version);
        let vipps = client(&server.base())
            .http_client_builder(server.client())
            .build()
            .expect("a client");
        let clients = Clients {
            ours: Ours::with(vipps),
            bare: Bare::with(&server.base(), server.client()),
        };
        let (name, most) = match version {
            Version::Http1 => ("http1-tls", MOST),
            // All streams go over the connection that is there.
            Version::Http2 => ("http2-tls", 0),
        };
        Self {
            name,
            clients: Rc::new(clients),
            runtime: runtime(),
            connections: Box::new(move || server.connections()),
            most,
        }
    }

    fn opened<T>(&self, run: impl FnOnce() -> T) -> (T, u64) {
        let before = (self.connections)();
        let done = run();
        (done, (self.connections)() - before)
    }

    fn run(&self, way: Way) {
        self.runtime.block_on(self.clients.run(way));
    }

    /// The least that it allocates, which is the same each time but for the growth of queues.
    fn allocations(&self, way: Way) -> (u64, u64) {
        (0..40)
            .map(|_| allocation_counter::measure(|| self.run(way)))
            .map(|cost| (cost.count_total, cost.bytes_total))
            .min()
            .unwrap_or_default()
    }

    /// All callers at once, on the one thread of the runtime.
    fn burst(&self, way: Way, each: usize) {
        let set = LocalSet::new();
        for _ in 0..CALLERS {
            let clients = self.clients.clone();
            set.spawn_local(async move {
                for _ in 0..each {
                    clients.run(way).await;
                }
            });
        }
        self.runtime.block_on(set);
    }
}

/// One way's rounds, in microseconds a call.
#[derive(Default)]
struct Rounds {
    cpu: Vec<f64>,
    middle: Vec<f64>,
    slow: Vec<f64>,
}

type Figure = fn(&Rounds) -> &[f64];

/// One caller, call by call. One connection for each client is all that it takes.
fn measure_calls(plan: &Plan, road: &Road) -> bool {
    let ((), ours) = road.opened(|| road.run(Way::Details));
    let ((), bare) = road.opened(|| road.run(Way::ReqwestDetails));
    let mut rounds: Vec<Rounds> = Way::ALL.iter().map(|_| Rounds::default()).collect();
    let ((), later) = road.opened(|| {
        for round in 0..=plan.rounds {
            for step in 0..Way::ALL.len() {
                // Each round begins with another way.
                let at = (step + round) % Way::ALL.len();
                let mut walls = Vec::with_capacity(plan.calls as usize);
                let calls = async {
                    for _ in 0..plan.calls {
                        let begun = Instant::now();
                        road.clients.run(Way::ALL[at]).await;
                        walls.push(micros(begun.elapsed()));
                    }
                };
                let ((), took) = take(|| uncounted(|| road.runtime.block_on(calls)));
                // The first round warms up.
                if round > 0 {
                    let rounds = &mut rounds[at];
                    rounds.cpu.push(micros(took.cpu) / f64::from(plan.calls));
                    rounds.middle.push(median(&mut walls));
                    rounds.slow.push(quantile(&mut walls, 0.99));
                }
            }
        }
    });
    let is_reused = (ours, bare, later) == (1, 1, 0);
    println!("\n{}", road.name);
    println!(
        "connections: {ours} for the first call of vipps, {bare} of reqwest, {later} for {} more",
        (plan.rounds + 1) * plan.calls as usize * Way::ALL.len()
    );
    println!("| way | CPU µs | wall p50 µs | wall p99 µs | allocations | bytes |");
    println!("|---|---|---|---|---|---|");
    for (way, rounds) in Way::ALL.into_iter().zip(&rounds) {
        let (count, bytes) = road.allocations(way);
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {count} | {bytes} |",
            way.name(),
            median(&mut rounds.cpu.clone()),
            median(&mut rounds.middle.clone()),
            median(&mut rounds.slow.clone()),
        );
    }
    for (ours, theirs) in PAIRS {
        let figures: [(&str, Figure); 3] = [
            ("cpu", |r| &r.cpu),
            ("wall_p50", |r| &r.middle),
            ("wall_p99", |r| &r.slow),
        ];
        for (name, figure) in figures {
            let pairs = figure(&rounds[ours as usize])
                .iter()
                .zip(figure(&rounds[theirs as usize]));
            ratio(road, ours, theirs, name, pairs.map(|(a, b)| a / b));
        }
    }
    is_reused
}

/// Many callers at once. What the first burst opens serves the later ones.
fn measure_bursts(plan: &Plan, road: &Road) -> bool {
    const PAIR: [Way; 2] = [Way::Details, Way::ReqwestDetails];
    let first = PAIR.map(|way| road.opened(|| road.burst(way, plan.each)).1);
    let mut walls = PAIR.map(|_| Vec::new());
    let ((), later) = road.opened(|| {
        for round in 0..plan.bursts {
            for step in 0..PAIR.len() {
                let at = (step + round) % PAIR.len();
                let ((), took) = take(|| uncounted(|| road.burst(PAIR[at], plan.each)));
                walls[at].push(took.wall.as_secs_f64());
            }
        }
    });
    println!(
        "connections: {} more for the first {CALLERS} callers of vipps, {} of reqwest, {later} for {} more bursts",
        first[0],
        first[1],
        2 * plan.bursts
    );
    let pairs = walls[1].iter().zip(&walls[0]);
    let name = format!("rate@{CALLERS}");
    ratio(road, PAIR[0], PAIR[1], &name, pairs.map(|(b, a)| b / a));
    first[0] + first[1] + later <= road.most
}

fn ratio(road: &Road, ours: Way, theirs: Way, figure: &str, ratios: impl Iterator<Item = f64>) {
    println!(
        "ratio {} {}/{} {figure} {}",
        road.name,
        ours.name(),
        theirs.name(),
        spread(&mut ratios.collect::<Vec<_>>())
    );
}

fn main() -> ExitCode {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let plan = if quick { &QUICK } else { &FULL };
    println!("{}", machine());
    println!(
        "{} rounds of {} calls; ratios are medians with quartiles",
        plan.rounds, plan.calls
    );
    let mut good = true;
    for road in [
        Road::plain(),
        Road::secure(Version::Http1),
        Road::secure(Version::Http2),
    ] {
        good &= measure_calls(plan, &road);
        good &= measure_bursts(plan, &road);
    }
    if good {
        ExitCode::SUCCESS
    } else {
        eprintln!("a connection was opened that need not be");
        ExitCode::FAILURE
    }
}
