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
mod webhooks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ::http::{Method, StatusCode};

use super::{PAGE_PREFIX as PREFIX, access};
use crate::simulator::clock::Clock;
use crate::simulator::engine::{Engine, World};
use crate::simulator::gateway::{LANDING_PAGE_PATH, Request, Response};

/// The longest time that a poll for changes waits. Proxies and browsers time out later.
const PATIENCE: Duration = Duration::from_secs(25);
/// The delay after a change. One call causes several changes: its arrival, its response, a
/// callback.
const GATHERED: Duration = Duration::from_millis(40);

/// The page, with its state between two requests.
#[derive(Debug, Default)]
pub(crate) struct Page(Mutex<PageState>);

#[derive(Debug, Default)]
struct PageState {
    /// The screen of the phone.
    screen: phone::Screen,
    /// The rules that the page switched on, by the name of their switch.
    switched: BTreeMap<&'static str, u64>,
}

/// Returns `true` if a request is for the page and not for the API.
fn serves(request: &Request) -> bool {
    request.path.starts_with(PREFIX)
        || (matches!(request.method, Method::GET | Method::HEAD)
            // Browsers request this icon even if the page names another.
            && matches!(request.path.as_str(), "/" | "/favicon.ico"))
        || opens_a_payment(request)
}

/// Returns `true` if a browser opens a payment's landing page. The simulator does not imitate the
/// landing page but shows the customer's phone.
fn opens_a_payment(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    request.method == Method::GET
        && accept.contains("text/html")
        && request.path.strip_suffix('/').unwrap_or(&request.path) == LANDING_PAGE_PATH
}

impl Page {
    fn state(&self) -> MutexGuard<'_, PageState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows a screen on the phone.
    fn show(&self, engine: &Engine, screen: phone::Screen) {
        self.state().screen = screen;
        engine.touch();
    }

    /// Returns the response to a request for the page, or `None` for another request.
    pub(crate) async fn respond(
        &self,
        engine: &Arc<Engine>,
        request: &Request,
    ) -> Option<Response> {
        if !serves(request) {
            return None;
        }
        let response = match access::refusal(request, engine.host()) {
            Some(reason) => failure(StatusCode::FORBIDDEN, reason),
            None => self.route(engine, request).await,
        };
        Some(layout::secured(response))
    }

    async fn route(&self, engine: &Arc<Engine>, request: &Request) -> Response {
        let below = request.path.strip_prefix(PREFIX).unwrap_or_default();
        if request.method == Method::POST {
            return actions::run(self, engine, below, request);
        }
        if !matches!(request.method, Method::GET | Method::HEAD) {
            return failure(StatusCode::METHOD_NOT_ALLOWED, "This is not done here.");
        }
        match below {
            _ if opens_a_payment(request) => actions::open(self, engine, request),
            "" if request.path == "/" => self.draw(engine, layout::page),
            "live" => self.live(engine, request).await,
            "icon.svg" | "" => layout::icon(),
            _ => match below.strip_prefix("code/") {
                Some(code) => engine.look(|world, now| codes::image(world, code, now)),
                None => failure(StatusCode::NOT_FOUND, "There is no such page."),
            },
        }
    }

    fn draw(&self, engine: &Engine, draw: fn(&View<'_>) -> maud::Markup) -> Response {
        let state = self.state();
        let page = engine.look(|world, now| {
            draw(&View {
                world,
                page: &state,
                now,
                version: engine.version(),
                clock: engine.clock(),
            })
        });
        html(StatusCode::OK, page)
    }

    /// Returns the changing part of the page, as soon as it differs from the version that the
    /// browser has.
    async fn live(&self, engine: &Engine, request: &Request) -> Response {
        let seen = request.query_parameter("since");
        if let Some(seen) = seen.and_then(|seen| seen.parse().ok()) {
            let changed = tokio::time::timeout(PATIENCE, engine.other_than(seen));
            if changed.await.is_err() {
                return Response::empty(StatusCode::NO_CONTENT);
            }
            tokio::time::sleep(GATHERED).await;
        }
        self.draw(engine, layout::live)
    }
}

/// The content of the page at one moment.
struct View<'a> {
    world: &'a World,
    page: &'a PageState,
    now: jiff::Timestamp,
    version: u64,
    clock: Clock,
}

fn html(status: StatusCode, page: maud::Markup) -> Response {
    Response::raw(status, "text/html; charset=utf-8", page.into_string())
}

fn failure(status: StatusCode, reason: &str) -> Response {
    html(status, layout::failure(reason))
}
