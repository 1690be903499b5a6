//! A token fetch belongs to all callers. It outlives the caller that started it, and is replaced if
//! its runtime is not polled.

use std::future::{Future as _, IntoFuture as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use vipps::simulator::Simulator;
use vipps::{ErrorKind, Outcome, Vipps};

const TOKEN: &str = "fetch_authorization_token_using_post";

fn simulator(fetch: Duration) -> Simulator {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    sim.faults().on(TOKEN).delay(fetch);
    sim
}

async fn call(vipps: &Vipps) -> vipps::Result<()> {
    vipps.qr().merchant_callbacks().await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn deadlines_shorter_than_the_fetch_cost_one_request() {
    let sim = simulator(Duration::from_millis(400));
    let vipps = sim.client();
    let mut successes = 0;
    for _ in 0..20 {
        let call_builder = vipps.qr().merchant_callbacks();
        match call_builder.deadline(Duration::from_millis(300)).await {
            Ok(_) => successes += 1,
            Err(error) => assert_eq!(error.kind(), ErrorKind::Deadline),
        }
    }
    assert_eq!(sim.journal().count(TOKEN), 1);
    assert_eq!(successes, 19);
}

#[tokio::test(start_paused = true)]
async fn burst_of_short_deadlines_makes_one_token_request() {
    let sim = simulator(Duration::from_millis(400));
    let vipps = sim.client();
    let calls: Vec<_> = (0..60)
        .map(|number| {
            let vipps = vipps.clone();
            tokio::spawn(async move {
                let deadline = if number % 3 == 0 { 100 } else { 5_000 };
                let call_builder = vipps.qr().merchant_callbacks();
                call_builder.deadline(Duration::from_millis(deadline)).await
            })
        })
        .collect();
    let mut successes = 0;
    for call in calls {
        successes += usize::from(call.await.unwrap().is_ok());
    }
    assert_eq!((sim.journal().count(TOKEN), successes), (1, 40));
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_is_not_polled_delays_no_other_caller() {
    let sim = simulator(Duration::from_millis(400));
    let vipps = sim.client();
    let mut leading = pin!(call(&vipps));
    poll_fn(|cx| {
        assert!(leading.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
    // The body of a `select!` on `&mut leading` behaves like this: it does not poll `leading`.
    let start_time = tokio::time::Instant::now();
    call(&vipps).await.unwrap();
    assert!(start_time.elapsed() < Duration::from_secs(1));
    leading.await.unwrap();
    assert_eq!(sim.journal().count(TOKEN), 1);
}

#[tokio::test(start_paused = true)]
async fn slow_fetch_that_is_polled_is_not_replaced() {
    let sim = simulator(Duration::from_secs(7));
    let vipps = sim.client();
    let (first, second) = tokio::join!(call(&vipps), call(&vipps));
    first.unwrap();
    second.unwrap();
    assert_eq!(sim.journal().count(TOKEN), 1);
}

/// Computing tasks block the runtime for longer than a fetch may be without a poll. Then the call
/// is polled before the fetch.
#[test]
fn fetch_behind_computing_tasks_is_not_replaced() {
    let sim = simulator(Duration::from_millis(50));
    let vipps = sim.client();
    runtime().block_on(async {
        // The runtime polls its timers after 61 tasks.
        for _ in 0..100 {
            tokio::spawn(async { std::thread::sleep(Duration::from_millis(18)) });
        }
        call(&vipps).await.unwrap();
    });
    assert_eq!(sim.journal().count(TOKEN), 1);
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().unwrap()
}

#[test]
fn a_fetch_on_a_runtime_that_is_not_polled_is_replaced() {
    let sim = simulator(Duration::from_millis(500));
    let vipps = sim.client();
    let stalled = runtime();
    // The call that started the fetch still exists, as in a worker that computes.
    let mut leading = Box::pin(call(&vipps));
    stalled.block_on(async {
        let limit = Duration::from_millis(10);
        let timed_out = tokio::time::timeout(limit, leading.as_mut()).await;
        assert!(timed_out.is_err());
    });
    let start_time = std::time::Instant::now();
    let other = vipps.qr().merchant_callbacks();
    let result = runtime().block_on(other.deadline(Duration::from_secs(30)).into_future());
    let took = start_time.elapsed();
    assert!(result.is_ok(), "{result:?} after {took:?}");
    // The first fetch ends late, and its token does not replace the newer one.
    stalled.block_on(leading).unwrap();
    stalled.block_on(call(&vipps)).unwrap();
    assert!(vipps.metrics().token_requests <= 2);
}

/// A runtime whose clock advances only when all tasks wait.
fn paused() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().start_paused(true).build().unwrap()
}

#[test]
fn one_runtime_per_call_does_not_cost_one_fetch_per_call() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let vipps = sim.client();
    runtime().block_on(call(&vipps)).unwrap();
    // Each refresh takes longer than the runtime of its call exists.
    sim.faults().on(TOKEN).delay(Duration::from_secs(3600));
    for _ in 0..50 {
        paused().block_on(async {
            tokio::time::advance(Duration::from_secs(3600 - 300)).await;
            call(&vipps).await.unwrap();
            // The refresh sends its request, and is dropped with the runtime.
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        });
    }
    let requests = vipps.metrics().token_requests;
    assert!((2..=3).contains(&requests), "{requests}");
}

#[tokio::test(start_paused = true)]
async fn a_token_request_that_takes_too_long_is_a_timeout() {
    let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
    let total = Duration::from_secs(5);
    let builder = sim.client_builder().total_timeout(total);
    let vipps = builder.build().unwrap();
    sim.faults().on(TOKEN).stall();
    let start_time = tokio::time::Instant::now();
    let call_builder = vipps.qr().merchant_callbacks();
    let error = call_builder
        .deadline(Duration::from_secs(20))
        .await
        .unwrap_err();
    // The call itself has 15 s left, so its deadline did not end it.
    assert!((total..total * 2).contains(&start_time.elapsed()));
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout, Outcome::NotSent)
    );
    assert_eq!(error.operation(), Some(TOKEN));
}
