//! The orders with their codes, their statuses and their histories.

use jiff::Timestamp;
use maud::{Markup, html};

use super::Scene;
use super::codes::picture;
use super::format::{countdown, kroner, time};
use crate::simulator::ledger::Account;
use crate::simulator::order::{Order, Phase};
use crate::simulator::state::OrderRef;
use crate::simulator::status::DisplayStatus;

/// The number of orders on the page. More orders make the page slow to send and hard to read.
const SHOWN: usize = 50;

pub(super) fn view(scene: &Scene<'_>) -> Markup {
    let orders = scene.world.state.orders();
    html! {
        section #orders.orders {
            div.head {
                h2 { "Orders" }
                @if !orders.is_empty() { span.count { (orders.len()) } }
            }
            @if orders.is_empty() {
                div.empty {
                    p { strong { "No orders yet." } }
                    p { "Give a till the keys of this simulator, and start a payment: it appears here by itself." }
                    (super::controls::exports(scene))
                }
            }
            @for (place, order) in orders.iter().enumerate().rev().take(SHOWN) {
                (card(scene, place, order))
            }
            @if orders.len() > SHOWN {
                p.more { (orders.len() - SHOWN) " older orders are not shown." }
            }
        }
    }
}

/// The form fields that identify an order.
pub(super) fn target(order: &Order) -> Markup {
    html! {
        input type="hidden" name="msn" value=(order.msn);
        input type="hidden" name="order" value=(order.id);
    }
}

fn card(scene: &Scene<'_>, place: OrderRef, order: &Order) -> Markup {
    let waits = order.phase == Phase::Initiated;
    let state = &scene.world.state;
    let code = state.codes.of_payment(place);
    let code = code.filter(|text| state.code_lives(text, scene.now));
    let several = state.settings.sales_units.len() > 1;
    html! {
        article.order.over[!waits] id={ "order-" (place) } aria-label={ "Order " (order.id) } {
            div.code {
                @match code {
                    Some(text) => (picture(text, &format!("QR code of order {}", order.id))),
                    None => div.nocode { "no code to scan" },
                }
            }
            div.body {
                div.title {
                    h3 { (order.id) }
                    (DisplayStatus::of(order).chip())
                }
                div.price {
                    p.sum { (kroner(order.total())) }
                    p.what {
                        (order.text)
                        @if several { span.soft { " · sales unit " (order.msn) } }
                    }
                }
                @if waits {
                    form.choice method="post" action="/_simulator/page/phone" {
                        (target(order))
                        button.main name="do" value="approve" { "Approve" }
                        button name="do" value="scan" { "Scan" }
                        button.ghost name="do" value="reject" { "Reject" }
                        span.soft.left { (countdown(scene.now, order.deadline())) " left" }
                    }
                    @if let Some(text) = code { code.text { (text) } }
                }
                ol.timeline {
                    @for step in steps(order) {
                        li.(step.tone) {
                            (time(step.time))
                            span { (step.label) }
                            @if let Some(ore) = step.amount { span.money { (kroner(ore)) } }
                        }
                    }
                }
                (sums(order))
            }
        }
    }
}

struct Step {
    time: Timestamp,
    label: &'static str,
    amount: Option<i64>,
    tone: &'static str,
}

/// Returns the steps of an order, oldest first.
fn steps(order: &Order) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut approved = false;
    for entry in &order.log {
        let (label, tone) = match (entry.operation, entry.success) {
            ("INITIATE", _) => ("Initiated", "waiting"),
            ("RESERVE", true) => ("Reserved", "reserved"),
            ("SALE", true) => ("Charged at once", "captured"),
            ("CANCEL", _) if order.user_acted && !approved => ("Rejected", "refused"),
            ("CANCEL", _) => ("Cancelled", "cancelled"),
            ("VOID", _) => ("Released", "cancelled"),
            ("CAPTURE", _) => ("Captured", "captured"),
            ("REFUND", _) => ("Refunded", "refunded"),
            _ => ("Declined", "refused"),
        };
        // A cancel after the approval is an action of the merchant.
        approved |= matches!(entry.operation, "RESERVE" | "SALE");
        steps.push(Step {
            time: entry.time,
            label,
            amount: (tone != "refused").then_some(entry.amount),
            tone,
        });
    }
    let mut also = |time, label, tone| {
        steps.push(Step {
            time,
            label,
            amount: None,
            tone,
        });
    };
    if let Some(scanned) = order.scanned {
        also(scanned, "Scanned", "scanned");
    }
    if order.phase == Phase::Expired {
        also(order.deadline(), "Expired", "expired");
    }
    // The scan has no log entry of its own. It comes after the first entry and before all others.
    steps.sort_by_key(|step| (step.time, rank(step.label)));
    steps
}

fn rank(label: &str) -> u8 {
    match label {
        "Initiated" => 0,
        "Scanned" => 1,
        _ => 2,
    }
}

fn sums(order: &Order) -> Markup {
    let account = Account::of(order);
    let sums = [
        ("Reserved", account.reserved()),
        ("Captured", account.captured()),
        ("Refunded", account.refunded()),
        ("Released", account.released()),
    ];
    html! {
        @if !account.effects().is_empty() {
            dl.sums {
                @for (name, ore) in sums {
                    @if ore != 0 { div { dt { (name) } dd { (kroner(ore)) } } }
                }
                div.total { dt { "Charged" } dd { (kroner(account.charged())) } }
            }
        }
    }
}
