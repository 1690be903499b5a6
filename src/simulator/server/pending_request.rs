//! The simulator without a socket. Requests and broken responses are values, so thousands of
//! schedules run in a second and the test controls the time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;

use super::encode;
use crate::simulator::Simulator;
use crate::simulator::engine::{Barrier, Dispatch, Engine, RecordedRequest, Transmission};
use crate::simulator::gateway;

/// A request that has arrived but has not taken effect. [`Simulator::arrive`] returns it. A dropped
/// request never takes effect. `Debug` shows the method, the path and the length of the body, but
/// no keys, tokens or personal data.
#[must_use = "a request that does not take effect is lost"]
pub struct PendingRequest {
    engine: Arc<Engine>,
    request: gateway::Request,
    recorded: RecordedRequest,
}

/// The response, as the client of a socket would see it. `Debug` shows the status and the length of
/// the body.
#[non_exhaustive]
pub enum WireResponse {
    /// A complete response.
    Complete(Response<Bytes>),
    /// No byte is sent, and the connection stays open.
    Stalled,
    /// The connection is reset before the first byte of the response.
    Reset,
    /// The head and the first half of the body are sent, and then the connection is reset.
    Truncated(Response<Bytes>),
}

impl fmt::Debug for PendingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingRequest")
            .field("method", &self.request.method)
            .field("path", &self.request.path)
            .field("body_bytes", &self.request.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for WireResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, response) = match self {
            Self::Complete(response) => ("Complete", response),
            Self::Truncated(response) => ("Truncated", response),
            Self::Stalled => return f.write_str("Stalled"),
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
    /// [`PendingRequest::wait`] and [`PendingRequest::take_effect`] return.
    ///
    /// ```
    /// # use vipps::simulator::{WireResponse, Simulator};
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let request = http::Request::get("/nowhere").body(Default::default())?;
    /// let (late, reply) = sim.arrive(request).take_effect();
    /// assert!(late.is_zero());
    /// assert!(matches!(reply, WireResponse::Complete(response) if response.status() == 404));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn arrive(&self, request: Request<Bytes>) -> PendingRequest {
        PendingRequest::at(&self.engine, request)
    }
}

impl PendingRequest {
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
        let recorded = engine.arrive(&request);
        Self {
            engine: Arc::clone(engine),
            request,
            recorded,
        }
    }

    /// Returns the time that a fault delays the request before it takes effect.
    pub fn wait(&self) -> Duration {
        self.recorded.wait()
    }

    pub(super) fn barriers(&self) -> (Option<Barrier>, Option<Barrier>) {
        self.recorded.barriers()
    }

    /// Applies the request, unless a fault prevents that. Returns the response and the time that a
    /// fault delays it.
    pub fn take_effect(self) -> (Duration, WireResponse) {
        let Dispatch {
            response,
            wait,
            transmission,
        } = self.engine.respond(&self.request, &self.recorded);
        let response = encode(&response, &self.engine);
        match transmission {
            Transmission::Complete => (wait, WireResponse::Complete(response)),
            Transmission::Slow(time) => (wait + time, WireResponse::Complete(response)),
            Transmission::Stalled => (wait, WireResponse::Stalled),
            Transmission::Lost => (wait, WireResponse::Reset),
            Transmission::Reset => {
                let truncated = response.map(|body| body.slice(..body.len() / 2));
                (wait, WireResponse::Truncated(truncated))
            }
        }
    }
}
