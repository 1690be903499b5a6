//! Network errors contain no URL, because URLs contain order ids.

use std::error::Error as StdError;
use std::fmt::Write as _;

use vipps::{Amount, Error, OrderId};

use crate::raw::{RawServer, Step, Steps, write};
use crate::support::text;

const ORDER: &str = "order-of-ada-77";

fn order() -> OrderId {
    ORDER.parse().unwrap()
}

/// Returns the error and all of its causes in every form.
fn printed(error: &Error) -> String {
    let mut all = format!("{error} {error:?} {error:#?}");
    let mut next = error.source();
    while let Some(cause) = next {
        let _ = write!(all, " {cause} {cause:?} {cause:#?}");
        next = cause.source();
    }
    all
}

fn assert_no_url(error: &Error) {
    let printed = printed(error);
    for part in [ORDER, "http://", "/ecomm/v2/payments/order", "url:"] {
        assert!(!printed.contains(part), "{part} in {printed}");
    }
}

async fn errors(steps: Steps) -> [Error; 3] {
    let server = RawServer::start(vec![steps]);
    let vipps = server.client();
    let payment = vipps.ecom().payment(order());
    [
        payment.capture_remaining().await.unwrap_err(),
        payment.details().await.unwrap_err(),
        vipps
            .ecom()
            .initiate(order(), Amount::nok(1), text())
            .await
            .unwrap_err(),
    ]
}

#[tokio::test]
async fn an_error_of_the_body_has_no_url() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    for steps in [
        write(format!("{head}content-length: 100\r\n\r\n{{\"a\"")),
        write(format!("{head}content-length: 100\r\n\r\n")),
        write(format!(
            "{head}transfer-encoding: chunked\r\n\r\n4\r\n{{\"a\"\r\n"
        )),
        write(format!(
            "{head}transfer-encoding: chunked\r\n\r\n4\r\n{{\"a\"\r\n1\r\n:\r\n1\r\n1\r\n"
        )),
        write(format!(
            "{head}transfer-encoding: chunked\r\n\r\n4\r\n{{\"a\"\r\nnonsense\r\n"
        )),
    ] {
        for error in errors(steps).await {
            assert!(error.source().is_some(), "{error:?}");
            assert_no_url(&error);
        }
    }
}

#[tokio::test]
async fn an_error_before_the_body_has_no_url() {
    for steps in [
        write("nonsense"),
        vec![Step::Reset],
        vec![],
        write("HTTP/1.1 200 OK\r\n\r\n{"),
        write("HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\n\r\n"),
    ] {
        for error in errors(steps).await {
            assert_no_url(&error);
        }
    }
}

#[tokio::test]
async fn an_error_of_the_connection_has_no_url() {
    let server = RawServer::with_keep_alive(vec![]);
    let vipps = server.client();
    drop(server);
    let error = vipps
        .ecom()
        .payment(order())
        .capture_remaining()
        .await
        .unwrap_err();
    assert!(error.source().is_some(), "{error:?}");
    assert_no_url(&error);
}
