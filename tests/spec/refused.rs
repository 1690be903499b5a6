//! A document that cannot be generated stops the build with one line: the file, the place in it,
//! the fault and the remedy. A panic of the generator becomes such a line, too.
//!
//! `tests/documents/breaking_changes.rs` checks what cargo prints.

use std::fs;
use std::path::{Path, PathBuf};

/// Creates a folder with these files.
pub(crate) fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("spec-refused")
        .join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    for (name, text) in files {
        fs::write(folder.join(name), text).unwrap();
    }
    folder
}

/// Returns the error of the build for this document.
pub(crate) fn error_of(name: &str, text: &str) -> String {
    let folder = folder(name, &[("api.yaml", text)]);
    let error =
        crate::build::build_file(&folder, "api.yaml").expect_err("the document must be refused");
    let message = error.to_string();
    assert!(!message.contains('\n'), "{message}");
    message.replace(&folder.display().to_string(), "openapi")
}

/// A valid document with one operation, which the tests break.
const VALID: &str = "
openapi: 3.0.0
info: {title: A, version: '1'}
paths:
  /things:
    post:
      operationId: makeThing
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}
      responses: {'200': {description: OK, content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}}
components:
  schemas:
    Thing: {type: object, properties: {name: {type: string}}}
";

pub(crate) fn edited(old: &str, new: &str) -> String {
    assert!(VALID.contains(old), "{old:?} is not in the document");
    VALID.replace(old, new)
}

#[test]
fn the_unedited_document_is_generated() {
    let folder = folder("good", &[("api.yaml", VALID)]);
    let api = crate::build::build_file(&folder, "api.yaml").unwrap();
    assert!(api.rust.contains("pub fn make_thing"), "{}", api.rust);
}

#[test]
fn invalid_yaml_is_refused() {
    assert_eq!(
        error_of("bad-yaml", &edited("info: {title: A", "info: {title: [A")),
        "openapi/api.yaml: not readable as YAML: did not find expected ',' or ']' at line 3 column 31, while parsing a flow sequence at line 3 column 15; the file must be one YAML 1.2 or JSON document"
    );
}

#[test]
fn an_empty_file_is_refused() {
    assert_eq!(
        error_of("empty", ""),
        "openapi/api.yaml: not an OpenAPI document: the top level is not a mapping; use an OpenAPI 3.0 or 3.1 document"
    );
}

#[test]
fn swagger_2_is_refused() {
    assert_eq!(
        error_of("swagger", &edited("openapi: 3.0.0", "swagger: '2.0'")),
        "openapi/api.yaml#/swagger: Swagger 2.0 is not supported; convert it to OpenAPI 3.0, for example with editor.swagger.io"
    );
}

#[test]
fn a_file_without_openapi_is_refused() {
    assert_eq!(
        error_of("other", "a: 1"),
        "openapi/api.yaml: not an OpenAPI document: `openapi` is missing; use an OpenAPI 3.0 or 3.1 document"
    );
}

#[test]
fn openapi_4_is_refused() {
    assert_eq!(
        error_of("version", &edited("openapi: 3.0.0", "openapi: 4.0.0")),
        "openapi/api.yaml#/openapi: OpenAPI 4.0.0 is not supported; use an OpenAPI 3.0 or 3.1 document"
    );
}

#[test]
fn a_document_without_paths_is_refused() {
    assert_eq!(
        error_of("paths", "{openapi: 3.0.0, info: {title: A, version: '1'}}"),
        "openapi/api.yaml: `paths` is missing; an API needs at least one operation"
    );
}

#[test]
fn a_dangling_reference_is_refused() {
    let schema = "'#/components/schemas/Thing'}}}}}";
    assert_eq!(
        error_of(
            "dangling",
            &edited(schema, "'#/components/schemas/Thong'}}}}}")
        ),
        "openapi/api.yaml#/paths/~1things/post/responses/200/content/application~1json/schema: `$ref: #/components/schemas/Thong` has no target; correct the reference or add its target"
    );
}

#[test]
fn a_dangling_request_body_is_refused() {
    let body = "requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Thing'}}}}";
    assert_eq!(
        error_of(
            "dangling-body",
            &edited(
                body,
                "requestBody: {$ref: '#/components/requestBodies/Thing'}"
            )
        ),
        "openapi/api.yaml#/paths/~1things/post/requestBody: `$ref: #/components/requestBodies/Thing` has no target; correct the reference or add its target"
    );
}

#[test]
fn a_missing_file_is_refused() {
    assert_eq!(
        error_of(
            "missing",
            &edited(
                "'#/components/schemas/Thing'}}}}\n",
                "'more.yaml#/Thing'}}}}\n"
            )
        ),
        "openapi/api.yaml#/paths/~1things/post/requestBody/content/application~1json/schema: `$ref` refers to more.yaml, which is not beside the document; save the file there as more.yaml; the build downloads nothing"
    );
}

#[test]
fn a_reference_out_of_the_folder_is_refused() {
    let message = error_of(
        "outside",
        &edited(
            "'#/components/schemas/Thing'}}}}\n",
            "'../../etc/x.yaml#/Thing'}}}}\n",
        ),
    );
    assert!(message.contains("is outside of the folder"), "{message}");
}

#[test]
fn an_operation_id_used_twice_is_refused() {
    let twice = "  /others: {get: {operationId: makeThing, responses: {'200': {description: OK}}}}\ncomponents:";
    assert_eq!(
        error_of("twice", &edited("components:", twice)),
        "openapi/api.yaml#/paths/~1things/post/operationId: the operation id makeThing is used twice, here and at #/paths/~1others/get; give each operation a unique id"
    );
}

#[test]
fn an_unknown_media_type_of_a_request_is_refused() {
    assert_eq!(
        error_of(
            "media",
            &edited(
                "requestBody: {content: {application/json:",
                "requestBody: {content: {application/xml:"
            )
        ),
        "openapi/api.yaml#/paths/~1things/post/requestBody/content/application~1xml: the media type application/xml cannot be generated; describe the body as application/json (or form, plain text, octet stream)"
    );
}

#[test]
fn an_unknown_media_type_of_a_response_is_refused() {
    let message = error_of(
        "media-response",
        &edited(
            "OK, content: {application/json:",
            "OK, content: {application/xml:",
        ),
    );
    assert!(
        message.contains("#/paths/~1things/post/responses/200/content/application~1xml: "),
        "{message}"
    );
}

#[test]
fn a_duplicate_key_is_refused() {
    assert_eq!(
        error_of(
            "key",
            &edited("    Thing: ", "    Thing: {type: string}\n    Thing: ")
        ),
        "openapi/api.yaml#/components/schemas/Thing: the key \"Thing\" occurs twice; remove one of the two keys, because only one is read"
    );
}

#[test]
fn properties_with_one_rust_name_are_refused() {
    assert_eq!(
        error_of(
            "properties",
            &edited(
                "{name: {type: string}}",
                "{userId: {type: string}, user_id: {type: string}}"
            )
        ),
        "openapi/api.yaml#/components/schemas/Thing/properties/user_id: the properties userId and user_id have the same Rust name: user_id; use different names, because one of the two would be lost"
    );
}

#[test]
fn parameters_with_one_rust_name_are_refused() {
    let parameters = "operationId: makeThing\n      parameters: [{name: X-Id, in: header, schema: {type: string}}, {name: xId, in: query, schema: {type: string}}]";
    let message = error_of("parameters", &edited("operationId: makeThing", parameters));
    assert!(message.contains("#/paths/~1things/post/parameters/1/name: the parameter xId has the same Rust name as the parameter X-Id"), "{message}");
}

#[test]
fn a_node_of_the_wrong_kind_is_refused() {
    assert_eq!(
        error_of(
            "kind",
            &edited(
                "operationId: makeThing",
                "operationId: makeThing\n      parameters: [5]"
            )
        ),
        "openapi/api.yaml#/paths/~1things/post/parameters/0: not a mapping; write named members"
    );
    assert_eq!(
        error_of(
            "items",
            &edited("{name: {type: string}}", "{name: {type: array, items: 5}}")
        ),
        "openapi/api.yaml#/components/schemas/Thing/properties/name/items: not a mapping; write named members"
    );
}

#[test]
fn a_binary_file_is_refused() {
    let folder = folder("binary", &[]);
    fs::write(folder.join("api.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    let message = crate::build::build_file(&folder, "api.yaml")
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("api.yaml: the file cannot be read: "),
        "{message}"
    );
}

#[test]
fn two_files_with_one_module_name_are_refused() {
    let folder = folder("module", &[("my-api.yaml", VALID), ("my_api.json", "{}")]);
    let message: Vec<String> = crate::build::build_all(&folder, &folder)
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect();
    assert!(
        message[0].contains("my_api.json: another file has the module name my_api too"),
        "{message:?}"
    );
}

#[test]
fn an_overlay_without_its_document_is_refused() {
    let folder = folder(
        "overlay",
        &[("api.yaml", VALID), ("apis.overlay.yaml", "{}")],
    );
    let errors: Vec<String> = crate::build::build_all(&folder, &folder)
        .into_iter()
        .filter_map(Result::err)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors.len(), 1, "{errors:?}");
    let message = "apis.overlay.yaml: no document has the module name apis; name the overlay";
    assert!(errors[0].contains(message), "{errors:?}");
}

#[test]
fn an_invalid_overlay_is_refused() {
    let overlay = "{overlay: 1.0.0, actions: [{target: $.info, remove: true}]}";
    let folder = folder(
        "overlay-action",
        &[("api.yaml", VALID), ("api.overlay.yaml", overlay)],
    );
    let error = crate::build::build_file(&folder, "api.yaml").unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with("api.overlay.yaml#/actions/0: an action without a reason"),
        "{message}"
    );
}

#[test]
fn a_reference_that_is_not_text_is_refused() {
    for reference in ["5", "", "[a]"] {
        let schema = "{name: {type: string}}";
        let document = edited(schema, &format!("{{name: {{$ref: {reference}}}}}"));
        assert_eq!(
            error_of("reference-kind", &document),
            "openapi/api.yaml#/components/schemas/Thing/properties/name/$ref: `$ref` is not text; write the place of the part, such as '#/components/schemas/A'"
        );
    }
}

#[test]
fn the_part_on_which_the_generator_fails_is_named() {
    let parameter = |parameter: &str| {
        format!("operationId: makeThing\n      parameters: [{{name: a, {parameter}}}]")
    };
    let signs = parameter("in: query, schema: {type: string, enum: ['<', '>']}");
    let cookie = parameter("in: cookie, schema: {type: string}");
    for (old, new, wanted) in [
        (
            "operationId: makeThing",
            signs.as_str(),
            "openapi/api.yaml#/components/schemas/A: the generator cannot take this document: Failed to make unique variant names",
        ),
        (
            "operationId: makeThing",
            &cookie,
            "openapi/api.yaml#/paths/~1things/post: the generator cannot take this document: unexpected or unhandled format in the OpenAPI document cookie parameters",
        ),
        (
            "/things:",
            "/things/{a:",
            "openapi/api.yaml#/paths/~1things~1{a/post: the generator cannot take this document: invalid operation path",
        ),
    ] {
        let message = error_of("generator", &edited(old, new));
        assert!(message.starts_with(wanted), "{message}");
    }
}

#[test]
fn a_method_that_is_not_generated_is_refused() {
    for method in ["options", "trace"] {
        let message = error_of("method", &edited("post:", &format!("{method}:")));
        assert_eq!(
            message,
            format!(
                "openapi/api.yaml#/paths/~1things/{method}: the method {} cannot be generated; leave the operation out with an action of the overlay",
                method.to_uppercase()
            )
        );
    }
}
