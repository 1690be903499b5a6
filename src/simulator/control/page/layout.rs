//! The page around its parts, and the headers that isolate it from other sites.

use std::sync::LazyLock;

use ::http::{HeaderName, HeaderValue, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use super::{View, codes, controls, journal, orders, phone, webhooks};
use crate::simulator::gateway::Response;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const ICON: &str = include_str!("icon.svg");

/// The content security policy. The page loads nothing from other hosts and runs only the style and
/// the script of this program. Text from outside cannot run as either, even if it is not escaped.
#[allow(
    clippy::expect_used,
    reason = "base64 and the words around it are visible ASCII"
)]
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        hash(STYLE),
        hash(SCRIPT)
    );
    HeaderValue::try_from(policy).expect("the policy of the page is a header")
});

/// Adds the headers that every response of the page has.
pub(super) fn secured(response: Response) -> Response {
    let cached = response
        .headers
        .iter()
        .any(|(name, _)| *name == header::CACHE_CONTROL);
    let same_origin = HeaderValue::from_static("same-origin");
    let response = response
        .with_header(header::CONTENT_SECURITY_POLICY, POLICY.clone())
        .with_header(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        )
        // A stricter policy makes the browser hide the origin of the page's own forms.
        .with_header(header::REFERRER_POLICY, same_origin.clone())
        .with_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            same_origin.clone(),
        )
        .with_header(
            HeaderName::from_static("cross-origin-resource-policy"),
            same_origin,
        );
    if cached {
        response
    } else {
        response.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
    }
}

pub(super) fn icon() -> Response {
    Response::raw(StatusCode::OK, "image/svg+xml", ICON).with_header(
        header::CACHE_CONTROL,
        HeaderValue::from_static("max-age=86400"),
    )
}

fn document(title: &str, head: &Markup, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" type="image/svg+xml" href="/_simulator/page/icon.svg";
                style { (PreEscaped(STYLE)) }
                (head)
            }
            body { (body) }
        }
    }
}

/// The whole page.
pub(super) fn page(view: &View<'_>) -> Markup {
    let head = html! {
        noscript { meta http-equiv="refresh" content="3"; }
    };
    let body = html! {
        a.skip href="#orders" { "To the orders" }
        (live(view))
        script { (PreEscaped(SCRIPT)) }
    };
    document("Vipps simulator", &head, &body)
}

/// The part of the page that changes.
pub(super) fn live(view: &View<'_>) -> Markup {
    html! {
        div #live data-version=(view.version)
                  data-now=(view.now.as_millisecond())
                  data-stands[view.clock.stands()] {
            header.top {
                div.name {
                    img src="/_simulator/page/icon.svg" alt="" width="36" height="36";
                    h1 { "Vipps simulator" }
                    // The style sheet shows one of these. The script sets the state that selects
                    // it.
                    p.link role="status" {
                        span.live { "live" }
                        span.away { "connecting…" }
                        span.plain { "reloads every 3 s" }
                    }
                }
                (controls::clock(view))
            }
            main {
                div.side {
                    (phone::section(view))
                    (controls::faults(view))
                    (controls::keys(view))
                }
                (orders::section(view))
                (codes::section(view))
                (webhooks::section(view))
                (journal::section(view))
                footer {
                    p { "A simulator: no account, no app and no real money. Not made by Vipps MobilePay, nor endorsed by it." }
                }
            }
        }
    }
}

/// A page that shows an error.
pub(super) fn failure(reason: &str) -> Markup {
    let body = html! {
        main.alone {
            h1 { "Vipps simulator" }
            p { (reason) }
            p { a href="/" { "To the page" } }
        }
    };
    document("Vipps simulator", &html! {}, &body)
}
