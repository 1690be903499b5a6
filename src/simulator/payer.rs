//! The human at the phone.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::engine::Engine;
use super::order::Phase;
use super::qr::CONTENT_HOST;
use super::qr::one_time::landing_token;
use super::routes::IMAGE_PATH;
use super::state::{OrderRef, State};
use super::wire::parameter;

/// The customer with the app in hand. Every method takes whatever leads to a
/// payment: the order id, the landing page's URL, the text of a QR code, or the
/// link to its image.
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
pub struct Payer(Arc<Engine>);

/// Why the customer cannot do that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayerError {
    /// Nothing here was made for this text: no order, no code, no link.
    NoSuchPayment,
    /// Several sales units have an order of this id; name its landing page.
    Ambiguous,
    /// The payment, the code or the link ran out.
    Expired,
    /// The payment is over; the text says how it ended.
    AlreadyFinal(&'static str),
    /// The customer approved and the issuer refused, because the amount is one
    /// of the test amounts that ask for it.
    Declined(&'static str),
}

impl fmt::Display for PayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPayment => {
                f.write_str("the simulator knows no payment, QR code or image link of this text")
            }
            Self::Ambiguous => f.write_str(
                "several sales units have an order of this id; use its landing page instead",
            ),
            Self::Expired => f.write_str("the payment has expired: nobody acted in time"),
            Self::AlreadyFinal(how) => write!(f, "the payment is already {how}"),
            Self::Declined(reason) => write!(f, "the issuer refused the card: {reason}"),
        }
    }
}

impl std::error::Error for PayerError {}

impl Payer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// Opens the payment in the app. From now on its `INITIATE` entry in the
    /// details has a `transactionId`, and the customer has five more minutes.
    ///
    /// # Errors
    /// When there is no such payment, or it has ended.
    pub fn scan(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.0.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.scan(order, now);
            Ok(())
        })
    }

    /// Opens the payment, if that has not happened, and approves it: the amount
    /// is reserved (`RESERVE`), or charged at once in a sales unit with direct
    /// capture (`SALE`).
    ///
    /// # Errors
    /// When there is no such payment, when it has ended, or when its amount is
    /// one of the test amounts at which the issuer refuses (151, 182, 183, 184,
    /// 186, 187 and 197 øre); the refusal then stands in the details.
    pub fn approve(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.0.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.scan(order, now);
            if let Some(reason) = refused_amount(state.order(order).amount) {
                state.order_mut(order).decline(now);
                return Err(PayerError::Declined(reason));
            }
            state.approve(order, now);
            Ok(())
        })
    }

    /// Opens the payment, if that has not happened, and says no: the details
    /// show `CANCEL`.
    ///
    /// # Errors
    /// When there is no such payment, or it has ended.
    pub fn reject(&self, what: impl AsRef<str>) -> Result<(), PayerError> {
        self.0.with_state(|state, now| {
            let order = waiting(state, what.as_ref(), now)?;
            state.scan(order, now);
            state.order_mut(order).reject(now);
            Ok(())
        })
    }
}

/// The payment that a text leads to, as long as it waits for its customer.
fn waiting(state: &State, what: &str, now: Timestamp) -> Result<OrderRef, PayerError> {
    let order = resolve(state, what, now)?;
    match state.order(order).phase {
        Phase::Initiated => Ok(order),
        Phase::Expired => Err(PayerError::Expired),
        Phase::Cancelled => Err(PayerError::AlreadyFinal("cancelled")),
        Phase::Failed => Err(PayerError::AlreadyFinal("refused by the issuer")),
        Phase::Approved => Err(PayerError::AlreadyFinal("approved")),
    }
}

fn resolve(state: &State, what: &str, now: Timestamp) -> Result<OrderRef, PayerError> {
    let what = what.trim();
    if what.contains(IMAGE_PATH) {
        let token = what
            .split_once('?')
            .and_then(|(_, query)| parameter(query, "token"))
            .ok_or(PayerError::NoSuchPayment)?;
        let image = state.images.get(&token).ok_or(PayerError::NoSuchPayment)?;
        if image.ends <= now {
            return Err(PayerError::Expired);
        }
        return state
            .by_qr_text(&image.content)
            .ok_or(PayerError::NoSuchPayment);
    }
    if what.starts_with(CONTENT_HOST) {
        return state.by_qr_text(what).ok_or(PayerError::NoSuchPayment);
    }
    if let Some(order) = landing_token(what).and_then(|token| state.by_landing_token(&token)) {
        return Ok(order);
    }
    match state.by_order_id(what).as_slice() {
        [] => Err(PayerError::NoSuchPayment),
        [order] => Ok(*order),
        _ => Err(PayerError::Ambiguous),
    }
}

/// The amounts, in øre, at which the test environment's issuer refuses.
fn refused_amount(amount: i64) -> Option<&'static str> {
    Some(match amount {
        151 => "insufficient funds",
        182 => "refused by the issuer",
        183 => "suspected fraud",
        184 => "limit exceeded",
        186 => "expired card",
        187 => "invalid card",
        197 => "3-D Secure denied",
        _ => return None,
    })
}
