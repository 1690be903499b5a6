//! The simulator without a socket. Requests and broken responses are values, so thousands of
//! schedules run in a second and the test controls the time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;

use super::encode;
use crate::simulator::Simulator;
use crate::simulator::engine::{Arrival, Barrier, Dispatch, Engine, Transmission};
use crate::simulator::gateway;

/// A request that has arrived but has not taken effect. [`Simulator::arrive`] returns it. A dropped
/// request never takes effect. `Debug` shows the method, the path and the length of the body, but
/// no keys, tokens or personal data.
#[must_use = "a request that does not take effect is lost"]
pub struct Arrived {
    engine: Arc<Engine>,
    request: gateway::Request,
    arrival: Arrival,
}

/// The response, as the client of a socket would see it. `Debug` shows the status and the length of
/// the body.
#[non_exhaustive]
pub enum WireResponse {
    /// A complete response.
    Whole(Response<Bytes>),
    /// No byte is sent, and the connection stays open.
    Silence,
    /// The connection is reset before the first byte of the response.
    Reset,
    /// The head and the first half of the body are sent, and then the connection is reset.
    Cut(Response<Bytes>),
}

impl fmt::Debug for Arrived {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrived")
            .field("method", &self.request.method)
            .field("path", &self.request.path)
            .field("body_bytes", &self.request.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, response) = match self {
            Self::Whole(response) => ("Whole", response),
            Self::Cut(response) => ("Cut", response),
            Self::Silence => return f.write_str("Silence"),
            Self::Reset => return f.write_str("Reset"),
        };
        f.debug_struct(name)
            .field("status", &response.status().as_u16())
            .field("body_bytes", &response.body().len())
            .finish_non_exhaustive()
    }
}

impl Simulator {
    /// Passes a request to the simulator without a socket. Any simulator accepts it. Faults apply
    /// as they do over HTTP, but no time passes: the caller must wait, or move the clock, as
    /// [`Arrived::wait`] and [`Arrived::take_effect`] return.
    ///
    /// ```
    /// # use vipps::simulator::{WireResponse, Simulator};
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let request = http::Request::get("/nowhere").body(Default::default())?;
    /// let (late, reply) = sim.arrive(request).take_effect();
    /// assert!(late.is_zero());
    /// assert!(matches!(reply, WireResponse::Whole(response) if response.status() == 404));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn arrive(&self, request: Request<Bytes>) -> Arrived {
        Arrived::at(&self.engine, request)
    }
}

impl Arrived {
    pub(super) fn at(engine: &Arc<Engine>, request: Request<Bytes>) -> Self {
        let (head, body) = request.into_parts();
        let mut headers = head.headers;
        // A client with a socket would have sent this header.
        headers
            .entry(::http::header::CONTENT_LENGTH)
            .or_insert_with(|| body.len().into());
        let request = gateway::Request {
            method: head.method,
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers,
            body,
        };
        let arrival = engine.arrive(&request);
        Self {
            engine: Arc::clone(engine),
            request,
            arrival,
        }
    }

    /// Returns the time that a fault delays the request before it takes effect.
    pub fn wait(&self) -> Duration {
        self.arrival.wait()
    }

    pub(super) fn barriers(&self) -> (Option<Barrier>, Option<Barrier>) {
        self.arrival.barriers()
    }

    /// Applies the request, unless a fault prevents that. Returns the response and the time that a
    /// fault delays it.
    pub fn take_effect(self) -> (Duration, WireResponse) {
        let Dispatch {
            response,
            wait,
            transmission,
        } = self.engine.respond(&self.request, &self.arrival);
        let whole = encode(&response, &self.engine);
        match transmission {
            Transmission::Whole => (wait, WireResponse::Whole(whole)),
            Transmission::Slow(time) => (wait + time, WireResponse::Whole(whole)),
            Transmission::Stalled => (wait, WireResponse::Silence),
            Transmission::Lost => (wait, WireResponse::Reset),
            Transmission::Reset => {
                let cut = whole.map(|body| body.slice(..body.len() / 2));
                (wait, WireResponse::Cut(cut))
            }
        }
    }
}
