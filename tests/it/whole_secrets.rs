//! A signature, a body hash or a token is accepted whole or not at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, HeaderMap};
use http::{HeaderValue, Request};
use vipps::callback::{CallbackAuth, CallbackError, parse};
use vipps::webhooks::{Signer, Verifier, WebhookError};

const URL: &str = "https://shop.example.com/hooks/vipps";
const SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";
const BODY: &str = r#"{"customerToken":"AAAA","merchantQrId":"till-1"}"#;
const TOKEN: &str = "s3cret-auth-token";

fn signed() -> Request<bytes::Bytes> {
    let signer = Signer::new(URL, SECRET).unwrap();
    signer.sign(jiff::Timestamp::UNIX_EPOCH, BODY).unwrap()
}

/// The bytes of the right signature.
fn signature() -> Vec<u8> {
    let request = signed();
    let header = request.headers()["authorization"].to_str().unwrap();
    let (_, text) = header.split_once("Signature=").unwrap();
    STANDARD.decode(text).unwrap()
}

fn verdict_on_signature(text: &str) -> Result<(), WebhookError> {
    let mut request = signed();
    request.headers_mut().remove("x-vipps-authorization");
    let header =
        format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={text}");
    let header = HeaderValue::try_from(header).unwrap();
    request.headers_mut().insert(AUTHORIZATION, header);
    let verifier = Verifier::new(URL, [SECRET]).unwrap();
    verifier.verify(&request).map(drop)
}

fn verdict_on_hash(text: &str) -> Result<(), WebhookError> {
    let mut request = signed();
    let header = HeaderValue::try_from(text).unwrap();
    request.headers_mut().insert("x-ms-content-sha256", header);
    let verifier = Verifier::new(URL, [SECRET]).unwrap();
    verifier.verify(&request).map(drop)
}

/// Every shorter piece of the bytes, and the bytes with more before or after them.
fn pieces(whole: &[u8]) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    for length in 0..whole.len() {
        pieces.push(whole[..length].to_vec());
        pieces.push(whole[whole.len() - length..].to_vec());
    }
    pieces.push([whole, &[0]].concat());
    pieces.push([&[0], whole].concat());
    pieces.push([whole, whole].concat());
    pieces
}

#[test]
fn a_piece_of_a_signature_is_refused() {
    let whole = signature();
    assert_eq!(whole.len(), 32);
    assert_eq!(verdict_on_signature(&STANDARD.encode(&whole)), Ok(()));
    for piece in pieces(&whole) {
        assert_eq!(
            verdict_on_signature(&STANDARD.encode(&piece)),
            Err(WebhookError::Signature),
            "{} bytes",
            piece.len()
        );
    }
}

#[test]
fn a_signature_with_one_wrong_byte_is_refused() {
    for at in 0..32 {
        let mut wrong = signature();
        wrong[at] ^= 1;
        assert_eq!(
            verdict_on_signature(&STANDARD.encode(&wrong)),
            Err(WebhookError::Signature),
            "byte {at}"
        );
    }
}

#[test]
fn a_signature_cut_in_its_base64_is_refused() {
    let text = STANDARD.encode(signature());
    for length in 0..text.len() {
        assert_eq!(
            verdict_on_signature(&text[..length]),
            Err(WebhookError::Signature),
            "{length} characters"
        );
    }
}

#[test]
fn a_piece_of_a_body_hash_is_refused() {
    let whole = STANDARD
        .decode(signed().headers()["x-ms-content-sha256"].as_bytes())
        .unwrap();
    assert_eq!(verdict_on_hash(&STANDARD.encode(&whole)), Ok(()));
    for piece in pieces(&whole) {
        assert_eq!(
            verdict_on_hash(&STANDARD.encode(&piece)),
            Err(WebhookError::BodyHash),
            "{} bytes",
            piece.len()
        );
    }
}

#[test]
fn a_piece_of_a_webhook_secret_does_not_verify() {
    // A piece with a NUL is refused by the constructor of the verifier.
    let pieces = pieces(SECRET.as_bytes());
    for piece in pieces {
        let Ok(verifier) = Verifier::new(URL, [String::from_utf8(piece).unwrap()]) else {
            continue;
        };
        assert_eq!(
            verifier.verify(&signed()).map(drop),
            Err(WebhookError::Signature)
        );
    }
}

fn callback(authorization: &[u8]) -> Request<&'static str> {
    let mut request = Request::post("/v2/payments/order-1").body("{}").unwrap();
    let value = HeaderValue::from_bytes(authorization).unwrap();
    request.headers_mut().insert(AUTHORIZATION, value);
    request
}

#[test]
fn a_piece_of_an_auth_token_is_refused() {
    let old = "an-older-token-of-before";
    let auth = CallbackAuth::new(TOKEN.parse().unwrap()).accept_previous(old.parse().unwrap());
    for token in [TOKEN, old] {
        parse(&callback(token.as_bytes()), &auth).unwrap();
        let mut pieces = pieces(token.as_bytes());
        pieces.retain(|piece| HeaderValue::from_bytes(piece).is_ok());
        pieces.extend([
            format!("{token}x").into_bytes(),
            format!("x{token}").into_bytes(),
            format!("{token} ").into_bytes(),
            format!(" {token}").into_bytes(),
            format!("Bearer {token}").into_bytes(),
            format!("{token},{token}").into_bytes(),
            token.to_uppercase().into_bytes(),
        ]);
        assert!(pieces.len() > 2 * token.len());
        for piece in pieces {
            assert_eq!(
                parse(&callback(&piece), &auth).unwrap_err(),
                CallbackError::Unauthorized,
                "{} bytes of {}",
                piece.len(),
                token.len()
            );
        }
    }
    // Two tokens do not accept a combination of both.
    for mixed in [format!("{TOKEN}{old}"), format!("{old}{TOKEN}")] {
        assert!(parse(&callback(mixed.as_bytes()), &auth).is_err());
    }
}

#[test]
fn an_auth_token_with_one_wrong_byte_is_refused() {
    let auth = CallbackAuth::new(TOKEN.parse().unwrap());
    for at in 0..TOKEN.len() {
        let mut wrong = TOKEN.as_bytes().to_vec();
        wrong[at] ^= 1;
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(&wrong).unwrap());
        assert!(!auth.accepts(&headers), "byte {at}");
    }
}

/// HMAC pads a key with NUL, so a secret with a NUL at its end has the same signatures.
#[test]
fn a_secret_with_invisible_characters_is_refused() {
    for mark in [
        "\0", "\u{1}", "\u{1b}", "\u{7f}", "\u{85}", "\n", "\r\n", "\t", "\u{feff}", "\u{200b}",
        "\u{ad}", "\u{202e}", "\u{2028}",
    ] {
        let (start, end) = SECRET.split_at(8);
        for secret in [
            format!("{SECRET}{mark}"),
            format!("{mark}{SECRET}"),
            format!("{start}{mark}{end}"),
            format!("{SECRET}{mark}{mark}"),
            mark.to_owned(),
        ] {
            for result in [
                Verifier::new(URL, [&secret]).map(drop),
                Verifier::new(URL, [SECRET, &secret]).map(drop),
                Signer::new(URL, &secret).map(drop),
            ] {
                let error = result.expect_err(&secret.escape_debug().to_string());
                assert_eq!((error.field(), error.value()), ("webhook_secret", None));
                let printed = format!("{error} {error:?}");
                assert!(
                    !printed.contains(start) && !printed.contains(end),
                    "{printed}"
                );
            }
        }
    }
    // Spaces inside are part of a secret.
    assert!(Verifier::new(URL, ["two words"]).is_ok());
}

/// The date, the host, the path and the body hash are each part of what is signed.
#[test]
fn a_signature_covers_date_host_path_and_body() {
    let verdict = |request: &Request<bytes::Bytes>, url: &str| {
        let verifier = Verifier::new(url, [SECRET]).unwrap();
        verifier.verify(request).map(drop)
    };
    let request = signed();
    assert_eq!(verdict(&request, URL), Ok(()));
    for url in [
        "https://shop.example.org/hooks/vipps",
        "https://shop.example.com:8080/hooks/vipps",
        "https://shop.example.com/hooks/vipps/",
        "https://shop.example.com/hooks/vipps?x=1",
        "https://shop.example.com/",
    ] {
        assert_eq!(
            verdict(&request, url),
            Err(WebhookError::Signature),
            "{url}"
        );
    }
    let mut later = signed();
    let date = HeaderValue::from_static("Thu, 01 Jan 1970 00:00:01 GMT");
    assert_ne!(later.headers()["x-ms-date"], date);
    later.headers_mut().insert("x-ms-date", date);
    assert_eq!(verdict(&later, URL), Err(WebhookError::Signature));

    // A different body with its own hash, but with the signature of the first body.
    let other = Signer::new(URL, SECRET)
        .unwrap()
        .sign(jiff::Timestamp::UNIX_EPOCH, "{}")
        .unwrap();
    let mut forged = signed();
    *forged.body_mut() = other.body().clone();
    assert_eq!(verdict(&forged, URL), Err(WebhookError::BodyHash));
    let hash = other.headers()["x-ms-content-sha256"].clone();
    forged.headers_mut().insert("x-ms-content-sha256", hash);
    assert_eq!(verdict(&forged, URL), Err(WebhookError::Signature));
}

/// Each secret of a list verifies its own signatures only.
#[test]
fn each_secret_of_a_list_is_tried_and_no_other_one() {
    let request = signed();
    let verdict = |secrets: &[&str]| {
        Verifier::new(URL, secrets)
            .unwrap()
            .verify(&request)
            .map(drop)
    };
    assert_eq!(verdict(&[SECRET, "other"]), Ok(()));
    assert_eq!(verdict(&["other", SECRET]), Ok(()));
    assert_eq!(verdict(&["other", SECRET, "third"]), Ok(()));
    assert_eq!(verdict(&["other", "third"]), Err(WebhookError::Signature));
    let upper = SECRET.to_uppercase();
    assert_eq!(verdict(&[&upper]), Err(WebhookError::Signature));
}

/// A header that is sent twice, or a token that is listed twice, matches more than once.
#[test]
fn a_token_that_matches_twice_is_accepted() {
    let token = || TOKEN.parse().unwrap();
    for auth in [
        CallbackAuth::new(token()),
        CallbackAuth::new(token()).accept_previous(token()),
    ] {
        for copies in 1..=3 {
            let mut headers = HeaderMap::new();
            for _ in 0..copies {
                headers.append(AUTHORIZATION, HeaderValue::from_static(TOKEN));
            }
            assert!(auth.accepts(&headers), "{copies} headers, {auth:?}");
        }
    }
}
