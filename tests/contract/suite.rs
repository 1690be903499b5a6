//! Tests of the suite itself: it runs unchanged against a server that it did not start, and it
//! refuses a server that was not selected explicitly.

use std::process::{Command, Output};

use vipps::simulator::Simulator;

use super::target::{Target, select_target};

/// Every operation that the suite must call.
const OPERATIONS: [&str; 31] = [
    "fetch_authorization_token_using_post",
    "initiate_payment_v3_using_post",
    "get_payment_details_using_get",
    "get_order_status_using_get",
    "capture_payment_using_post",
    "refund_payment_using_post",
    "cancel_payment_request_using_put",
    "integration_test_approve_payment",
    "generate_otp_qr",
    "create_merchant_redirect_qr",
    "get_merchant_redirect_qr_by_id",
    "get_all_merchant_redirect_qrs",
    "update_merchant_redirect_url",
    "delete_merchant_redirect_qr",
    "put_merchant_callback_qr",
    "get_merchant_callback_by_id",
    "get_merchant_callback_qrs",
    "delete_merchant_callback_qr",
    "exchange_qr",
    "exchange_customer",
    "create_payment",
    "get_payment",
    "get_payment_event_log",
    "capture_payment",
    "refund_payment",
    "cancel_payment",
    "force_approve",
    "register_webhook",
    "list_webhooks",
    "delete_webhook",
    "get_userinfo",
];

/// Runs this test program with the keys of a simulator in its environment and without the tests of
/// this file.
fn run_suite(sim: &Simulator, variables: &[(&str, &str)]) -> Output {
    let keys = sim.keys();
    Command::new(std::env::current_exe().unwrap())
        .args(["--skip", "suite::", "--test-threads", "2", "--nocapture"])
        .env_remove("VIPPS_CONTRACT")
        .env_remove("VIPPS_CONTRACT_PHONE")
        .env_remove("VIPPS_ENVIRONMENT")
        .env_remove("VIPPS_BASE_URL")
        .env("VIPPS_CLIENT_ID", keys.client_id())
        .env("VIPPS_CLIENT_SECRET", keys.client_secret())
        .env("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key())
        .env(
            "VIPPS_MERCHANT_SERIAL_NUMBER",
            keys.merchant_serial_number(),
        )
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn output_text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

/// Returns the number of tests with this result.
fn count_of(output_text: &str, result: &str) -> usize {
    let counts = output_text
        .lines()
        .filter_map(|line| line.strip_prefix("test result: "));
    counts
        .flat_map(|line| line.split([';', '.']))
        .filter_map(|part| {
            part.trim()
                .strip_suffix(result)?
                .trim()
                .parse::<usize>()
                .ok()
        })
        .sum()
}

#[test]
fn all_tests_run_against_the_server_of_the_environment() {
    let sim = Simulator::start().unwrap();
    let variables = [
        ("VIPPS_CONTRACT", "test-environment"),
        ("VIPPS_BASE_URL", sim.base_url()),
    ];
    let output = run_suite(&sim, &variables);
    let output_text = output_text(&output);
    assert!(output.status.success(), "{output_text}");
    assert!(!output_text.contains("SKIPPED"), "{output_text}");
    let listed = Command::new(std::env::current_exe().unwrap())
        .args(["--list", "--skip", "suite::"])
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let tests = listed.lines().filter(|line| line.ends_with(": test"));
    assert_eq!(
        count_of(&output_text, "passed"),
        tests.count(),
        "{output_text}"
    );
    for operation in OPERATIONS {
        assert!(sim.journal().count(operation) > 0, "{operation}");
    }
    // No money stays reserved or captured.
    for account in sim.ledger() {
        let reserved_amount = account.reserved() - account.captured() - account.released();
        assert_eq!((account.charged(), reserved_amount), (0, 0), "{account:?}");
    }
}

/// Keys alone do not select the real environment.
#[test]
fn unselected_server_receives_no_request() {
    let sim = Simulator::start().unwrap();
    let output = run_suite(&sim, &[("VIPPS_BASE_URL", sim.base_url())]);
    assert!(output.status.success(), "{}", output_text(&output));
    assert_eq!(sim.journal().entries().len(), 0);
}

#[test]
fn production_is_refused_by_every_test() {
    let sim = Simulator::start().unwrap();
    let variables = [
        ("VIPPS_CONTRACT", "test-environment"),
        ("VIPPS_ENVIRONMENT", "production"),
    ];
    let output = run_suite(&sim, &variables);
    let output_text = output_text(&output);
    assert!(!output.status.success());
    assert_eq!(count_of(&output_text, "passed"), 0, "{output_text}");
    assert!(
        output_text.contains("refused: VIPPS_ENVIRONMENT `production`"),
        "{output_text}"
    );
}

#[test]
fn only_a_test_environment_is_accepted() {
    let with = |variables: &[(&str, &str)]| {
        select_target(|name| {
            let found = variables.iter().find(|(variable, _)| *variable == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    };
    let selected = ("VIPPS_CONTRACT", "test-environment");
    for own in [
        &[][..],
        &[
            ("VIPPS_ENVIRONMENT", "production"),
            ("VIPPS_CLIENT_ID", "x"),
        ],
    ] {
        assert_eq!(with(own), Ok(Target::OwnSimulator));
    }
    for named in [
        &[selected][..],
        &[selected, ("VIPPS_ENVIRONMENT", "test")],
        &[selected, ("VIPPS_BASE_URL", "http://127.0.0.1:8080")],
        &[selected, ("VIPPS_BASE_URL", "https://apitest.vipps.no/")],
    ] {
        assert_eq!(with(named), Ok(Target::FromEnv), "{named:?}");
    }
    for refused in [
        &[("VIPPS_CONTRACT", "1")][..],
        &[("VIPPS_CONTRACT", "")],
        &[selected, ("VIPPS_ENVIRONMENT", "production")],
        &[selected, ("VIPPS_ENVIRONMENT", "Production ")],
        &[selected, ("VIPPS_ENVIRONMENT", "")],
        &[selected, ("VIPPS_BASE_URL", "https://api.vipps.no")],
        &[selected, ("VIPPS_BASE_URL", "https://API.vipps.no:443/x")],
        &[selected, ("VIPPS_BASE_URL", "https://proxy.example.com")],
        &[
            selected,
            ("VIPPS_BASE_URL", "https://apitest.vipps.no.evil.example"),
        ],
        &[selected, ("VIPPS_BASE_URL", "http://192.0.2.1")],
        &[
            selected,
            ("VIPPS_ENVIRONMENT", "production"),
            ("VIPPS_BASE_URL", "http://127.0.0.1:8080"),
        ],
    ] {
        assert!(with(refused).is_err(), "{refused:?}");
    }
}
