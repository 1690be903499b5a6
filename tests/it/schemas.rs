//! The JSON Schemas: their content, and their agreement with the types and with the vendored
//! documents.

mod accepted_differences;
mod comparison;
mod document;
mod instances;
mod read;
mod sent;
mod values;

use std::collections::BTreeMap;

use jsonschema::Validator;
use serde_json::Value;

/// The schemas of the wrapper, as JSON.
pub(crate) fn schemas() -> BTreeMap<&'static str, Value> {
    let as_json = |(name, schema): (_, schemars::Schema)| (name, schema.to_value());
    vipps::schemas().into_iter().map(as_json).collect()
}

/// Returns a validator for the schema of a type.
pub(crate) fn validator(name: &str) -> Validator {
    jsonschema::validator_for(&schemas()[name]).unwrap()
}

/// Returns the validation errors with their paths.
pub(crate) fn problems(validator: &Validator, value: &Value) -> Vec<String> {
    let text =
        |error: jsonschema::ValidationError<'_>| format!("{}: {error}", error.instance_path());
    validator.iter_errors(value).map(text).collect()
}
