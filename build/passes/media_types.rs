//! One media type for each body, spelled plainly.

use serde_json::{Map, Value, json};

use super::super::document::{Document, Note, escape, note, object, text};
use super::super::error::Error;

pub(crate) const NAME: &str = "plain-media-types";
pub(crate) const REASON: &str = "the generator panics on a second request media type and takes JSON with a suffix for raw bytes";

const JSON: &str = "application/json";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_operation(|notes, pointer, _, operation| {
        if let Some(Value::Object(body)) = operation.get_mut("requestBody") {
            let pointer = format!("{pointer}/requestBody/content");
            if let Some(Value::Object(content)) = body.get_mut("content") {
                let kept = one(content, &pointer, notes)?;
                check_request(kept, content, &pointer)?;
            }
            let empty = |content: &Value| content.as_object().is_none_or(Map::is_empty);
            if body.get("content").is_none_or(empty) {
                notes.push(note(&pointer, "a body without content is no body"));
                operation.remove("requestBody");
            }
        }
        let responses = operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, response) in responses.into_iter().flatten() {
            let Some(Value::Object(content)) = response.get_mut("content") else {
                continue;
            };
            let pointer = format!("{pointer}/responses/{status}/content");
            one(content, &pointer, notes)?;
        }
        Ok(())
    })
}

/// The media types that the generator supports.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Json,
    Form,
    Text,
    Bytes,
    Other,
}

fn kind(media: &str) -> Option<Kind> {
    let bare = media
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_lowercase();
    let (kind, subtype) = bare.split_once('/')?;
    if kind.is_empty() || subtype.is_empty() || bare.contains(char::is_whitespace) {
        return None;
    }
    Some(match (kind, subtype) {
        ("application" | "text" | "*", "json" | "*") => Kind::Json,
        (_, subtype) if subtype.ends_with("+json") => Kind::Json,
        ("application", "x-www-form-urlencoded") => Kind::Form,
        ("application", "octet-stream") => Kind::Bytes,
        ("text", "plain") => Kind::Text,
        _ => Kind::Other,
    })
}

/// Keeps the media type that suits best, JSON before all else.
fn one(
    content: &mut Map<String, Value>,
    pointer: &str,
    notes: &mut Vec<Note>,
) -> Result<Kind, Error> {
    let mut best: Option<(u8, String, Kind)> = None;
    for media in content.keys() {
        let Some(kind) = kind(media) else {
            return Err(Error::at(
                format!("{pointer}/{}", escape(media)),
                format!("{media:?} is no media type"),
                "write one like application/json",
            ));
        };
        let rank = match kind {
            Kind::Json if media == JSON => 0,
            Kind::Json => 1,
            Kind::Form => 2,
            Kind::Text => 3,
            Kind::Bytes => 4,
            Kind::Other => 5,
        };
        if best.as_ref().is_none_or(|(other, ..)| rank < *other) {
            best = Some((rank, media.clone(), kind));
        }
    }
    let Some((_, media, kind)) = best else {
        return Ok(Kind::Other);
    };
    for dropped in content.keys().filter(|other| **other != media) {
        notes.push(note(
            pointer,
            format!("{dropped} is left out in favour of {media}"),
        ));
    }
    let mut entry = content.remove(&media).unwrap_or_default();
    let schema = object(&mut entry)
        .entry("schema")
        .or_insert_with(|| json!({}));
    let spelled = match kind {
        Kind::Json => JSON,
        Kind::Form => "application/x-www-form-urlencoded",
        Kind::Text | Kind::Bytes | Kind::Other => {
            media.split(';').next().unwrap_or_default().trim()
        }
    };
    match kind {
        Kind::Bytes => *schema = json!({ "type": "string", "format": "binary" }),
        Kind::Text => *schema = json!({ "type": "string" }),
        _ => {}
    }
    object(&mut entry).remove("encoding");
    if spelled != media {
        notes.push(note(pointer, format!("{media} is written {spelled}")));
    }
    content.clear();
    content.insert(spelled.to_owned(), entry);
    refuse_undecodable(kind, content, pointer)?;
    Ok(kind)
}

/// Rejects a body with a described object in a format that the client cannot encode or decode.
fn refuse_undecodable(
    kind: Kind,
    content: &Map<String, Value>,
    pointer: &str,
) -> Result<(), Error> {
    for (media, entry) in content {
        let schema = &entry["schema"];
        let described = ["$ref", "properties", "items", "allOf", "oneOf", "anyOf"]
            .iter()
            .any(|keyword| schema.get(keyword).is_some())
            || text(schema, "type") == Some("object");
        if kind == Kind::Other && described {
            return Err(unknown(media, pointer));
        }
    }
    Ok(())
}

fn check_request(kind: Kind, content: &Map<String, Value>, pointer: &str) -> Result<(), Error> {
    match content.keys().next() {
        Some(media) if kind == Kind::Other => Err(unknown(media, pointer)),
        _ => Ok(()),
    }
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
    use super::super::testing::{apply as run, becomes};
    use super::*;

    fn body(content: &str) -> String {
        format!("paths: {{/a: {{post: {{requestBody: {{content: {content}}}}}}}}}")
    }

    #[test]
    fn json_is_spelled_plainly_and_preferred() {
        becomes(
            apply,
            &body(
                "{'application/json;charset=UTF-8': {schema: {type: object}}, application/xml: {}}",
            ),
            &body("{application/json: {schema: {type: object}}}"),
        );
        becomes(
            apply,
            &body("{'*/*': {}}"),
            &body("{application/json: {schema: {}}}"),
        );
        becomes(
            apply,
            &body("{application/problem+json: {}}"),
            &body("{application/json: {schema: {}}}"),
        );
    }

    #[test]
    fn raw_bodies_get_the_schema_that_the_generator_wants() {
        becomes(
            apply,
            &body("{application/octet-stream: {schema: {type: string}}}"),
            &body("{application/octet-stream: {schema: {type: string, format: binary}}}"),
        );
    }

    #[test]
    fn images_may_be_answered() {
        becomes(
            apply,
            "paths: {/a: {get: {responses: {'200': {content: {image/png: {schema: {type: string, format: binary}}}}}}}}",
            "paths: {/a: {get: {responses: {'200': {content: {image/png: {schema: {type: string, format: binary}}}}}}}}",
        );
    }

    #[test]
    fn unknown_media_types_are_refused() {
        let error = run(apply, &body("{application/xml: {schema: {type: string}}}")).unwrap_err();
        assert_eq!(
            error.pointer,
            "/paths/~1a/post/requestBody/content/application~1xml"
        );
        run(apply, &body("{json: {}}")).unwrap_err();
        run(
            apply,
            "paths: {/a: {get: {responses: {'200': {content: {application/xml: {schema: {$ref: '#/components/schemas/A'}}}}}}}}",
        )
        .unwrap_err();
    }
}
