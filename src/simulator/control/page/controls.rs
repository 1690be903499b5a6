//! The clock, the faults and the keys.

use maud::{Markup, html};

use super::View;
use super::format::{date, time};
use crate::simulator::engine::FaultSummary;
use crate::simulator::faults::{Fault, Faults};

const CAPTURE: &str = "capture_payment_using_post";
const FETCH_TOKEN: &str = "fetch_authorization_token_using_post";

/// The steps by which the page moves the clock: seconds and the label of the button.
pub(super) const STEPS: [(u64, &str); 4] = [
    (60, "+1 min"),
    (300, "+5 min"),
    (600, "+10 min"),
    (24 * 3600, "+1 day"),
];

/// A fault that the page can switch on.
pub(super) struct Switch {
    pub(super) name: &'static str,
    title: &'static str,
    about: &'static str,
    pub(super) install: fn(&Faults) -> Fault,
}

pub(super) const SWITCHES: [Switch; 6] = [
    Switch {
        name: "capture-lost",
        title: "Response to a capture is lost",
        about: "The money moves, and the connection breaks before the response. Once.",
        install: |faults| faults.on(CAPTURE).times(1).lose_response(),
    },
    Switch {
        name: "too-many",
        title: "Too many requests",
        about: "429 to everything, with Retry-After: 2.",
        install: |faults| faults.any().retry_after(2).status(429),
    },
    Switch {
        name: "unavailable",
        title: "Out of service",
        about: "503 to everything, and nothing takes effect.",
        install: |faults| faults.any().status(503),
    },
    Switch {
        name: "token",
        title: "No tokens",
        about: "The token endpoint returns 500 with an HTML page.",
        install: |faults| {
            faults
                .on(FETCH_TOKEN)
                .status_with_body(500, "<html></html>")
        },
    },
    Switch {
        name: "slow",
        title: "Slow responses",
        about: "Every response is three seconds late.",
        install: |faults| faults.any().delay(std::time::Duration::from_secs(3)),
    },
    Switch {
        name: "callbacks-lost",
        title: "Callbacks are lost",
        about: "No callback about a payment is sent.",
        install: |faults| faults.on("payment_callback").lose_request(),
    },
];

pub(super) fn clock(view: &View<'_>) -> Markup {
    let stands = view.clock.stands();
    html! {
        section #clock.clock aria-label="Clock" {
            p.now {
                strong.running[!stands] { (time(view.now)) }
                span.soft { "UTC, " (date(view.now)) @if stands { ", standing still" } }
            }
            form method="post" action="/_simulator/page/clock" {
                @for (seconds, label) in STEPS {
                    button name="by" value=(seconds) title="Tokens, codes and payments grow older with it" { (label) }
                }
            }
        }
    }
}

pub(super) fn faults(view: &View<'_>) -> Markup {
    let rules = view.world.rules.listed(view.now);
    let live = rules.iter().filter(|rule| !rule.spent).count();
    let here = &view.page.switched;
    let others = rules
        .iter()
        .filter(|rule| !here.values().any(|id| *id == rule.id));
    html! {
        details #faults.panel open[live > 0] {
            summary {
                h2 { "Faults" }
                @if live > 0 { (super::format::chip("refused", &format!("{live} on"))) }
                @else { span.soft { "none on" } }
            }
            ul.switches {
                @for switch in &SWITCHES {
                    @let rule = here.get(switch.name).and_then(|id| rules.iter().find(|rule| rule.id == *id));
                    li {
                        div {
                            h3 { (switch.title) }
                            p.soft { (switch.about) }
                            @if let Some(rule) = rule { (hits(rule)) }
                        }
                        (toggle(switch, rule))
                    }
                }
                @for rule in others {
                    li {
                        div {
                            h3 { (rule.description) }
                            p.soft {
                                "Set by a program, for "
                                (rule.operation.as_deref().unwrap_or("every request"))
                                @if let Some(order) = &rule.order { " of order " (order) }
                                "."
                            }
                            (hits(rule))
                        }
                        (off(rule))
                    }
                }
            }
        }
    }
}

fn hits(rule: &FaultSummary) -> Markup {
    html! {
        p.hits {
            @match rule.hits {
                0 => "not applied yet",
                1 => "applied once",
                n => { "applied " (n) " times" },
            }
            @if rule.spent { ", and expired" }
        }
    }
}

fn toggle(switch: &Switch, rule: Option<&FaultSummary>) -> Markup {
    match rule {
        Some(rule) if !rule.spent => off(rule),
        _ => html! {
            form method="post" action="/_simulator/page/faults" {
                input type="hidden" name="switch" value=(switch.name);
                button name="do" value="on" aria-label={ "Switch on: " (switch.title) } { "Switch on" }
            }
        },
    }
}

fn off(rule: &FaultSummary) -> Markup {
    html! {
        form method="post" action="/_simulator/page/faults" {
            input type="hidden" name="rule" value=(rule.id);
            button.on name="do" value="off" { "Switch off" }
        }
    }
}

pub(super) fn keys(view: &View<'_>) -> Markup {
    html! {
        @if !view.world.state.domain.payments().is_empty() {
            details #keys.panel {
                summary {
                    h2 { "Keys" }
                    span.soft { "for a till" }
                }
                (exports(view))
            }
        }
    }
}

/// Returns the shell commands that point a client at this simulator. The simulator made the keys,
/// and they are valid nowhere else.
pub(super) fn exports(view: &View<'_>) -> Markup {
    let settings = &view.world.state.settings;
    let keys = &settings.keys;
    let lines = [
        ("VIPPS_BASE_URL", reached_at(&settings.base_url)),
        ("VIPPS_CLIENT_ID", keys.client_id.clone()),
        ("VIPPS_CLIENT_SECRET", keys.client_secret.clone()),
        ("VIPPS_SUBSCRIPTION_KEY", keys.subscription_key.clone()),
        (
            "VIPPS_MERCHANT_SERIAL_NUMBER",
            keys.merchant_serial_number.clone(),
        ),
    ];
    html! {
        div.copy {
            pre tabindex="0" {
                @for (name, value) in lines { "export " (name) "='" (value) "'\n" }
                "cargo run --example till"
            }
            button.ghost type="button" data-copy hidden { "Copy" }
        }
        p.soft { "The keys are this simulator’s own and open nothing else." }
    }
}

/// Replaces an unspecified listen address by the loopback address, because a client accepts plain
/// HTTP only on loopback.
fn reached_at(base_url: &str) -> String {
    base_url
        .replace("//0.0.0.0:", "//127.0.0.1:")
        .replace("//[::]:", "//[::1]:")
}
