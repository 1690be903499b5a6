//! The actions of the buttons. They do the same as the methods of `Payer`, `Clock` and `Faults`.

use std::sync::Arc;
use std::time::Duration;

use ::http::{HeaderValue, StatusCode, header};

use super::controls::{STEPS, SWITCHES};
use super::phone::Screen;
use super::{Page, failure};
use crate::simulator::domain::Domain;
use crate::simulator::domain::qr::Target;
use crate::simulator::engine::Engine;
use crate::simulator::faults::Faults;
use crate::simulator::gateway::{Request, Response};
use crate::simulator::payer::{Payer, PayerError, Scanned};

/// A submitted form. Missing fields count as empty.
struct Form(Vec<(String, String)>);

impl Form {
    fn of(request: &Request) -> Self {
        Self(
            url::form_urlencoded::parse(&request.body)
                .into_owned()
                .collect(),
        )
    }

    fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.trim())
    }
}

pub(super) fn run(page: &Page, engine: &Arc<Engine>, what: &str, request: &Request) -> Response {
    let form = Form::of(request);
    let place = match what {
        "phone" => phone(page, engine, &form),
        "clock" => clock(engine, &form),
        "faults" => faults(page, engine, &form),
        _ => return failure(StatusCode::NOT_FOUND, "There is nothing here to send to."),
    };
    match place {
        Some(place) => see(place),
        None => failure(StatusCode::BAD_REQUEST, "The page has no such button."),
    }
}

/// Opens a payment in the browser: the phone shows the payment, as if its number had been typed in.
pub(super) fn open(page: &Page, engine: &Engine, request: &Request) -> Response {
    let query = request.query.as_deref().unwrap_or_default();
    let shown = payment(engine, &format!("{}?{query}", request.path));
    page.show(engine, shown);
    see("/#phone")
}

/// Redirects a browser to a place on the page.
fn see(place: &'static str) -> Response {
    Response::empty(StatusCode::SEE_OTHER)
        .with_header(header::LOCATION, HeaderValue::from_static(place))
}

fn phone(page: &Page, engine: &Arc<Engine>, form: &Form) -> Option<&'static str> {
    let payer = Payer::new(Arc::clone(engine));
    let text = engine.look(|world, _| text(&world.state.domain, form));
    let shown = match form.get("do") {
        "scan" => payer
            .scan(&text)
            .map(|scanned| screen(engine, scanned, &text)),
        "approve" => match form.get("shipping") {
            "" => payer.approve(&text),
            method => payer.approve_with_shipping(&text, method),
        }
        .map(|()| payment(engine, &text)),
        "reject" => payer.reject(&text).map(|()| payment(engine, &text)),
        "show" => Ok(Screen::Personal(payer.personal_qr())),
        "close" => Ok(Screen::Camera),
        _ => return None,
    };
    let shown = shown.unwrap_or_else(|error| Screen::Sorry(error.to_string()));
    page.show(engine, shown);
    Some("/#phone")
}

/// Returns the text that identifies the form's payment or code: the text that was typed in, or the
/// landing page of the order that the form names.
fn text(domain: &Domain, form: &Form) -> String {
    match domain.find(form.get("msn"), form.get("order")) {
        Some(payment) => domain.payment(payment).options.landing_page.clone(),
        None => form.get("what").to_owned(),
    }
}

fn screen(engine: &Engine, scanned: Scanned, text: &str) -> Screen {
    match scanned {
        Scanned::Payment { .. } => payment(engine, text),
        Scanned::Redirect { url } => Screen::Redirect(url),
        Scanned::CheckIn { merchant_qr_id } => {
            let description = engine.look(|world, _| {
                let codes = &world.state.domain.codes;
                let Some(Target::Place(key)) = codes.target(text) else {
                    return None;
                };
                let (place, _) = codes.place(key).ok()?;
                Some(place.description.clone())
            });
            Screen::Place(description.unwrap_or(merchant_qr_id))
        }
    }
}

fn payment(engine: &Engine, text: &str) -> Screen {
    let landing_token = engine.look(|world, now| {
        let payment = Payer::find(&world.state, text, now)?;
        let payment = world.state.domain.payment(payment);
        Ok(payment.options.landing_token.clone())
    });
    landing_token.map_or_else(
        |error: PayerError| Screen::Sorry(error.to_string()),
        Screen::Payment,
    )
}

fn clock(engine: &Engine, form: &Form) -> Option<&'static str> {
    let by = form.get("by").parse().ok()?;
    STEPS.iter().find(|(seconds, _)| *seconds == by)?;
    engine.clock().advance(Duration::from_secs(by));
    Some("/#clock")
}

fn faults(page: &Page, engine: &Arc<Engine>, form: &Form) -> Option<&'static str> {
    let faults = Faults::new(Arc::clone(engine));
    match form.get("do") {
        "on" => {
            let switch = SWITCHES
                .iter()
                .find(|switch| switch.name == form.get("switch"))?;
            let before = page.state().switched.get(switch.name).copied();
            if let Some(before) = before {
                faults.rule(before).remove();
            }
            let fault = (switch.install)(&faults);
            page.state().switched.insert(switch.name, fault.id());
            engine.touch();
        }
        "off" => faults.rule(form.get("rule").parse().ok()?).remove(),
        _ => return None,
    }
    Some("/#faults")
}
