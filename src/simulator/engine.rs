//! The whole simulator: its state, clock, journal, faults and calls to the merchant, behind one
//! lock. This module uses no socket. `http` and `courier` transfer the bytes.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::{Notify, watch};

use super::clock::{Clock, later};
use super::core;
use super::faults::{Gate, Manner, Rules, Strike};
use super::journal::Records;
use super::merchant::Merchant;
use super::outbound::{DeliveryOutcome, Outbound, Reason, next_attempt};
use super::page::Desk;
use super::random::Random;
use super::routes;
use super::state::State;
use super::webhook;
use super::wire::{Request, Response};

pub(crate) struct Engine {
    clock: Clock,
    world: Mutex<World>,
    /// Signals that no call to the merchant is in progress.
    idle: Notify,
    /// Counts the changes that a page or a waiting test may have to show.
    version: watch::Sender<u64>,
    /// The host in the base URL, without a port.
    host: String,
    serves_page: bool,
}

/// Hides the contents. Every public handle holds the engine, and the engine holds keys, tokens and
/// whole requests.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) rules: Rules,
    pub(crate) records: Records,
    pub(crate) merchant: Merchant,
    pub(crate) desk: Desk,
    /// The randomness of errors that faults produce. It is separate, so that faults do not change
    /// the ids of the state.
    random: Random,
}

/// A recorded request that has not taken effect yet.
#[derive(Debug)]
pub(crate) struct Arrival {
    number: u64,
    strike: Option<Strike>,
}

impl Arrival {
    /// The delay before the request takes effect, in real time.
    pub(crate) fn wait(&self) -> Duration {
        self.strike
            .as_ref()
            .map_or(Duration::ZERO, Strike::wait_before)
    }

    /// The barriers that the request waits at before it takes effect, and that the response waits
    /// at.
    pub(crate) fn gates(&self) -> (Option<Gate>, Option<Gate>) {
        let strike = self.strike.as_ref();
        (
            strike.and_then(Strike::gate_before),
            strike.and_then(Strike::gate_after),
        )
    }
}

/// A response and its transmission.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) response: Response,
    pub(crate) wait: Duration,
    pub(crate) manner: Manner,
}

/// A call to the merchant that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Job {
    number: u64,
    pub(crate) call: Outbound,
    pub(crate) to: SocketAddr,
    pub(crate) wait: Duration,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Engine {
    pub(crate) fn new(clock: Clock, state: State, seed: u64) -> Self {
        let base_url = url::Url::parse(&state.settings.base_url).ok();
        let host = base_url.and_then(|url| url.host_str().map(str::to_owned));
        let serves_page = state.settings.serves_page;
        Self {
            host: host.unwrap_or_default(),
            serves_page,
            clock,
            world: Mutex::new(World {
                state,
                rules: Rules::new(seed),
                records: Records::default(),
                merchant: Merchant::default(),
                desk: Desk::default(),
                random: Random::new(!seed),
            }),
            idle: Notify::new(),
            // Starts at the current time, so that a simulator on the address of an earlier one does
            // not reuse its counts.
            version: watch::Sender::new(Timestamp::now().as_microsecond().unsigned_abs()),
        }
    }

    /// Returns the host in the base URL, without a port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    pub(crate) fn serves_page(&self) -> bool {
        self.serves_page
    }

    /// Removes orders, codes, faults, journal and deliveries.
    pub(crate) fn reset(&self) {
        self.with(|world, _| {
            world.state.reset();
            world.rules.clear();
            world.records.clear();
            world.merchant.reset();
            world.desk = Desk::default();
        });
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Changes the world at the current time.
    pub(crate) fn with<T>(&self, run: impl FnOnce(&mut World, Timestamp) -> T) -> T {
        let mut world = self.world();
        let now = self.clock.now();
        world.state.tick(now);
        let due = world.state.next_due();
        let result = run(&mut world, now);
        if !world.state.outbox.is_empty() || world.state.next_due() != due {
            self.clock.nudge();
        }
        self.touch();
        result
    }

    /// Reads the world at the current time.
    pub(crate) fn look<T>(&self, run: impl FnOnce(&World, Timestamp) -> T) -> T {
        let mut world = self.world();
        let now = self.clock.now();
        if world.state.tick(now) {
            self.clock.nudge();
            self.touch();
        }
        run(&world, now)
    }

    /// Signals a change. It is called under the lock, so that a reader woken by it finds the
    /// changed world.
    fn touch(&self) {
        self.version
            .send_modify(|version| *version = version.wrapping_add(1));
    }

    /// Returns the number of changes so far.
    pub(crate) fn version(&self) -> u64 {
        *self.version.borrow()
    }

    /// Waits until the number of changes differs from `seen`.
    pub(crate) async fn other_than(&self, seen: u64) {
        let mut version = self.version.subscribe();
        // The sender lives as long as the engine, so the wait cannot fail.
        drop(version.wait_for(|version| *version != seen).await);
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn with_state<T>(&self, run: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        self.with(|world, now| run(&mut world.state, now))
    }

    /// Records a request and selects the fault that applies to it.
    pub(crate) fn arrive(&self, request: &Request) -> Arrival {
        let found = routes::find(request);
        let in_body = || {
            let body: Value = serde_json::from_slice(&request.body).ok()?;
            Some(body.pointer("/transaction/orderId")?.as_str()?.to_owned())
        };
        let mut world = self.world();
        let now = self.clock.now();
        let number = world.records.arrived(request, found.id(), now);
        self.touch();
        if world.rules.is_empty() {
            return Arrival {
                number,
                strike: None,
            };
        }
        let order = found.order_id().map(str::to_owned).or_else(in_body);
        let strike = world.rules.strike(found.id(), order.as_deref(), now);
        Arrival { number, strike }
    }

    /// Applies a request to the state, unless a fault prevents that. Returns the response and its
    /// transmission.
    pub(crate) fn answer(&self, request: &Request, arrival: &Arrival) -> Dispatch {
        self.with(|world, now| {
            let Some(strike) = &arrival.strike else {
                let response = core::apply(&mut world.state, request, now).ready();
                world.records.answered(arrival.number, &response, true, now);
                return Dispatch {
                    response,
                    wait: Duration::ZERO,
                    manner: Manner::Whole,
                };
            };
            let mut answer = None;
            for _ in 0..strike.times_applied() {
                answer = Some(core::apply(&mut world.state, request, now));
            }
            let response = strike.damage(answer, &mut world.random).ready();
            let manner = strike.manner();
            let told = !matches!(
                manner,
                Manner::Stall | Manner::Reset | Manner::ResetInHeaders
            );
            let wait = strike.wait_after();
            world
                .records
                .answered(arrival.number, &response, told, later(now, wait));
            Dispatch {
                response,
                wait,
                manner,
            }
        })
    }

    /// Returns the calls to the merchant that are ready to be sent.
    pub(crate) fn collect(&self) -> Vec<Job> {
        let mut world = self.world();
        let world = &mut *world;
        let now = self.clock.now();
        world.state.tick(now);
        // The test may have moved the clock, which does not signal a change by itself.
        self.touch();
        let mut jobs = Vec::new();
        for call in std::mem::take(&mut world.state.outbox) {
            world.prepare(&call, now, &mut jobs);
        }
        world.merchant.under_way += jobs.len();
        if world.merchant.under_way == 0 {
            self.idle.notify_waiters();
        }
        jobs
    }

    /// Records the outcome of a call.
    pub(crate) fn delivered(&self, job: Job, answer: Result<(u16, Bytes), String>) {
        self.with(|world, now| {
            // After a reset, the order of this call no longer exists.
            if world.merchant.has(job.number) {
                world.close(job, answer, now);
            }
            world.merchant.under_way = world.merchant.under_way.saturating_sub(1);
            // The sender must run again to find that no call is in progress, even if the outcome
            // adds no call.
            self.clock.nudge();
        });
    }

    /// Returns when no call to the merchant is waiting or under way.
    pub(crate) async fn settled(&self) {
        loop {
            let idle = self.idle.notified();
            let settled = self
                .with(|world, _| world.state.outbox.is_empty() && world.merchant.under_way == 0);
            if settled {
                return;
            }
            idle.await;
        }
    }

    /// Returns the real time until the next planned event, from 1 ms to 1 hour. `None` if the clock
    /// is frozen or no event is planned.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        if self.clock.stands() {
            return None;
        }
        let due = self.world().state.next_due()?;
        let wait = Duration::try_from(due.duration_since(self.clock.now())).unwrap_or_default();
        Some(wait.clamp(Duration::from_millis(1), Duration::from_secs(3600)))
    }

    pub(crate) async fn nudged(&self) {
        self.clock.nudged().await;
    }
}

impl World {
    /// Records a call and prepares it for sending, unless it has no route or a fault loses it.
    fn prepare(&mut self, call: &Outbound, now: Timestamp, jobs: &mut Vec<Job>) {
        let strike = self
            .rules
            .strike(Some(call.reason.id()), call.order_id.as_deref(), now);
        if strike.as_ref().is_some_and(Strike::loses) {
            let number = self.merchant.record(call, now);
            self.fail(number, call, DeliveryOutcome::Lost, now);
            return;
        }
        let Some(to) = self.merchant.whereabouts(&call.url) else {
            let number = self.merchant.record(call, now);
            self.fail(number, call, DeliveryOutcome::NotRouted, now);
            return;
        };
        let copies = strike.as_ref().map_or(1, Strike::times_applied).max(1);
        let wait = strike.as_ref().map_or(Duration::ZERO, Strike::delay);
        for _ in 0..copies {
            let number = self.merchant.record(call, now);
            let body = call
                .body
                .as_ref()
                .map(|body| Bytes::from(body.to_string()))
                .unwrap_or_default();
            let (host, path) = webhook::split(&call.url);
            jobs.push(Job {
                number,
                to,
                wait,
                headers: headers(call, &host, &body, now),
                path,
                body,
                call: call.clone(),
            });
        }
    }

    fn fail(&mut self, number: u64, call: &Outbound, outcome: DeliveryOutcome, now: Timestamp) {
        let note = (call.reason == Reason::Shipping)
            .then(|| self.shipping(call, Err("the merchant was not reached".into()), now))
            .flatten();
        self.merchant.close(number, outcome, note);
    }

    fn close(&mut self, job: Job, answer: Result<(u16, Bytes), String>, now: Timestamp) {
        let call = job.call;
        let good = matches!(answer, Ok((200..=299, _)));
        let note = match (call.reason, &answer) {
            (Reason::Shipping, Ok((200, body))) => {
                let parsed = serde_json::from_slice::<Value>(body);
                let parsed = parsed.map_err(|_| "the answer is not JSON".to_owned());
                self.shipping(&call, parsed, now)
            }
            (Reason::Shipping, _) => {
                self.shipping(&call, Err("the merchant did not answer 200".into()), now)
            }
            _ => None,
        };
        let outcome = match answer {
            Ok((status, _)) => DeliveryOutcome::Answered(status),
            Err(reason) => DeliveryOutcome::Failed(reason),
        };
        self.merchant.close(job.number, outcome, note);
        if call.reason == Reason::CheckIn
            && !good
            && let Some(wait) = next_attempt(call.attempt)
        {
            let again = Outbound {
                attempt: call.attempt + 1,
                ..call
            };
            self.state.plan_call(later(now, wait), again);
        }
    }

    /// Passes a merchant's shipping methods on. Returns the reason why they could not be used.
    fn shipping(
        &mut self,
        call: &Outbound,
        answer: Result<Value, String>,
        now: Timestamp,
    ) -> Option<String> {
        let order = call.order?;
        self.state.shipping_answered(order, answer, now).err()
    }
}

fn headers(
    call: &Outbound,
    host: &str,
    body: &Bytes,
    now: Timestamp,
) -> Vec<(&'static str, String)> {
    let mut headers = vec![("host", host.to_owned())];
    if call.body.is_some() {
        headers.push(("content-type", "application/json; charset=utf-8".into()));
    }
    if let Some(authorization) = &call.authorization {
        headers.push(("authorization", authorization.clone()));
    }
    if let Some(registration) = &call.signed_by {
        headers.extend(webhook::sign(registration, body, now));
    }
    headers
}
