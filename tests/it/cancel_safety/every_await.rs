//! A call that is dropped at any of its await points has no effect that a later call misses. Each
//! test polls the future of an operation once, twice, and so on up to its end, drops it there, and
//! compares the results of later calls with the simulator's ledger.

use std::future::IntoFuture as _;
use std::pin::pin;

use vipps::ecom::{Payment, PaymentState};
use vipps::simulator::{EffectKind, InMemory, Simulator};
use vipps::types::RequestId;
use vipps::{Amount, Error, OrderId, Transport, TransportFuture, Vipps};

use crate::polled::poll_at_most;

const ORDER: &str = "order-1";

/// A network with an await before and after each request.
#[derive(Debug)]
struct Slow(InMemory);

impl Transport for Slow {
    fn send(&self, request: http::Request<bytes::Bytes>) -> TransportFuture<'_> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            let response = self.0.send(request).await;
            tokio::task::yield_now().await;
            response
        })
    }
}

fn id() -> OrderId {
    ORDER.parse().expect("an order id")
}

fn key() -> RequestId {
    "my-own-key".parse().expect("a key")
}

struct Shop {
    sim: Simulator,
    vipps: Vipps,
}

impl Shop {
    fn new() -> Self {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let memory = sim.transport();
        let builder = sim.client_builder().clock(memory.clone());
        let vipps = builder.transport(Slow(memory)).build().unwrap();
        Self { sim, vipps }
    }

    /// Returns a shop with an approved payment.
    async fn reserved() -> Self {
        let shop = Self::new();
        shop.initiate().await.unwrap();
        shop.sim.payer().approve(ORDER).unwrap();
        // The token is revoked, so the awaits include those of a token fetch.
        shop.sim.revoke_tokens();
        shop
    }

    async fn initiate(&self) -> Result<(), Error> {
        let text = "Tea".parse().unwrap();
        let order = self.vipps.ecom().initiate(id(), Amount::nok(9), text);
        order.await.map(|_| ())
    }

    fn payment(&self) -> Payment {
        self.vipps.ecom().payment(id())
    }

    /// The first request fails with 429, the second takes effect and its response is lost, and the
    /// third succeeds.
    fn inject_faults(&self, operation: &str) {
        let faults = self.sim.faults();
        faults.on(operation).times(1).status(429);
        faults.on(operation).times(1).lose_response();
    }

    fn count(&self, kind: EffectKind) -> usize {
        self.sim.account(ORDER).map_or(0, |a| a.count(kind))
    }
}

/// Runs a case with 0, 1, 2 … polls until its operation completes. The case then returns true.
async fn for_all_polls(at_least: u32, mut case: impl AsyncFnMut(u32) -> bool) {
    for times in 0..1_000 {
        if case(times).await {
            assert!(
                times >= at_least,
                "only {times} awaits: the injected faults have no effect"
            );
            return;
        }
    }
    panic!("the operation does not complete within 1000 polls");
}

#[tokio::test(start_paused = true)]
async fn capture_dropped_at_any_await_captures_once() {
    for_all_polls(8, async |times| {
        let shop = Shop::reserved().await;
        shop.inject_faults("capture_payment_using_post");
        let capture = || shop.payment().capture_remaining().idempotency_key(key());
        let output = poll_at_most(times, capture().into_future()).await;
        assert!(shop.count(EffectKind::Capture) <= 1);
        let details = shop.payment().details().await.unwrap();
        let events = details.events().iter();
        let own_events = events.filter(|e| e.idempotency_key.as_deref() == Some("my-own-key"));
        assert_eq!(
            own_events.count(),
            shop.count(EffectKind::Capture),
            "{times} polls"
        );
        capture().await.unwrap();
        assert_eq!(shop.count(EffectKind::Capture), 1, "{times} polls");
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn rest_refund_dropped_at_any_await_refunds_once() {
    for_all_polls(8, async |times| {
        let shop = Shop::reserved().await;
        shop.payment().capture_remaining().await.unwrap();
        shop.sim.revoke_tokens();
        shop.inject_faults("refund_payment_using_post");
        let refund = || shop.payment().refund_remaining().idempotency_key(key());
        let output = poll_at_most(times, refund().into_future()).await;
        let details = shop.payment().details().await.unwrap();
        let account = shop.sim.account(ORDER).unwrap();
        assert_eq!(details.sums().refunded.minor_units(), account.refunded());
        refund().await.unwrap();
        assert_eq!(shop.count(EffectKind::Refund), 1, "{times} polls");
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn cancel_dropped_at_any_await_releases_once() {
    for_all_polls(8, async |times| {
        let shop = Shop::reserved().await;
        shop.inject_faults("cancel_payment_request_using_put");
        let output = poll_at_most(times, shop.payment().cancel().into_future()).await;
        let released = shop.count(EffectKind::Release);
        let details = shop.payment().details().await.unwrap();
        assert_eq!(details.state() == PaymentState::Cancelled, released == 1);
        shop.payment().cancel().await.unwrap();
        assert_eq!(shop.count(EffectKind::Release), 1, "{times} polls");
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn release_dropped_at_any_await_releases_once() {
    for_all_polls(8, async |times| {
        let shop = Shop::reserved().await;
        let part = shop.payment().capture(Amount::nok(2));
        part.await.unwrap();
        shop.inject_faults("cancel_payment_request_using_put");
        let release = || shop.payment().cancel().release_remaining();
        let output = poll_at_most(times, release().into_future()).await;
        let released = shop.count(EffectKind::Release);
        let details = shop.payment().details().await.unwrap();
        assert_eq!(details.can_release(), released == 0);
        release().await.unwrap();
        assert_eq!(shop.count(EffectKind::Release), 1, "{times} polls");
        assert_eq!(shop.sim.account(ORDER).unwrap().captured(), 200);
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

/// An initiate whose response is lost is not retried, so there is no third request.
#[tokio::test(start_paused = true)]
async fn initiate_dropped_at_any_await_starts_one_payment() {
    for_all_polls(6, async |times| {
        let shop = Shop::new();
        shop.inject_faults("initiate_payment_v3_using_post");
        let output = poll_at_most(times, shop.initiate()).await;
        let exists = shop.sim.account(ORDER).is_some();
        match shop.payment().details().await {
            Ok(_) => assert!(exists, "{times} polls"),
            Err(error) => assert!(error.has_code("35") && !exists, "{error:?}"),
        }
        if !exists {
            // Only the injected faults prevent the next call. The dropped call left no effect.
            shop.sim.faults().clear();
            tokio::time::sleep(std::time::Duration::from_secs(60)).await;
            shop.initiate().await.unwrap();
        }
        shop.payment().cancel().await.unwrap();
        output.is_some()
    })
    .await;
}

/// A payment and its code are two requests. The next call finds the payment of a dropped call.
#[tokio::test(start_paused = true)]
async fn qr_payment_dropped_at_any_await_starts_one_payment() {
    for_all_polls(9, async |times| {
        let shop = Shop::new();
        let fault = shop.sim.faults().on("generate_otp_qr");
        fault.times(1).lose_response();
        let sale = || {
            let text = "Tea".parse().unwrap();
            shop.vipps.pay_by_qr(id(), Amount::nok(9), text)
        };
        let output = poll_at_most(times, sale().into_future()).await;
        let exists = shop.sim.account(ORDER).is_some();
        match sale().await {
            Ok(_) => assert!(!exists, "{times} polls"),
            Err(error) => assert!(exists && error.has_code("34"), "{error:?}"),
        }
        shop.payment().cancel().await.unwrap();
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn reconcile_dropped_at_any_await_is_repeatable() {
    for_all_polls(8, async |times| {
        let shop = Shop::reserved().await;
        shop.payment().details().await.unwrap();
        let lost = shop.sim.faults().on("capture_payment_using_post");
        lost.times(3).lose_response();
        let error = shop.payment().capture_remaining().await.unwrap_err();
        shop.sim
            .faults()
            .on("get_payment_details_using_get")
            .times(2)
            .status(503);
        let both = async {
            shop.payment().wait().await.unwrap();
            shop.vipps.ecom().reconcile(&error).await
        };
        let output = poll_at_most(times, both).await;
        let verdict = shop.vipps.ecom().reconcile(&error).await;
        let vipps::ecom::Reconciled::TookEffect(details) = verdict else {
            panic!("{verdict:?}");
        };
        assert_eq!(details.sums().captured, Amount::nok(9));
        assert_eq!(shop.count(EffectKind::Capture), 1);
        output.is_some()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn redirect_dropped_at_any_await_creates_one_code() {
    for_all_polls(6, async |times| {
        let shop = Shop::new();
        shop.inject_faults("create_merchant_redirect_qr");
        let code = shop
            .vipps
            .qr()
            .merchant_redirect("billboard_1".parse().unwrap());
        let url = || "https://example.com/spring".parse().unwrap();
        let output = poll_at_most(times, code.create(url()).into_future()).await;
        let before = code.get().await;
        if let Err(error) = &before {
            assert_eq!(error.http_status(), Some(404), "{error:?}");
        }
        code.create_or_update(url()).await.unwrap();
        assert_eq!(shop.vipps.qr().merchant_redirects().await.unwrap().len(), 1);
        output.is_some_and(|result| result.is_ok())
    })
    .await;
}

/// The caller that fetches the token is dropped. The waiting callers still receive a token.
#[tokio::test(start_paused = true)]
async fn waiting_caller_gets_a_token_after_a_dropped_leader() {
    for_all_polls(3, async |times| {
        let shop = Shop::new();
        let payment = shop.payment();
        let leader = pin!(poll_at_most(times, payment.details().into_future()));
        let follower = payment.details().into_future();
        let (leader_result, follower_result) = tokio::join!(leader, follower);
        assert!(follower_result.unwrap_err().has_code("35"), "{times} polls");
        leader_result.is_some()
    })
    .await;
}
