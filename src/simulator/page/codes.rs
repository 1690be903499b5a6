//! Printed codes. They lead to a web page or check the customer in.

use ::http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::{Markup, html};

use super::format::countdown;
use super::{Response, Scene, failure};
use crate::simulator::engine::World;
use crate::simulator::images;
use crate::simulator::qr::CONTENT_HOST;

const SHOWN: usize = 50;

pub(super) fn view(scene: &Scene<'_>) -> Markup {
    let codes = &scene.world.state.codes;
    let count = codes.redirects.len() + codes.callbacks.len() + codes.beacons.len();
    html! {
        section #codes.codes {
            div.head {
                h2 { "Printed codes" }
                @if count > 0 { span.count { (count) } }
            }
            @if count == 0 {
                p.soft { "Merchant redirect codes and merchant callback codes appear here when they are made." }
            }
            ul.cards {
                @for ((msn, id), code) in codes.redirects.iter().take(SHOWN) {
                    li.printed id={ "redirect-" (msn) "-" (id) } {
                        (picture(&code.text, &format!("Redirect code {id}")))
                        div {
                            p.kind { "Redirect" }
                            h3 { (id) }
                            p.goal { "to " (code.destination) }
                            @if let Some(ends) = code.ends {
                                p.soft { "gone in " (countdown(scene.now, ends)) }
                            }
                            (scan("Scan", &code.text))
                        }
                    }
                }
                @for (key, place) in codes.callbacks.iter().take(SHOWN) {
                    @if let Some(text) = codes.of_place(key) {
                        li.printed id={ "callback-" (key.0) "-" (key.1) } {
                            (picture(text, &format!("Callback code {}", key.1)))
                            div {
                                p.kind { "Check-in" }
                                h3 { (key.1) }
                                p.goal { "at " (place.location) }
                                (scan("Check in", text))
                            }
                        }
                    }
                }
                @for (beacon, msn) in codes.beacons.iter().take(SHOWN) {
                    li.printed id={ "beacon-" (beacon) } {
                        div {
                            p.kind { "MobilePay beacon" }
                            h3 { (beacon) }
                            p.goal { "of sales unit " (msn) }
                            (scan("Check in", beacon))
                        }
                    }
                }
            }
        }
    }
}

fn scan(label: &str, text: &str) -> Markup {
    html! {
        form method="post" action="/_simulator/page/phone" {
            input type="hidden" name="what" value=(text);
            button name="do" value="scan" { (label) }
        }
    }
}

/// The drawing of a code. The browser caches it, because the drawing of a text never changes.
pub(super) fn picture(text: &str, what: &str) -> Markup {
    let code = text.strip_prefix(CONTENT_HOST).unwrap_or_default();
    html! {
        img.qr src={ "/_simulator/page/code" (code) ".svg" } alt=(what) width="160" height="160" decoding="async";
    }
}

/// Serves the drawing of `kind/slug.svg` while that code can be scanned.
pub(super) fn image(world: &World, code: &str, now: Timestamp) -> Response {
    let text = code
        .strip_suffix(".svg")
        .map(|code| format!("{CONTENT_HOST}/{code}"))
        .filter(|text| world.state.code_lives(text, now));
    match text.map(|text| images::svg(&text)) {
        Some(Ok(drawing)) => Response::raw(StatusCode::OK, "image/svg+xml", drawing).with_header(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=86400, immutable"),
        ),
        _ => failure(StatusCode::NOT_FOUND, "There is no such code."),
    }
}
