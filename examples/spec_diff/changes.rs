//! The changes between two documents, each marked as breaking or not.
//!
//! This crate sends exactly the documented requests and reads responses leniently. These changes
//! are breaking: a removed operation or member, a member of a new type, and everything that makes
//! the API refuse a request that it accepted before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::build::document::text;
use super::parts::{Part, Use, entries, members};

/// One line of the report, without the operations that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    /// `BREAKING` or `ok`.
    pub(crate) weight: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) text: String,
    /// The name of the changed member or parameter in the API. Empty for other changes.
    pub(crate) name: String,
}

/// The changes, breaking ones first, with the ids of the operations that each concerns.
#[derive(Debug, Default)]
pub(crate) struct Report(pub(crate) BTreeMap<Change, BTreeSet<String>>);

impl Report {
    /// Compares two documents.
    pub(crate) fn of(old: &Part, mut new: Part) -> Self {
        let mut report = Self::default();
        for (from, was) in &old.parts {
            // An operation has moved if its id is at a new place. It gets its old key back.
            let id = text(&was.rules, "operationId").unwrap_or_default();
            let is_moved = |(to, now): &(&String, &Part)| {
                text(&now.rules, "operationId") == Some(id) && !old.parts.contains_key(*to)
            };
            if !new.parts.contains_key(from)
                && let Some((to, _)) = new.parts.iter().find(is_moved)
                && let Some((to, now)) = new.parts.remove_entry(&to.clone())
            {
                report.add(was, true, &format!(" moved to {to}"), id);
                new.parts.insert(from.clone(), now);
            }
        }
        report.part(old, &new, "");
        report
    }

    /// Compares two versions of a part. `id` is the operation around it.
    fn part(&mut self, old: &Part, new: &Part, id: &str) {
        self.rules(old, new, id);
        let id = |part: &Part| text(&part.rules, "operationId").unwrap_or(id).to_owned();
        // The line about a missing part covers the parts inside it.
        for (key, was) in &old.parts {
            match new.parts.get(key) {
                Some(now) => self.part(was, now, &id(was)),
                None => self.add(was, was.usage != Use::Free, " removed", &id(was)),
            }
        }
        for (key, now) in &new.parts {
            if !old.parts.contains_key(key) {
                let (is_required, text) = match now.rules["required"].as_bool() {
                    Some(true) => (true, " added, required"),
                    Some(false) => (false, " added, optional"),
                    None => (false, " added"),
                };
                self.add(now, is_required && now.usage == Use::Sent, text, &id(now));
            }
        }
    }

    fn rules(&mut self, old: &Part, new: &Part, id: &str) {
        let rules = members(&old.rules).chain(members(&new.rules));
        let keys: BTreeSet<&String> = rules.map(|(key, _)| key).collect();
        let has_other_type = old.rules["type"] != new.rules["type"];
        for key in keys {
            // A missing rule is null.
            let (before, after) = (&old.rules[key], &new.rules[key]);
            let text = match (before, after) {
                _ if before == after => continue,
                // The other rules of another type are not comparable.
                _ if has_other_type && key != "type" => continue,
                (Value::Array(_), Value::Array(_)) => {
                    let added = without(after, before).map(|value| format!(" {value} added"));
                    let removed = without(before, after).map(|value| format!(" {value} removed"));
                    added.chain(removed).collect::<Vec<_>>().join(",")
                }
                (_, Value::Null) => format!(" {before} removed"),
                (Value::Null, _) => format!(" {after} added"),
                _ => format!(" {before} became {after}"),
            };
            let is_breaking = match new.usage {
                Use::Sent => is_stricter(key, before, after),
                Use::Received => key == "type" || key == "servers",
                Use::Free => false,
            };
            let text = text.replace('"', "");
            self.add(new, is_breaking, &format!(": {key}{text}"), id);
        }
    }

    fn add(&mut self, part: &Part, is_breaking: bool, text: &str, id: &str) {
        let change = Change {
            weight: if is_breaking { "BREAKING" } else { "ok" },
            subject: part.subject,
            text: format!("{}{text}", part.shown),
            name: part.name().to_owned(),
        };
        let operations = self.0.entry(change).or_default();
        operations.extend((!id.is_empty()).then(|| id.to_owned()));
    }
}

/// Returns whether a changed rule makes the API refuse a value that it accepted before.
fn is_stricter(rule: &str, before: &Value, after: &Value) -> bool {
    match (rule, before.as_f64(), after.as_f64()) {
        ("nullable" | "format" | "default", ..) => false,
        _ if after.is_null() => false,
        ("required", ..) => *after == true,
        ("enum", ..) if before.is_array() => without(before, after).next().is_some(),
        (_, Some(before), Some(after)) if rule.starts_with("max") => after < before,
        (_, Some(before), Some(after)) if rule.starts_with("min") => after > before,
        _ => true,
    }
}

/// Returns the values of a list that the other list lacks.
fn without<'a>(list: &'a Value, other: &'a Value) -> impl Iterator<Item = &'a Value> {
    entries(list).filter(|value| !entries(other).any(|other| other == *value))
}
