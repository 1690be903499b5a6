//! The short programs, each about one task, complete in one file.

use super::in_order;
use crate::programs::{example, run};

const SHORT: [&str; 4] = [
    "payment_by_qr",
    "express_checkout",
    "receive_callbacks",
    "refund_and_recovery",
];

const EPAYMENT: [&str; 2] = ["qr_payment", "webhook_server"];

/// Runs a program without variables, and compares its output.
fn assert_prints(name: &str, lines: &[&str]) {
    let output = run(&mut example(name));
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.err, "");
    in_order(&output.out, lines);
}

#[test]
fn payment_by_qr_shows_the_code_and_captures() {
    assert_prints(
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
    assert_prints(
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
    assert_prints(
        "receive_callbacks",
        &["callback for order-1", "order-1 is reserved"],
    );
}

#[test]
fn refund_and_recovery_refunds_once() {
    assert_prints(
        "refund_and_recovery",
        &[
            "no response after 3 attempts",
            "the refund took effect",
            "refunded in total: 100.00 NOK",
        ],
    );
}

#[test]
fn qr_payment_captures_and_refunds() {
    assert_prints(
        "qr_payment",
        &[
            "█",
            "till-7-000451 is AUTHORIZED",
            "captured 499.00 NOK",
            "refunded 100.00 NOK",
        ],
    );
}

#[test]
fn webhook_server_captures_on_authorized() {
    assert_prints(
        "webhook_server",
        &["AUTHORIZED of order-2026-451", "captured 499.00 NOK"],
    );
}

#[test]
fn short_examples_are_one_file_of_few_lines() {
    let short = SHORT.map(|name| (name, 60));
    let epayment = EPAYMENT.map(|name| (name, 80));
    for (name, max_lines) in short.into_iter().chain(epayment) {
        let path = format!("{}/examples/{name}.rs", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().count() <= max_lines, "{path}");
        assert!(!text.contains("\nmod "), "{path}");
    }
}
