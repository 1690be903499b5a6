//! What the simulator itself takes, since tests are no faster than it: `cargo bench --bench simulator`, or with
//! `--quick`.
//!
//! How long it takes to start, in a fresh process and again in the same one, and how many requests it answers in a second
//! on one thread: handed to it as values, from a client in memory, and from the same client over loopback.

mod measure;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use bytes::Bytes;
use measure::{machine, median, micros, spread};
use tokio::runtime::Runtime;
use vipps::simulator::{Reply, Simulator};
use vipps::{Amount, OrderId, Vipps};

/// Tells a process that it is one of those that are measured.
const CHILD: &str = "--child";

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

/// Starts and asks once, then again; microseconds of each.
fn child() {
    let runtime = runtime();
    let started = || {
        let begun = Instant::now();
        let sim = Simulator::start().expect("a simulator");
        let start = begun.elapsed();
        let vipps = sim.client();
        let asked = runtime.block_on(vipps.qr().merchant_callbacks().send());
        asked.expect("an answer");
        [micros(start), micros(begun.elapsed())]
    };
    let (first, second) = (started(), started());
    println!("{} {} {} {}", first[0], first[1], second[0], second[1]);
}

fn measure_starts(plan: &Plan) {
    const NAMES: [&str; 4] = [
        "start, in a fresh process",
        "start and first answer, in a fresh process",
        "start, again",
        "start and first answer, again",
    ];
    let mut told: [Vec<f64>; 4] = Default::default();
    for round in 0..=plan.starts {
        let this = std::env::current_exe().expect("the path of this program");
        let output = Command::new(this).arg(CHILD).output().expect("a process");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8_lossy(&output.stdout);
        for (told, figure) in told.iter_mut().zip(text.split_whitespace()) {
            // The first round finds cold caches.
            if round > 0 {
                told.push(figure.parse().expect("a number"));
            }
        }
    }
    println!("\n{} fresh processes", plan.starts);
    println!("| | ms |\n|---|---|");
    for (name, told) in NAMES.into_iter().zip(&mut told) {
        println!("| {name} | {:.2} |", median(told) / 1e3);
    }
}

/// How requests get to the simulator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Handed,
    Memory,
    Loopback,
}

impl Way {
    const ALL: [Self; 3] = [Self::Handed, Self::Memory, Self::Loopback];

    fn name(self) -> &'static str {
        match self {
            Self::Handed => "handed",
            Self::Memory => "memory",
            Self::Loopback => "loopback",
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Handed => "handed to it as values",
            Self::Memory => "a client in memory",
            Self::Loopback => "the same client over loopback",
        }
    }

    fn simulator(self) -> Simulator {
        let sim = match self {
            Self::Handed | Self::Memory => Simulator::builder().in_memory(),
            Self::Loopback => Simulator::start(),
        };
        sim.expect("a simulator")
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Work {
    /// The same small list, again and again.
    List,
    /// A payment: start it, make its code, approve it, read its details, capture it.
    Sale,
}
/// Requests of one sale; the approval is none.
const REQUESTS: u32 = 4;

/// Requests per second.
fn rate(way: Way, work: Work, plan: &Plan, runtime: &Runtime) -> f64 {
    let sim = way.simulator();
    let vipps = runtime.block_on(async { sim.client() });
    let (requests, took) = runtime.block_on(async {
        list(&vipps).await;
        let begun = Instant::now();
        let requests = match (way, work) {
            (Way::Handed, _) => {
                let request = request(&sim);
                for _ in 0..plan.calls {
                    hand(&sim, request.clone());
                }
                plan.calls
            }
            (_, Work::List) => {
                for _ in 0..plan.calls {
                    list(&vipps).await;
                }
                plan.calls
            }
            (_, Work::Sale) => {
                for number in 0..plan.sales {
                    sell(&sim, &vipps, number).await;
                }
                plan.sales * REQUESTS
            }
        };
        (requests, begun.elapsed())
    });
    rate_of(requests, took)
}

fn rate_of(requests: u32, took: Duration) -> f64 {
    f64::from(requests) / took.as_secs_f64()
}

async fn list(vipps: &Vipps) {
    let list = vipps.qr().merchant_callbacks().await.expect("an answer");
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
    sale.payment().capture().await.expect("the money");
}

/// A request for the list, with a token that the simulator has given.
fn request(sim: &Simulator) -> http::Request<Bytes> {
    let keys = sim.keys();
    let token = http::Request::post("/accesstoken/get")
        .header("client_id", keys.client_id())
        .header("client_secret", keys.client_secret())
        .header("ocp-apim-subscription-key", keys.subscription_key())
        .header("merchant-serial-number", keys.merchant_serial_number())
        .body(Bytes::new())
        .expect("a request");
    let answer = hand(sim, token);
    let answer: serde_json::Value = serde_json::from_slice(answer.body()).expect("JSON");
    let token = answer["access_token"].as_str().expect("a token");
    http::Request::get("/qr/v1/merchant-callback")
        .header("authorization", format!("Bearer {token}"))
        .header("ocp-apim-subscription-key", keys.subscription_key())
        .header("merchant-serial-number", keys.merchant_serial_number())
        .header("accept", "application/json")
        .body(Bytes::new())
        .expect("a request")
}

fn hand(sim: &Simulator, request: http::Request<Bytes>) -> http::Response<Bytes> {
    let (_, reply) = sim.arrive(request).take_effect();
    let Reply::Whole(answer) = reply else {
        panic!("no answer: {reply:?}")
    };
    assert!(answer.status().is_success(), "{answer:?}");
    answer
}

fn measure_rates(plan: &Plan) {
    let cases = [
        (Way::Handed, Work::List),
        (Way::Memory, Work::List),
        (Way::Loopback, Work::List),
        (Way::Memory, Work::Sale),
        (Way::Loopback, Work::Sale),
    ];
    let runtime = runtime();
    let mut rates: Vec<Vec<f64>> = cases.iter().map(|_| Vec::new()).collect();
    for round in 0..=plan.rounds {
        for step in 0..cases.len() {
            // Each round begins with another case.
            let at = (step + round) % cases.len();
            let (way, work) = cases[at];
            let rate = rate(way, work, plan, &runtime);
            if round > 0 {
                rates[at].push(rate);
            }
        }
    }
    println!("\n{} rounds, each with simulators of its own", plan.rounds);
    println!("| requests | list, again and again, per second | sales, requests per second |");
    println!("|---|---|---|");
    for way in Way::ALL {
        let of = |work| {
            let at = cases.iter().position(|case| *case == (way, work));
            at.map_or("–".to_owned(), |at| {
                format!("{:.0}", median(&mut rates[at].clone()))
            })
        };
        println!(
            "| {} | {} | {} |",
            way.told(),
            of(Work::List),
            of(Work::Sale)
        );
    }
    for (what, ours, theirs) in [("list", 1, 2), ("sale", 3, 4), ("list", 0, 1)] {
        let pairs = rates[ours].iter().zip(&rates[theirs]);
        let mut ratios: Vec<f64> = pairs.map(|(a, b)| a / b).collect();
        let (ours, theirs) = (cases[ours].0.name(), cases[theirs].0.name());
        println!("ratio {what} {ours}/{theirs} rate {}", spread(&mut ratios));
    }
}

fn main() -> ExitCode {
    let asked = |name: &str| std::env::args().any(|argument| argument == name);
    if asked(CHILD) {
        child();
        return ExitCode::SUCCESS;
    }
    let plan = if asked("--quick") { &QUICK } else { &FULL };
    println!("{}", machine());
    measure_starts(plan);
    measure_rates(plan);
    ExitCode::SUCCESS
}
