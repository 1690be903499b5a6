//! Processes of a fleet: this test program, started again with other work to do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vipps::simulator::Simulator;
use vipps::token_store::RedisTokenStore;
use vipps::{Credentials, Environment, Vipps};

use super::capture::Capture;

/// Where a process of the fleet finds Redis; what tells it that it is one.
const REDIS: &str = "VIPPS_TEST_FLEET_REDIS";
/// What a line for the parent begins with, among those of the test harness.
const MARK: &str = "told ";

pub(crate) struct Process {
    child: Child,
    orders: ChildStdin,
    told: BufReader<ChildStdout>,
}

/// What a process tells after each order: its counts since it began, and what was slow in this one.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) token_requests: u64,
    pub(crate) tokens_shared: u64,
    pub(crate) replays: u64,
    pub(crate) store_failures: u64,
    pub(crate) warnings: u64,
    pub(crate) longest: Duration,
}

/// So many processes with the simulator's keys, that have all come up.
pub(crate) fn fleet(count: u64, sim: &Simulator, redis: &str) -> Vec<Process> {
    let mut fleet: Vec<_> = (0..count).map(|_| Process::start(sim, redis)).collect();
    for process in &mut fleet {
        process.read();
    }
    fleet
}

impl Process {
    fn start(sim: &Simulator, redis: &str) -> Self {
        let keys = sim.keys();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_of_the_fleet", "--nocapture"])
            .env(REDIS, redis)
            .env("VIPPS_BASE_URL", sim.base_url())
            .env("VIPPS_CLIENT_ID", keys.client_id())
            .env("VIPPS_CLIENT_SECRET", keys.client_secret())
            .env("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key())
            .env(
                "VIPPS_MERCHANT_SERIAL_NUMBER",
                keys.merchant_serial_number(),
            )
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            orders: child.stdin.take().unwrap(),
            told: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Orders so many calls at once.
    pub(crate) fn call(&mut self, calls: usize) {
        writeln!(self.orders, "{calls}").unwrap();
    }

    /// Waits until they are done.
    pub(crate) fn told(&mut self) -> Told {
        let told = self.read();
        let count = |name: &str| told[name].as_u64().unwrap();
        Told {
            token_requests: count("token_requests"),
            tokens_shared: count("tokens_shared"),
            replays: count("replays"),
            store_failures: count("store_failures"),
            warnings: count("warnings"),
            longest: Duration::from_millis(count("longest_ms")),
        }
    }

    fn read(&mut self) -> Value {
        loop {
            let mut line = String::new();
            let read = self.told.read_line(&mut line).unwrap();
            assert!(read > 0, "a process of the fleet has died");
            if let Some((_, told)) = line.split_once(MARK) {
                return serde_json::from_str(told).unwrap();
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have died by itself, which its test has told.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The work of such a process; none in the test program itself.
pub(crate) fn run_if_asked() {
    let Ok(redis) = std::env::var(REDIS) else {
        return;
    };
    let log = Capture::everywhere();
    let base_url = std::env::var("VIPPS_BASE_URL").unwrap();
    let vipps = Vipps::builder(Credentials::from_env().unwrap())
        .environment(Environment::custom(&base_url).unwrap())
        .token_store(RedisTokenStore::new(&redis).unwrap())
        .build()
        .unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!("{MARK}{{}}");
    for order in std::io::stdin().lines() {
        let calls = order.unwrap().parse().unwrap();
        let longest = runtime.block_on(work(&vipps, calls));
        let lines = log.lines("vipps");
        let warned = |line: &&String| line.starts_with("WARN event `token store failed`");
        let metrics = vipps.metrics();
        let told = json!({
            "token_requests": metrics.token_requests,
            "tokens_shared": metrics.tokens_shared,
            "replays": metrics.replays,
            "store_failures": metrics.token_store_failures,
            "warnings": lines.iter().filter(warned).count(),
            "longest_ms": u64::try_from(longest.as_millis()).unwrap(),
        });
        println!("{MARK}{told}");
    }
}

/// Makes the calls at once; how long the slowest took. None may fail.
async fn work(vipps: &Vipps, calls: usize) -> Duration {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let begun = Instant::now();
                vipps.qr().merchant_callbacks().await.unwrap();
                begun.elapsed()
            })
        })
        .collect();
    let mut longest = Duration::ZERO;
    for call in calls {
        longest = longest.max(call.await.unwrap());
    }
    longest
}
