//! A key or type that OpenAPI does not define is refused with its place.

use crate::refused::{edited, error_of, folder};

/// A keyword that OpenAPI does not define would be read as absent, and its content would be lost.
#[test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
fn an_unknown_key_is_refused_with_its_place() {
    const ADVICE: &str =
        "; correct its spelling or its place; the name of an extension begins with `x-`";
    let operation = "/paths/~1things/post";
    let thing = "/components/schemas/Thing";
    for (name, old, new, pointer, fault) in [
        (
            "root",
            "components:",
            "component: {}\ncomponents:",
            "",
            "`component` is not a key of an OpenAPI document",
        ),
        (
            "info",
            "title: A",
            "titel: A",
            "/info",
            "`titel` is not a key of `info`",
        ),
        (
            "section",
            "  schemas:",
            "  schema: {}\n  schemas:",
            "/components",
            "`schema` is not a key of `components`",
        ),
        (
            "path",
            "    post:",
            "    psot: {}\n    post:",
            "/paths/~1things",
            "`psot` is not a key of a path item",
        ),
        (
            "responses",
            "responses:",
            "respones:",
            operation,
            "`respones` is not a key of an operation",
        ),
        (
            "id",
            "operationId:",
            "operationID:",
            operation,
            "`operationID` is not a key of an operation",
        ),
        (
            "parameter",
            "operationId: makeThing",
            "operationId: makeThing\n      parameters: [{name: a, in: query, requierd: true, schema: {}}]",
            "/paths/~1things/post/parameters/0",
            "`requierd` is not a key of a parameter",
        ),
        (
            "body",
            "requestBody: {content:",
            "requestBody: {contents:",
            "/paths/~1things/post/requestBody",
            "`contents` is not a key of a request body",
        ),
        (
            "status",
            "responses: {'200'",
            "responses: {'20'",
            "/paths/~1things/post/responses",
            "`20` is not a status code",
        ),
        (
            "response",
            "{description: OK, content:",
            "{description: OK, conten:",
            "/paths/~1things/post/responses/200",
            "`conten` is not a key of a response",
        ),
        (
            "media",
            "requestBody: {content: {application/json: {schema:",
            "requestBody: {content: {application/json: {schemas:",
            "/paths/~1things/post/requestBody/content/application~1json",
            "`schemas` is not a key of a media type",
        ),
        (
            "header",
            "{description: OK, content:",
            "{description: OK, headers: {A: {shcema: {}}}, content:",
            "/paths/~1things/post/responses/200/headers/A",
            "`shcema` is not a key of a header",
        ),
        (
            "schema",
            "{type: object, properties:",
            "{type: object, propertys:",
            thing,
            "`propertys` is not a key of a schema",
        ),
        (
            "property",
            "{name: {type: string}}",
            "{name: {type: string, maxLenght: 3}}",
            "/components/schemas/Thing/properties/name",
            "`maxLenght` is not a key of a schema",
        ),
        (
            "items",
            "{name: {type: string}}",
            "{name: {type: array, items: {emun: [a]}}}",
            "/components/schemas/Thing/properties/name/items",
            "`emun` is not a key of a schema",
        ),
        (
            "choice",
            "Thing: {type: object,",
            "Thing: {oneOf: [{refs: a}], type: object,",
            "/components/schemas/Thing/oneOf/0",
            "`refs` is not a key of a schema",
        ),
        (
            "3.1",
            "{name: {type: string}}",
            "{name: {const: a}}",
            "/components/schemas/Thing/properties/name",
            "`const` is not a key of a schema in OpenAPI 3.0",
        ),
        (
            "map",
            "properties: {name: {type: string}}",
            "properties: [name]",
            "/components/schemas/Thing/properties",
            "not a mapping",
        ),
        (
            "list",
            "Thing: {type: object,",
            "Thing: {allOf: {type: object},",
            "/components/schemas/Thing/allOf",
            "not a list",
        ),
    ] {
        let message = error_of(&format!("unknown-{name}"), &edited(old, new));
        let place = if pointer.is_empty() {
            String::new()
        } else {
            format!("#{pointer}")
        };
        assert!(
            message.starts_with(&format!("openapi/api.yaml{place}: {fault}")),
            "{name}: {message}"
        );
        assert!(
            message.ends_with(ADVICE) || fault.starts_with("not a"),
            "{name}: {message}"
        );
    }
}

#[test]
fn an_unknown_type_is_refused_with_its_place() {
    for (kind, version) in [
        ("sting", "3.0.0"),
        ("Strings", "3.0.0"),
        ("5", "3.0.0"),
        ("[string]", "3.0.0"),
        ("'null'", "3.0.0"),
        ("[string, nul]", "3.1.0"),
    ] {
        let document = edited(
            "{name: {type: string}}",
            &format!("{{name: {{type: {kind}}}}}"),
        );
        let document = document.replace("openapi: 3.0.0", &format!("openapi: {version}"));
        let message = error_of("unknown-type", &document);
        assert!(
            message
                .starts_with("openapi/api.yaml#/components/schemas/Thing/properties/name/type: "),
            "{message}"
        );
        assert!(message.contains("is not a type"), "{message}");
    }
}

/// The author chooses names and extensions. Some of them resemble a misspelled keyword.
#[test]
fn free_names_and_extensions_are_not_refused() {
    for (name, old, new) in [
        (
            "extension",
            "operationId:",
            "x-anything: {typ: sting}\n      operationId:",
        ),
        (
            "names",
            "{name: {type: string}}",
            "{respones: {type: string}, type: {type: string}, properties: {type: object, properties: {typ: {type: integer}}}}",
        ),
        (
            "data",
            "{name: {type: string}}",
            "{name: {type: object, default: {typ: a}, example: {type: sting}, enum: [{typ: sting}]}}",
        ),
        (
            "example",
            "requestBody: {content: {application/json: {",
            "requestBody: {content: {application/json: {examples: {a: {value: {typ: 1}}}, ",
        ),
        ("foreign", "{name: {type: string}}", "{name: {type: token}}"),
        (
            "range",
            "responses: {'200'",
            "responses: {default: {description: E}, 4XX: {description: C}, '200'",
        ),
    ] {
        let folder = folder(&format!("free-{name}"), &[("api.yaml", &edited(old, new))]);
        let built = crate::build::build_file(&folder, "api.yaml");
        assert!(built.is_ok(), "{name}: {}", built.unwrap_err());
    }
}

#[test]
fn an_unknown_key_of_a_part_is_refused() {
    let whole = edited(
        "'#/components/schemas/Thing'}}}}\n",
        "'more.yaml#/Thing'}}}}\n",
    );
    let folder = folder(
        "part",
        &[("api.yaml", &whole), ("more.yaml", "Thing: {typ: string}")],
    );
    let message = crate::build::build_file(&folder, "api.yaml")
        .unwrap_err()
        .to_string();
    assert!(message.contains("#/paths/~1things/post/requestBody/content/application~1json/schema: `typ` is not a key of a schema"), "{message}");
}
