//! The parts of a document that a release can change: operations, parameters and members of
//! messages.

use std::collections::{BTreeMap, BTreeSet};

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
    Received,
    /// A part of an error response, which the client reads in any form.
    Error,
    /// A header that the client sets itself, or a property of the operation.
    Other,
}

/// A parameter, a member of a message, or the operation itself.
#[derive(Debug)]
pub(crate) struct Part {
    /// The part in a line of the report, such as `Transaction.amount (sent)`.
    pub(crate) shown: String,
    pub(crate) subject: &'static str,
    pub(crate) usage: Use,
    /// The type, whether the part is required, the values and the limits.
    pub(crate) rules: BTreeMap<String, Value>,
}

/// An operation, a message of a merchant-side endpoint, or the body of an error.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) subject: &'static str,
    /// The id of the operation. Empty for other items.
    pub(crate) id: String,
    /// Parts by place, such as `header accept` or `Sent:transaction.amount`.
    pub(crate) parts: BTreeMap<String, Part>,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) title: String,
    pub(crate) servers: String,
    /// Operations by method and path, with `{}` for parameters; other items by component.
    pub(crate) items: BTreeMap<String, Item>,
}

impl Model {
    /// Reads a repaired document.
    pub(crate) fn of(document: &Document) -> Self {
        let root = &document.root;
        let info = |key| text(&root["info"], key).unwrap_or_default();
        let servers = entries(&root["servers"]).filter_map(|server| text(server, "url"));
        let servers: BTreeSet<&str> = servers.collect();
        let mut items = BTreeMap::new();
        for place in document.operations() {
            let steps = place.path.split('/');
            let steps = steps.map(|step| if step.starts_with('{') { "{}" } else { step });
            let path = steps.collect::<Vec<_>>().join("/");
            let key = format!("{} {path}", place.method.to_uppercase());
            items.insert(key, operation(root, place.operation));
            let responses = members(&place.operation["responses"]);
            for (_, response) in responses.filter(|(status, _)| !is_success(status)) {
                components(root, response, Use::Error, &mut items);
            }
        }
        for (key, usage) in [("received", Use::Received), ("sent", Use::Sent)] {
            components(root, &root[MERCHANT][key], usage, &mut items);
        }
        Self {
            title: format!("{} {}", info("title"), info("version")),
            servers: servers.into_iter().collect::<Vec<_>>().join(", "),
            items,
        }
    }
}

fn operation(root: &Value, operation: &Value) -> Item {
    let mut parts = BTreeMap::new();
    for (index, parameter) in entries(&operation["parameters"]).enumerate() {
        let place = text(parameter, "in").unwrap_or_default();
        let name = text(parameter, "name").unwrap_or_default();
        // Path parameters are compared by position, because their names are not sent.
        let name = match place {
            "header" => name.to_lowercase(),
            "path" => index.to_string(),
            _ => name.to_owned(),
        };
        let is_client = place == "header"
            && (is_in(CLIENT_HEADERS, &name) || name.starts_with("vipps-system-"));
        let (usage, note) = if is_client {
            (Use::Other, " (set by the client)")
        } else {
            (Use::Sent, "")
        };
        let key = format!("{place} {name}");
        let schema = target(root, &parameter["schema"]);
        let part = Part {
            shown: format!("{key}{note}"),
            subject: "parameter",
            usage,
            rules: rules(schema, parameter["required"] == true),
        };
        parts.insert(key, part);
    }
    let responses = || members(&operation["responses"]);
    // The client reads all successful responses alike.
    let successes = responses().filter(|(status, _)| is_success(status));
    let successes = successes.map(|(_, response)| (Use::Received, response));
    let body = operation.get("requestBody").map(|body| (Use::Sent, body));
    for (usage, body) in body.into_iter().chain(successes) {
        for (_, media) in members(&body["content"]) {
            Reader::new(root, usage, &mut parts).schema(&media["schema"], "", "", true);
        }
    }
    let id = text(operation, "operationId").unwrap_or_default();
    let statuses = responses().map(|(status, _)| json!(status)).collect();
    let rules = [
        ("operationId", json!(id)),
        ("deprecated", json!(operation["deprecated"] == true)),
        ("responses", statuses),
    ];
    let itself = Part {
        shown: "the operation".to_owned(),
        subject: "operation",
        usage: Use::Other,
        rules: rules.map(|(key, value)| (key.to_owned(), value)).into(),
    };
    parts.insert(String::new(), itself);
    let (subject, id) = ("operation", id.to_owned());
    Item { subject, id, parts }
}

/// Adds the parts of each component that the value refers to.
fn components(root: &Value, value: &Value, usage: Use, items: &mut BTreeMap<String, Item>) {
    for inner in members(value).map(|(_, inner)| inner).chain(entries(value)) {
        components(root, inner, usage, items);
    }
    if let Some(name) = schema_ref(value) {
        let mut parts = BTreeMap::new();
        Reader::new(root, usage, &mut parts).schema(value, "", name, true);
        let subject = if usage == Use::Error {
            "error"
        } else {
            "message"
        };
        let id = String::new();
        let direction = format!("{usage:?}").to_lowercase();
        let key = format!("{name} ({direction})");
        items.insert(key, Item { subject, id, parts });
    }
}

/// Collects the members of one message.
struct Reader<'a> {
    root: &'a Value,
    usage: Use,
    parts: &'a mut BTreeMap<String, Part>,
    is_alternative: bool,
    /// The components around the current schema.
    trail: Vec<&'a str>,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Value, usage: Use, parts: &'a mut BTreeMap<String, Part>) -> Self {
        let (is_alternative, trail) = (false, Vec::new());
        Self {
            root,
            usage,
            parts,
            is_alternative,
            trail,
        }
    }

    /// Adds the schema at this place and everything inside it. `owner` is the component around it,
    /// with the name of the member.
    fn schema(&mut self, schema: &'a Value, place: &str, owner: &str, required: bool) {
        if let Some(name) = schema_ref(schema) {
            if !self.trail.contains(&name) {
                self.trail.push(name);
                let target = target(self.root, schema);
                let is_scalar = target.get("properties").is_none()
                    && !matches!(text(target, "type"), Some("object" | "array"));
                let owner = if is_scalar { owner } else { name };
                self.schema(target, place, owner, required);
                self.trail.pop();
            }
            return;
        }
        let names = [owner, place, "the body"];
        let shown = names.iter().find(|name| !name.is_empty()).unwrap_or(&"");
        let (subject, verb) = match self.usage {
            Use::Sent => ("field", "sent"),
            Use::Error => ("error", "received"),
            Use::Received | Use::Other => ("field", "received"),
        };
        let part = Part {
            shown: format!("{shown} ({verb})"),
            subject,
            usage: self.usage,
            rules: rules(schema, required && !self.is_alternative),
        };
        let key = format!("{:?}:{place}", self.usage);
        self.parts.entry(key).or_insert(part);
        let owner = owner.split('.').next().unwrap_or_default();
        let join = |start: &str, name: &str| match start {
            "" => name.to_owned(),
            _ => format!("{start}.{name}"),
        };
        for (name, property) in members(&schema["properties"]) {
            let place = join(place, name);
            let owner = join(owner, name);
            let required = entries(&schema["required"]).any(|required| required == name.as_str());
            self.schema(property, &place, &owner, required);
        }
        for inner in ["items", "additionalProperties"].map(|key| &schema[key]) {
            if inner.is_object() {
                self.schema(inner, &format!("{place}[]"), &format!("{owner}[]"), true);
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for part in entries(&schema[key]) {
                // A member of one alternative may be absent in the others.
                let is_alternative = self.is_alternative;
                self.is_alternative |= key != "allOf";
                self.schema(part, place, owner, required);
                self.is_alternative = is_alternative;
            }
        }
    }
}

fn rules(schema: &Value, required: bool) -> BTreeMap<String, Value> {
    let kind = text(schema, "type").unwrap_or("anything");
    // These keywords have no effect on values of other types.
    let applies = |key: &str| kind == "string" || !is_in("pattern minLength maxLength", key);
    let rules = members(schema).filter(|(key, _)| is_in(RULES, key) && applies(key));
    let rules = rules.map(|(key, value)| (key.clone(), value.clone()));
    let own = [
        ("type", json!(kind)),
        ("required", json!(required)),
        ("nullable", json!(schema["nullable"] == true)),
    ];
    rules
        .chain(own.map(|(key, value)| (key.to_owned(), value)))
        .collect()
}

fn target<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    schema_ref(schema)
        .and_then(|name| component(root, name))
        .unwrap_or(schema)
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
