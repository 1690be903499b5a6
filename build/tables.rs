//! The tables of this crate beside the bindings of an API.

use std::fmt::Write as _;

use super::document::{Document, text};
use super::generated::Generated;
use super::names::snake;
use super::passes::KEY;

/// Writes the tables beside the bindings of this module: the version of the document, its
/// endpoints, the check of response bodies and the list of JSON Schemas.
pub(super) fn tables(name: &str, document: &Document, generated: &Generated) -> String {
    let version = document.root["info"]["version"].as_str();
    let version = version.unwrap_or_default();
    let [mut endpoints, mut list, mut bodies, mut schemas] = [const { String::new() }; 4];
    for place in document.operations() {
        let id = snake(text(place.operation, "operationId").unwrap_or_default());
        let constant = id.to_uppercase();
        let method = place.method.to_uppercase();
        let header = text(place.operation, KEY);
        let _ = writeln!(
            endpoints,
            "    pub static {constant}: crate::raw::Endpoint = crate::raw::Endpoint {{
        document: {name:?},
        id: {id:?},
        method: {method:?},
        path: {:?},
        idempotency_header: {header:?},
    }};",
            place.path
        );
        let _ = writeln!(list, "    &endpoints::{constant},");
        if let Some(body) = generated.bodies.get(&id) {
            let _ = writeln!(
                bodies,
                "        {id:?} => crate::raw::check_body::<{body}>(body),"
            );
        }
    }
    for kind in generated.names() {
        let _ = writeln!(
            schemas,
            "        ({kind:?}, ::schemars::schema_for!(types::{kind})),"
        );
    }
    format!(
        "/// The version that the document states.
pub const SPEC_VERSION: &str = {version:?};

/// The operations of the document.
pub mod endpoints {{
{endpoints}}}

/// All operations of the document.
pub static OPERATIONS: &[&crate::raw::Endpoint] = &[
{list}];

/// Reads the body of a response to the operation, and refuses the arrays that the generated code
/// accepts in place of objects.
fn check_body(operation: &str, body: &[u8]) -> ::serde_json::Result<()> {{
    match operation {{
{bodies}        _ => Ok(()),
    }}
}}

/// The JSON Schemas of all [`types`], by name. Those of requests have the limits of the document.
#[cfg(feature = \"schemars\")]
pub fn schemas() -> ::std::collections::BTreeMap<&'static str, ::schemars::Schema> {{
    ::std::collections::BTreeMap::from([
{schemas}    ])
}}
"
    )
}

#[cfg(test)]
mod tests {
    use super::super::passes::testing;
    use super::*;

    #[test]
    fn endpoints_name_the_header_of_the_idempotency_key() {
        let document = testing::document(
            "
            info: {version: '1'}
            paths: {/a: {get: {operationId: aGet}, post: {operationId: aPost, x-idempotency-key: idempotency-key}}}
            ",
        );
        let text = tables("api", &document, &Generated::default());
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for part in [
            "pub static A_GET: crate::raw::Endpoint",
            r#"document: "api", id: "a_get", method: "GET", path: "/a", idempotency_header: None,"#,
            r#"document: "api", id: "a_post", method: "POST", path: "/a", idempotency_header: Some("idempotency-key"),"#,
            "[ &endpoints::A_GET, &endpoints::A_POST, ]",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn the_tables_list_the_schema_of_every_type() {
        let document = testing::document("info: {version: '1'}");
        let mut generated = Generated::default();
        generated.structs.insert("B".to_owned(), Vec::new());
        generated.wrappers.insert("A".to_owned());
        generated
            .bodies
            .insert("get_a".to_owned(), "types::A".to_owned());
        let text = tables("api", &document, &generated);
        let list = "[\n        (\"A\", ::schemars::schema_for!(types::A)),\n        (\"B\", ::schemars::schema_for!(types::B)),\n    ]";
        assert!(text.contains(list), "{text}");
    }
}
