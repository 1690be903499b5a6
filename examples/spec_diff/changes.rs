//! The changes between two documents, each marked as breaking or not.
//!
//! This crate sends exactly the documented requests and reads responses leniently. These changes
//! are breaking: a removed operation or member, a member of a new type, and everything that makes
//! the API refuse a request that it accepted before.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::parts::{Item, Model, Part, Use};

/// One line of the report, without the operations that it concerns.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) is_compatible: bool,
    /// The kind of the changed part: `operation`, `parameter`, `field`, `message`, `error` or
    /// `server`.
    pub(crate) subject: &'static str,
    pub(crate) text: String,
}

impl Change {
    /// Returns the name of the changed member or parameter in the API. It is empty for other
    /// changes.
    pub(crate) fn name(&self) -> &str {
        let part = self.text.split([':', '(']).next().unwrap_or_default();
        let name = part
            .trim_end()
            .trim_end_matches("[]")
            .rsplit(['.', ' '])
            .next();
        let is_part = ["field", "parameter", "error"].contains(&self.subject);
        name.filter(|_| is_part).unwrap_or_default()
    }
}

/// The changes, breaking ones first, with the ids of the operations that each concerns.
#[derive(Debug, Default)]
pub(crate) struct Report(pub(crate) BTreeMap<Change, BTreeSet<String>>);

/// The effect of a change on a message that was valid before.
#[derive(PartialEq, Eq)]
enum Effect {
    Compatible,
    /// Fewer messages are valid.
    Stricter,
    Incompatible,
}

impl Report {
    /// Compares two documents.
    pub(crate) fn of(old: &Model, new: &Model) -> Self {
        let mut report = Self::default();
        if old.servers != new.servers {
            let text = format!("servers: {} became {}", old.servers, new.servers);
            report.add(true, "server", text, "");
        }
        let mut known = BTreeSet::new();
        for (key, was) in &old.items {
            // An operation has moved if its id is at a new place.
            let is_moved = |(to, now): &(&String, &Item)| {
                !was.id.is_empty() && now.id == was.id && !old.items.contains_key(*to)
            };
            let found = new.items.get_key_value(key);
            let Some((to, now)) = found.or_else(|| new.items.iter().find(is_moved)) else {
                report.add(
                    was.subject != "error",
                    was.subject,
                    format!("{key} removed"),
                    &was.id,
                );
                continue;
            };
            if to != key {
                report.add(true, was.subject, format!("{key} moved to {to}"), &was.id);
            }
            known.insert(to);
            report.parts(was, now);
        }
        for (key, now) in new.items.iter().filter(|(key, _)| !known.contains(key)) {
            report.add(false, now.subject, format!("{key} added"), &now.id);
        }
        report
    }

    fn add(&mut self, is_breaking: bool, subject: &'static str, text: String, id: &str) {
        let change = Change {
            is_compatible: !is_breaking,
            subject,
            text,
        };
        let operations = self.0.entry(change).or_default();
        operations.extend((!id.is_empty()).then(|| id.to_owned()));
    }

    fn parts(&mut self, old: &Item, new: &Item) {
        for (place, now) in &new.parts {
            if let Some(was) = old.parts.get(place) {
                self.rules(was, now, &old.id);
            } else if !is_inside_missing(place, old) {
                let is_required = now.rules.get("required") == Some(&json!(true));
                let how = if is_required { "required" } else { "optional" };
                let effect = if is_required {
                    Effect::Stricter
                } else {
                    Effect::Compatible
                };
                self.part(now, &effect, &format!(" added, {how}"), &old.id);
            }
        }
        for (place, was) in &old.parts {
            if !new.parts.contains_key(place) && !is_inside_missing(place, new) {
                self.part(was, &Effect::Incompatible, " removed", &old.id);
            }
        }
    }

    fn rules(&mut self, was: &Part, now: &Part, id: &str) {
        let mut keys: BTreeSet<&String> = was.rules.keys().chain(now.rules.keys()).collect();
        if was.rules.get("type") != now.rules.get("type") {
            // The other rules of another type are not comparable.
            keys.retain(|key| *key == "type");
        }
        for key in keys {
            let (before, after) = (was.rules.get(key), now.rules.get(key));
            if before != after {
                let text = match (before, after) {
                    (Some(Value::Array(before)), Some(Value::Array(after))) => {
                        let added = without(after, before).map(|value| format!(" {value} added"));
                        let removed =
                            without(before, after).map(|value| format!(" {value} removed"));
                        added.chain(removed).collect::<Vec<_>>().join(",")
                    }
                    (Some(before), Some(after)) => format!(" {before} became {after}"),
                    (Some(before), None) => format!(" {before} removed"),
                    (None, after) => format!(" {} added", after.unwrap_or_default()),
                };
                let text = format!(": {key}{}", text.replace('"', ""));
                self.part(now, &effect(key, before, after), &text, id);
            }
        }
    }

    fn part(&mut self, part: &Part, effect: &Effect, text: &str, id: &str) {
        let is_breaking = match part.usage {
            Use::Sent => *effect != Effect::Compatible,
            Use::Received => *effect == Effect::Incompatible,
            Use::Error | Use::Other => false,
        };
        self.add(
            is_breaking,
            part.subject,
            format!("{}{text}", part.shown),
            id,
        );
    }
}

fn effect(rule: &str, before: Option<&Value>, after: Option<&Value>) -> Effect {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned();
    let number = |value: Option<&Value>| value.and_then(Value::as_f64);
    let is_stricter = match (rule, number(before), number(after)) {
        ("type", ..) => return Effect::Incompatible,
        // These rules do not make the API refuse a value.
        ("nullable" | "format" | "default", ..) => false,
        ("required", ..) => after == Some(&json!(true)),
        ("enum", ..) => match (list(before), list(after)) {
            (Some(before), Some(after)) => without(&before, &after).next().is_some(),
            (_, after) => after.is_some(),
        },
        (_, Some(before), Some(after)) if rule.starts_with("max") => after < before,
        (_, Some(before), Some(after)) if rule.starts_with("min") => after > before,
        _ => after.is_some(),
    };
    if is_stricter {
        Effect::Stricter
    } else {
        Effect::Compatible
    }
}

fn without<'a>(values: &'a [Value], others: &'a [Value]) -> impl Iterator<Item = &'a Value> {
    values.iter().filter(|value| !others.contains(value))
}

/// Returns whether the parent of this member is missing in the other item. The line about the
/// parent covers its members.
fn is_inside_missing(place: &str, other: &Item) -> bool {
    let body = place.find(':').map_or(place.len(), |at| at + 1);
    let parent = place[body..].rfind(['.', '[']).map_or(body, |at| body + at);
    parent < place.len() && !other.parts.contains_key(&place[..parent])
}
