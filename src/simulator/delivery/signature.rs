//! The signature of webhook messages.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use sha2::{Digest as _, Sha256};

use crate::simulator::domain::Registration;

/// Returns the headers that authenticate a message.
pub(super) fn sign(
    registration: &Registration,
    body: &[u8],
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let date = DateTimePrinter::new()
        .timestamp_to_rfc9110_string(&now)
        .unwrap_or_default();
    let hash = STANDARD.encode(Sha256::digest(body));
    let (host, path) = host_and_path(&registration.url);
    let message = format!("POST\n{path}\n{date};{host};{hash}");
    // The secret is used as text, although it looks like base64.
    let signature = Hmac::<Sha256>::new_from_slice(registration.secret.as_bytes())
        .map(|mac| STANDARD.encode(mac.chain_update(message).finalize().into_bytes()))
        .unwrap_or_default();
    let authorization = format!(
        "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
    );
    vec![
        ("x-ms-date", date),
        ("x-ms-content-sha256", hash),
        ("authorization", authorization.clone()),
        ("x-vipps-authorization", authorization),
        ("webhook-id", registration.id.clone()),
        ("user-agent", "Vipps MobilePay/1.0 Webhooks/1.0".into()),
    ]
}

/// Returns the host and the path of a URL as they are sent and signed.
///
/// The host is in lower case and punycode, with its port unless the port is the default of the
/// scheme. Path and query are unchanged.
pub(super) fn host_and_path(url: &str) -> (String, String) {
    let parsed = url::Url::parse(url).ok();
    let host = parsed.as_ref().and_then(url::Url::host_str).unwrap_or("");
    let host = match parsed.as_ref().and_then(url::Url::port) {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    let (_, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let path = match rest.split_at(end).1 {
        "" => "/".to_owned(),
        query if query.starts_with('?') => format!("/{query}"),
        path => path.to_owned(),
    };
    (host, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(secret: &str, url: &str, date: &str, body: &str) -> (String, String) {
        let registration = Registration {
            id: "1".into(),
            sales_unit: None,
            url: url.into(),
            secret: secret.into(),
            events: Vec::new(),
        };
        let now = jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .unwrap();
        let headers = sign(&registration, body.as_bytes(), now);
        assert_eq!(headers[0].1, date);
        let (_, signature) = headers[2].1.split_once("Signature=").unwrap();
        (headers[1].1.clone(), signature.to_owned())
    }

    const DOCUMENTED: &str =
        "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==";
    const UUID: &str = "090a478d-37ff-4e77-970e-d457aeb26a3a";

    /// The secret, URL, date and body, and the expected hash and signature.
    type Vector = [&'static str; 6];

    #[test]
    fn signatures_match_the_documented_vectors() {
        let vectors: [Vector; 5] = [
            [
                DOCUMENTED,
                "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
                "Thu, 30 Mar 2023 08:38:32 GMT",
                r#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#,
                "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
                "agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
            ],
            [
                UUID,
                "https://shop.example.com/hooks/vipps?unit=kiosk-7&env=test",
                "Fri, 06 Oct 2023 10:45:41 GMT",
                r#"{"customerToken":"wbA8ceVRKkoYiQAVELHeFCC3Sn5dtNCvvEtVPiOT77j6wx7uR965AG6Q+q0ATP4=","merchantQrId":"d8b7d76d-49aa-48b8-90c6-38779372c163","msn":"123456","initiatedAt":"2023-10-06T10:45:40.3061965Z"}"#,
                "0wu1a+e5G2k9gg0MbRvA+fAB2WM79HFMHzDRZxKwKY0=",
                "ShEt3auGbtsX+iW5su+lFqbmmtMRF4OCdR8mvhQvv00=",
            ],
            [
                UUID,
                "https://shop.example.com:8080/",
                "Thu, 29 Feb 2024 23:59:59 GMT",
                r#"{"customerToken":"AAAA","merchantQrId":"kasse-æøå-1","merchantSerialNumber":"1234567","initiatedAt":"2024-02-29T23:59:59.9999999Z"}"#,
                "F9QsZT1Zm4jnfTUGXptc+Sr00OvYcSwDFPhrkXqMlJo=",
                "dtsXRDTsl0+/5tZ+ojlPfTQTeeVWZoMl7HJg3aNPmoY=",
            ],
            [
                UUID,
                "https://shop.example.com/hooks/vipps",
                "Mon, 19 Jan 2026 16:26:33 GMT",
                r#"{"msn":"123456","reference":"acme-shop-123-order123abc","pspReference":"dd8e0a8e-2b26-40ed-98f1-1d5832fc129f","name":"AUTHORIZED","amount":{"currency":"NOK","value":49900},"timestamp":"2026-01-19T16:26:32.099Z","idempotencyKey":"7c8b81e7-b08b-46e4-9729-191cb801c132","success":true}"#,
                "RPYlXrJ8cvZrUj9Od+KEKzwh+CcAKTQFt4l56m3OK24=",
                "f7vqaxq4wVzVOxbDfayx2eYKlX6JKm6dG3IqVWwZKLg=",
            ],
            [
                DOCUMENTED,
                "https://hooks.example.com/a%20b/c?q=%C3%A6",
                "Mon, 01 Jan 2024 00:00:00 GMT",
                "",
                "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                "wBebf0Bktea14wX9HSPIbYcWtMh9Di9IOoa3TMAKTgU=",
            ],
        ];
        for [secret, url, date, body, hash, expected] in vectors {
            assert_eq!(
                signature(secret, url, date, body),
                (hash.to_owned(), expected.to_owned()),
                "{url}"
            );
        }
    }

    #[test]
    fn host_and_path_are_not_rewritten() {
        let cases = [
            ("https://a.no", ("a.no", "/")),
            ("https://a.no:443?x=%2F", ("a.no", "/?x=%2F")),
            ("http://a.no:80/b#c", ("a.no", "/b")),
            ("https://u:p@a.no:80/b/", ("a.no:80", "/b/")),
            ("https://blåbær.NO:81/b", ("xn--blbr-roah.no:81", "/b")),
        ];
        for (url, (host, path)) in cases {
            assert_eq!(
                host_and_path(url),
                (host.to_owned(), path.to_owned()),
                "{url}"
            );
        }
    }
}
