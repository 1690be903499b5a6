//! A webhook URL with a Norwegian host is signed with the host's punycode, as it is sent in `Host`.

use vipps::simulator::{DeliveryOutcome, Simulator};
use vipps::webhooks::{Signer, Verifier, WebhookError};

const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const BODY: &str = r#"{"customerToken":"AAAA","merchantQrId":"till-1"}"#;

/// Signs for one URL and verifies for another one.
fn verdict(signed: &str, verified: &str) -> Result<(), WebhookError> {
    let signer = Signer::new(signed, SECRET).unwrap_or_else(|error| panic!("{signed}: {error}"));
    let request = signer.sign(jiff::Timestamp::UNIX_EPOCH, BODY).unwrap();
    let verifier =
        Verifier::new(verified, [SECRET]).unwrap_or_else(|error| panic!("{verified}: {error}"));
    verifier.verify(&request).map(drop)
}

#[test]
fn a_norwegian_host_is_signed_as_punycode() {
    for (norwegian, punycode) in [
        ("https://blåbær.no/hook", "https://xn--blbr-roah.no/hook"),
        ("https://BLÅBÆR.no/hook", "https://xn--blbr-roah.no/hook"),
        (
            "https://bla\u{30a}bær.no/hook",
            "https://xn--blbr-roah.no/hook",
        ),
        (
            "https://nettbutikk.blåbær.no:8080/a?x=%C3%A6",
            "https://nettbutikk.xn--blbr-roah.no:8080/a?x=%C3%A6",
        ),
        ("https://blåbær.no", "https://xn--blbr-roah.no/"),
        ("https://blåbær.no?x=1", "https://xn--blbr-roah.no/?x=1"),
        ("https://blåbær.no#top", "https://xn--blbr-roah.no/"),
        (
            "https://blåbær.no:443/hook",
            "https://xn--blbr-roah.no/hook",
        ),
        ("HTTPS://blåbær.NO/hook", "https://xn--blbr-roah.no/hook"),
        (
            "https://ørsta.kommune.no/",
            "https://xn--rsta-fra.kommune.no/",
        ),
    ] {
        assert_eq!(verdict(norwegian, punycode), Ok(()), "{norwegian}");
        assert_eq!(verdict(punycode, norwegian), Ok(()), "{norwegian}");
        assert_eq!(verdict(norwegian, norwegian), Ok(()), "{norwegian}");
        assert_eq!(
            verdict(norwegian, "https://blabar.no/hook"),
            Err(WebhookError::Signature)
        );
    }
}

#[test]
fn a_signed_request_goes_to_the_punycode_host() {
    for (url, uri, host) in [
        (
            "https://blåbær.no:8080/hook?till=1",
            "https://xn--blbr-roah.no:8080/hook?till=1",
            "xn--blbr-roah.no:8080",
        ),
        (
            "https://blåbær.no",
            "https://xn--blbr-roah.no/",
            "xn--blbr-roah.no",
        ),
        (
            "https://shop.example.com:8080/a%20b/./c?q=%C3%A6",
            "https://shop.example.com:8080/a%20b/./c?q=%C3%A6",
            "shop.example.com:8080",
        ),
        (
            "http://127.0.0.1:3000/a",
            "http://127.0.0.1:3000/a",
            "127.0.0.1:3000",
        ),
    ] {
        let signer = Signer::new(url, SECRET).unwrap();
        let request = signer.sign(jiff::Timestamp::UNIX_EPOCH, BODY).unwrap();
        assert_eq!(request.uri().to_string(), uri);
        assert_eq!(request.headers()["host"], host);
    }
}

#[test]
fn a_path_outside_ascii_is_refused_by_name() {
    for url in [
        "https://example.com/blåbær",
        "https://blåbær.no/blåbær",
        "https://blåbær.no/?q=å",
        "https://example.com?å",
    ] {
        let error = Verifier::new(url, [SECRET]).unwrap_err();
        assert_eq!(error.field(), "registered_url");
        assert!(error.rule().contains("percent-encod"), "{url}: {error}");
        assert!(Signer::new(url, SECRET).is_err(), "{url}");
    }
}

/// URL parsers read `\` as `/`, so host and path would differ from the text.
#[test]
fn a_backslash_is_refused_by_name() {
    for url in [
        r"https://example.com\hook",
        r"https://example.com\@evil.example/hook",
        r"https:\\example.com/hook",
        r"https:/\example.com/hook",
        r"https://example.com/a\b",
        r"https://example.com/?a=\",
        r"https://blåbær.no\hook",
    ] {
        for error in [
            Verifier::new(url, [SECRET]).unwrap_err(),
            Signer::new(url, SECRET).unwrap_err(),
        ] {
            assert_eq!(error.field(), "registered_url");
            assert!(error.rule().contains(r"`\`"), "{url}: {error}");
        }
    }
}

/// A URL parser finds a host in these texts, but another host than the one after `://`.
#[test]
fn a_url_without_a_host_after_two_slashes_is_refused() {
    for url in [
        "https:example.com/hook",
        "https:/example.com/hook",
        "https:///example.com/hook",
        "https:////example.com/hook",
        "https:/example.com/?x=://hook",
        "https://",
        "https:///",
        "https://?x",
        "https://:443/",
        "https://user@/",
        " https://example.com/hook",
        "https://example.com/hook\n",
        "https://exa\tmple.com/hook",
        "https://exa mple.com/hook",
        "https://exa\u{a0}mple.com/hook",
        "https://example.com／hook",
        "https://xn--a.no/hook",
    ] {
        for result in [
            Verifier::new(url, [SECRET]).map(drop),
            Signer::new(url, SECRET).map(drop),
        ] {
            let error = result.expect_err(url);
            assert_eq!(error.field(), "registered_url", "{url}");
        }
    }
}

/// Runs a check-in of the simulator that is registered with one URL and verified with another one.
async fn check_in_status(registered: &str, verified: &str) -> DeliveryOutcome {
    let verifier = Verifier::new(verified, [SECRET]).unwrap();
    let hook = vipps::webhooks::axum::events(verifier, async |_| Ok::<_, String>(()));
    let app: axum::Router = axum::Router::new().route("/hook", hook);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let sim = Simulator::start().unwrap();
    sim.route(registered, address).unwrap();
    sim.register_webhook(registered, SECRET).unwrap();
    let vipps = sim.client();
    let till = vipps.qr().merchant_callback("till-1".parse().unwrap());
    till.put("Kasse 1".parse().unwrap()).await.unwrap();
    let code = till.get().await.unwrap();
    sim.payer().scan(code.content().unwrap().as_str()).unwrap();
    sim.settled().await;
    sim.deliveries().pop().unwrap().outcome().clone()
}

#[tokio::test]
async fn a_simulated_check_in_signs_the_punycode_host() {
    for (registered, verified) in [
        ("https://blåbær.no/hook", "https://xn--blbr-roah.no/hook"),
        ("https://blåbær.no/hook", "https://blåbær.no/hook"),
        (
            "https://Shop.Example.com/hook",
            "https://shop.example.com/hook",
        ),
    ] {
        assert_eq!(
            check_in_status(registered, verified).await,
            DeliveryOutcome::Responded(200),
            "{registered}"
        );
    }
    assert_eq!(
        check_in_status("https://blåbær.no/hook", "https://blabar.no/hook").await,
        DeliveryOutcome::Responded(401)
    );
}

#[test]
fn the_simulator_refuses_a_webhook_url_with_a_backslash() {
    let sim = Simulator::start().unwrap();
    for url in [r"https://example.com\hook", r"https:\\example.com/hook"] {
        let error = sim.register_webhook(url, SECRET).unwrap_err();
        assert!(error.to_string().contains(r"`\`"), "{url}: {error}");
    }
}

#[test]
fn a_refusal_names_the_position_of_the_character() {
    for (url, position) in [
        ("\\https://shop.example.com/", 1),
        ("https://shop.example.com/a b", 27),
        ("https://shop.example.com/\u{7}", 26),
        ("https://blåbær.no/å", 19),
        ("https://blåbær.no/ab?æ=1", 22),
    ] {
        let error = Verifier::new(url, [SECRET]).unwrap_err().to_string();
        assert!(error.contains(&format!("position {position},")), "{error}");
    }
    for (secret, position) in [("\0ab", 1), ("ab\0c", 3), ("å\u{200b}b", 2)] {
        let error = Verifier::new("https://shop.example.com/", [secret]);
        let error = error.unwrap_err().to_string();
        assert!(error.contains(&format!("position {position} ")), "{error}");
    }
}
