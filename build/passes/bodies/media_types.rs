//! The media type of a body.

use serde_json::{Map, Value, json};

use super::super::super::document::{Document, Note, escape, note, object, text};
use super::super::super::error::Error;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const BYTES: &str = "application/octet-stream";

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, _, operation| {
        let body = operation.get_mut("requestBody");
        if let Some(content) = body.and_then(|body| body.get_mut("content")?.as_object_mut()) {
            let pointer = format!("{pointer}/requestBody/content");
            choose(content, &pointer, notes)?;
            let known = [JSON, FORM, BYTES, "text/plain"];
            if let Some(media) = content
                .keys()
                .find(|media| !known.contains(&media.as_str()))
            {
                return Err(unknown(media, &pointer));
            }
        }
        let body = operation.get("requestBody");
        let content = body.map(|body| body.get("content").and_then(Value::as_object));
        if content.is_some_and(|content| content.is_none_or(Map::is_empty)) {
            notes.push(note(pointer, "a body without content is dropped"));
            operation.remove("requestBody");
        }
        Ok(())
    })
}

/// Returns the plain name of a media type. Every kind of JSON is `application/json`.
fn plain(media: &str) -> String {
    let bare = media
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let is_json = bare.ends_with("/json") || bare.ends_with("+json") || bare == "*/*";
    if is_json { JSON.to_owned() } else { bare }
}

/// Keeps one media type, which is JSON if there is any.
pub(super) fn choose(
    content: &mut Map<String, Value>,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Result<(), Error> {
    let rank = |media: &&String| [media.as_str() != JSON, plain(media) != JSON];
    let Some(media) = content.keys().min_by_key(rank).cloned() else {
        return Ok(());
    };
    let plain = plain(&media);
    if plain.split('/').filter(|part| !part.is_empty()).count() != 2 {
        let fault = format!("{media:?} is not a media type");
        let pointer = format!("{pointer}/{}", escape(&media));
        return Err(Error::at(
            pointer,
            fault,
            "write a media type such as application/json",
        ));
    }
    let mut entry = content.remove(&media).unwrap_or_default();
    object(&mut entry).remove("encoding");
    let schema = object(&mut entry)
        .entry("schema")
        .or_insert_with(|| json!({}));
    match plain.as_str() {
        JSON | FORM => {}
        BYTES => *schema = json!({ "type": "string", "format": "binary" }),
        "text/plain" => *schema = json!({ "type": "string" }),
        _ if is_described(schema) => return Err(unknown(&plain, pointer)),
        _ => {}
    }
    for left_out in content.keys() {
        notes.push(note(
            pointer,
            format!("{left_out} is dropped in favour of {media}"),
        ));
    }
    if plain != media {
        notes.push(note(pointer, format!("{media} is written {plain}")));
    }
    content.clear();
    content.insert(plain, entry);
    Ok(())
}

/// Returns whether the schema has a shape that the client would have to encode or decode.
fn is_described(schema: &Value) -> bool {
    let shapes = ["$ref", "properties", "items", "allOf", "oneOf", "anyOf"];
    shapes.iter().any(|keyword| schema.get(keyword).is_some())
        || text(schema, "type") == Some("object")
}

fn unknown(media: &str, pointer: &str) -> Error {
    Error::at(
        format!("{pointer}/{}", escape(media)),
        format!("the media type {media} cannot be generated"),
        "describe the body as application/json (or form, plain text, octet stream)",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{apply as run, becomes};
    use super::*;

    fn body(content: &str) -> String {
        format!("paths: {{/a: {{post: {{requestBody: {{content: {content}}}}}}}}}")
    }

    #[test]
    fn json_is_spelled_plainly_and_preferred() {
        for (before, after) in [
            (
                "{application/xml: {}, 'application/json;charset=UTF-8': {schema: {type: object}}}",
                "{application/json: {schema: {type: object}}}",
            ),
            ("{'*/*': {}}", "{application/json: {schema: {}}}"),
            (
                "{application/problem+json: {}}",
                "{application/json: {schema: {}}}",
            ),
            (
                "{application/problem+json: {}, application/json: {schema: {type: string}}}",
                "{application/json: {schema: {type: string}}}",
            ),
            ("{text/plain: {}}", "{text/plain: {schema: {type: string}}}"),
            (
                "{application/octet-stream: {schema: {type: string}}}",
                "{application/octet-stream: {schema: {type: string, format: binary}}}",
            ),
        ] {
            becomes(apply, &body(before), &body(after));
        }
    }

    #[test]
    fn a_body_without_content_is_dropped() {
        becomes(apply, &body("{}"), "paths: {/a: {post: {}}}");
    }

    #[test]
    fn unknown_media_types_are_refused() {
        let error = run(apply, &body("{application/xml: {schema: {type: string}}}")).unwrap_err();
        assert_eq!(
            error.pointer,
            "/paths/~1a/post/requestBody/content/application~1xml"
        );
        run(apply, &body("{nothing: {}}")).unwrap_err();
    }
}
