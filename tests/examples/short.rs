//! The four short programs, each about one task, complete in one file.

use super::in_order;
use crate::programs::{example, run};

const SHORT: [&str; 4] = [
    "payment_by_qr",
    "express_checkout",
    "receive_callbacks",
    "refund_and_recovery",
];

/// Runs a program with nothing set, and compares what it prints.
fn prints(name: &str, lines: &[&str]) {
    let ended = run(&mut example(name));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.err, "");
    in_order(&ended.out, lines);
}

#[test]
fn payment_by_qr_shows_the_code_and_captures() {
    prints(
        "payment_by_qr",
        &[
            "█",
            "scan within 300 s",
            "order-1 is reserved",
            "captured 499.00 NOK",
        ],
    );
}

#[test]
fn express_checkout_captures_price_and_shipping() {
    prints(
        "express_checkout",
        &[
            "order-1 is reserved",
            "deliver by \"Parcel locker\"",
            "captured 578.50 NOK",
        ],
    );
}

#[test]
fn receive_callbacks_reads_the_details_of_the_order() {
    prints(
        "receive_callbacks",
        &["callback for order-1", "order-1 is reserved"],
    );
}

#[test]
fn refund_and_recovery_refunds_once() {
    prints(
        "refund_and_recovery",
        &[
            "no response after 3 attempts",
            "the refund took effect",
            "refunded in total: 100.00 NOK",
        ],
    );
}

#[test]
fn short_examples_are_one_file_of_at_most_60_lines() {
    for name in SHORT {
        let path = format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= 60, "{path}");
        assert!(!text.contains("\nmod "), "{path}");
    }
}
