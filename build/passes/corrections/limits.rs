//! Documented limits that the servers do not keep.
//!
//! A check against these limits would refuse valid messages.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, escape, note};
use super::super::super::error::Error;
use super::super::super::reachability::{Reachability, read_at};

/// The messages that a correction applies to.
#[derive(Clone, Copy)]
enum Side {
    Both,
    /// Responses and callbacks. Requests keep the documented limit.
    Read,
    /// Responses, callbacks, and requests that may leave the member out.
    ReadOrOptional,
}

struct Correction {
    /// The name of the property or parameter without case, hyphens and underscores.
    name: &'static str,
    side: Side,
    drop: &'static [&'static str],
    set: fn(&mut Map<String, Value>),
    reason: &'static str,
}

const TEXT: &[&str] = &["pattern", "minLength", "maxLength"];

/// The corrections, each with its reason.
const CORRECTIONS: &[Correction] = &[
    Correction {
        name: "merchantserialnumber",
        side: Side::Both,
        drop: TEXT,
        set: |schema| {
            if schema.get("type") == Some(&json!("string")) {
                schema.insert("pattern".to_owned(), "^[0-9]{4,10}$".into());
            }
        },
        reason: "serial numbers have 4 to 10 digits; seven-digit ones are in use",
    },
    Correction {
        name: "mobilenumber",
        side: Side::Read,
        drop: TEXT,
        set: |_| {},
        reason: "personal data that has expired is replaced by a word in brackets",
    },
    Correction {
        name: "userid",
        side: Side::Read,
        drop: TEXT,
        set: |_| {},
        reason: "newer identifiers are UUIDs, with hyphens",
    },
    Correction {
        name: "transactionid",
        side: Side::Read,
        drop: TEXT,
        set: |_| {},
        reason: "its form is not settled",
    },
    Correction {
        name: "paymentinstrument",
        side: Side::Read,
        drop: TEXT,
        set: |_| {},
        reason: "names of instruments contain spaces",
    },
    Correction {
        name: "country",
        side: Side::Read,
        drop: &["enum"],
        set: |_| {},
        reason: "responses hold the code NO, the English name and free text",
    },
    Correction {
        name: "amount",
        side: Side::ReadOrOptional,
        drop: &["minimum"],
        set: |_| {},
        reason: "an amount in a response may be 0, and the rest to capture or refund less than a krone",
    },
];

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let reachability = Reachability::of(document);
    document.each_schema(|pointer, schema| {
        let read = read_at(&reachability, pointer);
        let required = schema.get("required").cloned().unwrap_or_default();
        let is_required = |name: &str| {
            required
                .as_array()
                .is_some_and(|names| names.iter().any(|n| n == name))
        };
        let Some(Value::Object(properties)) = schema.get_mut("properties") else {
            return Vec::new();
        };
        let mut changes = Vec::new();
        for (name, property) in properties.iter_mut() {
            if let Value::Object(property) = property {
                changes.extend(
                    correct(name, read, !is_required(name), property)
                        .map(|text| format!("{name}: {text}")),
                );
            }
        }
        changes
    });
    document.each_operation(|notes, pointer, _, operation| {
        let parameters = operation
            .get_mut("parameters")
            .and_then(Value::as_array_mut);
        for parameter in parameters.into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap_or_default().to_owned();
            if let Some(Value::Object(schema)) = parameter.get_mut("schema")
                && let Some(text) = correct(&name, false, false, schema)
            {
                notes.push(note(
                    format!("{pointer}/parameters/{}", escape(&name)),
                    text,
                ));
            }
        }
        Ok(())
    })
}

fn correct(
    name: &str,
    read: bool,
    optional: bool,
    schema: &mut Map<String, Value>,
) -> Option<String> {
    let bare = name.replace(['-', '_'], "").to_lowercase();
    let correction = CORRECTIONS.iter().find(|c| c.name == bare)?;
    let applies = match correction.side {
        Side::Both => true,
        Side::Read => read,
        Side::ReadOrOptional => read || optional,
    };
    if !applies {
        return None;
    }
    let before = schema.clone();
    schema.retain(|keyword, _| !correction.drop.contains(&keyword.as_str()));
    if *schema == before {
        return None;
    }
    (correction.set)(schema);
    let lost: Vec<&str> = correction
        .drop
        .iter()
        .filter(|keyword| {
            before.contains_key(**keyword) && before.get(**keyword) != schema.get(**keyword)
        })
        .copied()
        .collect();
    (!lost.is_empty()).then(|| format!("{} corrected: {}", lost.join(", "), correction.reason))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    const DOCUMENT: &str = r"
        paths:
          /a:
            post:
              parameters: [{name: Merchant-Serial-Number, in: header, schema: {type: string, pattern: '^[0-9]{4,6}$', maxLength: 6}}]
              requestBody: {content: {application/json: {schema: {oneOf: [{$ref: '#/components/schemas/Ask'}, {$ref: '#/components/schemas/Part'}]}}}}
              responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Told'}}}}}
        components:
          schemas:
            Ask: {required: [amount], properties: {amount: {type: integer, minimum: 100}, merchantSerialNumber: {type: string, minLength: 5, maxLength: 6}}}
            Part: {properties: {amount: {type: integer, minimum: 100}}}
            Told: {properties: {amount: {type: integer, minimum: 100}, mobileNumber: {type: string, maxLength: 8}}}
        ";

    #[test]
    fn what_is_read_loses_its_limits_and_serial_numbers_always_do() {
        let document = run(apply, DOCUMENT).unwrap();
        let schemas = &document.root["components"]["schemas"];
        assert_eq!(
            schemas["Ask"]["properties"]["amount"],
            json!({"type": "integer", "minimum": 100})
        );
        assert_eq!(
            schemas["Part"]["properties"]["amount"],
            json!({"type": "integer"})
        );
        assert_eq!(
            schemas["Told"]["properties"]["amount"],
            json!({"type": "integer"})
        );
        assert_eq!(
            schemas["Told"]["properties"]["mobileNumber"],
            json!({"type": "string"})
        );
        let number = json!({"type": "string", "pattern": "^[0-9]{4,10}$"});
        assert_eq!(schemas["Ask"]["properties"]["merchantSerialNumber"], number);
        assert_eq!(
            document.root["paths"]["/a"]["post"]["parameters"][0]["schema"],
            number
        );
        assert_eq!(document.notes.len(), 5);
    }

    #[test]
    fn a_document_without_the_limits_is_left_alone() {
        leaves(
            apply,
            "components: {schemas: {A: {properties: {merchantSerialNumber: {type: string}, amount: {type: integer}}}}}",
        );
    }
}
