//! The examples as programs: with nothing set each does its whole work against a simulator of its own, and with the
//! variables set it does the same in the place that they name. The till has files of its own.

mod go_live;
mod http;
mod short;
mod webshop;

use crate::programs::{against, example, run};
use vipps::simulator::Simulator;

/// The demos, which take options.
const ALL: [&str; 3] = ["go_live", "till", "webshop"];

/// Asserts that these lines come in this order, with others between; each by a part of it.
fn in_order(text: &str, parts: &[&str]) {
    let mut lines = text.lines();
    for part in parts {
        assert!(
            lines.any(|line| line.contains(part)),
            "{part:?} is missing, or comes too early, in:\n{text}"
        );
    }
}

#[test]
fn every_example_explains_itself() {
    for name in ALL {
        let asked = run(example(name).arg("--help"));
        assert_eq!(asked.code, Some(0), "{asked:?}");
        assert!(asked.out.trim_start().starts_with(name), "{asked:?}");
        assert!(asked.out.contains("\n  --"), "{asked:?}");
        assert_eq!(asked.err, "");
        // No option is explained that there is not, and none is secret.
        for option in asked.out.split_whitespace().filter(|w| w.starts_with("--")) {
            let option = option.trim_end_matches([':', ';', ',', ']']);
            let tried = run(example(name).args([option, "", "--colour"]));
            assert!(!tried.err.contains(&format!("'{option}'")), "{tried:?}");
        }
    }
}

#[test]
fn nonsense_is_exit_code_2_and_does_nothing() {
    for name in ALL {
        for nonsense in [
            ["--colour", "red"],
            ["--listen", "nowhere"],
            ["two", "words"],
        ] {
            let refused = run(example(name).args(nonsense));
            assert_eq!(refused.code, Some(2), "{name} {refused:?}");
            assert!(refused.err.starts_with(&format!("{name}: ")), "{refused:?}");
            assert_eq!(refused.err.lines().count(), 1, "{refused:?}");
            assert_eq!(refused.out, "", "{refused:?}");
        }
    }
}

#[test]
fn wrong_keys_are_an_error_with_a_hint() {
    let sim = Simulator::start().expect("a simulator");
    for name in ["go_live", "till"] {
        let mut command = against(&sim, name);
        let refused = run(command.env("VIPPS_CLIENT_SECRET", "wrong"));
        assert_eq!(refused.code, Some(1), "{refused:?}");
        let mut lines = refused.err.lines();
        let (error, hint) = (lines.next(), lines.next());
        assert!(error.is_some_and(|e| e.starts_with(name)), "{refused:?}");
        let hint = hint.unwrap_or_default();
        assert!(
            hint.contains("The client secret does not belong"),
            "{refused:?}"
        );
        assert!(!refused.err.contains("wrong"), "{refused:?}");
    }
    assert_eq!(sim.journal().count("initiate_payment_v3_using_post"), 0);
}
