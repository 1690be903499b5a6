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

use schemars::{JsonSchema, Schema, SchemaGenerator};

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
