//! JSON of any shape.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A JSON value whose shape no document describes.
///
/// `Debug` shows no part of the value, because any part can be personal data.
///
/// ```
/// let value = vipps::types::AnyJson::from(serde_json::json!({"name": "Ada"}));
/// assert_eq!(format!("{value:?}"), "[redacted]");
/// assert_eq!(value.expose()["name"], "Ada");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct AnyJson(Value);

impl AnyJson {
    /// Returns the value, which is not for logs.
    pub fn expose(&self) -> &Value {
        &self.0
    }

    /// Converts into the value, which is not for logs.
    pub fn into_inner(self) -> Value {
        self.0
    }
}

impl fmt::Debug for AnyJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl From<Value> for AnyJson {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl<'de> Deserialize<'de> for AnyJson {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        Value::deserialize(json).map(Self)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for AnyJson {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "AnyJson".into()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        "vipps::types::AnyJson".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Value::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_the_value_and_debug_shows_no_part_of_it() {
        for json in [
            "null",
            "7",
            r#""canary""#,
            r#"["canary"]"#,
            r#"{"canary":{"a":1}}"#,
        ] {
            let value: AnyJson = serde_json::from_str(json).unwrap();
            assert_eq!(format!("{value:?} {value:#?}"), "[redacted] [redacted]");
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
            assert_eq!(value, AnyJson::from(value.expose().clone()));
            assert_eq!(value.clone().into_inner().to_string(), json);
        }
    }
}
