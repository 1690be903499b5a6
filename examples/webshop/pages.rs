//! The HTML pages. Every value is escaped.

use vipps::ecom::PaymentState;

use crate::shop::{GOODS, Order};

const STYLE: &str = "
:root { color-scheme: light dark }
body { font: 1.1em/1.5 system-ui, sans-serif; max-width: 36em; margin: 2em auto; padding: 0 1.25em }
h1 { line-height: 1.2 }
section { border-top: 1px solid #8886; padding-bottom: 1.25em }
form { display: inline-block; margin: 0 .75em .75em 0 }
button { font: inherit; padding: .6em 1.1em; border: 1px solid #8888; border-radius: .6em; cursor: pointer }
button.main { background: #1d4f91; border-color: #1d4f91; color: #fff }
a { color: inherit }
";

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n{head}<title>{}</title>\n\
         <style>{STYLE}</style>\n<h1>{}</h1>\n{body}\n",
        escaped(title),
        escaped(title),
    )
}

pub(crate) fn home() -> String {
    let mut body = String::new();
    for (number, goods) in GOODS.iter().enumerate() {
        let form = |checkout: &str, class: &str, label: &str| {
            let action = format!("/{checkout}/{number}");
            format!(
                "<form method=\"post\" action=\"{action}\"><button class=\"{class}\">{label}</button></form>\n"
            )
        };
        body.extend([
            format!(
                "<section>\n<h2>{}</h2>\n<p>{}</p>\n",
                escaped(goods.name),
                goods.price
            ),
            form("buy", "main", "Pay with Vipps"),
            form("express", "", "Vipps express checkout"),
            "</section>\n".to_owned(),
        ]);
    }
    page("Warm feet and hands", "", &body)
}

/// The page of one order. `state` must come from the payment details.
pub(crate) fn order(order: &Order, state: PaymentState) -> String {
    let (title, text) = if order.is_shipped() {
        ("On its way", "Your order is paid and shipped.")
    } else {
        match state {
            state if state.is_paid() => {
                ("Thank you!", "Your order is paid and will be shipped soon.")
            }
            PaymentState::Initiated | PaymentState::Unknown => {
                ("One moment", "The payment is not completed yet.")
            }
            _ => (
                "Not paid",
                "You were not charged, and the order is not shipped.",
            ),
        }
    };
    let is_final = order.is_shipped() || (state.is_decided() && !state.is_paid());
    // Until then the browser reloads the page every two seconds.
    let head = if is_final {
        ""
    } else {
        "<meta http-equiv=\"refresh\" content=\"2\">\n"
    };
    let body = format!(
        "<p>{text}</p>\n<p>{}, {}<br>\nOrder {}</p>\n{}",
        escaped(order.goods.name),
        order.goods.price,
        escaped(order.id.as_str()),
        home_link(),
    );
    page(title, head, &body)
}

pub(crate) fn not_started() -> String {
    let body = format!(
        "<p>The payment could not be started. Nothing was charged; please try again.</p>\n{}",
        home_link()
    );
    page("Sorry", "", &body)
}

pub(crate) fn unknown() -> String {
    let body = format!(
        "<p>The state of the payment is not available yet. Please do not pay again; this page reloads until the \
         state is known.</p>\n{}",
        home_link()
    );
    page(
        "One moment",
        "<meta http-equiv=\"refresh\" content=\"5\">\n",
        &body,
    )
}

pub(crate) fn not_found() -> String {
    let body = format!("<p>This page or order does not exist.</p>\n{}", home_link());
    page("Not found", "", &body)
}

fn home_link() -> &'static str {
    "<p><a href=\"/\">To the shop</a></p>"
}

/// Escapes text for an HTML element.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
