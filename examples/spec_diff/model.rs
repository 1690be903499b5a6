//! The operations of a document with the fields of their requests and responses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];
const LIMITS: [&str; 13] = [
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "uniqueItems",
    "default",
    "format",
];

/// The direction of a message, as the merchant sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Direction {
    Sent,
    Received,
}

/// A member of a message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// The schema component and the member's name in it, such as `Transaction.amount`.
    pub(crate) owner: String,
    pub(crate) kind: String,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    pub(crate) values: BTreeSet<String>,
    pub(crate) limits: BTreeMap<&'static str, Value>,
}

/// The members of a message by path, such as `transaction.amount` or `items[].id`.
pub(crate) type Fields = BTreeMap<String, Field>;

#[derive(Debug, Default)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) deprecated: bool,
    /// Parameters by location and name. Header names are in lower case.
    pub(crate) parameters: BTreeMap<(String, String), Field>,
    pub(crate) request: Option<Fields>,
    /// The fields of all 2xx responses, because the client reads them alike.
    pub(crate) response: Fields,
    pub(crate) statuses: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Model {
    pub(crate) title: String,
    pub(crate) version: String,
    pub(crate) servers: BTreeSet<String>,
    /// Operations by path, with `{}` for parameters, and method.
    pub(crate) operations: BTreeMap<(String, String), Operation>,
    /// Requests and responses of merchant-side endpoints, by component.
    pub(crate) messages: BTreeMap<(Direction, String), Fields>,
    /// Bodies of error responses, by component.
    pub(crate) errors: BTreeMap<String, Fields>,
}

impl Model {
    /// Reads a repaired document.
    pub(crate) fn of(root: &Value) -> Self {
        let text = |pointer: &str| {
            root.pointer(pointer)
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let mut model = Self {
            title: text("/info/title"),
            version: text("/info/version"),
            servers: list(&root["servers"])
                .filter_map(|server| server["url"].as_str())
                .map(str::to_owned)
                .collect(),
            ..Self::default()
        };
        let reader = Reader { root };
        for (path, item) in map(&root["paths"]) {
            for method in METHODS {
                let Some(operation) = item.get(method) else {
                    continue;
                };
                let key = (erase_names(path), method.to_uppercase());
                model.operations.insert(key, reader.operation(operation));
                for (status, response) in map(&operation["responses"]) {
                    if !status.starts_with('2') {
                        model.errors.append(&mut reader.components(response));
                    }
                }
            }
        }
        for (direction, key) in [(Direction::Received, "received"), (Direction::Sent, "sent")] {
            let messages = reader.components(&root["x-merchant-messages"][key]);
            model.messages.extend(
                messages
                    .into_iter()
                    .map(|(name, fields)| ((direction, name), fields)),
            );
        }
        model
    }
}

fn map(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Replaces path parameters by `{}`, because their names are not part of a request.
fn erase_names(path: &str) -> String {
    path.split('/')
        .map(|step| if step.starts_with('{') { "{}" } else { step })
        .collect::<Vec<_>>()
        .join("/")
}

struct Reader<'a> {
    root: &'a Value,
}

impl Reader<'_> {
    /// Returns the fields of each component that the value refers to.
    fn components(&self, value: &Value) -> BTreeMap<String, Fields> {
        let mut found = BTreeMap::new();
        let inner: Vec<&Value> = match value {
            Value::Object(map) => map.values().collect(),
            Value::Array(list) => list.iter().collect(),
            _ => Vec::new(),
        };
        for inner in inner {
            found.append(&mut self.components(inner));
        }
        if let Some(name) = reference(value) {
            let mut fields = Fields::new();
            self.fields(value, "", name, true, &mut fields, &mut Vec::new());
            found.insert(name.to_owned(), fields);
        }
        found
    }

    fn operation(&self, operation: &Value) -> Operation {
        let mut read = Operation {
            id: operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            deprecated: operation["deprecated"] == true,
            ..Operation::default()
        };
        for parameter in list(&operation["parameters"]) {
            let place = parameter["in"].as_str().unwrap_or_default();
            let name = parameter["name"].as_str().unwrap_or_default();
            let required = parameter["required"] == true;
            let mut fields = Fields::new();
            self.fields(
                &parameter["schema"],
                "",
                name,
                required,
                &mut fields,
                &mut Vec::new(),
            );
            let shown = if place == "header" {
                name.to_lowercase()
            } else {
                name.to_owned()
            };
            if let Some((_, field)) = fields.pop_first() {
                // Path parameters are compared by position, because their names are not sent.
                let shown = if place == "path" {
                    format!("{}", read.parameters.len())
                } else {
                    shown
                };
                read.parameters.insert((place.to_owned(), shown), field);
            }
        }
        if let Some(body) = operation.get("requestBody") {
            read.request = Some(self.body(body));
        }
        for (status, response) in map(&operation["responses"]) {
            read.statuses.insert(status.clone());
            if status.starts_with('2') {
                read.response.append(&mut self.body(response));
            }
        }
        read
    }

    fn body(&self, carrier: &Value) -> Fields {
        let mut fields = Fields::new();
        for (_, media) in map(&carrier["content"]) {
            self.fields(&media["schema"], "", "", true, &mut fields, &mut Vec::new());
        }
        fields
    }

    /// Adds the schema itself and everything inside it.
    fn fields(
        &self,
        schema: &Value,
        place: &str,
        owner: &str,
        required: bool,
        into: &mut Fields,
        trail: &mut Vec<String>,
    ) {
        if let Some(name) = reference(schema) {
            if trail.iter().any(|seen| seen == name) {
                return;
            }
            trail.push(name.to_owned());
            let target = &self.root["components"]["schemas"][name];
            let scalar = target.get("properties").is_none()
                && !matches!(target["type"].as_str(), Some("object" | "array"));
            let owner = if scalar { owner } else { name };
            self.fields(target, place, owner, required, into, trail);
            trail.pop();
            return;
        }
        into.insert(place.to_owned(), leaf(schema, owner, required));
        let owner = owner.split('.').next().unwrap_or_default();
        let dot = if place.is_empty() { "" } else { "." };
        let names: Vec<&str> = list(&schema["required"])
            .filter_map(Value::as_str)
            .collect();
        for (name, property) in map(&schema["properties"]) {
            let inner = format!("{place}{dot}{name}");
            let here = if owner.is_empty() {
                inner.clone()
            } else {
                format!("{owner}.{name}")
            };
            self.fields(
                property,
                &inner,
                &here,
                names.contains(&name.as_str()),
                into,
                trail,
            );
        }
        for key in ["items", "additionalProperties"] {
            if schema[key].is_object() {
                self.fields(
                    &schema[key],
                    &format!("{place}[]"),
                    &format!("{owner}[]"),
                    true,
                    into,
                    trail,
                );
            }
        }
        for key in ["allOf", "oneOf", "anyOf"] {
            for part in list(&schema[key]) {
                let mut inner = Fields::new();
                self.fields(part, place, owner, required, &mut inner, trail);
                inner.remove(place);
                for (place, mut field) in inner {
                    // A member of one alternative may be absent in the others.
                    field.required &= key == "allOf";
                    into.entry(place).or_insert(field);
                }
            }
        }
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema["$ref"]
        .as_str()?
        .strip_prefix("#/components/schemas/")
}

fn leaf(schema: &Value, owner: &str, required: bool) -> Field {
    let kind = schema["type"].as_str().unwrap_or("anything").to_owned();
    let word = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let limits = LIMITS
        .iter()
        .filter_map(|limit| Some((*limit, schema.get(*limit)?.clone())))
        // These keywords have no effect on values of other types.
        .filter(|(limit, _)| {
            kind == "string" || !matches!(*limit, "pattern" | "minLength" | "maxLength")
        })
        .collect();
    Field {
        owner: owner.to_owned(),
        kind,
        required,
        nullable: schema["nullable"] == true,
        values: list(&schema["enum"]).map(word).collect(),
        limits,
    }
}
