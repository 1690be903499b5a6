//! One response for each operation: the successful one.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, note};
use super::super::super::error::Error;
use super::super::super::reachability::is_success;
use super::media_types::choose;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, _, operation| {
        let Some(Value::Object(responses)) = operation.remove("responses") else {
            operation.insert("responses".to_owned(), json!({}));
            return Ok(());
        };
        let pointer = format!("{pointer}/responses");
        let only_default = responses.len() == 1 && responses.contains_key("default");
        let (mut good, bad): (Map<String, Value>, Map<String, Value>) = responses
            .into_iter()
            .partition(|(status, _)| is_success(status) || only_default);
        for (status, response) in &mut good {
            if let Some(Value::Object(content)) = response.get_mut("content") {
                choose(content, &format!("{pointer}/{status}/content"), notes)?;
            }
        }
        if !bad.is_empty() {
            let codes: Vec<&str> = bad.keys().map(String::as_str).collect();
            notes.push(note(
                &pointer,
                format!("read from the raw response: {}", codes.join(", ")),
            ));
        }
        let mut folded = json!({});
        if let Some((response, loss)) = fold(&good) {
            if let Some(loss) = loss {
                notes.push(note(&pointer, loss));
            }
            folded = json!({ "2XX": response });
        }
        operation.insert("responses".to_owned(), folded);
        Ok(())
    })
}

/// Returns the one response, and what it leaves out.
fn fold(good: &Map<String, Value>) -> Option<(Value, Option<String>)> {
    let codes: Vec<&str> = good.keys().map(String::as_str).collect();
    let contents: Vec<&Value> = good
        .values()
        .filter_map(|response| response.get("content"))
        .filter(|content| content.as_object().is_some_and(|map| !map.is_empty()))
        .collect();
    let first = good.values().next()?;
    let description = first
        .get("description")
        .cloned()
        .unwrap_or_else(|| "".into());
    let Some(content) = contents.first() else {
        return Some((json!({ "description": description }), None));
    };
    let alike = contents.iter().all(|other| other == content);
    let loss = if contents.len() < good.len() {
        Some(format!(
            "{} become one response; some have no body",
            codes.join(", ")
        ))
    } else if good.len() > 1 {
        Some(format!("{} become one response", codes.join(", ")))
    } else {
        None
    };
    let content = if alike {
        (*content).clone()
    } else {
        json!({ "application/json": { "schema": {} } })
    };
    Some((
        json!({ "description": description, "content": content }),
        loss,
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes};
    use super::*;

    fn with(responses: &str) -> String {
        format!("paths: {{/a: {{get: {{responses: {responses}}}}}}}")
    }

    #[test]
    fn errors_are_dropped_and_any_success_is_2xx() {
        let document = becomes(
            apply,
            &with(
                "{'200': {description: OK, content: {application/json: {schema: {type: string}}}}, '400': {description: no}, default: {description: no}}",
            ),
            &with(
                "{2XX: {description: OK, content: {application/json: {schema: {type: string}}}}}",
            ),
        );
        assert_eq!(document.notes.len(), 1);
    }

    #[test]
    fn responses_of_different_shapes_become_any_json() {
        becomes(
            apply,
            &with(
                "{'200': {description: A, content: {application/json: {schema: {type: string}}}}, '201': {description: B, content: {application/json: {schema: {type: integer}}}}}",
            ),
            &with("{2XX: {description: A, content: {application/json: {schema: {}}}}}"),
        );
    }

    #[test]
    fn a_lone_default_is_the_success() {
        becomes(
            apply,
            &with("{default: {description: A}}"),
            &with("{2XX: {description: A}}"),
        );
        becomes(apply, &with("{'404': {description: A}}"), &with("{}"));
    }

    #[test]
    fn a_response_may_be_an_image_and_not_an_object_in_xml() {
        let image = "{content: {image/png: {schema: {type: string}}}}";
        let folded = "{2XX: {description: '', content: {image/png: {schema: {type: string}}}}}";
        becomes(apply, &with(&format!("{{'200': {image}}}")), &with(folded));
        let xml =
            "{'200': {content: {application/xml: {schema: {$ref: '#/components/schemas/A'}}}}}";
        let error = run(apply, &with(xml)).unwrap_err();
        assert_eq!(
            error.pointer,
            "/paths/~1a/get/responses/200/content/application~1xml"
        );
    }
}
