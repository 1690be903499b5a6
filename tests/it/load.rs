//! Many concurrent payments by QR, from initiate to capture, over real sockets, with a fault in one
//! request in ten. No payment is lost and none is captured twice.
//!
//! `.ci/test` runs the test with 1,000 payments. This command runs it with more:
//!
//! ```console
//! VIPPS_LOAD_PAYMENTS=5000 cargo test --release --test it load:: -- --nocapture
//! ```
//!
//! `VIPPS_LOAD_PAYMENTS` also limits the memory of each payment, since the test is then alone in
//! its process: the task, both ends of its connection, and the simulator's account of the payment.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use vipps::ecom::{Payment, PollInterval, Reconciled};
use vipps::simulator::{EffectKind, Simulator};
use vipps::types::RequestId;
use vipps::{Amount, Error, Outcome, RetryBudget, RetryPolicy, Vipps};

/// The payments meet every kind of fault, and take about 1 s.
const PAYMENTS: usize = 40;
/// The settling time. The longest delay of the simulator is 200 ms, so no request takes effect
/// later.
const SETTLED: Duration = Duration::from_millis(500);

fn payments() -> usize {
    std::env::var("VIPPS_LOAD_PAYMENTS").map_or(PAYMENTS, |text| {
        text.parse().expect("VIPPS_LOAD_PAYMENTS is a number")
    })
}

/// Returns the resident memory of this process in bytes, if the system reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Injects faults into one request in ten. Half of the faults happen after the request took effect.
fn inject_faults(sim: &Simulator) {
    let rule = || sim.faults().any().probability(0.012);
    rule().seed(1).lose_request();
    rule().seed(2).lose_response();
    rule().seed(3).status(503);
    rule()
        .seed(4)
        .after_effect()
        .status_with_body(502, "<html></html>");
    rule().seed(5).reset();
    rule().seed(7).malformed_json();
    rule()
        .seed(8)
        .after_effect()
        .delay(Duration::from_millis(200));
    rule().seed(9).duplicate();
}

#[derive(Default)]
struct Counters {
    unknown: AtomicU64,
    took_effect: AtomicU64,
    no_effect: AtomicU64,
    abandoned: AtomicU64,
}

impl Counters {
    /// Returns `Some(true)` if the operation took effect, `None` if its outcome is still unknown.
    async fn reconcile(&self, vipps: &Vipps, error: &Error) -> Option<bool> {
        self.unknown.fetch_add(1, Ordering::Relaxed);
        let reconcile = vipps.ecom().reconcile(error).settled_after(SETTLED);
        match reconcile.deadline(Duration::from_secs(120)).await {
            Reconciled::TookEffect(_) => {
                self.took_effect.fetch_add(1, Ordering::Relaxed);
                Some(true)
            }
            Reconciled::NoEffect => {
                self.no_effect.fetch_add(1, Ordering::Relaxed);
                Some(false)
            }
            Reconciled::StillUnknown(_) => None,
        }
    }
}

/// Starts a payment by QR. An order whose landing page is lost is cancelled and replaced by a new
/// order.
async fn start(vipps: &Vipps, counters: &Counters, number: usize) -> Payment {
    let mut attempt = 0;
    loop {
        let id = format!("load-{number}-{attempt}")
            .parse()
            .expect("an order id");
        let text = "Load".parse().expect("a text");
        let error = match vipps.pay_by_qr(id, Amount::nok(10), text).await {
            Ok(sale) => return sale.payment(),
            Err(error) => error,
        };
        let exists = if error.outcome() == Outcome::Unknown {
            counters.reconcile(vipps, &error).await != Some(false)
        } else {
            // A request that arrives twice creates the order and then fails with code 34, "order id
            // is already used".
            error.has_code("34")
        };
        if exists {
            counters.abandoned.fetch_add(1, Ordering::Relaxed);
            if let Some(id) = error.order_id() {
                // The payment expires if the cancel fails. No customer can pay it, because its
                // landing page was lost.
                let _ = vipps.ecom().payment(id.clone()).cancel().await;
            }
            attempt += 1;
        }
    }
}

async fn sell(sim: &Simulator, vipps: &Vipps, counters: &Counters, number: usize) {
    let payment = start(vipps, counters, number).await;
    let order = payment.order_id().as_str().to_owned();
    sim.payer()
        .approve(&order)
        .expect("a payment that waits for its customer");
    // The customer has decided, so the first poll does not need the wait of a web page.
    while payment.wait().interval(PollInterval::Till).await.is_err() {}
    let key = RequestId::parse(&format!("capture-{order}")).expect("a key");
    loop {
        match payment
            .capture_remaining()
            .idempotency_key(key.clone())
            .await
        {
            Ok(_) => return,
            Err(error) if error.outcome() == Outcome::Unknown => {
                if counters.reconcile(vipps, &error).await == Some(true) {
                    return;
                }
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

#[test]
fn under_load_each_payment_is_captured_once() {
    let count = payments();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let sim = Arc::new(Simulator::builder().seed(5).start().expect("a simulator"));
    inject_faults(&sim);
    let policy = RetryPolicy::default()
        .attempts(5)
        .backoff(Duration::from_millis(20), Duration::from_millis(200));
    let vipps = sim
        .client_builder()
        .retry(policy)
        .retry_budget(RetryBudget::unlimited())
        .attempt_timeout(Duration::from_secs(60))
        .total_timeout(Duration::from_secs(240))
        .build()
        .expect("a client");
    let counters = Arc::new(Counters::default());
    let before = resident();
    let start_time = Instant::now();
    let peak = runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for number in 0..count {
            let (sim, vipps, counters) = (sim.clone(), vipps.clone(), counters.clone());
            tasks.spawn(async move { sell(&sim, &vipps, &counters, number).await });
        }
        let mut peak = resident();
        loop {
            let next = tokio::time::timeout(Duration::from_millis(50), tasks.join_next()).await;
            peak = peak.max(resident());
            match next {
                Ok(Some(sold)) => sold.expect("a sale without a panic"),
                Ok(None) => return peak,
                Err(_) => {}
            }
        }
    });
    let took = start_time.elapsed();
    sim.faults().clear();

    let ledger = sim.ledger();
    let mut captured = 0;
    for account in &ledger {
        assert!(
            account.count(EffectKind::Capture) <= 1,
            "doubled: {account:?}"
        );
        match account.captured() {
            0 => {}
            1_000 => captured += 1,
            _ => panic!("a wrong amount: {account:?}"),
        }
    }
    assert_eq!(captured, count, "not captured, or captured twice");
    let requests: usize = sim.journal().entries().len();
    eprintln!(
        "{count} payments in {took:.1?}: {requests} requests kept in the journal, {} orders, {} unknown outcomes \
         ({} took effect, {} had none), {} orders abandoned for a lost landing page",
        ledger.len(),
        counters.unknown.load(Ordering::Relaxed),
        counters.took_effect.load(Ordering::Relaxed),
        counters.no_effect.load(Ordering::Relaxed),
        counters.abandoned.load(Ordering::Relaxed),
    );
    if let (Some(before), Some(peak)) = (before, peak) {
        let each = peak.saturating_sub(before) / count as u64;
        eprintln!("{} KiB of memory per payment at the peak", each / 1024);
        // The memory is that of the whole process, so it is checked only if this test runs alone.
        if std::env::var_os("VIPPS_LOAD_PAYMENTS").is_some() {
            assert!(each < 256 * 1024, "{each} bytes per payment");
        }
    }
}

/// The size of the future of each call, which is the memory that a waiting call needs.
#[test]
fn futures_stay_small() {
    let sim = Simulator::builder().in_memory().expect("a simulator");
    let vipps = sim.client();
    let payment = vipps.ecom().payment("order-1".parse().expect("an id"));
    let text = || "Tea".parse().expect("a text");
    let id = || "order-1".parse().expect("an id");
    let kroner = Amount::nok(1);
    for (what, size) in [
        (
            "initiate",
            size_of_val(&vipps.ecom().initiate(id(), kroner, text()).send()),
        ),
        ("capture", size_of_val(&payment.capture_remaining().send())),
        ("refund", size_of_val(&payment.refund_remaining().send())),
        ("cancel", size_of_val(&payment.cancel().send())),
        ("details", size_of_val(&payment.details().send())),
        (
            "pay by QR",
            size_of_val(&vipps.pay_by_qr(id(), kroner, text()).send()),
        ),
    ] {
        eprintln!("{what}: {size} bytes");
        assert!(size < 24 * 1024, "{what}: {size} bytes");
    }
}
