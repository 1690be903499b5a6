//! A poster: its files can be scanned, and its life is what it says.

use vipps::simulator::{Scanned, Simulator};

use super::{codes, folder, in_order};
use crate::programs::{against, example, run};

const PUT: &str = "update_merchant_redirect_url";
const POST: &str = "create_merchant_redirect_qr";
const DELETE: &str = "delete_merchant_redirect_qr";

#[test]
fn with_nothing_set_a_poster_lives_and_dies() {
    let folder = folder("poster-alone");
    let poster = run(example("poster")
        .args(["--id", "50% off"])
        .arg("--to")
        .arg(&folder));
    assert_eq!(poster.code, Some(0), "{poster:?}");
    in_order(
        &poster.out,
        &[
            "using a simulator",
            "created 50% off: leads to https://example.com/spring",
            "50% off.svg",
            "50% off.png",
            "which the app takes",
            "a customer scans it and comes to https://example.com/spring",
            "50% off now leads to https://example.com/summer",
            "the code is the same",
            "a customer scans it and comes to https://example.com/summer",
            "deleted 50% off",
        ],
    );
    let svg = codes::of_svg(&std::fs::read_to_string(folder.join("50% off.svg")).unwrap());
    let png = codes::of_png(&std::fs::read(folder.join("50% off.png")).unwrap());
    assert_eq!(svg, png);
    assert!(
        poster.out.contains(&format!("the code says {png},")),
        "{poster:?}"
    );
}

/// Each step by a run of its own, as somebody does it who has a poster to print.
#[test]
fn step_by_step_in_another_place() {
    let sim = Simulator::start().unwrap();
    let folder = folder("poster-steps");
    let poster = |args: &[&str]| {
        let mut command = against(&sim, "poster");
        run(command
            .args(args)
            .args(["--id", "wall"])
            .arg("--to")
            .arg(&folder))
    };
    let spring = ["create", "--url", "https://example.com/a", "--size", "333"];
    let made = poster(&[&spring[..], &["--ttl", "600"]].concat());
    assert_eq!(made.code, Some(0), "{made:?}");
    in_order(
        &made.out,
        &["created wall", "deleted for good in", "written", "written"],
    );
    // The folder is wherever the repository is.
    let told = made.out.replace(folder.to_str().unwrap(), "");
    assert!(!told.contains("simulator"), "{made:?}");
    let (svg, png) = (folder.join("wall.svg"), folder.join("wall.png"));
    let printed = codes::of_png(&std::fs::read(&png).unwrap());
    let leads_to = |url: &str| Scanned::Redirect {
        url: url.to_owned(),
    };
    let scan = || sim.payer().scan(&printed);
    assert_eq!(scan(), Ok(leads_to("https://example.com/a")));

    // The files are there, so that nothing is done.
    let before = sim.journal().entries().len();
    let again = poster(&["create", "--url", "https://example.com/b"]);
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(
        again.err.contains("wall.svg exists; --overwrite"),
        "{again:?}"
    );
    assert_eq!(sim.journal().entries().len(), before);

    // The id is taken.
    std::fs::remove_file(&svg).unwrap();
    std::fs::remove_file(&png).unwrap();
    let taken = poster(&["create", "--url", "https://example.com/b"]);
    assert_eq!(taken.code, Some(1), "{taken:?}");
    in_order(
        &taken.out,
        &[
            "there is a code wall already",
            "leads to https://example.com/a",
            "`lead`",
        ],
    );
    assert_eq!(scan(), Ok(leads_to("https://example.com/a")));
    assert!(!png.exists());

    let led = poster(&["lead", "--url", "https://example.com/b"]);
    assert_eq!(led.code, Some(0), "{led:?}");
    assert_eq!(scan(), Ok(leads_to("https://example.com/b")));

    assert_eq!(poster(&["print"]).code, Some(0));
    assert_eq!(
        codes::of_svg(&std::fs::read_to_string(&svg).unwrap()),
        printed
    );
    std::fs::write(&png, "old").unwrap();
    assert_eq!(poster(&["print"]).code, Some(1));
    assert_eq!(std::fs::read(&png).unwrap(), b"old");
    assert_eq!(poster(&["print", "--overwrite"]).code, Some(0));
    assert_eq!(codes::of_png(&std::fs::read(&png).unwrap()), printed);

    let listed = poster(&["list"]);
    in_order(
        &listed.out,
        &["wall leads to https://example.com/b", "1 codes"],
    );
    assert_eq!(poster(&["delete"]).code, Some(0));
    assert!(scan().is_err());
    let gone = poster(&["delete"]);
    assert_eq!(gone.code, Some(1), "{gone:?}");
    assert!(gone.err.contains("HTTP 404"), "{gone:?}");
}

#[test]
fn a_code_that_is_left_over_is_named() {
    let sim = Simulator::start().unwrap();
    sim.faults().on(PUT).status(400);
    let folder = folder("poster-left");
    let poster = run(against(&sim, "poster")
        .args(["--id", "left"])
        .arg("--to")
        .arg(&folder));
    assert_eq!(poster.code, Some(1), "{poster:?}");
    in_order(&poster.out, &["created left", "the code left is left"]);
    assert_eq!(
        (sim.journal().count(POST), sim.journal().count(DELETE)),
        (1, 0)
    );
}

#[test]
fn what_is_missing_is_named() {
    for (args, named) in [
        (&["lead", "--id", "wall"][..], "--url"),
        (&["lead", "--url", "https://example.com/a"], "--id"),
        (&["print"], "--id"),
        (&["delete"], "--id"),
        (&["burn"], "burn"),
        (&["--size", "99"], "--size"),
        (&["--ttl", "1"], "--ttl"),
        (&["--url", "http://example.com"], "--url"),
        (&["--id", "a/b"], "--id"),
    ] {
        let poster = run(example("poster").args(args));
        assert_eq!(poster.code, Some(2), "{poster:?}");
        assert!(poster.err.contains(named), "{poster:?}");
    }
}
