//! Tests that transport errors contain no URL.

use super::*;

fn error_with_url() -> reqwest::Error {
    let client = crate::http_client::request_builder().unwrap();
    let error = client.get("http://[").build().unwrap_err();
    error.with_url("https://example.com/order-of-ada-77".parse().unwrap())
}

fn shown(error: &TransportError) -> String {
    use std::fmt::Write as _;

    let mut all = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(cause) = next {
        write!(all, " {cause} {cause:?}").unwrap();
        next = cause.source();
    }
    all
}

#[test]
fn transport_errors_of_every_phase_contain_no_url() {
    assert!(format!("{:?}", error_with_url()).contains("order-of-ada-77"));
    let phases: [fn(reqwest::Error) -> TransportError; 3] =
        [body_error, classify, conversion_error];
    for phase in phases {
        let shown = shown(&phase(error_with_url()));
        assert!(!shown.contains("order-of-ada-77"), "{shown}");
    }
}
