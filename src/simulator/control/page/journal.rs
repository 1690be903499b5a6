//! The requests and the calls to the merchant, newest first. The journal has already hidden the
//! secrets.

use std::time::Duration;

use jiff::Timestamp;
use maud::{Markup, html};

use super::View;
use super::format::time;
use crate::simulator::delivery::{Delivery, DeliveryOutcome};
use crate::simulator::engine::Entry;

const SHOWN: usize = 60;

/// A request to the simulator, or a call by it.
enum Line<'a> {
    In(&'a Entry),
    Out(&'a Delivery),
}

impl Line<'_> {
    fn time(&self) -> Timestamp {
        match self {
            Self::In(entry) => entry.time(),
            Self::Out(delivery) => delivery.time(),
        }
    }
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let records = &view.world.records;
    let deliveries = view.world.latest_deliveries(SHOWN);
    let mut lines: Vec<Line<'_>> = records.latest(SHOWN).map(Line::In).collect();
    lines.extend(deliveries.iter().map(Line::Out));
    lines.sort_by_key(|line| std::cmp::Reverse(line.time()));
    lines.truncate(SHOWN);
    let total = records.len() + view.world.deliveries.len();
    html! {
        section #journal.journal {
            div.head {
                h2 { "Journal" }
                @if total > 0 { span.count { (total) } }
            }
            @if lines.is_empty() {
                p.soft { "Every request and every call to the merchant is written down here, secrets hidden." }
            }
            @for line in &lines {
                @match line {
                    Line::In(entry) => (request(entry)),
                    Line::Out(delivery) => (call(delivery)),
                }
            }
            @if total > lines.len() {
                p.more { (total - lines.len()) " older lines are not shown." }
            }
        }
    }
}

fn request(entry: &Entry) -> Markup {
    html! {
        details.line id={ "in-" (entry.number()) } {
            summary {
                (time(entry.time()))
                (verdict(entry.status()))
                span.method { (entry.method()) }
                span.path { (entry.path()) }
                span.took { (entry.duration().map(length).unwrap_or_default()) }
                @if let Some(note) = entry.note() { span.note { (note) } }
            }
            dl.about {
                dt { "Operation" } dd { (entry.operation().unwrap_or("none")) }
                @if let Some(query) = entry.query() { dt { "Query" } dd { (query) } }
                @for (name, value) in entry.headers() { dt { (name) } dd { (value) } }
            }
            (body("Request", entry.body()))
            (body("Response", entry.response()))
        }
    }
}

fn length(time: Duration) -> String {
    match time.as_micros() {
        micros @ ..1_000 => format!("{micros} µs"),
        micros => format!("{} ms", micros / 1_000),
    }
}

fn call(delivery: &Delivery) -> Markup {
    html! {
        details.line.out id={ "out-" (delivery.number) } {
            summary {
                (time(delivery.time()))
                @match delivery.outcome() {
                    DeliveryOutcome::Pending => span.status { "…" },
                    DeliveryOutcome::Responded(status) => (verdict(Some(*status))),
                    DeliveryOutcome::Failed(_) => span.status.bad { "failed" },
                    DeliveryOutcome::NotRouted => span.status { "unsent" },
                    DeliveryOutcome::Lost => span.status.bad { "lost" },
                }
                span.method { (delivery.method()) }
                span.path { (delivery.url()) }
                span.took { "to the merchant" }
                @match (delivery.outcome(), delivery.note()) {
                    (_, Some(note)) => span.note { (note) },
                    (DeliveryOutcome::Failed(reason), _) => span.note { (reason) },
                    _ => {}
                }
                @if let Some(next) = delivery.next_attempt() {
                    span.note { "Next attempt at " (time(next)) }
                }
            }
            dl.about {
                dt { "Operation" } dd { (delivery.operation()) }
                dt { "Attempt" } dd { (delivery.attempt()) }
                @if *delivery.outcome() == DeliveryOutcome::NotRouted {
                    dt { "Outcome" } dd { "Not sent: nobody said where this URL is (Simulator::route)." }
                }
            }
            (body("Request", delivery.body()))
        }
    }
}

fn verdict(status: Option<u16>) -> Markup {
    match status {
        Some(status) if status < 400 => html! { span.status.good { (status) } },
        Some(status) => html! { span.status.bad { (status) } },
        None => html! { span.status { "—" } },
    }
}

fn body(name: &str, text: Option<&str>) -> Markup {
    let pretty = text.map(|text| {
        serde_json::from_str::<serde_json::Value>(text)
            .and_then(|value| serde_json::to_string_pretty(&value))
            .unwrap_or_else(|_| text.to_owned())
    });
    html! {
        @if let Some(pretty) = pretty {
            h4 { (name) }
            pre tabindex="0" { (pretty) }
        }
    }
}
