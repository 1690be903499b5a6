//! The simulator's page for a browser.
//!
//! The page is separate from the API: its requests appear in no journal, no fault applies to them
//! and no limit counts them. The server renders the HTML. The script only polls for the next state
//! of the page and replaces the old one. Every button also works without the script.

mod actions;
mod codes;
mod controls;
mod format;
mod journal;
mod layout;
mod orders;
mod phone;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Method, StatusCode};

use super::engine::Engine;
use super::guard;
use super::routes::{self, Found};
use super::wire::{Request, Response};

/// The start of the path of every request of the page, except the first.
pub(crate) const PREFIX: &str = "/_simulator/page/";
/// The longest time that a poll for changes waits. Proxies and browsers time out later.
const PATIENCE: Duration = Duration::from_secs(25);
/// The delay after a change. One call causes several changes: its arrival, its response, a
/// callback.
const GATHERED: Duration = Duration::from_millis(40);

/// The state of the page between two requests.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// The screen of the phone.
    screen: phone::Screen,
    /// The rules that the page switched on, by the name of their switch.
    switched: BTreeMap<&'static str, u64>,
}

/// Returns `true` if a request is for the page and not for the API.
pub(crate) fn is_asked(request: &Request) -> bool {
    request.path.starts_with(PREFIX)
        || (matches!(request.method, Method::GET | Method::HEAD)
            // Browsers request this icon even if the page names another.
            && matches!(request.path.as_str(), "/" | "/favicon.ico"))
        || opens_a_payment(request)
}

/// Returns `true` if a browser opens a payment's landing page. The simulator does not imitate the
/// landing page but shows the customer's phone.
fn opens_a_payment(request: &Request) -> bool {
    request.method == Method::GET
        && request
            .header("accept")
            .is_some_and(|accept| accept.contains("text/html"))
        && matches!(routes::find(request), Found::LandingPage)
}

/// Returns the response to a request for the page.
pub(crate) async fn answer(engine: &Arc<Engine>, request: &Request) -> Response {
    let response = match guard::refusal(request, engine.host()) {
        Some(reason) => failure(StatusCode::FORBIDDEN, reason),
        None => route(engine, request).await,
    };
    layout::secured(response)
}

async fn route(engine: &Arc<Engine>, request: &Request) -> Response {
    let below = request.path.strip_prefix(PREFIX).unwrap_or_default();
    if request.method == Method::POST {
        return actions::run(engine, below, request);
    }
    if !matches!(request.method, Method::GET | Method::HEAD) {
        return failure(StatusCode::METHOD_NOT_ALLOWED, "This is not done here.");
    }
    match below {
        _ if opens_a_payment(request) => actions::open(engine, request),
        "" if request.path == "/" => {
            let page = engine.look(|world, now| layout::page(&Scene::of(engine, world, now)));
            html(StatusCode::OK, page)
        }
        "live" => live(engine, request).await,
        "icon.svg" | "" => layout::icon(),
        _ => match below.strip_prefix("code/") {
            Some(code) => engine.look(|world, now| codes::image(world, code, now)),
            None => failure(StatusCode::NOT_FOUND, "There is no such page."),
        },
    }
}

/// Returns the changing part of the page, as soon as it differs from the version that the browser
/// has.
async fn live(engine: &Arc<Engine>, request: &Request) -> Response {
    let seen = request.query_parameter("since");
    if let Some(seen) = seen.and_then(|seen| seen.parse().ok()) {
        let changed = tokio::time::timeout(PATIENCE, engine.other_than(seen));
        if changed.await.is_err() {
            return Response::empty(StatusCode::NO_CONTENT);
        }
        tokio::time::sleep(GATHERED).await;
    }
    html(
        StatusCode::OK,
        engine.look(|world, now| layout::live(&Scene::of(engine, world, now))),
    )
}

/// The state that the page shows, at one moment.
pub(super) struct Scene<'a> {
    world: &'a super::engine::World,
    now: jiff::Timestamp,
    version: u64,
    clock: super::clock::Clock,
}

impl<'a> Scene<'a> {
    fn of(engine: &Engine, world: &'a super::engine::World, now: jiff::Timestamp) -> Self {
        Self {
            world,
            now,
            version: engine.version(),
            clock: engine.clock(),
        }
    }
}

fn html(status: StatusCode, page: maud::Markup) -> Response {
    Response::raw(status, "text/html; charset=utf-8", page.into_string())
}

fn failure(status: StatusCode, reason: &str) -> Response {
    html(status, layout::failure(reason))
}
