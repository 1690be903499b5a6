//! The whole simulator: its state, clock, journal, faults and messages to the merchant, behind one
//! lock. This module uses no socket. `server` transfers the bytes.

mod barrier;
mod faults;
mod injection;
mod messages;
mod records;

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use jiff::Timestamp;
use tokio::sync::{Notify, watch};

use super::clock::Clock;
use super::delivery::{DeliveryLog, Job, Queue};
use super::domain::Domain;
use super::domain::time::later;
use super::gateway::{Request, Response, State, dispatch};
use super::random::Random;

pub(crate) use barrier::Barrier;
pub(crate) use faults::{FaultRules, FaultSummary, RuleSettings};
pub(crate) use injection::{FaultKind, Injection, Stage, Transmission};
pub use records::Entry;
pub(crate) use records::Records;

pub(crate) struct Engine {
    clock: Clock,
    world: Mutex<World>,
    /// Signals that no call to the merchant is in progress.
    idle: Notify,
    /// The number of changes, so that the page and the JSON log read only after a change.
    changes: watch::Sender<u64>,
    /// The host in the base URL, without a port.
    host: String,
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
    pub(crate) rules: FaultRules,
    pub(crate) records: Records,
    pub(crate) deliveries: DeliveryLog,
    queue: Queue,
    /// The randomness of errors that faults produce. It is separate, so that faults do not change
    /// the ids of the state.
    pub(crate) random: Random,
}

/// A recorded request that has not taken effect yet.
#[derive(Debug)]
pub(crate) struct RecordedRequest {
    number: u64,
    injection: Option<Injection>,
}

impl RecordedRequest {
    /// The delay before the request takes effect, in real time.
    pub(crate) fn wait(&self) -> Duration {
        let injection = self.injection.as_ref();
        injection.map_or(Duration::ZERO, Injection::wait_before)
    }

    /// The barriers that the request waits at before it takes effect, and that the response waits
    /// at.
    pub(crate) fn barriers(&self) -> (Option<Barrier>, Option<Barrier>) {
        let injection = self.injection.as_ref();
        (
            injection.and_then(Injection::barrier_before),
            injection.and_then(Injection::barrier_after),
        )
    }
}

/// A response and its transmission.
#[derive(Debug)]
pub(crate) struct Dispatch {
    pub(crate) response: Response,
    pub(crate) wait: Duration,
    pub(crate) transmission: Transmission,
}

impl Engine {
    pub(crate) fn new(clock: Clock, state: State, seed: u64) -> Self {
        let base_url = url::Url::parse(&state.settings.base_url).ok();
        let host = base_url.and_then(|url| url.host_str().map(str::to_owned));
        Self {
            host: host.unwrap_or_default(),
            clock,
            world: Mutex::new(World {
                state,
                rules: FaultRules::new(seed),
                records: Records::default(),
                deliveries: DeliveryLog::default(),
                queue: Queue::default(),
                random: Random::new(!seed),
            }),
            idle: Notify::new(),
            // Starts at the current time, so that a simulator on the address of an earlier one does
            // not reuse its counts.
            changes: watch::Sender::new(Timestamp::now().as_millisecond().unsigned_abs()),
        }
    }

    /// Returns the host in the base URL, without a port.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Removes orders, codes, faults, journal and deliveries.
    pub(crate) fn reset(&self) {
        self.with(|world, _| {
            world.state.reset();
            world.rules.clear();
            world.records.clear();
            world.deliveries.reset();
            world.queue.clear();
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
        world.tick(now);
        let due = world.next_due();
        let result = run(&mut world, now);
        world.state.notify();
        world.remove_deleted_webhooks();
        if !world.is_idle() || world.next_due() != due {
            self.clock.notify();
        }
        self.touch();
        result
    }

    /// Reads the world at the current time.
    pub(crate) fn read<T>(&self, run: impl FnOnce(&World, Timestamp) -> T) -> T {
        let mut world = self.world();
        let now = self.clock.now();
        if world.tick(now) {
            self.clock.notify();
            self.touch();
        }
        run(&world, now)
    }

    /// Counts a change. It is called under the lock, so that a reader woken by it finds the changed
    /// world.
    fn touch(&self) {
        self.changes
            .send_modify(|changes| *changes = changes.wrapping_add(1));
    }

    /// Returns the number of changes so far, which starts at an arbitrary value.
    pub(crate) fn changes(&self) -> u64 {
        *self.changes.borrow()
    }

    /// Waits until the number of changes differs from `seen`.
    pub(crate) async fn changed_since(&self, seen: u64) {
        let mut changes = self.changes.subscribe();
        // The sender lives as long as the engine, so the wait cannot fail.
        drop(changes.wait_for(|changes| *changes != seen).await);
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    pub(crate) fn with_state<T>(&self, run: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        self.with(|world, now| run(&mut world.state, now))
    }

    /// Runs an operation of the domain.
    pub(crate) fn with_domain<T>(
        &self,
        run: impl FnOnce(&mut Domain, &mut Random, Timestamp) -> T,
    ) -> T {
        self.with_state(|state, now| run(&mut state.domain, &mut state.random, now))
    }

    /// Records a request and selects the fault that applies to it.
    pub(crate) fn arrive(&self, request: &Request) -> RecordedRequest {
        let mut world = self.world();
        let now = self.clock.now();
        let found = world.state.routes.find(request);
        let reference = found.reference(request);
        let injection = world.rules.inject(found.id(), reference.as_deref(), now);
        let is_public = found.has_public_path();
        let records = &mut world.records;
        let number = records.arrived(request, found.id(), is_public, reference, now);
        self.touch();
        RecordedRequest { number, injection }
    }

    /// Applies a request to the state, unless a fault prevents that. Returns the response and its
    /// transmission.
    pub(crate) fn respond(&self, request: &Request, arrival: &RecordedRequest) -> Dispatch {
        self.with(|world, now| {
            let Some(injection) = &arrival.injection else {
                let response = dispatch(&mut world.state, request, now).ready();
                world
                    .records
                    .responded(arrival.number, &response, true, now);
                return Dispatch {
                    response,
                    wait: Duration::ZERO,
                    transmission: Transmission::Complete,
                };
            };
            let mut response = None;
            for _ in 0..injection.times_applied() {
                response = Some(dispatch(&mut world.state, request, now));
            }
            let response = response.unwrap_or_else(|| Response::empty(StatusCode::OK));
            let response = injection.apply(response).ready();
            let transmission = injection.transmission();
            let is_received = transmission.sends_status();
            let wait = injection.wait_after();
            let number = arrival.number;
            world
                .records
                .responded(number, &response, is_received, later(now, wait));
            Dispatch {
                response,
                wait,
                transmission,
            }
        })
    }

    /// Returns the calls to the merchant that are ready to be sent.
    pub(crate) fn collect(&self) -> Vec<Job> {
        let mut world = self.world();
        let world = &mut *world;
        let now = self.clock.now();
        world.tick(now);
        // The test may have moved the clock, which does not signal a change by itself.
        self.touch();
        let mut jobs = Vec::new();
        for outgoing in std::mem::take(&mut world.state.outbox) {
            world.queue.push(outgoing);
        }
        // A message that is not sent can make the next one ready.
        while !world.is_idle() {
            for outgoing in world.queue.take_ready() {
                world.prepare(outgoing, now, &mut jobs);
            }
        }
        world.deliveries.in_progress += jobs.len();
        if world.deliveries.in_progress == 0 {
            self.idle.notify_waiters();
        }
        jobs
    }

    /// Records the outcome of a call.
    pub(crate) fn delivered(&self, job: Job, response: Result<(u16, Bytes), String>) {
        self.with(|world, now| {
            // After a reset, the order of this call no longer exists.
            if world.deliveries.has(job.number) {
                world.close(job, response, now);
            }
            world.deliveries.in_progress = world.deliveries.in_progress.saturating_sub(1);
            // The sender must run again to find that no call is in progress, even if the outcome
            // adds no call.
            self.clock.notify();
        });
    }

    /// Returns when no call to the merchant is waiting or under way.
    pub(crate) async fn settled(&self) {
        loop {
            let idle = self.idle.notified();
            let settled =
                self.with(|world, _| world.is_idle() && world.deliveries.in_progress == 0);
            if settled {
                return;
            }
            idle.await;
        }
    }

    /// Returns the real time until the next planned event, from 1 ms to 1 hour. `None` if the clock
    /// is frozen or no event is planned.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        if self.clock.is_frozen() {
            return None;
        }
        let due = self.world().next_due()?;
        let wait = Duration::try_from(due.duration_since(self.clock.now())).unwrap_or_default();
        Some(wait.clamp(Duration::from_millis(1), Duration::from_secs(3600)))
    }

    pub(crate) async fn notified(&self) {
        self.clock.notified().await;
    }
}

impl World {
    /// Runs everything that is due. Returns `true` if anything was due.
    fn tick(&mut self, now: Timestamp) -> bool {
        let has_events = self.state.tick(now);
        self.queue.tick(now) || has_events
    }

    /// Returns the time of the next planned event.
    fn next_due(&self) -> Option<Timestamp> {
        let events = [self.state.domain.next_due(), self.queue.next_due()];
        events.into_iter().flatten().min()
    }

    /// Returns `true` if no message is ready to be sent.
    fn is_idle(&self) -> bool {
        self.state.outbox.is_empty() && self.queue.is_idle()
    }

    /// Ends the messages whose registration was deleted, retries included.
    fn remove_deleted_webhooks(&mut self) {
        self.queue.remove_unregistered(&self.state.domain.webhooks);
    }
}
