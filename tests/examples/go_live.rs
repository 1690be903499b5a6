//! The program `go_live`: it prints evidence from the payment details, and only if both payments
//! ended as intended.

use vipps::simulator::{CaptureType, Simulator};

use super::in_order;
use crate::programs::{Program, example, example_against, run};

#[test]
fn without_variables_both_outcomes_are_shown() {
    let go_live = run(example("go_live").args(["--api", "ecom", "--prefix", "live-1"]));
    assert_eq!(go_live.code, Some(0), "{go_live:?}");
    in_order(
        &go_live.out,
        &[
            "Evidence for the go-live checklist",
            "- environment: http://127.0.0.1:",
            "- sales unit: 123456",
            "Order `live-1-refund`: refunded",
            "| INITIATE",
            "| RESERVE",
            "| CAPTURE",
            "| REFUND    | 1.00 NOK | 50",
            "Order `live-1-void`: cancelled",
            "| INITIATE",
            "| RESERVE",
            "| VOID      | 1.00 NOK | 50",
        ],
    );
}

#[test]
fn test_environment_approves_without_a_phone() {
    let sim = Simulator::start().unwrap();
    let args = [
        "--api",
        "ecom",
        "--prefix",
        "live-2",
        "--approve",
        "91234567",
        "--amount",
        "25",
    ];
    let go_live = run(example_against(&sim, "go_live").args(args));
    assert_eq!(go_live.code, Some(0), "{go_live:?}");
    assert_eq!(sim.journal().count("integration_test_approve_payment"), 2);
    let account = |id: &str| sim.account(id).unwrap();
    let refunded = account("live-2-refund");
    assert_eq!((refunded.captured(), refunded.refunded()), (2_500, 2_500));
    let voided = account("live-2-void");
    assert_eq!((voided.captured(), voided.released()), (0, 2_500));
    // Each order id can be used only once.
    let again = run(example_against(&sim, "go_live").args(args));
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.err.contains("34"), "{again:?}");
    assert!(!again.out.contains("Evidence"), "{again:?}");
}

#[test]
fn epayment_is_the_default_and_ends_in_refunded_and_cancelled() {
    let sim = Simulator::start().unwrap();
    let args = ["--prefix", "live-7", "--approve", "91234567"];
    let go_live = run(example_against(&sim, "go_live").args(args));
    assert_eq!(go_live.code, Some(0), "{go_live:?}");
    in_order(
        &go_live.out,
        &[
            "Evidence for the go-live checklist",
            "Order `live-7-refund`: REFUNDED",
            "| CREATED",
            "| AUTHORIZED",
            "| CAPTURED",
            "| REFUNDED   | 1.00 NOK",
            "Order `live-7-void`: CANCELLED",
            "| CREATED",
            "| AUTHORIZED",
            "| CANCELLED  | 1.00 NOK",
        ],
    );
    let refunded = sim.account("live-7-refund").unwrap();
    assert_eq!((refunded.captured(), refunded.refunded()), (100, 100));
    let cancelled = sim.account("live-7-void").unwrap();
    assert_eq!((cancelled.captured(), cancelled.released()), (0, 100));
}

/// A sales unit with direct capture has no reservation that could be cancelled.
#[test]
fn direct_capture_needs_only_refunds() {
    let builder = Simulator::builder().capture_type(CaptureType::Direct);
    let sim = builder.start().unwrap();
    let args = [
        "--api",
        "ecom",
        "--prefix",
        "live-3",
        "--approve",
        "91234567",
    ];
    let go_live = run(example_against(&sim, "go_live").args(args));
    assert_eq!(go_live.code, Some(0), "{go_live:?}");
    let end = ["| SALE", "| REFUND", "| SALE", "| REFUND", "direct capture"];
    in_order(&go_live.out, &end);
    assert!(sim.ledger().iter().all(|account| account.charged() == 0));
}

#[test]
fn rejected_payment_fails_the_checklist() {
    let sim = Simulator::start().unwrap();
    let mut command = example_against(&sim, "go_live");
    let mut go_live = Program::start(command.args(["--prefix", "live-4"]), "");
    go_live.wait_for("waiting");
    assert!(go_live.output_so_far().contains('█'));
    sim.payer().reject("live-4-refund").unwrap();
    let go_live = go_live.wait_for_exit();
    assert_eq!(go_live.code, Some(1), "{go_live:?}");
    assert!(!go_live.out.contains("Evidence"), "{go_live:?}");
    assert_eq!(sim.ledger().len(), 1);
}

#[test]
fn failed_refund_is_reported() {
    let sim = Simulator::start().unwrap();
    sim.faults()
        .on("refund_payment_using_post")
        .ecom_error("Payment", "74");
    let mut command = example_against(&sim, "go_live");
    let go_live = run(command.args([
        "--api",
        "ecom",
        "--prefix",
        "live-5",
        "--approve",
        "91234567",
    ]));
    assert_eq!(go_live.code, Some(1), "{go_live:?}");
    let message = "live-5-refund is captured, and its refund is not confirmed; check it in the business portal";
    assert!(go_live.err.contains(message), "{go_live:?}");
    assert!(!go_live.out.contains("Evidence"), "{go_live:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_order() {
    let sim = Simulator::start().unwrap();
    let mut command = example_against(&sim, "go_live");
    let mut go_live = Program::start(command.args(["--prefix", "live-6"]), "");
    go_live.wait_for("waiting");
    go_live.signal("INT");
    let go_live = go_live.wait_for_exit();
    assert_eq!(go_live.code, Some(1), "{go_live:?}");
    assert!(
        go_live.out.contains("cancelled: live-6-refund"),
        "{go_live:?}"
    );
}
