//! Values that an answer may hold beyond the documented ones.

use serde_json::{Map, Value};

use super::super::document::{Document, schema_ref};
use super::super::reach::{Reach, read_at};
use super::super::refusal::Refusal;

pub(crate) const NAME: &str = "open-outputs";
pub(crate) const WHY: &str = "a closed enumeration refuses the value that a server adds tomorrow, and an alternative whose members are all optional always matches first";

pub(crate) fn apply(document: &mut Document) -> Result<(), Refusal> {
    let reach = Reach::of(document);
    document.each_schema(|pointer, schema| match schema {
        Value::Object(schema) if read_at(&reach, pointer) => open(schema),
        _ => Vec::new(),
    });
    Ok(())
}

fn open(schema: &mut Map<String, Value>) -> Vec<String> {
    let mut said = Vec::new();
    if let Some(values) = schema.remove("enum") {
        let listed = list(&values);
        describe(schema, &format!("Known values: {listed}."));
        said.push(format!("any text is read; known are {listed}"));
    }
    for keyword in ["oneOf", "anyOf"] {
        if let Some(Value::Array(members)) = schema.remove(keyword) {
            let names: Vec<&str> = members.iter().filter_map(schema_ref).collect();
            schema.remove("type");
            schema.remove("discriminator");
            if !names.is_empty() {
                describe(schema, &format!("One of: `{}`.", names.join("`, `")));
            }
            said.push(format!("{keyword} is read as any JSON value"));
        }
    }
    if schema.remove("not").is_some() {
        said.push("not: nothing is forbidden in what is read".to_owned());
    }
    said
}

fn list(values: &Value) -> String {
    let values: Vec<String> = values
        .as_array()
        .into_iter()
        .flatten()
        .map(|value| {
            format!(
                "`{}`",
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned)
            )
        })
        .collect();
    values.join(", ")
}

fn describe(schema: &mut Map<String, Value>, sentence: &str) {
    let written = schema
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .trim();
    let both = if written.is_empty() {
        sentence.to_owned()
    } else {
        format!("{written}\n\n{sentence}")
    };
    schema.insert("description".to_owned(), both.into());
}

#[cfg(test)]
mod tests {
    use super::super::testing::becomes;
    use super::*;

    #[test]
    fn only_what_is_read_opens() {
        let document = becomes(
            apply,
            "
            paths:
              /a:
                post:
                  requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Ask'}}}}
                  responses: {2XX: {content: {application/json: {schema: {$ref: '#/components/schemas/Told'}}}}}
            components:
              schemas:
                Ask: {properties: {kind: {type: string, enum: [A, B]}}}
                Told: {properties: {state: {type: string, description: How it stands., enum: [A, B]}}}
                News: {oneOf: [{$ref: '#/components/schemas/Ask'}, {$ref: '#/components/schemas/Told'}]}
            ",
            "
            paths:
              /a:
                post:
                  requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Ask'}}}}
                  responses: {2XX: {content: {application/json: {schema: {$ref: '#/components/schemas/Told'}}}}}
            components:
              schemas:
                Ask: {properties: {kind: {type: string, enum: [A, B]}}}
                Told: {properties: {state: {type: string, description: \"How it stands.\\n\\nKnown values: `A`, `B`.\"}}}
                News: {description: 'One of: `Ask`, `Told`.'}
            ",
        );
        assert_eq!(document.notes.len(), 2);
    }
}
