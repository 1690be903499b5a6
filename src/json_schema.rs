//! Helpers for deriving JSON Schemas (feature `schemars`).

use schemars::Schema;
use schemars::transform::transform_subschemas;
use serde_json::Value;

/// Implements `JsonSchema` for a type with the schema of another type, which it is read from or
/// written as.
macro_rules! same_as {
    ($tidy:path: $($type:ty, $name:literal => $shape:ty;)*) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!("vipps::", stringify!($type)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = <$shape as schemars::JsonSchema>::json_schema(generator);
                $tidy(&mut schema);
                schema
            }
        }
    )*};
}
pub(crate) use same_as;

/// The settings for schemas of what is read: without the defaults of serde, which are internal.
pub(crate) fn read(schema: &mut Schema) {
    schema.remove("default");
    transform_subschemas(&mut read, schema);
}

/// The settings for schemas of what is sent: an optional member is missing, never null.
pub(crate) fn sent(schema: &mut Schema) {
    schema.remove("default");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.get_mut("enum") {
        choices.retain(|choice| !choice.is_null());
    }
    transform_subschemas(&mut sent, schema);
}
