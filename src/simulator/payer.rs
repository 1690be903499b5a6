//! The customer with the app.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::engine::Engine;
use super::order::Phase;
use super::person::Person;
use super::qr::exchange::Personal;
use super::qr::one_time::landing_token;
use super::qr::{CONTENT_HOST, Key, Target};
use super::routes::IMAGE_PATH;
use super::state::{OrderRef, State};
use super::wire::parameter;

/// The customer with the app. Every method accepts any text that identifies a payment: the order
/// id, the landing page's URL, the text of a QR code, or the link to its image.
///
/// ```no_run
/// # use vipps::simulator::Simulator;
/// # let landing_page = String::new();
/// let sim = Simulator::start()?;
/// sim.payer().scan(&landing_page)?; // the merchant sees "scanned"
/// sim.payer().approve("acme-shop-123-order123abc")?; // and now "reserved"
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Payer {
    engine: Arc<Engine>,
    /// `None` for the usual customer of the payment.
    person: Option<Person>,
}

/// The result of a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scanned {
    /// A payment is open in the app.
    Payment {
        /// The order id of the payment.
        order_id: String,
    },
    /// The browser opens this page.
    Redirect {
        /// The URL that the merchant redirect code leads to at present.
        url: String,
    },
    /// The customer has checked in, and the merchant's webhook is called.
    CheckIn {
        /// The id of the code, or of the MobilePay beacon.
        merchant_qr_id: String,
    },
}

/// The reason why the customer cannot do an action.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayerError {
    /// The text identifies no order, code or link of this simulator.
    NothingThere,
    /// The text is a code, but not the code of a payment.
    NotAPayment,
    /// Several sales units have an order with this id. Use the landing page's URL instead.
    Ambiguous,
    /// The payment, the code or the link has expired or was deleted.
    Expired,
    /// The payment is in a final state, which the text names.
    AlreadyFinal(&'static str),
    /// The customer approved and the issuer refused, because the amount is one of the test amounts
    /// for a refusal.
    Declined(&'static str),
    /// The express payment has no such shipping method.
    NoSuchShippingMethod,
    /// The payment has no consent to withdraw, because it is not an approved express payment.
    NoConsent,
    /// The sales unit has no webhook for check-ins. The app shows that it cannot connect to the
    /// store.
    CannotConnect,
}

impl fmt::Display for PayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingThere => {
                f.write_str("the simulator knows no payment, QR code or image link of this text")
            }
            Self::NotAPayment => f.write_str("this QR code is not one of a payment"),
            Self::Ambiguous => f.write_str(
                "several sales units have an order of this id; use its landing page instead",
            ),
            Self::Expired => f.write_str("it has expired or was deleted"),
            Self::AlreadyFinal(how) => write!(f, "the payment is already {how}"),
            Self::Declined(reason) => write!(f, "the issuer refused the card: {reason}"),
            Self::NoSuchShippingMethod => {
                f.write_str("the payment has no shipping method of this id")
            }
            Self::NoConsent => {
                f.write_str("only an approved express payment has a consent to withdraw")
            }
            Self::CannotConnect => f.write_str(
                "can't connect to store: the sales unit has no webhook for check-ins; see Simulator::webhook",
            ),
        }
    }
}

impl std::error::Error for PayerError {}

impl Payer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            person: None,
        }
    }

    /// Returns the same phone with another customer. The number may be written in any usual way:
    /// `4798765432`, `+47 987 65 432` or `98765432`. The usual number is the one that the payment
    /// was started with (`customerInfo.mobileNumber`), or else `4791234567`.
    #[must_use]
    pub fn with_number(mut self, number: impl Into<String>) -> Self {
        let number = number.into();
        let person = Person::of_number(&number);
        self.person = Some(person.unwrap_or(Person { msisdn: number }));
        self
    }

    /// Returns the customer for an action that does not depend on a payment.
    fn person(&self) -> Person {
        self.person.clone().unwrap_or_default()
    }

    /// Scans a code. A payment opens in the app: its `INITIATE` entry in the details then has a
    /// `transactionId`, and the customer has five more minutes. A merchant redirect code returns
    /// its target URL. A merchant callback code checks the customer in, and so does the bare id of
    /// a mapped MobilePay beacon.
    ///
    /// # Errors
    /// If the text identifies no code or payment, or if it has expired.
    pub fn scan(&self, what: impl AsRef<str>) -> Result<Scanned, PayerError> {
        self.engine
            .with_state(|state, now| match resolve(state, what.as_ref(), now)? {
                Target::Payment(order) => {
                    waits(state, order)?;
                    state.scan(order, now);
                    let order_id = state.order(order).id.clone();
                    Ok(Scanned::Payment { order_id })
                }
                Target::Redirect(key) => match state.codes.redirects.get(&key) {
                    Some(redirect) => Ok(Scanned::Redirect {
                        url: redirect.destination.clone(),
                    }),
                    None => Err(PayerError::Expired),
                },
                Target::Callback(key) => {
                    state.check_in(&key, &self.person(), now)?;
                    let (_, merchant_qr_id) = key;
                    Ok(Scanned::CheckIn { merchant_qr_id })
                }
            })
    }

    /// Opens the payment, if it is not open, and approves it. The amount is reserved (`RESERVE`),
    /// or charged at once in a sales unit with direct capture (`SALE`). An express payment uses the
    /// shipping method that the merchant prefers. If the merchant must be asked for the methods,
    /// the reservation follows the response.
    ///
    /// # Errors
    /// If the payment does not exist, if it is in a final state, or if its amount is one of the
    /// test amounts at which the issuer refuses (151, 182, 183, 184, 186, 187 and 197 øre). The
    /// details then show the refusal. Initiate returns 501 for the test amounts that are not
    /// modelled (201 and 202 øre), and so does refund for 123 and 124 øre.
    pub fn approve(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.pay(what.as_ref(), None)
    }

    /// Approves an express payment with this shipping method.
    ///
    /// # Errors
    /// See [`approve`](Self::approve). Also if the payment has no such method. If the merchant must
    /// be asked for the methods, the method is not checked here, and a payment without it stays
    /// unapproved.
    pub fn approve_with_shipping(
        &self,
        what: impl AsRef<str>,
        shipping_method_id: impl AsRef<str>,
    ) -> Result<(), PayerError> {
        self.pay(what.as_ref(), Some(shipping_method_id.as_ref()))
    }

    fn pay(&self, what: &str, method: Option<&str>) -> Result<(), PayerError> {
        self.engine.with_state(|state, now| {
            let order = waiting(state, what, now)?;
            let usual = || state.order(order).usual_customer();
            let person = self.person.clone().unwrap_or_else(usual);
            state.approve(order, person, method, now)
        })
    }

    /// Opens the payment, if it is not open, and rejects it in the app. The details show `CANCEL`,
    /// and the callback has the status `CANCELLED`.
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn reject(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.engine.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.reject(order, now);
            Ok(())
        })
    }

    /// Rejects the payment on the landing page, without the app. The details show `CANCEL`, and the
    /// callback has the status `REJECTED`, as after a timeout.
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn leave(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.engine.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.leave(order, now);
            Ok(())
        })
    }

    /// Opens the payment, if it is not open, and starts 3-D Secure with the issuer. Until the
    /// payment is approved or rejected, the merchant cannot cancel it: a cancel fails with status
    /// 500.
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn authenticate(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.engine.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.scan(order, now);
            state.order_mut(order).authenticating = true;
            Ok(())
        })
    }

    /// Withdraws the consent of an express payment. The merchant is called at its consent removal
    /// prefix.
    ///
    /// # Errors
    /// If the payment does not exist or has no consent.
    pub fn withdraw_consent(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.engine
            .with_state(|state, now| match resolve(state, what.as_ref(), now)? {
                Target::Payment(order) => state.withdraw_consent(order),
                _ => Err(PayerError::NotAPayment),
            })
    }

    /// Returns the payment that a text identifies, in any phase.
    pub(crate) fn order(state: &State, what: &str, now: Timestamp) -> Result<OrderRef, PayerError> {
        match resolve(state, what, now)? {
            Target::Payment(order) => Ok(order),
            _ => Err(PayerError::NotAPayment),
        }
    }

    /// Shows the customer's personal code and returns its text, which the merchant scans.
    pub fn personal_qr(&self) -> String {
        self.engine.with_state(|state, now| {
            let text = format!(
                "{CONTENT_HOST}/p/{}{}",
                state.random.slug(),
                state.random.slug()
            );
            let personal = Personal {
                msisdn: self.person().msisdn,
                made: now,
            };
            state.codes.personal.insert(text.clone(), personal);
            text
        })
    }
}

/// Returns the payment that a text identifies, if it waits for the customer.
fn waiting(state: &State, what: &str, now: Timestamp) -> Result<OrderRef, PayerError> {
    let order = Payer::order(state, what, now)?;
    waits(state, order)?;
    Ok(order)
}

fn waits(state: &State, order: OrderRef) -> Result<(), PayerError> {
    match state.order(order).phase {
        Phase::Initiated => Ok(()),
        Phase::Expired => Err(PayerError::Expired),
        Phase::Cancelled => Err(PayerError::AlreadyFinal("cancelled")),
        Phase::Failed => Err(PayerError::AlreadyFinal("refused by the issuer")),
        Phase::Approved => Err(PayerError::AlreadyFinal("approved")),
    }
}

fn resolve(state: &State, what: &str, now: Timestamp) -> Result<Target, PayerError> {
    let what = what.trim();
    if what.contains(IMAGE_PATH) {
        let token = what
            .split_once('?')
            .and_then(|(_, query)| parameter(query, "token"))
            .ok_or(PayerError::NothingThere)?;
        let image = state.images.get(&token).ok_or(PayerError::NothingThere)?;
        if image.ends <= now {
            return Err(PayerError::Expired);
        }
        return by_text(state, &image.content, now);
    }
    if what.starts_with(CONTENT_HOST) {
        return by_text(state, what, now);
    }
    if let Some(order) = landing_token(what).and_then(|token| state.by_landing_token(&token)) {
        return Ok(Target::Payment(order));
    }
    match state.by_order_id(what).as_slice() {
        [] => beacon(state, what).ok_or(PayerError::NothingThere),
        [order] => Ok(Target::Payment(*order)),
        _ => Err(PayerError::Ambiguous),
    }
}

fn by_text(state: &State, text: &str, now: Timestamp) -> Result<Target, PayerError> {
    match state.codes.target(text) {
        None => Err(PayerError::NothingThere),
        // A customer who has opened a payment can continue after its code has expired.
        Some(Target::Payment(order)) => Ok(Target::Payment(*order)),
        Some(target) if state.code_lives(text, now) => Ok(target.clone()),
        Some(_) => Err(PayerError::Expired),
    }
}

fn beacon(state: &State, id: &str) -> Option<Target> {
    let msn = state.codes.beacons.get(id)?;
    let key: Key = (msn.clone(), id.to_owned());
    Some(Target::Callback(key))
}
