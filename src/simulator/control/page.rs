//! The simulator's page for a browser. It consists of static files. Its script reads and changes
//! the simulator through the control API only.

use ::http::{HeaderValue, Method, StatusCode, header};

use crate::simulator::gateway::{LANDING_PAGE_PATH, Request, Response};

const PAGE: &str = include_str!("page/index.html");
const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
const ICON: &str = include_str!("page/icon.svg");

/// The content security policy. The page loads nothing from other hosts and runs no inline script.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
     form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
);

/// Returns the file that a browser requests, or `None` for another request.
pub(crate) fn respond(request: &Request) -> Option<Response> {
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return None;
    }
    let (media_type, text) = match request.path.as_str() {
        "/" => ("text/html; charset=utf-8", PAGE),
        "/_simulator/page/style.css" => ("text/css; charset=utf-8", STYLE),
        "/_simulator/page/script.js" => ("text/javascript; charset=utf-8", SCRIPT),
        // Browsers request the second path even if the page names the first.
        "/_simulator/page/icon.svg" | "/favicon.ico" => ("image/svg+xml", ICON),
        _ if opens_a_payment(request) => ("text/html; charset=utf-8", PAGE),
        _ => return None,
    };
    let header = |name, value| (name, HeaderValue::from_static(value));
    let mut response = Response::raw(StatusCode::OK, media_type, text);
    response.headers = vec![
        (header::CONTENT_SECURITY_POLICY, POLICY),
        header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        header(header::REFERRER_POLICY, "no-referrer"),
        // The simulator on this port may have another version tomorrow.
        header(header::CACHE_CONTROL, "no-cache"),
    ];
    Some(response)
}

/// Returns `true` if a browser opens the landing page of a payment. The simulator does not imitate
/// the landing page: the script shows the payment on the customer's phone.
fn opens_a_payment(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    accept.contains("text/html")
        && request.path.strip_suffix('/').unwrap_or(&request.path) == LANDING_PAGE_PATH
}
