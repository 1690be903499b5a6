//! The till as a program: what it prints, how it ends, and that it leaves no order behind.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use vipps::simulator::Simulator;

/// Cargo builds the examples before it runs the tests, beside them.
fn till() -> Command {
    let mut path: PathBuf = std::env::current_exe().expect("a test knows its own path");
    path.pop();
    path.pop();
    let path = path
        .join("examples")
        .join(format!("till{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "{} is not built: run `cargo test` without a target filter once",
        path.display()
    );
    let mut command = Command::new(path);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("VIPPS_"))
    {
        command.env_remove(name);
    }
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn against(sim: &Simulator) -> Command {
    let mut command = till();
    let keys = sim.keys();
    command
        .env("VIPPS_BASE_URL", sim.base_url())
        .env("VIPPS_CLIENT_ID", keys.client_id())
        .env("VIPPS_CLIENT_SECRET", keys.client_secret())
        .env("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key())
        .env(
            "VIPPS_MERCHANT_SERIAL_NUMBER",
            keys.merchant_serial_number(),
        );
    command
}

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Starts the till and waits until it says this.
#[allow(
    clippy::zombie_processes,
    reason = "the caller waits; only a failed test does not"
)]
fn until(mut command: Command, said: &str) -> (Child, Vec<String>) {
    let mut child = command.spawn().expect("the till starts");
    let mut lines = Vec::new();
    let mut reader = BufReader::new(child.stdout.take().expect("a pipe"));
    loop {
        let mut line = String::new();
        assert!(
            reader.read_line(&mut line).expect("text") > 0,
            "the till ended before it said {said}: {lines:?}"
        );
        let found = line.trim() == said;
        lines.push(line);
        if found {
            // The rest goes on to be read by `wait_with_output`.
            child.stdout = Some(reader.into_inner());
            return (child, lines);
        }
    }
}

#[test]
fn with_nothing_set_it_takes_a_payment_by_itself() {
    let output = till()
        .args(["--order-id", "till-test-1", "--text", "Socks"])
        .output()
        .expect("the till runs");
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    for step in [
        "order till-test-1: 499.00 kr for Socks",
        "waiting",
        "scanned",
        "reserved",
        "captured",
    ] {
        assert!(
            out.lines().any(|line| line == step),
            "{step} is missing in:\n{out}"
        );
    }
    assert!(out.contains('█'), "no code is drawn:\n{out}");
    assert_eq!(
        out.lines().last(),
        Some("paid: till-test-1 captured 49900 øre")
    );
}

#[test]
fn with_the_variables_set_it_goes_there_and_presses_the_button() {
    let sim = Simulator::start().expect("a simulator");
    let output = against(&sim)
        .args([
            "--amount",
            "49,50",
            "--order-id",
            "till-test-2",
            "--approve",
            "91234567",
        ])
        .output()
        .expect("the till runs");
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    assert_eq!(
        out.lines().last(),
        Some("paid: till-test-2 captured 4950 øre")
    );
    assert_eq!(
        sim.account("till-test-2").expect("an order").captured(),
        4950
    );
}

#[test]
fn a_customer_who_says_no_is_a_sentence_and_exit_code_1() {
    let sim = Simulator::start().expect("a simulator");
    let mut command = against(&sim);
    command.args(["--order-id", "till-test-3"]);
    let (child, _) = until(command, "waiting");
    sim.payer()
        .reject("till-test-3")
        .expect("an order to reject");
    let output = child.wait_with_output().expect("an end");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("did not approve"), "{out}");
}

#[test]
fn a_payment_that_expires_is_a_sentence_and_exit_code_1() {
    let sim = Simulator::start().expect("a simulator");
    let mut command = against(&sim);
    command.args(["--order-id", "till-test-4"]);
    let (child, _) = until(command, "waiting");
    sim.clock().advance(Duration::from_secs(601));
    let output = child.wait_with_output().expect("an end");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("did not pay in time"), "{out}{err}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_cancels_the_order_before_leaving() {
    for signal in ["-INT", "-TERM"] {
        let sim = Simulator::start().expect("a simulator");
        let mut command = against(&sim);
        command.args(["--order-id", "till-test-5"]);
        let (child, _) = until(command, "waiting");
        let sent = Command::new("kill")
            .args([signal, &child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(sent.success());
        let output = child.wait_with_output().expect("an end");
        let (out, err) = text(&output);
        assert!(!output.status.success());
        assert!(out.contains("cancelled: till-test-5"), "{out}{err}");
        assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
    }
}

#[test]
fn nonsense_is_refused_with_the_argument_named() {
    for (args, named) in [
        (["--amount", "many"], "--amount"),
        (["--amount", "0.50"], "amount"),
        (["--amount", "-3"], "--amount"),
        (["--amount", "99999999999"], "amount"),
        (["--order-id", "a b"], "--order-id"),
        (["--text", ""], "--text"),
        (["--approve", "12"], "--approve"),
        (["--colour", "red"], "--colour"),
    ] {
        let output = till().args(args).output().expect("the till runs");
        let (out, err) = text(&output);
        assert!(!output.status.success(), "{args:?}: {out}");
        assert!(
            err.contains(named) && err.starts_with("till: "),
            "{args:?}: {err}"
        );
        assert!(!out.contains('█'), "{args:?} was taken for a sale");
    }
}

#[test]
fn a_missing_variable_is_named() {
    let sim = Simulator::start().expect("a simulator");
    let output = against(&sim)
        .env_remove("VIPPS_CLIENT_SECRET")
        .output()
        .expect("the till runs");
    let (_, err) = text(&output);
    assert!(
        !output.status.success() && err.contains("VIPPS_CLIENT_SECRET"),
        "{err}"
    );
}

/// Other programs have variables of that prefix too; the folder of official documents in CI is one.
#[test]
fn a_variable_of_another_purpose_means_nothing() {
    let output = till()
        .env("VIPPS_SPEC_CORPUS", "/nowhere")
        .args(["--order-id", "till-test-6"])
        .output()
        .expect("the till runs");
    let (out, err) = text(&output);
    assert!(output.status.success(), "{out}{err}");
    assert!(out.contains("using a simulator"), "{out}{err}");
}

#[test]
fn an_order_whose_code_fails_is_cancelled() {
    let sim = Simulator::start().expect("a simulator");
    sim.faults().on("generate_otp_qr").status(400);
    let output = against(&sim)
        .args(["--order-id", "till-test-7"])
        .output()
        .expect("the till runs");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(out.contains("cancelled: till-test-7"), "{out}{err}");
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 1);
}

/// Somebody else's order of the same id is not ours to cancel.
#[test]
fn an_order_id_that_is_used_cancels_nothing() {
    let sim = Simulator::start().expect("a simulator");
    sim.faults()
        .on("initiate_payment_v3_using_post")
        .ecom_error("Payment", "34");
    let output = against(&sim)
        .args(["--order-id", "till-test-8"])
        .output()
        .expect("the till runs");
    let (out, err) = text(&output);
    assert_eq!(output.status.code(), Some(1), "{out}{err}");
    assert!(err.contains("34"), "{out}{err}");
    assert_eq!(sim.journal().count("cancel_payment_request_using_put"), 0);
}

/// Of a sale that succeeds and of one that fails, with answers that gossip.
#[test]
fn nothing_that_it_prints_is_secret_or_personal() {
    const PHONE: &str = "48271936";
    let sim = Simulator::start().expect("a simulator");
    let gossip = format!("no user {PHONE} has Bearer eyJhbGciOi.gossip.token");
    let details = || sim.faults().on("get_payment_details_using_get");
    details().times(2).status_with_body(500, &gossip);
    for order in ["till-test-9", "till-test-10"] {
        let output = against(&sim)
            .args(["--order-id", order, "--approve", PHONE])
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "1")
            .output()
            .expect("the till runs");
        let (out, err) = text(&output);
        let keys = sim.keys();
        for secret in [
            keys.client_id(),
            keys.client_secret(),
            keys.subscription_key(),
            PHONE,
            "eyJ",
        ] {
            assert!(
                !out.contains(secret) && !err.contains(secret),
                "{secret} is shown:\n{out}{err}"
            );
        }
        assert_eq!(
            output.status.success(),
            order == "till-test-9",
            "{out}{err}"
        );
        // What the next one meets.
        sim.faults().any().status_with_body(400, &gossip);
    }
}
