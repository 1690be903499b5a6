//! The parts of a document that a release can change: operations, parameters and members of
//! messages.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::build::document::{Document, is_in, schema_ref, text};
use super::build::reachability::{MERCHANT, component, is_success};

const RULES: &str = "enum pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum \
    multipleOf minItems maxItems uniqueItems default format";
/// Headers that the client sets itself.
const CLIENT_HEADERS: &str = "authorization content-type ocp-apim-subscription-key \
    merchant-serial-number client_id client_secret x-request-id idempotency-key";

/// The use of a part, which decides whether its changes are breaking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Sent,
    /// A part of a response, or an operation.
    Received,
    /// A part of an error response, which the client reads in any form, or a header that the client
    /// sets itself.
    Free,
}

/// A document, an operation, a parameter, a message or a member of a message.
#[derive(Debug)]
pub(crate) struct Part {
    /// The kind of the part, which begins its lines in the report.
    pub(crate) subject: &'static str,
    /// The part in its lines, such as `Transaction.amount (sent)`.
    pub(crate) shown: String,
    pub(crate) usage: Use,
    /// The type, whether the part is required, the values and the limits; of an operation, its id.
    pub(crate) rules: Value,
    /// The parts inside, by a name that does not depend on the names of components.
    pub(crate) parts: BTreeMap<String, Part>,
}

impl Part {
    /// Reads a repaired document.
    pub(crate) fn of(document: &Document) -> Self {
        let root = &document.root;
        let title = ["title", "version"].map(|key| text(&root["info"], key).unwrap_or_default());
        let servers = entries(&root["servers"]).filter_map(|server| text(server, "url"));
        let rules = json!({ "servers": servers.collect::<Vec<_>>() });
        let mut all = Self::new("server", title.join(" "), Use::Received, rules);
        for place in document.operations() {
            let steps = place.path.split('/');
            let steps = steps.map(|step| if step.starts_with('{') { "{}" } else { step });
            let path = steps.collect::<Vec<_>>().join("/");
            let key = format!("{} {path}", place.method.to_uppercase());
            all.parts
                .insert(key.clone(), operation(root, key, place.operation));
            for (status, response) in members(&place.operation["responses"]) {
                if !is_success(status) {
                    messages(root, response, Use::Free, &mut all.parts);
                }
            }
        }
        for (key, usage) in [("received", Use::Received), ("sent", Use::Sent)] {
            messages(root, &root[MERCHANT][key], usage, &mut all.parts);
        }
        all
    }

    fn new(subject: &'static str, shown: String, usage: Use, rules: Value) -> Self {
        Self {
            subject,
            shown,
            usage,
            rules,
            parts: BTreeMap::new(),
        }
    }

    /// Returns the name of a member or parameter in the API, and an empty text for other parts.
    pub(crate) fn name(&self) -> &str {
        let name = self.shown.split(" (").next().unwrap_or_default();
        let is_named = ["field", "parameter", "error"].contains(&self.subject);
        let mut steps = name.trim_end_matches("[]").rsplit(['.', ' ']);
        steps.next().filter(|_| is_named).unwrap_or_default()
    }

    /// Returns a message, or a member of one, without its other rules and its members.
    fn message(shown: &str, usage: Use, required: Option<bool>) -> Self {
        let subject = match (usage, required) {
            (Use::Free, _) => "error",
            (_, None) => "message",
            (_, Some(_)) => "field",
        };
        let verb = if usage == Use::Sent {
            "sent"
        } else {
            "received"
        };
        let rules = json!({ "required": required });
        Self::new(subject, format!("{shown} ({verb})"), usage, rules)
    }

    /// Adds the rules of a schema and the members inside it. `owner` is the component around the
    /// schema, with the members down to it. `trail` lists the components and choices around it.
    fn read(&mut self, root: &Value, schema: &Value, owner: &str, trail: &[&str]) {
        if let Some(name) = schema_ref(schema) {
            if let Some(target) = component(root, name)
                && !trail.contains(&name)
            {
                let is_object = target.get("properties").is_some();
                let owner = if is_object { name } else { owner };
                self.read(root, target, owner, &[trail, &[name]].concat());
            }
            return;
        }
        // The first alternative counts.
        if self.rules.get("type").is_none() {
            let kind = text(schema, "type").unwrap_or("anything");
            self.rules["type"] = json!(kind);
            self.rules["nullable"] = json!(schema["nullable"] == true);
            // The limits of texts have no effect on other values.
            let applies = |key| kind == "string" || !is_in("pattern minLength maxLength", key);
            for (key, value) in members(schema) {
                if is_in(RULES, key) && applies(key) {
                    self.rules[key] = value.clone();
                }
            }
        }
        // A member of one alternative may be absent in the others.
        let is_alternative = trail.contains(&"oneOf") || trail.contains(&"anyOf");
        let properties = members(&schema["properties"]).map(|(name, property)| {
            let required = entries(&schema["required"]).any(|required| required == name);
            (format!(".{name}"), required && !is_alternative, property)
        });
        let elements = ["items", "additionalProperties"];
        let elements = elements.map(|key| ("[]".to_owned(), true, &schema[key]));
        for (step, required, inner) in properties.chain(elements) {
            if inner.is_object() {
                let owner = format!("{owner}{step}");
                let new = || Self::message(&owner, self.usage, Some(required));
                let part = self.parts.entry(step).or_insert_with(new);
                part.read(root, inner, &owner, trail);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for part in entries(&schema[key]) {
                self.read(root, part, owner, &[trail, &[key]].concat());
            }
        }
    }
}

fn operation(root: &Value, shown: String, operation: &Value) -> Part {
    let responses = || members(&operation["responses"]);
    let id = json!({ "operationId": operation["operationId"] });
    let mut all = Part::new("operation", shown, Use::Received, id);
    let rules = json!({
        "deprecated": operation["deprecated"] == true,
        "responses": responses().map(|(status, _)| status).collect::<Vec<_>>(),
    });
    // Apart from the path, so that one line reports the change of several operations.
    let itself = Part::new("operation", "the operation".to_owned(), Use::Free, rules);
    all.parts.insert(String::new(), itself);
    for (index, parameter) in entries(&operation["parameters"]).enumerate() {
        let name = text(parameter, "name").unwrap_or_default();
        let key = match text(parameter, "in").unwrap_or_default() {
            // The names of path parameters are not sent.
            "path" => format!("path {index}"),
            "header" => format!("header {}", name.to_lowercase()),
            place => format!("{place} {name}"),
        };
        let (usage, note) = match key.strip_prefix("header ") {
            Some(name) if is_in(CLIENT_HEADERS, name) || name.starts_with("vipps-system-") => {
                (Use::Free, " (set by the client)")
            }
            _ => (Use::Sent, ""),
        };
        let rules = json!({ "required": parameter["required"] == true });
        let mut part = Part::new("parameter", format!("{key}{note}"), usage, rules);
        part.read(root, &parameter["schema"], &key, &[]);
        all.parts.insert(key, part);
    }
    // The client reads all successful responses alike.
    let successes = responses().filter(|(status, _)| is_success(status));
    let successes = successes.map(|(_, response)| (Use::Received, response));
    for (usage, body) in successes.chain([(Use::Sent, &operation["requestBody"])]) {
        for (_, media) in members(&body["content"]) {
            let name = schema_ref(&media["schema"]).unwrap_or("the body");
            let new = || Part::message(name, usage, Some(true));
            let part = all.parts.entry(format!("{usage:?}")).or_insert_with(new);
            part.read(root, &media["schema"], name, &[]);
        }
    }
    all
}

/// Adds a message for each component that the value refers to.
fn messages(root: &Value, value: &Value, usage: Use, parts: &mut BTreeMap<String, Part>) {
    for inner in members(value).map(|(_, inner)| inner).chain(entries(value)) {
        messages(root, inner, usage, parts);
    }
    if let Some(name) = schema_ref(value) {
        let mut part = Part::message(name, usage, None);
        part.read(root, value, name, &[]);
        parts.insert(format!("{name} {usage:?}"), part);
    }
}

pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub(crate) fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
