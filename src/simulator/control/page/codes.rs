//! Printed codes. They lead to a web page or check the customer in.

use ::http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use maud::{Markup, html};

use super::format::countdown;
use super::{Response, View, failure};
use crate::simulator::domain::qr::CONTENT_HOST;
use crate::simulator::engine::World;
use crate::simulator::gateway::images;

const SHOWN: usize = 50;

pub(super) fn section(view: &View<'_>) -> Markup {
    let codes = &view.world.state.domain.codes;
    let redirects: Vec<_> = codes.redirects(view.now).collect();
    let places: Vec<_> = codes.places().collect();
    let beacons: Vec<_> = codes.beacons().collect();
    let count = redirects.len() + places.len() + beacons.len();
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
                @for (key, code) in redirects.iter().take(SHOWN) {
                    li.printed id={ "redirect-" (key.sales_unit) "-" (key.id) } {
                        (picture(&code.text, &format!("Redirect code {}", key.id)))
                        div {
                            p.kind { "Redirect" }
                            h3 { (key.id) }
                            p.goal { "to " (code.destination) }
                            @if let Some(expires) = code.expires {
                                p.soft { "gone in " (countdown(view.now, expires)) }
                            }
                            (scan("Scan", &code.text))
                        }
                    }
                }
                @for key in places.iter().take(SHOWN) {
                    @if let Ok((place, text)) = codes.place(key) {
                        li.printed id={ "callback-" (key.sales_unit) "-" (key.id) } {
                            (picture(text, &format!("Callback code {}", key.id)))
                            div {
                                p.kind { "Check-in" }
                                h3 { (key.id) }
                                p.goal { "at " (place.description) }
                                (scan("Check in", text))
                            }
                        }
                    }
                }
                @for beacon in beacons.iter().take(SHOWN) {
                    li.printed id={ "beacon-" (beacon.id) } {
                        div {
                            p.kind { "MobilePay beacon" }
                            h3 { (beacon.id) }
                            p.goal { "of sales unit " (beacon.sales_unit) }
                            (scan("Check in", &beacon.id))
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
        .filter(|text| world.state.domain.code_lives(text, now));
    match text.map(|text| images::svg(&text)) {
        Some(Ok(drawing)) => Response::raw(StatusCode::OK, "image/svg+xml", drawing).with_header(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=86400, immutable"),
        ),
        _ => failure(StatusCode::NOT_FOUND, "There is no such code."),
    }
}
