//! The errors of reqwest lose their URL in every phase.

use super::*;

fn error_with_url() -> reqwest::Error {
    let client = crate::http_client::requests().unwrap();
    let error = client.get("http://[").build().unwrap_err();
    error.with_url("https://example.com/order-of-ada-77".parse().unwrap())
}

fn shown(error: &TransportError) -> String {
    let mut all = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(cause) = next {
        all.push_str(&format!(" {cause} {cause:?}"));
        next = cause.source();
    }
    all
}

#[test]
fn an_error_of_each_phase_has_no_url() {
    assert!(format!("{:?}", error_with_url()).contains("order-of-ada-77"));
    let phases: [fn(reqwest::Error) -> TransportError; 3] = [broken, classify, unbuilt];
    for phase in phases {
        let shown = shown(&phase(error_with_url()));
        assert!(!shown.contains("order-of-ada-77"), "{shown}");
    }
}
