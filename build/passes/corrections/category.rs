//! A request member that the server accepts and the published document lacks.
//!
//! It is the kind of place of a merchant callback QR code: `IN_STORE` or `VENDING`.

use serde_json::{Value, json};

use super::super::super::document::{Document, schema_ref};
use super::super::super::error::Error;

const PATH: &str = "/merchant-callback/{merchantQrId}";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    let bodies: Vec<String> = document
        .operations()
        .iter()
        .filter(|place| place.method == "put" && place.path.ends_with(PATH))
        .filter_map(|place| {
            let content = place
                .operation
                .get("requestBody")?
                .get("content")?
                .as_object()?;
            schema_ref(content.values().next()?.get("schema")?).map(str::to_owned)
        })
        .collect();
    for name in bodies {
        let schema = document.schemas_mut().get_mut(&name);
        let Some(Value::Object(properties)) =
            schema.and_then(|schema| schema.get_mut("properties"))
        else {
            continue;
        };
        if properties.contains_key("category") {
            continue;
        }
        properties.insert(
            "category".to_owned(),
            json!({
                "type": "string",
                "description": "Where the code hangs: `IN_STORE` or `VENDING`.",
            }),
        );
        document.note(
            format!("/components/schemas/{name}/properties/category"),
            "added: the server accepts it",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, leaves};
    use super::*;

    fn with(properties: &str) -> String {
        format!(
            "
            paths:
              /qr/v1/merchant-callback/{{merchantQrId}}:
                put: {{requestBody: {{content: {{application/json: {{schema: {{$ref: '#/components/schemas/Put'}}}}}}}}}}
            components: {{schemas: {{Put: {{properties: {properties}}}}}}}
            "
        )
    }

    #[test]
    fn it_is_added_once() {
        let document = run(apply, &with("{locationDescription: {type: string}}")).unwrap();
        assert!(
            document.root["components"]["schemas"]["Put"]["properties"]["category"].is_object()
        );
        assert_eq!(document.notes.len(), 1);
    }

    #[test]
    fn a_document_that_has_it_is_left_alone() {
        leaves(apply, &with("{category: {type: string, enum: [IN_STORE]}}"));
    }
}
