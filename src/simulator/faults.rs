//! Fault injection by rules: the requests that a rule applies to, the stage, and the kind of fault.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::apis::{ecom, epayment};
use super::engine::{Barrier, Engine, FaultKind, RuleSettings, Stage};
use super::gateway::{Response, errors};

/// The faults of a simulator.
///
/// A rule selects requests and then names a fault. It applies until it has been applied as often as
/// [`times`](FaultRule::times) allows, or until it is [removed](Fault::remove).
///
/// Calls to the merchant can be [lost](FaultRule::lose_request),
/// [duplicated](FaultRule::duplicate) and [delayed](FaultRule::delay).
/// [`Delivery::operation`](super::Delivery::operation) has their names. Other faults do not affect
/// them.
///
/// The control API has the same kinds of faults, with names such as `loseResponse`.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use vipps::Amount;
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// let vipps = sim.client();
/// let created = vipps.epayment().create("order-1001".parse()?, Amount::nok(499)).qr().await?;
/// sim.payer().approve("order-1001")?;
///
/// // The money moves, and the response is lost. The client retries with the same key.
/// let lost = sim.faults().on("capture_payment").times(1).lose_response();
/// created.payment(&vipps).capture(Amount::nok(499)).await?;
/// assert_eq!(lost.hits(), 1);
/// assert_eq!(sim.journal().count("capture_payment"), 2);
/// assert_eq!(sim.account("order-1001").unwrap().captured(), 49_900); // once
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Faults(Arc<Engine>);

impl Faults {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// Starts a rule for one operation, named as in [`Entry::operation`](super::Entry::operation)
    /// or [`Delivery::operation`](super::Delivery::operation). A rule for another name never
    /// applies.
    pub fn on(&self, operation: impl Into<String>) -> FaultRule {
        FaultRule::new(Arc::clone(&self.0), Some(operation.into()))
    }

    /// Starts a rule for every request and every call to the merchant.
    pub fn any(&self) -> FaultRule {
        FaultRule::new(Arc::clone(&self.0), None)
    }

    /// Returns an existing rule by its number.
    pub(crate) fn rule(&self, id: u64) -> Fault {
        let engine = Arc::clone(&self.0);
        Fault { engine, id }
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.0.with(|world, _| world.rules.clear());
    }
}

/// A rule that is not active yet. A method that names a fault, such as [`status`](Self::status),
/// activates it. [`Faults`] has an example.
///
/// A fault that replaces the response applies before the request takes effect, and a fault that
/// changes the response or its transmission applies after that. For the faults `status`,
/// `status_with_body`, `ecom_error`, `epayment_error`, `delay`, `pause` and `stall`,
/// [`before_effect`](Self::before_effect) and [`after_effect`](Self::after_effect) choose the
/// stage.
#[derive(Debug, Clone)]
#[must_use = "a rule does nothing until a method names its fault"]
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

    /// Limits the rule to requests for this order.
    pub fn order(mut self, order_id: impl Into<String>) -> Self {
        self.settings.order = Some(order_id.into());
        self
    }

    /// Applies the rule from the `n`-th matching request on, counted from 1. It applies once,
    /// unless [`times`](Self::times) allows more. Requests that other rules apply to count too. If
    /// several rules are due for one request, the oldest applies and the others stay due.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn nth(mut self, n: u64) -> Self {
        assert!(n > 0, "nth: counts from 1, got 0");
        self.settings.nth = Some(n);
        self
    }

    /// Applies the rule to at most `n` requests.
    pub fn times(mut self, n: u64) -> Self {
        self.settings.times = Some(n);
        self
    }

    /// Applies the rule with this probability, from 0 to 1. The simulator's seed determines the
    /// outcome.
    ///
    /// # Panics
    /// If `probability` is not from 0 to 1.
    #[track_caller]
    pub fn probability(mut self, probability: f64) -> Self {
        assert!(
            (0.0..=1.0).contains(&probability),
            "probability: must be from 0 to 1, got {probability}"
        );
        self.settings.probability = probability;
        self
    }

    /// Sets a separate seed for [`probability`](Self::probability).
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = Some(seed);
        self
    }

    /// Limits the rule to this time from now, by the simulator's clock.
    pub fn during(mut self, time: Duration) -> Self {
        self.settings.lasts = Some(time);
        self
    }

    /// Applies the fault before the request takes effect. The request has no effect, as if it never
    /// reached Vipps.
    pub fn before_effect(mut self) -> Self {
        self.settings.stage = Some(Stage::Before);
        self
    }

    /// Applies the fault after the request took effect. Only the response is affected.
    pub fn after_effect(mut self) -> Self {
        self.settings.stage = Some(Stage::After);
        self
    }

    /// Adds a `Retry-After` header to the response: a number of seconds, or the text of a date.
    ///
    /// # Panics
    /// If the text is not a valid header value.
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

    /// Responds with this status, in the gateway's format.
    ///
    /// # Panics
    /// If the status is not from 200 to 999. A status below 200 cannot end an exchange.
    #[track_caller]
    pub fn status(self, status: u16) -> Fault {
        let status = checked_status(status);
        self.respond(errors::gateway(status, "A fault of the test"))
    }

    /// Responds with this status and body. The body is sent as JSON if it parses as JSON, as HTML
    /// if it starts with `<`, as proxies send it, and otherwise as text.
    ///
    /// # Panics
    /// If the status is not from 200 to 999.
    #[track_caller]
    pub fn status_with_body(self, status: u16, body: impl Into<String>) -> Fault {
        let status = checked_status(status);
        let body = body.into();
        let response = match serde_json::from_str::<Value>(&body) {
            Ok(value) => Response::json(status, value),
            Err(_) if body.is_empty() => Response::empty(status),
            Err(_) if body.starts_with('<') => Response::raw(status, "text/html", body),
            Err(_) => Response::raw(status, "text/plain;charset=UTF-8", body),
        };
        self.respond(response)
    }

    /// Responds with an error of the eCom API, such as `("VippsError", "94")` for a locked order.
    /// Known codes get their message and status. Other codes get status 400.
    pub fn ecom_error(self, group: impl Into<String>, code: impl Into<String>) -> Fault {
        let (group, code) = (group.into(), code.into());
        let response = self
            .engine
            .with(|world, _| ecom::error_codes::response(&group, &code, &mut world.random));
        let kind = FaultKind::Respond(Box::new(response), format!("error {group} {code}"));
        self.install(Stage::Before, kind)
    }

    /// Responds with an error of the ePayment API, such as `6280` for a capture that must be
    /// retried later. Known codes get their title and status. Other codes get status 400.
    pub fn epayment_error(self, code: impl Into<String>) -> Fault {
        let code = code.into();
        let response = self
            .engine
            .with(|world, _| epayment::error_codes::problem(&code, &mut world.random));
        let kind = FaultKind::Respond(Box::new(response), format!("error {code}"));
        self.install(Stage::Before, kind)
    }

    fn respond(self, response: Response) -> Fault {
        let description = format!("status {}", response.status.as_u16());
        self.install(
            Stage::Before,
            FaultKind::Respond(Box::new(response), description),
        )
    }

    /// Delays the response in real time. With [`before_effect`](Self::before_effect), delays the
    /// request before it takes effect.
    pub fn delay(self, time: Duration) -> Fault {
        self.install(Stage::After, FaultKind::Delay(time))
    }

    /// Pauses the response until the test releases it. With [`before_effect`](Self::before_effect),
    /// pauses the request before it takes effect. [`Simulator::arrive`](super::Simulator::arrive)
    /// ignores this fault, because nothing waits there.
    pub fn pause(self) -> Pause {
        let barrier = Barrier::default();
        let fault = self.install(Stage::After, FaultKind::Pause(barrier.clone()));
        Pause { fault, barrier }
    }

    /// Loses the request: it takes no effect, and the connection is reset. A call to the merchant
    /// is not sent, and a webhook is retried later.
    pub fn lose_request(self) -> Fault {
        self.before_effect()
            .install(Stage::Before, FaultKind::LoseRequest)
    }

    /// Loses the response: the request takes effect, and the connection is reset before the first
    /// byte of the response.
    pub fn lose_response(self) -> Fault {
        self.after_effect()
            .install(Stage::After, FaultKind::LoseResponse)
    }

    /// Resets the connection in the middle of the response's body.
    pub fn reset(self) -> Fault {
        self.after_effect().install(Stage::After, FaultKind::Reset)
    }

    /// Sends no response. The connection stays open.
    pub fn stall(self) -> Fault {
        self.install(Stage::Before, FaultKind::Stall)
    }

    /// Replaces the body of the response by the first half of it, which is not JSON.
    pub fn malformed_json(self) -> Fault {
        self.after_effect()
            .install(Stage::After, FaultKind::MalformedJson)
    }

    /// Delivers a request or a call to the merchant twice. A request takes effect twice and gets
    /// the second response.
    pub fn duplicate(self) -> Fault {
        self.after_effect()
            .install(Stage::After, FaultKind::Duplicate)
    }

    /// Sends the response a few bytes at a time, so that its transmission takes this time.
    pub fn drip(self, time: Duration) -> Fault {
        self.after_effect()
            .install(Stage::After, FaultKind::Drip(time))
    }

    fn install(self, usual: Stage, kind: FaultKind) -> Fault {
        let Self { engine, settings } = self;
        let id = engine.with(|world, now| world.rules.add(settings, usual, kind, now));
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

/// An active rule. [`Faults`] has an example. Dropping this handle leaves the rule in place.
#[derive(Debug, Clone)]
pub struct Fault {
    engine: Arc<Engine>,
    id: u64,
}

impl Fault {
    /// Returns the number of requests that the rule was applied to.
    pub fn hits(&self) -> u64 {
        self.engine.read(|world, _| world.rules.hits(self.id))
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Removes the rule.
    pub fn remove(&self) {
        self.engine.with(|world, _| world.rules.remove(self.id));
    }
}

/// A rule that pauses requests. Dropping it releases all paused and all later requests.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// # let vipps = sim.client();
/// let pause = sim.faults().on("initiate_payment_v3_using_post").pause();
/// let begun = vipps.ecom().initiate("order-1".parse()?, vipps::Amount::nok(9), "Tea".parse()?);
/// let begun = tokio::spawn(begun.into_future());
///
/// pause.reached().await; // the payment exists, and its response is not sent yet
/// sim.payer().approve("order-1")?;
/// pause.release();
/// assert!(begun.await??.payment(&vipps).details().await?.state().is_paid());
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "dropping it releases the requests"]
pub struct Pause {
    fault: Fault,
    barrier: Barrier,
}

impl Pause {
    /// Waits, on any runtime, until a request is paused.
    pub async fn reached(&self) {
        self.barrier.reached().await;
    }

    /// Releases all paused and all later requests.
    pub fn release(&self) {
        self.barrier.open();
    }

    /// Returns the number of requests that the rule was applied to.
    pub fn hits(&self) -> u64 {
        self.fault.hits()
    }
}

impl Drop for Pause {
    fn drop(&mut self) {
        self.release();
    }
}
