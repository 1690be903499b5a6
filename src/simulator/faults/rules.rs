//! Active fault rules: the choice of the rule for a request, and its effect on the response.

use std::time::Duration;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;

use super::Gate;
use crate::simulator::clock::later;
use crate::simulator::errors;
use crate::simulator::random::Random;
use crate::simulator::wire::{Body, Response};

/// The settings that select the requests of a rule. They hold no handle of the simulator: the
/// simulator owns the rules, so such a handle would keep the simulator alive forever.
#[derive(Debug, Clone)]
pub(super) struct RuleSettings {
    pub(super) operation: Option<String>,
    pub(super) order: Option<String>,
    pub(super) nth: Option<u64>,
    pub(super) times: Option<u64>,
    pub(super) moment: Option<Moment>,
    pub(super) probability: f64,
    pub(super) seed: Option<u64>,
    pub(super) lasts: Option<Duration>,
    pub(super) retry_after: Option<HeaderValue>,
}

impl RuleSettings {
    pub(super) fn new(operation: Option<String>) -> Self {
        Self {
            operation,
            order: None,
            nth: None,
            times: None,
            moment: None,
            probability: 1.0,
            seed: None,
            lasts: None,
            retry_after: None,
        }
    }
}

/// The stage of the request at which a fault applies: before or after the request takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    After,
}

/// The kind of a fault.
#[derive(Debug, Clone)]
pub(super) enum Damage {
    /// A different response.
    Answer(Response),
    /// The eCom error of this group and code.
    Code(String, String),
    /// A delay in real time. The response stays as it is.
    Delay(Duration),
    /// A wait until the test releases the request.
    Hold(Gate),
    /// Replaces each text that equals the first by the second.
    Replace(String, String),
    Manner(Manner),
    Garbage,
    TruncatedJson,
    Oversized(usize),
    Lose,
    Duplicate,
}

/// The transmission of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
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
    moment: Moment,
    damage: Damage,
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
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) operation: Option<String>,
    pub(crate) order: Option<String>,
    pub(crate) damage: String,
    pub(crate) hits: u64,
    /// `true` if the rule cannot apply to any further request.
    pub(crate) spent: bool,
}

/// A fault that applies to one request.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    moment: Moment,
    damage: Damage,
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

    pub(super) fn add(
        &mut self,
        rule: RuleSettings,
        usual: Moment,
        damage: Damage,
        now: Timestamp,
    ) -> u64 {
        self.made += 1;
        let seed = rule.seed.unwrap_or(self.seed ^ self.made);
        self.active.push(Active {
            id: self.made,
            moment: rule.moment.unwrap_or(usual),
            damage,
            random: Random::new(seed),
            ends: rule.lasts.map(|time| later(now, time)),
            seen: 0,
            hits: 0,
            rule,
        });
        self.made
    }

    pub(super) fn hits(&self, id: u64) -> u64 {
        let active = self.active.iter().find(|active| active.id == id);
        let retired = self.retired.iter().find(|(retired, _)| *retired == id);
        active
            .map(|active| active.hits)
            .or(retired.map(|(_, hits)| *hits))
            .unwrap_or(0)
    }

    pub(super) fn remove(&mut self, id: u64) {
        let retired = &mut self.retired;
        self.active.retain(|active| {
            if active.id == id {
                active.let_go();
                retired.push((id, active.hits));
            }
            active.id != id
        });
    }

    /// The rules that are switched on, oldest first.
    pub(crate) fn listed(&self, now: Timestamp) -> Vec<Listed> {
        self.active
            .iter()
            .map(|active| Listed {
                id: active.id,
                operation: active.rule.operation.clone(),
                order: active.rule.order.clone(),
                damage: active.damage.name(),
                hits: active.hits,
                spent: active.times().is_some_and(|times| active.hits >= times)
                    || active.ends.is_some_and(|ends| ends <= now),
            })
            .collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.active.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        let gone = self.active.drain(..).map(|active| {
            active.let_go();
            (active.id, active.hits)
        });
        self.retired.extend(gone);
    }

    /// Returns the fault for a request: that of the oldest rule that is due. Every rule counts the
    /// request, so that no rule depends on the others.
    pub(crate) fn strike(
        &mut self,
        operation: Option<&str>,
        order: Option<&str>,
        now: Timestamp,
    ) -> Option<Strike> {
        let mut oldest = None;
        for active in &mut self.active {
            if active.counts_as_due(operation, order, now) && oldest.is_none() {
                oldest = Some(active.strike());
            }
        }
        oldest
    }
}

impl Active {
    /// Releases the requests that the rule holds.
    fn let_go(&self) {
        if let Damage::Hold(gate) = &self.damage {
            gate.open();
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

    fn strike(&mut self) -> Strike {
        self.hits += 1;
        Strike {
            moment: self.moment,
            damage: self.damage.clone(),
            retry_after: self.rule.retry_after.clone(),
        }
    }
}

impl Strike {
    /// The number of times that the request takes effect.
    pub(crate) fn times_applied(&self) -> usize {
        match (&self.damage, self.moment) {
            (Damage::Lose, _) => 0,
            (Damage::Duplicate, _) => 2,
            (Damage::Delay(_) | Damage::Hold(_), _) | (_, Moment::After) => 1,
            (_, Moment::Before) => 0,
        }
    }

    /// Returns whether a call to the merchant is never sent.
    pub(crate) fn loses(&self) -> bool {
        matches!(self.damage, Damage::Lose)
    }

    /// The delay of a call to the merchant.
    pub(crate) fn delay(&self) -> Duration {
        self.wait_before() + self.wait_after()
    }

    /// The delay before the request takes effect, in real time.
    pub(crate) fn wait_before(&self) -> Duration {
        match (self.moment, &self.damage) {
            (Moment::Before, Damage::Delay(time)) => *time,
            _ => Duration::ZERO,
        }
    }

    /// The delay of the response after the request took effect, in real time.
    pub(crate) fn wait_after(&self) -> Duration {
        match (self.moment, &self.damage) {
            (Moment::After, Damage::Delay(time)) => *time,
            _ => Duration::ZERO,
        }
    }

    /// The barrier that the request waits at before it takes effect.
    pub(crate) fn gate_before(&self) -> Option<Gate> {
        self.gate(Moment::Before)
    }

    /// The barrier that the response waits at after the request took effect.
    pub(crate) fn gate_after(&self) -> Option<Gate> {
        self.gate(Moment::After)
    }

    fn gate(&self, moment: Moment) -> Option<Gate> {
        match &self.damage {
            Damage::Hold(gate) if self.moment == moment => Some(gate.clone()),
            _ => None,
        }
    }

    pub(crate) fn manner(&self) -> Manner {
        match self.damage {
            Damage::Manner(manner) => manner,
            Damage::Lose => Manner::Stall,
            _ => Manner::Whole,
        }
    }

    /// Applies the fault to a response. `None` means that the request took no effect: without a
    /// response of its own, the fault then uses a 503.
    pub(crate) fn damage(&self, answer: Option<Response>, random: &mut Random) -> Response {
        let kept = answer.unwrap_or_else(|| {
            errors::gateway(
                StatusCode::SERVICE_UNAVAILABLE,
                "A fault that was asked for",
            )
        });
        let mut damaged = match &self.damage {
            Damage::Answer(answer) => answer.clone(),
            Damage::Code(group, code) => ecom_error(group, code, random),
            Damage::Delay(_)
            | Damage::Hold(_)
            | Damage::Manner(_)
            | Damage::Lose
            | Damage::Duplicate => kept,
            Damage::Replace(text, with) => replaced(kept, text, with),
            Damage::Garbage => with_body(kept, b"{\"orderId\": \xff\xfe, oops".to_vec()),
            Damage::TruncatedJson => {
                let (_, bytes) = kept.encoded();
                let half = bytes.len() / 2;
                with_body(kept, bytes.slice(..half).to_vec())
            }
            Damage::Oversized(bytes) => with_body(kept, vec![b' '; *bytes]),
        };
        if let Some(value) = &self.retry_after {
            damaged = damaged.with_header(header::RETRY_AFTER, value.clone());
        }
        let effect = match self.times_applied() {
            0 => "the request took no effect",
            1 => "the request took effect",
            _ => "the request took effect twice",
        };
        damaged.note = Some(format!("fault: {}; {effect}", self.damage.name()));
        damaged
    }
}

impl Damage {
    fn name(&self) -> String {
        match self {
            Self::Answer(answer) => format!("status {}", answer.status.as_u16()),
            Self::Code(group, code) => format!("error {group} {code}"),
            Self::Delay(time) => format!("delay {time:?}"),
            Self::Hold(_) => "held".to_owned(),
            Self::Replace(text, with) => format!("{with} in place of {text}"),
            Self::Manner(manner) => format!("{manner:?}").to_lowercase(),
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

fn ecom_error(group: &str, code: &str, random: &mut Random) -> Response {
    let known = errors::ALL
        .iter()
        .find(|known| known.group.unwrap_or("Merchant") == group && known.number == code);
    match known {
        Some(known) => known.response(random),
        None => errors::ecom(
            StatusCode::BAD_REQUEST,
            Some(group),
            code,
            "A fault that was asked for",
            random,
        ),
    }
}
