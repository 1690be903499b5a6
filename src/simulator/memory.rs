//! The simulator without a socket: requests as values, broken answers as
//! values, so that thousands of schedules run in a second and time is whatever
//! the test says.

use std::sync::Arc;
use std::time::Duration;

use ::http::{Request, Response};
use bytes::Bytes;

use super::Simulator;
use super::engine::{Arrival, Dispatch, Engine};
use super::faults::{Gate, Manner};
use super::http::encode;
use super::wire;

/// A request that has come in but has not taken effect; get it from
/// [`Simulator::arrive`]. Dropped, it never does.
#[derive(Debug)]
#[must_use = "a request that does not take effect is lost"]
pub struct Arrived {
    engine: Arc<Engine>,
    request: wire::Request,
    arrival: Arrival,
}

/// What comes back, as the client of a socket would see it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reply {
    /// An answer.
    Whole(Response<Bytes>),
    /// No byte, ever.
    Silence,
    /// The connection is reset before the answer's head is complete.
    Reset,
    /// The head and the first half of the body, and then this.
    Cut(Response<Bytes>, Ending),
}

/// How a body that is cut short ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The connection is reset.
    Reset,
    /// The connection is closed in order.
    Closed,
    /// Nothing more comes, and the connection stays open.
    Silence,
}

impl Simulator {
    /// Takes a request in without a socket, on any simulator. Faults strike
    /// here as they do on the wire, but no time passes: who drives the exchange
    /// waits, or moves the clock, as the answers say.
    ///
    /// ```
    /// # use vipps::simulator::{Reply, Simulator};
    /// let sim = Simulator::builder().freeze_clock().in_memory()?;
    /// let request = http::Request::get("/nowhere").body(Default::default())?;
    /// let (late, reply) = sim.arrive(request).take_effect();
    /// assert!(late.is_zero());
    /// assert!(matches!(reply, Reply::Whole(answer) if answer.status() == 404));
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
        // A client of a socket would have said it.
        headers
            .entry(::http::header::CONTENT_LENGTH)
            .or_insert_with(|| body.len().into());
        let request = wire::Request {
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

    /// How long a fault holds the request back before it takes effect.
    pub fn wait(&self) -> Duration {
        self.arrival.wait()
    }

    pub(super) fn gates(&self) -> (Option<Gate>, Option<Gate>) {
        self.arrival.gates()
    }

    /// Lets it take effect, unless a fault forbids that, and gives the answer
    /// and how long a fault holds that back.
    pub fn take_effect(self) -> (Duration, Reply) {
        let Dispatch {
            response,
            wait,
            manner,
        } = self.engine.answer(&self.request, &self.arrival);
        let whole = encode(&response, &self.engine);
        let reply = match manner {
            Manner::Whole => Reply::Whole(whole),
            Manner::Stall => Reply::Silence,
            Manner::Reset | Manner::ResetInHeaders => Reply::Reset,
            Manner::ResetInBody => Reply::Cut(half(whole), Ending::Reset),
            Manner::Truncate => Reply::Cut(half(whole), Ending::Closed),
            Manner::StallInBody => Reply::Cut(half(whole), Ending::Silence),
        };
        (wait, reply)
    }
}

fn half(answer: Response<Bytes>) -> Response<Bytes> {
    answer.map(|body| body.slice(..body.len() / 2))
}
