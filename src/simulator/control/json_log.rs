//! The journal and the deliveries as lines of JSON, each as soon as it is complete.

use std::collections::BTreeSet;

use serde_json::Value;

use super::journal::{delivery, described};
use crate::simulator::delivery::DeliveryOutcome;
use crate::simulator::engine::Engine;

/// The position of a reader of the log.
#[derive(Debug, Default)]
pub(crate) struct JsonLog {
    requests: Cursor,
    deliveries: Cursor,
}

/// The numbers of the lines that were read.
#[derive(Debug, Default)]
struct Cursor {
    last: u64,
    /// Lines that were not complete when they were read.
    pending: BTreeSet<u64>,
}

impl Cursor {
    /// Returns `true` if the line with this number is to be written now. A line that is not complete
    /// is read again later.
    fn takes(&mut self, number: u64, is_complete: bool) -> bool {
        let is_new = number > self.last || self.pending.remove(&number);
        self.last = self.last.max(number);
        if is_new && !is_complete {
            self.pending.insert(number);
        }
        is_new && is_complete
    }

    /// Returns the first number that may still be written.
    fn first(&self) -> u64 {
        let pending = self.pending.first().copied();
        pending.unwrap_or(self.last + 1)
    }
}

impl JsonLog {
    /// Returns the lines that have become complete since the last call.
    pub(crate) fn lines(&mut self, engine: &Engine) -> Vec<Value> {
        let line = |kind: &str, mut described: Value| {
            described["kind"] = kind.into();
            described
        };
        engine.read(|world, _| {
            let mut lines = Vec::new();
            for entry in world.records.since(self.requests.first()) {
                if self.requests.takes(entry.number(), entry.is_complete()) {
                    lines.push(line("request", described(entry)));
                }
            }
            for sent in world.deliveries.since(self.deliveries.first()) {
                let is_complete = *sent.outcome() != DeliveryOutcome::Pending;
                if self.deliveries.takes(sent.number, is_complete) {
                    lines.push(line("delivery", delivery(sent)));
                }
            }
            lines
        })
    }
}
