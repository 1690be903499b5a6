//! Converts YAML to JSON, without losing a key.

use std::fmt;

use serde::de::{
    self, Deserialize, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde_json::{Map, Number, Value};

use super::document::escape;
use super::error::Error;

const ADVICE: &str = "the file must be one YAML 1.2 or JSON document";

/// Members for human readers only.
const PROSE: [&str; 6] = [
    "description",
    "summary",
    "title",
    "example",
    "examples",
    "x-examples",
];

/// Parses YAML, or JSON, which is YAML. Returns the value and warnings.
pub(crate) fn parse(text: &str) -> Result<(Value, Vec<String>), Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let node: Node = yaml_serde::from_str(text)
        .map_err(|error| Error::unreadable("", format!("not readable as YAML: {error}"), ADVICE))?;
    let mut warnings = Vec::new();
    let value = node.into_json("", &mut warnings)?;
    Ok((value, warnings))
}

/// A node in its written form. A mapping keeps every key, in order.
enum Node {
    Scalar(Value),
    /// A number that JSON cannot represent.
    Infinite(f64),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    fn into_json(self, pointer: &str, warnings: &mut Vec<String>) -> Result<Value, Error> {
        match self {
            Self::Scalar(value) => Ok(value),
            Self::Infinite(number) => Err(Error::unreadable(
                pointer,
                format!("{number} is not a JSON number"),
                "write a finite number, or quote it if it is text",
            )),
            Self::List(list) => list
                .into_iter()
                .enumerate()
                .map(|(index, node)| node.into_json(&format!("{pointer}/{index}"), warnings))
                .collect(),
            Self::Map(entries) => {
                let mut map = Map::new();
                let mut merged = Vec::new();
                for (key, node) in entries {
                    if key == "<<" {
                        merged.push(node.into_json(pointer, warnings)?);
                        continue;
                    }
                    let inner = format!("{pointer}/{}", escape(&key));
                    let value = node.into_json(&inner, warnings)?;
                    if let Some(first) = map.get(&key)
                        && *first != value
                    {
                        let prose = PROSE.contains(&key.as_str()) && !value.is_object();
                        if !prose {
                            return Err(Error::unreadable(
                                inner,
                                format!("the key {key:?} occurs twice"),
                                "remove one of the two keys, because only one is read",
                            ));
                        }
                        warnings.push(format!("#{inner} occurs twice; the second is used"));
                    }
                    map.insert(key, value);
                }
                merge(&mut map, merged);
                Ok(Value::Object(map))
            }
        }
    }
}

/// Adds the members of `<<`, a mapping or a list of them, that are missing.
fn merge(map: &mut Map<String, Value>, merged: Vec<Value>) {
    for value in merged {
        match value {
            Value::Object(members) => {
                for (key, value) in members {
                    map.entry(key).or_insert(value);
                }
            }
            Value::Array(list) => merge(map, list),
            _ => {}
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML node")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Ok(Number::from_f64(value)
            .map_or(Node::Infinite(value), |number| Node::Scalar(number.into())))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(node) = access.next_element()? {
            list.push(node);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        // A key is its text: `200` and `"200"` are the same.
        while let Some(key) = access.next_key::<String>()? {
            entries.push((key, access.next_value()?));
        }
        Ok(Node::Map(entries))
    }

    /// Ignores a tag, and reads the value that it marks.
    fn visit_enum<A: EnumAccess<'de>>(self, access: A) -> Result<Node, A::Error> {
        let (_, node): (String, _) = access.variant()?;
        node.newtype_variant()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(text: &str) -> Value {
        parse(text).unwrap().0
    }

    #[test]
    fn scalars_are_those_of_yaml_1_2() {
        assert_eq!(
            value(
                "{a: NO, b: Y, c: true, d: 5, e: -1.5, f: , g: '5', h: 2024-10-16, i: 1.0.0, j: !x y}"
            ),
            json!({ "a": "NO", "b": "Y", "c": true, "d": 5, "e": -1.5, "f": null, "g": "5", "h": "2024-10-16", "i": "1.0.0", "j": "y" })
        );
    }

    #[test]
    fn keys_are_text() {
        assert_eq!(
            value("{200: a, 1.0: b, true: c, '404': d}"),
            json!({ "200": "a", "1.0": "b", "true": "c", "404": "d" })
        );
        assert!(parse("{[a]: b}").is_err());
    }

    #[test]
    fn anchors_and_merges_are_followed() {
        assert_eq!(
            value("{a: &a {x: 1, y: 2}, b: {<<: *a, x: 3}, c: {<<: [{z: 1}, *a]}}"),
            json!({ "a": { "x": 1, "y": 2 }, "b": { "x": 3, "y": 2 }, "c": { "x": 1, "y": 2, "z": 1 } })
        );
    }

    #[test]
    fn a_duplicate_key_is_refused_unless_the_values_are_equal() {
        let error = parse("a: {b: {type: string}, c: 1, b: {type: integer}}").unwrap_err();
        assert_eq!(error.pointer, "/a/b");
        assert_eq!(value("{a: 1, a: 1}"), json!({ "a": 1 }));
        let (value, warnings) = parse("{description: a, description: b}").unwrap();
        assert_eq!(value, json!({ "description": "b" }));
        assert_eq!(warnings.len(), 1);
        parse("properties: {title: {type: string}, title: {type: integer}}").unwrap_err();
    }

    #[test]
    fn a_number_that_json_does_not_have_is_refused() {
        assert_eq!(parse("a: [.inf]").unwrap_err().pointer, "/a/0");
        assert_eq!(parse("a: .nan").unwrap_err().pointer, "/a");
    }
}
