//! The example programs, run with their own simulator and with a simulator from the environment
//! variables.
//!
//! `cargo test` builds the examples before it runs these tests. `cargo test --test examples` does
//! not: run `cargo build --examples` before it.

mod go_live;
mod http;
#[path = "../support/prefix.rs"]
mod prefix;
mod programs;
mod short;
mod spec_diff;
mod till;
mod webshop;

use programs::{example, example_against, run, up_to_date};
use vipps::simulator::Simulator;

/// The demos, which take options.
const ALL: [&str; 3] = ["go_live", "till", "webshop"];

/// Asserts that the text has a line with each part, in this order. Other lines may be between them.
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
fn example_older_than_a_source_or_missing_is_not_run() {
    let folder = std::env::temp_dir().join(format!("vipps examples {}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (program, source) = (folder.join("till"), folder.join("till.rs"));
    let listed = |path: &std::path::Path| path.display().to_string().replace(' ', "\\ ");
    let list = format!("{}: {}\n", listed(&program), listed(&source));
    std::fs::write(folder.join("till.d"), list).unwrap();
    let write = |path, age| {
        let file = std::fs::File::create(path).unwrap();
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        file.set_modified(time).unwrap();
    };
    write(&source, 10);
    assert!(up_to_date(&program).is_err(), "the program is missing");
    write(&program, 5);
    assert_eq!(up_to_date(&program), Ok(()));
    write(&source, 1);
    let reason = up_to_date(&program).unwrap_err();
    assert!(reason.contains("till.rs is newer"), "{reason}");
    std::fs::remove_file(&source).unwrap();
    assert!(up_to_date(&program).is_err(), "a source is missing");
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn every_example_prints_its_options() {
    for name in ALL {
        let help = run(example(name).arg("--help"));
        assert_eq!(help.code, Some(0), "{help:?}");
        assert!(help.out.trim_start().starts_with(name), "{help:?}");
        assert!(help.out.contains("\n  --"), "{help:?}");
        assert_eq!(help.err, "");
        // The help lists exactly the options of the program.
        for option in help.out.split_whitespace().filter(|w| w.starts_with("--")) {
            let option = option.trim_end_matches([':', ';', ',', ']']);
            let output = run(example(name).args([option, "", "--colour"]));
            assert!(!output.err.contains(&format!("'{option}'")), "{output:?}");
        }
    }
}

#[test]
fn invalid_arguments_exit_with_code_2() {
    for name in ALL {
        for invalid in [
            ["--colour", "red"],
            ["--listen", "nowhere"],
            ["two", "words"],
        ] {
            let refused = run(example(name).args(invalid));
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
        let mut command = example_against(&sim, name);
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
