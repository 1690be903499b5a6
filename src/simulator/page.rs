//! The simulator's page: what a person sees at its address, and can press.
//!
//! It lives beside the API, not inside it: its requests are in no journal, no
//! fault strikes them and no limit counts them. Everything is rendered here; the
//! script only asks for the next state of the page and puts it in place, and
//! without it every button still works.

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

/// The path of every request of the page but the first starts with this.
pub(crate) const PREFIX: &str = "/_simulator/page/";
/// How long a question for changes waits. Proxies and browsers give up later.
const PATIENCE: Duration = Duration::from_secs(25);
/// What one call sets off belongs together: its arrival, its answer, a callback.
const GATHERED: Duration = Duration::from_millis(40);

/// What the page remembers between two requests.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// What the phone shows.
    screen: phone::Screen,
    /// The rules that were switched on here, by the name of their switch.
    switched: BTreeMap<&'static str, u64>,
}

/// Whether a request is for the page and not for the API.
pub(crate) fn is_asked(request: &Request) -> bool {
    request.path.starts_with(PREFIX)
        || (matches!(request.method, Method::GET | Method::HEAD)
            // Browsers ask for the icon by this name, whatever the page says.
            && matches!(request.path.as_str(), "/" | "/favicon.ico"))
        || opens_a_payment(request)
}

/// Whether a browser has been sent to a payment's page. What Vipps shows there
/// is not imitated, but the customer's phone is here.
fn opens_a_payment(request: &Request) -> bool {
    request.method == Method::GET
        && request
            .header("accept")
            .is_some_and(|accept| accept.contains("text/html"))
        && matches!(routes::find(request), Found::LandingPage)
}

/// Answers it.
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

/// The part that changes, as soon as it is another one than the asker has.
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

/// What there is to see, at one moment.
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
