//! The orders with their codes, their statuses and their histories.

use jiff::Timestamp;
use maud::{Markup, html};

use super::View;
use super::codes::picture;
use super::format::{countdown, money, time};
use crate::simulator::control::display_status::DisplayStatus;
use crate::simulator::domain::{Account, Payment, PaymentEventKind, PaymentId};
use crate::types::Amount;

/// The number of orders on the page. More orders make the page slow to send and hard to read.
const SHOWN: usize = 50;

pub(super) fn section(view: &View<'_>) -> Markup {
    let orders = view.world.state.domain.payments();
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
                    (super::controls::exports(view))
                }
            }
            @for (place, order) in orders.iter().enumerate().rev().take(SHOWN) {
                (card(view, place, order))
            }
            @if orders.len() > SHOWN {
                p.more { (orders.len() - SHOWN) " older orders are not shown." }
            }
        }
    }
}

/// The form fields that identify an order.
pub(super) fn target(order: &Payment) -> Markup {
    html! {
        input type="hidden" name="msn" value=(order.sales_unit);
        input type="hidden" name="order" value=(order.reference);
    }
}

fn card(view: &View<'_>, place: PaymentId, order: &Payment) -> Markup {
    let waits = order.is_waiting();
    let state = &view.world.state;
    let code = state.domain.codes.of_payment(place);
    let code = code.filter(|text| state.domain.code_lives(text, view.now));
    let several = state.settings.sales_units.len() > 1;
    html! {
        article.order.over[!waits] id={ "order-" (place) } aria-label={ "Order " (order.reference) } {
            div.code {
                @match code {
                    Some(text) => (picture(text, &format!("QR code of order {}", order.reference))),
                    None => div.nocode { "no code to scan" },
                }
            }
            div.body {
                div.title {
                    h3 { (order.reference) }
                    (DisplayStatus::of(order).chip())
                }
                div.price {
                    p.sum { (money(order.total())) }
                    p.what {
                        (order.description)
                        @if several { span.soft { " · sales unit " (order.sales_unit) } }
                    }
                }
                @if waits {
                    form.choice method="post" action="/_simulator/page/phone" {
                        (target(order))
                        button.main name="do" value="approve" { "Approve" }
                        button name="do" value="scan" { "Scan" }
                        button.ghost name="do" value="reject" { "Reject" }
                        span.soft.left { (countdown(view.now, order.expires())) " left" }
                    }
                    @if let Some(text) = code { code.text { (text) } }
                }
                ol.timeline {
                    @for step in steps(order) {
                        li.(step.tone) {
                            (time(step.time))
                            span { (step.label) }
                            @if let Some(amount) = step.amount { span.money { (money(amount)) } }
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
    amount: Option<Amount>,
    tone: &'static str,
}

/// Returns the steps of an order, oldest first.
fn steps(order: &Payment) -> Vec<Step> {
    use PaymentEventKind as Kind;
    let mut steps = Vec::new();
    for event in &order.events {
        let (label, tone) = match (event.kind, event.success) {
            (_, false) => ("Declined", "refused"),
            (Kind::Created, _) => ("Initiated", "waiting"),
            (Kind::Authorized, _) => ("Reserved", "reserved"),
            (Kind::Sold, _) => ("Charged at once", "captured"),
            (Kind::Rejected { .. }, _) => ("Rejected", "refused"),
            (Kind::Cancelled, _) => ("Cancelled", "cancelled"),
            (Kind::Released, _) => ("Released", "cancelled"),
            (Kind::Captured, _) => ("Captured", "captured"),
            (Kind::Refunded, _) => ("Refunded", "refunded"),
            (Kind::Expired, _) => ("Expired", "expired"),
        };
        steps.push(Step {
            time: event.time,
            label,
            amount: (!matches!(tone, "refused" | "expired")).then_some(event.amount),
            tone,
        });
        if let (Kind::Created, Some(opened)) = (event.kind, order.opened) {
            steps.push(Step {
                time: opened,
                label: "Scanned",
                amount: None,
                tone: "scanned",
            });
        }
    }
    steps
}

fn sums(order: &Payment) -> Markup {
    let account = Account::of(order);
    let sums = [
        ("Reserved", account.reserved()),
        ("Captured", account.captured()),
        ("Refunded", account.refunded()),
        ("Released", account.released()),
    ];
    let kroner = |minor_units| money(Amount::minor(minor_units, account.currency()));
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
