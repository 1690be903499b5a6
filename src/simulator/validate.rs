//! Validation of requests and responses against the vendored documents as published. The repairs
//! that the build makes for the generated client do not affect these checks, so that simulator and
//! client cannot share a mistake.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::StatusCode;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

use super::loosen;
use super::operations::{Api, Operation};
use super::routes::parameter;
use super::wire::Request;

/// The part of a request that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Required,
    Type,
    Value,
}

/// A rule of the spec that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) place: Place,
    /// The parameter's name, or the path of members, joined by dots. Empty for the whole body.
    pub(crate) field: String,
    pub(crate) rule: Rule,
    /// The reason. It never contains the value, which may be a secret.
    pub(crate) reason: String,
}

impl Violation {
    /// Returns the field, or `root` if the whole body breaks the rule.
    pub(crate) fn name<'a>(&'a self, root: &'a str) -> &'a str {
        if self.field.is_empty() {
            root
        } else {
            &self.field
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Body => "body",
        };
        write!(f, "{place} {}: {}", self.field, self.reason)
    }
}

struct Documents {
    access_token: Value,
    ecom: Value,
    qr: Value,
}

const ACCESS_TOKEN: &str = include_str!(concat!(env!("OUT_DIR"), "/access_token.vendored.json"));
const ECOM: &str = include_str!(concat!(env!("OUT_DIR"), "/ecom.vendored.json"));
const QR: &str = include_str!(concat!(env!("OUT_DIR"), "/qr.vendored.json"));

static DOCUMENTS: LazyLock<Documents> = LazyLock::new(|| Documents {
    access_token: loosen::access_token(read("access_token", ACCESS_TOKEN)),
    ecom: loosen::ecom(read("ecom", ECOM)),
    qr: loosen::qr(read("qr", QR)),
});

/// Parses a document. Panics if a document that the build made cannot be read, because every
/// operation would otherwise return 501.
#[allow(clippy::panic, reason = "a broken build, not a broken request")]
fn read(name: &str, text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(document @ Value::Object(_)) => document,
        Ok(_) => panic!("the document {name}: must be a JSON object"),
        Err(error) => panic!("the document {name}: {error}"),
    }
}

/// Reads the documents, so that an unreadable document fails when the simulator is created.
pub(crate) fn read_documents() {
    LazyLock::force(&DOCUMENTS);
}

/// The compiled checks of one operation.
struct Checks {
    parameters: Vec<Parameter>,
    body: Option<Validator>,
    answers: Vec<(String, Option<Validator>)>,
}

struct Parameter {
    place: Place,
    name: String,
    required: bool,
    integer: bool,
    schema: Validator,
}

type Compiled = Result<Arc<Checks>, String>;

static CHECKS: LazyLock<Mutex<HashMap<&'static str, Compiled>>> =
    LazyLock::new(|| Mutex::new(HashMap::new()));

/// Returns the checks of an operation, compiled at its first call in this process.
fn checks(operation: &Operation) -> Compiled {
    let mut all = CHECKS.lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(operation.id)
        .or_insert_with(|| compile(operation).map(Arc::new))
        .clone()
}

/// Returns every rule of the spec that a request breaks. Fails if the spec does not have the
/// operation.
pub(crate) fn request(
    operation: &Operation,
    request: &Request,
    params: &[(&'static str, String)],
    body: &Value,
) -> Result<Vec<Violation>, String> {
    let checks = checks(operation)?;
    let mut violations = Vec::new();
    for expected in &checks.parameters {
        let sent = match expected.place {
            Place::Path => parameter(params, &expected.name).map(str::to_owned),
            Place::Query => request.query_parameter(&expected.name),
            Place::Header => match request.headers.get(&expected.name) {
                // Other modules read such a value as missing, so it must be reported here.
                Some(value) if value.to_str().is_err() => {
                    violations.push(Violation {
                        place: Place::Header,
                        field: expected.name.clone(),
                        rule: Rule::Value,
                        reason: format!("{} must be visible ASCII text", expected.name),
                    });
                    continue;
                }
                _ => request.header(&expected.name).map(str::to_owned),
            },
            Place::Body => None,
        };
        violations.extend(check_parameter(expected, sent));
    }
    if let (true, Some(schema)) = (operation.body, &checks.body) {
        violations.extend(schema.iter_errors(body).map(|error| in_body(&error)));
    }
    Ok(violations)
}

/// Returns an error if the spec forbids this response.
pub(crate) fn response(
    operation: &Operation,
    status: StatusCode,
    body: Option<&Value>,
) -> Result<(), String> {
    let checks = checks(operation)?;
    let code = status.as_str();
    let answer = [code, "default"]
        .iter()
        .find_map(|wanted| checks.answers.iter().find(|(code, _)| code == wanted));
    match (answer, body) {
        // The documents omit many of the errors that are sent.
        (None, _) if status.is_client_error() || status.is_server_error() => Ok(()),
        (None, _) => Err(format!("status {code} is not in the spec")),
        (Some((_, Some(_))), None) => Err(format!("status {code} needs a body")),
        (Some((_, Some(schema))), Some(body)) => match schema.iter_errors(body).next() {
            None => Ok(()),
            Some(error) => Err(format!(
                "status {code}, {}: {}",
                dotted(&error),
                error.masked()
            )),
        },
        (Some((_, None)), _) => Ok(()),
    }
}

fn check_parameter(expected: &Parameter, sent: Option<String>) -> Option<Violation> {
    let violation = |rule, reason: String| Violation {
        place: expected.place,
        field: expected.name.clone(),
        rule,
        reason,
    };
    let Some(sent) = sent else {
        return expected
            .required
            .then(|| violation(Rule::Required, format!("{} is required", expected.name)));
    };
    let value = if expected.integer {
        match sent.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) => {
                return Some(violation(
                    Rule::Type,
                    format!("{} must be a whole number", expected.name),
                ));
            }
        }
    } else {
        Value::String(sent)
    };
    let error = expected.schema.iter_errors(&value).next()?;
    Some(violation(Rule::Value, reason(&expected.name, &error)))
}

fn in_body(error: &ValidationError<'_>) -> Violation {
    let mut field = dotted(error);
    let rule = match error.kind() {
        ValidationErrorKind::Required { property } => {
            if let Some(name) = property.as_str() {
                if !field.is_empty() {
                    field.push('.');
                }
                field.push_str(name);
            }
            Rule::Required
        }
        ValidationErrorKind::Type { .. } => Rule::Type,
        _ => Rule::Value,
    };
    let reason = match rule {
        Rule::Required => format!("The field {field} is required."),
        _ => reason(&field, error),
    };
    Violation {
        place: Place::Body,
        field,
        rule,
        reason,
    }
}

/// Returns a sentence about a broken rule that does not contain the value.
fn reason(field: &str, error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Pattern { pattern } => {
            format!("The field {field} must match the regular expression '{pattern}'.")
        }
        ValidationErrorKind::MaxLength { limit } => {
            format!("The field {field} must have at most {limit} characters.")
        }
        ValidationErrorKind::MinLength { limit } => {
            format!("The field {field} must have at least {limit} characters.")
        }
        ValidationErrorKind::Minimum { limit } => {
            format!("The field {field} must be at least {limit}.")
        }
        ValidationErrorKind::Maximum { limit } => {
            format!("The field {field} must be at most {limit}.")
        }
        ValidationErrorKind::Enum { options } => {
            format!("The field {field} must be one of {options}.")
        }
        kind => format!("The field {field} breaks the rule {}.", kind.keyword()),
    }
}

fn dotted(error: &ValidationError<'_>) -> String {
    error
        .instance_path()
        .as_str()
        .trim_start_matches('/')
        .replace('/', ".")
}

/// Returns the spec's own name of an operation.
#[cfg(test)]
pub(crate) fn operation_id(operation: &Operation) -> Option<String> {
    let method = operation.method.as_str().to_ascii_lowercase();
    let path = document(operation).get("paths")?.get(operation.template)?;
    Some(path.get(method)?["operationId"].as_str()?.to_owned())
}

/// Returns the places where a value breaks a schema of the eCom document.
#[cfg(test)]
pub(crate) fn against_schema(name: &str, value: &Value) -> Vec<String> {
    let schemas = &DOCUMENTS.ecom["components"]["schemas"];
    let schema = schemas
        .get(name)
        .unwrap_or_else(|| panic!("no schema {name}"));
    let schema = validator(schema, schemas).unwrap();
    let mut places: Vec<_> = schema
        .iter_errors(value)
        .map(|error| error.instance_path().as_str().to_owned())
        .collect();
    places.dedup();
    places
}

fn document(operation: &Operation) -> &'static Value {
    match operation.api {
        Api::AccessToken => &DOCUMENTS.access_token,
        Api::Ecom => &DOCUMENTS.ecom,
        Api::Qr | Api::Exchange => &DOCUMENTS.qr,
    }
}

fn compile(operation: &Operation) -> Result<Checks, String> {
    let document = document(operation);
    let missing = || format!("{}: the vendored spec does not describe it", operation.id);
    let path = document
        .get("paths")
        .and_then(|paths| paths.get(operation.template))
        .ok_or_else(missing)?;
    let described = path
        .get(operation.method.as_str().to_ascii_lowercase())
        .ok_or_else(missing)?;
    let schemas = &document["components"]["schemas"];

    let listed = |item: &Value| item["parameters"].as_array().cloned().unwrap_or_default();
    let parameters = listed(path)
        .iter()
        .chain(&listed(described))
        .filter_map(|parameter| compile_parameter(parameter, schemas).transpose())
        .collect::<Result<_, _>>()?;
    let body = media_schema(&described["requestBody"])
        .map(|schema| validator(schema, schemas))
        .transpose()?;
    let answers = described["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(code, answer)| {
            let schema = media_schema(answer)
                .map(|schema| validator(schema, schemas))
                .transpose()?;
            Ok((code.clone(), schema))
        })
        .collect::<Result<_, String>>()?;
    Ok(Checks {
        parameters,
        body,
        answers,
    })
}

fn compile_parameter(parameter: &Value, schemas: &Value) -> Result<Option<Parameter>, String> {
    let place = match parameter["in"].as_str() {
        Some("path") => Place::Path,
        Some("query") => Place::Query,
        Some("header") => Place::Header,
        _ => return Ok(None),
    };
    let Some(name) = parameter["name"].as_str() else {
        return Ok(None);
    };
    // Other modules check these headers and return their own errors.
    let checked_elsewhere = [
        "Authorization",
        "Ocp-Apim-Subscription-Key",
        "Content-Type",
        "Accept",
        "client_id",
        "client_secret",
    ];
    if place == Place::Header && checked_elsewhere.contains(&name) {
        return Ok(None);
    }
    let schema = &parameter["schema"];
    Ok(Some(Parameter {
        place,
        name: name.to_owned(),
        required: parameter["required"].as_bool().unwrap_or(false),
        integer: schema["type"] == "integer",
        schema: validator(schema, schemas)?,
    }))
}

/// Returns the schema of the first media type.
fn media_schema(carrier: &Value) -> Option<&Value> {
    carrier["content"]
        .as_object()?
        .values()
        .next()?
        .get("schema")
}

/// Returns a validator that includes the document's schemas.
fn validator(schema: &Value, schemas: &Value) -> Result<Validator, String> {
    let root = json!({
        "allOf": [schema_4(schema)],
        "components": {"schemas": schema_4(schemas)},
    });
    // OpenAPI 3.0 is based on draft 5, which has the keywords of draft 4.
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(false)
        .build(&root)
        .map_err(|error| format!("a schema that cannot be compiled: {error}"))
}

/// Converts `nullable`, which JSON Schema does not have, to a type.
fn schema_4(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => Value::Array(items.iter().map(schema_4).collect()),
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), schema_4(value)))
                .collect();
            if out.get("nullable") == Some(&Value::Bool(true)) {
                if let Some(Value::String(kind)) = out.get("type").cloned() {
                    out.insert("type".into(), json!([kind, "null"]));
                }
                if let Some(Value::Array(options)) = out.get_mut("enum") {
                    options.push(Value::Null);
                }
            }
            Value::Object(out)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCESS_TOKEN, ECOM, QR, read};
    use serde_json::Value;

    /// The passes that repair a document for the generator must not affect the checks. Otherwise
    /// simulator and client would agree on a wrong repair.
    #[test]
    fn schemas_are_those_of_the_vendored_files() {
        for (text, file) in [
            (
                ACCESS_TOKEN,
                include_str!("../../openapi/access-token.yaml"),
            ),
            (ECOM, include_str!("../../openapi/ecom.yaml")),
            (QR, include_str!("../../openapi/qr.yaml")),
        ] {
            let built = read("built", text);
            let vendored: Value = yaml_serde::from_str(file).unwrap();
            let schemas = vendored["components"]["schemas"].as_object().unwrap();
            for (name, schema) in schemas {
                let built = &built["components"]["schemas"][name];
                assert_eq!(built, schema, "{name}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "the document ecom: ")]
    fn unreadable_document_panics() {
        read("ecom", "{\"paths\":");
    }

    #[test]
    #[should_panic(expected = "the document qr: must be a JSON object")]
    fn document_that_is_no_object_panics() {
        read("qr", "null");
    }
}
