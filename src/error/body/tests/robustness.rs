//! Bodies of any content, and the texts that are shown of them.

use super::*;

#[test]
fn invalid_utf_8_is_read_with_replacement_characters() {
    let latin_1 = b"[{\"errorCode\":\"94\",\"errorMessage\":\"l\xe5st\"}]";
    assert_eq!(shown(&parse(500, latin_1)), ["94: l\u{fffd}st"]);
    assert!(is_error(latin_1));
    assert_eq!(
        parse(500, &[0xff; 9]).message(),
        "Internal Server Error (an unreadable body of 9 bytes)"
    );
}

#[test]
fn random_bytes_never_panic() {
    // Mostly bytes of JSON, so that the bodies reach all parts of the parser.
    let alphabet =
        br#"[]{}",:\ue0019 .-+@<>/"errorCode""id""message""title""responseInfo""errors"eyJBearer "#;
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    for round in 0..20_000_usize {
        let body: Vec<u8> = (0..round % 200)
            .map(|_| {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let n = usize::try_from(seed >> 40).unwrap();
                if n % 50 == 0 {
                    n.to_le_bytes()[0]
                } else {
                    alphabet[n % alphabet.len()]
                }
            })
            .collect();
        let parsed = parse(400, &body);
        assert!(parsed.errors.len() <= MAX_ERRORS && !parsed.message().is_empty());
        is_error(&body);
    }
}

#[test]
fn every_prefix_of_a_body_can_be_read() {
    let body = r#"[{"errorGroup":"VippsError","errorCode":"94","errorMessage":"locked å"},{"errorCode":"99","errorMessage":"b"}]"#;
    for end in 0..body.len() {
        assert!(parse(500, &body.as_bytes()[..end]).errors.len() < 3);
    }
    let cut = &body.as_bytes()[..body.len() - 5];
    assert_eq!(
        shown(&parse(500, cut)),
        ["VippsError 94: locked å", "99"],
        "codes before the cut decide about retries"
    );
    let object = r#"{"errorGroup":"VippsError","errorCode":"94","errorMessage":"loc"#;
    assert_eq!(shown(&text(500, object)), ["VippsError 94"]);
}

#[test]
fn many_errors_are_cut() {
    let error = r#"{"errorCode":"34","errorMessage":"again"}"#;
    let body = format!("[{}]", vec![error; 100_000].join(","));
    assert_eq!(text(400, &body).errors.len(), 32);
    assert!(is_error(body.as_bytes()));

    let params = format!(
        r#"{{"title":"t","invalidParams":[{}]}}"#,
        vec![r#"{"name":"a","reason":"b"}"#; 100_000].join(",")
    );
    assert_eq!(text(400, &params).errors.len(), 32);

    let fields: Vec<String> = (0..1_000)
        .map(|n| format!(r#""f{n}":["a","b","c"]"#))
        .collect();
    assert_eq!(
        text(400, &format!(r#"{{"errors":{{{}}}}}"#, fields.join(",")))
            .errors
            .len(),
        32
    );
}

#[test]
fn deep_nesting_does_not_overflow_the_stack() {
    let deep = "[".repeat(100_000);
    assert!(text(400, &deep).errors.is_empty());
    assert!(!is_error(format!(r#"{deep}"errorCode""#).as_bytes()));
    let objects = r#"{"errorCode":"#.repeat(100_000);
    assert!(text(400, &objects).errors.is_empty());
    assert!(!is_error(objects.as_bytes()));
    let after = format!(r#"[{{"errorCode":"99"}},{deep}"#);
    assert_eq!(shown(&text(400, &after)), ["99"]);
}

#[test]
fn groups_are_read_without_regard_to_spelling() {
    for (name, group) in [
        ("Authentication", ErrorGroup::Authentication),
        ("PAYMENTS", ErrorGroup::Payment),
        ("Payment", ErrorGroup::Payment),
        ("invalidRequest", ErrorGroup::InvalidRequest),
        ("VIPPSERROR", ErrorGroup::VippsError),
        ("user", ErrorGroup::User),
        ("Customer", ErrorGroup::User),
        (" merchant ", ErrorGroup::Merchant),
        ("Robot\r\n", ErrorGroup::Unknown("Robot".to_owned())),
    ] {
        assert_eq!(ErrorGroup::from(name), group);
    }
    let parsed = text(
        400,
        r#"[{"errorGroup":"Robot","errorCode":"44","errorMessage":"beep"}]"#,
    );
    assert_eq!(shown(&parsed), ["Robot 44: beep"]);
    assert_eq!(parsed.errors[0].remedy(), None);
}

#[test]
fn printed_errors_hold_no_personal_data_or_tokens() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.Y2FuYXJ5";
    let spill =
        format!(r"91234567 +4791234567 ada@example.com {jwt} Bearer canary\r\nforged: line\u0000");
    for shape in [
        r#"[{"errorGroup":"@","errorCode":"@","errorMessage":"@"}]"#,
        r#"{"errorCode":"@","errorMessage":"@"}"#,
        r#"{"statusCode":400,"message":"@"}"#,
        r#"{"responseInfo":{"responseCode":"@","responseMessage":"@"},"result":{"message":"@"}}"#,
        r#"{"error":"@","error_description":"@"}"#,
        r#"{"title":"@","detail":"@"}"#,
        r#"{"title":"@","invalidParams":[{"name":"@","reason":"@"}]}"#,
        r#"["@"]"#,
        r#"{"errors":{"@":["@"]}}"#,
        r#"{"message":"@"}"#,
        "@",
        r#""@""#,
    ] {
        let parsed = text(400, &shape.replace('@', &spill));
        let printed = format!(
            "{:?} {} {:?}",
            parsed.message(),
            shown(&parsed).join(";"),
            parsed.errors
        );
        for secret in ["91234567", "ada@", "eyJ", "canary", "\r", "\n", "\0"] {
            assert!(
                !printed.contains(secret),
                "{secret:?} in {printed} of {shape}"
            );
        }
        assert!(printed.contains("[number]"), "{printed}");
    }
}

#[test]
fn ids_keep_their_digits_and_lose_their_line_ends() {
    let parsed = text(
        400,
        r#"[{"errorCode":"99","errorMessage":"m","contextId":"12345678-0000\r\n-000"}]"#,
    );
    assert_eq!(parsed.errors[0].context_id(), Some("12345678-0000 -000"));
    assert_eq!(parsed.correlation_id.as_deref(), Some("12345678-0000 -000"));
    let later = text(
        400,
        r#"[{"errorCode":"1"},{"errorCode":"2","contextId":"c-2"}]"#,
    );
    assert_eq!(later.correlation_id.as_deref(), Some("c-2"));
}

#[test]
fn error_is_found_in_each_shape_of_body() {
    let errors = [
        r#""errorCode":"44""#,
        r#""errors":["x"]"#,
        r#""responseInfo":{"responseCode":"401"}"#,
        r#""ResponseInfo":{"responseCode":"401"}"#,
        r#""statusCode":401,"message":"no""#,
        r#""status":500"#,
    ];
    for error in errors {
        for before in 0..70 {
            for after in [0, 1, 2, 15, 33] {
                let (before, after) = ("a".repeat(before), "b".repeat(after));
                let body = format!(r#"{{"before":"{before}",{error},"after":"{after}"}}"#);
                assert!(is_error(body.as_bytes()), "{body}");
            }
        }
    }
    assert!(!is_error(br#"{"status":"Captured","before":"seInf"}"#));
}
