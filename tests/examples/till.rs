//! The program `till`: its output, its exit code, and the cleanup of its order.

use std::process::Command;
use std::time::Duration;

use crate::programs::{Program, example, example_against, run};
use vipps::simulator::Simulator;

/// Returns the till over the eCom API, in which the code of a payment is a request of its own.
fn ecom_till(sim: &Simulator) -> Command {
    let mut till = example_against(sim, "till");
    till.args(["--api", "ecom"]);
    till
}

#[test]
fn without_variables_a_simulated_customer_pays() {
    let sale = ["--order-id", "till-test-1", "--text", "Socks"];
    let till = run(example("till").args(sale));
    assert_eq!(till.code, Some(0), "{till:?}");
    for step in [
        "order till-test-1: 499.00 NOK for Socks",
        "waiting",
        "authorized",
        "captured",
    ] {
        assert!(
            till.out.lines().any(|line| line == step),
            "{step} is missing in:\n{}",
            till.out
        );
    }
    assert!(till.out.contains('█'), "no code is drawn:\n{}", till.out);
    assert!(
        !till.out.contains('\x1b'),
        "a pipe is not a terminal:\n{}",
        till.out
    );
    assert_eq!(
        till.out.lines().last(),
        Some("paid: till-test-1 captured 49900 øre")
    );
}

#[test]
fn api_ecom_takes_the_payment_over_ecom() {
    let sale = ["--api", "ecom", "--order-id", "till-test-ecom"];
    let till = run(example("till").args(sale));
    assert_eq!(till.code, Some(0), "{till:?}");
    for step in ["scan within 300 s", "waiting", "scanned", "reserved"] {
        assert!(till.out.lines().any(|line| line == step), "{till:?}");
    }
    assert_eq!(
        till.out.lines().last(),
        Some("paid: till-test-ecom captured 49900 øre")
    );
}

#[test]
fn payment_is_taken_over_epayment_by_default() {
    let sim = Simulator::start().expect("a simulator");
    let till = run(example_against(&sim, "till").args([
        "--order-id",
        "till-test-epayment",
        "--approve",
        "91234567",
    ]));
    assert_eq!(till.code, Some(0), "{till:?}");
    assert!(till.out.contains('█'), "no code is drawn:\n{}", till.out);
    assert_eq!(
        till.out.lines().last(),
        Some("paid: till-test-epayment captured 49900 øre")
    );
    assert_eq!(sim.journal().count("create_payment"), 1);
    assert_eq!(sim.journal().count("initiate_payment_v3_using_post"), 0);
}

#[test]
fn short_order_id_is_refused_before_sending() {
    let sim = Simulator::start().expect("a simulator");
    let till = run(example_against(&sim, "till").args(["--order-id", "short"]));
    assert_eq!(till.code, Some(2), "{till:?}");
    assert!(till.err.contains("at least 8 characters"), "{till:?}");
    assert_eq!(sim.journal().count("create_payment"), 0);
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_epayment_order() {
    let sim = Simulator::start().expect("a simulator");
    let mut till = Program::start(
        example_against(&sim, "till").args(["--order-id", "till-test-stop"]),
        "",
    );
    till.wait_for("waiting");
    till.signal("INT");
    let till = till.wait_for_exit();
    assert_eq!(till.code, Some(1), "{till:?}");
    let account = sim.account("till-test-stop").expect("an order");
    assert_eq!((account.captured(), account.reserved()), (0, 0));
    assert!(till.out.contains("cancelled: till-test-stop"), "{till:?}");
}

#[test]
fn with_variables_the_named_server_is_used() {
    let sim = Simulator::start().expect("a simulator");
    let till = run(example_against(&sim, "till").args([
        "--amount",
        "49,50",
        "--order-id",
        "till-test-2",
        "--approve",
        "91234567",
    ]));
    assert_eq!(till.code, Some(0), "{till:?}");
    assert_eq!(
        till.out.lines().last(),
        Some("paid: till-test-2 captured 4950 øre")
    );
    let account = sim.account("till-test-2").expect("an order");
    assert_eq!(account.captured(), 4950);
}

#[test]
fn rejected_payment_exits_with_code_1() {
    let sim = Simulator::start().expect("a simulator");
    let sale = ["--order-id", "till-test-3"];
    let mut till = Program::start(ecom_till(&sim).args(sale), "");
    till.wait_for("waiting");
    sim.payer()
        .reject("till-test-3")
        .expect("an order to reject");
    let till = till.wait_for_exit();
    assert_eq!(till.code, Some(1), "{till:?}");
    assert!(till.out.contains("did not approve"), "{till:?}");
}

#[test]
fn expired_payment_exits_with_code_1() {
    let sim = Simulator::start().expect("a simulator");
    let sale = ["--order-id", "till-test-4"];
    let mut till = Program::start(ecom_till(&sim).args(sale), "");
    till.wait_for("waiting");
    sim.clock().advance(Duration::from_secs(601));
    let till = till.wait_for_exit();
    assert_eq!(till.code, Some(1), "{till:?}");
    assert!(till.out.contains("did not pay in time"), "{till:?}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_order_before_leaving() {
    // A terminal that is closed sends HUP.
    for signal in ["INT", "TERM", "HUP"] {
        let sim = Simulator::start().expect("a simulator");
        let sale = ["--order-id", "till-test-5"];
        let mut till = Program::start(ecom_till(&sim).args(sale), "");
        till.wait_for("waiting");
        till.signal(signal);
        let till = till.wait_for_exit();
        assert_eq!(till.code, Some(1), "{till:?}");
        assert!(till.out.contains("cancelled: till-test-5"), "{till:?}");
        assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
    }
}

/// A closed output, like in `till | head -1`.
#[test]
fn closed_output_cancels_the_order() {
    for (last, approve) in [("NOK for", false), ("waiting\n", true)] {
        let sim = Simulator::start().expect("a simulator");
        let mut command = ecom_till(&sim);
        command.args(["--order-id", "till-test-11"]);
        let mut till = Program::start_and_close_after(&mut command, last);
        if approve {
            till.wait_for("waiting");
            sim.payer().approve("till-test-11").expect("an order");
        }
        let till = till.wait_for_exit();
        assert_eq!(till.code, Some(1), "{till:?}");
        assert!(till.err.starts_with("till: standard output: "), "{till:?}");
        assert_eq!(till.err.lines().count(), 1, "{till:?}");
        let account = sim.account("till-test-11").expect("an order");
        assert_eq!(account.charged(), 0, "{last}");
        assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
    }
}

/// A closed output and error output, like in `till 2>&1 | head -1`: the error cannot be printed
/// either.
#[cfg(unix)]
#[test]
fn closed_output_and_error_output_cancel_the_order() {
    let sim = Simulator::start().expect("a simulator");
    let till = ecom_till(&sim);
    let mut shell = std::process::Command::new("sh");
    shell
        .args(["-c", "exec \"$@\" 2>&1", "sh"])
        .arg(till.get_program())
        .args(till.get_args())
        .args(["--order-id", "till-test-12"])
        .envs(
            till.get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
    let till = Program::start_and_close_after(&mut shell, "NOK for").wait_for_exit();
    assert_eq!(till.code, Some(1), "{till:?}");
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
}

/// The money is already captured, so a closed output has no further effect.
#[test]
fn output_closed_after_the_capture_keeps_the_money() {
    let sim = Simulator::start().expect("a simulator");
    let mut command = ecom_till(&sim);
    command.args(["--order-id", "till-test-13"]);
    let pause = sim.faults().on("capture_payment_using_post").pause();
    let mut till = Program::start_and_close_after(&mut command, "reserved\n");
    till.wait_for("waiting");
    sim.payer().approve("till-test-13").expect("an order");
    till.wait_for("reserved");
    pause.release();
    let till = till.wait_for_exit();
    assert_eq!(till.code, Some(1), "{till:?}");
    let account = sim.account("till-test-13").expect("an order");
    assert_eq!(account.captured(), 49_900);
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 0);
}

#[test]
fn invalid_argument_is_named() {
    for (args, named) in [
        (["--amount", "many"], "--amount"),
        (["--amount", "-3"], "--amount"),
        (["--amount", "99999999999"], "amount"),
        (["--order-id", "a b"], "--order-id"),
        (["--text", ""], "--text"),
        (["--approve", "12"], "--approve"),
        (["--colour", "red"], "--colour"),
    ] {
        let till = run(example("till").args(args));
        assert_eq!(till.code, Some(2), "{args:?}: {till:?}");
        assert!(
            till.err.contains(named) && till.err.starts_with("till: "),
            "{args:?}: {till:?}"
        );
        assert!(!till.out.contains('█'), "{args:?} started a sale");
    }
}

#[test]
fn a_missing_variable_is_named() {
    let sim = Simulator::start().expect("a simulator");
    let till = run(example_against(&sim, "till").env_remove("VIPPS_CLIENT_SECRET"));
    assert_eq!(till.code, Some(2), "{till:?}");
    assert!(till.err.contains("VIPPS_CLIENT_SECRET"), "{till:?}");
}

/// Variables with the same prefix also configure other programs, such as the tests in CI.
#[test]
fn unrelated_variable_does_not_prevent_the_simulator() {
    let sale = ["--order-id", "till-test-6"];
    let mut command = example("till");
    command.env("VIPPS_SPEC_CORPUS", "/nowhere").args(sale);
    let mut till = Program::start(&mut command, "");
    till.wait_for("using a simulator");
    till.wait_for("waiting");
}

#[test]
fn an_order_whose_code_fails_is_cancelled() {
    let sim = Simulator::start().expect("a simulator");
    sim.faults().on("generate_otp_qr").status(400);
    let till = run(ecom_till(&sim).args(["--order-id", "till-test-7"]));
    assert_eq!(till.code, Some(1), "{till:?}");
    assert!(till.out.contains("cancelled: till-test-7"), "{till:?}");
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
}

/// An order with the same id may belong to another program, so it must not be cancelled.
#[test]
fn used_order_id_does_not_cancel_the_first_order() {
    let sim = Simulator::start().expect("a simulator");
    sim.faults()
        .on("initiate_payment_v3_using_post")
        .ecom_error("Payment", "34");
    let till = run(ecom_till(&sim).args(["--order-id", "till-test-8"]));
    assert_eq!(till.code, Some(1), "{till:?}");
    assert!(till.err.contains("34"), "{till:?}");
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 0);
}

/// Covers a sale that succeeds and a sale that fails. The error bodies contain secrets and personal
/// data.
#[test]
fn output_holds_no_secret_or_personal_data() {
    const PHONE: &str = "48271936";
    let sim = Simulator::start().expect("a simulator");
    let body_with_personal_data = format!("no user {PHONE} has Bearer eyJhbGciOi.gossip.token");
    let details = || sim.faults().on("get_payment_details_using_get");
    details()
        .times(2)
        .status_with_body(500, &body_with_personal_data);
    for order in ["till-test-9", "till-test-10"] {
        let mut command = ecom_till(&sim);
        command
            .args(["--order-id", order, "--approve", PHONE])
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1");
        // `run` searches the output for every secret of the simulator.
        let till = run(&mut command);
        assert!(!format!("{till:?}").contains(PHONE), "{till:?}");
        assert_eq!(till.code == Some(0), order == "till-test-9", "{till:?}");
        // The next sale fails with this error.
        sim.faults()
            .any()
            .status_with_body(400, &body_with_personal_data);
    }
}
