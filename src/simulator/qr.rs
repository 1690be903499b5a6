//! The QR API, with one file for each kind of code.

pub(crate) mod callback;
pub(crate) mod exchange;
pub(crate) mod one_time;
pub(crate) mod redirect;

use std::collections::{BTreeMap, HashMap};

use http::StatusCode;
use jiff::Timestamp;

use super::errors;
use super::images::{Format, SIZE};
use super::random::Random;
use super::state::{OrderRef, State};
use super::wire::{Request, Response};

/// The host in the text of every code. The app accepts no other host.
pub(crate) const CONTENT_HOST: &str = "https://qr.vipps.no";

/// The sales unit and the id that the merchant chose.
pub(crate) type Key = (String, String);

/// All codes ever created, and the target of each text.
#[derive(Debug, Default)]
pub(crate) struct Codes {
    by_text: HashMap<String, Target>,
    /// The latest text of each payment.
    of_payment: HashMap<OrderRef, String>,
    pub(crate) redirects: BTreeMap<Key, redirect::Redirect>,
    pub(crate) callbacks: BTreeMap<Key, callback::Callback>,
    /// The texts of callback codes. A text never changes, even if the code is deleted and created
    /// again.
    callback_texts: HashMap<Key, String>,
    /// The sales unit of each printed MobilePay code, by beacon id.
    pub(crate) beacons: BTreeMap<String, String>,
    /// The personal codes that customers show at the till, by text.
    pub(crate) personal: HashMap<String, exchange::Personal>,
    /// Tokens of check-ins.
    pub(crate) customers: HashMap<String, exchange::Customer>,
}

/// The target of a code's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    Payment(OrderRef),
    Redirect(Key),
    Callback(Key),
}

impl State {
    /// Returns `true` if the code of this text exists and has not expired. The text of a deleted
    /// redirect code stays invalid, even if a new code has the same id.
    pub(crate) fn code_lives(&self, text: &str, now: Timestamp) -> bool {
        match self.codes.target(text) {
            Some(Target::Payment(order)) => now < self.order(*order).landing_page_ends(),
            Some(Target::Redirect(key)) => {
                let code = self.codes.redirects.get(key);
                code.is_some_and(|code| code.text == text && code.lives(now))
            }
            Some(Target::Callback(key)) => self.codes.callbacks.contains_key(key),
            None => self.codes.personal.contains_key(text),
        }
    }
}

impl Codes {
    pub(crate) fn target(&self, text: &str) -> Option<&Target> {
        self.by_text.get(text)
    }

    /// Creates the text of a new code. `kind` is the letter in its path.
    pub(crate) fn text(&mut self, kind: char, target: Target, random: &mut Random) -> String {
        let text = format!("{CONTENT_HOST}/{kind}/{}", random.slug());
        if let Target::Payment(order) = target {
            self.of_payment.insert(order, text.clone());
        }
        self.by_text.insert(text.clone(), target);
        text
    }

    /// Returns the text of the latest code of a payment.
    pub(crate) fn of_payment(&self, order: OrderRef) -> Option<&str> {
        self.of_payment.get(&order).map(String::as_str)
    }

    /// Returns the text of a callback code.
    pub(crate) fn of_place(&self, key: &Key) -> Option<&str> {
        self.callback_texts.get(key).map(String::as_str)
    }

    /// Returns the name of the place whose code has this text.
    pub(crate) fn place_of(&self, text: &str) -> Option<&str> {
        match self.target(text)? {
            Target::Callback(key) => Some(&self.callbacks.get(key)?.location),
            _ => None,
        }
    }

    pub(crate) fn callback_text(&mut self, key: &Key, random: &mut Random) -> String {
        if let Some(text) = self.callback_texts.get(key) {
            return text.clone();
        }
        let text = self.text('c', Target::Callback(key.clone()), random);
        self.callback_texts.insert(key.clone(), text.clone());
        text
    }
}

/// The kind of content that a request's `Accept` header selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Link(Format),
    /// The text itself.
    Content,
}

/// Reads `Accept` and, for PNG, `Size`.
fn wanted(state: &mut State, request: &Request) -> Result<Wanted, Box<Response>> {
    let accept = request.header("accept").unwrap_or_default();
    let size = request
        .header("size")
        .and_then(|size| size.parse().ok())
        .unwrap_or(SIZE);
    match accept {
        // The curl command in the quick start sends `*/*`.
        "image/*" | "image/svg+xml" | "*/*" => Ok(Wanted::Link(Format::Svg)),
        "image/png" => Ok(Wanted::Link(Format::Png(size))),
        _ if accept.eq_ignore_ascii_case("text/targetUrl") => Ok(Wanted::Content),
        _ => Err(Box::new(
            errors::qr(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Unsupported Media Type",
                "Accept must be one of image/*, image/png, image/svg+xml, text/targetUrl",
                &mut state.random,
            )
            .noted("Accept asks for no kind of QR code"),
        )),
    }
}

fn not_found(state: &mut State) -> Response {
    errors::qr(
        StatusCode::NOT_FOUND,
        "Not found",
        "There is no QR code of this id",
        &mut state.random,
    )
}
