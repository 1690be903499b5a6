//! The kinds of faults, and the effect of a fault on one request.

use std::time::Duration;

use http::{HeaderValue, header};

use super::barrier::Barrier;
use crate::simulator::gateway::{Body, Response};

/// The stage of the request at which a fault applies: before or after the request takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Before,
    After,
}

/// The kind of a fault.
#[derive(Debug, Clone)]
pub(crate) enum FaultKind {
    /// A different response, and its description.
    Respond(Box<Response>, String),
    /// A delay in real time. The response stays as it is.
    Delay(Duration),
    /// A wait until the test releases the request.
    Pause(Barrier),
    LoseRequest,
    LoseResponse,
    Reset,
    Stall,
    MalformedJson,
    Duplicate,
    /// The time that the transmission of the response takes.
    Drip(Duration),
}

/// The transmission of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transmission {
    Complete,
    /// The connection is reset before the first byte.
    Lost,
    /// The head and half of the body are sent, and then the connection is reset.
    Reset,
    /// No byte is sent, and the connection stays open.
    Stalled,
    /// The bytes are sent a few at a time, so that all of them take this time.
    Slow(Duration),
}

impl Transmission {
    /// Returns `true` if the client receives at least the status of the response.
    pub(crate) fn sends_status(self) -> bool {
        !matches!(self, Self::Lost | Self::Stalled)
    }
}

/// A fault that applies to one request.
#[derive(Debug, Clone)]
pub(crate) struct Injection {
    pub(super) stage: Stage,
    pub(super) kind: FaultKind,
    pub(super) retry_after: Option<HeaderValue>,
}

impl Injection {
    /// Returns the number of times that the request takes effect.
    pub(crate) fn times_applied(&self) -> usize {
        match (&self.kind, self.stage) {
            (FaultKind::Duplicate, _) => 2,
            (FaultKind::Delay(_) | FaultKind::Pause(_), _) | (_, Stage::After) => 1,
            (_, Stage::Before) => 0,
        }
    }

    /// Returns `true` if a call to the merchant is not sent.
    pub(crate) fn loses_message(&self) -> bool {
        matches!(self.kind, FaultKind::LoseRequest)
    }

    /// Returns the delay of a call to the merchant.
    pub(crate) fn delay(&self) -> Duration {
        self.wait_before() + self.wait_after()
    }

    /// Returns the delay before the request takes effect, in real time.
    pub(crate) fn wait_before(&self) -> Duration {
        self.wait(Stage::Before)
    }

    /// Returns the delay of the response after the request took effect, in real time.
    pub(crate) fn wait_after(&self) -> Duration {
        self.wait(Stage::After)
    }

    fn wait(&self, stage: Stage) -> Duration {
        match self.kind {
            FaultKind::Delay(time) if self.stage == stage => time,
            _ => Duration::ZERO,
        }
    }

    /// Returns the barrier that the request waits at before it takes effect.
    pub(crate) fn barrier_before(&self) -> Option<Barrier> {
        self.barrier(Stage::Before)
    }

    /// Returns the barrier that the response waits at after the request took effect.
    pub(crate) fn barrier_after(&self) -> Option<Barrier> {
        self.barrier(Stage::After)
    }

    fn barrier(&self, stage: Stage) -> Option<Barrier> {
        match &self.kind {
            FaultKind::Pause(barrier) if self.stage == stage => Some(barrier.clone()),
            _ => None,
        }
    }

    pub(crate) fn transmission(&self) -> Transmission {
        match self.kind {
            FaultKind::LoseRequest | FaultKind::LoseResponse => Transmission::Lost,
            FaultKind::Reset => Transmission::Reset,
            FaultKind::Stall => Transmission::Stalled,
            FaultKind::Drip(time) => Transmission::Slow(time),
            FaultKind::Respond(..)
            | FaultKind::Delay(_)
            | FaultKind::Pause(_)
            | FaultKind::MalformedJson
            | FaultKind::Duplicate => Transmission::Complete,
        }
    }

    /// Applies the fault to the response of the request, or to an empty response if the request
    /// took no effect.
    pub(crate) fn apply(&self, response: Response) -> Response {
        let mut changed = match &self.kind {
            FaultKind::Respond(response, _) => response.as_ref().clone(),
            FaultKind::MalformedJson => half(response),
            _ => response,
        };
        if let Some(value) = &self.retry_after {
            changed = changed.with_header(header::RETRY_AFTER, value.clone());
        }
        let effect = match self.times_applied() {
            0 => "the request took no effect",
            1 => "the request took effect",
            _ => "the request took effect twice",
        };
        changed.note = Some(format!("fault: {}; {effect}", self.kind.description()));
        changed
    }
}

impl FaultKind {
    /// Returns the description that the journal and the list of faults show.
    pub(super) fn description(&self) -> String {
        match self {
            Self::Respond(_, description) => description.clone(),
            Self::Delay(time) => format!("delay of {time:?}"),
            Self::Pause(_) => "pause".to_owned(),
            Self::LoseRequest => "request lost".to_owned(),
            Self::LoseResponse => "response lost".to_owned(),
            Self::Reset => "connection reset".to_owned(),
            Self::Stall => "stall".to_owned(),
            Self::MalformedJson => "malformed JSON".to_owned(),
            Self::Duplicate => "duplicate".to_owned(),
            Self::Drip(time) => format!("slow drip of {time:?}"),
        }
    }
}

/// Replaces the body by its first half. Half of an array or an object is never JSON.
fn half(mut response: Response) -> Response {
    let (media_type, bytes) = response.encoded();
    let half = bytes.slice(..bytes.len() / 2);
    response.body = Body::Raw(media_type.unwrap_or("application/json"), half);
    response
}
