//! Forms that the ePayment, Webhooks and Userinfo documents contain, each in a small document.

use crate::surface::surface;

/// Builds a document with these members besides `openapi` and `info`.
fn build(members: &str) -> crate::build::Api {
    build_api("api", members)
}

/// Builds a document of this API, with the overlay of the API.
fn build_api(api: &str, members: &str) -> crate::build::Api {
    let text = format!("openapi: 3.0.0\ninfo: {{title: A, version: '1'}}\n{members}");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi");
    let read = crate::build::load::from_folder(&folder);
    crate::build::build_text(&text, api, &read).unwrap_or_else(|error| panic!("{error}"))
}

fn lines(members: &str) -> Vec<String> {
    lines_of_api("api", members)
}

fn lines_of_api(api: &str, members: &str) -> Vec<String> {
    let surface = surface(&build_api(api, members).rust);
    surface.lines().map(|line| line.trim().to_owned()).collect()
}

#[track_caller]
fn assert_has(lines: &[String], wanted: &[&str]) {
    for line in wanted {
        assert!(
            lines.iter().any(|l| l == line),
            "{line} is not in {lines:#?}"
        );
    }
}

#[track_caller]
fn assert_lacks(lines: &[String], word: &str) {
    assert!(
        !lines.iter().any(|l| l.contains(word)),
        "{word} is in {lines:#?}"
    );
}

#[test]
fn callbacks_become_schemas_and_no_operations() {
    let lines = lines(
        "
tags: [{name: Merchant Endpoints, description: Served by the merchant.}]
paths:
  /v1/payments:
    post:
      operationId: createPayment
      callbacks: {shipping: {/callback: {post: {
        operationId: groupsCallback,
        requestBody: {content: {application/json;charset=UTF-8: {schema: {$ref: '#/components/schemas/Address'}}}},
        responses: {'200': {$ref: '#/components/responses/Groups'}}}}}}
      responses: {'201': {description: OK}}
  /callback:
    post:
      operationId: groupsPOST
      tags: [Merchant Endpoints]
      requestBody: {content: {application/json;charset=UTF-8: {schema: {$ref: '#/components/schemas/Address'}}}}
      responses: {'200': {$ref: '#/components/responses/Groups'}}
components:
  responses:
    Groups: {description: OK, content: {application/json;charset=UTF-8: {schema: {type: object, properties: {groups: {type: array, items: {$ref: '#/components/schemas/Group'}}}}}}}
  schemas:
    Address: {type: object, properties: {Lines: {type: integer}}}
    Group: {type: object, required: [brand], properties: {brand: {type: string, enum: [A, B]}}}
",
    );
    let operations = lines.iter().filter(|line| line.contains(" -> ")).count();
    assert_eq!(operations, 1, "{lines:#?}");
    assert_has(
        &lines,
        &["struct Address", "struct Group", "groups: Vec<Group>"],
    );
    // The schemas of requests stay as strict as the document.
    assert_has(&lines, &["A | B"]);
}

#[test]
fn successes_may_have_the_media_type_of_problems() {
    let lines = lines(
        "
paths:
  /a:
    post:
      operationId: capture
      responses:
        '200': {description: OK, content: {application/problem+json: {schema: {$ref: '#/components/schemas/Captured'}}}, headers: {}}
        '400': {description: No, content: {application/problem+json: {schema: {type: object, properties: {title: {type: string}}}}}}
components: {schemas: {Captured: {type: object, properties: {sum: {type: integer}}}}}
",
    );
    assert_has(&lines, &["POST /a capture -> Captured"]);
}

/// A customer is identified in one of three ways. Without a required member, each of the three
/// schemas accepts any object.
#[test]
fn choices_of_single_members_require_their_member() {
    let lines = lines(
        "
paths:
  /a:
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {type: object, properties: {customer: {$ref: '#/components/schemas/Customer'}}}}}}
      responses: {'200': {description: OK}}
components:
  schemas:
    Customer:
      type: object
      oneOf: [{$ref: '#/components/schemas/Number'}, {$ref: '#/components/schemas/Code'}]
    Number: {type: object, properties: {seats: {type: integer}}}
    Code: {type: object, properties: {place: {type: integer}}}
",
    );
    assert_has(
        &lines,
        &["enum Customer", "Code | Number", "seats: i64", "place: i64"],
    );
}

#[test]
fn examples_with_references_are_left_out() {
    let lines = lines(
        "
paths:
  /a:
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Receipt'}, examples: {a: {value: {$ref: '#/components/examples/Line/value'}}}}}}
      responses: {'200': {description: OK}}
components:
  schemas:
    Receipt:
      type: object
      x-examples: {a: {lines: [{$ref: '#/components/examples/Line/value'}], state: [{$ref: '#/components/examples/Gone'}]}}
      properties: {state: {type: string, example: [AUTHORIZED], x-enum-varnames: [A]}}
  examples: {Line: {summary: A line, value: {name: socks}}}
",
    );
    assert_has(&lines, &["POST /a create -> ()", "state: Option<String>"]);
}

#[test]
fn a_part_at_a_url_is_refused_in_one_line() {
    let text = "
openapi: 3.0.0
info: {title: A, version: '1'}
paths: {}
components: {schemas: {Ask: {type: object, properties: {receipt: {$ref: 'https://example.com/2.3.17/swagger.yaml#/components/schemas/Receipt'}}}}}
";
    let error = crate::build::build_text(text, "api", &|_| None).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("#/components/schemas/Ask/properties/receipt"),
        "{error}"
    );
    assert!(
        error.contains("to https://example.com/2.3.17/swagger.yaml"),
        "{error}"
    );
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn headers_of_the_client_become_no_parameters() {
    let api = build(
        "
security: [{Bearer: []}]
paths:
  /a/{Reference}/capture:
    parameters:
      - {name: Reference, in: path, required: true, schema: {type: string, minLength: 8}}
      - {name: Idempotency-Key, in: header, required: true, schema: {type: string, maxLength: 50}}
      - {name: Ocp-Apim-Subscription-Key, in: header, style: simple, schema: {type: string}}
      - {name: Merchant-Serial-Number, in: header, required: true, schema: {type: string}}
      - {name: Vipps-System-Plugin-Version, in: header, schema: {type: string, maxLength: 30}}
    post: {operationId: capture, responses: {'200': {description: OK}}}
components: {securitySchemes: {Bearer: {type: apiKey, in: header, name: Authorization}}}
",
    );
    let surface = surface(&api.rust);
    assert_eq!(
        surface.trim_end(),
        "POST /a/{}/capture capture -> ()\n    reference: PathSegment",
    );
    let header = r#"idempotency_header: Some("idempotency-key")"#;
    assert!(api.tables.contains(header), "{}", api.tables);
}

#[test]
fn operations_of_webhooks_have_names() {
    for (server, prefix) in [
        ("https://example.com/webhooks", ""),
        ("https://example.com", "/webhooks"),
    ] {
        let members = format!(
            "
servers: [{{url: '{server}'}}]
paths:
  {prefix}/v1/webhooks:
    get: {{responses: {{'200': {{description: OK}}}}}}
    post: {{responses: {{'201': {{description: OK}}}}}}
  {prefix}/v1/webhooks/{{id}}:
    delete: {{parameters: [{{name: id, in: path, required: true, schema: {{type: string, format: uuid}}}}], responses: {{'204': {{description: OK}}}}}}
",
        );
        let lines = lines_of_api("webhooks", &members);
        assert_has(
            &lines,
            &[
                "GET /webhooks/v1/webhooks list_webhooks -> ()",
                "POST /webhooks/v1/webhooks register_webhook -> ()",
                "DELETE /webhooks/v1/webhooks/{} delete_webhook -> ()",
                "id: PathSegment",
            ],
        );
    }
}

/// Builds a document of this API with these schemas. A response contains `Userinfo`.
fn response_lines(api: &str, schemas: &str) -> Vec<String> {
    let members = format!(
        "
paths: {{/a: {{get: {{operationId: read, responses: {{'200': {{description: OK, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Userinfo'}}}}}}}}}}}}}}}}
components: {{schemas: {{{schemas}}}}}
"
    );
    lines_of_api(api, &members)
}

/// eCom's shipping cost is kroner with decimals, and ePayment's is minor units.
#[test]
fn shipping_costs_of_epayment_are_minor_units() {
    let schemas = "Userinfo: {properties: {shippingCost: {$ref: '#/components/schemas/ShippingCost'}}}, ShippingCost: {type: integer}";
    let cost = |api| response_lines(api, schemas);
    assert_has(
        &cost("epayment"),
        &[
            "shippingCost: Option<ShippingCost>",
            "struct ShippingCost",
            "i64",
        ],
    );
    assert_has(&cost("ecom"), &["shippingCost: Option<Kroner>"]);
    assert_lacks(&cost("ecom"), "i64");
}

#[test]
fn a_mark_of_an_overlay_hides_a_member_in_its_api_alone() {
    let schemas = "Userinfo: {properties: {redirectUrl: {type: string}, name: {type: string}, url: {type: string}}}";
    let (hidden, shown) = ("Option<Sensitive>", "Option<String>");
    for (api, redirect_url, name, url) in [
        ("api", shown, shown, hidden),
        ("epayment", hidden, shown, hidden),
        ("qr", shown, shown, hidden),
        ("userinfo", shown, hidden, hidden),
    ] {
        let members = [("redirectUrl", redirect_url), ("name", name), ("url", url)];
        let members = members.map(|(member, kind)| format!("{member}: {kind}"));
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        assert_has(&response_lines(api, schemas), &members);
    }
    let image = "Userinfo: {$ref: '#/components/schemas/OneTimePaymentQrResponse'}, OneTimePaymentQrResponse: {properties: {url: {type: string}}}";
    for (api, url) in [("api", hidden), ("qr", shown)] {
        assert_has(&response_lines(api, image), &[&format!("url: {url}")]);
    }
}

#[test]
fn secrets_and_personal_data_are_hidden_in_any_document() {
    let members = [
        "personalQr",
        "customerToken",
        "callbackAuthorizationToken",
        "secret",
        "phoneNumber",
        "mobileNumber",
        "email",
        "firstName",
        "given_name",
        "dateOfBirth",
        "birthdate",
        "nin",
        "sub",
        "addressLine1",
        "PostCode",
        "street_address",
        "formatted",
        "region",
        "account_name",
        "account_number",
        "bank_name",
        "sid",
        "cardBin",
        "passengerName",
        "token",
    ];
    let properties: Vec<String> = members
        .map(|member| format!("{member}: {{type: string}}"))
        .into();
    let properties = properties.join(", ");
    let lines = lines(&format!(
        "paths: {{}}\ncomponents: {{schemas: {{Hidden: {{type: object, properties: {{{properties}}}}}}}}}"
    ));
    assert_lacks(&lines, "String");
}

/// The server returns only the members of the requested scopes. Members that the document requires
/// may be missing.
#[test]
fn user_details_are_optional_plain_texts() {
    let lines = lines(
        "
paths: {/a: {get: {operationId: read, responses: {'200': {description: OK, content: {application/json;charset=UTF-8: {schema: {$ref: '#/components/schemas/User'}}}}}}}}
components:
  schemas:
    User:
      type: object
      additionalProperties: false
      required: [country, website, phone, paymentAction]
      properties:
        country: {type: string, format: '^[A-Z]{2}$'}
        website: {type: string, format: uri}
        id: {type: string, format: uuid}
        state: {type: string, enum: [CREATED], default: CREATED}
        address: {description: The default one., $ref: '#/components/schemas/Address'}
    Address: {type: object, properties: {lines: {type: integer}}}
",
    );
    assert_has(
        &lines,
        &[
            "GET /a read -> User",
            "country: Option<String>",
            "website: Option<String>",
            "id: Option<String>",
            "state: Option<String>",
            "address: Option<Address>",
        ],
    );
}

/// No operation refers to the body of a webhook. The merchant receives it nevertheless.
#[test]
fn schemas_without_an_operation_are_generated() {
    let lines = lines(
        "
paths: {}
components: {schemas: {WebhookEvent: {type: object, required: [success], properties: {success: {type: boolean}, timestamp: {type: string, format: date-time}}}}}
",
    );
    assert_has(
        &lines,
        &[
            "struct WebhookEvent",
            "success: Option<bool>",
            "timestamp: Option<String>",
        ],
    );
}

/// Values with spaces and hyphens, and an enumeration that may be null.
#[test]
fn values_with_spaces_are_different_variants() {
    let lines = lines(
        "
paths:
  /a:
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Barcode'}}}}
      responses: {'200': {description: OK}}
components: {schemas: {Barcode: {type: object, required: [format], properties: {format: {type: string, title: BarcodeFormatEnum, enum: [EAN-13, CODE 39, CODE 128], nullable: true}}}}}
",
    );
    assert_has(
        &lines,
        &[
            "CODE 128 | CODE 39 | EAN-13",
            "format: Option<BarcodeFormat>",
        ],
    );
}

#[test]
fn a_document_without_a_version_is_generated() {
    let text = "openapi: 3.0.1\ninfo: {title: A}\npaths: {/a: {get: {responses: {'200': {description: OK}}}}}\n";
    let api = crate::build::build_text(text, "api", &|_| None).unwrap();
    assert!(api.rust.contains("fn get_a"), "{}", api.rust);
}

/// A body that is not marked as required is a parameter all the same. A default is not sent for a
/// member that the caller leaves out, and a required member that may be null stays optional.
#[test]
fn requests_ignore_defaults_and_a_missing_required() {
    let lines = lines(
        "
paths:
  /a:
    post:
      operationId: create
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Ask'}}}}
      responses: {'200': {description: OK}}
components:
  schemas:
    Ask:
      type: object
      required: [type, unitPrice]
      properties:
        type: {type: string, enum: [WALLET, CARD], default: WALLET}
        unit: {type: string, enum: [PCS, KG], default: PCS}
        unitPrice: {type: integer, nullable: true}
        airlineCode: {type: string, format: 'IATA 3-digit accounting code'}
        expiresAt: {type: string, nullable: true, pattern: '^x', format: date-time}
",
    );
    assert_has(
        &lines,
        &[
            "POST /a create -> ()",
            "body: Ask",
            "type: AskType",
            "unit: Option<AskUnit>",
            "unitPrice: Option<i64>",
            "airlineCode: Option<String>",
            "expiresAt: Option<String>",
        ],
    );
}

/// Two of the defects in the history of the ePayment document.
#[test]
fn broken_yaml_of_old_documents_is_refused_in_one_line() {
    for text in [
        "openapi: 3.0.0\ninfo:\n  title: A\n  description: `reference` is new\n  version: '1'\npaths: {}\n",
        "openapi: 3.0.0\ninfo:\n  title: A\n description: B\n   version: '1'\npaths: {}\n",
    ] {
        let error = crate::build::build_text(text, "epayment", &|_| None).unwrap_err();
        let error = error.to_string();
        assert!(!error.contains('\n') && error.contains("line"), "{error}");
    }
}

/// The patterns, formats and examples of a profile contradict real responses.
#[test]
fn profile_texts_have_no_pattern_or_format() {
    let lines = response_lines(
        "userinfo",
        r"Userinfo: {required: [sub], properties: {phone_number: {type: string, pattern: '^\d{15}$', example: 4712345678}, country: {type: string, format: '^[A-Z]{2}$'}, nin: {type: string, pattern: '^\d{11}$'}, account: {type: string, example: 12345}, sub: {type: string}}}",
    );
    assert_has(
        &lines,
        &[
            "phone_number: Option<Sensitive>",
            "country: Option<String>",
            "nin: Option<Sensitive>",
            "account: Option<String>",
            "sub: Option<Sensitive>",
        ],
    );
}

/// The two operations differ in a parameter alone, and the header is an ordinary parameter.
#[test]
fn paths_that_differ_in_a_parameter_are_two_operations() {
    let lines = lines_of_api(
        "userinfo",
        "
paths:
  /userinfo/{sub}:
    get:
      operationId: getUserinfo
      parameters:
        - {name: Authorization, in: header, required: true, schema: {type: string}}
        - {name: sub, in: path, required: true, schema: {type: string}}
      responses: {'200': {description: OK, content: {application/json;charset=UTF-8: {schema: {$ref: '#/components/schemas/Profile'}}}}}
  /userinfo/:
    get:
      operationId: userinfoAuthorizationCode
      parameters: [{name: Authorization, in: header, required: true, schema: {type: string}}]
      responses: {'200': {description: OK}}
components: {schemas: {Profile: {properties: {age: {type: integer}}}}}
",
    );
    assert_has(
        &lines,
        &[
            "GET /userinfo/{} get_userinfo -> Profile",
            "sub: PathSegment",
            "GET /userinfo userinfo_authorization_code -> ()",
        ],
    );
    assert_lacks(&lines, "authorization:");
}
