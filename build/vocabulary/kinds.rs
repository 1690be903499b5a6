//! The kinds of objects that OpenAPI 3.0 and 3.1 define, and the keys of each.

use Holds::{Callbacks, List, Map, One, Paths, Responses, Type};

/// A kind of object that OpenAPI defines.
pub(super) struct Kind {
    /// The name in a message, with its article.
    pub(super) name: &'static str,
    /// Keys with prose, numbers, data, or a value that a pass checks, separated by spaces like the
    /// lists below.
    pub(super) plain: &'static str,
    pub(super) keys: &'static [(&'static str, Holds)],
    /// Plain keys of OpenAPI 3.1 alone. A document of 3.0 would lose them.
    pub(super) since_3_1: &'static str,
    /// Keys that official documents have here by mistake, and that do not affect the shape.
    pub(super) mistakes: &'static str,
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
    plain: &'static str,
    keys: &'static [(&'static str, Holds)],
) -> Kind {
    Kind {
        name,
        plain,
        keys,
        since_3_1: "",
        mistakes: "",
    }
}

pub(super) static DOCUMENT: Kind = kind(
    "an OpenAPI document",
    "openapi jsonSchemaDialect security tags externalDocs",
    &[
        ("info", One(&INFO)),
        ("servers", List(&SERVER)),
        ("paths", Paths),
        ("webhooks", Map(&PATH_ITEM)),
        ("components", One(&COMPONENTS)),
    ],
);

static INFO: Kind = Kind {
    mistakes: "servers tags",
    ..kind(
        "`info`",
        "title summary description termsOfService contact license version",
        &[],
    )
};

static SERVER: Kind = kind("a server", "url description variables", &[]);

static COMPONENTS: Kind = kind(
    "`components`",
    "securitySchemes examples links",
    &[
        ("schemas", Map(&SCHEMA)),
        ("responses", Map(&RESPONSE)),
        ("parameters", Map(&PARAMETER)),
        ("requestBodies", Map(&REQUEST_BODY)),
        ("headers", Map(&HEADER)),
        ("callbacks", Callbacks),
        ("pathItems", Map(&PATH_ITEM)),
    ],
);

pub(super) static PATH_ITEM: Kind = kind(
    "a path item",
    "$ref summary description",
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
    "tags summary description externalDocs operationId deprecated security",
    &[
        ("parameters", List(&PARAMETER)),
        ("requestBody", One(&REQUEST_BODY)),
        ("responses", Responses),
        ("callbacks", Callbacks),
        ("servers", List(&SERVER)),
    ],
);

static PARAMETER: Kind = Kind {
    // The limits of parameters are not enforced.
    mistakes: "pattern",
    ..kind(
        "a parameter",
        "$ref summary name in description required deprecated allowEmptyValue style explode \
            allowReserved example examples",
        &[("schema", One(&SCHEMA)), ("content", Map(&MEDIA_TYPE))],
    )
};

static HEADER: Kind = kind(
    "a header",
    "$ref summary description required deprecated allowEmptyValue style explode allowReserved \
        example examples",
    &[("schema", One(&SCHEMA)), ("content", Map(&MEDIA_TYPE))],
);

static REQUEST_BODY: Kind = kind(
    "a request body",
    "$ref summary description required",
    &[("content", Map(&MEDIA_TYPE))],
);

pub(super) static RESPONSE: Kind = kind(
    "a response",
    "$ref summary description",
    &[("headers", Map(&HEADER)), ("content", Map(&MEDIA_TYPE))],
);

static MEDIA_TYPE: Kind = kind(
    "a media type",
    "example examples encoding",
    &[("schema", One(&SCHEMA))],
);

pub(super) static SCHEMA: Kind = Kind {
    // The pass downgrade-3-1 translates these or refuses them.
    since_3_1: "$defs $dynamicAnchor $dynamicRef $recursiveAnchor $recursiveRef const contains \
        contentEncoding contentMediaType contentSchema dependencies dependentRequired \
        dependentSchemas else if maxContains minContains patternProperties prefixItems \
        propertyNames then unevaluatedItems unevaluatedProperties",
    mistakes: "escription",
    ..kind(
        "a schema",
        "$anchor $comment $id $ref $schema $vocabulary default deprecated description \
            discriminator enum example examples exclusiveMaximum exclusiveMinimum externalDocs \
            format maxItems maxLength maxProperties maximum minItems minLength minProperties minimum \
            multipleOf nullable pattern readOnly required summary title uniqueItems writeOnly xml",
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
