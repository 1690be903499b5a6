//! The changes between two documents, each marked as breaking or not.
//!
//! This crate sends exactly the documented requests and reads responses leniently. These changes
//! are breaking: a removed operation, a removed value or stricter limit of a request, a new
//! required field of a request, a field with a new type, and a removed field.

use std::collections::{BTreeMap, BTreeSet};

use super::model::{Direction, Field, Fields, Model, Operation};

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Change {
    pub(crate) breaking: bool,
    /// The kind of the changed part, such as `operation`, `parameter`, `field`, `enum` or `limit`.
    pub(crate) subject: &'static str,
    pub(crate) text: String,
    /// The ids of the affected operations. Empty if the change affects the whole document.
    pub(crate) operations: BTreeSet<String>,
    /// The name of the changed member or parameter in the API. Empty for other changes.
    pub(crate) name: String,
}

/// Returns whether the client sets this header itself.
fn is_set_by_client(place: &str, name: &str) -> bool {
    place == "header"
        && (name.starts_with("vipps-system-")
            || matches!(
                name,
                "authorization"
                    | "content-type"
                    | "ocp-apim-subscription-key"
                    | "merchant-serial-number"
                    | "client_id"
                    | "client_secret"
                    | "x-request-id"
            ))
}

#[derive(Default)]
struct Report {
    /// The operations of each change. A change of a shared schema is one entry with all its
    /// operations.
    changes: BTreeMap<(bool, &'static str, String, String), BTreeSet<String>>,
}

impl Report {
    fn add(
        &mut self,
        breaking: bool,
        subject: &'static str,
        text: String,
        name: &str,
        operation: &str,
    ) {
        let operations = self
            .changes
            .entry((breaking, subject, text, name.to_owned()))
            .or_default();
        if !operation.is_empty() {
            operations.insert(operation.to_owned());
        }
    }
}

/// Returns all changes, breaking changes first.
pub(crate) fn compare(old: &Model, new: &Model) -> Vec<Change> {
    let mut report = Report::default();
    if old.servers != new.servers {
        let text = format!(
            "servers: {} became {}",
            join(&old.servers),
            join(&new.servers)
        );
        let gone = old.servers.difference(&new.servers).next().is_some();
        report.add(gone, "server", text, "", "");
    }
    operations(old, new, &mut report);
    messages(old, new, &mut report);
    errors(old, new, &mut report);
    let mut changes: Vec<Change> = report
        .changes
        .into_iter()
        .map(|((breaking, subject, text, name), operations)| Change {
            breaking,
            subject,
            text,
            operations,
            name,
        })
        .collect();
    changes.sort_by_key(|change| (!change.breaking, change.subject, change.text.clone()));
    changes
}

fn operations(old: &Model, new: &Model, report: &mut Report) {
    for (key, was) in &old.operations {
        let (path, method) = key;
        if let Some(now) = new.operations.get(key) {
            operation(was, now, report);
        } else if let Some((moved, now)) = moved(was, old, new) {
            let text = format!("{method} {path} moved to {} {}", moved.1, moved.0);
            report.add(true, "operation", text, "", &was.id);
            operation(was, now, report);
        } else {
            report.add(
                true,
                "operation",
                format!("{method} {path} removed"),
                "",
                &was.id,
            );
        }
    }
    for (key, now) in &new.operations {
        let came = old
            .operations
            .values()
            .any(|was| moved(was, old, new).is_some_and(|(to, _)| to == key));
        if !old.operations.contains_key(key) && !came {
            let (path, method) = key;
            report.add(
                false,
                "operation",
                format!("{method} {path} added"),
                "",
                &now.id,
            );
        }
    }
}

/// Returns the new place of an operation that has moved. Its id is unchanged.
fn moved<'a>(
    was: &Operation,
    old: &Model,
    new: &'a Model,
) -> Option<(&'a (String, String), &'a Operation)> {
    let still = old
        .operations
        .iter()
        .find(|(_, other)| other.id == was.id)?
        .0;
    if new.operations.contains_key(still) {
        return None;
    }
    new.operations
        .iter()
        .find(|(key, now)| now.id == was.id && !old.operations.contains_key(*key))
}

fn operation(was: &Operation, now: &Operation, report: &mut Report) {
    let id = &was.id;
    if was.id != now.id {
        let text = format!("{} is called {} in the raw bindings", was.id, now.id);
        report.add(false, "operation", text, "", id);
    }
    if was.deprecated != now.deprecated {
        let text = if now.deprecated {
            "deprecated"
        } else {
            "no longer deprecated"
        };
        report.add(false, "operation", text.to_owned(), "", id);
    }
    parameters(was, now, report);
    match (&was.request, &now.request) {
        (None, Some(_)) => report.add(true, "body", "request body added".to_owned(), "", id),
        (Some(_), None) => report.add(true, "body", "request body removed".to_owned(), "", id),
        (Some(was), Some(now)) => fields(was, now, Direction::Sent, id, report),
        (None, None) => {}
    }
    fields(
        &was.response,
        &now.response,
        Direction::Received,
        id,
        report,
    );
    for status in now.statuses.difference(&was.statuses) {
        report.add(false, "response", format!("status {status} added"), "", id);
    }
    for status in was.statuses.difference(&now.statuses) {
        let last =
            status.starts_with('2') && !now.statuses.iter().any(|status| status.starts_with('2'));
        report.add(last, "response", format!("status {status} removed"), "", id);
    }
}

fn parameters(was: &Operation, now: &Operation, report: &mut Report) {
    let id = &was.id;
    let keys: BTreeSet<_> = was.parameters.keys().chain(now.parameters.keys()).collect();
    for key in keys {
        let (place, name) = key;
        let own = is_set_by_client(place, name);
        let shown = if own {
            format!("{place} {name} (set by the client)")
        } else {
            format!("{place} {name}")
        };
        match (was.parameters.get(key), now.parameters.get(key)) {
            (None, Some(now)) => {
                let how = if now.required { "required" } else { "optional" };
                let text = format!("{shown} added, {how}");
                report.add(now.required && !own, "parameter", text, name, id);
            }
            (Some(_), None) => {
                report.add(!own, "parameter", format!("{shown} removed"), name, id);
            }
            (Some(was), Some(now)) => {
                let mut inner = Report::default();
                field(was, now, Direction::Sent, &shown, name, id, &mut inner);
                for ((breaking, subject, text, name), operations) in inner.changes {
                    let subject = if subject == "field" {
                        "parameter"
                    } else {
                        subject
                    };
                    for operation in operations {
                        report.add(breaking && !own, subject, text.clone(), &name, &operation);
                    }
                }
            }
            (None, None) => {}
        }
    }
}

/// Compares the members of one message.
fn fields(was: &Fields, now: &Fields, direction: Direction, id: &str, report: &mut Report) {
    let sent = direction == Direction::Sent;
    let verb = if sent { "sent" } else { "received" };
    for (place, now) in now {
        let shown = shown(place, now, verb);
        match was.get(place) {
            Some(was) => field(was, now, direction, &shown, last(place), id, report),
            // The entry of the new parent covers its members.
            None if is_parent_missing(place, was) => {}
            None => {
                let how = if now.required { "required" } else { "optional" };
                report.add(
                    sent && now.required,
                    "field",
                    format!("{shown} added, {how}"),
                    last(place),
                    id,
                );
            }
        }
    }
    for (place, was) in was {
        if !now.contains_key(place) && !is_parent_missing(place, now) {
            report.add(
                true,
                "field",
                format!("{} removed", shown(place, was, verb)),
                last(place),
                id,
            );
        }
    }
}

fn shown(place: &str, field: &Field, verb: &str) -> String {
    let name = if field.owner.is_empty() {
        place
    } else {
        &field.owner
    };
    let name = if name.is_empty() { "the body" } else { name };
    format!("{name} ({verb})")
}

/// Returns whether the parent of this member is missing in the other message.
fn is_parent_missing(place: &str, other: &Fields) -> bool {
    let around = match place.rfind(['.', '[']) {
        Some(at) => &place[..at],
        None => return false,
    };
    !other.contains_key(around)
}

fn last(place: &str) -> &str {
    place
        .trim_end_matches("[]")
        .rsplit('.')
        .next()
        .unwrap_or(place)
}

fn field(
    was: &Field,
    now: &Field,
    direction: Direction,
    shown: &str,
    name: &str,
    id: &str,
    report: &mut Report,
) {
    let sent = direction == Direction::Sent;
    if was.kind != now.kind {
        let text = format!("{shown}: {} became {}", was.kind, now.kind);
        report.add(true, "field", text, name, id);
        return;
    }
    if was.required != now.required {
        let how = if now.required { "required" } else { "optional" };
        report.add(
            sent && now.required,
            "field",
            format!("{shown} is {how} now"),
            name,
            id,
        );
    }
    if was.nullable != now.nullable {
        let how = if now.nullable {
            "may be null now"
        } else {
            "may not be null any more"
        };
        report.add(false, "field", format!("{shown} {how}"), name, id);
    }
    values(was, now, sent, shown, name, id, report);
    limits(was, now, sent, shown, name, id, report);
}

fn values(
    was: &Field,
    now: &Field,
    sent: bool,
    shown: &str,
    name: &str,
    id: &str,
    report: &mut Report,
) {
    if was.values == now.values {
        return;
    }
    if was.values.is_empty() {
        report.add(
            sent,
            "enum",
            format!("{shown}: only {} now", join(&now.values)),
            name,
            id,
        );
        return;
    }
    if now.values.is_empty() {
        report.add(false, "enum", format!("{shown}: any value now"), name, id);
        return;
    }
    let added: BTreeSet<String> = now.values.difference(&was.values).cloned().collect();
    let gone: BTreeSet<String> = was.values.difference(&now.values).cloned().collect();
    if !added.is_empty() {
        report.add(
            false,
            "enum",
            format!("{shown}: {} added", join(&added)),
            name,
            id,
        );
    }
    if !gone.is_empty() {
        report.add(
            sent,
            "enum",
            format!("{shown}: {} removed", join(&gone)),
            name,
            id,
        );
    }
}

fn limits(
    was: &Field,
    now: &Field,
    sent: bool,
    shown: &str,
    name: &str,
    id: &str,
    report: &mut Report,
) {
    let keys: BTreeSet<&&str> = was.limits.keys().chain(now.limits.keys()).collect();
    for key in keys {
        let (before, after) = (was.limits.get(*key), now.limits.get(*key));
        if before == after {
            continue;
        }
        let text = match (before, after) {
            (None, Some(after)) => format!("{shown}: {key} {after} added"),
            (Some(before), None) => format!("{shown}: {key} {before} removed"),
            (Some(before), Some(after)) => format!("{shown}: {key} {before} became {after}"),
            (None, None) => continue,
        };
        let number = |value: Option<&serde_json::Value>| value.and_then(serde_json::Value::as_f64);
        let tighter = match (number(before), number(after)) {
            (Some(before), Some(after)) if key.starts_with("max") => after < before,
            (Some(before), Some(after)) if key.starts_with("min") => after > before,
            _ => after.is_some(),
        };
        // `format` and `default` do not make the API reject a value.
        let rule = !["format", "default"].contains(key);
        let breaking = sent && tighter && rule;
        report.add(breaking, "limit", text, name, id);
    }
}

/// Compares the requests and responses of merchant-side endpoints.
fn messages(old: &Model, new: &Model, report: &mut Report) {
    for ((direction, name), was) in &old.messages {
        match new.messages.get(&(*direction, name.clone())) {
            Some(now) => fields(was, now, *direction, "", report),
            None => report.add(true, "message", format!("{name} removed"), name, ""),
        }
    }
    for (_, name) in new
        .messages
        .keys()
        .filter(|key| !old.messages.contains_key(*key))
    {
        report.add(false, "message", format!("{name} added"), name, "");
    }
}

/// Compares error responses. No change is breaking, because the client reads an error of any shape.
fn errors(old: &Model, new: &Model, report: &mut Report) {
    let mut inner = Report::default();
    for (name, was) in &old.errors {
        match new.errors.get(name) {
            Some(now) => fields(was, now, Direction::Received, "", &mut inner),
            None => report.add(false, "error", format!("{name} removed"), name, ""),
        }
    }
    for name in new
        .errors
        .keys()
        .filter(|name| !old.errors.contains_key(*name))
    {
        report.add(false, "error", format!("{name} added"), name, "");
    }
    for ((_, _, text, name), _) in inner.changes {
        report.add(false, "error", text, &name, "");
    }
}

fn join(values: &BTreeSet<String>) -> String {
    values
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ")
}
