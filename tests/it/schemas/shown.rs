//! Every schema, in full. A changed snapshot is a changed promise about JSON.

use std::fmt::Write as _;

use serde_json::Value;

use super::schemas;

/// The schemas of these types, one after the other.
fn shown(wanted: impl Fn(&str) -> bool) -> String {
    let mut text = String::new();
    for (name, schema) in schemas() {
        if wanted(name) {
            let _ = writeln!(text, "{name}\n{schema:#}\n");
        }
    }
    text
}

macro_rules! area {
    ($name:ident, $area:literal) => {
        #[test]
        fn $name() {
            insta::assert_snapshot!(shown(|name| name.starts_with($area)));
        }
    };
}

area!(values, "types::");
area!(ecom, "ecom::");
area!(qr, "qr::");
area!(callbacks, "callback::");
area!(webhooks, "webhook::");

#[test]
fn every_schema_is_in_one_of_these_areas() {
    let areas = ["types::", "ecom::", "qr::", "callback::", "webhook::"];
    let is_shown = |name: &&str| areas.iter().any(|area| name.starts_with(area));
    let names: Vec<_> = schemas().into_keys().collect();
    assert!(names.len() > 55, "{names:?}");
    assert_eq!(names.iter().filter(|name| !is_shown(name)).count(), 0);
}

/// One line for each member of the bindings' types: their documents describe them.
#[test]
fn bindings() {
    let mut text = String::new();
    for (api, schemas) in [
        ("access_token", vipps::raw::access_token::schemas()),
        ("ecom", vipps::raw::ecom::schemas()),
        ("qr", vipps::raw::qr::schemas()),
    ] {
        for (name, schema) in schemas {
            let mut schema = schema.to_value();
            let required = schema["required"].take();
            let properties = schema["properties"].take();
            let _ = writeln!(text, "{api}::{name} {}", terse(schema));
            for (member, schema) in properties.as_object().into_iter().flatten() {
                let needed = required
                    .as_array()
                    .is_some_and(|r| r.contains(&member.as_str().into()));
                let mark = if needed { "!" } else { "" };
                let _ = writeln!(text, "    {member}{mark} {}", terse(schema.clone()));
            }
        }
    }
    insta::assert_snapshot!(text);
}

fn terse(mut schema: Value) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        for word in [
            "$defs",
            "$schema",
            "description",
            "properties",
            "required",
            "title",
        ] {
            schema.remove(word);
        }
    }
    schema
}
