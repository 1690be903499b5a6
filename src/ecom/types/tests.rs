//! The rules of the checked texts of eCom, and the errors of refused texts.

use super::*;

#[test]
fn auth_token_follows_its_rule() {
    for text in ["x", "Bearer abc", "~!@#\"'", &"x".repeat(255)] {
        assert_eq!(AuthToken::parse(text).unwrap().expose(), text);
    }
    for text in [
        "",
        " ",
        " x",
        "x ",
        "x\n",
        "a\r\nb",
        "a\tb",
        "ø",
        &"x".repeat(256),
    ] {
        let error = AuthToken::parse(text).unwrap_err();
        assert_eq!(error.field(), "auth_token", "{text:?}");
        assert_eq!(error.value(), None, "{text:?}");
    }
}

#[test]
fn auth_token_is_sent_and_never_shown() {
    let token: AuthToken = "canary".parse().unwrap();
    assert_eq!(format!("{token:?}"), "AuthToken([redacted])");
    assert_eq!(serde_json::to_string(&token).unwrap(), r#""canary""#);
    let read: AuthToken = serde_json::from_str(r#""canary""#).unwrap();
    assert_eq!(read.expose(), "canary");
    let error = serde_json::from_str::<AuthToken>(r#"" canary""#)
        .unwrap_err()
        .to_string();
    assert!(!error.contains("canary"), "{error}");
}

#[test]
fn transaction_text_follows_its_rule() {
    let (long, drawn) = ("ø".repeat(100), "🧦".repeat(50));
    for (text, kept) in [
        ("x", "x"),
        ("  Et par Vipps-sokker \n", "Et par Vipps-sokker"),
        ("🧦 \"100 %\" <b>", "🧦 \"100 %\" <b>"),
        (long.as_str(), long.as_str()),
        (drawn.as_str(), drawn.as_str()),
    ] {
        assert_eq!(TransactionText::parse(text).unwrap().as_str(), kept);
    }
    for text in [
        "",
        " ",
        "\n",
        "a\nb",
        "a\tb",
        "a\u{0}b",
        "a\u{85}b",
        &"ø".repeat(101),
        &"🧦".repeat(51),
        &format!("{}🧦", "ø".repeat(99)),
    ] {
        let error = TransactionText::parse(text).unwrap_err();
        assert_eq!(error.field(), "transaction_text", "{text:?}");
        assert!(error.value().is_some());
    }
}
