//! Processes that share a store. Each is this test program, started with `child_process` as its
//! only test.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use vipps::simulator::Simulator;
use vipps::token_store::RedisTokenStore;
use vipps::{Credentials, Environment, Vipps};

use super::capture::Capture;

/// The variable with the URL of Redis. Only child processes have it.
const REDIS_VARIABLE: &str = "VIPPS_TEST_CHILD_REDIS";
/// The start of each line for the parent. The test harness prints other lines.
const REPORT_PREFIX: &str = "report ";

pub(crate) struct Process {
    child: Child,
    commands: ChildStdin,
    reports: BufReader<ChildStdout>,
}

/// The counts of a process since it started, and the duration of the slowest call of the last
/// command.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) token_requests: u64,
    pub(crate) tokens_shared: u64,
    pub(crate) replays: u64,
    pub(crate) store_failures: u64,
    pub(crate) warnings: u64,
    pub(crate) longest: Duration,
}

/// Starts `count` processes with the simulator's keys, and waits until all are ready.
pub(crate) fn start_processes(count: u64, sim: &Simulator, redis: &str) -> Vec<Process> {
    let mut processes: Vec<_> = (0..count).map(|_| Process::start(sim, redis)).collect();
    for process in &mut processes {
        process.read();
    }
    processes
}

impl Process {
    fn start(sim: &Simulator, redis: &str) -> Self {
        let keys = sim.keys();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_process", "--nocapture"])
            .env(REDIS_VARIABLE, redis)
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
            commands: child.stdin.take().unwrap(),
            reports: BufReader::new(child.stdout.take().unwrap()),
            child,
        }
    }

    /// Starts `calls` concurrent calls, and does not wait for them.
    pub(crate) fn start_calls(&mut self, calls: usize) {
        writeln!(self.commands, "{calls}").unwrap();
    }

    /// Waits until the started calls have ended.
    pub(crate) fn report(&mut self) -> Report {
        let report = self.read();
        let count = |name: &str| report[name].as_u64().unwrap();
        Report {
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
            let read = self.reports.read_line(&mut line).unwrap();
            assert!(read > 0, "a child process has exited");
            if let Some((_, report)) = line.split_once(REPORT_PREFIX) {
                return serde_json::from_str(report).unwrap();
            }
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may have exited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the commands of the parent in a child process. Does nothing in the parent.
pub(crate) fn run_as_child() {
    let Ok(redis) = std::env::var(REDIS_VARIABLE) else {
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
    println!("{REPORT_PREFIX}{{}}");
    for command in std::io::stdin().lines() {
        let calls = command.unwrap().parse().unwrap();
        let longest = runtime.block_on(run_calls(&vipps, calls));
        let lines = log.lines("vipps");
        let warned = |line: &&String| line.starts_with("WARN event `token store failed`");
        let metrics = vipps.metrics();
        let report = json!({
            "token_requests": metrics.token_requests,
            "tokens_shared": metrics.tokens_shared,
            "replays": metrics.replays,
            "store_failures": metrics.token_store_failures,
            "warnings": lines.iter().filter(warned).count(),
            "longest_ms": u64::try_from(longest.as_millis()).unwrap(),
        });
        println!("{REPORT_PREFIX}{report}");
    }
}

/// Makes concurrent calls, none of which may fail. Returns the duration of the slowest call.
async fn run_calls(vipps: &Vipps, calls: usize) -> Duration {
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let start_time = Instant::now();
                vipps.qr().merchant_callbacks().await.unwrap();
                start_time.elapsed()
            })
        })
        .collect();
    let mut longest = Duration::ZERO;
    for call in calls {
        longest = longest.max(call.await.unwrap());
    }
    longest
}
