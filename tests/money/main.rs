//! Random schedules of merchants and faults in which no operation may move money twice. Time is
//! virtual, and the simulator's ledger records the true effects.
//!
//! One test has payments of eCom. The other has payments of ePayment, and payments that eCom started
//! and both APIs change.
//!
//! `VIPPS_MONEY_SCHEDULES` is the number of schedules of each test (1,000 by default, 10,000 in CI)
//! and `VIPPS_MONEY_SEED` the first seed. A failure prints the command that reproduces it.
#![allow(unreachable_pub, reason = "a test has no outside")]

mod codes;
mod driver;
mod fault_plan;
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
use model::{Counts, Over};

/// Few enough for a contributor's loop; CI runs more.
const SCHEDULES: u64 = 1_000;
const MOST_STEPS: u64 = 18;

fn number(variable: &str, otherwise: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text
            .parse()
            .unwrap_or_else(|_| panic!("{variable} must be a number, not {text:?}")),
        Err(_) => otherwise,
    }
}

/// Runs the schedule of a seed, up to this number of steps. The same seed always produces the same
/// schedule.
fn run(seed: u64, over: Over, most_steps: u64) -> Counts {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut driver = Driver::new(seed, over);
        let steps = match driver.rng.below(10) {
            0 => MOST_STEPS,
            _ => driver.rng.between(3, 8),
        };
        for _ in 0..steps.min(most_steps) {
            driver.step().await;
        }
        driver.settle().await;
        let mut shown = BTreeMap::new();
        for order in &driver.model.orders {
            shown.insert(order.id.clone(), driver.shown(order).await);
        }
        driver.model.audit(&driver.sim, &shown);
        driver.audit_codes().await;
        *driver.model.counts.entry("requests").or_default() += driver.requests();
        driver.model.counts
    })
}

/// Returns the panic message of a failed schedule, or `None` if the schedule passes.
fn failure(seed: u64, over: Over, steps: u64) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| run(seed, over, steps))).err()?;
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    Some(text.unwrap_or("a panic without a text").to_owned())
}

#[test]
fn money_never_moves_twice_over_ecom() {
    money_never_moves_twice(Over::Ecom);
}

#[test]
fn money_never_moves_twice_over_epayment() {
    money_never_moves_twice(Over::Epayment);
}

fn money_never_moves_twice(over: Over) {
    let schedules = number("VIPPS_MONEY_SCHEDULES", SCHEDULES);
    let first = number("VIPPS_MONEY_SEED", 1);
    let steps = number("VIPPS_MONEY_STEPS", MOST_STEPS);
    let begun = Instant::now();
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
                    if let Ok(seen) = catch_unwind(AssertUnwindSafe(|| run(seed, over, steps))) {
                        for (what, times) in seen {
                            *counts.entry(what).or_default() += times;
                        }
                    } else {
                        failed.store(true, Ordering::Relaxed);
                        let mut failures = failures.lock().unwrap_or_else(PoisonError::into_inner);
                        failures.push(seed);
                    }
                }
                let mut totals = totals.lock().unwrap_or_else(PoisonError::into_inner);
                for (what, times) in counts {
                    *totals.entry(what).or_default() += times;
                }
            });
        }
    });
    let failures = failures
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(&seed) = failures.first() {
        report(seed, over, steps);
    }
    let totals = totals.into_inner().unwrap_or_else(PoisonError::into_inner);
    eprintln!(
        "{schedules} schedules over {over:?} from seed {first} on in {:.1?}: {totals:?}",
        begun.elapsed()
    );
    // Fewer schedules are there to reproduce a failure.
    if schedules >= SCHEDULES {
        // A test in which one of these never happens does not test it.
        for what in [
            "done",
            "rejected",
            "not sent",
            "unknown",
            "dropped",
            "failed after repeats",
            "reconcile: took effect",
            "reconcile: no effect",
            "reconcile: still unknown",
            "reconcile: stored",
            "codes",
        ] {
            let times = totals.get(what).copied().unwrap_or(0);
            assert!(times >= schedules / 200, "{what}: only {times} times");
        }
        for what in ["done by the other API", "reconcile: direct capture"] {
            let times = totals.get(what).copied().unwrap_or(0);
            assert_eq!(times > 0, over == Over::Epayment, "{what}: {times} times");
        }
    }
}

/// Prints the command that reproduces a failure with the smallest number of steps.
fn report(seed: u64, over: Over, steps: u64) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let fewest = (1..=steps).find(|steps| failure(seed, over, *steps).is_some());
    let fewest = fewest.unwrap_or(steps);
    let what = failure(seed, over, fewest).unwrap_or_else(|| "it does not happen again".to_owned());
    std::panic::set_hook(hook);
    panic!(
        "seed {seed}, {fewest} steps: {what}\n\nrepeat it with: VIPPS_MONEY_SEED={seed} VIPPS_MONEY_SCHEDULES=1 \
         VIPPS_MONEY_STEPS={fewest} cargo test --test money {}\n",
        format!("over_{over:?}").to_lowercase(),
    );
}
