//! Redirects, plain HTTP to other machines, and protocol upgrades: the client sends no further
//! request.

use vipps::{Environment, ErrorKind, Outcome};

use super::*;
use crate::raw::{RawServer, http_response, response, write};

#[tokio::test]
async fn redirect_is_refused_and_not_followed() {
    let elsewhere = RawServer::start(vec![response("200 OK", TRANSACTION)]);
    for status in [
        "300 Multiple",
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let head = format!("{status}\r\nlocation: {}/x", elsewhere.base_url());
        let (capture, details) = errors_of(&write(http_response(&head, ""))).await;
        // A redirect of a proxy proves nothing about the write.
        for (error, outcome, hint) in [
            (capture, Outcome::Unknown, "reconcile"),
            (details, Outcome::NoEffect, "redirect"),
        ] {
            assert_eq!((error.kind(), error.outcome()), (ErrorKind::Api, outcome));
            assert!(error.hint().unwrap_or_default().contains(hint), "{status}");
        }
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// Credentials are sent without TLS to this machine only.
#[test]
fn plain_http_is_refused_off_loopback() {
    for url in [
        "http://api.vipps.no",
        "http://10.0.0.1",
        "http://192.168.1.1:8080",
        "http://0.0.0.0:80",
        "http://[::]:80",
        "http://[fe80::1]",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://2130706433.example.com",
    ] {
        let error = Environment::custom(url).unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::InvalidInput, Outcome::NotSent),
            "{url}"
        );
        assert!(error.to_string().contains("loopback"), "{error}");
    }
    for url in ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1"] {
        assert!(Environment::custom(url).is_ok(), "{url}");
    }
}

/// The client requested no upgrade, so the response proves nothing about the request.
#[tokio::test]
async fn another_protocol_is_no_refusal() {
    let steps =
        write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    let (capture, details) = errors_of(&steps).await;
    assert_eq!(capture.outcome(), Outcome::Unknown, "{capture:?}");
    assert_eq!(details.outcome(), Outcome::NoEffect, "{details:?}");
}
