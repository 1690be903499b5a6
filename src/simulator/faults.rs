//! Faults by rule: which request, before or after it took effect, and what goes
//! wrong.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::engine::Engine;
use super::errors;
use super::wire::Response;

mod hold;
mod rules;

pub(crate) use hold::Gate;
pub use hold::Hold;
use rules::{Damage, Moment, RuleSettings};
pub(crate) use rules::{Listed, Manner, Rules, Strike};

/// The faults of a simulator.
///
/// A rule says which requests it is for, and then what goes wrong. Calls that
/// the simulator makes to the merchant can be [lost](FaultRule::lose),
/// [duplicated](FaultRule::duplicate) and [delayed](FaultRule::delay) by the
/// names in [`Delivery::operation`](super::Delivery::operation).
///
/// A rule stays until it has struck as often as [`times`](FaultRule::times)
/// says, or until it is [removed](Fault::remove).
///
/// ```
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::start()?;
/// // The worst case: the money has moved and nobody was told.
/// let lost = sim
///     .faults()
///     .on("capture_payment_using_post")
///     .after_commit()
///     .times(1)
///     .reset();
/// // ... the code under test captures ...
/// assert_eq!(lost.hits(), 0);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Faults(Arc<Engine>);

impl Faults {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// A rule for one operation, named as in [`Entry::operation`](super::Entry::operation) or
    /// [`Delivery::operation`](super::Delivery::operation). A rule for another name never strikes.
    pub fn on(&self, operation: impl Into<String>) -> FaultRule {
        FaultRule::new(Arc::clone(&self.0), Some(operation.into()))
    }

    /// A rule for every request.
    pub fn any(&self) -> FaultRule {
        FaultRule::new(Arc::clone(&self.0), None)
    }

    /// A rule that is there, by its number.
    pub(crate) fn rule(&self, id: u64) -> Fault {
        let engine = Arc::clone(&self.0);
        Fault { engine, id }
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.0.with(|world, _| world.rules.clear());
    }
}

/// A rule being made. Nothing happens until one of the methods that say what
/// goes wrong is called; that one switches it on.
///
/// What replaces the answer (`status`, `html`, `reset`, ...) strikes before the
/// request takes effect, what damages it (`delay`, `truncate`, `garbage_json`,
/// ...) after, unless [`before_commit`](Self::before_commit) or
/// [`after_commit`](Self::after_commit) says otherwise.
#[derive(Debug, Clone)]
#[must_use = "a rule does nothing until it says what goes wrong"]
pub struct FaultRule {
    engine: Arc<Engine>,
    settings: RuleSettings,
}

impl FaultRule {
    fn new(engine: Arc<Engine>, operation: Option<String>) -> Self {
        Self {
            engine,
            settings: RuleSettings::new(operation),
        }
    }

    /// Only requests for this order.
    pub fn order(mut self, order_id: impl Into<String>) -> Self {
        self.settings.order = Some(order_id.into());
        self
    }

    /// From the `n`-th matching request on, counted from 1; once, unless [`times`](Self::times)
    /// says more. Requests that other rules strike count too. When several rules are due for one
    /// request, the oldest strikes and the others stay due.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn nth(mut self, n: u64) -> Self {
        assert!(n > 0, "nth: counts from 1, got 0");
        self.settings.nth = Some(n);
        self
    }

    /// At most `n` times.
    pub fn times(mut self, n: u64) -> Self {
        self.settings.times = Some(n);
        self
    }

    /// With this probability, from 0 to 1, by the simulator's seed.
    ///
    /// # Panics
    /// If it is not from 0 to 1.
    #[track_caller]
    pub fn probability(mut self, probability: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&probability),
            "probability: must be from 0 to 1, got {probability}"
        );
        self.settings.probability = probability;
        self
    }

    /// A seed of its own for [`probability`](Self::probability).
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// For this long from now, by the simulator's clock.
    pub fn during(mut self, time: Duration) -> Self {
        self.settings.lasts = Some(time);
        self
    }

    /// The request takes no effect: it never got as far as Vipps.
    pub fn before_commit(mut self) -> Self {
        self.settings.moment = Some(Moment::Before);
        self
    }

    /// The request takes effect, only its answer suffers.
    pub fn after_commit(mut self) -> Self {
        self.settings.moment = Some(Moment::After);
        self
    }

    /// Adds a `Retry-After` header to the answer: a number of seconds, or the
    /// text of a date.
    ///
    /// # Panics
    /// If the text cannot be the value of a header.
    #[track_caller]
    #[allow(clippy::needless_pass_by_value)] // reads best as `7` or a text
    pub fn retry_after(mut self, value: impl ToString) -> Self {
        let value = value.to_string();
        let header = HeaderValue::try_from(&value);
        assert!(
            header.is_ok(),
            "retry_after: must be the value of a header, got {value:?}"
        );
        self.settings.retry_after = header.ok();
        self
    }

    /// Answers with this status, in the gateway's shape.
    ///
    /// # Panics
    /// If the status is not 200 to 999: nothing else can end an exchange.
    #[track_caller]
    pub fn status(self, status: u16) -> Fault {
        let status = checked_status(status);
        let answer = errors::gateway(status, "A fault that was asked for");
        self.install(Moment::Before, Damage::Answer(answer))
    }

    /// Answers with this status and body: JSON when it parses as such, text
    /// otherwise.
    ///
    /// # Panics
    /// If the status is not 200 to 999.
    #[track_caller]
    pub fn status_with_body(self, status: u16, body: impl Into<String>) -> Fault {
        let status = checked_status(status);
        let body = body.into();
        let answer = match serde_json::from_str::<Value>(&body) {
            Ok(value) => Response::json(status, value),
            Err(_) if body.is_empty() => Response::empty(status),
            Err(_) => Response::raw(status, "text/plain;charset=UTF-8", body),
        };
        self.install(Moment::Before, Damage::Answer(answer))
    }

    /// Answers with an error of the eCom API, such as `("VippsError", "94")`
    /// for a locked order. Known codes get their message and status; others are
    /// answered with 400.
    pub fn ecom_error(self, group: impl Into<String>, code: impl Into<String>) -> Fault {
        self.install(Moment::Before, Damage::Code(group.into(), code.into()))
    }

    /// Answers with this status and a page of HTML, as proxies do.
    ///
    /// # Panics
    /// If the status is not 200 to 999.
    #[track_caller]
    pub fn html(self, status: u16) -> Fault {
        let status = checked_status(status);
        let page = "<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>\n";
        let answer = Response::raw(status, "text/html", page);
        self.install(Moment::Before, Damage::Answer(answer))
    }

    /// Lets real time pass: before the request takes effect with
    /// [`before_commit`](Self::before_commit), otherwise before its answer.
    pub fn delay(self, time: Duration) -> Fault {
        self.install(Moment::After, Damage::Delay(time))
    }

    /// Holds the answer back until the test lets it go; with
    /// [`before_commit`](Self::before_commit) the request takes no effect before
    /// that. Not for [`Simulator::arrive`](super::Simulator::arrive), where
    /// nothing waits.
    pub fn hold(self) -> Hold {
        let gate = Gate::default();
        let fault = self.install(Moment::After, Damage::Hold(gate.clone()));
        Hold { fault, gate }
    }

    /// Puts another text in place of each one like this in the answer's JSON, as
    /// a later version of the API might say something new.
    ///
    /// ```
    /// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sim = vipps::simulator::Simulator::start()?;
    /// # let vipps = sim.client();
    /// # vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?).await?;
    /// # sim.payer().approve("order-1")?;
    /// use vipps::ecom::Operation;
    ///
    /// sim.faults().on("get_payment_details_using_get").replace("RESERVE", "PREAUTHORISE");
    /// let details = vipps.ecom().payment("order-1".parse()?).details().await?;
    /// let latest = details.events()[0].operation.clone();
    /// assert_eq!(latest, Some(Operation::Unknown("PREAUTHORISE".into())));
    /// # Ok(()) }
    /// ```
    pub fn replace(self, text: impl Into<String>, with: impl Into<String>) -> Fault {
        self.install(Moment::After, Damage::Replace(text.into(), with.into()))
    }

    /// Never answers; the connection stays open.
    pub fn stall(self) -> Fault {
        self.install(Moment::Before, Damage::Manner(Manner::Stall))
    }

    /// Sends the head and half the body, and then nothing more.
    pub fn stall_in_body(self) -> Fault {
        self.install(Moment::After, Damage::Manner(Manner::StallInBody))
    }

    /// Resets the connection before any byte of an answer.
    pub fn reset(self) -> Fault {
        self.install(Moment::Before, Damage::Manner(Manner::Reset))
    }

    /// Resets the connection in the middle of the answer's head.
    pub fn reset_in_headers(self) -> Fault {
        self.install(Moment::After, Damage::Manner(Manner::ResetInHeaders))
    }

    /// Resets the connection in the middle of the answer's body.
    pub fn reset_in_body(self) -> Fault {
        self.install(Moment::After, Damage::Manner(Manner::ResetInBody))
    }

    /// Closes the connection in order, in the middle of the answer's body.
    pub fn truncate(self) -> Fault {
        self.install(Moment::After, Damage::Manner(Manner::Truncate))
    }

    /// Sends a complete answer whose body is only the first half of its JSON.
    pub fn truncated_json(self) -> Fault {
        self.install(Moment::After, Damage::TruncatedJson)
    }

    /// Keeps status and headers, and puts something that is not JSON in the body.
    pub fn garbage_json(self) -> Fault {
        self.install(Moment::After, Damage::Garbage)
    }

    /// Keeps status and headers, and sends a body of this many bytes.
    pub fn oversized(self, bytes: usize) -> Fault {
        self.install(Moment::After, Damage::Oversized(bytes))
    }

    /// Loses it on the way: a request is never heard of, a call to the merchant
    /// is never made.
    pub fn lose(self) -> Fault {
        self.install(Moment::Before, Damage::Lose)
    }

    /// Delivers it twice: a request takes effect twice and gets the second
    /// answer, a call to the merchant is made twice.
    pub fn duplicate(self) -> Fault {
        self.install(Moment::After, Damage::Duplicate)
    }

    fn install(self, usual: Moment, damage: Damage) -> Fault {
        let Self { engine, settings } = self;
        let id = engine.with(|world, now| world.rules.add(settings, usual, damage, now));
        Fault { engine, id }
    }
}

#[track_caller]
#[allow(clippy::panic, reason = "a mistake in a test, which must fail there")]
fn checked_status(status: u16) -> StatusCode {
    match StatusCode::from_u16(status) {
        Ok(checked) if !checked.is_informational() => checked,
        _ => panic!("status: must be 200 to 999, got {status}"),
    }
}

/// A rule that is switched on. Dropping it leaves the rule in place.
#[derive(Debug, Clone)]
pub struct Fault {
    engine: Arc<Engine>,
    id: u64,
}

impl Fault {
    /// How often it has struck.
    pub fn hits(&self) -> u64 {
        self.engine.look(|world, _| world.rules.hits(self.id))
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Switches it off.
    pub fn remove(&self) {
        self.engine.with(|world, _| world.rules.remove(self.id));
    }
}
