//! Clocks and figures that the benchmarks share.

#![allow(dead_code, unreachable_pub, reason = "each bench uses a part")]

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The time that this thread has spent on a processor.
pub fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// What a run took on the calling thread.
#[derive(Clone, Copy, Debug)]
pub struct Took {
    pub wall: Duration,
    pub cpu: Duration,
}

pub fn take<T>(run: impl FnOnce() -> T) -> (T, Took) {
    let (wall, cpu) = (Instant::now(), thread_cpu());
    let done = run();
    let took = Took {
        cpu: thread_cpu().saturating_sub(cpu),
        wall: wall.elapsed(),
    };
    (done, took)
}

/// Runs without counting allocations, which takes time itself.
pub fn uncounted<T>(run: impl FnOnce() -> T) -> T {
    let mut done = None;
    allocation_counter::opt_out(|| done = Some(run()));
    done.expect("it has run")
}

/// The value that a share of the sample lies below.
pub fn quantile(sample: &mut [f64], share: f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index within the sample"
    )]
    let at = ((sample.len().saturating_sub(1)) as f64 * share).round() as usize;
    sample.get(at).copied().unwrap_or(f64::NAN)
}

pub fn median(sample: &mut [f64]) -> f64 {
    quantile(sample, 0.5)
}

pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// `median (quartiles)`, since one number hides how much the machine wavered.
pub fn spread(sample: &mut [f64]) -> String {
    let (low, high) = (quantile(sample, 0.25), quantile(sample, 0.75));
    format!("{:.3} ({low:.3} to {high:.3})", median(sample))
}

/// The machine, the compiler's profile and the load that was there before, in a line.
pub fn machine() -> String {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("?");
    format!("{model}, {cores} cores, load {load} at the start")
}
