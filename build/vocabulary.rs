//! The check that a document uses no key and no type that OpenAPI does not define.
//!
//! The passes and the generator read the keys that they look for. A misspelled key would be read as absent, and its
//! content be lost without a word.

use serde_json::Value;

use super::document::{Document, escape, text};
use super::passes::meant_type;
use super::refusal::Refusal;
use Holds::{Callbacks, List, Map, One, Paths, Responses, Type};

pub(crate) const NAME: &str = "check-vocabulary";
pub(crate) const WHY: &str = "a misspelled key would be read as absent; a few mistakes of official documents are let pass, since they say nothing about the shape";

/// A kind of object that OpenAPI defines.
struct Kind {
    /// The name in a message, with its article.
    name: &'static str,
    /// Keys with prose, numbers, data, or a value that a pass checks.
    plain: &'static [&'static str],
    keys: &'static [(&'static str, Holds)],
    /// Plain keys of OpenAPI 3.1 alone. A document of 3.0 would lose them.
    since_3_1: &'static [&'static str],
    /// Keys that official documents have here by mistake, and that say nothing about the shape.
    mistakes: &'static [&'static str],
}

/// The value of a key.
#[derive(Clone, Copy)]
enum Holds {
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
    }
}

static DOCUMENT: Kind = kind(
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

static PATH_ITEM: Kind = kind(
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

static PARAMETER: Kind = kind(
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
        // The pass repair-parameters moves the rest into the schema.
        "format",
        "pattern",
        "enum",
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
    ],
    &[
        ("schema", One(&SCHEMA)),
        ("examples", Map(&EXAMPLE)),
        ("content", Map(&MEDIA_TYPE)),
        ("type", Type),
        ("items", One(&SCHEMA)),
    ],
);

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

static RESPONSE: Kind = kind(
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

/// Refuses the first key or type that OpenAPI does not define, and a map or list that is neither.
pub(crate) fn check(document: &mut Document) -> Result<(), Refusal> {
    let mut checker = Checker {
        is_3_1: text(&document.root, "openapi").is_some_and(|v| v.trim().starts_with("3.1")),
        mistakes: Vec::new(),
    };
    checker.object(&document.root, "", &DOCUMENT)?;
    document.pass = NAME;
    for (pointer, key) in checker.mistakes {
        document.note(
            pointer,
            format!("`{key}` does not belong here and is not read"),
        );
    }
    Ok(())
}

struct Checker {
    is_3_1: bool,
    /// Pointer and key of each.
    mistakes: Vec<(String, String)>,
}

impl Checker {
    /// Checks the keys of an object. Other steps check that it is one.
    fn object(&mut self, value: &Value, pointer: &str, kind: &'static Kind) -> Result<(), Refusal> {
        for (key, value) in value.as_object().into_iter().flatten() {
            let is_in = |keys: &[&str]| keys.contains(&key.as_str());
            let held = kind.keys.iter().find(|(name, _)| name == key);
            let new = is_in(kind.since_3_1);
            if let Some((_, holds)) = held {
                self.value(value, &format!("{pointer}/{}", escape(key)), *holds)?;
            } else if is_in(kind.mistakes) {
                self.mistakes.push((pointer.to_owned(), key.clone()));
            } else if new && !self.is_3_1 {
                let what = format!("a key of {} in OpenAPI 3.0", kind.name);
                return Err(unknown(pointer, key, &what));
            } else if !new && !is_in(kind.plain) && !is_extension(key) {
                return Err(unknown(pointer, key, &format!("a key of {}", kind.name)));
            }
        }
        Ok(())
    }

    fn value(&mut self, value: &Value, pointer: &str, holds: Holds) -> Result<(), Refusal> {
        if value.is_null() {
            return Ok(());
        }
        match holds {
            Type => self.types(value, pointer),
            One(kind) => self.object(value, pointer, kind),
            List(kind) => {
                let Value::Array(list) = value else {
                    let advice = "OpenAPI has a list here";
                    return Err(Refusal::unreadable(pointer, "not a list", advice));
                };
                list.iter().enumerate().try_for_each(|(index, entry)| {
                    self.object(entry, &format!("{pointer}/{index}"), kind)
                })
            }
            Map(kind) => self.entries(value, pointer, One(kind), |_| true),
            Callbacks => self.entries(value, pointer, Paths, |_| true),
            Paths => {
                let is_path = |name: &str| !is_extension(name);
                self.entries(value, pointer, One(&PATH_ITEM), is_path)
            }
            Responses => {
                let codes = value.as_object().into_iter().flatten();
                let odd = codes
                    .map(|(code, _)| code)
                    .find(|code| !is_status(code) && !is_extension(code));
                if let Some(code) = odd {
                    return Err(unknown(pointer, code, "a status code"));
                }
                self.entries(value, pointer, One(&RESPONSE), is_status)
            }
        }
    }

    /// Checks the values below the names that are `wanted`.
    fn entries(
        &mut self,
        value: &Value,
        pointer: &str,
        holds: Holds,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(), Refusal> {
        let Value::Object(map) = value else {
            let advice = "OpenAPI has named members here";
            return Err(Refusal::unreadable(pointer, "not a mapping", advice));
        };
        map.iter()
            .filter(|(name, _)| wanted(name))
            .try_for_each(|(name, entry)| {
                self.value(entry, &format!("{pointer}/{}", escape(name)), holds)
            })
    }

    /// Names from elsewhere, such as `int`, are known too: the pass repair-types translates them.
    fn types(&self, value: &Value, pointer: &str) -> Result<(), Refusal> {
        let is_known = |name: &Value| match name.as_str() {
            Some("null") => self.is_3_1,
            Some(name) => meant_type(name).is_some(),
            None => false,
        };
        let names = match value {
            Value::Array(names) if self.is_3_1 => names.as_slice(),
            name => std::slice::from_ref(name),
        };
        match names.iter().find(|name| !is_known(name)) {
            Some(name) => Err(Refusal::unreadable(
                pointer,
                format!("{name} is not a type"),
                "write string, integer, number, boolean, array or object",
            )),
            None => Ok(()),
        }
    }
}

fn unknown(pointer: &str, key: &str, what: &str) -> Refusal {
    Refusal::unreadable(
        pointer,
        format!("`{key}` is not {what}"),
        "correct its spelling or its place; the name of an extension begins with `x-`",
    )
}

fn is_extension(key: &str) -> bool {
    key.starts_with("x-")
}

/// `default`, `404` or `4XX`.
fn is_status(code: &str) -> bool {
    code == "default"
        || matches!(code.as_bytes(), [b'1'..=b'5', rest @ ..]
            if rest.len() == 2 && (rest.iter().all(u8::is_ascii_digit) || rest.eq_ignore_ascii_case(b"xx")))
}
