//! The outcome of an operation whose response was lost. `reconcile` reads it from the details, and
//! returns no verdict before the settling time has passed.

use std::time::Duration;

use crate::support::{amount, id, text};
use tokio::time::Instant;
use vipps::ecom::{Payment, Reconciled};
use vipps::simulator::Simulator;
use vipps::testing::Recorder;
use vipps::{Amount, Error, ErrorKind, Outcome, RequestId, RetryPolicy, Vipps};

const ORDER: &str = "acme-shop-123";
const INITIATE: &str = "initiate_payment_v3_using_post";
const CAPTURE: &str = "capture_payment_using_post";
const REFUND: &str = "refund_payment_using_post";
const CANCEL: &str = "cancel_payment_request_using_put";
const DETAILS: &str = "get_payment_details_using_get";

struct Shop {
    sim: Simulator,
    vipps: Vipps,
}

impl Shop {
    fn new() -> Self {
        let sim = Simulator::builder().freeze_clock().in_memory().unwrap();
        let vipps = sim.client();
        Self { sim, vipps }
    }

    async fn reserved() -> Self {
        let shop = Self::new();
        shop.initiate().await.unwrap();
        shop.sim.payer().approve(ORDER).unwrap();
        shop
    }

    async fn initiate(&self) -> Result<(), Error> {
        let order = self.vipps.ecom().initiate(id(), amount(), text());
        order.await.map(|_| ())
    }

    fn payment(&self) -> Payment {
        self.vipps.ecom().payment(id())
    }

    fn lose(&self, operation: &str, after: bool) {
        let rule = self.sim.faults().on(operation).times(3);
        if after {
            rule.lose_response();
        } else {
            rule.lose_request();
        }
    }

    /// Returns the name of the verdict.
    async fn verdict(&self, error: &Error) -> &'static str {
        assert_eq!(error.outcome(), Outcome::Unknown, "{error:?}");
        assert_eq!(error.order_id(), Some(&id()));
        assert!(error.hint().is_some_and(|hint| hint.contains("reconcile")));
        self.sim.faults().clear();
        word(&self.vipps.ecom().reconcile(error).await)
    }
}

fn word(verdict: &Reconciled) -> &'static str {
    match verdict {
        Reconciled::TookEffect(_) => "took effect",
        Reconciled::NoEffect => "no effect",
        Reconciled::StillUnknown(_) => "still unknown",
    }
}

fn expected(after: bool) -> &'static str {
    if after { "took effect" } else { "no effect" }
}

#[tokio::test(start_paused = true)]
async fn lost_initiate_is_reconciled() {
    for after in [true, false] {
        let shop = Shop::new();
        shop.lose(INITIATE, after);
        let error = shop.initiate().await.unwrap_err();
        assert_eq!(shop.verdict(&error).await, expected(after));
        // The next step that each verdict allows.
        if after {
            shop.payment().cancel().await.unwrap();
        } else {
            shop.initiate().await.unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lost_capture_and_refund_are_reconciled() {
    for after in [true, false] {
        let shop = Shop::reserved().await;
        let before = shop.payment().capture(Amount::nok(20));
        before.await.unwrap();
        shop.lose(CAPTURE, after);
        let capture = || shop.payment().capture(Amount::nok(30));
        let error = capture().await.unwrap_err();
        assert_eq!(shop.verdict(&error).await, expected(after));
        let again = capture().idempotency_key(error.idempotency_key().unwrap().clone());
        again.await.unwrap();
        assert_eq!(shop.sim.account(ORDER).unwrap().captured(), 5_000);

        shop.payment().refund(Amount::nok(1)).await.unwrap();
        shop.lose(REFUND, after);
        let refund = || shop.payment().refund(Amount::nok(30));
        let error = refund().await.unwrap_err();
        assert_eq!(shop.verdict(&error).await, expected(after));
        let again = refund().idempotency_key(error.idempotency_key().unwrap().clone());
        again.await.unwrap();
        assert_eq!(shop.sim.account(ORDER).unwrap().refunded(), 3_100);
    }
}

/// Reads of the details fail too, so the cancel cannot verify its own outcome.
#[tokio::test(start_paused = true)]
async fn lost_cancel_is_reconciled() {
    for after in [true, false] {
        let shop = Shop::reserved().await;
        shop.lose(CANCEL, after);
        shop.sim.faults().on(DETAILS).status(500);
        let error = shop.payment().cancel().await.unwrap_err();
        assert_eq!(shop.verdict(&error).await, expected(after));
    }
}

#[tokio::test(start_paused = true)]
async fn lost_code_of_a_started_payment_is_reconciled() {
    let shop = Shop::new();
    shop.sim.faults().on("generate_otp_qr").status(400);
    let error = shop
        .vipps
        .pay_by_qr(id(), amount(), text())
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(
        error.hint().unwrap().contains("Cancel the payment"),
        "{:?}",
        error.hint()
    );
    let verdict = shop.vipps.ecom().reconcile(&error).await;
    assert_eq!(word(&verdict), "took effect");
}

/// The token request of a retry fails. The error names the token's operation, and `reconcile` still
/// accepts it for the capture.
#[tokio::test(start_paused = true)]
async fn capture_whose_retry_gets_no_token_is_unknown() {
    for after in [true, false] {
        let shop = Shop::reserved().await;
        let lost = shop.sim.faults().on(CAPTURE).times(1);
        if after {
            lost.lose_response();
        } else {
            lost.lose_request();
        }
        shop.sim.faults().on(CAPTURE).times(1).status(401);
        shop.sim
            .faults()
            .on("fetch_authorization_token_using_post")
            .status(503);
        let error = shop.payment().capture_remaining().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Authentication);
        assert_eq!(shop.verdict(&error).await, expected(after));
    }
}

/// The simulator applies the request seconds after the call has ended.
#[tokio::test(start_paused = true)]
async fn capture_applied_after_the_call_ended_is_found() {
    let shop = Shop::reserved().await;
    let fault = shop.sim.faults().on(CAPTURE).before_effect();
    fault.delay(Duration::from_secs(20));
    let capture = shop
        .payment()
        .capture_remaining()
        .retry(RetryPolicy::none());
    let error = capture.deadline(Duration::from_secs(2)).await.unwrap_err();
    assert_eq!(shop.sim.account(ORDER).unwrap().captured(), 0);
    let at_once = shop.vipps.ecom().reconcile(&error);
    let at_once = at_once.settled_after(Duration::ZERO).await;
    assert_eq!(
        word(&at_once),
        "no effect",
        "the details do not contain the late capture"
    );
    let short = shop.vipps.ecom().reconcile(&error);
    let short = short.deadline(Duration::from_secs(3)).await;
    assert_eq!(word(&short), "still unknown");
    assert_eq!(shop.verdict(&error).await, "took effect");
}

#[tokio::test(start_paused = true)]
async fn no_effect_is_reported_only_after_the_settling_time() {
    let shop = Shop::reserved().await;
    let start_time = Instant::now();
    shop.lose(CAPTURE, false);
    let error = shop
        .payment()
        .capture_remaining()
        .retry(RetryPolicy::none())
        .await
        .unwrap_err();
    let requests_before = shop.sim.journal().count(DETAILS);
    assert_eq!(shop.verdict(&error).await, "no effect");
    assert!(start_time.elapsed() >= Duration::from_secs(30));
    assert!(shop.sim.journal().count(DETAILS) - requests_before < 8);
    // The operation is now old enough for a verdict after a single request.
    let (start_time, requests_before) = (Instant::now(), shop.sim.journal().count(DETAILS));
    assert_eq!(shop.verdict(&error).await, "no effect");
    assert!(start_time.elapsed() < Duration::from_secs(1));
    assert_eq!(shop.sim.journal().count(DETAILS) - requests_before, 1);
}

#[tokio::test(start_paused = true)]
async fn known_outcome_sends_no_request() {
    let refusal = r#"{"statusCode":400,"message":"x"}"#;
    let path = "/ecomm/v2/payments/acme-shop-123/capture";
    let recorder = Recorder::new().respond("POST", path, 400, refusal);
    let vipps = recorder.client();
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
    assert_eq!(word(&vipps.ecom().reconcile(&error).await), "no effect");
    assert!(recorder.shape_of(DETAILS).is_empty());
}

#[tokio::test(start_paused = true)]
async fn unreachable_details_are_still_unknown() {
    for status in [401, 403, 404, 429, 500, 503] {
        let shop = Shop::reserved().await;
        shop.lose(CAPTURE, true);
        let error = shop.payment().capture_remaining().await.unwrap_err();
        shop.sim.faults().on(DETAILS).status(status);
        let start_time = Instant::now();
        let Reconciled::StillUnknown(why) = shop.vipps.ecom().reconcile(&error).await else {
            panic!("{status}");
        };
        assert_eq!(
            (why.outcome(), why.http_status()),
            (Outcome::Unknown, Some(status))
        );
        assert!(start_time.elapsed() <= Duration::from_secs(61));
        assert_eq!(shop.verdict(&error).await, "took effect", "{status}");
    }
}

/// A history with incomplete sums proves nothing.
#[tokio::test(start_paused = true)]
async fn incomplete_history_is_still_unknown() {
    let event = |key: &str| {
        format!(
            r#"{{"amount":5000,"operation":"CAPTURE","requestId":"{key}","operationSuccess":true}},
               {{"amount":20000,"operation":"RESERVE","requestId":"","operationSuccess":true}}"#
        )
    };
    let details = |events: &str, captured: i64| {
        format!(
            r#"{{"orderId":"{ORDER}","transactionLogHistory":[{events}],
                "transactionSummary":{{"capturedAmount":{captured},"remainingAmountToCapture":1,"refundedAmount":0,"remainingAmountToRefund":0}}}}"#
        )
    };
    for (events, captured, verdict) in [
        (event("other"), 5_000, "no effect"),
        (event("mine"), 5_000, "took effect"),
        (event(""), 5_000, "still unknown"),
        (event("other"), 9_000, "still unknown"),
        // A capture requires a reservation, so a history without one is incomplete.
        (String::new(), 0, "still unknown"),
        (String::new(), 5_000, "still unknown"),
        // A failed event moved nothing.
        (event("mine").replacen("true", "false", 1), 0, "no effect"),
        // A direct capture has no key.
        (event("").replace("CAPTURE", "SALE"), 5_000, "no effect"),
    ] {
        let body = details(&events, captured);
        assert_eq!(verdict_of(CAPTURE, &body).await, verdict, "{body}");
    }
}

/// Returns the verdict of `reconcile` for these details, after an operation with the key `mine`
/// whose response was lost.
async fn verdict_of(operation: &str, body: &str) -> &'static str {
    let path = format!("/ecomm/v2/payments/{ORDER}");
    let recorder = Recorder::new()
        .lose_response("POST", &format!("{path}/capture"))
        .lose_response("POST", &format!("{path}/refund"))
        .lose_response("PUT", &format!("{path}/cancel"))
        .respond("GET", &format!("{path}/details"), 200, body);
    let vipps = recorder.client();
    let payment = vipps.ecom().payment(id());
    let key = RequestId::parse("mine").unwrap();
    let error = match operation {
        CAPTURE => payment.capture_remaining().idempotency_key(key).await,
        REFUND => payment.refund(amount()).idempotency_key(key).await,
        CANCEL => payment.cancel().release_remaining().await,
        other => panic!("{other} is not a lost operation of this test"),
    };
    let Err(error) = error else {
        // The cancel has already read the details.
        return "took effect";
    };
    assert_eq!(error.outcome(), Outcome::Unknown);
    word(&vipps.ecom().reconcile(&error).await)
}

#[tokio::test(start_paused = true)]
async fn empty_details_are_still_unknown() {
    for operation in [CAPTURE, REFUND, CANCEL] {
        for body in [
            "{}",
            "[]",
            r#"{"message":"ok"}"#,
            r#"{"transactionLogHistory":null}"#,
            r#"{"transactionLogHistory":[]}"#,
            r#"{"transactionLogHistory":[[1]]}"#,
            r#"{"transactionLogHistory":[{"operation":"RESERVE","operationSuccess":false}]}"#,
            r#"{"transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":20000,"refundedAmount":0,"remainingAmountToRefund":0}}"#,
        ] {
            let verdict = verdict_of(operation, body).await;
            assert_eq!(verdict, "still unknown", "{operation} {body}");
        }
    }
}

/// A cancel is retried only if the details prove that the first request had no effect.
#[tokio::test(start_paused = true)]
async fn cancel_is_not_retried_after_empty_details() {
    let path = format!("/ecomm/v2/payments/{ORDER}");
    let refused = r#"[{"errorGroup":"Payment","errorCode":"51","errorMessage":"x"}]"#;
    for details in [
        "{}",
        r#"{"transactionLogHistory":[{"operation":"TOMORROW"},{"operation":"RESERVE"}]}"#,
        r#"{"transactionLogHistory":[{"operation":"VOID","operationSuccess":"F"},{"operation":"RESERVE"}]}"#,
    ] {
        let recorder = Recorder::new()
            .lose_response("PUT", &format!("{path}/cancel"))
            .respond(
                "PUT",
                &format!("{path}/cancel"),
                200,
                crate::support::TRANSACTION,
            )
            .respond("GET", &format!("{path}/details"), 200, details);
        let payment = recorder.client().ecom().payment(id());
        let error = payment.cancel().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{details}");
        let sent = recorder.requests();
        let cancels = sent.iter().filter(|r| r.operation() == Some(CANCEL));
        assert_eq!(cancels.count(), 1, "{details}");
        // The details do not prove whether a refused release has already taken effect.
        let recorder = Recorder::new()
            .respond("PUT", &format!("{path}/cancel"), 402, refused)
            .respond("GET", &format!("{path}/details"), 200, details);
        let payment = recorder.client().ecom().payment(id());
        let error = payment.cancel().release_remaining().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{details}");
    }
}

/// An event of an unknown kind proves nothing, not even with the operation's own key. A merchant
/// may use one key for the capture and the refund of an order, since the API separates keys by
/// endpoint.
#[tokio::test(start_paused = true)]
async fn unknown_events_are_still_unknown() {
    let reserved = r#"{"amount":20000,"operation":"RESERVE","requestId":"","operationSuccess":true},
        {"amount":20000,"operation":"INITIATE","requestId":"","operationSuccess":true}"#;
    for operation in [CAPTURE, REFUND, CANCEL] {
        for event in [
            r#"{"amount":5000,"operation":"TOMORROW","requestId":"mine","operationSuccess":true}"#,
            r#"{"amount":5000,"operation":"TOMORROW","requestId":"other","operationSuccess":true}"#,
            r#"{"amount":5000,"requestId":"mine","operationSuccess":true}"#,
            r#"{"amount":5000,"operation":null}"#,
            r#"{"amount":5000,"operation":"TOMORROW","operationSuccess":"F"}"#,
            "[1]",
            "{}",
            "7",
        ] {
            let body = format!(r#"{{"transactionLogHistory":[{event},{reserved}]}}"#);
            let verdict = verdict_of(operation, &body).await;
            assert_eq!(verdict, "still unknown", "{operation} {body}");
        }
        // A failed event of any kind has no effect.
        let failed = r#"{"operation":"TOMORROW","requestId":"mine","operationSuccess":false}"#;
        let body = format!(r#"{{"transactionLogHistory":[{failed},{reserved}]}}"#);
        assert_eq!(
            verdict_of(operation, &body).await,
            "no effect",
            "{operation}"
        );
    }
}

/// An event whose `operationSuccess` cannot be read proves neither success nor failure.
#[tokio::test(start_paused = true)]
async fn unreadable_success_flag_is_still_unknown() {
    for success in [
        r#""Failed""#,
        r#""pending""#,
        r#""F""#,
        "2",
        "{}",
        "[]",
        r#""""#,
    ] {
        for (operation, kind) in [(CAPTURE, "CAPTURE"), (REFUND, "REFUND"), (CANCEL, "VOID")] {
            for key in ["mine", "other"] {
                let event = format!(
                    r#"{{"amount":5000,"operation":"{kind}","requestId":"{key}","operationSuccess":{success}}}"#
                );
                let body = format!(
                    r#"{{"transactionLogHistory":[{event},{{"amount":20000,"operation":"RESERVE","operationSuccess":true}}]}}"#
                );
                let verdict = verdict_of(operation, &body).await;
                assert_eq!(verdict, "still unknown", "{operation} {body}");
            }
        }
    }
}

/// The rest of a partly captured payment is released. The API may report this in each of these
/// ways.
#[tokio::test(start_paused = true)]
async fn release_after_a_partial_capture_is_reconciled() {
    let summary = |remaining: i64, captured: i64| {
        format!(
            r#""transactionSummary":{{"capturedAmount":{captured},"remainingAmountToCapture":{remaining},"refundedAmount":0,"remainingAmountToRefund":{captured}}},"#
        )
    };
    let log = |cancel_event: &str, captured: i64| {
        format!(
            r#""transactionLogHistory":[{cancel_event}
                {{"amount":{captured},"operation":"CAPTURE","requestId":"c","operationSuccess":true}},
                {{"amount":20000,"operation":"RESERVE","requestId":"","operationSuccess":true}}]"#
        )
    };
    let event = |operation: &str| {
        format!(r#"{{"amount":10000,"operation":"{operation}","operationSuccess":true}},"#)
    };
    for (summary, log, verdict) in [
        (
            summary(0, 10_000),
            log(&event("VOID"), 10_000),
            "took effect",
        ),
        (
            summary(0, 10_000),
            log(&event("CANCEL"), 10_000),
            "took effect",
        ),
        (String::new(), log(&event("VOID"), 10_000), "took effect"),
        (String::new(), log(&event("CANCEL"), 10_000), "took effect"),
        (summary(10_000, 10_000), log("", 10_000), "no effect"),
        (String::new(), log("", 10_000), "no effect"),
        // The payment is captured in full, so nothing was left to release.
        (summary(0, 20_000), log("", 20_000), "no effect"),
        // Sums and events that contradict each other.
        (summary(0, 10_000), log("", 10_000), "still unknown"),
        (
            summary(10_000, 10_000),
            log(&event("VOID"), 10_000),
            "still unknown",
        ),
        (
            summary(10_000, 10_000),
            log(&event("CANCEL"), 10_000),
            "still unknown",
        ),
    ] {
        let body = format!("{{{summary}{log}}}");
        assert_eq!(verdict_of(CANCEL, &body).await, verdict, "{body}");
    }
}

/// Details are requested again after a page of a gateway, like after any transient failure.
#[tokio::test(start_paused = true)]
async fn undecodable_details_are_requested_again() {
    let path = format!("/ecomm/v2/payments/{ORDER}");
    let recorder = Recorder::new()
        .lose_response("POST", &format!("{path}/capture"))
        .respond(
            "GET",
            &format!("{path}/details"),
            200,
            "<html>maintenance</html>",
        )
        .respond(
            "GET",
            &format!("{path}/details"),
            200,
            crate::support::DETAILS,
        );
    let vipps = recorder.client();
    let error = vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap_err();
    let verdict = word(&vipps.ecom().reconcile(&error).await);
    assert_eq!(verdict, "no effect");
}

/// A partner's request names the sales unit of the operation.
#[tokio::test(start_paused = true)]
async fn reconcile_uses_the_sales_unit_of_the_operation() {
    let recorder =
        Recorder::new().lose_response("POST", "/ecomm/v2/payments/acme-shop-123/capture");
    let vipps = recorder.client();
    let capture = vipps.ecom().payment(id()).capture_remaining();
    let error = capture
        .merchant_serial_number("654321".parse().unwrap())
        .await
        .unwrap_err();
    let _ = vipps.ecom().reconcile(&error).await;
    let shape = recorder.shape_of(DETAILS);
    assert!(shape.contains("merchant-serial-number: 654321"), "{shape}");
}

#[tokio::test(start_paused = true)]
async fn an_error_about_no_payment_stays_unknown() {
    let recorder = Recorder::new().lose_response("DELETE", "/qr/v1/merchant-redirect/billboard_1");
    let vipps = recorder.client();
    let code = vipps.qr().merchant_redirect("billboard_1".parse().unwrap());
    let error = code.delete().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert_eq!(word(&vipps.ecom().reconcile(&error).await), "still unknown");
}

/// The result of a later round of a cancel does not prove that an earlier round had no effect.
#[tokio::test(start_paused = true)]
async fn a_cancel_stays_unknown_over_its_rounds() {
    let cancel = "/ecomm/v2/payments/acme-shop-123/cancel";
    let refused = r#"[{"errorGroup":"Payment","errorCode":"51","errorMessage":"x"}]"#;
    let recorder = Recorder::new()
        .lose_response("PUT", cancel)
        .respond("PUT", cancel, 402, refused)
        .respond(
            "GET",
            "/ecomm/v2/payments/acme-shop-123/details",
            200,
            crate::support::DETAILS,
        );
    let payment = recorder.client().ecom().payment(id());
    let error = payment.cancel().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(error.has_code("51"));
}

/// The second of two identical releases is refused, although the first has taken effect.
#[tokio::test(start_paused = true)]
async fn release_that_arrives_twice_takes_effect() {
    let shop = Shop::reserved().await;
    shop.payment().capture(Amount::nok(20)).await.unwrap();
    shop.sim.faults().on(CANCEL).times(1).duplicate();
    let done = shop.payment().cancel().release_remaining().await.unwrap();
    assert_eq!(done.amount, Some(Amount::nok(180)));
    assert_eq!(shop.sim.account(ORDER).unwrap().released(), 18_000);

    // A cancel that was refused because everything is captured stays refused.
    let shop = Shop::reserved().await;
    shop.payment().capture_remaining().await.unwrap();
    let error = shop
        .payment()
        .cancel()
        .release_remaining()
        .await
        .unwrap_err();
    assert_eq!(error.outcome(), Outcome::Rejected);
}
