//! Validation of requests and responses against the vendored documents.

use http::StatusCode;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{Draft, ValidationError, Validator};
use serde_json::{Map, Value, json};

#[cfg(test)]
use super::document::{self, Document};
use super::document::{DocumentedOperation, resolve};
use super::message::Request;
use super::routes::{Route, parameter};
use super::violation::{Place, Rule, Violation};

/// The compiled checks of one operation.
#[derive(Debug)]
pub(crate) struct Checks {
    parameters: Vec<Parameter>,
    body: Option<Validator>,
    responses: Vec<(String, Option<Validator>)>,
}

#[derive(Debug)]
struct Parameter {
    place: Place,
    name: String,
    required: bool,
    integer: bool,
    schema: Validator,
}

/// Returns every rule of the document that a request breaks. Fails if a schema of the document
/// cannot be compiled.
pub(crate) fn request(
    route: Route,
    request: &Request,
    params: &[(&str, String)],
    body: &Value,
) -> Result<Vec<Violation>, String> {
    let checks = route.api.document.checks(route.documented)?;
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
    if let (true, Some(schema)) = (route.documented.has_body, &checks.body) {
        violations.extend(schema.iter_errors(body).map(|error| in_body(&error)));
    }
    Ok(violations)
}

/// Returns an error if the document forbids this response.
pub(crate) fn response(
    route: Route,
    status: StatusCode,
    body: Option<&Value>,
) -> Result<(), String> {
    let checks = route.api.document.checks(route.documented)?;
    let code = status.as_str();
    let response = [code, "default"]
        .iter()
        .find_map(|wanted| checks.responses.iter().find(|(code, _)| code == wanted));
    match (response, body) {
        // The documents omit many of the errors that are sent.
        (None, _) if status.is_client_error() || status.is_server_error() => Ok(()),
        (None, _) => Err(format!("status {code} is not in the document")),
        (Some((_, Some(_))), None) => Err(format!("status {code} needs a body")),
        (Some((_, Some(schema))), Some(body)) => match schema.iter_errors(body).next() {
            None => Ok(()),
            Some(error) => Err(format!(
                "status {code}, {}: {}",
                field_path(&error),
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
    let mut field = field_path(error);
    let mut append = |name: &str| {
        if !field.is_empty() {
            field.push('.');
        }
        field.push_str(name);
    };
    let rule = match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            append(unexpected.first().map_or("", String::as_str));
            Rule::Unknown
        }
        ValidationErrorKind::Required { property } => {
            append(property.as_str().unwrap_or_default());
            Rule::Required
        }
        ValidationErrorKind::Type { .. } => Rule::Type,
        _ => Rule::Value,
    };
    let reason = match rule {
        Rule::Required => format!("The field {field} is required."),
        Rule::Unknown => format!("The field {field} is unknown."),
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

fn field_path(error: &ValidationError<'_>) -> String {
    error
        .instance_path()
        .as_str()
        .trim_start_matches('/')
        .replace('/', ".")
}

/// Returns the places where a value breaks a schema of a document.
#[cfg(test)]
pub(crate) fn against_schema(document: &Document, name: &str, value: &Value) -> Vec<String> {
    let mut root = document.root.clone();
    let schema = document::schema_mut(&mut root, name);
    let schema = schema.unwrap_or_else(|| panic!("no schema {name}"));
    let schema = validator(&document.root, schema).unwrap();
    let errors = schema.iter_errors(value);
    let mut places: Vec<_> = errors
        .map(|error| error.instance_path().as_str().to_owned())
        .collect();
    places.dedup();
    places
}

/// Compiles the checks of an operation.
pub(super) fn compile(root: &Value, operation: &DocumentedOperation) -> Result<Checks, String> {
    let path = resolve(root, &root["paths"][&operation.template]);
    let described = &path[operation.method.as_str().to_ascii_lowercase()];
    let parameters = [path, described]
        .into_iter()
        .filter_map(|item| item["parameters"].as_array())
        .flatten()
        .filter_map(|parameter| compile_parameter(root, resolve(root, parameter)).transpose())
        .collect::<Result<_, _>>()?;
    let body = media_schema(root, &described["requestBody"])
        .map(|schema| validator(root, schema))
        .transpose()?;
    let responses = described["responses"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(code, response)| {
            let schema = media_schema(root, response)
                .map(|schema| validator(root, schema))
                .transpose()?;
            Ok((code.clone(), schema))
        })
        .collect::<Result<_, String>>()?;
    Ok(Checks {
        parameters,
        body,
        responses,
    })
}

fn compile_parameter(root: &Value, parameter: &Value) -> Result<Option<Parameter>, String> {
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
    let schema = resolve(root, &parameter["schema"]);
    Ok(Some(Parameter {
        place,
        name: name.to_owned(),
        required: parameter["required"].as_bool().unwrap_or(false),
        integer: schema["type"] == "integer",
        schema: validator(root, schema)?,
    }))
}

/// Returns the schema of the first media type.
fn media_schema<'a>(root: &'a Value, parent: &'a Value) -> Option<&'a Value> {
    resolve(root, parent)["content"]
        .as_object()?
        .values()
        .next()?
        .get("schema")
}

/// Returns a validator of a schema, which may refer to other parts of the document.
fn validator(root: &Value, schema: &Value) -> Result<Validator, String> {
    let mut compiled = json!({"allOf": [to_draft_4(schema)]});
    if schema.to_string().contains("$ref") {
        for part in ["components", "files"] {
            compiled[part] = to_draft_4(&root[part]);
        }
    }
    // OpenAPI 3.0 is based on draft 5, which has the keywords of draft 4.
    jsonschema::options()
        .with_draft(Draft::Draft4)
        .should_validate_formats(false)
        .build(&compiled)
        .map_err(|error| format!("a schema that cannot be compiled: {error}"))
}

/// Converts a schema of OpenAPI 3.0 to JSON Schema draft 4, which has no `nullable`.
fn to_draft_4(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => Value::Array(items.iter().map(to_draft_4).collect()),
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .map(|(name, value)| (name.clone(), to_draft_4(value)))
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
