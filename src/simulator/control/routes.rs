//! The routes of the control API. `openapi.json` describes each of them.

use super::problem::Problem;
use super::request::Call;
use super::{clock, codes, faults, journal, orders, webhooks};
use crate::simulator::gateway::{Response, decode};

type Handler = fn(&Call<'_>) -> Result<Response, Problem>;

/// A method of a path below `/_simulator/`.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) handler: Handler,
}

const fn route(method: &'static str, path: &'static str, handler: Handler) -> Route {
    Route {
        method,
        path,
        handler,
    }
}

pub(super) static ROUTES: [Route; 23] = [
    route("GET", "health", super::health),
    route("GET", "openapi.json", super::document),
    route("GET", "keys", super::keys),
    route("GET", "orders", orders::list),
    route("GET", "orders/{id}", orders::get),
    route("POST", "orders/{id}/scan", orders::scan),
    route("POST", "orders/{id}/approve", orders::approve),
    route("POST", "orders/{id}/reject", orders::reject),
    route("GET", "codes", codes::list),
    route("GET", "codes/{id}/image", codes::image),
    route("POST", "personal-codes", codes::add_personal),
    route("GET", "clock", clock::get),
    route("POST", "clock/advance", clock::advance),
    route("POST", "clock/freeze", clock::freeze),
    route("GET", "faults", faults::list),
    route("POST", "faults", faults::add),
    route("DELETE", "faults", faults::clear),
    route("DELETE", "faults/{id}", faults::remove),
    route("GET", "journal", journal::list),
    route("DELETE", "journal", journal::clear),
    route("GET", "deliveries", journal::deliveries),
    route("GET", "webhooks", webhooks::list),
    route("POST", "reset", super::reset),
];

/// Returns the route of a request and the `{id}` in its path.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, String), Problem> {
    let method = if method == "HEAD" { "GET" } else { method };
    let mut allowed = Vec::new();
    for route in &ROUTES {
        let Some(id) = matches(route.path, path) else {
            continue;
        };
        if route.method == method {
            return Ok((route, id));
        }
        allowed.push(route.method);
        if route.method == "GET" {
            allowed.push("HEAD");
        }
    }
    if allowed.is_empty() {
        let detail = "path: no such path; see /_simulator/openapi.json for those that exist";
        return Err(Problem::not_found(detail));
    }
    Err(Problem::method(allowed.join(", ")))
}

/// Returns the decoded `{id}`, or an empty text if the path has none.
fn matches(template: &str, path: &str) -> Option<String> {
    let mut id = String::new();
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let segment = segments.next()?;
        if expected == "{id}" {
            id = decode(segment).filter(|id| !id.is_empty())?;
        } else if segment != expected {
            return None;
        }
    }
    segments.next().is_none().then_some(id)
}
