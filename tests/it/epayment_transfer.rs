//! Captures and refunds of ePayment: a success is proven by the sums or by the event log.

use serde_json::{Value, json};
use vipps::epayment::{Modification, Payment, PaymentDetails, PaymentState};
use vipps::testing::Recorder;
use vipps::{Amount, Error, ErrorKind, Outcome, RequestId, RetryPolicy};

use crate::epayment::{EVENTS, PAYMENT, REFERENCE, details, problem, reference};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Transfer {
    Capture,
    Refund,
}
use Transfer::{Capture, Refund};

const BOTH: [Transfer; 2] = [Capture, Refund];
const KEY: &str = "own-key";

impl Transfer {
    fn path(self) -> String {
        format!(
            "{PAYMENT}/{}",
            if self == Capture { "capture" } else { "refund" }
        )
    }

    fn event(self) -> &'static str {
        if self == Capture {
            "CAPTURED"
        } else {
            "REFUNDED"
        }
    }

    /// The sums of a payment of 100 NOK after this part of it was moved, in øre.
    fn sums(self, moved: i64) -> [i64; 4] {
        match self {
            Capture => [10_000, moved, 0, 0],
            Refund => [10_000, 10_000, 0, moved],
        }
    }

    fn details(self, moved: i64) -> String {
        details("AUTHORIZED", self.sums(moved))
    }

    /// Returns an event of this kind. The amount is in øre.
    fn logged(self, key: &str, moved: i64, success: bool) -> Value {
        json!({"reference": REFERENCE, "name": self.event(), "idempotencyKey": key, "success": success,
            "amount": {"currency": "NOK", "value": moved}, "pspReference": "1"})
    }

    async fn send(self, payment: &Payment) -> Result<Modification, Error> {
        let (key, amount) = (RequestId::parse(KEY).unwrap(), Amount::nok(30));
        match self {
            Capture => payment.capture(amount).idempotency_key(key).await,
            Refund => payment.refund(amount).idempotency_key(key).await,
        }
    }

    async fn send_remaining(self, payment: &Payment) -> Result<Modification, Error> {
        match self {
            Capture => payment.capture_remaining().await,
            Refund => payment.refund_remaining().await,
        }
    }
}

fn payment(recorder: &Recorder) -> Payment {
    recorder.client().epayment().payment(reference())
}

fn sent(recorder: &Recorder, transfer: Transfer) -> usize {
    let path = transfer.path();
    recorder
        .to_snapshot()
        .matches(&format!("POST {path}"))
        .count()
}

/// A transfer of 30 NOK of a payment of which 10 NOK were moved before. The API responds with this
/// status and body, and its event log and details are then read.
async fn responded(
    transfer: Transfer,
    (status, body): (u16, &str),
    log: &Value,
    after: i64,
) -> Result<Modification, Error> {
    let recorder = Recorder::new()
        .respond("GET", PAYMENT, 200, &transfer.details(1_000))
        .respond("POST", &transfer.path(), status, body)
        .respond("GET", EVENTS, 200, &log.to_string())
        .respond("GET", PAYMENT, 200, &transfer.details(after));
    transfer.send(&payment(&recorder)).await
}

#[tokio::test]
async fn sum_that_grew_by_the_amount_is_a_success() {
    for transfer in BOTH {
        let body = transfer.details(4_000);
        let done = responded(transfer, (200, &body), &json!([]), 0)
            .await
            .unwrap();
        assert_eq!(done.reference, reference());
        assert_eq!(done.amount, Some(Amount::nok(30)));
        assert_eq!(done.state, Some(PaymentState::Authorized));
        assert_eq!(done.psp_reference.as_deref(), Some("psp-1"));
        assert_eq!(done.idempotency_key.unwrap().as_str(), KEY);
        let rest = done.aggregate.remaining_to_capture().unwrap();
        assert_eq!(
            rest,
            if transfer == Capture {
                Amount::nok(60)
            } else {
                Amount::nok(0)
            }
        );
    }
}

#[tokio::test]
async fn success_without_proof_is_unknown() {
    for transfer in BOTH {
        let grown = transfer.details(4_000);
        let swapped = transfer.details(4_000).replace("\"NOK\"", "\"EUR\"");
        let aborted = grown.replace("AUTHORIZED", "ABORTED");
        let created = grown.replace("AUTHORIZED", "CREATED");
        let coded = grown.replacen(
            '{',
            r#"{"extraDetails":[{"name":"ErrorCode","reason":"6280"}],"#,
            1,
        );
        let listed = grown.replacen('{', r#"{"errors":["not captured"],"#, 1);
        let exceeding = details("AUTHORIZED", [10_000, 14_000, 0, 14_000]);
        for body in [
            "",
            "{}",
            "[]",
            "null",
            "<html>",
            r#"{"state":"AUTHORIZED"}"#,
            // No amount or another amount has moved.
            &transfer.details(1_000),
            &transfer.details(2_000),
            &transfer.details(5_000),
            &swapped,
            &aborted,
            &created,
            &coded,
            &listed,
            &exceeding,
        ] {
            let other = json!([transfer.logged("other-key", 3_000, true)]);
            let error = responded(transfer, (200, body), &other, 4_000)
                .await
                .unwrap_err();
            assert_eq!(
                error.outcome(),
                Outcome::Unknown,
                "{transfer:?} {body}: {error}"
            );
            assert!(!error.is_retryable(), "{body}");
            assert_eq!(error.idempotency_key().unwrap().as_str(), KEY, "{body}");
            assert_eq!(error.reference(), Some(&reference()), "{body}");
        }
    }
}

#[tokio::test]
async fn own_key_in_the_log_is_a_success() {
    for transfer in BOTH {
        let log = json!([
            transfer.logged("other-key", 1_000, true),
            transfer.logged(KEY, 3_000, true)
        ]);
        for response in [
            (200, transfer.details(1_000)),
            (200, String::new()),
            (400, problem(400, "4010")),
            (400, problem(400, "4020")),
            (409, problem(409, "4150")),
            (400, problem(400, "6170")),
            (409, r#"{"title":"Conflict","status":409}"#.to_owned()),
            (503, String::new()),
        ] {
            let (status, body) = &response;
            let done = responded(transfer, (*status, body), &log, 4_000).await;
            let done = done.unwrap_or_else(|error| panic!("{transfer:?} {response:?}: {error}"));
            assert_eq!(done.amount, Some(Amount::nok(30)));
            assert_eq!(
                transfer.sums(4_000)[1],
                done.aggregate.captured.unwrap().minor_units()
            );
        }
    }
}

#[tokio::test]
async fn conflict_without_the_own_key_is_unknown() {
    for transfer in BOTH {
        let failed = transfer.logged(KEY, 3_000, false);
        let of_another_kind = json!({"name": "CANCELLED", "idempotencyKey": KEY, "success": true});
        let mut unclear = transfer.logged(KEY, 3_000, true);
        unclear["success"] = json!("maybe");
        for log in [
            json!([]),
            json!({}),
            json!([failed]),
            json!([of_another_kind]),
            json!([unclear]),
            json!([transfer.logged("other-key", 3_000, true)]),
        ] {
            for code in ["4010", "4020", "4150", "6170", "6180", "3010"] {
                let body = problem(409, code);
                let error = responded(transfer, (409, &body), &log, 1_000)
                    .await
                    .unwrap_err();
                assert_eq!(error.outcome(), Outcome::Unknown, "{code} {log}: {error}");
                assert!(!error.needs_new_key(), "{code}");
                assert!(!error.to_string().contains("new key"), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn conflict_with_the_key_of_another_amount_is_refused() {
    for transfer in BOTH {
        let log = json!([transfer.logged(KEY, 2_000, true)]);
        for code in ["4010", "4020", "4150"] {
            let body = problem(409, code);
            let error = responded(transfer, (409, &body), &log, 3_000)
                .await
                .unwrap_err();
            assert_eq!(error.outcome(), Outcome::Rejected, "{code}: {error}");
            assert!(error.needs_new_key(), "{code}");
        }
    }
}

/// One of the events may be the request of this call, and a new key would move its money twice.
#[tokio::test]
async fn conflict_with_several_events_of_the_key_is_not_refused() {
    for transfer in BOTH {
        let other_amount = transfer.logged(KEY, 2_000, true);
        let own = transfer.logged(KEY, 3_000, true);
        let unreadable = json!({"name": transfer.event(), "idempotencyKey": KEY});
        let body = problem(409, "4020");
        let log = json!([other_amount, own]);
        let done = responded(transfer, (409, &body), &log, 6_000).await;
        assert!(done.is_ok(), "{transfer:?}: {done:?}");
        let log = json!([other_amount, unreadable]);
        let result = responded(transfer, (409, &body), &log, 3_000).await;
        let error = result.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{transfer:?}: {error}");
        assert!(!error.needs_new_key(), "{transfer:?}");
    }
}

#[tokio::test]
async fn transfer_is_refused_if_nothing_was_left_before_it() {
    for (transfer, code) in [(Capture, "6170"), (Refund, "6180")] {
        let other = transfer.logged("other-key", 10_000, true);
        let own_is_unclear = json!([{"name": transfer.event(), "idempotencyKey": KEY}]);
        for (moved, log, outcome) in [
            (10_000, json!([other]), Outcome::Rejected),
            (9_999, json!([other]), Outcome::Unknown),
            (10_000, json!("unreadable"), Outcome::Unknown),
            (10_000, own_is_unclear, Outcome::Unknown),
        ] {
            let recorder = Recorder::new()
                .respond("GET", PAYMENT, 200, &transfer.details(moved))
                .respond("POST", &transfer.path(), 400, &problem(400, code))
                .respond("GET", EVENTS, 200, &log.to_string());
            let error = transfer.send(&payment(&recorder)).await.unwrap_err();
            assert_eq!(error.outcome(), outcome, "{transfer:?} {moved} {log}");
            assert_eq!(error.needs_new_key(), outcome == Outcome::Rejected);
        }
    }
}

/// An approval or a capture by another request may have come in between.
#[tokio::test]
async fn transfer_is_unknown_if_more_could_become_available() {
    for (transfer, state, sums, code) in [
        (Capture, "CREATED", [0, 0, 0, 0], "6170"),
        (Refund, "AUTHORIZED", [10_000, 5_000, 0, 5_000], "6180"),
    ] {
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &details(state, sums))
            .respond("POST", &transfer.path(), 400, &problem(400, code))
            .respond("GET", EVENTS, 200, "[]");
        let error = transfer.send(&payment(&recorder)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{transfer:?}");
    }
}

/// The event log may contain the request, but the response itself proves nothing.
#[tokio::test]
async fn response_about_another_payment_is_unknown() {
    for transfer in BOTH {
        let body = transfer.details(4_000).replace(REFERENCE, "kiosk-7-000452");
        let error = responded(transfer, (200, &body), &json!([]), 1_000)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Decode, Outcome::Unknown)
        );
    }
}

#[tokio::test]
async fn refusal_is_final_for_its_key() {
    for transfer in BOTH {
        for code in [
            "6070", "6080", "6090", "6100", "6140", "6150", "6200", "6210", "6220", "5090",
        ] {
            let body = problem(400, code);
            let error = responded(transfer, (400, &body), &json!([]), 1_000)
                .await
                .unwrap_err();
            assert_eq!(
                (error.kind(), error.outcome()),
                (ErrorKind::Api, Outcome::Rejected),
                "{code}"
            );
            assert!(error.needs_new_key() && !error.is_retryable(), "{code}");
            let text = "(final for this idempotency key: a later request needs a new key)";
            assert!(error.to_string().ends_with(text), "{error}");
        }
    }
}

#[tokio::test]
async fn postponed_transfer_is_retryable_with_its_key() {
    for code in ["6260", "6280"] {
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &Capture.details(0))
            .respond("POST", &Capture.path(), 400, &problem(400, code));
        let error = Capture.send(&payment(&recorder)).await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Rejected, "{code}");
        assert!(error.is_retryable() && !error.needs_new_key(), "{code}");
        assert_eq!(
            error.api_errors()[0].remedy(),
            Some(vipps::Remedy::RetryLater)
        );
        assert_eq!(error.idempotency_key().unwrap().as_str(), KEY);
        assert_eq!(sent(&recorder, Capture), 1, "{code}");
    }
}

#[tokio::test]
async fn lock_is_retried_with_the_same_key() {
    for (status, body) in [
        (423, String::new()),
        (400, problem(400, "6160")),
        (429, String::new()),
    ] {
        for transfer in BOTH {
            let recorder = Recorder::new()
                .respond("GET", PAYMENT, 200, &transfer.details(0))
                .respond("POST", &transfer.path(), status, &body)
                .respond("POST", &transfer.path(), 200, &transfer.details(3_000));
            transfer.send(&payment(&recorder)).await.unwrap();
            let snapshot = recorder.to_snapshot();
            let key = "idempotency-key: [idempotency key 1]";
            assert_eq!(snapshot.matches(key).count(), 2, "{snapshot}");
        }
    }
}

/// The baseline is read before the first attempt, so the sums prove a retry after a lost success.
#[tokio::test]
async fn lost_success_is_proven_by_the_first_baseline() {
    for transfer in BOTH {
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &transfer.details(1_000))
            .lose_response("POST", &transfer.path())
            .respond("POST", &transfer.path(), 200, &transfer.details(4_000));
        let done = transfer.send(&payment(&recorder)).await.unwrap();
        assert_eq!(done.amount, Some(Amount::nok(30)));
        assert_eq!(sent(&recorder, transfer), 2);
    }
}

#[tokio::test]
async fn details_of_the_caller_are_the_baseline() {
    let before = PaymentDetails::from_json(reference(), &Capture.details(1_000)).unwrap();
    let recorder = Recorder::new().respond("POST", &Capture.path(), 200, &Capture.details(4_000));
    let capture = payment(&recorder)
        .capture(Amount::nok(30))
        .baseline(&before);
    capture.await.unwrap();
    let before = PaymentDetails::from_json(reference(), &Refund.details(0)).unwrap();
    let recorder = Recorder::new().respond("POST", &Refund.path(), 200, &Refund.details(3_000));
    let refund = payment(&recorder).refund(Amount::nok(30)).baseline(&before);
    refund.await.unwrap();
}

/// The amount that remains of another payment must not be moved.
#[tokio::test]
async fn details_of_another_payment_are_no_baseline() {
    let other = Capture.details(1_000).replace(REFERENCE, "kiosk-7-000452");
    let other = PaymentDetails::from_json("kiosk-7-000452".parse().unwrap(), &other).unwrap();
    let recorder = Recorder::new();
    let payment = payment(&recorder);
    for result in [
        payment.capture_remaining().baseline(&other).await,
        payment.refund_remaining().baseline(&other).await,
        payment.capture(Amount::nok(30)).baseline(&other).await,
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::InvalidInput, Outcome::NotSent)
        );
        let text = "baseline: must be the details of this payment, got \"kiosk-7-000452\"";
        assert_eq!(error.to_string(), text);
    }
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn nothing_is_sent_if_the_baseline_cannot_be_read() {
    for transfer in BOTH {
        let recorder = Recorder::new().respond("GET", PAYMENT, 404, &problem(404, "5090"));
        let error = transfer.send(&payment(&recorder)).await.unwrap_err();
        assert_ne!(error.outcome(), Outcome::Unknown);
        assert_eq!(sent(&recorder, transfer), 0);
    }
}

#[tokio::test]
async fn amount_that_is_not_positive_is_not_sent() {
    let recorder = Recorder::new();
    for amount in [Amount::nok(0), Amount::eur(-1)] {
        let payment = payment(&recorder);
        for error in [payment.capture(amount).await, payment.refund(amount).await] {
            let error = error.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(
                error
                    .to_string()
                    .starts_with("amount: must be more than zero"),
                "{error}"
            );
        }
    }
    assert!(recorder.requests().is_empty());
}

#[tokio::test]
async fn amount_in_another_currency_is_not_sent() {
    for transfer in BOTH {
        let in_euro = transfer.details(0).replace("NOK", "EUR");
        let recorder = Recorder::new().respond("GET", PAYMENT, 200, &in_euro);
        let error = transfer.send(&payment(&recorder)).await.unwrap_err();
        let text = "amount: must be in EUR, the currency of the payment, got \"30.00 NOK\"";
        assert_eq!(error.to_string(), text);
        assert_eq!(error.outcome(), Outcome::NotSent);
        assert_eq!(sent(&recorder, transfer), 0);
    }
}

#[tokio::test]
async fn remaining_amount_is_kept_on_every_retry() {
    for transfer in BOTH {
        let server = |moved| transfer.details(moved);
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &server(1_000))
            .respond("POST", &transfer.path(), 503, "")
            .respond("POST", &transfer.path(), 200, &server(10_000));
        let done = transfer.send_remaining(&payment(&recorder)).await.unwrap();
        assert_eq!(done.amount, Some(Amount::nok(90)));
        let snapshot = recorder.to_snapshot();
        assert_eq!(snapshot.matches("\"value\": 9000").count(), 2, "{snapshot}");
    }
}

#[tokio::test]
async fn remaining_amount_of_a_known_key_is_that_of_its_event() {
    for transfer in BOTH {
        let log = json!([transfer.logged(KEY, 3_000, true)]);
        let recorder = Recorder::new()
            .respond("GET", PAYMENT, 200, &transfer.details(3_000))
            .respond("GET", EVENTS, 200, &log.to_string())
            .respond("POST", &transfer.path(), 200, &transfer.details(3_000));
        let (payment, key) = (payment(&recorder), RequestId::parse(KEY).unwrap());
        let done = match transfer {
            Capture => payment.capture_remaining().idempotency_key(key).await,
            Refund => payment.refund_remaining().idempotency_key(key).await,
        };
        assert_eq!(done.unwrap().amount, Some(Amount::nok(30)));
        assert!(recorder.to_snapshot().contains("\"value\": 3000"));
    }
}

#[tokio::test]
async fn capture_before_the_approval_names_the_approval() {
    for details in [
        details("CREATED", [0, 0, 0, 0]),
        details("TERMINATED", [0, 0, 10_000, 0]),
    ] {
        let recorder = Recorder::new().respond("GET", PAYMENT, 200, &details);
        let error = Capture
            .send_remaining(&payment(&recorder))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::State, "{details}");
        assert!(error.to_string().contains("not approved"), "{error}");
        assert_eq!(sent(&recorder, Capture), 0, "{details}");
    }
}

#[tokio::test]
async fn nothing_remaining_is_a_state_error() {
    for (transfer, body) in [
        (Capture, details("AUTHORIZED", [10_000, 10_000, 0, 0])),
        (Capture, details("TERMINATED", [0, 0, 10_000, 0])),
        (Refund, details("AUTHORIZED", [10_000, 0, 0, 0])),
        (Refund, details("AUTHORIZED", [10_000, 5_000, 0, 5_000])),
        (Capture, r#"{"state":"AUTHORIZED"}"#.to_owned()),
        (Refund, r#"{"state":"AUTHORIZED"}"#.to_owned()),
    ] {
        let recorder = Recorder::new().respond("GET", PAYMENT, 200, &body);
        let error = transfer
            .send_remaining(&payment(&recorder))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::State, Outcome::NotSent)
        );
        assert_eq!(sent(&recorder, transfer), 0);
    }
}

#[tokio::test]
async fn key_has_up_to_50_characters() {
    let key = RequestId::parse(&"k".repeat(50)).unwrap();
    RequestId::parse(&"k".repeat(51)).unwrap_err();
    let recorder = Recorder::new()
        .respond("GET", PAYMENT, 200, &Capture.details(0))
        .respond("POST", &Capture.path(), 200, &Capture.details(3_000));
    let capture = payment(&recorder).capture(Amount::nok(30));
    let done = capture
        .idempotency_key(key.clone())
        .retry(RetryPolicy::none())
        .await
        .unwrap();
    assert_eq!(done.idempotency_key, Some(key));
}
