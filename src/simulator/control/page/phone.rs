//! The customer's phone.

use maud::{Markup, html};

use super::View;
use super::format::{countdown, money};
use super::orders::target;
use crate::simulator::control::display_status::DisplayStatus;
use crate::simulator::domain::Payment;
use crate::simulator::domain::shipping::{ShippingMethod, ShippingSource, choose};

/// The screen of the phone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Screen {
    /// The camera, ready to scan.
    #[default]
    Camera,
    /// The payment with this token in its landing page.
    Payment(String),
    /// The browser, with a link to this URL.
    Redirect(String),
    /// The confirmation of a check-in at the place with this name.
    Place(String),
    /// The customer's own code.
    Personal(String),
    /// An error message.
    Sorry(String),
}

pub(super) fn section(view: &View<'_>) -> Markup {
    let screen = &view.page.screen;
    html! {
        section #phone.phone aria-label="The customer’s phone" {
            div.glass role="status" {
                @match screen {
                    Screen::Camera => (camera(view)),
                    Screen::Payment(token) => (payment(view, token)),
                    Screen::Redirect(url) => (redirect(url)),
                    Screen::Place(name) => (place(name)),
                    Screen::Personal(text) => (personal(text)),
                    Screen::Sorry(reason) => (sorry(reason)),
                }
            }
            @if *screen != Screen::Camera {
                form.home method="post" action="/_simulator/page/phone" {
                    button.ghost name="do" value="close" { "Close" }
                }
            }
        }
    }
}

fn camera(view: &View<'_>) -> Markup {
    let mut newest = view.world.state.domain.payments().iter().rev();
    let waits = newest.find(|payment| payment.is_waiting());
    html! {
        div.finder aria-hidden="true" {}
        h2 { "Scan to pay" }
        @match waits {
            Some(order) => {
                p.soft { "In front of the camera: " strong { (order.reference) } }
                form method="post" action="/_simulator/page/phone" {
                    (target(order))
                    button.main name="do" value="scan" { "Scan it" }
                }
            }
            None => p.soft { "Press Scan at any code on this page, or paste what one says." },
        }
        form.any method="post" action="/_simulator/page/phone" {
            label.hidden for="what" { "Text of a code, link to its image, landing page or order id" }
            input #what name="what" placeholder="Code or order id" autocomplete="off" spellcheck="false" required;
            button name="do" value="scan" { "Scan" }
        }
        form method="post" action="/_simulator/page/phone" {
            button.ghost name="do" value="show" { "Show my own code" }
        }
    }
}

fn payment(view: &View<'_>, token: &str) -> Markup {
    let domain = &view.world.state.domain;
    let Some(payment) = domain.by_landing_token(token) else {
        // A reset has removed the payment.
        return camera(view);
    };
    let order = domain.payment(payment);
    let status = DisplayStatus::of(order);
    html! {
        p.shop { "Sales unit " (order.sales_unit) }
        p.sum { (money(order.total())) }
        p.what { (order.description) }
        @if order.is_waiting() {
            @if order.pending_shipping.is_some() {
                p.soft { "Waiting for the merchant’s ways of shipping…" }
            } @else {
                form.choice method="post" action="/_simulator/page/phone" {
                    (target(order))
                    (shipping(order))
                    button.main name="do" value="approve" { "Approve" }
                    button.ghost name="do" value="reject" { "Reject" }
                }
            }
            p.soft { "Time left " (countdown(view.now, order.expires())) }
        } @else {
            p.verdict { (status.chip()) }
            p.soft { (meaning(order, status)) }
            @if let Some(url) = way_back(view, &order.options.merchant.return_to) {
                p.link-out { a href=(url) rel="noreferrer noopener" { "Back to the shop" } }
            }
        }
    }
}

/// Returns the shop's return URL, at the address that the merchant is routed to. `None` for the URL
/// of an app, which a browser cannot open.
fn way_back(view: &View<'_>, url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    Some(match view.world.deliveries.address_of(url.as_str()) {
        Some(address) => format!("http://{address}{}", &url[url::Position::BeforePath..]),
        None => url.into(),
    })
}

fn shipping(order: &Payment) -> Markup {
    let methods: &[ShippingMethod] = match &order.options.shipping {
        Some(ShippingSource::Fixed(methods)) => methods,
        _ => &[],
    };
    let preferred = choose(methods, None);
    html! {
        @if !methods.is_empty() {
            fieldset {
                legend { "Shipping" }
                @for method in methods {
                    label {
                        input type="radio" name="shipping" value=(method.id) checked[preferred == Some(method)];
                        span { (method.name) }
                        span.money { (money(method.cost)) }
                    }
                }
            }
        }
    }
}

/// Returns the message that the app shows to the customer.
fn meaning(order: &Payment, status: DisplayStatus) -> String {
    let sums = order.sums();
    match status {
        DisplayStatus::Waiting | DisplayStatus::Scanned => String::new(),
        DisplayStatus::Reserved => {
            "You approved. The amount is set aside until the merchant captures it.".into()
        }
        DisplayStatus::PartlyCaptured | DisplayStatus::Captured => {
            format!("You paid {}.", money(sums.captured()))
        }
        DisplayStatus::PartlyRefunded | DisplayStatus::Refunded => {
            format!("You got {} back.", money(sums.refunded()))
        }
        DisplayStatus::Cancelled => "The merchant cancelled. Nothing is set aside.".into(),
        DisplayStatus::Rejected => "You said no. Nothing was paid.".into(),
        DisplayStatus::Declined => "The issuer refused your card. Nothing was paid.".into(),
        DisplayStatus::Expired => "It took too long. Nothing was paid.".into(),
    }
}

fn redirect(url: &str) -> Markup {
    // The API accepts only `https://` here. The page shows any other URL without a link.
    let safe = url.starts_with("https://");
    html! {
        h2 { "Opens in the browser" }
        @if safe {
            p.link-out { a href=(url) rel="noreferrer noopener" target="_blank" { (url) } }
        } @else {
            p.link-out { (url) }
        }
        p.soft { "Nothing is opened from here unless you press it." }
    }
}

fn place(name: &str) -> Markup {
    html! {
        h2 { "You are checked in" }
        p.what { (name) }
        p.soft { "The merchant’s webhook is called; see the journal." }
    }
}

fn personal(text: &str) -> Markup {
    html! {
        h2 { "Show this at the till" }
        (super::codes::picture(text, "Your own QR code"))
        code.text { (text) }
    }
}

fn sorry(reason: &str) -> Markup {
    html! {
        h2 { "That did not work" }
        p.reason { (reason) }
    }
}
