//! Active fault rules, and the choice of the rule for a request.

use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;

use super::injection::{FaultKind, Injection, Stage};
use crate::simulator::domain::time::later;
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

#[derive(Debug)]
struct Active {
    id: u64,
    rule: RuleSettings,
    stage: Stage,
    kind: FaultKind,
    random: Random,
    ends_at: Option<Timestamp>,
    /// The number of matching requests so far.
    seen: u64,
    hits: u64,
}

#[derive(Debug)]
pub(crate) struct FaultRules {
    active: Vec<Active>,
    /// The id and the number of hits of each removed rule.
    retired: Vec<(u64, u64)>,
    created: u64,
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
    pub(crate) is_exhausted: bool,
}

impl FaultRules {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            active: Vec::new(),
            retired: Vec::new(),
            created: 0,
            seed,
        }
    }

    pub(crate) fn add(
        &mut self,
        rule: RuleSettings,
        default_stage: Stage,
        kind: FaultKind,
        now: Timestamp,
    ) -> u64 {
        self.created += 1;
        let seed = rule.seed.unwrap_or(self.seed ^ self.created);
        self.active.push(Active {
            id: self.created,
            stage: rule.stage.unwrap_or(default_stage),
            kind,
            random: Random::new(seed),
            ends_at: rule.lasts.map(|time| later(now, time)),
            seen: 0,
            hits: 0,
            rule,
        });
        self.created
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

    /// Returns the active rules, oldest first.
    pub(crate) fn listed(&self, now: Timestamp) -> Vec<FaultSummary> {
        self.active
            .iter()
            .map(|active| FaultSummary {
                id: active.id,
                operation: active.rule.operation.clone(),
                order: active.rule.order.clone(),
                description: active.kind.description(),
                hits: active.hits,
                is_exhausted: active.times().is_some_and(|times| active.hits >= times)
                    || active.ends_at.is_some_and(|ends_at| ends_at <= now),
            })
            .collect()
    }

    pub(crate) fn clear(&mut self) {
        let removed = self.active.drain(..).map(|active| {
            active.release();
            (active.id, active.hits)
        });
        self.retired.extend(removed);
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
            && self.ends_at.is_none_or(|ends_at| now < ends_at);
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
