//! A sheet that can be printed and scanned, and a webhook that believes nobody but Vipps.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vipps::simulator::Simulator;
use vipps::webhook::Signer;

use super::{codes, folder, http, in_order};
use crate::programs::{Program, against, example, run};

const SECRET: &str = "marker-webhook-secret";
const URL: &str = "https://shop.example.com/kiosks/check-ins";

/// The texts of the codes on a sheet, in their order.
fn scanned(sheet: &str) -> Vec<String> {
    let images = sheet.split("src=\"data:image/svg+xml;base64,").skip(1);
    images
        .map(|image| {
            let drawing = image.split('"').next().unwrap();
            let svg = STANDARD.decode(drawing).unwrap();
            codes::of_svg(&String::from_utf8(svg).unwrap())
        })
        .collect()
}

#[test]
fn with_nothing_set_ten_stickers_are_made_and_somebody_checks_in() {
    let sheet = folder("sticker-alone").join("new/sheet.html");
    let location = "Kasse <b> & \"co\"";
    let mut command = example("sticker");
    let sticker = run(command
        .args(["--location", location, "--clean-up", "--to"])
        .arg(&sheet));
    assert_eq!(sticker.code, Some(0), "{sticker:?}");
    in_order(
        &sticker.out,
        &[
            "check-ins are received at https://shop.example.com/check-ins",
            "10 stickers in ",
            "a customer scans the code at Kasse <b> & \"co\" 3",
            "check-in at Kasse <b> & \"co\" 3 (till-3)",
            "the customer's number is ••••••••67",
            "10 codes deleted",
        ],
    );
    let page = std::fs::read_to_string(&sheet).unwrap();
    let texts = scanned(&page);
    assert_eq!(texts.len(), 10);
    assert!(
        texts
            .iter()
            .all(|text| text.starts_with("https://qr.vipps.no/"))
    );
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), 10);
    assert!(page.contains("@page { size: A4"));
    assert_eq!(page.matches("class=\"page\"").count(), 1);
    for n in 1..=10 {
        let escaped = format!("<p>Kasse &lt;b&gt; &amp; &quot;co&quot; {n}</p>");
        assert!(page.contains(&escaped), "{escaped}");
    }
    assert!(!page.contains("<b>"));

    let mut command = example("sticker");
    let again = run(command.arg("--to").arg(&sheet));
    assert_eq!(again.code, Some(1), "{again:?}");
    assert!(again.err.contains("--overwrite"), "{again:?}");
    assert_eq!(std::fs::read_to_string(&sheet).unwrap(), page);
}

#[cfg(unix)]
#[tokio::test]
async fn in_another_place_it_serves_until_it_is_stopped() {
    let sim = Simulator::start().unwrap();
    let sheet = folder("sticker-serves").join("sheet.html");
    let mut command = against(&sim, "sticker");
    command
        .args(["--tills", "12", "--clean-up", "--prefix", "kiosk"])
        .args(["--public-url", "https://shop.example.com/kiosks/"])
        .args(["--listen", "127.0.0.1:0", "--to"])
        .arg(&sheet)
        .env("VIPPS_WEBHOOK_SECRET", SECRET);
    let mut sticker = Program::start(&mut command, "");
    let line = sticker.says("is served on");
    let address: SocketAddr = line.rsplit(' ').next().unwrap().parse().unwrap();
    sim.webhook(URL, SECRET).unwrap();
    sim.route(URL, address).unwrap();
    sticker.says("waiting for customers");
    let page = std::fs::read_to_string(&sheet).unwrap();
    assert_eq!(page.matches("class=\"page\"").count(), 2);
    let texts = scanned(&page);

    // What Vipps has not signed is not heard.
    let body =
        r#"{"customerToken":"AAAA","merchantQrId":"kiosk-1","initiatedAt":"2999-01-01T00:00:00Z"}"#;
    let now = jiff::Timestamp::now();
    for (secret, date, status) in [
        ("marker-other-secret", now, 401),
        (SECRET, now, 200),
        // Twice the same customer is once.
        (SECRET, now, 200),
    ] {
        let signed = Signer::new(URL, secret).unwrap().sign(date, body).unwrap();
        let headers: Vec<_> = signed
            .headers()
            .iter()
            .filter(|(name, _)| *name != "host")
            .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
            .collect();
        let answer = http::request(address, "POST", "/kiosks/check-ins", &headers, body);
        assert_eq!(answer.status, status, "{secret}");
    }
    sticker.says("check-in at Kasse 1 (kiosk-1)");

    let payer = sim.payer().with_number("4798765432");
    payer.scan(&texts[11]).unwrap();
    sticker.says("check-in at Kasse 12 (kiosk-12)");
    sticker.says("the customer's number is ••••••••32");
    sticker.signal("INT");
    let sticker = sticker.end();
    assert_eq!(sticker.code, Some(0), "{sticker:?}");
    assert!(sticker.out.ends_with("12 codes deleted\n"), "{sticker:?}");
    assert_eq!(sticker.out.matches("check-in at").count(), 2, "{sticker:?}");
    // The token that nobody knows is an error, and no reason to end.
    assert!(sticker.err.contains("sticker: "), "{sticker:?}");
    for secret in ["marker", "AAAA", "98765432"] {
        assert!(!sticker.out.contains(secret) && !sticker.err.contains(secret));
    }
    assert_eq!(
        sim.client().qr().merchant_callbacks().await.unwrap().len(),
        0
    );
}

#[tokio::test]
async fn without_a_webhook_it_makes_the_sheet_and_says_what_is_missing() {
    let sim = Simulator::start().unwrap();
    let sheet = folder("sticker-sheet").join("sheet.html");
    let sticker = |more: &[&str]| {
        let mut command = against(&sim, "sticker");
        run(command
            .args(["--tills", "2", "--overwrite", "--to"])
            .arg(&sheet)
            .args(more))
    };
    let made = sticker(&[]);
    assert_eq!(made.code, Some(0), "{made:?}");
    in_order(
        &made.out,
        &[
            "2 stickers in",
            "check-ins need --public-url and VIPPS_WEBHOOK_SECRET",
        ],
    );
    let codes = sim.client().qr().merchant_callbacks().await.unwrap();
    let texts: Vec<_> = codes
        .iter()
        .map(|code| code.content().unwrap().as_str())
        .collect();
    assert_eq!(texts, scanned(&std::fs::read_to_string(&sheet).unwrap()));

    let refused = sticker(&["--public-url", "https://shop.example.com"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    in_order(
        &refused.err,
        &["register https://shop.example.com/check-ins"],
    );
    for more in [
        ["--tills", "0"],
        ["--tills", "101"],
        ["--public-url", "http://shop.example.com"],
        ["--location", "a place with far more words than fit"],
        ["--prefix", "a/b"],
    ] {
        let refused = sticker(&more);
        assert_eq!(refused.code, Some(2), "{more:?} {refused:?}");
        assert!(refused.err.contains(more[0]), "{refused:?}");
    }
}
