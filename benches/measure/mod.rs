//! Clocks and statistics for the benchmarks.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses a part")]

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// Returns the CPU time of the calling thread.
pub fn thread_cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

/// The wall time and the CPU time that a closure used on the calling thread.
#[derive(Clone, Copy, Debug)]
pub struct Elapsed {
    pub wall: Duration,
    pub cpu: Duration,
}

/// Runs the closure and measures its time.
pub fn timed<T>(run: impl FnOnce() -> T) -> (T, Elapsed) {
    let (wall, cpu) = (Instant::now(), thread_cpu());
    let result = run();
    let elapsed = Elapsed {
        cpu: thread_cpu().saturating_sub(cpu),
        wall: wall.elapsed(),
    };
    (result, elapsed)
}

/// Runs the closure without counting its allocations, because counting takes time.
pub fn without_counting<T>(run: impl FnOnce() -> T) -> T {
    let mut result = None;
    allocation_counter::opt_out(|| result = Some(run()));
    result.expect("opt_out runs the closure")
}

/// Returns the quantile of the sample for a `share` from 0 to 1. Sorts the sample.
pub fn quantile(sample: &mut [f64], share: f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index within the sample"
    )]
    let index = ((sample.len().saturating_sub(1)) as f64 * share).round() as usize;
    sample.get(index).copied().unwrap_or(f64::NAN)
}

/// Returns the median of the sample. Sorts the sample.
pub fn median(sample: &mut [f64]) -> f64 {
    quantile(sample, 0.5)
}

/// Converts to microseconds.
pub fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// Formats the median with the quartiles, which show the noise of the measurement.
pub fn format_quartiles(sample: &mut [f64]) -> String {
    let (low, high) = (quantile(sample, 0.25), quantile(sample, 0.75));
    format!("{:.3} ({low:.3} to {high:.3})", median(sample))
}

/// Returns one line with the processor, the number of cores and the current load.
pub fn describe_machine() -> String {
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
