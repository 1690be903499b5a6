//! The simulator as a client's transport and clock: no socket, and minutes that pass in microseconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::Simulator;
use super::clock::Clock;
use super::engine::Engine;
use super::memory::{Arrived, Ending, Reply};
use crate::transport::{Transport, TransportError, TransportFuture};

/// A way to a simulator without a socket, and the time that goes with it: both a
/// [`Transport`](crate::Transport) and a [`Clock`](crate::Clock). Made by
/// [`Simulator::transport`]; [`Simulator::client`] sets it on clients of a
/// simulator that [listens nowhere](super::Builder::in_memory).
///
/// Faults strike as they do on the wire. What has left the client takes effect
/// in its time, whether or not the client still waits for it: a request that is
/// [delayed](super::FaultRule::delay) before it takes effect does so after its
/// client has given up, too.
///
/// Time is tokio's, so that `tokio::time::pause` makes a wait of minutes
/// instant. A simulator whose clock [stands](super::Builder::freeze_clock)
/// follows it; one whose clock runs goes on by itself.
///
/// ```
/// # use vipps::simulator::Simulator;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// let order = "order-1".parse()?;
/// let begun = sim.client().ecom().initiate(order, vipps::Amount::nok(9), "Tea".parse()?).await?;
/// let before = sim.clock().now();
/// // Nobody pays. Eleven minutes pass at once, for client and simulator alike.
/// let details = begun.payment().wait().await?;
/// assert!(details.as_of().is_some_and(|at| at.duration_since(before).as_secs() >= 600));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct InMemory {
    engine: Arc<Engine>,
    clock: Clock,
    begun: Instant,
    /// How far the simulator's clock has followed.
    followed: Arc<Mutex<Duration>>,
}

impl Simulator {
    /// A way to this simulator without a socket, and the time that goes with it.
    /// A client needs it as its [transport](crate::VippsBuilder::transport) and
    /// as its [clock](crate::VippsBuilder::clock). Make one per simulator and
    /// clone it.
    pub fn transport(&self) -> InMemory {
        InMemory {
            engine: Arc::clone(&self.engine),
            clock: self.clock(),
            begun: Instant::now(),
            followed: Arc::default(),
        }
    }
}

impl InMemory {
    fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(self.begun)
    }

    /// Moves a standing clock to where tokio's is. Requests do it by themselves;
    /// whoever asks the simulator directly after a wait calls it first.
    pub fn follow(&self) {
        if !self.clock.stands() {
            return;
        }
        let now = self.elapsed();
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = now.saturating_sub(*followed);
        if !ahead.is_zero() {
            self.clock.advance(ahead);
            *followed = now;
        }
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.follow();
        let arrived = Arrived::at(&self.engine, request);
        let wait = arrived.wait();
        let (before, after) = arrived.gates();
        let (late, reply) = if wait.is_zero() && before.is_none() {
            arrived.take_effect()
        } else {
            let network = self.clone();
            let effect = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                if let Some(gate) = before {
                    gate.pass().await;
                }
                network.follow();
                arrived.take_effect()
            });
            effect.await.map_err(TransportError::maybe_sent)?
        };
        if !late.is_zero() {
            tokio::time::sleep(late).await;
        }
        if let Some(gate) = after {
            gate.pass().await;
        }
        match reply {
            Reply::Whole(answer) => Ok(answer),
            Reply::Reset | Reply::Cut(_, Ending::Reset) => {
                Err(TransportError::maybe_sent("connection reset"))
            }
            Reply::Cut(_, Ending::Closed) => {
                Err(TransportError::maybe_sent("the answer ends too early"))
            }
            Reply::Silence | Reply::Cut(_, Ending::Silence) => std::future::pending().await,
        }
    }
}

impl Transport for InMemory {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        Box::pin(self.exchange(request))
    }
}

impl crate::Clock for InMemory {
    fn monotonic(&self) -> Duration {
        self.elapsed()
    }

    fn now(&self) -> jiff::Timestamp {
        self.follow();
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> crate::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
