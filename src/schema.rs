//! JSON Schemas of requests, responses, callbacks and webhooks (feature `schemars`).
//!
//! A value type has the schema of its JSON form, with its limits. A builder has the schema of the
//! generated body that it sends: with the limits of the API's document, and without further
//! members. The type of a response, callback or webhook has the schema of the JSON that it is read
//! from: few members are required, most may be null, unknown members are allowed, and enumerations
//! are open. Reading accepts more than the schema, such as numbers as text.

mod epayment;
mod incoming;
mod requests;
mod values;

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};

/// Returns the JSON Schemas (draft 2020-12) of the requests and responses of the wrapper and of the
/// values in them, by the path of their type in this crate, such as `types::OrderId`,
/// `ecom::Capture` or `callback::PaymentUpdate`.
///
/// Each of these types implements [`JsonSchema`], so that it can be part of your own schemas. The
/// schemas of the bindings are in functions such as `raw::ecom::schemas()`.
///
/// ```
/// use vipps::OrderId;
///
/// let schemas = vipps::schemas();
/// let order_id = &schemas["types::OrderId"];
/// assert_eq!(order_id.get("maxLength"), Some(&50.into()));
///
/// /// An order of a shop.
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
        .chain(epayment::all())
        .collect()
}

/// Returns the schema of a type.
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
