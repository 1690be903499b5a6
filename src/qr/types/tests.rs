//! The rules of the checked texts of the QR API, and the errors of refused texts.

use super::*;

#[test]
fn beacon_id_follows_its_rule() {
    for text in ["123456789012345", "abc-DEF", &"x".repeat(128)] {
        let id = BeaconId::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<BeaconId>(&json).unwrap(), id);
    }
    for text in ["", " ", "a/b", "..", "a\r", "?a", &"x".repeat(129)] {
        let error = BeaconId::parse(text).unwrap_err();
        assert_eq!(error.field(), "beacon_id", "{text:?}");
    }
}

#[test]
fn callback_qr_id_follows_its_rule() {
    for text in [
        "a",
        "27072f82-c4b6-49cd-9838-10f21d87496e",
        "Kasse 1, 2. etasje",
        "mobilepay",
        "...",
        ".a",
        "50%",
        "%2F",
        "кассаØ",
        &"å".repeat(128),
    ] {
        let id = CallbackQrId::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<CallbackQrId>(&json).unwrap(), id);
    }
}

#[test]
fn callback_qr_id_error_states_the_reason() {
    for (text, rule) in [
        ("", "it has 0"),
        (&"å".repeat(129), "it has 129"),
        (" ", "begins or ends with a space"),
        (" a", "begins or ends with a space"),
        ("a\u{a0}", "begins or ends with a space"),
        ("mobilepay/1", "position 10 has `/`"),
        ("a\\b", "position 2"),
        ("a?", "position 2 has `?`"),
        ("#a", "position 1 has `#`"),
        ("a\n", "position 2 has `\\n`"),
        ("a\0b", "position 2"),
        ("a\u{85}b", "position 2"),
        (".", "the API reserves this text"),
        ("..", "the API reserves this text"),
    ] {
        let error = CallbackQrId::parse(text).unwrap_err();
        assert_eq!(error.field(), "merchant_qr_id");
        assert!(error.rule().contains(rule), "{text:?}: {error}");
        assert!(error.value().is_some());
    }
}

#[test]
fn location_follows_its_rule() {
    for (text, kept) in [
        ("K", "K"),
        (" Kasse 1\n", "Kasse 1"),
        ("Bl\u{e5}b\u{e6}r / \"2\" 😀", "Blåbær / \"2\" 😀"),
        (&format!(" {} ", "å".repeat(36)), &"å".repeat(36)),
        (&"😀".repeat(18), &"😀".repeat(18)),
    ] {
        let location = LocationDescription::parse(text).unwrap();
        assert_eq!(location.as_str(), kept);
        let json = serde_json::to_string(&location).unwrap();
        assert_eq!(
            serde_json::from_str::<LocationDescription>(&json).unwrap(),
            location
        );
    }
    for (text, rule) in [
        ("", "it has 0"),
        (" \n", "it has 0"),
        (&"å".repeat(37), "it has 37"),
        (&"😀".repeat(19), "it has 38"),
        ("a\nb", "position 2 has `\\n`"),
        ("a\u{7f}b", "position 2"),
    ] {
        let error = LocationDescription::parse(text).unwrap_err();
        assert_eq!(error.field(), "location_description");
        assert!(error.rule().contains(rule), "{text:?}: {error}");
    }
}

#[test]
fn redirect_qr_id_follows_its_rule() {
    for text in [
        "a",
        "billboard_1",
        "mobilepay",
        "50% off + more-1",
        "ÆØÅ æøå",
        "%2F",
        &"å".repeat(128),
    ] {
        let id = RedirectQrId::parse(text).unwrap();
        assert_eq!(id.as_str(), text);
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(serde_json::from_str::<RedirectQrId>(&json).unwrap(), id);
    }
}

#[test]
fn redirect_qr_id_error_states_the_reason() {
    for (text, rule) in [
        ("", "it has 0"),
        (&"å".repeat(129), "it has 129"),
        (" ", "begins or ends with a space"),
        ("   ", "begins or ends with a space"),
        (" a", "begins or ends with a space"),
        ("a ", "begins or ends with a space"),
        ("a.b", "position 2 has `.`"),
        (".", "position 1 has `.`"),
        ("..", "position 1"),
        ("a/b", "position 2 has `/`"),
        ("a\\b", "position 2"),
        ("a?b", "position 2"),
        ("a#b", "position 2"),
        ("a\n", "position 2 has `\\n`"),
        ("a\tb", "position 2 has `\\t`"),
        ("a\u{a0}b", "position 2"),
        ("åü", "position 2 has `ü`"),
        ("a\u{30a}", "position 2"),
        ("😀", "position 1"),
    ] {
        let error = RedirectQrId::parse(text).unwrap_err();
        assert_eq!(error.field(), "id");
        assert!(error.rule().contains(rule), "{text:?}: {error}");
        assert!(error.value().is_some());
    }
}
