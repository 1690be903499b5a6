//! The customer with the app.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;

use super::apis::qr::CHECK_IN_EVENT;
use super::domain::profile::Profile;
use super::domain::qr::{CONTENT_HOST, Target};
use super::domain::{Domain, EndReason, PaymentId, Refusal, RefusalReason};
use super::engine::Engine;
use super::gateway::{IMAGE_PATH, State, landing_token, parameter};

/// The customer with the app. Every method accepts any text that identifies a payment: the order
/// id, the landing page's URL, the text of a QR code, or the link to its image.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use vipps::Amount;
/// use vipps::simulator::{PayerError, Scanned, Simulator};
///
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// let (order, socks) = ("order-1".parse()?, "Socks".parse()?);
/// let sale = sim.client().pay_by_qr(order, Amount::nok(499), socks).content().await?;
/// let code = sale.qr().content().ok_or("no text")?;
///
/// let order_id = "order-1".to_owned();
/// assert_eq!(sim.payer().scan(code.as_str())?, Scanned::Payment { order_id });
/// sim.payer().approve("order-1")?;
/// assert_eq!(sim.payer().reject("order-1"), Err(PayerError::AlreadyFinal("approved")));
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Payer {
    engine: Arc<Engine>,
    /// `None` for the usual customer of the payment.
    profile: Option<Profile>,
}

/// The result of a scan. [`Payer`] has an example.
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

/// The reason why the customer cannot do an action. [`Payer`] has an example.
///
/// `Debug` prints the same text as `Display`, because
/// it is what a `main` prints that returns the error.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PayerError {
    /// The text identifies no order, code or link of this simulator.
    NotFound,
    /// The text is a code, but not the code of a payment.
    NotAPayment,
    /// Several sales units have an order with this id. Use the landing page's URL instead.
    Ambiguous,
    /// The payment, the code or the link has expired or was deleted.
    Expired,
    /// The payment is in a final state: `approved`, `cancelled`, `rejected` or `declined`.
    AlreadyFinal(&'static str),
    /// The customer approved and the issuer declined the card for this reason, because the amount is
    /// one of the test amounts for a decline.
    Declined(&'static str),
    /// The express payment has no such shipping method.
    NoSuchShippingMethod,
    /// The payment has no consent to withdraw, because it is not an approved express payment.
    NoConsent,
    /// The sales unit has no webhook for check-ins. The app shows that it cannot connect to the
    /// store.
    NoWebhook,
}

impl fmt::Display for PayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => {
                f.write_str("the simulator has no payment, QR code or image link with this text")
            }
            Self::NotAPayment => f.write_str("the QR code is not the code of a payment"),
            Self::Ambiguous => f.write_str(
                "several sales units have an order with this id; use its landing page instead",
            ),
            Self::Expired => f.write_str("the payment or the code has expired or was deleted"),
            Self::AlreadyFinal(how) => write!(f, "the payment is already {how}"),
            Self::Declined(reason) => write!(f, "the issuer declined the card: {reason}"),
            Self::NoSuchShippingMethod => {
                f.write_str("the payment has no shipping method with this id")
            }
            Self::NoConsent => {
                f.write_str("only an approved express payment has a consent to withdraw")
            }
            Self::NoWebhook => f.write_str(
                "the app cannot connect to the store: the sales unit has no webhook for check-ins; \
                 register one for user.checked-in.v1",
            ),
        }
    }
}

impl fmt::Debug for PayerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PayerError {}

impl Payer {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self {
            engine,
            profile: None,
        }
    }

    /// Returns a handle for the customer with this phone number, in any usual form: `4798765432`,
    /// `+47 987 65 432` or `98765432`. Without it, the customer is the one that the payment names
    /// (`customerInfo.mobileNumber` of eCom, `customer` of ePayment), or else `4791234567`.
    #[must_use]
    pub fn with_number(mut self, number: impl Into<String>) -> Self {
        let number = number.into();
        let profile = Profile::of_number(&number);
        self.profile = Some(profile.unwrap_or(Profile { msisdn: number }));
        self
    }

    /// Returns the customer for an action that does not depend on a payment.
    fn profile(&self) -> Profile {
        self.profile.clone().unwrap_or_default()
    }

    /// Scans a code. A payment opens in the app. If eCom started it, its `INITIATE` entry in the
    /// details then has a `transactionId`, and the customer has five minutes from then to approve. A
    /// merchant redirect code returns its target URL. A merchant callback code checks the customer
    /// in, and so does the bare id of a mapped MobilePay beacon.
    ///
    /// # Errors
    /// If the text identifies no code or payment, or if it has expired.
    pub fn scan(&self, code: impl AsRef<str>) -> Result<Scanned, PayerError> {
        self.engine.with_state(|state, now| {
            let target = resolve(state, code.as_ref(), now)?;
            let State { domain, random, .. } = state;
            match target {
                Target::Payment(payment) => {
                    if let Some(reason) = domain.payment(payment).approval_refusal() {
                        return Err(Refusal::CannotApprove(reason).into());
                    }
                    domain.open(payment, now);
                    let order_id = domain.payment(payment).reference.clone();
                    Ok(Scanned::Payment { order_id })
                }
                Target::Redirect(key) => {
                    let url = domain.codes.redirect(&key, now)?.destination.clone();
                    Ok(Scanned::Redirect { url })
                }
                Target::Place(key) => {
                    domain.check_in(&key, self.profile(), CHECK_IN_EVENT, random, now)?;
                    let merchant_qr_id = key.id;
                    Ok(Scanned::CheckIn { merchant_qr_id })
                }
            }
        })
    }

    /// Opens the payment, if it is not open, and approves it. The amount is reserved, or charged at
    /// once for an eCom payment of a sales unit with direct capture. An express payment uses the
    /// shipping method that the merchant prefers. If the merchant returns the methods on request,
    /// the reservation follows that response.
    ///
    /// # Errors
    /// If the payment does not exist, if it is in a final state, or if its amount is one of the
    /// test amounts at which the issuer declines the card (151, 182, 183, 184, 186, 187 and 197 øre).
    /// The details then show the decline. A payment of a test amount that is not modelled (201 and
    /// 202 øre) cannot be started: the response has status 501.
    pub fn approve(&self, payment: impl AsRef<str>) -> Result<(), PayerError> {
        self.pay(payment.as_ref(), None)
    }

    /// Approves an express payment with this shipping method.
    ///
    /// # Errors
    /// See [`approve`](Self::approve). Also if the payment has no such method. If the merchant returns
    /// the methods on request, the method is not checked here, and a payment without it stays
    /// unapproved.
    pub fn approve_with_shipping(
        &self,
        payment: impl AsRef<str>,
        shipping_method_id: impl AsRef<str>,
    ) -> Result<(), PayerError> {
        self.pay(payment.as_ref(), Some(shipping_method_id.as_ref()))
    }

    fn pay(&self, payment: &str, method: Option<&str>) -> Result<(), PayerError> {
        self.with_payment(payment, |domain, payment, now| {
            let usual = || domain.payment(payment).usual_customer();
            let customer = self.profile.clone().unwrap_or_else(usual);
            domain.approve(payment, customer, method, now)
        })
    }

    /// Runs an operation on the payment that a text identifies.
    fn with_payment(
        &self,
        payment: &str,
        run: impl FnOnce(&mut Domain, PaymentId, Timestamp) -> Result<(), Refusal>,
    ) -> Result<(), PayerError> {
        self.engine.with_state(|state, now| {
            let payment = Self::find(state, payment, now)?;
            Ok(run(&mut state.domain, payment, now)?)
        })
    }

    /// Opens the payment, if it is not open, and rejects it in the app. With eCom, the details show
    /// `CANCEL`, and the callback has the status `CANCELLED`. With ePayment, the state is `ABORTED`.
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn reject(&self, payment: impl AsRef<str>) -> Result<(), PayerError> {
        self.with_payment(payment.as_ref(), |domain, payment, now| {
            domain.reject(payment, true, now)
        })
    }

    /// Rejects the payment on the landing page, without the app. With eCom, the details show
    /// `CANCEL`, and the callback has the status `REJECTED`, as after a timeout. With ePayment, the
    /// state is `ABORTED`.
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn reject_on_landing_page(&self, payment: impl AsRef<str>) -> Result<(), PayerError> {
        self.with_payment(payment.as_ref(), |domain, payment, now| {
            domain.reject(payment, false, now)
        })
    }

    /// Opens the payment, if it is not open, and starts 3-D Secure with the issuer. Until the
    /// payment is approved or rejected, the merchant cannot cancel it: a cancel fails with status 500
    /// (eCom) or with code 6250 (ePayment).
    ///
    /// # Errors
    /// If the payment does not exist or is in a final state.
    pub fn authenticate(&self, payment: impl AsRef<str>) -> Result<(), PayerError> {
        self.with_payment(payment.as_ref(), Domain::authenticate)
    }

    /// Withdraws the consent of an express payment. The merchant is called at its consent removal
    /// prefix.
    ///
    /// # Errors
    /// If the payment does not exist or has no consent.
    pub fn withdraw_consent(&self, payment: impl AsRef<str>) -> Result<(), PayerError> {
        self.with_payment(payment.as_ref(), |domain, payment, _| {
            domain.withdraw_consent(payment)
        })
    }

    /// Returns the payment that a text identifies, in any phase.
    pub(crate) fn find(state: &State, text: &str, now: Timestamp) -> Result<PaymentId, PayerError> {
        match resolve(state, text, now)? {
            Target::Payment(payment) => Ok(payment),
            _ => Err(PayerError::NotAPayment),
        }
    }

    /// Shows the customer's personal code and returns its text, which the merchant scans.
    pub fn personal_qr(&self) -> String {
        let customer = self.profile();
        self.engine
            .with_domain(|domain, random, now| domain.codes.add_personal(customer, random, now))
    }
}

impl From<Refusal> for PayerError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::CannotApprove(RefusalReason::Ended(EndReason::Expired))
            | Refusal::UnknownCode => Self::Expired,
            Refusal::CannotApprove(RefusalReason::Ended(EndReason::Declined)) => {
                Self::AlreadyFinal("declined")
            }
            Refusal::CannotApprove(RefusalReason::Ended(EndReason::Rejected)) => {
                Self::AlreadyFinal("rejected")
            }
            Refusal::CannotApprove(RefusalReason::Ended(EndReason::Cancelled)) => {
                Self::AlreadyFinal("cancelled")
            }
            Refusal::CannotApprove(_) => Self::AlreadyFinal("approved"),
            Refusal::Declined(reason) => Self::Declined(reason),
            Refusal::UnknownShippingMethod => Self::NoSuchShippingMethod,
            Refusal::NoConsent => Self::NoConsent,
            Refusal::NoWebhook => Self::NoWebhook,
            // No action of a customer is refused for another reason.
            _ => Self::NotFound,
        }
    }
}

fn resolve(state: &State, text: &str, now: Timestamp) -> Result<Target, PayerError> {
    let text = text.trim();
    let domain = &state.domain;
    if text.contains(IMAGE_PATH) {
        let token = text
            .split_once('?')
            .and_then(|(_, query)| parameter(query, "token"))
            .ok_or(PayerError::NotFound)?;
        let image = state.images.get(&token).ok_or(PayerError::NotFound)?;
        if image.expires <= now {
            return Err(PayerError::Expired);
        }
        return by_text(domain, &image.content, now);
    }
    if text.starts_with(CONTENT_HOST) {
        return by_text(domain, text, now);
    }
    if let Some(payment) = landing_token(text).and_then(|token| domain.by_landing_token(&token)) {
        return Ok(Target::Payment(payment));
    }
    match domain.by_reference(text) {
        [] => {
            let mut beacons = domain.codes.beacons();
            let beacon = beacons.find(|beacon| beacon.id == text);
            beacon.map(Target::Place).ok_or(PayerError::NotFound)
        }
        [payment] => Ok(Target::Payment(*payment)),
        _ => Err(PayerError::Ambiguous),
    }
}

fn by_text(domain: &Domain, text: &str, now: Timestamp) -> Result<Target, PayerError> {
    match domain.codes.target(text) {
        None => Err(PayerError::NotFound),
        // A customer who has opened a payment can continue after its code has expired.
        Some(Target::Payment(payment)) => Ok(Target::Payment(*payment)),
        Some(target) if domain.is_code_valid(text, now) => Ok(target.clone()),
        Some(_) => Err(PayerError::Expired),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `main` prints the `Debug` output of the error that it returns.
    #[test]
    fn debug_output_is_the_message() {
        let error: Box<dyn std::error::Error> = PayerError::NotFound.into();
        assert_eq!(format!("{error:?}"), error.to_string());
        assert!(error.to_string().contains("no payment"), "{error}");
    }
}
