//! Corrections of a document, in the form of the OpenAPI Overlay Specification 1.0.
//!
//! The overlay of `openapi/ecom.yaml` is `openapi/ecom.overlay.yaml`. It has the facts that the
//! document lacks: limits that the server does not enforce, members that it accepts, and members
//! that are secret. Its targets are in the document as OpenAPI 3.0, with references resolved and
//! full paths.

use serde_json::Value;

use super::super::document::{Document, escape, text, unescape};
use super::super::error::Error;
use super::super::load::{Read, parse};

pub(crate) const NAME: &str = "overlay";
pub(crate) const REASON: &str = "a document lacks facts about its API: limits that the server does not enforce, members that it accepts, members that are secret; each action of an overlay states its reason";

/// The end of the name of an overlay.
pub(crate) const END: &str = ".overlay.yaml";

/// The overlay of all APIs. It is compiled in, so that no document is read without it.
pub(crate) const ALL: &str = "all.overlay.yaml";
const ALL_TEXT: &str = include_str!("../../openapi/all.overlay.yaml");

/// Reads the overlay of all APIs and the one of this API. Returns their files and contents.
pub(crate) fn read(api: &str, read: Read<'_>) -> Result<Vec<(String, Value)>, Error> {
    let own = format!("{api}{END}");
    let own_text = read(&own).map(|text| (own, text));
    let texts = [(ALL.to_owned(), ALL_TEXT.to_owned())];
    let texts = texts.into_iter().chain(own_text);
    let overlays = texts.map(|(file, text)| match parse(&text) {
        Ok(overlay) => Ok((file, overlay)),
        Err(error) => Err(error.in_file(&file)),
    });
    overlays.collect()
}

/// Applies the actions of the overlays in their order. An update whose target is missing changes
/// nothing. In the overlay of an API it is a warning, because a renamed member would lose its mark.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    for (file, overlay) in std::mem::take(&mut document.overlays) {
        let actions = overlay.get("actions").and_then(Value::as_array);
        for (index, action) in actions.into_iter().flatten().enumerate() {
            let pointer = format!("/actions/{index}");
            let has_target = run(document, action).map_err(|fault| {
                let advice = "see spec.openapis.org/overlay/v1.0.0";
                Error::at(&pointer, fault, advice).in_file(&file)
            })?;
            if !has_target && action.get("update").is_some() && file != ALL {
                let target = text(action, "target").unwrap_or_default();
                document.warnings.push(format!(
                    "{file}#{pointer}: the document has no {target}; correct the target or remove the action"
                ));
            }
        }
    }
    Ok(())
}

/// Applies an action. Returns whether its target is in the document.
fn run(document: &mut Document, action: &Value) -> Result<bool, &'static str> {
    let reason = text(action, "description");
    let reason = reason.ok_or("an action without a reason in `description`")?;
    let target = text(action, "target").and_then(path);
    let target = target
        .ok_or("`target` must be a JSONPath of names, `*` and `..`, such as `$.info.title`")?;
    let is_removal = action.get("remove") == Some(&Value::Bool(true));
    let update = action.get("update");
    if is_removal == update.is_some() {
        return Err("an action needs either `update` or `remove: true`");
    }
    let pointers = find(&document.root, &target);
    let has_target = !pointers.is_empty();
    for pointer in pointers {
        let is_changed = match update {
            Some(update) => document
                .root
                .pointer_mut(&pointer)
                .is_some_and(|node| merge(node, update)),
            None => remove(&mut document.root, &pointer),
        };
        if is_changed {
            document.note(pointer, reason);
        }
    }
    Ok(has_target)
}

/// One step of a `JSONPath`.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    /// Every member and entry.
    Any,
    /// This member at any depth.
    Below(String),
}

/// Parses a `JSONPath` of names in dots or brackets, `*`, and `..` before a name.
fn path(text: &str) -> Option<Vec<Step>> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let mut rest = text.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let quoted = rest
            .strip_prefix("['")
            .and_then(|rest| rest.split_once("']"));
        let any = rest.strip_prefix("[*]").or_else(|| rest.strip_prefix(".*"));
        if let Some((name, after)) = quoted {
            steps.push(Step::Name(name.to_owned()));
            rest = after;
        } else if let Some(after) = any {
            steps.push(Step::Any);
            rest = after;
        } else {
            let below = rest.strip_prefix("..");
            let name = below.or_else(|| rest.strip_prefix('.'))?;
            let end = name.find(|c| !is_plain(c)).unwrap_or(name.len());
            let (name, after) = name.split_at(end);
            if name.is_empty() {
                return None;
            }
            steps.push(match below {
                Some(_) => Step::Below(name.to_owned()),
                None => Step::Name(name.to_owned()),
            });
            rest = after;
        }
    }
    Some(steps)
}

/// Returns the pointers of all nodes that the path leads to.
fn find(root: &Value, path: &[Step]) -> Vec<String> {
    let mut found = vec![String::new()];
    for step in path {
        let nodes = found
            .iter()
            .filter_map(|pointer| Some((pointer, root.pointer(pointer)?)));
        found = nodes
            .flat_map(|(pointer, node)| match step {
                Step::Name(name) => {
                    let inner = node
                        .get(name)
                        .map(|_| format!("{pointer}/{}", escape(name)));
                    inner.into_iter().collect()
                }
                Step::Any => members(node, pointer).map(|(pointer, _)| pointer).collect(),
                Step::Below(name) => below(node, pointer, name),
            })
            .collect();
    }
    found
}

/// Returns the pointers of the members of this name at any depth.
fn below(node: &Value, pointer: &str, name: &str) -> Vec<String> {
    let own = node
        .get(name)
        .map(|_| format!("{pointer}/{}", escape(name)));
    let inner = members(node, pointer).flat_map(|(pointer, node)| below(node, &pointer, name));
    own.into_iter().chain(inner).collect()
}

/// Returns the members of an object, or the entries of a list, with their pointers.
fn members<'a>(
    node: &'a Value,
    pointer: &'a str,
) -> impl Iterator<Item = (String, &'a Value)> + use<'a> {
    let map = node.as_object().into_iter().flatten();
    let map = map.map(move |(name, inner)| (format!("{pointer}/{}", escape(name)), inner));
    let list = node.as_array().into_iter().flatten().enumerate();
    map.chain(list.map(move |(index, inner)| (format!("{pointer}/{index}"), inner)))
}

/// Merges objects, appends to lists, and replaces all other values. Returns whether anything
/// changed.
fn merge(node: &mut Value, update: &Value) -> bool {
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => {
            let mut is_changed = false;
            for (name, update) in update {
                is_changed |= match node.get_mut(name) {
                    Some(inner) => merge(inner, update),
                    None => node.insert(name.clone(), update.clone()).is_none(),
                };
            }
            is_changed
        }
        (Value::Array(list), entry) if !list.contains(entry) => {
            list.push(entry.clone());
            true
        }
        (Value::Array(_), _) => false,
        (node, update) => {
            let is_changed = *node != *update;
            *node = update.clone();
            is_changed
        }
    }
}

fn remove(root: &mut Value, pointer: &str) -> bool {
    let Some((outer, name)) = pointer.rsplit_once('/') else {
        return false;
    };
    let outer = root.pointer_mut(outer).and_then(Value::as_object_mut);
    outer
        .and_then(|outer| outer.remove(&unescape(name)))
        .is_some()
}

#[cfg(test)]
mod tests {
    use super::super::testing;
    use super::*;

    const DOCUMENT: &str = "
        paths: {/a: {get: {parameters: [{name: n, schema: {maxLength: 3}}]}}}
        components: {schemas: {A: {properties: {n: {type: string, maxLength: 3}}}, B: {required: [a]}}}
        ";

    fn corrected(actions: &str) -> Result<Document, Error> {
        let mut document = testing::document(DOCUMENT);
        let overlay = format!("{{overlay: 1.0.0, actions: [{actions}]}}");
        let file = |name: &str| (name == "a.overlay.yaml").then(|| overlay.clone());
        document.overlays = read("a", &file).unwrap();
        let all = document.overlays.remove(0);
        assert_eq!(all.0, ALL);
        apply(&mut document).map(|()| document)
    }

    #[test]
    fn updates_are_merged_and_logged_with_their_reason() {
        let document = corrected(
            "{target: $.components.schemas.A.properties.n, description: why, update: {maxLength: 5, pattern: a}},
             {target: $.components.schemas.B.required, description: why, update: b}",
        )
        .unwrap();
        let schemas = &document.root["components"]["schemas"];
        let wanted = serde_json::json!({"type": "string", "maxLength": 5, "pattern": "a"});
        assert_eq!(schemas["A"]["properties"]["n"], wanted);
        assert_eq!(schemas["B"]["required"], serde_json::json!(["a", "b"]));
        let notes: Vec<(&str, &str)> = document
            .notes
            .iter()
            .map(|note| (note.pointer.as_str(), note.text.as_str()))
            .collect();
        let pointers = [
            "/components/schemas/A/properties/n",
            "/components/schemas/B/required",
        ];
        assert_eq!(notes, pointers.map(|pointer| (pointer, "why")));
    }

    #[test]
    fn nodes_are_removed_wherever_the_path_leads() {
        for (target, left) in [
            ("$..maxLength", 0),
            ("$.components.schemas.*.properties.*.maxLength", 1),
            ("$.paths['/a'].get.parameters[*].schema.maxLength", 1),
            ("$.components.schemas.C.maxLength", 2),
        ] {
            let action = format!("{{target: \"{target}\", description: why, remove: true}}");
            let document = corrected(&action).unwrap();
            let rest = document.root.to_string().matches("maxLength").count();
            assert_eq!((rest, document.notes.len()), (left, 2 - left), "{target}");
        }
    }

    #[test]
    fn an_action_that_the_document_carries_changes_nothing() {
        let document = corrected(
            "{target: $.components.schemas.A.properties.n, description: why, update: {maxLength: 3}},
             {target: $.components.schemas.B.required, description: why, update: a}",
        )
        .unwrap();
        assert_eq!(document.root, testing::document(DOCUMENT).root);
        assert_eq!(document.notes, []);
        assert_eq!(document.warnings, [""; 0]);
    }

    #[test]
    fn an_update_without_its_target_is_a_warning() {
        let document = corrected(
            "{target: $.components.schemas.A.properties.gone, description: why, remove: true},
             {target: $.components.schemas.A.properties.gone, description: why, update: {x-sensitive: true}}",
        )
        .unwrap();
        assert_eq!(
            document.warnings,
            [
                "a.overlay.yaml#/actions/1: the document has no $.components.schemas.A.properties.gone; correct the target or remove the action"
            ]
        );
    }

    #[test]
    fn an_invalid_action_is_refused() {
        for (action, fault) in [
            ("{target: $.a, remove: true}", "without a reason"),
            ("{description: why, remove: true}", "JSONPath"),
            (
                "{target: '$.a[?(@.b)]', description: why, remove: true}",
                "JSONPath",
            ),
            ("{target: $.a, description: why}", "either"),
            (
                "{target: $.a, description: why, remove: true, update: {}}",
                "either",
            ),
        ] {
            let error = corrected(action).unwrap_err().to_string();
            assert!(
                error.starts_with("a.overlay.yaml#/actions/0: ") && error.contains(fault),
                "{error}"
            );
        }
    }
}
