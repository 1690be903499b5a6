//! The cost of a call, layer by layer: `cargo bench --bench overhead`.
//!
//! All layers run in one process against one server. Each round runs every layer once, so that a
//! busy machine slows all layers alike. Figures are medians over the rounds. Ratios are medians of
//! the ratios within a round. A p99 is computed from the calls of several rounds, because one round
//! has too few of them.
//!
//! - `--quick`: fewer rounds, about 20 seconds in release mode.
//! - `--check`: exits with an error if a ratio exceeds its limit.
//! - an operation such as `details`: measures this operation only.

mod measure;
mod peers;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use measure::{
    describe_machine, format_quartiles, median, micros, quantile, timed, without_counting,
};
use peers::Operation;
use peers::bare::Bare;
use peers::hyper_clients::{Hyper, Pool};
use peers::ours::Ours;
use peers::raw::Raw;
use peers::server::{Server, runtime};
use peers::socket::Socket;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

mod listener;

/// A way to make a call, from the lowest layer to the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Socket,
    Hyper,
    Pool,
    Reqwest,
    /// reqwest with a timeout for the connection and for the request.
    Limited,
    Raw,
    Ours,
    Traced,
}

impl Layer {
    const ALL: [Self; 8] = [
        Self::Socket,
        Self::Hyper,
        Self::Pool,
        Self::Reqwest,
        Self::Limited,
        Self::Raw,
        Self::Ours,
        Self::Traced,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Socket => "socket",
            Self::Hyper => "hyper",
            Self::Pool => "hyper-util",
            Self::Reqwest => "reqwest",
            Self::Limited => "reqwest+timeout",
            Self::Raw => "raw",
            Self::Ours => "vipps",
            Self::Traced => "vipps+tracing",
        }
    }
}

/// Selects one figure of every round.
type Figure = fn(&Rounds) -> &[f64];

struct Clients {
    socket: Socket,
    hyper: Hyper,
    pool: Pool,
    bare: Bare,
    limited: Bare,
    raw: Raw,
    ours: Ours,
}

impl Clients {
    async fn new(server: &Server) -> Self {
        let ours = Ours::new(&server.base());
        Self {
            socket: Socket::connect(server).await,
            hyper: Hyper::connect(server).await,
            pool: Pool::new(server),
            bare: Bare::new(&server.base()),
            limited: Bare::limited(&server.base()),
            raw: Raw(ours.vipps().clone()),
            ours,
        }
    }

    async fn call(&self, layer: Layer, operation: Operation) {
        match layer {
            Layer::Socket => self.socket.call(operation).await,
            Layer::Hyper => self.hyper.call(operation).await,
            Layer::Pool => self.pool.call(operation).await,
            Layer::Reqwest => self.bare.call(operation).await,
            Layer::Limited => self.limited.call(operation).await,
            Layer::Raw => self.raw.call(operation).await,
            Layer::Ours | Layer::Traced => self.ours.call(operation).await,
        }
    }
}

/// The number of rounds and calls to measure.
///
/// Many short rounds are more accurate than a few long ones. The load of other processes changes
/// within seconds, so only measurements that are close in time are comparable.
struct Plan {
    /// Rounds with one caller.
    rounds: usize,
    /// Calls of each layer in a round with one caller.
    calls: u32,
    /// Rounds with many callers.
    bursts: usize,
    /// Requests in a round with many callers; see also `MIN_REQUESTS_PER_CALLER`.
    burst: usize,
    /// The numbers of concurrent callers to measure.
    callers: &'static [usize],
}

const FULL: Plan = Plan {
    rounds: 401,
    calls: 60,
    bursts: 121,
    burst: 300,
    callers: &[1, 16, 64, 256],
};
const QUICK: Plan = Plan {
    rounds: 35,
    calls: 60,
    bursts: 25,
    burst: 300,
    callers: &[1, 64],
};

/// The minimum number of requests for each caller. The first request of each caller waits in a
/// queue.
const MIN_REQUESTS_PER_CALLER: usize = 6;

/// The highest ratio of CPU time to that of reqwest that `--check` accepts.
///
/// The goal is at most 1.12, measured in release mode on a quiet machine. The limit is higher
/// because the ratio varies on a busy machine. Without optimisation, the crate's own code is slower
/// relative to reqwest's I/O, so the limit only detects gross regressions.
const MAX_CPU_RATIO: f64 = if cfg!(debug_assertions) { 2.5 } else { 1.35 };

/// The lowest ratio of requests per second to those of reqwest that `--check` accepts.
///
/// The goal is at least 0.90, measured in release mode on a quiet machine.
const MIN_RATE_RATIO: f64 = if cfg!(debug_assertions) { 0.4 } else { 0.75 };

/// The number of rounds whose calls are combined for one p99.
const ROUNDS_PER_P99: usize = 20;

/// The figures of one layer in microseconds per call, one for each round.
#[derive(Default)]
struct Rounds {
    cpu: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    /// The wall times of the rounds that are not yet part of a p99.
    walls: Vec<f64>,
}

impl Rounds {
    fn push(&mut self, plan: &Plan, round: usize, cpu: f64, walls: &mut [f64]) {
        self.cpu.push(cpu / f64::from(plan.calls));
        self.p50.push(median(walls));
        self.walls.extend_from_slice(walls);
        if round.is_multiple_of(ROUNDS_PER_P99) {
            self.p99.push(quantile(&mut self.walls, 0.99));
            self.walls.clear();
        }
    }
}

/// Runs the closure with a `tracing` subscriber if the layer is `Traced`.
fn with_tracing<T>(layer: Layer, run: impl FnOnce() -> T) -> T {
    if layer != Layer::Traced {
        return run();
    }
    let result = tracing::subscriber::with_default(listener::subscriber(), run);
    // Without this, callsites keep the cached interest of the dropped subscriber.
    tracing::callsite::rebuild_interest_cache();
    result
}

fn measure_layers(plan: &Plan, clients: &Clients, runtime: &Runtime, operation: Operation) -> bool {
    let mut rounds: Vec<Rounds> = Layer::ALL.iter().map(|_| Rounds::default()).collect();
    let mut walls: Vec<f64> = Vec::new();
    for round in 0..=plan.rounds {
        for step in 0..Layer::ALL.len() {
            // Each round starts with another layer, so that no layer always follows the same one.
            let at = (step + round) % Layer::ALL.len();
            let layer = Layer::ALL[at];
            walls.clear();
            let calls = async {
                for _ in 0..plan.calls {
                    let start = Instant::now();
                    clients.call(layer, operation).await;
                    walls.push(micros(start.elapsed()));
                }
            };
            let ((), elapsed) = with_tracing(layer, || {
                runtime.block_on(warm(clients, layer, operation));
                timed(|| without_counting(|| runtime.block_on(calls)))
            });
            // Round 0 warms up.
            if round > 0 {
                rounds[at].push(plan, round, micros(elapsed.cpu), &mut walls);
            }
        }
    }
    println!("\n{}", operation.name());
    println!("| layer | CPU µs/call | wall p50 µs | wall p99 µs | allocations | bytes |");
    println!("|---|---|---|---|---|---|");
    for (layer, figures) in Layer::ALL.into_iter().zip(&mut rounds) {
        let (count, bytes) = allocations(clients, runtime, layer, operation);
        println!(
            "| {} | {:.1} | {:.1} | {:.1} | {count} | {bytes} |",
            layer.name(),
            median(&mut figures.cpu.clone()),
            median(&mut figures.p50.clone()),
            median(&mut figures.p99.clone()),
        );
    }
    let mut within_limits = true;
    for (ours, theirs) in [
        (Layer::Ours, Layer::Reqwest),
        (Layer::Ours, Layer::Limited),
        (Layer::Raw, Layer::Reqwest),
        (Layer::Traced, Layer::Ours),
        (Layer::Ours, Layer::Pool),
        (Layer::Ours, Layer::Socket),
        (Layer::Reqwest, Layer::Pool),
    ] {
        let rounds_of = |layer: Layer| &rounds[layer as usize];
        let figures: [(&str, Figure); 3] = [
            ("cpu", |r| &r.cpu),
            ("wall_p50", |r| &r.p50),
            ("wall_p99", |r| &r.p99),
        ];
        for (name, figure) in figures {
            let pairs = figure(rounds_of(ours))
                .iter()
                .zip(figure(rounds_of(theirs)));
            let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
            ratio(operation.name(), ours, theirs, name, &mut ratios);
            if (ours, theirs, name) == (Layer::Ours, Layer::Reqwest, "cpu") {
                within_limits &= median(&mut ratios) <= MAX_CPU_RATIO;
            }
        }
    }
    within_limits
}

/// Makes ten calls that are not measured, so that no layer depends on the caches that the previous
/// layer left.
async fn warm(clients: &Clients, layer: Layer, operation: Operation) {
    for _ in 0..10 {
        clients.call(layer, operation).await;
    }
}

fn ratio(operation: &str, ours: Layer, theirs: Layer, figure: &str, ratios: &mut [f64]) {
    let (ours, theirs) = (ours.name(), theirs.name());
    println!(
        "ratio {operation} {ours}/{theirs} {figure} {}",
        format_quartiles(ratios)
    );
}

/// Returns the number and the bytes of the allocations of a warm call.
///
/// The minimum of 40 calls excludes allocations by queues that grow.
fn allocations(
    clients: &Clients,
    runtime: &Runtime,
    layer: Layer,
    operation: Operation,
) -> (u64, u64) {
    with_tracing(layer, || {
        runtime.block_on(clients.call(layer, operation));
        (0..40)
            .map(|_| {
                allocation_counter::measure(|| runtime.block_on(clients.call(layer, operation)))
            })
            .map(|cost| (cost.count_total, cost.bytes_total))
            .min()
            .unwrap_or_default()
    })
}

/// Measures the requests per second of concurrent callers. All callers share one thread, which is
/// the bottleneck.
fn measure_rates(plan: &Plan, server: &Server, operation: Operation) -> bool {
    const COMPARED: [Layer; 4] = [Layer::Reqwest, Layer::Limited, Layer::Ours, Layer::Pool];
    let mut within_limits = true;
    println!("\n{}: requests per second", operation.name());
    println!("| callers | reqwest | reqwest+timeout | vipps | hyper-util |");
    println!("|---|---|---|---|---|");
    let mut lines = Vec::new();
    for callers in plan.callers.iter().copied() {
        let requests = plan.burst.max(MIN_REQUESTS_PER_CALLER * callers);
        let runtime = runtime();
        let clients = Rc::new(runtime.block_on(Clients::new(server)));
        let mut rates: Vec<Vec<f64>> = COMPARED.iter().map(|_| Vec::new()).collect();
        let mut cpus: Vec<Vec<f64>> = rates.clone();
        for round in 0..=plan.bursts {
            for step in 0..COMPARED.len() {
                let at = (step + round) % COMPARED.len();
                runtime.block_on(warm(&clients, COMPARED[at], operation));
                let run = || burst(&clients, COMPARED[at], operation, callers, requests);
                let ((), elapsed) = timed(|| without_counting(|| runtime.block_on(run())));
                if round > 0 {
                    #[expect(clippy::cast_precision_loss, reason = "thousands")]
                    rates[at].push(requests as f64 / elapsed.wall.as_secs_f64());
                    cpus[at].push(micros(elapsed.cpu));
                }
            }
        }
        println!(
            "| {callers} | {:.0} | {:.0} | {:.0} | {:.0} |",
            median(&mut rates[0].clone()),
            median(&mut rates[1].clone()),
            median(&mut rates[2].clone()),
            median(&mut rates[3].clone()),
        );
        for theirs in 0..2 {
            let pairs = rates[2].iter().zip(&rates[theirs]);
            let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
            within_limits &= median(&mut ratios) >= MIN_RATE_RATIO;
            lines.push((COMPARED[theirs], format!("rate@{callers}"), ratios));
            let pairs = cpus[2].iter().zip(&cpus[theirs]);
            let ratios = pairs.map(|(a, b)| a / b).collect();
            lines.push((COMPARED[theirs], format!("cpu@{callers}"), ratios));
        }
    }
    for (theirs, figure, mut ratios) in lines {
        ratio(operation.name(), Layer::Ours, theirs, &figure, &mut ratios);
    }
    within_limits
}

async fn burst(
    clients: &Rc<Clients>,
    layer: Layer,
    operation: Operation,
    callers: usize,
    requests: usize,
) {
    let set = LocalSet::new();
    for caller in 0..callers {
        let clients = clients.clone();
        let share = requests / callers + usize::from(caller < requests % callers);
        set.spawn_local(async move {
            for _ in 0..share {
                clients.call(layer, operation).await;
            }
        });
    }
    set.await;
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has_argument = |name: &str| arguments.iter().any(|argument| argument == name);
    let plan = if has_argument("--quick") {
        &QUICK
    } else {
        &FULL
    };
    let mut operations: Vec<Operation> = Operation::ALL
        .into_iter()
        .filter(|o| has_argument(o.name()))
        .collect();
    if operations.is_empty() {
        operations = Operation::ALL.to_vec();
    }
    println!("{}", describe_machine());
    println!(
        "{} rounds of {} calls, {} of many callers; ratios are medians with quartiles",
        plan.rounds, plan.calls, plan.bursts
    );
    let server = Server::start();
    let runtime = runtime();
    let clients = runtime.block_on(Clients::new(&server));
    let mut within_limits = true;
    for operation in operations {
        within_limits &= measure_layers(plan, &clients, &runtime, operation);
        within_limits &= measure_rates(plan, &server, operation);
    }
    if has_argument("--check") && !within_limits {
        eprintln!(
            "a ratio to reqwest is out of bounds: CPU must be at most {MAX_CPU_RATIO}, requests per second at least {MIN_RATE_RATIO}"
        );
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
