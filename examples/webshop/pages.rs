//! HTML. Whatever is not written here is escaped.

use vipps::ecom::PaymentState;

use crate::shared::html::escaped;
use crate::shop::{GOODS, Order, Shop};

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

pub(crate) fn front(shop: &Shop) -> String {
    let mut body = String::new();
    for (number, goods) in GOODS.iter().enumerate() {
        let form = |way: &str, class: &str, label: &str| {
            let action = escaped(&shop.link(&format!("/{way}/{number}")));
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

/// The state is that of the details, in this moment.
pub(crate) fn thanks(shop: &Shop, order: &Order, state: PaymentState) -> String {
    let (title, text) = if order.is_shipped() {
        ("On its way", "It is paid and sent.")
    } else {
        match state {
            state if state.is_paid() => ("Thank you!", "It is paid, and will be sent soon."),
            PaymentState::Initiated | PaymentState::Unknown => {
                ("One moment", "The payment is not decided yet.")
            }
            _ => ("Not paid", "Nothing was charged, and nothing will be sent."),
        }
    };
    let is_settled = order.is_shipped() || (state.is_decided() && !state.is_paid());
    // Until then the page asks again by itself.
    let head = if is_settled {
        ""
    } else {
        "<meta http-equiv=\"refresh\" content=\"2\">\n"
    };
    let body = format!(
        "<p>{text}</p>\n<p>{}, {}<br>\nOrder {}</p>\n{}",
        escaped(order.goods.name),
        order.goods.price,
        escaped(order.id.as_str()),
        home(shop),
    );
    page(title, head, &body)
}

pub(crate) fn not_started(shop: &Shop) -> String {
    let body = format!(
        "<p>The payment could not be started. Nothing was charged; please try again.</p>\n{}",
        home(shop)
    );
    page("Sorry", "", &body)
}

pub(crate) fn unclear(shop: &Shop) -> String {
    let body = format!(
        "<p>Vipps does not answer, so that we cannot tell yet whether the order is paid. You need not pay again; \
         this page asks until it knows.</p>\n{}",
        home(shop)
    );
    page(
        "One moment",
        "<meta http-equiv=\"refresh\" content=\"5\">\n",
        &body,
    )
}

pub(crate) fn not_found(shop: &Shop) -> String {
    let body = format!("<p>There is no such page or order.</p>\n{}", home(shop));
    page("Not here", "", &body)
}

fn home(shop: &Shop) -> String {
    format!(
        "<p><a href=\"{}\">To the shop</a></p>",
        escaped(&shop.link("/"))
    )
}
