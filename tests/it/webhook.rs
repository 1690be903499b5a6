//! Only signed webhooks are accepted: the documented vectors pass, and any changed byte fails.

use http::{Method, Request};
use vipps::webhooks::{CheckIn, Event, Signer, Verifier, WebhookError};

struct Vector {
    secret: &'static str,
    url: &'static str,
    date: &'static str,
    body: &'static str,
    hash: &'static str,
    signature: &'static str,
}

const DOCUMENTED_SECRET: &str =
    "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
const UUID_SECRET: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";

const V0: Vector = Vector {
    secret: DOCUMENTED_SECRET,
    url: "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
    date: "Thu, 30 Mar 2023 08:38:32 GMT",
    body: r#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#,
    hash: "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
    signature: "agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
};
const V1: Vector = Vector {
    secret: UUID_SECRET,
    url: "https://shop.example.com/hooks/vipps?unit=kiosk-7&env=test",
    date: "Fri, 06 Oct 2023 10:45:41 GMT",
    body: r#"{"customerToken":"wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=","merchantQrId":"d8b7d76d-49aa-48b8-90c6-38779372c163","msn":"123456","initiatedAt":"2023-10-06T10:45:40.3061965Z"}"#,
    hash: "0wu1a+e5G2k9gg0MbRvA+fAB2WM79HFMHzDRZxKwKY0=",
    signature: "ShEt3auGbtsX+iW5su+lFqbmmtMRF4OCdR8mvhQvv00=",
};
const V2: Vector = Vector {
    secret: UUID_SECRET,
    url: "https://shop.example.com:8080/",
    date: "Thu, 29 Feb 2024 23:59:59 GMT",
    body: r#"{"customerToken":"AAAA","merchantQrId":"kasse-æøå-1","merchantSerialNumber":"1234567","initiatedAt":"2024-02-29T23:59:59.9999999Z"}"#,
    hash: "F9QsZT1Zm4jnfTUGXptc+Sr00OvYcSwDFPhrkXqMlJo=",
    signature: "dtsXRDTsl0+/5tZ+ojlPfTQTeeVWZoMl7HJg3aNPmoY=",
};
const V3: Vector = Vector {
    secret: DOCUMENTED_SECRET,
    url: "https://hooks.example.com/a%20b/c?q=%C3%A6",
    date: "Mon, 01 Jan 2024 00:00:00 GMT",
    body: "",
    hash: "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
    signature: "wBebf0Bktea14wX9HSPIbYcWtMh9Di9IOoa3TMAKTgU=",
};

const V4: Vector = Vector {
    secret: UUID_SECRET,
    url: "https://shop.example.com/hooks/vipps",
    date: "Mon, 19 Jan 2026 16:26:33 GMT",
    body: r#"{"msn":"123456","reference":"acme-shop-123-order123abc","pspReference":"dd8e0a8e-2b26-40ed-98f1-1d5832fc129f","name":"AUTHORIZED","amount":{"currency":"NOK","value":49900},"timestamp":"2026-01-19T16:26:32.099Z","idempotencyKey":"7c8b81e7-b08b-46e4-9729-191cb801c132","success":true}"#,
    hash: "RPYlXrJ8cvZrUj9Od+KEKzwh+CcAKTQFt4l56m3OK24=",
    signature: "f7vqaxq4wVzVOxbDfayx2eYKlX6JKm6dG3IqVWwZKLg=",
};

fn authorization(signature: &str) -> String {
    format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}")
}

impl Vector {
    fn verifier(&self) -> Verifier {
        Verifier::new(self.url, [self.secret]).unwrap()
    }

    /// Returns the request as it arrives behind a proxy that changes the host and the path.
    fn request(&self) -> Request<Vec<u8>> {
        Request::post("http://app.internal:3000/inner")
            .header("Host", "app.internal:3000")
            .header("Content-Type", "application/json; charset=utf-8")
            .header("X-Ms-Date", self.date)
            .header("X-Ms-Content-Sha256", self.hash)
            .header("Authorization", authorization(self.signature))
            .body(self.body.as_bytes().to_vec())
            .unwrap()
    }

    fn with(&self, name: &'static str, value: impl AsRef<[u8]>) -> Request<Vec<u8>> {
        let mut request = self.request();
        let value = http::HeaderValue::from_bytes(value.as_ref()).unwrap();
        request.headers_mut().insert(name, value);
        request
    }

    fn refusal(&self, request: &Request<Vec<u8>>) -> Option<WebhookError> {
        self.verifier().verify(request).err()
    }
}

fn check_in(vector: &Vector) -> CheckIn {
    let request = vector.request();
    vector
        .verifier()
        .verify(&request)
        .unwrap()
        .check_in()
        .unwrap()
}

#[test]
fn the_documented_vectors_pass() {
    for vector in [V0, V1, V2, V3, V4] {
        let request = vector.request();
        let verified = vector.verifier().verify(&request).unwrap();
        assert_eq!(verified.body(), vector.body.as_bytes(), "{}", vector.url);
        assert_eq!(verified.date().text(), vector.date);
        assert!(verified.date().instant().is_some());

        let own = Signer::new(vector.url, vector.secret)
            .unwrap()
            .sign(verified.date().instant().unwrap(), vector.body)
            .unwrap();
        assert_eq!(own.uri().to_string(), vector.url);
        for name in ["x-ms-date", "x-ms-content-sha256", "authorization"] {
            assert_eq!(
                own.headers().get(name),
                request.headers().get(name),
                "{name}"
            );
        }
    }
}

#[test]
fn the_documented_mistakes_fail() {
    for (vector, mistake, signature) in [
        (
            &V0,
            "secret decoded from base64",
            "T3+NXHMmhNVEjW5PeJ4Gql70nf0MOXCAY9CoZDxuVQw=",
        ),
        (&V1, "CRLF", "RpDvHu4yV8IXTDMOQkcd+n+xc6CuyC4QUFqCm2zx1zM="),
        (
            &V1,
            "no query",
            "/4HAUT2OQlOSLOnqHD4BlP18WDyTAnWR+c63tNcMiDI=",
        ),
        (
            &V1,
            "line end at the end",
            "UpIuGsP1rKags51swLphNCSonc3hRYEClTVJAe4auRI=",
        ),
        (
            &V4,
            "host of an inner proxy",
            "INMSU+sVv+JbKAWngT8kOYbQOXOTWJoCm3FV+3TuiQw=",
        ),
    ] {
        let request = vector.with("authorization", authorization(signature));
        assert_eq!(
            vector.refusal(&request),
            Some(WebhookError::Signature),
            "{mistake}"
        );
    }
    let spaced = V1
        .body
        .replace("\":\"", "\": \"")
        .replace("\",\"", "\", \"");
    let mut request = V1.request();
    *request.body_mut() = spaced.clone().into_bytes();
    assert_eq!(V1.refusal(&request), Some(WebhookError::BodyHash));
    let mut request = V1.with(
        "x-ms-content-sha256",
        "N0D7/0NpfK2iiBQO9FRoPdT9O8QNqBmTmU5dy0DxmtU=",
    );
    *request.body_mut() = spaced.into_bytes();
    assert_eq!(
        V1.refusal(&request),
        Some(WebhookError::Signature),
        "the hash must be valid in this case"
    );
}

/// Returns the bytes with each single bit flipped.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..bytes.len()).flat_map(move |at| {
        (0..8).map(move |bit| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 1 << bit;
            bytes
        })
    })
}

#[test]
fn any_other_byte_of_the_body_fails() {
    for vector in [V0, V1, V2, V4] {
        let mut changes = 0;
        for body in flipped(vector.body.as_bytes()) {
            let mut request = vector.request();
            *request.body_mut() = body;
            assert_eq!(vector.refusal(&request), Some(WebhookError::BodyHash));
            changes += 1;
        }
        assert_eq!(changes, vector.body.len() * 8);
        for body in [&vector.body[1..], &vector.body[..vector.body.len() - 1], ""] {
            let mut request = vector.request();
            *request.body_mut() = body.as_bytes().to_vec();
            assert_eq!(vector.refusal(&request), Some(WebhookError::BodyHash));
        }
    }
}

/// A forger can compute the hash of another body, but not its signature.
#[test]
fn another_body_with_its_own_hash_fails() {
    for body in flipped(V1.body.as_bytes()) {
        let forged = Signer::new(V1.url, "another secret")
            .unwrap()
            .sign(jiff::Timestamp::UNIX_EPOCH, body.clone())
            .unwrap();
        let mut request = V1.with(
            "x-ms-content-sha256",
            &forged.headers()["x-ms-content-sha256"],
        );
        *request.body_mut() = body;
        assert_eq!(V1.refusal(&request), Some(WebhookError::Signature));
    }
}

#[test]
fn any_other_byte_of_the_registered_url_fails() {
    let request = V1.request();
    let host = "https://".len()..V1.url.find("/hooks").unwrap();
    let (mut refused, mut invalid) = (0, 0);
    for url in flipped(V1.url.as_bytes()).skip(host.start * 8) {
        // Hosts are case-insensitive.
        let same_host = url[host.clone()].eq_ignore_ascii_case(&V1.url.as_bytes()[host.clone()])
            && url[host.end..] == V1.url.as_bytes()[host.end..];
        let verifier = String::from_utf8(url)
            .ok()
            .map(|url| Verifier::new(url, [V1.secret]));
        match verifier {
            Some(Ok(verifier)) if same_host => assert!(verifier.verify(&request).is_ok()),
            Some(Ok(verifier)) => {
                assert_eq!(
                    verifier.verify(&request).unwrap_err(),
                    WebhookError::Signature
                );
                refused += 1;
            }
            Some(Err(_)) | None => invalid += 1,
        }
    }
    // At least half of all flips result in a valid URL.
    assert!(refused > invalid, "{refused} {invalid}");
}

#[test]
fn any_other_byte_of_date_signature_hash_or_secret_fails() {
    let mut headers = 0;
    for (name, value, error) in [
        ("x-ms-date", V1.date.to_owned(), WebhookError::Signature),
        (
            "x-ms-content-sha256",
            V1.hash.to_owned(),
            WebhookError::BodyHash,
        ),
        (
            "authorization",
            V1.signature.to_owned(),
            WebhookError::Signature,
        ),
    ] {
        for bytes in flipped(value.as_bytes()) {
            let value = match name {
                "authorization" => [authorization("").as_bytes(), &bytes].concat(),
                _ => bytes,
            };
            let Ok(value) = http::HeaderValue::from_bytes(&value) else {
                continue;
            };
            // HTTP removes spaces at both ends.
            let request = V1.with(name, value.as_bytes());
            assert_eq!(V1.refusal(&request), Some(error), "{name} {value:?}");
            headers += 1;
        }
    }
    assert!(headers > 500, "{headers}");

    let mut secrets = 0;
    let request = V1.request();
    for secret in flipped(V1.secret.as_bytes()).filter_map(|bytes| String::from_utf8(bytes).ok()) {
        if let Ok(verifier) = Verifier::new(V1.url, [secret]) {
            assert_eq!(
                verifier.verify(&request).unwrap_err(),
                WebhookError::Signature
            );
            secrets += 1;
        }
    }
    assert!(secrets >= V1.secret.len() * 6, "{secrets}");
}

#[test]
fn either_signature_header_is_accepted() {
    let signed = authorization(V1.signature);
    let of = |headers: &[(&'static str, &str)]| {
        let mut request = V1.request();
        request.headers_mut().remove("authorization");
        for (name, value) in headers {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        V1.refusal(&request)
    };
    let wrong = authorization(V2.signature);
    for headers in [
        &[("authorization", signed.as_str())][..],
        &[("x-vipps-authorization", &signed)],
        &[
            ("authorization", &signed),
            ("x-vipps-authorization", &signed),
        ],
        &[
            ("authorization", "Basic c3RhZ2luZzp4"),
            ("x-vipps-authorization", &signed),
        ],
        &[
            ("authorization", &wrong),
            ("x-vipps-authorization", &signed),
        ],
        &[
            ("authorization", "Basic c3RhZ2luZzp4"),
            ("authorization", &signed),
        ],
        &[(
            "authorization",
            &signed.replace("HMAC-SHA256", "hmac-sha256"),
        )],
        &[("authorization", &format!(" {signed} "))],
        &[(
            "authorization",
            &format!("HMAC-SHA256 Signature={}", V1.signature),
        )],
    ] {
        assert_eq!(of(headers), None, "{headers:?}");
    }
    assert_eq!(
        of(&[("authorization", &wrong)]),
        Some(WebhookError::Signature)
    );
    for headers in [
        &[][..],
        &[("authorization", "")],
        &[("authorization", "Bearer x")],
        &[("authorization", "HMAC-SHA256")],
        &[("authorization", "HMAC-SHA256 ")],
        &[("authorization", "HMAC-SHA256 SignedHeaders=x-ms-date")],
        &[(
            "authorization",
            &signed.replace("HMAC-SHA256", "HMAC-SHA512"),
        )],
        &[(
            "authorization",
            &signed.replace("&Signature", "&NoSignature"),
        )],
    ] {
        let error = of(headers).unwrap();
        assert!(
            matches!(error, WebhookError::MissingHeader(_)),
            "{headers:?}: {error}"
        );
    }
    for name in ["x-ms-date", "x-ms-content-sha256"] {
        let mut request = V1.request();
        request.headers_mut().remove(name);
        assert_eq!(
            V1.refusal(&request),
            Some(WebhookError::MissingHeader(name))
        );
    }
}

#[test]
fn only_a_post_of_a_bounded_size_is_verified() {
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let mut request = V1.request();
        *request.method_mut() = method;
        assert_eq!(V1.refusal(&request), Some(WebhookError::NotPost));
    }
    let signer = Signer::new(V1.url, V1.secret).unwrap();
    let of_size = |size| {
        let request = signer
            .sign(jiff::Timestamp::UNIX_EPOCH, vec![b' '; size])
            .unwrap();
        V1.verifier().verify(&request).err()
    };
    assert_eq!(of_size(1 << 20), None);
    assert_eq!(of_size((1 << 20) + 1), Some(WebhookError::TooLarge));
}

#[test]
fn any_of_several_secrets_may_sign() {
    let request = V1.request();
    for secrets in [["other", V1.secret], [V1.secret, "other"]] {
        assert!(
            Verifier::new(V1.url, secrets)
                .unwrap()
                .verify(&request)
                .is_ok()
        );
    }
    let others = Verifier::new(V1.url, ["other", "another"]).unwrap();
    assert_eq!(
        others.verify(&request).unwrap_err(),
        WebhookError::Signature
    );
    for secrets in [&[][..], &[""], &["canary\n"], &[" canary"], &["ok", ""]] {
        let error = Verifier::new(V1.url, secrets).unwrap_err().to_string();
        assert!(
            error.contains("secret") && !error.contains("canary"),
            "{error}"
        );
    }
}

#[test]
fn check_in_has_customer_code_and_time() {
    let first = check_in(&V1);
    assert_eq!(
        first.customer_token.expose(),
        "wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4="
    );
    assert_eq!(first.merchant_qr_id, "d8b7d76d-49aa-48b8-90c6-38779372c163");
    assert_eq!(
        first.merchant_serial_number.as_ref().unwrap().as_str(),
        "123456"
    );
    let scanned: jiff::Timestamp = "2023-10-06T10:45:40.3061965Z".parse().unwrap();
    assert_eq!(
        first.initiated_at.as_ref().unwrap().instant(),
        Some(scanned)
    );
    let end: jiff::Timestamp = "2023-10-06T11:00:40.3061965Z".parse().unwrap();
    assert_eq!(first.token_expires_at(), Some(end));
    assert!(first.is_fresh(scanned));
    assert!(first.is_fresh("2023-10-06T11:00:40.3061964Z".parse().unwrap()));
    assert!(!first.is_fresh(end));

    let second = check_in(&V2);
    assert_eq!(second.merchant_qr_id, "kasse-æøå-1");
    assert_eq!(second.merchant_serial_number.unwrap().as_str(), "1234567");
}

fn read(body: &str) -> Result<CheckIn, WebhookError> {
    let signer = Signer::new(V1.url, V1.secret).unwrap();
    let request = signer
        .sign(jiff::Timestamp::UNIX_EPOCH, body.to_owned())
        .unwrap();
    V1.verifier().verify(&request).unwrap().check_in()
}

#[test]
fn a_check_in_is_read_leniently() {
    let minimal = read(r#"{"customerToken":"AAAA","merchantQrId":"till-1"}"#).unwrap();
    assert_eq!(minimal.merchant_serial_number, None);
    assert_eq!(
        (minimal.initiated_at.as_ref(), minimal.token_expires_at()),
        (None, None)
    );
    assert!(!minimal.is_fresh(jiff::Timestamp::UNIX_EPOCH));
    let lenient = read("\u{feff}{\"customerToken\":\"AAAA\",\"merchantQrId\":7,\"msn\":123456,\"initiatedAt\":\"soon\",\"new\":[{}]}").unwrap();
    assert_eq!(lenient.merchant_qr_id, "7");
    assert_eq!(lenient.merchant_serial_number.unwrap().as_str(), "123456");
    assert_eq!(lenient.initiated_at.unwrap().text(), "soon");
    for body in [
        "",
        "x",
        "[]",
        "{}",
        V0.body,
        r#"{"customerToken":"canary","merchantQrId":""}"#,
        r#"{"customerToken":"canary","merchantQrId":null}"#,
        r#"{"customerToken":"","merchantQrId":"canary"}"#,
        r#"{"customerToken":"a canary","merchantQrId":"x"}"#,
        r#"{"customerToken":["canary"],"merchantQrId":"x"}"#,
    ] {
        let error = read(body).unwrap_err();
        assert!(matches!(error, WebhookError::NotACheckIn(_)), "{body}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
}

#[test]
fn debug_hides_secrets() {
    let request = V1.request();
    let verifier = V1.verifier();
    let verified = verifier.verify(&request).unwrap();
    let check_in = verified.check_in().unwrap();
    let signer = Signer::new(V1.url, V1.secret).unwrap();
    let refused = Verifier::new(V1.url, ["other"])
        .unwrap()
        .verify(&request)
        .unwrap_err();
    let printed =
        format!("{verifier:#?} {verified:#?} {check_in:#?} {signer:#?} {refused:?} {refused}");
    for hidden in [V1.secret, V1.signature, V1.hash, "wbA8ce", "other"] {
        assert!(!printed.contains(hidden), "{hidden} is shown:\n{printed}");
    }
    assert!(printed.contains("d8b7d76d"), "{printed}");
}

#[test]
fn debug_of_a_verifier_shows_host_and_date() {
    let request = V1.request();
    let (verifier, signer) = (V1.verifier(), Signer::new(V1.url, V1.secret).unwrap());
    let host = V1.url.split('/').nth(2).unwrap();
    for printed in [format!("{verifier:?}"), format!("{signer:?}")] {
        assert!(printed.contains(host), "{printed}");
    }
    let printed = format!("{:?}", verifier.verify(&request).unwrap());
    assert!(printed.contains(V1.date), "{printed}");
}

#[test]
fn a_refusal_has_a_status() {
    for (error, status) in [
        (WebhookError::NotPost, 405),
        (WebhookError::TooLarge, 413),
        (WebhookError::MissingHeader("x"), 401),
        (WebhookError::BodyHash, 401),
        (WebhookError::Signature, 401),
        (WebhookError::OutsideWindow, 401),
        (WebhookError::NotACheckIn("x"), 400),
    ] {
        assert_eq!(error.status(), status, "{error}");
        assert!(!error.to_string().is_empty(), "{error:?}");
    }
}

mod handler {
    use axum::Router;
    use axum::body::Body;
    use http::StatusCode;
    use tower::ServiceExt as _;

    use super::*;

    async fn status(request: Request<impl Into<Body>>) -> StatusCode {
        let app: Router = Router::new().route(
            "/hooks/vipps",
            vipps::webhooks::axum::events(V1.verifier(), async |event| match event {
                Event::CheckIn(check_in) => {
                    let number = check_in.merchant_serial_number.unwrap();
                    (number.as_str() == "123456").then_some(()).ok_or(number)
                }
                _ => Ok(()),
            }),
        );
        let (mut parts, body) = request.into_parts();
        parts.uri = "/hooks/vipps?unit=kiosk-7&env=test".parse().unwrap();
        let request = Request::from_parts(parts, body.into());
        app.oneshot(request).await.unwrap().status()
    }

    #[tokio::test]
    async fn handler_acknowledges_signed_events_and_refuses_the_rest() {
        assert_eq!(status(V1.request()).await, StatusCode::OK);
        let mut changed = V1.request();
        changed.body_mut()[0] = b'[';
        assert_eq!(status(changed).await, StatusCode::UNAUTHORIZED);
        let mut unsigned = V1.request();
        unsigned.headers_mut().remove("authorization");
        assert_eq!(status(unsigned).await, StatusCode::UNAUTHORIZED);
        let mut get = V1.request();
        *get.method_mut() = Method::GET;
        assert_eq!(status(get).await, StatusCode::METHOD_NOT_ALLOWED);
        let signer = Signer::new(V1.url, V1.secret).unwrap();
        let other = signer.sign(jiff::Timestamp::UNIX_EPOCH, V0.body).unwrap();
        // An unknown event: a refusal would delay the later events of the URL.
        assert_eq!(status(other).await, StatusCode::OK);
        let long = signer
            .sign(jiff::Timestamp::UNIX_EPOCH, vec![b' '; (1 << 20) + 1])
            .unwrap();
        assert_eq!(status(long).await, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
