//! The kinds of objects that OpenAPI 3.0 and 3.1 define, and the keys of each.

use super::super::passes::PARAMETER_SCHEMA_KEYWORDS;
use Holds::{Callbacks, List, Map, One, Paths, Responses, Type};

/// A kind of object that OpenAPI defines.
pub(super) struct Kind {
    /// The name in a message, with its article.
    pub(super) name: &'static str,
    /// Keys with prose, numbers, data, or a value that a pass checks.
    pub(super) plain: &'static [&'static str],
    pub(super) keys: &'static [(&'static str, Holds)],
    /// Plain keys of OpenAPI 3.1 alone. A document of 3.0 would lose them.
    pub(super) since_3_1: &'static [&'static str],
    /// Keys that official documents have here by mistake, and that do not affect the shape.
    pub(super) mistakes: &'static [&'static str],
    /// Further plain keys that OpenAPI does not define here. A repair pass moves them to their
    /// place.
    pub(super) misplaced: &'static [&'static str],
}

/// The value of a key.
#[derive(Clone, Copy)]
pub(super) enum Holds {
    /// The name of a type, or in OpenAPI 3.1 a list of names.
    Type,
    One(&'static Kind),
    List(&'static Kind),
    /// Names that the document chooses, each with an object.
    Map(&'static Kind),
    /// Paths or expressions, each with a path item, and extensions.
    Paths,
    /// Names that the document chooses, each with `Paths`.
    Callbacks,
    /// Status codes, each with a response, and extensions.
    Responses,
}

const fn kind(
    name: &'static str,
    plain: &'static [&'static str],
    keys: &'static [(&'static str, Holds)],
) -> Kind {
    Kind {
        name,
        plain,
        keys,
        since_3_1: &[],
        mistakes: &[],
        misplaced: &[],
    }
}

pub(super) static DOCUMENT: Kind = kind(
    "an OpenAPI document",
    &["openapi", "jsonSchemaDialect", "security"],
    &[
        ("info", One(&INFO)),
        ("servers", List(&SERVER)),
        ("paths", Paths),
        ("webhooks", Map(&PATH_ITEM)),
        ("components", One(&COMPONENTS)),
        ("tags", List(&TAG)),
        ("externalDocs", One(&EXTERNAL_DOCS)),
    ],
);

static INFO: Kind = Kind {
    mistakes: &["servers", "tags"],
    ..kind(
        "`info`",
        &[
            "title",
            "summary",
            "description",
            "termsOfService",
            "contact",
            "license",
            "version",
        ],
        &[],
    )
};

static SERVER: Kind = kind("a server", &["url", "description", "variables"], &[]);

static TAG: Kind = kind(
    "a tag",
    &["name", "description"],
    &[("externalDocs", One(&EXTERNAL_DOCS))],
);

static EXTERNAL_DOCS: Kind = kind("external documentation", &["url", "description"], &[]);

static COMPONENTS: Kind = kind(
    "`components`",
    &["securitySchemes"],
    &[
        ("schemas", Map(&SCHEMA)),
        ("responses", Map(&RESPONSE)),
        ("parameters", Map(&PARAMETER)),
        ("examples", Map(&EXAMPLE)),
        ("requestBodies", Map(&REQUEST_BODY)),
        ("headers", Map(&HEADER)),
        ("links", Map(&LINK)),
        ("callbacks", Callbacks),
        ("pathItems", Map(&PATH_ITEM)),
    ],
);

pub(super) static PATH_ITEM: Kind = kind(
    "a path item",
    &["$ref", "summary", "description"],
    &[
        ("get", One(&OPERATION)),
        ("put", One(&OPERATION)),
        ("post", One(&OPERATION)),
        ("delete", One(&OPERATION)),
        ("options", One(&OPERATION)),
        ("head", One(&OPERATION)),
        ("patch", One(&OPERATION)),
        ("trace", One(&OPERATION)),
        ("servers", List(&SERVER)),
        ("parameters", List(&PARAMETER)),
    ],
);

static OPERATION: Kind = kind(
    "an operation",
    &[
        "tags",
        "summary",
        "description",
        "operationId",
        "deprecated",
        "security",
    ],
    &[
        ("externalDocs", One(&EXTERNAL_DOCS)),
        ("parameters", List(&PARAMETER)),
        ("requestBody", One(&REQUEST_BODY)),
        ("responses", Responses),
        ("callbacks", Callbacks),
        ("servers", List(&SERVER)),
    ],
);

static PARAMETER: Kind = Kind {
    misplaced: PARAMETER_SCHEMA_KEYWORDS,
    ..kind(
        "a parameter",
        &[
            "$ref",
            "summary",
            "name",
            "in",
            "description",
            "required",
            "deprecated",
            "allowEmptyValue",
            "style",
            "explode",
            "allowReserved",
            "example",
        ],
        &[
            ("schema", One(&SCHEMA)),
            ("examples", Map(&EXAMPLE)),
            ("content", Map(&MEDIA_TYPE)),
            ("type", Type),
            ("items", One(&SCHEMA)),
        ],
    )
};

static HEADER: Kind = kind(
    "a header",
    &[
        "$ref",
        "summary",
        "description",
        "required",
        "deprecated",
        "allowEmptyValue",
        "style",
        "explode",
        "allowReserved",
        "example",
    ],
    &[
        ("schema", One(&SCHEMA)),
        ("examples", Map(&EXAMPLE)),
        ("content", Map(&MEDIA_TYPE)),
    ],
);

static REQUEST_BODY: Kind = kind(
    "a request body",
    &["$ref", "summary", "description", "required"],
    &[("content", Map(&MEDIA_TYPE))],
);

pub(super) static RESPONSE: Kind = kind(
    "a response",
    &["$ref", "summary", "description"],
    &[
        ("headers", Map(&HEADER)),
        ("content", Map(&MEDIA_TYPE)),
        ("links", Map(&LINK)),
    ],
);

static MEDIA_TYPE: Kind = kind(
    "a media type",
    &["example", "encoding"],
    &[("schema", One(&SCHEMA)), ("examples", Map(&EXAMPLE))],
);

static EXAMPLE: Kind = kind(
    "an example",
    &["$ref", "summary", "description", "value", "externalValue"],
    &[],
);

static LINK: Kind = kind(
    "a link",
    &[
        "$ref",
        "summary",
        "description",
        "operationRef",
        "operationId",
        "parameters",
        "requestBody",
        "server",
    ],
    &[],
);

static SCHEMA: Kind = Kind {
    // The pass downgrade-3-1 translates these or refuses them.
    since_3_1: &[
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$recursiveAnchor",
        "$recursiveRef",
        "const",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "dependencies",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "maxContains",
        "minContains",
        "patternProperties",
        "prefixItems",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    ],
    mistakes: &["escription"],
    ..kind(
        "a schema",
        &[
            "$anchor",
            "$comment",
            "$id",
            "$ref",
            "$schema",
            "$vocabulary",
            "default",
            "deprecated",
            "description",
            "discriminator",
            "enum",
            "example",
            "examples",
            "exclusiveMaximum",
            "exclusiveMinimum",
            "externalDocs",
            "format",
            "maxItems",
            "maxLength",
            "maxProperties",
            "maximum",
            "minItems",
            "minLength",
            "minProperties",
            "minimum",
            "multipleOf",
            "nullable",
            "pattern",
            "readOnly",
            "required",
            "summary",
            "title",
            "uniqueItems",
            "writeOnly",
            "xml",
        ],
        &[
            ("type", Type),
            ("properties", Map(&SCHEMA)),
            ("additionalProperties", One(&SCHEMA)),
            ("items", One(&SCHEMA)),
            ("not", One(&SCHEMA)),
            ("allOf", List(&SCHEMA)),
            ("oneOf", List(&SCHEMA)),
            ("anyOf", List(&SCHEMA)),
        ],
    )
};
