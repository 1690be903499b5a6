//! What a call costs, layer by layer: `cargo bench --bench overhead`.
//!
//! All layers run in one process against one server, in rounds: each round runs every layer once, so that what the
//! machine does meanwhile falls on all of them. Figures are medians over the rounds, ratios are medians of the ratios
//! within a round; for a p99 so many rounds are put together that it is one.
//!
//! - `--quick`: fewer rounds, for a gate that must be done in a minute.
//! - `--check`: ends with an error when a ratio is beyond any noise.
//! - a name such as `details`: this operation alone.

mod measure;
mod peers;

use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use measure::{machine, median, micros, quantile, spread, take, uncounted};
use peers::Operation;
use peers::bare::Bare;
use peers::hypers::{Hyper, Pool};
use peers::ours::Ours;
use peers::raw::Raw;
use peers::server::{Server, runtime};
use peers::socket::Socket;
use tokio::runtime::Runtime;
use tokio::task::LocalSet;

mod listener;

/// In the order of what they are built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layer {
    Socket,
    Hyper,
    Pool,
    Reqwest,
    /// The same with a time limit for the request, as every program must have that must not hang.
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

/// One of the figures of the rounds.
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

/// How much to measure. Many short rounds tell more than few long ones: what else the machine does comes and goes within
/// seconds, and only what is measured side by side has the same share of it.
struct Plan {
    /// Of one caller.
    rounds: usize,
    calls: u32,
    /// Of many callers.
    bursts: usize,
    /// Requests per caller count and burst, if that is enough for the callers.
    burst: usize,
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

/// The fewest requests for each of the callers: the first one of each finds a queue.
const LEAST_EACH: usize = 6;

/// What `--check` lets pass, as wide as a busy machine makes it. The targets, with optimisation, are 1.05 and 0.95.
/// Without optimisation the crate's own code costs more beside reqwest's I/O, so these bounds only catch a multiple.
const MOST_CPU: f64 = if cfg!(debug_assertions) { 2.5 } else { 1.35 };
const LEAST_RATE: f64 = if cfg!(debug_assertions) { 0.4 } else { 0.75 };

/// Rounds whose calls are put together for a p99, since one round has too few of them.
const TOGETHER: usize = 20;

/// One layer's rounds, in microseconds a call.
#[derive(Default)]
struct Rounds {
    cpu: Vec<f64>,
    middle: Vec<f64>,
    slow: Vec<f64>,
    /// Of the rounds that have no p99 yet.
    walls: Vec<f64>,
}

impl Rounds {
    fn push(&mut self, plan: &Plan, round: usize, cpu: f64, walls: &mut [f64]) {
        self.cpu.push(cpu / f64::from(plan.calls));
        self.middle.push(median(walls));
        self.walls.extend_from_slice(walls);
        if round.is_multiple_of(TOGETHER) {
            self.slow.push(quantile(&mut self.walls, 0.99));
            self.walls.clear();
        }
    }
}

/// Runs with tracing on for the layer that has it, and off for all others.
fn traced<T>(layer: Layer, run: impl FnOnce() -> T) -> T {
    if layer != Layer::Traced {
        return run();
    }
    let done = tracing::subscriber::with_default(listener::subscriber(), run);
    // The subscriber is gone, and every place that might have told it something shall know.
    tracing::callsite::rebuild_interest_cache();
    done
}

fn measure_layers(plan: &Plan, clients: &Clients, runtime: &Runtime, operation: Operation) -> bool {
    let mut rounds: Vec<Rounds> = Layer::ALL.iter().map(|_| Rounds::default()).collect();
    let mut walls: Vec<f64> = Vec::new();
    for round in 0..=plan.rounds {
        for step in 0..Layer::ALL.len() {
            // Each round begins with another layer.
            let at = (step + round) % Layer::ALL.len();
            let layer = Layer::ALL[at];
            walls.clear();
            let calls = async {
                for _ in 0..plan.calls {
                    let begun = Instant::now();
                    clients.call(layer, operation).await;
                    walls.push(micros(begun.elapsed()));
                }
            };
            let ((), took) = traced(layer, || {
                runtime.block_on(warm(clients, layer, operation));
                take(|| uncounted(|| runtime.block_on(calls)))
            });
            // The first round warms up.
            if round > 0 {
                rounds[at].push(plan, round, micros(took.cpu), &mut walls);
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
            median(&mut figures.middle.clone()),
            median(&mut figures.slow.clone()),
        );
    }
    let mut good = true;
    for (ours, theirs) in [
        (Layer::Ours, Layer::Reqwest),
        (Layer::Ours, Layer::Limited),
        (Layer::Raw, Layer::Reqwest),
        (Layer::Traced, Layer::Ours),
        (Layer::Ours, Layer::Pool),
        (Layer::Ours, Layer::Socket),
        (Layer::Reqwest, Layer::Pool),
    ] {
        let of = |layer: Layer| &rounds[layer as usize];
        let figures: [(&str, Figure); 3] = [
            ("cpu", |r| &r.cpu),
            ("wall_p50", |r| &r.middle),
            ("wall_p99", |r| &r.slow),
        ];
        for (name, figure) in figures {
            let pairs = figure(of(ours)).iter().zip(figure(of(theirs)));
            let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
            ratio(operation.name(), ours, theirs, name, &mut ratios);
            if (ours, theirs, name) == (Layer::Ours, Layer::Reqwest, "cpu") {
                good &= median(&mut ratios) <= MOST_CPU;
            }
        }
    }
    good
}

/// Takes from a layer what the one before it leaves in the caches, which is more where the two have more in common.
async fn warm(clients: &Clients, layer: Layer, operation: Operation) {
    for _ in 0..10 {
        clients.call(layer, operation).await;
    }
}

fn ratio(operation: &str, ours: Layer, theirs: Layer, figure: &str, ratios: &mut [f64]) {
    let (ours, theirs) = (ours.name(), theirs.name());
    println!(
        "ratio {operation} {ours}/{theirs} {figure} {}",
        spread(ratios)
    );
}

/// The least that a warm call allocates, which is the same each time but for the growth of queues.
fn allocations(
    clients: &Clients,
    runtime: &Runtime,
    layer: Layer,
    operation: Operation,
) -> (u64, u64) {
    traced(layer, || {
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

/// Requests per second of many callers, on the one thread of the runtime, which is the bottleneck.
fn measure_rates(plan: &Plan, server: &Server, operation: Operation) -> bool {
    const COMPARED: [Layer; 4] = [Layer::Reqwest, Layer::Limited, Layer::Ours, Layer::Pool];
    let mut good = true;
    println!("\n{}: requests per second", operation.name());
    println!("| callers | reqwest | reqwest+timeout | vipps | hyper-util |");
    println!("|---|---|---|---|---|");
    let mut lines = Vec::new();
    for callers in plan.callers.iter().copied() {
        let requests = plan.burst.max(LEAST_EACH * callers);
        let runtime = runtime();
        let clients = Rc::new(runtime.block_on(Clients::new(server)));
        let mut rates: Vec<Vec<f64>> = COMPARED.iter().map(|_| Vec::new()).collect();
        let mut cpus: Vec<Vec<f64>> = rates.clone();
        for round in 0..=plan.bursts {
            for step in 0..COMPARED.len() {
                let at = (step + round) % COMPARED.len();
                runtime.block_on(warm(&clients, COMPARED[at], operation));
                let run = || burst(&clients, COMPARED[at], operation, callers, requests);
                let ((), took) = take(|| uncounted(|| runtime.block_on(run())));
                if round > 0 {
                    #[expect(clippy::cast_precision_loss, reason = "thousands")]
                    rates[at].push(requests as f64 / took.wall.as_secs_f64());
                    cpus[at].push(micros(took.cpu));
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
            good &= median(&mut ratios) >= LEAST_RATE;
            lines.push((COMPARED[theirs], format!("rate@{callers}"), ratios));
            let pairs = cpus[2].iter().zip(&cpus[theirs]);
            let ratios = pairs.map(|(a, b)| a / b).collect();
            lines.push((COMPARED[theirs], format!("cpu@{callers}"), ratios));
        }
    }
    for (theirs, figure, mut ratios) in lines {
        ratio(operation.name(), Layer::Ours, theirs, &figure, &mut ratios);
    }
    good
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
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let plan = if asked("--quick") { &QUICK } else { &FULL };
    let mut operations: Vec<Operation> = Operation::ALL
        .into_iter()
        .filter(|o| asked(o.name()))
        .collect();
    if operations.is_empty() {
        operations = Operation::ALL.to_vec();
    }
    println!("{}", machine());
    println!(
        "{} rounds of {} calls, {} of many callers; ratios are medians with quartiles",
        plan.rounds, plan.calls, plan.bursts
    );
    let server = Server::start();
    let runtime = runtime();
    let clients = runtime.block_on(Clients::new(&server));
    let mut good = true;
    for operation in operations {
        good &= measure_layers(plan, &clients, &runtime, operation);
        good &= measure_rates(plan, &server, operation);
    }
    if asked("--check") && !good {
        eprintln!("a ratio is beyond {MOST_CPU} (CPU) or {LEAST_RATE} (requests per second)");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
