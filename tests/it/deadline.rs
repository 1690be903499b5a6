//! The deadline covers a whole call: the token, all attempts, the waits between them, each request
//! of an operation with several requests, and the body of the response (`tests/it/wire` covers the
//! body on a socket). Time is virtual and exact to the millisecond.

use std::time::Duration;

use crate::support::{Call, amount, boxed, id, landing_page, text};
use tokio::time::Instant;
use vipps::ecom::PollInterval;
use vipps::qr::RedirectUrl;
use vipps::simulator::{InMemory, Simulator};
use vipps::types::PersonalQr;
use vipps::{Amount, Error, ErrorKind, Outcome, RetryPolicy, Vipps};

const ORDER: &str = "acme-shop-123";
const CAPTURE: &str = "capture_payment_using_post";
const TOKEN: &str = "fetch_authorization_token_using_post";
const DEADLINE: Duration = Duration::from_secs(7);
/// Twice the resolution of tokio's timers, which is 1 ms.
const TIMER_TOLERANCE: Duration = Duration::from_millis(2);

struct Shop {
    sim: Simulator,
    memory: InMemory,
}

impl Shop {
    /// Returns a shop with one reserved payment, of which a part is captured.
    async fn open() -> Self {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let memory = sim.transport();
        let shop = Self { sim, memory };
        let vipps = shop.client();
        let order = vipps.ecom().initiate(id(), amount(), text());
        order.await.unwrap();
        shop.sim.payer().approve(ORDER).unwrap();
        let payment = vipps.ecom().payment(id());
        payment.capture(Amount::nok(20)).await.unwrap();
        let code = vipps.qr().merchant_redirect("b".parse().unwrap());
        code.create(url()).await.unwrap();
        shop
    }

    /// Returns a client without a token.
    fn client(&self) -> Vipps {
        self.builder().build().unwrap()
    }

    fn builder(&self) -> vipps::VippsBuilder {
        let (transport, clock) = (self.memory.clone(), self.memory.clone());
        self.sim
            .client_builder()
            .transport(transport)
            .clock(clock)
            .retry(RetryPolicy::default().attempts(10))
    }
}

fn url() -> RedirectUrl {
    "https://example.com/".parse().unwrap()
}

type Operation = (&'static str, fn(&Vipps) -> Call);

/// All operations, including those with several requests.
const OPERATIONS: [Operation; 20] = [
    ("initiate", |v| {
        let order = v.ecom().initiate("new".parse().unwrap(), amount(), text());
        boxed(order.deadline(DEADLINE))
    }),
    ("pay by QR", |v| {
        let order = v.pay_by_qr("newer".parse().unwrap(), amount(), text());
        boxed(order.deadline(DEADLINE))
    }),
    ("details", |v| {
        boxed(v.ecom().payment(id()).details().deadline(DEADLINE))
    }),
    ("capture", |v| {
        boxed(
            v.ecom()
                .payment(id())
                .capture_remaining()
                .deadline(DEADLINE),
        )
    }),
    ("refund", |v| {
        boxed(
            v.ecom()
                .payment(id())
                .refund(Amount::nok(20))
                .deadline(DEADLINE),
        )
    }),
    ("refund of the rest", |v| {
        boxed(v.ecom().payment(id()).refund_remaining().deadline(DEADLINE))
    }),
    ("cancel", |v| {
        boxed(v.ecom().payment(id()).cancel().deadline(DEADLINE))
    }),
    ("release", |v| {
        let cancel = v.ecom().payment(id()).cancel().release_remaining();
        boxed(cancel.deadline(DEADLINE))
    }),
    ("wait", |v| {
        let wait = v.ecom().payment(id()).wait().interval(PollInterval::Web);
        boxed(wait.deadline(DEADLINE))
    }),
    ("force approve", |v| {
        let approve = v.ecom().payment(id()).force_approve();
        let approve = approve.phone_number(crate::support::PHONE.parse().unwrap());
        boxed(approve.landing_page(&landing_page()).deadline(DEADLINE))
    }),
    ("one-time", |v| {
        boxed(v.qr().one_time(&landing_page()).deadline(DEADLINE))
    }),
    ("exchange", |v| {
        let code = PersonalQr::parse("https://qr.vipps.no/p/x").unwrap();
        boxed(v.qr().exchange(code).deadline(DEADLINE))
    }),
    ("exchange customer", |v| {
        let token = "AAAA".parse().unwrap();
        boxed(v.qr().exchange_customer(token).deadline(DEADLINE))
    }),
    ("redirect", |v| {
        let code = v.qr().merchant_redirect("b".parse().unwrap());
        boxed(code.create(url()).deadline(DEADLINE))
    }),
    // The code exists, so a request to create it and a request to change it are sent.
    ("create or update", |v| {
        let code = v.qr().merchant_redirect("b".parse().unwrap());
        boxed(code.create_or_update(url()).deadline(DEADLINE))
    }),
    ("update", |v| {
        let code = v.qr().merchant_redirect("b".parse().unwrap());
        boxed(code.update(url()).deadline(DEADLINE))
    }),
    ("redirects", |v| {
        boxed(v.qr().merchant_redirects().deadline(DEADLINE))
    }),
    ("callback", |v| {
        let code = v.qr().merchant_callback("c".parse().unwrap());
        boxed(code.put("Till".parse().unwrap()).deadline(DEADLINE))
    }),
    ("delete callback", |v| {
        let code = v.qr().merchant_callback("c".parse().unwrap());
        boxed(code.delete().deadline(DEADLINE))
    }),
    ("beacon", |v| {
        let beacon = v.qr().mobilepay_beacon("123456789012345".parse().unwrap());
        boxed(beacon.put("Till".parse().unwrap()).deadline(DEADLINE))
    }),
];

/// Returns the result of a call and its duration.
async fn timed(call: Call) -> (Result<(), Error>, Duration) {
    let start_time = Instant::now();
    let result = call.await;
    (result, start_time.elapsed())
}

#[tokio::test(start_paused = true)]
async fn stalled_token_request_ends_at_the_deadline() {
    for (name, operation) in OPERATIONS {
        let shop = Shop::open().await;
        shop.sim.faults().on(TOKEN).stall();
        // The timeout of an attempt is longer than the deadline of the call.
        let vipps = shop.builder().attempt_timeout(DEADLINE * 3);
        let vipps = vipps.total_timeout(DEADLINE * 5).build().unwrap();
        let (result, took) = timed(operation(&vipps)).await;
        let error = result.unwrap_err();
        // A wait changes nothing at the API, so its outcome is `NoEffect`.
        let outcome = if name == "wait" {
            Outcome::NoEffect
        } else {
            Outcome::NotSent
        };
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Deadline, outcome),
            "{name}: {error:?}"
        );
        assert!(
            took.abs_diff(DEADLINE) <= TIMER_TOLERANCE,
            "{name}: {took:?}"
        );
    }
}

/// After eight failures, the pause before the next token request is longer than the deadline.
#[tokio::test(start_paused = true)]
async fn paused_token_request_ends_at_the_deadline() {
    let shop = Shop::open().await;
    let vipps = shop.builder().retry(RetryPolicy::none()).build().unwrap();
    shop.sim.faults().on(TOKEN).status(500);
    let payment = vipps.ecom().payment(id());
    for _ in 0..8 {
        payment.details().await.unwrap_err();
    }
    let (result, took) = timed(boxed(payment.details().deadline(Duration::from_secs(2)))).await;
    let error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline, "{error:?}");
    assert!(took <= Duration::from_secs(2) + TIMER_TOLERANCE, "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn attempts_without_a_response_end_at_the_deadline() {
    for (name, operation) in OPERATIONS {
        let shop = Shop::open().await;
        let vipps = shop
            .builder()
            .attempt_timeout(DEADLINE / 3)
            .build()
            .unwrap();
        vipps.ecom().payment(id()).details().await.unwrap();
        let before = shop.sim.journal().entries().len();
        shop.sim.faults().any().stall();
        let (result, took) = timed(operation(&vipps)).await;
        let error = result.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Timeout),
            "{name}: {error:?}"
        );
        assert!(took <= DEADLINE + TIMER_TOLERANCE, "{name}: {took:?}");
        assert!(shop.sim.journal().entries().len() > before, "{name}");
    }
}

/// Each request takes two thirds of the deadline, so operations with two requests fail.
#[tokio::test(start_paused = true)]
async fn slow_requests_end_at_the_deadline() {
    let mut several = Vec::new();
    for (name, operation) in OPERATIONS {
        let shop = Shop::open().await;
        let vipps = shop.client();
        vipps.ecom().payment(id()).details().await.unwrap();
        let before = shop.sim.journal().entries().len();
        shop.sim.faults().any().delay(DEADLINE * 2 / 3);
        let (result, took) = timed(operation(&vipps)).await;
        assert!(took <= DEADLINE + TIMER_TOLERANCE, "{name}: {took:?}");
        if shop.sim.journal().entries().len() - before > 1 {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Deadline, "{name}: {error:?}");
            several.push(name);
        }
    }
    assert_eq!(
        several,
        ["pay by QR", "refund of the rest", "create or update"]
    );
}

/// A slow token, a retry after a pause, and a request without a response: the deadline includes all
/// of them.
#[tokio::test(start_paused = true)]
async fn deadline_covers_token_attempts_and_waits() {
    let shop = Shop::open().await;
    let vipps = shop.client();
    let second = Duration::from_secs(1);
    shop.sim.faults().on(TOKEN).delay(second);
    let faults = shop.sim.faults();
    faults.on(CAPTURE).times(1).before_effect().delay(second);
    faults.on(CAPTURE).times(1).retry_after(3).status(503);
    faults.on(CAPTURE).stall();
    let payment = vipps.ecom().payment(id());
    // The first capture takes 1 s and succeeds. The second capture meets the other faults.
    let part = payment.capture(Amount::nok(1));
    let (result, took) = timed(boxed(part.deadline(DEADLINE))).await;
    result.unwrap();
    assert!(
        took >= second * 2 && took <= second * 2 + TIMER_TOLERANCE,
        "{took:?}"
    );
    shop.sim.revoke_tokens();
    let (result, took) = timed(boxed(payment.capture_remaining().deadline(DEADLINE))).await;
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Deadline, Outcome::Unknown)
    );
    assert!(error.attempts() >= 2, "{error:?}");
    assert!(took.abs_diff(DEADLINE) <= TIMER_TOLERANCE, "{took:?}");
    assert!(error.elapsed() <= DEADLINE + TIMER_TOLERANCE);
}

/// A wait that would end after the deadline is not started.
#[tokio::test(start_paused = true)]
async fn retry_that_would_exceed_the_deadline_is_not_awaited() {
    for status in [429, 503] {
        let shop = Shop::open().await;
        let vipps = shop.client();
        vipps.ecom().payment(id()).details().await.unwrap();
        shop.sim.faults().on(CAPTURE).retry_after(3).status(status);
        let capture = vipps.ecom().payment(id()).capture_remaining();
        let (result, took) = timed(boxed(capture.deadline(DEADLINE))).await;
        let error = result.unwrap_err();
        assert_eq!(error.http_status(), Some(status));
        assert_eq!(error.attempts(), 3, "at 0, 3 and 6 s");
        assert!(
            took >= Duration::from_secs(6) && took < DEADLINE,
            "{took:?}"
        );
    }
}

/// Raw calls have the total timeout of the client.
#[tokio::test(start_paused = true)]
async fn raw_call_ends_at_the_total_timeout() {
    let shop = Shop::open().await;
    let vipps = shop.builder().total_timeout(DEADLINE).build().unwrap();
    vipps.ecom().payment(id()).details().await.unwrap();
    shop.sim.faults().any().stall();
    let details = vipps.call(|raw| async move {
        let details = raw.ecom().get_payment_details_using_get();
        details.order_id(ORDER).send().await
    });
    let start_time = Instant::now();
    let error = details.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(start_time.elapsed() <= DEADLINE + TIMER_TOLERANCE);
}
