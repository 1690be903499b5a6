//! The webhook registrations. The journal shows what is sent to them.

use maud::{Markup, html};

use super::View;
use crate::simulator::redaction::redacted_url;

const SHOWN: usize = 50;

pub(super) fn section(view: &View<'_>) -> Markup {
    let webhooks = view.world.state.domain.webhooks.all();
    html! {
        section #webhooks.webhooks {
            div.head {
                h2 { "Webhooks" }
                @if !webhooks.is_empty() { span.count { (webhooks.len()) } }
            }
            @if webhooks.is_empty() {
                p.soft { "Registered URLs appear here, and the journal shows each event that is sent to them." }
            }
            ul.cards {
                @for webhook in webhooks.iter().take(SHOWN) {
                    li.printed id={ "webhook-" (webhook.id) } {
                        div {
                            p.kind {
                                @match &webhook.sales_unit {
                                    Some(sales_unit) => { "Sales unit " (sales_unit) },
                                    None => { "All sales units" },
                                }
                            }
                            h3.goal { (redacted_url(&webhook.url, &[])) }
                            @for event in &webhook.events { p.text { (event) } }
                        }
                    }
                }
            }
        }
    }
}
