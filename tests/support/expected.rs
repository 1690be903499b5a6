//! The operations and types that a document describes, read without the build pipeline.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// Headers that the client sets. The generated calls do not take them.
const CLIENT_HEADERS: [&str; 8] = [
    "authorization",
    "content-type",
    "ocp-apim-subscription-key",
    "merchant-serial-number",
    "client_id",
    "client_secret",
    "x-request-id",
    "idempotency-key",
];

/// The names of an object's members. Other parts of its shape are not compared.
pub(crate) type Fields = BTreeSet<String>;

#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// The names of the parameters that a call takes, by method and full path.
    pub(crate) operations: BTreeMap<(String, String), BTreeSet<String>>,
    /// Every object that a call can send or receive, or that a component describes.
    pub(crate) objects: BTreeSet<Fields>,
    /// Objects that only an endpoint of the merchant or a callback describes. They may be
    /// generated.
    pub(crate) allowed: BTreeSet<Fields>,
}

impl Expected {
    /// Reads a document. `load` reads a file beside it.
    pub(crate) fn of(root: &Value, load: &dyn Fn(&str) -> Value) -> Self {
        let mut expected = Self::default();
        let prefix = prefix(root);
        for (path, item) in root["paths"].as_object().into_iter().flatten() {
            let (home, item) = resolve(root, item, load);
            for method in METHODS {
                let Some(operation) = item.get(method).filter(|operation| operation.is_object())
                else {
                    continue;
                };
                let is_merchants = is_merchant_endpoint(root, path, operation);
                if !is_merchants {
                    let key = (method.to_uppercase(), full_path(&prefix, path));
                    expected
                        .operations
                        .insert(key, parameters(&home, path, &item, operation, load));
                }
                let target = if is_merchants {
                    &mut expected.allowed
                } else {
                    &mut expected.objects
                };
                collect_bodies(&home, operation, load, target);
                for callback in operation["callbacks"].as_object().into_iter().flatten() {
                    for (_, item) in callback.1.as_object().into_iter().flatten() {
                        for inner in METHODS.iter().filter_map(|method| item.get(method)) {
                            collect_bodies(&home, inner, load, &mut expected.allowed);
                        }
                    }
                }
            }
        }
        for (_, item) in root["webhooks"].as_object().into_iter().flatten() {
            for operation in METHODS.iter().filter_map(|method| item.get(method)) {
                collect_bodies(root, operation, load, &mut expected.allowed);
            }
        }
        for (_, schema) in root["components"]["schemas"]
            .as_object()
            .into_iter()
            .flatten()
        {
            collect_objects(root, schema, load, &mut expected.objects);
        }
        expected
    }
}

/// Follows a reference, also into other files. Returns the target and its document.
fn resolve(root: &Value, value: &Value, load: &dyn Fn(&str) -> Value) -> (Value, Value) {
    let Some(reference) = value["$ref"].as_str() else {
        return (root.clone(), value.clone());
    };
    let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
    let home = if file.is_empty() {
        root.clone()
    } else {
        load(file)
    };
    let target = home.pointer(pointer).cloned().unwrap_or_default();
    resolve(&home, &target, load)
}

fn prefix(root: &Value) -> String {
    let server = &root["servers"][0];
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        url = url.replace(
            &format!("{{{name}}}"),
            variable["default"].as_str().unwrap_or_default(),
        );
    }
    let rest = url.split_once("//").map_or(url.as_str(), |(_, rest)| rest);
    rest.split_once('/').map_or(String::new(), |(_, path)| {
        format!("/{}", path.trim_matches('/'))
    })
}

fn full_path(prefix: &str, path: &str) -> String {
    let whole = format!("{prefix}/{}", path.trim_matches('/'));
    whole.replace("//", "/").trim_end_matches('/').to_owned()
}

fn is_merchant_endpoint(root: &Value, path: &str, operation: &Value) -> bool {
    let first = path.trim_matches('/').split('/').next().unwrap_or_default();
    let tags = operation["tags"].as_array().cloned().unwrap_or_default();
    let by_tag = |tag: &Value| {
        let name = tag.as_str().unwrap_or_default().to_lowercase();
        let described = root["tags"].as_array().into_iter().flatten().any(|known| {
            known["name"] == *tag
                && known["description"]
                    .as_str()
                    .is_some_and(|text| text.contains("implemented by the merchant"))
        });
        described || name.contains("merchant endpoint") || name.contains("from the merchant")
    };
    !path.starts_with('/')
        || first.ends_with("Prefix")
        || (!tags.is_empty() && tags.iter().all(by_tag))
}

fn parameters(
    root: &Value,
    path: &str,
    item: &Value,
    operation: &Value,
    load: &dyn Fn(&str) -> Value,
) -> BTreeSet<String> {
    let in_path = path
        .split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    let mut names: BTreeSet<String> = in_path.map(|(name, _)| name.to_owned()).collect();
    for holder in [item, operation] {
        for parameter in holder["parameters"].as_array().into_iter().flatten() {
            let (_, parameter) = resolve(root, parameter, load);
            let name = parameter["name"].as_str().unwrap_or_default();
            let lower = name.to_lowercase();
            let is_header = parameter["in"]
                .as_str()
                .is_some_and(|place| place.starts_with("header"));
            let is_set_by_client =
                CLIENT_HEADERS.contains(&lower.as_str()) || lower.starts_with("vipps-system-");
            // A cookie cannot be generated, and the build warns of it.
            let is_cookie = parameter["in"] == "cookie";
            let is_omitted = is_cookie || (is_header && is_set_by_client);
            if !is_omitted {
                names.insert(name.to_owned());
            }
        }
    }
    names
}

/// Collects the objects in a request and in its success responses.
fn collect_bodies(
    root: &Value,
    operation: &Value,
    load: &dyn Fn(&str) -> Value,
    found: &mut BTreeSet<Fields>,
) {
    let responses = operation["responses"].as_object().into_iter().flatten();
    let successes = responses
        .filter(|(status, _)| status.starts_with('2'))
        .map(|(_, response)| response);
    for carrier in operation.get("requestBody").into_iter().chain(successes) {
        let (home, carrier) = resolve(root, carrier, load);
        for (_, media) in carrier["content"].as_object().into_iter().flatten() {
            collect_objects(&home, &media["schema"], load, found);
        }
    }
}

/// Collects the object and the objects inside it. References are components, which are collected
/// separately.
fn collect_objects(
    root: &Value,
    schema: &Value,
    load: &dyn Fn(&str) -> Value,
    found: &mut BTreeSet<Fields>,
) {
    let fields = member_names(root, schema, load);
    if !fields.is_empty() {
        found.insert(fields);
    }
    collect_inner_objects(root, schema, load, found);
}

fn collect_inner_objects(
    root: &Value,
    schema: &Value,
    load: &dyn Fn(&str) -> Value,
    found: &mut BTreeSet<Fields>,
) {
    if !schema.is_object() {
        return;
    }
    for (_, property) in schema["properties"].as_object().into_iter().flatten() {
        collect_objects(root, property, load, found);
    }
    for key in ["items", "additionalProperties", "not"] {
        collect_objects(root, &schema[key], load, found);
    }
    for key in ["oneOf", "anyOf"] {
        for choice in schema[key].as_array().into_iter().flatten() {
            collect_objects(root, choice, load, found);
        }
    }
    // A part of a composition is not an object.
    for part in schema["allOf"].as_array().into_iter().flatten() {
        collect_inner_objects(root, part, load, found);
    }
}

/// Returns the members of an object, including those of its parts.
fn member_names(root: &Value, schema: &Value, load: &dyn Fn(&str) -> Value) -> Fields {
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut fields: Fields = own.map(|(name, _)| name.clone()).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (home, part) = resolve(root, part, load);
        fields.extend(member_names(&home, &part, load));
    }
    fields
}
