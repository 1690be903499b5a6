//! The simulator as a whole: its state, its clock, its journal and its faults,
//! behind one lock. Still no socket; the shell in `http` only carries bytes.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::clock::Clock;
use super::core;
use super::faults::{Manner, Rules, Strike};
use super::journal::Records;
use super::random::Random;
use super::routes;
use super::state::State;
use super::wire::{Request, Response};

pub(crate) struct Engine {
    clock: Clock,
    world: Mutex<World>,
}

/// Every public handle holds the engine, and the engine holds keys, tokens and
/// whole requests: none of it is shown.
impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

struct World {
    state: State,
    rules: Rules,
    records: Records,
    /// For errors that faults make up, so that they do not disturb the state's ids.
    random: Random,
}

/// A request that has come in and is written down.
#[derive(Debug)]
pub(crate) struct Arrival {
    number: u64,
    strike: Option<Strike>,
}

impl Arrival {
    /// How long it waits before it takes effect, in real time.
    pub(crate) fn wait(&self) -> Duration {
        self.strike
            .as_ref()
            .map_or(Duration::ZERO, Strike::wait_before)
    }
}

/// An answer and how it is to be delivered.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) response: Response,
    pub(crate) wait: Duration,
    pub(crate) manner: Manner,
}

impl Engine {
    pub(crate) fn new(clock: Clock, state: State, seed: u64) -> Self {
        Self {
            clock,
            world: Mutex::new(World {
                state,
                rules: Rules::new(seed),
                records: Records::default(),
                random: Random::new(!seed),
            }),
        }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn with_state<T>(&self, run: impl FnOnce(&mut State, Timestamp) -> T) -> T {
        let mut world = self.world();
        let now = self.clock.now();
        world.state.tick(now);
        run(&mut world.state, now)
    }

    pub(crate) fn with_records<T>(&self, run: impl FnOnce(&mut Records) -> T) -> T {
        run(&mut self.world().records)
    }

    pub(crate) fn with_rules<T>(&self, run: impl FnOnce(&mut Rules, Timestamp) -> T) -> T {
        let now = self.clock.now();
        run(&mut self.world().rules, now)
    }

    /// Writes a request down and decides what goes wrong with it.
    pub(crate) fn arrive(&self, request: &Request) -> Arrival {
        let found = routes::find(request);
        let in_body = || {
            let body: serde_json::Value = serde_json::from_slice(&request.body).ok()?;
            Some(body.pointer("/transaction/orderId")?.as_str()?.to_owned())
        };
        let order = found.order_id().map(str::to_owned).or_else(in_body);
        let mut world = self.world();
        let now = self.clock.now();
        let number = world.records.arrived(request, found.id(), now);
        let strike = world.rules.strike(found.id(), order.as_deref(), now);
        Arrival { number, strike }
    }

    /// Lets a request take effect, unless a fault forbids it, and says what
    /// goes back and how.
    pub(crate) fn answer(&self, request: &Request, arrival: &Arrival) -> Delivery {
        let mut world = self.world();
        let world = &mut *world;
        let now = self.clock.now();
        let Some(strike) = &arrival.strike else {
            let response = core::apply(&mut world.state, request, now);
            world
                .records
                .answered(arrival.number, Some(response.status), response.note.clone());
            return Delivery {
                response,
                wait: Duration::ZERO,
                manner: Manner::Whole,
            };
        };
        let answer = strike
            .commits()
            .then(|| core::apply(&mut world.state, request, now));
        let response = strike.damage(answer, &mut world.random);
        let manner = strike.manner();
        let told = !matches!(
            manner,
            Manner::Stall | Manner::Reset | Manner::ResetInHeaders
        );
        world.records.answered(
            arrival.number,
            told.then_some(response.status),
            response.note.clone(),
        );
        Delivery {
            response,
            wait: strike.wait_after(),
            manner,
        }
    }
}
