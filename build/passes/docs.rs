//! Descriptions, which become documentation.

use serde_json::{Value, json};

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "docs";
pub(crate) const REASON: &str = "descriptions become rustdoc, which would compile indented lines and fences, and hide text that looks like HTML; OpenAPI 3.0 ignores a description beside a reference, but not in a composition of one part";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    keep_beside_references(document);
    let mut changed = 0;
    visit(&mut document.root, false, &mut changed);
    if let Some(Value::Object(info)) = document.root.get_mut("info") {
        info.remove("termsOfService");
        if let Some(Value::String(title)) = info.get_mut("title") {
            *title = one_line(title);
        }
    }
    if changed > 0 {
        document.note("", format!("{changed} descriptions adapted to rustdoc"));
    }
    Ok(())
}

/// Wraps each reference that has a description in a composition, so that the description documents
/// the field.
fn keep_beside_references(document: &mut Document) {
    document.each_schema(|_, schema| {
        let Value::Object(map) = schema else {
            return Vec::new();
        };
        if !map.contains_key("description") {
            return Vec::new();
        }
        let Some(reference) = map.remove("$ref") else {
            return Vec::new();
        };
        map.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
        vec!["the description is moved to a composition".to_owned()]
    });
}

/// Cleans the descriptions in a value. With `named`, the keys of the value are names, not keywords.
fn visit(value: &mut Value, named: bool, changed: &mut usize) {
    match value {
        Value::Object(map) => {
            // The generator puts the description of a parameter into a list item, which an empty
            // line would end.
            let parameter = map.contains_key("in") && map.contains_key("schema");
            for (key, inner) in map.iter_mut() {
                match inner {
                    Value::String(text)
                        if !named && matches!(key.as_str(), "description" | "summary") =>
                    {
                        let safe = if parameter || key == "summary" {
                            one_line(text)
                        } else {
                            plain(text)
                        };
                        if safe != *text {
                            *changed += 1;
                            *text = safe;
                        }
                    }
                    _ => visit(
                        inner,
                        !named && matches!(key.as_str(), "properties" | "schemas"),
                        changed,
                    ),
                }
            }
        }
        Value::Array(list) => list
            .iter_mut()
            .for_each(|inner| visit(inner, false, changed)),
        _ => {}
    }
}

fn one_line(text: &str) -> String {
    plain(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns Markdown without code blocks, which rustdoc would compile, and without HTML.
pub(crate) fn plain(text: &str) -> String {
    let mut paragraphs: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines().map(str::trim) {
        // A line that contains further backticks is a code span, not a fence.
        let is_fence = line.starts_with("~~~")
            || (line.starts_with("```") && !line.trim_start_matches('`').contains('`'));
        match paragraphs.last_mut() {
            Some(paragraph) if !line.is_empty() && !is_fence => paragraph.push(line),
            _ => paragraphs.push(Vec::new()),
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    let paragraphs = paragraphs
        .iter()
        .map(|lines| without_html(&lines.join("\n")));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

/// Escapes `<` outside code spans, except at the start of a link.
fn without_html(paragraph: &str) -> String {
    let parts = paragraph.split('`').enumerate();
    let parts = parts.map(|(index, part)| match index % 2 {
        0 => part.replace('<', "\\<").replace("\\<http", "<http"),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn code_blocks_become_text() {
        assert_eq!(
            plain("One.\n\n    let x = 1;\n\n```\nrun()\n```\ntwo"),
            "One.\n\nlet x = 1;\n\nrun()\n\ntwo"
        );
        assert_eq!(plain("```Applications``` tab"), "```Applications``` tab");
        assert_eq!(plain("\tindented"), "indented");
    }

    #[test]
    fn html_is_escaped_outside_code_and_links() {
        let text = "The `<b>` of <b>, see <https://a.example/x> and [x](https://a.example).";
        let escaped = "The `<b>` of \\<b>, see <https://a.example/x> and [x](https://a.example).";
        assert_eq!(plain(text), escaped);
    }

    #[test]
    fn parameters_and_summaries_stay_on_one_line() {
        becomes(
            apply,
            "paths: {/a: {get: {summary: \"a\\nb\", parameters: [{in: query, schema: {}, description: \"a\\n\\nb\"}]}}}",
            "paths: {/a: {get: {summary: a b, parameters: [{in: query, schema: {}, description: a b}]}}}",
        );
    }

    #[test]
    fn a_property_may_be_called_description() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {description: {type: string, description: '<b>'}}}}}",
            "components: {schemas: {A: {properties: {description: {type: string, description: \\<b>}}}}}",
        );
    }

    #[test]
    fn a_described_reference_becomes_a_composition_of_one_part() {
        becomes(
            apply,
            "components: {schemas: {A: {properties: {b: {$ref: '#/components/schemas/B', description: d, x-limits: {maxLength: 3}}}}}}",
            "components: {schemas: {A: {properties: {b: {allOf: [{$ref: '#/components/schemas/B'}], description: d, x-limits: {maxLength: 3}}}}}}",
        );
    }

    #[test]
    fn other_references_and_descriptions_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {description: d, properties: {b: {$ref: '#/components/schemas/B'}}}}}",
        );
    }
}
