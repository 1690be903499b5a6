//! Paths that the merchant serves.

use std::collections::BTreeSet;

use serde_json::Value;

/// Returns the names of properties that contain the prefix of a merchant's URL, such as
/// `callbackPrefix`.
///
/// Documents list merchant-side endpoints under paths that begin with such a name, in brackets
/// or without.
pub(crate) fn prefix_names(root: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(root, &mut names);
    names
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                names.extend(
                    properties
                        .keys()
                        .filter(|name| ends_like_a_url(name))
                        .map(|name| name.to_lowercase()),
                );
            }
            map.values().for_each(|inner| collect(inner, names));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, names)),
        _ => {}
    }
}

fn ends_like_a_url(name: &str) -> bool {
    let name = name.to_lowercase();
    ["prefix", "url", "uri"]
        .iter()
        .any(|end| name.ends_with(end))
}

/// Returns whether the path begins with a URL of the merchant.
pub(crate) fn is_merchant_path(path: &str, prefixes: &BTreeSet<String>) -> bool {
    if path.starts_with(['[', '{']) {
        return true;
    }
    let first = path
        .trim_start_matches('/')
        .split('/')
        .next()
        .unwrap_or_default();
    let bare = first.trim_matches(['[', ']', '{', '}', '$', '<', '>']);
    let stands_for_a_url = bare.to_lowercase().ends_with("prefix") || bare != first;
    prefixes.contains(&bare.to_lowercase()) && stands_for_a_url
}

/// Returns whether a tag marks operations that the merchant serves.
pub(crate) fn is_merchant_tag(name: &str, description: &str) -> bool {
    let name = name.to_lowercase();
    let description = description.to_lowercase();
    name.contains("merchant endpoint")
        || name.contains("from the merchant")
        || description.contains("implemented by the merchant")
}
