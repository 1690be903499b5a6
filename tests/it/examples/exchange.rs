//! From a code or a check-in to a number, which is shown only to who asks for it.

use vipps::simulator::Simulator;

use super::in_order;
use crate::programs::{Program, against, example, run};

#[test]
fn with_nothing_set_a_customer_shows_a_code_and_checks_in() {
    let exchange = run(&mut example("exchange"));
    assert_eq!(exchange.code, Some(0), "{exchange:?}");
    in_order(
        &exchange.out,
        &[
            "using a simulator",
            "shows the code in the app",
            "scans the code at Kasse 1",
            "personal code: ••••••••67",
            "customer token: ••••••••67",
        ],
    );
    let whole = Program::start(example("exchange").arg("--show"), "").end_with_numbers();
    in_order(
        &whole.out,
        &["personal code: +4791234567", "customer token: +4791234567"],
    );
}

#[test]
fn a_scanner_writes_to_the_standard_input() {
    let sim = Simulator::start().unwrap();
    let code = sim.payer().with_number("4798765432").personal_qr();
    let mut exchange = against(&sim, "exchange");
    let typed = format!("{code}\r\n");
    let ended = Program::start(exchange.args(["--personal", "-"]), &typed).end();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    in_order(
        &ended.out,
        &["personal code: ••••••••32", "the app made it "],
    );
    assert!(
        !ended.out.contains(&code) && !ended.out.contains("98765432"),
        "{ended:?}"
    );

    let mut exchange = against(&sim, "exchange");
    let ended = Program::start(exchange.args(["--show", "--personal", &code]), "").end();
    in_order(&ended.out, &["personal code: +4798765432"]);
}

#[test]
fn what_is_no_code_is_refused_and_never_shown() {
    let sim = Simulator::start().unwrap();
    for (args, code) in [
        (["--personal", "https://qr.vipps.no/p/marker"], 1),
        (["--token", "bWFya2Vy-marker"], 1),
        (["--personal", "two marker"], 2),
        (["--token", "two marker"], 2),
        (["--show", "--show"], 2),
    ] {
        let exchange = run(against(&sim, "exchange").args(args));
        assert_eq!(exchange.code, Some(code), "{args:?} {exchange:?}");
        assert!(exchange.err.starts_with("exchange: "), "{exchange:?}");
        assert!(!exchange.err.contains("marker"), "{exchange:?}");
    }
}
