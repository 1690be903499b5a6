//! Descriptions, which become documentation.

use serde_json::{Value, json};

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "docs";
pub(crate) const REASON: &str = "descriptions become rustdoc, which would compile indented lines and fences and warn of bare links and brackets; OpenAPI 3.0 reads no description beside a reference, but one in a composition of one part";

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
        document.note("", format!("{changed} descriptions made safe for rustdoc"));
    }
    Ok(())
}

/// Wraps each reference that has a description in a composition, so that the description documents the field.
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
        vec!["the description is kept".to_owned()]
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

/// Returns Markdown that rustdoc does not test, resolve as an item link or warn about.
pub(crate) fn plain(text: &str) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        // A line that contains further backticks is a code span, not a fence.
        let fence = line.starts_with("~~~")
            || (line.starts_with("```") && !line.trim_start_matches('`').contains('`'));
        if line.is_empty() || fence {
            if !lines.is_empty() {
                paragraphs.push(escape(&lines.join("\n")));
                lines.clear();
            }
        } else {
            lines.push(line.to_owned());
        }
    }
    if !lines.is_empty() {
        paragraphs.push(escape(&lines.join("\n")));
    }
    paragraphs.join("\n\n")
}

/// Escapes the markup of one paragraph. Code spans stay, and links become `text (<url>)`.
fn escape(paragraph: &str) -> String {
    let mut out = String::with_capacity(paragraph.len() + 16);
    let mut rest = paragraph;
    while let Some(c) = rest.chars().next() {
        if c == '`' {
            rest = code_span(rest, &mut out);
        } else if let Some(length) = url_length(rest) {
            out.push('<');
            out.push_str(&rest[..length]);
            out.push('>');
            rest = &rest[length..];
        } else if let Some((label, url, length)) = link(rest) {
            out.push_str(&escape(label));
            out.push_str(" (<");
            out.push_str(url);
            out.push_str(">)");
            rest = &rest[length..];
        } else if c == '<' && rest[1..].starts_with("http") && rest.contains('>') {
            // An autolink: its URL is handled like a bare link.
            rest = &rest[1..];
            if let Some(length) = url_length(rest) {
                out.push('<');
                out.push_str(&rest[..length]);
                out.push('>');
                rest = rest[length..].strip_prefix('>').unwrap_or(&rest[length..]);
            }
        } else {
            if matches!(c, '[' | ']' | '<' | '>' | '\\') {
                out.push('\\');
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Copies a code span, or escapes its backticks if it has no end. Returns the remaining text.
fn code_span<'a>(text: &'a str, out: &mut String) -> &'a str {
    let marks = text.len() - text.trim_start_matches('`').len();
    let (mark, rest) = text.split_at(marks);
    let mut from = 0;
    while let Some(at) = rest[from..].find('`').map(|at| at + from) {
        let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        if run == marks && at > 0 {
            out.push('`');
            out.push_str(
                rest[..at]
                    .trim()
                    .replace('`', "'")
                    .replace('\n', " ")
                    .as_str(),
            );
            out.push('`');
            return &rest[at + run..];
        }
        from = at + run;
    }
    for _ in mark.chars() {
        out.push_str("\\`");
    }
    rest
}

/// Returns the length of the URL at the start of the text.
fn url_length(text: &str) -> Option<usize> {
    if !(text.starts_with("http://") || text.starts_with("https://")) {
        return None;
    }
    let end = text
        .find(|c: char| {
            c.is_whitespace()
                || matches!(
                    c,
                    '<' | '>' | '(' | ')' | '[' | ']' | '`' | '"' | '\'' | '|' | '\\'
                )
        })
        .unwrap_or(text.len());
    let url = text[..end].trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_']);
    (url.len() > "https://".len()).then_some(url.len())
}

/// Parses `[label](url)` and returns the label, the URL and the length of the whole link.
fn link(text: &str) -> Option<(&str, &str, usize)> {
    let inner = text.strip_prefix('[')?;
    let (label, rest) = inner.split_once("](")?;
    if label.contains(['[', ']']) {
        return None;
    }
    let (url, _) = rest.split_once(')')?;
    let target = url.split_whitespace().next()?;
    if !(target.starts_with("http://") || target.starts_with("https://"))
        || target.contains(['<', '>'])
    {
        return None;
    }
    Some((label, target, 1 + label.len() + 2 + url.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn nothing_is_left_that_rustdoc_would_compile() {
        assert_eq!(
            plain("One.\n\n    let x = 1;\n\n```\nrun()\n```\ntwo"),
            "One.\n\nlet x = 1;\n\nrun()\n\ntwo"
        );
        assert_eq!(plain("```Applications``` tab"), "`Applications` tab");
        assert_eq!(plain("\tindented"), "indented");
    }

    #[test]
    fn links_are_marked_and_brackets_escaped() {
        assert_eq!(
            plain("See https://a.example/x."),
            "See <https://a.example/x>."
        );
        assert_eq!(
            plain("See <https://a.example/x>."),
            "See <https://a.example/x>."
        );
        assert_eq!(
            plain("The [guide](https://a.example/g#x) says"),
            "The guide (<https://a.example/g#x>) says"
        );
        assert_eq!(
            plain("[`POST:/x`](https://a.example)"),
            "`POST:/x` (<https://a.example>)"
        );
        assert_eq!(plain("[x](#y) and <b>"), "\\[x\\](#y) and \\<b\\>");
        assert_eq!(
            plain("{image/*,[x]} `a[0]<b>`"),
            "{image/*,\\[x\\]} `a[0]<b>`"
        );
        assert_eq!(plain("an open ` mark"), "an open \\` mark");
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
            "components: {schemas: {A: {properties: {description: {type: string, description: \\<b\\>}}}}}",
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
