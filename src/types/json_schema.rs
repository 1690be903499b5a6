//! Helpers for deriving JSON Schemas (feature `schemars`).

use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// Implements `JsonSchema` for a type with the schema of the type that it is read from.
macro_rules! read_as {
    ($($type:ident => $wire:ty;)*) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let mut schema = <$wire as schemars::JsonSchema>::json_schema(generator);
                crate::types::json_schema::read(&mut schema);
                schema
            }
        }
    )*};
}
pub(crate) use read_as;

/// Implements `JsonSchema` for a type with the schema of the generated type that is sent. The
/// optional function adapts the schema and each schema within it.
macro_rules! sent_as {
    ($($type:ident => $body:ty $(, $adapt:path)?;)*) => {$(
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($type)).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let schema = crate::types::json_schema::of_body::<$body>();
                $(let schema = crate::types::json_schema::adapted(schema, $adapt);)?
                schema
            }
        }
    )*};
}
pub(crate) use sent_as;

/// Removes the defaults of serde, which are internal, from the schema of a type that is read.
pub(crate) fn read(schema: &mut Schema) {
    schema.remove("default");
    transform_subschemas(&mut read, schema);
}

/// Returns the schema of a body that is sent, with all parts inline, so that it reads from top to
/// bottom.
pub(crate) fn of_body<T: JsonSchema>() -> Schema {
    let inline = SchemaSettings::default().with(|settings| settings.inline_subschemas = true);
    let mut schema = T::json_schema(&mut inline.into_generator());
    sent(&mut schema);
    schema
}

/// Returns the schema after `adapt` has changed it and each schema within it.
pub(crate) fn adapted(mut schema: Schema, adapt: fn(&mut Schema)) -> Schema {
    fn visit(schema: &mut Schema, adapt: fn(&mut Schema)) {
        adapt(schema);
        transform_subschemas(&mut |schema: &mut Schema| visit(schema, adapt), schema);
    }
    visit(&mut schema, adapt);
    schema
}

/// Adapts a schema to a type that is sent: an optional member is missing, never null, and there are
/// no other members.
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
    if let Some(Value::Array(choices)) = schema.get_mut("anyOf") {
        choices.retain(|choice| choice["type"] != "null");
    }
    if schema.get("properties").is_some() {
        schema.insert("additionalProperties".to_owned(), false.into());
    }
    transform_subschemas(&mut sent, schema);
}
