//! Fragments before and after the resolution of their references.

use super::super::passes::testing;
use super::*;

/// Resolves a document with this file beside it, `more.yaml`.
fn resolved(document: &str, more: &str) -> Result<Document, Error> {
    let mut document = testing::document(document);
    let read = |name: &str| (name == "more.yaml").then(|| more.to_owned());
    resolve(&mut document, &read).map(|()| document)
}

#[track_caller]
fn becomes(before: &str, more: &str, after: &str) -> Document {
    let document = resolved(before, more).unwrap();
    assert_eq!(
        document.root,
        testing::document(after).root,
        "{:#}",
        document.root
    );
    document
}

#[test]
fn parameters_bodies_and_responses_are_copied() {
    becomes(
        "
        paths:
          /a/{id}:
            parameters: [{$ref: '#/components/parameters/Id'}, {name: x, in: query}]
            get:
              parameters: [{name: x, in: query, required: true}]
              requestBody: {$ref: '#/components/requestBodies/B'}
              responses: {'400': {$ref: '#/components/responses/Bad'}}
        components:
          parameters: {Id: {$ref: '#/components/parameters/RealId'}, RealId: {name: id, in: path}}
          requestBodies: {B: {content: {}}}
          responses: {Bad: {description: no, headers: {H: {$ref: '#/components/headers/H'}}}}
          headers: {H: {schema: {type: string}}}
        ",
        "",
        "
        paths:
          /a/{id}:
            get:
              parameters: [{name: id, in: path}, {name: x, in: query, required: true}]
              requestBody: {content: {}}
              responses: {'400': {description: no, headers: {H: {schema: {type: string}}}}}
        components: {}
        ",
    );
}

#[test]
fn callbacks_and_webhooks_are_copied_with_their_parts() {
    becomes(
        "
        paths: {/a: {post: {callbacks: {c: {$ref: '#/components/callbacks/C'}}}}}
        webhooks: {w: {post: {requestBody: {$ref: 'more.yaml#/body'}}}}
        components: {callbacks: {C: {'{$url}': {post: {requestBody: {$ref: 'more.yaml#/body'}}}}}}
        ",
        "body: {content: {a/b: {schema: {$ref: '#/part'}}}}\npart: {type: string}",
        "
        paths: {/a: {post: {callbacks: {c: {'{$url}': {post: {requestBody: {content: {a/b: {schema: {type: string}}}}}}}}}}}
        webhooks: {w: {post: {requestBody: {content: {a/b: {schema: {type: string}}}}}}}
        components: {}
        ",
    );
}

#[test]
fn a_part_of_a_schema_is_copied_and_siblings_are_kept() {
    becomes(
        "
        components:
          schemas:
            A: {properties: {x: {type: string, enum: [a], description: old}}}
            B: {properties: {y: {$ref: '#/components/schemas/A/properties/x', description: new}, z: {$ref: '#/definitions/A'}}}
        ",
        "",
        "
        components:
          schemas:
            A: {properties: {x: {type: string, enum: [a], description: old}}}
            B: {properties: {y: {type: string, enum: [a], description: new}, z: {$ref: '#/components/schemas/A'}}}
        ",
    );
}

#[test]
fn a_path_item_of_another_file_comes_with_its_schemas() {
    becomes(
        "paths: {/a: {$ref: './more.yaml#/paths/~1a'}}\ncomponents: {}",
        "
        paths: {/a: {get: {parameters: [{$ref: '#/components/parameters/P'}], requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/A'}}}}}}}
        components:
          parameters: {P: {name: p}}
          schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}}, B: {type: string}}
        ",
        "
        paths: {/a: {get: {parameters: [{name: p}], requestBody: {content: {a/b: {schema: {$ref: '#/components/schemas/A'}}}}}}}
        components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}, b: {$ref: '#/components/schemas/B'}}}, B: {type: string}}}
        ",
    );
}

#[test]
fn an_imported_schema_of_another_shape_gets_a_name_of_its_own() {
    becomes(
        "
        components: {schemas: {A: {type: number, minimum: 0}, B: {type: string}, C: {properties: {
            a: {$ref: 'more.yaml#/components/schemas/A', description: d}, b: {$ref: 'more.yaml#/components/schemas/B'}}}}}
        ",
        "components: {schemas: {A: {type: number, minimum: 1, description: A}, B: {type: integer}}}",
        "
        components: {schemas: {A: {type: number, minimum: 0}, B: {type: string}, C: {properties: {
            a: {$ref: '#/components/schemas/A', description: d}, b: {$ref: '#/components/schemas/BMore'}}}, BMore: {type: integer}}}
        ",
    );
}

#[test]
fn a_url_leads_to_the_file_of_its_name() {
    let document = "components: {schemas: {A: {$ref: 'https://a.example/v1/more.yaml#/components/schemas/B'}}}";
    let more = "components: {schemas: {B: {type: string}}}";
    becomes(
        document,
        more,
        "components: {schemas: {A: {$ref: '#/components/schemas/B'}, B: {type: string}}}",
    );
    let error = resolved(&document.replace("more", "gone"), "").unwrap_err();
    assert!(!error.readable, "{error}");
    assert_eq!(
        error.to_string(),
        "#/components/schemas/A: `$ref` refers to https://a.example/v1/gone.yaml, which is not beside the document; save the file there as gone.yaml; the build downloads nothing"
    );
}

#[test]
fn a_merchant_path_without_its_file_is_left_out_with_a_warning() {
    let document = becomes(
        "{paths: {/callbackPrefix/x: {$ref: 'gone.yaml#/x'}}, components: {schemas: {A: {properties: {callbackPrefix: {}}}}}}",
        "",
        "{paths: {}, components: {schemas: {A: {properties: {callbackPrefix: {}}}}}}",
    );
    assert_eq!(document.warnings.len(), 1);
}

#[test]
fn a_file_without_the_target_is_refused() {
    for (reference, more) in [
        ("gone.yaml#/x", ""),
        ("../more.yaml#/x", "x: {}"),
        ("more.yaml#/x", "y: {}"),
        ("more.yaml#/x", "x: {$ref: '#/x'}"),
    ] {
        let error = resolved(&format!("paths: {{/a: {{$ref: '{reference}'}}}}"), more).unwrap_err();
        assert_eq!(error.pointer, "/paths/~1a", "{error}");
    }
}

#[test]
fn a_missing_target_in_the_document_stays() {
    let fragment = "{paths: {/a: {get: {requestBody: {$ref: '#/x'}}}}, components: {schemas: {A: {$ref: '#/components/schemas/Gone'}}}}";
    becomes(fragment, "", fragment);
}

#[test]
fn cycles_are_refused_unless_they_go_through_components() {
    let fragment =
        "components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A'}}}}}";
    becomes(fragment, "", fragment);
    for (fragment, fault) in [
        (
            "components: {schemas: {A: {properties: {a: {$ref: '#/components/schemas/A/properties'}}}}}",
            "cycle",
        ),
        (
            "{paths: {/a: {get: {requestBody: {$ref: '#/paths/~1a/get/requestBody'}}}}}",
            "form a cycle",
        ),
    ] {
        let error = resolved(fragment, "").unwrap_err();
        assert!(error.fault.contains(fault), "{error}");
    }
}
