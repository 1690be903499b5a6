//! The speed of the simulator, which limits the speed of tests: `cargo bench --bench simulator`.
//!
//! Measures the time to start the first and the second simulator of a process. Measures the
//! requests per second on one thread: passed as values, from a client in memory, and from the same
//! client over loopback. `--quick` runs fewer rounds.

mod measure;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bytes::Bytes;
use measure::{describe_machine, format_quartiles, median, micros};
use tokio::runtime::Runtime;
use vipps::simulator::{Simulator, WireResponse};
use vipps::{Amount, OrderId, Vipps};

/// The argument that marks a child process in which a start is measured.
const CHILD: &str = "--child";

/// The numbers of processes, rounds and requests to measure.
struct Plan {
    starts: usize,
    rounds: usize,
    calls: u32,
    sales: u32,
}
const FULL: Plan = Plan {
    starts: 41,
    rounds: 21,
    calls: 4_000,
    sales: 500,
};
const QUICK: Plan = Plan {
    starts: 9,
    rounds: 5,
    calls: 1_000,
    sales: 150,
};

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

/// Prints the microseconds until a simulator has started and until its first response, for the
/// first and the second simulator of this process.
fn child() {
    let runtime = runtime();
    let started = || {
        let start = Instant::now();
        let sim = Simulator::start().expect("a simulator");
        let startup = start.elapsed();
        let vipps = sim.client();
        let response = runtime.block_on(vipps.qr().merchant_callbacks().send());
        response.expect("a response");
        [micros(startup), micros(start.elapsed())]
    };
    let (first, second) = (started(), started());
    println!("{} {} {} {}", first[0], first[1], second[0], second[1]);
}

fn measure_starts(plan: &Plan) {
    const NAMES: [&str; 4] = [
        "start, first in a process",
        "start and first response, first in a process",
        "start, second in a process",
        "start and first response, second in a process",
    ];
    let mut samples: [Vec<f64>; 4] = Default::default();
    for round in 0..=plan.starts {
        let this = std::env::current_exe().expect("the path of this program");
        let output = Command::new(this).arg(CHILD).output().expect("a process");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        for (sample, figure) in samples.iter_mut().zip(text.split_whitespace()) {
            // Round 0 runs with cold caches.
            if round > 0 {
                sample.push(figure.parse().expect("a number"));
            }
        }
    }
    println!("\n{} fresh processes", plan.starts);
    println!("| | ms |\n|---|---|");
    for (name, sample) in NAMES.into_iter().zip(&mut samples) {
        println!("| {name} | {:.2} |", median(sample) / 1e3);
    }
}

/// The transport of the requests to the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Direct,
    Memory,
    Loopback,
}

impl Transport {
    const ALL: [Self; 3] = [Self::Direct, Self::Memory, Self::Loopback];

    fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Memory => "memory",
            Self::Loopback => "loopback",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Direct => "passed as values",
            Self::Memory => "a client in memory",
            Self::Loopback => "the same client over loopback",
        }
    }

    fn simulator(self) -> Simulator {
        let sim = match self {
            Self::Direct | Self::Memory => Simulator::builder().in_memory(),
            Self::Loopback => Simulator::start(),
        };
        sim.expect("a simulator")
    }
}

/// The requests to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Workload {
    /// A request for a short list of merchant callback codes.
    List,
    /// A payment: start it, make its code, approve it, read its details, capture it.
    Sale,
}
/// The requests of one sale. The approval is not a request to the API.
const REQUESTS: u32 = 4;

/// Measures the requests per second.
fn rate(transport: Transport, workload: Workload, plan: &Plan, runtime: &Runtime) -> f64 {
    let sim = transport.simulator();
    let vipps = runtime.block_on(async { sim.client() });
    let (requests, elapsed) = runtime.block_on(async {
        list(&vipps).await;
        let start = Instant::now();
        let requests = match (transport, workload) {
            (Transport::Direct, _) => {
                let request = request(&sim);
                for _ in 0..plan.calls {
                    send(&sim, request.clone());
                }
                plan.calls
            }
            (_, Workload::List) => {
                for _ in 0..plan.calls {
                    list(&vipps).await;
                }
                plan.calls
            }
            (_, Workload::Sale) => {
                for number in 0..plan.sales {
                    sell(&sim, &vipps, number).await;
                }
                plan.sales * REQUESTS
            }
        };
        (requests, start.elapsed())
    });
    rate_of(requests, elapsed)
}

fn rate_of(requests: u32, elapsed: Duration) -> f64 {
    f64::from(requests) / elapsed.as_secs_f64()
}

async fn list(vipps: &Vipps) {
    let list = vipps.qr().merchant_callbacks().await.expect("a response");
    std::hint::black_box(list);
}

async fn sell(sim: &Simulator, vipps: &Vipps, number: u32) {
    let id: OrderId = format!("order-{number}").parse().expect("an order id");
    let text = "One pair of socks".parse().expect("a text");
    let sale = vipps.pay_by_qr(id.clone(), Amount::nok(499), text);
    let sale = sale.await.expect("a payment");
    sim.payer().approve(&id).expect("a customer");
    let details = sale.payment().details().await.expect("details");
    assert!(details.state().is_paid());
    sale.payment().capture_remaining().await.expect("the money");
}

/// Returns a request for the list, with a token that the simulator has issued.
fn request(sim: &Simulator) -> http::Request<Bytes> {
    let keys = sim.keys();
    let token = http::Request::post("/accesstoken/get")
        .header("client_id", keys.client_id())
        .header("client_secret", keys.client_secret())
        .header("ocp-apim-subscription-key", keys.subscription_key())
        .header("merchant-serial-number", keys.merchant_serial_number())
        .body(Bytes::new())
        .expect("a request");
    let response = send(sim, token);
    let response: serde_json::Value = serde_json::from_slice(response.body()).expect("JSON");
    let token = response["access_token"].as_str().expect("a token");
    http::Request::get("/qr/v1/merchant-callback")
        .header("authorization", format!("Bearer {token}"))
        .header("ocp-apim-subscription-key", keys.subscription_key())
        .header("merchant-serial-number", keys.merchant_serial_number())
        .header("accept", "application/json")
        .body(Bytes::new())
        .expect("a request")
}

fn send(sim: &Simulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    let (_, reply) = sim.arrive(request).take_effect();
    let WireResponse::Complete(response) = reply else {
        panic!("not a whole response: {reply:?}")
    };
    assert!(response.status().is_success(), "{response:?}");
    response
}

fn measure_rates(plan: &Plan) {
    let cases = [
        (Transport::Direct, Workload::List),
        (Transport::Memory, Workload::List),
        (Transport::Loopback, Workload::List),
        (Transport::Memory, Workload::Sale),
        (Transport::Loopback, Workload::Sale),
    ];
    let runtime = runtime();
    let mut rates: Vec<Vec<f64>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..=plan.rounds {
        for step in 0..cases.len() {
            // Each round starts with another case.
            let at = (step + round) % cases.len();
            let (transport, workload) = cases[at];
            let rate = rate(transport, workload, plan, &runtime);
            if round > 0 {
                rates[at].push(rate);
            }
        }
    }
    println!("\n{} rounds, each with new simulators", plan.rounds);
    println!("| requests | a small list, requests per second | sales, requests per second |");
    println!("|---|---|---|");
    for transport in Transport::ALL {
        let of = |workload| {
            let at = cases.iter().position(|case| *case == (transport, workload));
            at.map_or("–".to_owned(), |at| {
                format!("{:.0}", median(&mut rates[at].clone()))
            })
        };
        println!(
            "| {} | {} | {} |",
            transport.description(),
            of(Workload::List),
            of(Workload::Sale)
        );
    }
    for (workload, ours, theirs) in [("list", 1, 2), ("sale", 3, 4), ("list", 0, 1)] {
        let pairs = rates[ours].iter().zip(&rates[theirs]);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
        let (ours, theirs) = (cases[ours].0.name(), cases[theirs].0.name());
        println!(
            "ratio {workload} {ours}/{theirs} rate {}",
            format_quartiles(&mut ratios)
        );
    }
}

fn main() -> ExitCode {
    let has_argument = |name: &str| std::env::args().any(|argument| argument == name);
    if has_argument(CHILD) {
        child();
        return ExitCode::SUCCESS;
    }
    let plan = if has_argument("--quick") {
        &QUICK
    } else {
        &FULL
    };
    println!("{}", describe_machine());
    measure_starts(plan);
    measure_rates(plan);
    ExitCode::SUCCESS
}
