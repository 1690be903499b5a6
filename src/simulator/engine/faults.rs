//! Active fault rules: the choice of the rule for a request, and its effect on the response.

use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

use super::barrier::Barrier;
use crate::simulator::domain::time::later;
use crate::simulator::gateway::{Body, Response, errors};
use crate::simulator::random::Random;

/// The settings that select the requests of a rule. They hold no handle of the simulator: the
/// simulator owns the rules, so such a handle would keep the simulator alive forever.
#[derive(Debug, Clone)]
pub(crate) struct RuleSettings {
    pub(crate) operation: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) nth: Option<u64>,
    pub(crate) times: Option<u64>,
    pub(crate) stage: Option<Stage>,
    pub(crate) probability: f64,
    pub(crate) seed: Option<u64>,
    pub(crate) lasts: Option<Duration>,
    pub(crate) retry_after: Option<HeaderValue>,
}

impl RuleSettings {
    pub(crate) fn new(operation: Option<String>) -> Self {
        Self {
            operation,
            order: None,
            nth: None,
            times: None,
            stage: None,
            probability: 1.0,
            seed: None,
            lasts: None,
            retry_after: None,
        }
    }
}

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
    /// Replaces each text that equals the first by the second.
    Replace(String, String),
    Wire(WireFault),
    Garbage,
    TruncatedJson,
    Oversized(usize),
    Lose,
    Duplicate,
}

/// The transmission of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WireFault {
    Whole,
    /// No byte is sent, and the connection stays open.
    Stall,
    /// The head and half the body are sent, and the connection stays open.
    StallInBody,
    /// The connection is reset before the first byte.
    Reset,
    ResetInHeaders,
    ResetInBody,
    /// The connection is closed normally in the middle of the body.
    Truncate,
}

#[derive(Debug)]
struct Active {
    id: u64,
    rule: RuleSettings,
    stage: Stage,
    kind: FaultKind,
    random: Random,
    ends: Option<Timestamp>,
    seen: u64,
    hits: u64,
}

#[derive(Debug)]
pub(crate) struct Rules {
    active: Vec<Active>,
    retired: Vec<(u64, u64)>,
    made: u64,
    seed: u64,
}

/// A rule as the page and the control API show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FaultSummary {
    pub(crate) id: u64,
    pub(crate) operation: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) description: String,
    pub(crate) hits: u64,
    /// `true` if the rule cannot apply to any further request.
    pub(crate) spent: bool,
}

/// A fault that applies to one request.
#[derive(Debug, Clone)]
pub(crate) struct Injection {
    stage: Stage,
    kind: FaultKind,
    retry_after: Option<HeaderValue>,
}

impl Rules {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            active: Vec::new(),
            retired: Vec::new(),
            made: 0,
            seed,
        }
    }

    pub(crate) fn add(
        &mut self,
        rule: RuleSettings,
        usual: Stage,
        kind: FaultKind,
        now: Timestamp,
    ) -> u64 {
        self.made += 1;
        let seed = rule.seed.unwrap_or(self.seed ^ self.made);
        self.active.push(Active {
            id: self.made,
            stage: rule.stage.unwrap_or(usual),
            kind,
            random: Random::new(seed),
            ends: rule.lasts.map(|time| later(now, time)),
            seen: 0,
            hits: 0,
            rule,
        });
        self.made
    }

    pub(crate) fn hits(&self, id: u64) -> u64 {
        let active = self.active.iter().find(|active| active.id == id);
        let retired = self.retired.iter().find(|(retired, _)| *retired == id);
        active
            .map(|active| active.hits)
            .or(retired.map(|(_, hits)| *hits))
            .unwrap_or(0)
    }

    pub(crate) fn remove(&mut self, id: u64) {
        let retired = &mut self.retired;
        self.active.retain(|active| {
            if active.id == id {
                active.release();
                retired.push((id, active.hits));
            }
            active.id != id
        });
    }

    /// The rules that are switched on, oldest first.
    pub(crate) fn listed(&self, now: Timestamp) -> Vec<FaultSummary> {
        self.active
            .iter()
            .map(|active| FaultSummary {
                id: active.id,
                operation: active.rule.operation.clone(),
                order: active.rule.order.clone(),
                description: active.kind.description(),
                hits: active.hits,
                spent: active.times().is_some_and(|times| active.hits >= times)
                    || active.ends.is_some_and(|ends| ends <= now),
            })
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        let gone = self.active.drain(..).map(|active| {
            active.release();
            (active.id, active.hits)
        });
        self.retired.extend(gone);
    }

    /// Returns the fault for a request: that of the oldest rule that is due. Every rule counts the
    /// request, so that no rule depends on the others.
    pub(crate) fn inject(
        &mut self,
        operation: Option<&str>,
        order: Option<&str>,
        now: Timestamp,
    ) -> Option<Injection> {
        let mut oldest = None;
        for active in &mut self.active {
            if active.counts_as_due(operation, order, now) && oldest.is_none() {
                oldest = Some(active.inject());
            }
        }
        oldest
    }
}

impl Active {
    /// Releases the requests that the rule pauses.
    fn release(&self) {
        if let FaultKind::Pause(barrier) = &self.kind {
            barrier.open();
        }
    }

    /// The largest number of requests that the rule applies to, or `None` if it has no limit.
    fn times(&self) -> Option<u64> {
        self.rule.times.or(self.rule.nth.map(|_| 1))
    }

    /// Counts the request if it matches, and returns whether the rule is due for it.
    fn counts_as_due(
        &mut self,
        operation: Option<&str>,
        order: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let times = self.times();
        let rule = &self.rule;
        let matches = rule
            .operation
            .as_deref()
            .is_none_or(|op| operation == Some(op))
            && rule.order.as_deref().is_none_or(|id| order == Some(id))
            && self.ends.is_none_or(|ends| now < ends);
        if !matches {
            return false;
        }
        self.seen += 1;
        rule.nth.is_none_or(|nth| self.seen >= nth)
            && times.is_none_or(|times| self.hits < times)
            && self.random.chance(rule.probability)
    }

    fn inject(&mut self) -> Injection {
        self.hits += 1;
        Injection {
            stage: self.stage,
            kind: self.kind.clone(),
            retry_after: self.rule.retry_after.clone(),
        }
    }
}

impl Injection {
    /// The number of times that the request takes effect.
    pub(crate) fn times_applied(&self) -> usize {
        match (&self.kind, self.stage) {
            (FaultKind::Lose, _) => 0,
            (FaultKind::Duplicate, _) => 2,
            (FaultKind::Delay(_) | FaultKind::Pause(_), _) | (_, Stage::After) => 1,
            (_, Stage::Before) => 0,
        }
    }

    /// Returns whether a call to the merchant is never sent.
    pub(crate) fn loses(&self) -> bool {
        matches!(self.kind, FaultKind::Lose)
    }

    /// The delay of a call to the merchant.
    pub(crate) fn delay(&self) -> Duration {
        self.wait_before() + self.wait_after()
    }

    /// The delay before the request takes effect, in real time.
    pub(crate) fn wait_before(&self) -> Duration {
        match (self.stage, &self.kind) {
            (Stage::Before, FaultKind::Delay(time)) => *time,
            _ => Duration::ZERO,
        }
    }

    /// The delay of the response after the request took effect, in real time.
    pub(crate) fn wait_after(&self) -> Duration {
        match (self.stage, &self.kind) {
            (Stage::After, FaultKind::Delay(time)) => *time,
            _ => Duration::ZERO,
        }
    }

    /// The barrier that the request waits at before it takes effect.
    pub(crate) fn barrier_before(&self) -> Option<Barrier> {
        self.barrier(Stage::Before)
    }

    /// The barrier that the response waits at after the request took effect.
    pub(crate) fn barrier_after(&self) -> Option<Barrier> {
        self.barrier(Stage::After)
    }

    fn barrier(&self, stage: Stage) -> Option<Barrier> {
        match &self.kind {
            FaultKind::Pause(barrier) if self.stage == stage => Some(barrier.clone()),
            _ => None,
        }
    }

    pub(crate) fn wire_fault(&self) -> WireFault {
        match self.kind {
            FaultKind::Wire(fault) => fault,
            FaultKind::Lose => WireFault::Stall,
            _ => WireFault::Whole,
        }
    }

    /// Applies the fault to a response. `None` means that the request took no effect: without a
    /// response of its own, the fault then uses a 503.
    pub(crate) fn apply(&self, response: Option<Response>) -> Response {
        let response = response.unwrap_or_else(|| {
            errors::gateway(StatusCode::SERVICE_UNAVAILABLE, "A fault of the test")
        });
        let mut changed = match &self.kind {
            FaultKind::Respond(response, _) => response.as_ref().clone(),
            FaultKind::Delay(_)
            | FaultKind::Pause(_)
            | FaultKind::Wire(_)
            | FaultKind::Lose
            | FaultKind::Duplicate => response,
            FaultKind::Replace(text, with) => replaced(response, text, with),
            FaultKind::Garbage => with_body(response, b"{\"orderId\": \xff\xfe, oops".to_vec()),
            FaultKind::TruncatedJson => {
                let (_, bytes) = response.encoded();
                let half = bytes.len() / 2;
                with_body(response, bytes.slice(..half).to_vec())
            }
            FaultKind::Oversized(bytes) => with_body(response, vec![b' '; *bytes]),
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
    fn description(&self) -> String {
        match self {
            Self::Respond(_, description) => description.clone(),
            Self::Delay(time) => format!("delay {time:?}"),
            Self::Pause(_) => "paused".to_owned(),
            Self::Replace(text, with) => format!("{with} in place of {text}"),
            Self::Wire(fault) => format!("{fault:?}").to_lowercase(),
            Self::Garbage => "garbage".to_owned(),
            Self::TruncatedJson => "truncated JSON".to_owned(),
            Self::Lose => "lost".to_owned(),
            Self::Duplicate => "delivered twice".to_owned(),
            Self::Oversized(bytes) => format!("body of {bytes} bytes"),
        }
    }
}

fn replaced(mut response: Response, text: &str, with: &str) -> Response {
    if let Body::Json(value) = &mut response.body {
        replace_in(value, text, with);
    }
    response
}

fn replace_in(value: &mut Value, text: &str, with: &str) {
    match value {
        Value::String(found) if found == text => with.clone_into(found),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| replace_in(item, text, with)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| replace_in(member, text, with)),
        _ => {}
    }
}

fn with_body(mut response: Response, bytes: Vec<u8>) -> Response {
    let (media_type, _) = response.encoded();
    response.body = Body::Raw(media_type.unwrap_or("application/json"), bytes.into());
    response
}
