//! The responses of `details` and `status`.

use super::*;

#[test]
fn scan_adds_a_transaction_id_to_the_first_entry() {
    let mut harness = Harness::new();
    harness.open(20_000);
    let entry = harness.get("details")["transactionLogHistory"][0].clone();
    assert_eq!(entry.get("transactionId"), None);
    assert_eq!(entry["requestId"], "");

    harness.scan();
    let entry = harness.get("details")["transactionLogHistory"][0].clone();
    let id = entry["transactionId"].as_str().unwrap();
    assert!(
        id.len() >= 10 && id.bytes().all(|b| b.is_ascii_digit()),
        "{id}"
    );
}

#[test]
fn sums_appear_when_the_customer_has_acted() {
    let mut harness = Harness::new();
    harness.open(20_000);
    assert_eq!(harness.get("details").get("transactionSummary"), None);
    harness.approve();
    assert_eq!(
        harness.get("details")["transactionSummary"],
        json!({
            "capturedAmount": 0,
            "remainingAmountToCapture": 20_000,
            "refundedAmount": 0,
            "remainingAmountToRefund": 0,
            "bankIdentificationNumber": 492_560,
        })
    );
}

#[test]
fn sums_are_missing_when_the_merchant_cancelled_first() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.cancel(false);
    assert_eq!(harness.get("details").get("transactionSummary"), None);
}

#[test]
fn history_has_amounts_keys_and_times_newest_first() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.act("capture", Some(15_000), Some("key-1"));
    harness.advance(Duration::from_millis(1500));
    harness.act("refund", Some(5_000), Some("key-2"));
    let log = harness.get("details")["transactionLogHistory"].clone();
    let shown: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["operation"].as_str().unwrap(),
                entry["amount"].as_i64().unwrap(),
                entry["requestId"].as_str().unwrap(),
                entry["timeStamp"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("REFUND", 5_000, "key-2", "2026-03-02T09:00:01.500Z"),
            ("CAPTURE", 15_000, "key-1", "2026-03-02T09:00:00.000Z"),
            ("RESERVE", 20_000, "", "2026-03-02T09:00:00.000Z"),
            ("INITIATE", 20_000, "", "2026-03-02T09:00:00.000Z"),
        ]
    );
    // Reservation and initiation are one transaction, each capture is its own.
    assert_eq!(log[2]["transactionId"], log[3]["transactionId"]);
    assert_ne!(log[1]["transactionId"], log[2]["transactionId"]);
}

#[test]
fn refused_card_is_logged_as_a_failed_reservation() {
    let mut harness = Harness::new();
    harness.open(151);
    let refused = Err(Refusal::Declined("insufficient funds"));
    assert_eq!(harness.try_approve(None), refused);
    let log = harness.get("details")["transactionLogHistory"].clone();
    assert_eq!(log[0]["operation"], "RESERVE");
    assert_eq!(log[0]["operationSuccess"], false);
    assert_eq!(harness.account().reserved(), 0);
    assert_code(&harness.capture(None), 400, "Payment", "62");
}

#[test]
fn status_shows_the_last_transaction_only() {
    let mut harness = Harness::new();
    harness.open(20_000);
    assert_eq!(
        harness.get("status")["transactionInfo"]["status"],
        "INITIATE"
    );
    harness.approve();
    harness.capture(Some(10_000));
    let info = harness.get("status")["transactionInfo"].clone();
    assert_eq!(
        (&info["status"], &info["amount"]),
        (&json!("CAPTURE"), &json!(10_000))
    );
}

#[test]
fn refund_response_has_its_own_form() {
    let mut harness = Harness::new();
    harness.open(20_000);
    harness.approve();
    harness.capture(None);
    let response = json_of(&harness.refund(None));
    assert_eq!(response["transaction"]["status"], "Refund");
    assert_eq!(response.get("transactionInfo"), None);
    let stamp = response["transaction"]["timeStamp"].as_str().unwrap();
    assert!(!stamp.ends_with('Z'), "{stamp}");
}

#[test]
fn direct_capture_takes_the_money_at_once() {
    let mut harness = Harness::with(CaptureType::Direct);
    harness.open(20_000);
    harness.approve();
    let sums = harness.get("details")["transactionSummary"].clone();
    assert_eq!(sums["capturedAmount"], 20_000);
    assert_eq!(sums["remainingAmountToRefund"], 20_000);
    assert_eq!(harness.account().captured(), 20_000);
}
