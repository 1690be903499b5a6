//! Random schedules of merchant calls and faults. No operation may move money twice. Time is
//! virtual, and the ledger of the simulator records the true effects.
//!
//! One test uses the eCom API only. The other uses the ePayment API, also for payments that eCom
//! started.
//!
//! `VIPPS_MONEY_SCHEDULES` is the number of schedules of each test (1,000 by default, 10,000 in CI)
//! and `VIPPS_MONEY_SEED` the first seed. A failure prints the command that reproduces it.
#![allow(unreachable_pub, reason = "a test has no outside")]

mod codes;
mod driver;
mod fault_plan;
mod ledger;
mod model;
mod network;
#[path = "../support/rng.rs"]
mod rng;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use driver::Driver;
use model::{Api, Counts};

/// The default number of schedules. CI runs more.
const SCHEDULES: u64 = 1_000;
const MAX_STEPS: u64 = 18;

fn env_number(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable}: must be a number, got {text:?}")),
        Err(_) => default,
    }
}

/// Runs the schedule of a seed, up to this number of steps. The same seed always produces the same
/// schedule.
fn run(seed: u64, api: Api, max_steps: u64) -> Counts {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut driver = Driver::new(seed, api);
        let steps = match driver.rng.below(10) {
            0 => MAX_STEPS,
            _ => driver.rng.between(3, 8),
        };
        for _ in 0..steps.min(max_steps) {
            driver.step().await;
        }
        driver.settle().await;
        let mut final_states = BTreeMap::new();
        for order in &driver.model.orders {
            final_states.insert(order.id.clone(), driver.final_state(order).await);
        }
        driver.model.check(&driver.sim, &final_states);
        driver.check_codes().await;
        *driver.model.counts.entry("requests").or_default() += driver.requests();
        driver.model.counts
    })
}

/// Returns the panic message of a failed schedule, or `None` if the schedule passes.
fn failure(seed: u64, api: Api, steps: u64) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| run(seed, api, steps))).err()?;
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Some(text.unwrap_or("a panic without a message").to_owned())
}

#[test]
fn money_never_moves_twice_over_ecom() {
    money_never_moves_twice(Api::Ecom);
}

#[test]
fn money_never_moves_twice_over_epayment() {
    money_never_moves_twice(Api::Epayment);
}

fn money_never_moves_twice(api: Api) {
    let schedules = env_number("VIPPS_MONEY_SCHEDULES", SCHEDULES);
    let first = env_number("VIPPS_MONEY_SEED", 1);
    let steps = env_number("VIPPS_MONEY_STEPS", MAX_STEPS);
    let start_time = Instant::now();
    let next = AtomicU64::new(0);
    let failed = AtomicBool::new(false);
    let failures = Mutex::new(Vec::new());
    let totals = Mutex::new(Counts::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let mut counts = Counts::new();
                while !failed.load(Ordering::Relaxed) {
                    let schedule = next.fetch_add(1, Ordering::Relaxed);
                    if schedule >= schedules {
                        break;
                    }
                    let seed = first.wrapping_add(schedule);
                    if let Ok(schedule_counts) =
                        catch_unwind(AssertUnwindSafe(|| run(seed, api, steps)))
                    {
                        for (event, times) in schedule_counts {
                            *counts.entry(event).or_default() += times;
                        }
                    } else {
                        failed.store(true, Ordering::Relaxed);
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push(seed);
                    }
                }
                let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                for (event, times) in counts {
                    *totals.entry(event).or_default() += times;
                }
            });
        }
    });
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(&seed) = failures.first() {
        report(seed, api, steps);
    }
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    eprintln!(
        "{schedules} schedules over {api:?} from seed {first} on in {:.1?}: {totals:?}",
        start_time.elapsed()
    );
    // Fewer schedules serve to reproduce a failure.
    if schedules >= SCHEDULES {
        // An event that never happens is not tested.
        for event in [
            "done",
            "rejected",
            "not sent",
            "unknown",
            "dropped",
            "failed after retries",
            "reconcile: took effect",
            "reconcile: no effect",
            "reconcile: still unknown",
            "reconcile: stored",
            "codes",
        ] {
            let times = totals.get(event).copied().unwrap_or(0);
            assert!(times >= schedules / 200, "{event}: only {times} times");
        }
        for event in ["done by the other API", "reconcile: direct capture"] {
            let times = totals.get(event).copied().unwrap_or(0);
            assert_eq!(times > 0, api == Api::Epayment, "{event}: {times} times");
        }
    }
}

/// Prints the command that reproduces a failure with the smallest number of steps.
fn report(seed: u64, api: Api, steps: u64) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let min_steps = (1..=steps).find(|steps| failure(seed, api, *steps).is_some());
    let min_steps = min_steps.unwrap_or(steps);
    let message = failure(seed, api, min_steps)
        .unwrap_or_else(|| "the failure is not reproducible".to_owned());
    std::panic::set_hook(hook);
    panic!(
        "seed {seed}, {min_steps} steps: {message}\n\nreproduce it with: VIPPS_MONEY_SEED={seed} VIPPS_MONEY_SCHEDULES=1 \
         VIPPS_MONEY_STEPS={min_steps} cargo test --test money {}\n",
        format!("over_{api:?}").to_lowercase(),
    );
}
