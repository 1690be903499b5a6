//! JSON Schemas of what is sent and read (feature `schemars`).
//!
//! Value types have the schema of what they are in JSON, with their limits. A builder has that of the body it sends,
//! closed and strict. What an answer or a call of Vipps becomes has the schema of the JSON that it is read from: few
//! members are required, most may be null, unknown members are welcome, and enumerations are open. Reading takes more
//! than the schema says, such as numbers as text.

mod incoming;
mod requests;
mod values;

use std::collections::BTreeMap;

use schemars::transform::transform_subschemas;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

/// The JSON Schemas (draft 2020-12) of every request and answer of the wrapper, and of the values in them, by the path
/// of their type in this crate: `types::OrderId`, `ecom::Capture`, `qr::OneTimeQr`, `callback::PaymentUpdate`.
///
/// Each of these types implements [`JsonSchema`] too, so that it can be a part of a schema of yours. The types of the
/// bindings have theirs in `raw::ecom::schemas()` and its like.
///
/// ```
/// use vipps::OrderId;
///
/// let schemas = vipps::schemas();
/// let order_id = &schemas["types::OrderId"];
/// assert_eq!(order_id.get("maxLength"), Some(&50.into()));
///
/// /// A table of a shop's own.
/// #[derive(schemars::JsonSchema)]
/// struct Order {
///     id: OrderId,
///     total: vipps::Amount,
/// }
/// let own = schemars::schema_for!(Order);
/// assert_eq!(own.pointer("/properties/id/maxLength"), Some(&50.into()));
/// ```
pub fn schemas() -> BTreeMap<&'static str, Schema> {
    values::all()
        .into_iter()
        .chain(requests::all())
        .chain(incoming::all())
        .collect()
}

/// The schema of a type on its own.
pub(crate) fn of<T: JsonSchema>() -> Schema {
    SchemaGenerator::default().into_root_schema_for::<T>()
}

/// A list of types by their paths in this crate.
macro_rules! listed {
    ($($path:literal: $type:ty),* $(,)?) => {
        /// Every type of this file, by its path in the crate.
        pub(super) fn all() -> Vec<(&'static str, schemars::Schema)> {
            vec![$(($path, crate::schema::of::<$type>())),*]
        }
    };
}
use listed;

/// Gives a type the schema of another one, which has the members that it is written to or read from.
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

/// For what is read: serde's defaults are this crate's business.
pub(crate) fn read(schema: &mut Schema) {
    schema.remove("default");
    transform_subschemas(&mut read, schema);
}

/// For what is sent: an optional member is left out, never null.
fn sent(schema: &mut Schema) {
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
