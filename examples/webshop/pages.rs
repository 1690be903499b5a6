//! HTML. Whatever is not written here is escaped.

use vipps::ecom::PaymentState;

use crate::shared::html::escaped;
use crate::shop::{GOODS, Order, Shop};

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n{head}<title>{}</title>\n\
         <style>body {{ font: 1.1em/1.5 sans-serif; max-width: 40em; margin: 2em auto; padding: 0 1em }}</style>\n\
         <h1>{}</h1>\n{body}\n",
        escaped(title),
        escaped(title),
    )
}

pub(crate) fn front(shop: &Shop) -> String {
    let mut body = String::new();
    for (number, goods) in GOODS.iter().enumerate() {
        let form = |way: &str, label: &str| {
            let action = escaped(&shop.link(&format!("/{way}/{number}")));
            format!("<form method=\"post\" action=\"{action}\"><button>{label}</button></form>")
        };
        body.extend([
            format!("<h2>{}</h2>\n<p>{}</p>\n", escaped(goods.name), goods.price),
            form("buy", "Pay with Vipps"),
            form("express", "Vipps express checkout"),
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
        "<p>{text}</p>\n<p>Order {}: {}, {}</p>\n{}",
        escaped(order.id.as_str()),
        escaped(order.goods.name),
        order.goods.price,
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

pub(crate) fn not_found() -> String {
    page("Not here", "", "<p>There is no such page or order.</p>")
}

fn home(shop: &Shop) -> String {
    format!(
        "<p><a href=\"{}\">To the shop</a></p>",
        escaped(&shop.link("/"))
    )
}
