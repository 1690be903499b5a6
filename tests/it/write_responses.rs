//! A capture, cancel or refund is `Ok` only if its response agrees with the request.

use vipps::ecom::{Payment, Transaction, TransactionStatus};
use vipps::testing::Recorder;
use vipps::{Amount, Currency, Error, ErrorKind, Outcome};

use crate::support::id;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Write {
    Capture,
    Cancel,
    Refund,
}
use Write::{Cancel, Capture, Refund};

const ALL: [Write; 3] = [Capture, Cancel, Refund];

impl Write {
    fn payment(self, body: &str) -> Payment {
        let path = "/ecomm/v2/payments/acme-shop-123";
        let (method, verb) = match self {
            Capture => ("POST", "capture"),
            Cancel => ("PUT", "cancel"),
            Refund => ("POST", "refund"),
        };
        let recorder = Recorder::new().respond(method, &format!("{path}/{verb}"), 200, body);
        recorder.client().ecom().payment(id())
    }

    /// Calls the operation for the full amount, or for a part in øre.
    async fn send_with_response(self, ore: Option<i64>, body: &str) -> Result<Transaction, Error> {
        let payment = self.payment(body);
        match (self, ore.map(|ore| Amount::minor(ore, Currency::NOK))) {
            (Capture, None) => payment.capture_remaining().await,
            (Capture, Some(amount)) => payment.capture(amount).await,
            (Cancel, _) => payment.cancel().await,
            (Refund, amount) => {
                let full = Amount::minor(100, Currency::NOK);
                payment.refund(amount.unwrap_or(full)).await
            }
        }
    }

    fn info(self) -> &'static str {
        if self == Refund {
            "transaction"
        } else {
            "transactionInfo"
        }
    }

    /// A response with this status, of 100 øre and without sums.
    fn body(self, status: &str) -> String {
        format!(
            r#"{{"orderId":"acme-shop-123","{}":{{"amount":100,"status":{status}}}}}"#,
            self.info()
        )
    }

    /// Sums after the operation has moved all 100 øre.
    fn done(self) -> [i64; 4] {
        match self {
            Capture => [100, 0, 0, 100],
            Cancel => [0, 0, 0, 0],
            Refund => [100, 0, 100, 0],
        }
    }

    /// Sums in which the operation has moved nothing.
    fn nothing_moved(self) -> [i64; 4] {
        match self {
            Capture | Cancel => [0, 100, 0, 0],
            Refund => [100, 0, 0, 100],
        }
    }
}

fn sums([captured, to_capture, refunded, to_refund]: [i64; 4]) -> String {
    format!(
        r#""transactionSummary":{{"capturedAmount":{captured},"remainingAmountToCapture":{to_capture},
            "refundedAmount":{refunded},"remainingAmountToRefund":{to_refund}}}"#
    )
}

fn with_sums(body: &str, stated: [i64; 4]) -> String {
    body.replacen('{', &format!("{{{},", sums(stated)), 1)
}

fn unknown(result: Result<Transaction, Error>, about: &str) -> Error {
    let error = result.expect_err(about);
    assert_eq!(error.outcome(), Outcome::Unknown, "{about}: {error}");
    assert!(!error.is_retryable(), "{about}");
    error
}

#[tokio::test]
async fn a_status_that_is_no_success_is_an_unknown_outcome() {
    for write in ALL {
        for status in [
            "Failed",
            "FAILED",
            "Rejected",
            "REJECT",
            "Initiated",
            "INITIATE",
            "REGISTER",
            "Reserve",
            "RESERVED",
            "RESERVE_FAILED",
            "RESERVED_FAILED",
            "SALE_FAILED",
            "Pending",
            "Processing",
            "Declined",
            "Error",
            "Unknown",
        ] {
            let body = write.body(&format!(r#""{status}""#));
            for body in [body.clone(), with_sums(&body, write.nothing_moved())] {
                let error = unknown(write.send_with_response(None, &body).await, &body);
                assert!(error.to_string().contains(status), "{error}");
            }
        }
        // A status of another operation is not a success, even if the sums fit.
        for status in ["Failed", "Rejected", "INITIATE", "Reserve"] {
            let body = with_sums(&write.body(&format!(r#""{status}""#)), write.done());
            unknown(write.send_with_response(None, &body).await, &body);
        }
    }
}

#[tokio::test]
async fn the_status_of_another_operation_is_an_unknown_outcome() {
    for (write, others) in [
        (
            Capture,
            ["Cancelled", "CANCELLED", "VOID", "Refund", "REFUNDED"],
        ),
        (
            Cancel,
            ["Captured", "CAPTURE", "Sale", "Refund", "Refunded"],
        ),
        (Refund, ["Captured", "CAPTURE", "SALE", "Cancelled", "Void"]),
    ] {
        for status in others {
            let body = write.body(&format!(r#""{status}""#));
            for body in [body.clone(), with_sums(&body, write.done())] {
                unknown(write.send_with_response(None, &body).await, &body);
            }
        }
    }
}

#[tokio::test]
async fn every_documented_success_is_ok() {
    for (write, statuses, read) in [
        (
            Capture,
            ["Captured", "CAPTURED", "CAPTURE"],
            TransactionStatus::Captured,
        ),
        (
            Cancel,
            ["Cancelled", "CANCELLED", "VOID"],
            TransactionStatus::Cancelled,
        ),
        (
            Refund,
            ["Refund", "REFUND", "Refunded"],
            TransactionStatus::Refunded,
        ),
    ] {
        for status in statuses {
            let body = write.body(&format!(r#""{status}""#));
            for body in [body.clone(), with_sums(&body, write.done())] {
                let done = write.send_with_response(None, &body).await.unwrap();
                assert_eq!(done.status.as_ref(), Some(&read), "{body}");
                assert_eq!(
                    done.amount,
                    Some(Amount::minor(100, Currency::NOK)),
                    "{body}"
                );
            }
        }
    }
    // The rest of a partly captured payment is released.
    let released = with_sums(&Cancel.body(r#""Cancelled""#), [40, 0, 0, 40]);
    assert!(Cancel.send_with_response(None, &released).await.is_ok());
    // A direct capture is a sale.
    let direct_capture = with_sums(&Capture.body(r#""SALE""#), [100, 0, 0, 100]);
    assert!(
        Capture
            .send_with_response(None, &direct_capture)
            .await
            .is_ok()
    );
}

/// An unknown status is a success if the sums prove it.
#[tokio::test]
async fn an_unknown_status_is_ok_only_if_the_sums_prove_it() {
    for write in ALL {
        for status in [r#""Settled""#, r#""""#, r#"{"a":1}"#, "7"] {
            let body = write.body(status);
            let done = write
                .send_with_response(None, &with_sums(&body, write.done()))
                .await;
            assert!(done.is_ok(), "{write:?} {status}: {done:?}");
        }
        let body = write.body(r#""Settled""#);
        unknown(write.send_with_response(None, &body).await, &body);
        let partly = match write {
            Capture | Cancel => [40, 60, 0, 40],
            Refund => [100, 0, 40, 60],
        };
        unknown(
            write
                .send_with_response(None, &with_sums(&body, partly))
                .await,
            &body,
        );
    }
}

/// A capture of everything moves at least 1 øre. Zero may also repeat the request, in which zero
/// means everything, so then the sums decide.
#[tokio::test]
async fn a_capture_of_nothing_needs_sums_that_show_it() {
    for amount in ["0", "-100"] {
        let body = Capture.body(r#""Captured""#);
        let body = body.replace(r#""amount":100"#, &format!(r#""amount":{amount}"#));
        let error = unknown(Capture.send_with_response(None, &body).await, &body);
        assert!(error.to_string().contains("its amount is"), "{error}");
        let body = with_sums(&body, Capture.done());
        assert!(Capture.send_with_response(None, &body).await.is_ok());
    }
}

#[tokio::test]
async fn a_success_without_a_status_must_state_something() {
    for write in ALL {
        for body in [
            "{}".to_owned(),
            r#"{"orderId":"acme-shop-123"}"#.to_owned(),
            format!(r#"{{"{}":{{}}}}"#, write.info()),
            format!(r#"{{"{}":[]}}"#, write.info()),
            format!(r#"{{"{}":{{"status":null}}}}"#, write.info()),
            r#"{"transactionSummary":{}}"#.to_owned(),
            r#"{"transactionSummary":[100,0,0,100]}"#.to_owned(),
            r#"{"message":"ok"}"#.to_owned(),
            "[]".to_owned(),
        ] {
            let error = unknown(write.send_with_response(None, &body).await, &body);
            assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        }
        for body in [
            format!(r"{{{}}}", sums(write.done())),
            format!(r#"{{"{}":{{"amount":100}}}}"#, write.info()),
        ] {
            assert!(
                write.send_with_response(None, &body).await.is_ok(),
                "{write:?} {body}"
            );
        }
    }
}

/// Sums of earlier operations, and an amount of zero, do not show that this operation took place.
#[tokio::test]
async fn sums_that_do_not_show_the_operation_are_unknown() {
    for (write, ore, stated) in [
        (Capture, Some(100), r#""remainingAmountToCapture":100"#),
        (Capture, Some(100), r#""refundedAmount":0"#),
        (Capture, None, r#""capturedAmount":100"#),
        (Capture, None, r#""remainingAmountToRefund":100"#),
        (Cancel, None, r#""capturedAmount":0"#),
        (Cancel, None, r#""refundedAmount":0"#),
        (Refund, Some(100), r#""capturedAmount":100"#),
        (Refund, Some(100), r#""remainingAmountToRefund":100"#),
    ] {
        for amount in ["null", "0"] {
            let body = format!(
                r#"{{"{}":{{"amount":{amount}}},"transactionSummary":{{{stated}}}}}"#,
                write.info()
            );
            unknown(write.send_with_response(ore, &body).await, &body);
        }
    }
}

#[tokio::test]
async fn sums_in_which_nothing_moved_are_an_unknown_outcome() {
    for (write, status) in [
        (Capture, r#""Captured""#),
        (Cancel, r#""Cancelled""#),
        (Refund, r#""Refund""#),
    ] {
        for status in [status, "null"] {
            let body = with_sums(&write.body(status), write.nothing_moved());
            unknown(write.send_with_response(None, &body).await, &body);
        }
    }
    for (write, stated) in [
        (Capture, r#"{"capturedAmount":0}"#),
        (Refund, r#"{"refundedAmount":0}"#),
        (Cancel, r#"{"remainingAmountToCapture":100}"#),
    ] {
        let body = format!(r#"{{"transactionSummary":{stated}}}"#);
        unknown(write.send_with_response(None, &body).await, &body);
    }
    // The amount is less than requested.
    let body = with_sums(&Capture.body(r#""Captured""#), [40, 60, 0, 40]);
    unknown(Capture.send_with_response(Some(100), &body).await, &body);
    let body = with_sums(&Refund.body(r#""Refund""#), [100, 0, 40, 60]);
    unknown(Refund.send_with_response(Some(100), &body).await, &body);
}

#[tokio::test]
async fn a_success_that_carries_an_error_names_its_code() {
    for (write, status) in [
        (Capture, "Captured"),
        (Cancel, "Cancelled"),
        (Refund, "Refund"),
    ] {
        for status in ["Failed", status] {
            let body = write.body(&format!(r#""{status}""#));
            for member in [
                r#""errorInfo":{"errorCode":"63","errorGroup":"Payment","errorMessage":"Not done"}"#,
                r#""ErrorInfo":{"ErrorCode":63,"ErrorGroup":"Payment","ErrorMessage":"Not done"}"#,
                r#""errors":[{"errorCode":"63","errorGroup":"Payment"}]"#,
                r#""error":[{"errorCode":"63","errorGroup":"Payment"}]"#,
                r#""problem":{"errorCode":"63","errorGroup":"Payment"}"#,
                r#""errorCode":"63","errorGroup":"Payment""#,
            ] {
                let body = body.replacen('{', &format!("{{{member},"), 1);
                let error = unknown(write.send_with_response(None, &body).await, &body);
                assert_eq!(error.kind(), ErrorKind::Api, "{body}");
                let first = &error.api_errors()[0];
                assert_eq!(first.code(), Some("63"), "{body}");
                assert_eq!(first.group(), Some(&vipps::ErrorGroup::Payment), "{body}");
            }
            // An error that contains something other than codes is still an error.
            let body = body.replacen('{', r#"{"errorInfo":{"reason":"no"},"#, 1);
            unknown(write.send_with_response(None, &body).await, &body);
        }
        // An empty error member is no error.
        for nothing in [
            "null",
            "{}",
            "[]",
            r#""""#,
            r#"{"errorCode":null,"errorMessage":""}"#,
        ] {
            let body = write.body(&format!(r#""{status}""#));
            let body = body.replacen('{', &format!(r#"{{"errorInfo":{nothing},"#), 1);
            let done = write.send_with_response(None, &body).await;
            assert!(done.is_ok(), "{body}: {done:?}");
        }
    }
}

/// The guide documents no case in which the API moves another amount than requested.
#[tokio::test]
async fn other_amount_than_requested_is_unknown() {
    for (write, status) in [(Capture, r#""Captured""#), (Refund, r#""Refund""#)] {
        for ore in [50, 1, 101, 10_000] {
            for body in [
                write.body(status),
                with_sums(&write.body(status), write.done()),
            ] {
                let error = unknown(write.send_with_response(Some(ore), &body).await, &body);
                let text = error.to_string();
                let requested = Amount::minor(ore, Currency::NOK).to_string();
                assert!(text.contains(&requested), "both amounts are named: {text}");
                assert!(
                    text.contains(&Amount::minor(100, Currency::NOK).to_string()),
                    "{text}"
                );
            }
        }
        let done = write
            .send_with_response(Some(100), &write.body(status))
            .await
            .unwrap();
        assert_eq!(done.amount, Some(Amount::minor(100, Currency::NOK)));
        // The amount may be missing.
        let without = write.body(status).replace(r#""amount":100,"#, "");
        assert!(write.send_with_response(Some(50), &without).await.is_ok());
        // The response states the requested part.
        let partly = write.body(status).replace("100", "40");
        assert!(write.send_with_response(Some(40), &partly).await.is_ok());
    }
}

#[tokio::test]
async fn sums_that_are_not_stated_are_no_summary() {
    let body = Capture
        .body(r#""Captured""#)
        .replacen('{', r#"{"transactionSummary":{},"#, 1);
    assert!(
        Capture
            .send_with_response(None, &body)
            .await
            .unwrap()
            .summary
            .is_none()
    );
}

/// A sum that is not stated must not become zero, neither in the result nor in its JSON.
#[tokio::test]
async fn a_summary_without_one_of_its_sums_is_none() {
    let sums = [
        r#""capturedAmount":100"#,
        r#""remainingAmountToCapture":0"#,
        r#""refundedAmount":0"#,
        r#""remainingAmountToRefund":100"#,
    ];
    for missing in 0..=sums.len() {
        let stated: Vec<_> = (0..sums.len()).filter(|n| *n != missing).collect();
        let stated = stated.iter().map(|n| sums[*n]).collect::<Vec<_>>();
        let summary = format!(r#"{{"transactionSummary":{{{}}},"#, stated.join(","));
        let body = Capture.body(r#""Captured""#).replacen('{', &summary, 1);
        let done = Capture.send_with_response(None, &body).await.unwrap();
        assert_eq!(done.summary.is_some(), missing == sums.len(), "{body}");
        let json = serde_json::to_value(&done).unwrap();
        assert_eq!(
            json["transactionSummary"].is_object(),
            done.summary.is_some()
        );
    }
}
