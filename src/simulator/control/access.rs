//! Access control of the control API. It approves payments and moves the clock, and any web page
//! that is open in the same browser can send requests to it. Two checks refuse such requests.
//!
//! The first check is on `Host`. The owner of a domain can point its name at this machine (DNS
//! rebinding), and the browser then treats both pages as the same site. This is impossible for an
//! IP address, for `localhost`, and for the host in the base URL, which the user of the simulator
//! chose. Only these are accepted.
//!
//! The second check is on the origin. A form of another site carries the correct `Host`, but the
//! browser names the form's site in `Sec-Fetch-Site`, or in `Origin` where it does not send the
//! former (plain HTTP from another machine). A request without both headers does not come from a
//! browser. A program on this machine could forge any header, so no check can stop it.

use std::net::IpAddr;

use ::http::Method;
use ::http::uri::Authority;

use crate::simulator::gateway::Request;

/// Returns why a request is refused, or `None` if it is accepted. `host_name` is the host in the
/// base URL.
pub(super) fn refusal(request: &Request, host_name: &str) -> Option<&'static str> {
    let host = request.header("host").unwrap_or_default();
    if !is_own(host, host_name) {
        return Some(
            "host: must be an address such as 127.0.0.1 or [::1], localhost, or the host in the simulator's base URL; \
             this keeps other sites from using the simulator",
        );
    }
    let is_read = matches!(request.method, Method::GET | Method::HEAD);
    (!is_read && is_foreign(request, host))
        .then_some("origin: must be the simulator itself; the request came from another site, so nothing was done")
}

fn is_own(host: &str, host_name: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    let address = name
        .strip_prefix('[')
        .and_then(|name| name.strip_suffix(']'))
        .unwrap_or(name);
    !host.contains('@')
        && (name.eq_ignore_ascii_case("localhost")
            || name.eq_ignore_ascii_case(host_name)
            || address.parse::<IpAddr>().is_ok())
}

fn is_foreign(request: &Request, host: &str) -> bool {
    let site = request.header("sec-fetch-site");
    let origin = request.header("origin");
    site.is_some_and(|site| site != "same-origin")
        || origin.is_some_and(|origin| {
            origin
                .split_once("://")
                .is_none_or(|(_, from)| !from.eq_ignore_ascii_case(host))
        })
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;

    fn refusal(request: &Request) -> Option<&'static str> {
        super::refusal(request, "simulator")
    }

    fn request(method: Method, headers: &[(&'static str, &'static str)]) -> Request {
        Request {
            method,
            path: "/_simulator/clock".into(),
            query: None,
            headers: headers
                .iter()
                .map(|(name, value)| {
                    (
                        HeaderName::from_static(name),
                        HeaderValue::from_static(value),
                    )
                })
                .collect::<HeaderMap>(),
            body: bytes::Bytes::new(),
        }
    }

    #[test]
    fn host_must_be_an_address_or_localhost() {
        for allowed in [
            "127.0.0.1:49152",
            "127.0.0.1",
            "192.168.1.5:80",
            "[::1]:8080",
            "localhost:1",
            "LOCALHOST",
            "simulator:8080",
        ] {
            assert!(is_own(allowed, "simulator"), "{allowed}");
        }
        for other in [
            "",
            "example.com",
            "simulator.example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "127.0.0.1@example.com",
            "example.com@127.0.0.1",
            "127.0.0.1:80:80",
            "0x7f.1",
            "/",
        ] {
            assert!(!is_own(other, "simulator"), "{other}");
        }
        assert!(refusal(&request(Method::GET, &[])).is_some());
    }

    #[test]
    fn request_of_another_site_is_refused() {
        const HOST: (&str, &str) = ("host", "127.0.0.1:1");
        for headers in [
            &[HOST, ("sec-fetch-site", "cross-site")][..],
            &[HOST, ("sec-fetch-site", "same-site")],
            &[HOST, ("sec-fetch-site", "none")],
            &[HOST, ("origin", "https://evil.example")],
            &[HOST, ("origin", "null")],
            &[HOST, ("origin", "http://127.0.0.1:2")],
            &[
                HOST,
                ("sec-fetch-site", "same-origin"),
                ("origin", "http://evil.example"),
            ],
        ] {
            assert!(
                refusal(&request(Method::POST, headers)).is_some(),
                "{headers:?}"
            );
            // A read changes nothing, and the browser withholds the response from the other site.
            assert_eq!(refusal(&request(Method::GET, headers)), None, "{headers:?}");
        }
        for headers in [
            &[HOST][..],
            &[HOST, ("sec-fetch-site", "same-origin")],
            &[HOST, ("origin", "http://127.0.0.1:1")],
        ] {
            assert_eq!(
                refusal(&request(Method::POST, headers)),
                None,
                "{headers:?}"
            );
        }
    }
}
