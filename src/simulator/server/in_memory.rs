//! The simulator as the transport and the clock of a client, without a socket. Waits of minutes
//! take microseconds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::pending_request::{PendingRequest, WireResponse};
use crate::simulator::Simulator;
use crate::simulator::clock::Clock;
use crate::simulator::engine::Engine;
use crate::transport::{Transport, TransportError, TransportFuture};

/// A connection to a simulator without a socket. It is both a [`Transport`](crate::Transport) and a
/// [`Clock`](crate::Clock). [`Simulator::transport`] creates it, and [`Simulator::client`] sets it
/// on the clients of a simulator [without a socket](crate::simulator::Builder::in_memory).
///
/// Faults apply as they do over HTTP. A sent request takes effect even if the client stops waiting
/// for it. This includes a request that is [delayed](crate::simulator::FaultRule::delay) before it
/// takes effect.
///
/// Time is tokio's, so `tokio::time::pause` makes a wait of minutes instant. A simulator with a
/// [frozen](crate::simulator::Builder::freeze_clock) clock follows tokio's time. A running clock is
/// independent of it.
///
/// ```
/// # use vipps::simulator::Simulator;
/// # use std::time::Duration;
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sim = Simulator::builder().freeze_clock().in_memory()?;
/// let order = "order-1".parse()?;
/// let vipps = sim.client();
/// let begun = vipps.ecom().initiate(order, vipps::Amount::nok(9), "Tea".parse()?).await?;
/// let before = sim.clock().now();
/// // The customer does not act. Eleven minutes pass at once, for client and simulator alike.
/// let details = begun.payment(&vipps).wait().await?;
/// assert!(details.as_of().is_some_and(|at| at.duration_since(before).as_secs() >= 600));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct InMemory {
    engine: Arc<Engine>,
    clock: Clock,
    started_at: Instant,
    /// The part of tokio's time that was added to the simulator's clock.
    synced_to: Arc<Mutex<Duration>>,
}

impl Simulator {
    /// Returns a connection to this simulator without a socket. A client needs it as its
    /// [transport](crate::VippsBuilder::transport) and as its [clock](crate::VippsBuilder::clock).
    /// Create one for each simulator and clone it.
    pub fn transport(&self) -> InMemory {
        InMemory {
            engine: Arc::clone(&self.engine),
            clock: self.clock(),
            started_at: Instant::now(),
            synced_to: Arc::default(),
        }
    }
}

impl InMemory {
    fn elapsed(&self) -> Duration {
        Instant::now().saturating_duration_since(self.started_at)
    }

    /// Moves a frozen clock forward to tokio's time. Requests do this by themselves. Call it before
    /// reading the simulator directly after a wait.
    pub fn sync_clock(&self) {
        if !self.clock.is_frozen() {
            return;
        }
        let now = self.elapsed();
        let mut synced_to = self
            .synced_to
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let elapsed_since = now.saturating_sub(*synced_to);
        if !elapsed_since.is_zero() {
            self.clock.advance(elapsed_since);
            *synced_to = now;
        }
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.sync_clock();
        let arrived = PendingRequest::at(&self.engine, request);
        let wait = arrived.wait();
        let (before, after) = arrived.barriers();
        let (delay, reply) = if wait.is_zero() && before.is_none() {
            arrived.take_effect()
        } else {
            let network = self.clone();
            let effect = tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                if let Some(barrier) = before {
                    barrier.pass().await;
                }
                network.sync_clock();
                arrived.take_effect()
            });
            effect.await.map_err(TransportError::maybe_sent)?
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if let Some(barrier) = after {
            barrier.pass().await;
        }
        match reply {
            WireResponse::Complete(response) => Ok(response),
            WireResponse::Reset | WireResponse::Truncated(_) => {
                Err(TransportError::maybe_sent("connection reset"))
            }
            WireResponse::Stalled => std::future::pending().await,
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
        self.sync_clock();
        self.clock.now()
    }

    fn sleep(&self, duration: Duration) -> crate::Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}
