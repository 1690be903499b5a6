//! The bindings that progenitor generates from `openapi/*.yaml`: every operation and every type of
//! the documents.
//!
//! Use the bindings for operations that the wrapper does not cover, through
//! [`Vipps::call`](crate::Vipps::call). It runs any of these operations with the same tokens,
//! headers, retries and errors as the wrapper:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sim = vipps::simulator::Simulator::start()?;
//! # let vipps = sim.client();
//! # vipps.epayment().create("acme-order-1001".parse()?, vipps::Amount::nok(499)).qr().await?;
//! let payment = vipps
//!     .call(|raw| async move { raw.epayment().get_payment().reference("acme-order-1001").send().await })
//!     .await?;
//! println!("{:?}", payment.state);
//! # assert!(payment.reference.is_some());
//! # Ok(()) }
//! ```
//!
//! The bindings follow the documents and not semantic versioning: a new document can rename or
//! retype anything.
//!
//! Secrets and personal data are [`Sensitive`](crate::types::Sensitive) here too, so that `Debug`
//! never prints them.
//!
//! With the feature `schemars` each module has a function `schemas` that returns the JSON Schemas
//! of its types.

pub use progenitor_client::{ByteStream, ResponseValue};
use serde::de::DeserializeOwned;

pub use crate::call::Context;
pub use crate::operation::Endpoint;
use crate::types::by_name;

/// Reads the body of a response. A JSON array in place of an object is an error here, although
/// serde's derive accepts it.
fn check_body<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<()> {
    by_name::from_slice::<T>(body).map(drop)
}

/// The limits that the document states for the members of a type: a JSON object by member name. The
/// limits of the type itself have the empty name.
#[cfg(feature = "schemars")]
struct Limits(&'static str);

#[cfg(feature = "schemars")]
impl schemars::transform::Transform for Limits {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        type Keywords = serde_json::Map<String, serde_json::Value>;
        let limits: std::collections::BTreeMap<String, Keywords> =
            serde_json::from_str(self.0).unwrap_or_default();
        for (member, limits) in limits {
            let target = if member.is_empty() {
                schema.as_object_mut()
            } else {
                let members = schema.get_mut("properties");
                members.and_then(|members| members.get_mut(&member)?.as_object_mut())
            };
            if let Some(target) = target {
                target.extend(limits);
            }
        }
    }
}

/// The endpoint of an operation, or `None` if the document does not list it.
fn endpoint(
    endpoints: &[&'static Endpoint],
    info: &progenitor_client::OperationInfo,
) -> Option<&'static Endpoint> {
    let mut endpoints = endpoints.iter().copied();
    endpoints.find(|endpoint| endpoint.id == info.operation_id)
}

macro_rules! api {
    ($name:ident, $bindings:literal, $tables:literal, $doc:literal) => {
        #[doc = $doc]
        #[allow(
            missing_docs,
            missing_debug_implementations,
            unreachable_pub,
            clippy::all,
            clippy::pedantic,
            clippy::unwrap_used,
            clippy::exhaustive_enums,
            clippy::exhaustive_structs,
            rustdoc::all,
            reason = "generated code"
        )]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", $bindings));
            include!(concat!(env!("OUT_DIR"), "/", $tables));

            impl crate::call::GeneratedClient for Client {
                fn new(context: &crate::call::Context) -> Self {
                    Self::new_with_client(
                        context.base_url(),
                        context.request_builder(),
                        context.clone(),
                    )
                }
            }

            impl progenitor_client::ClientHooks<crate::call::Context> for Client {
                async fn pre<E>(
                    &self,
                    request: &mut reqwest::Request,
                    info: &progenitor_client::OperationInfo,
                ) -> Result<(), progenitor_client::Error<E>> {
                    self.inner
                        .pre(request, crate::raw::endpoint(OPERATIONS, info))
                }

                async fn exec(
                    &self,
                    request: reqwest::Request,
                    info: &progenitor_client::OperationInfo,
                ) -> reqwest::Result<reqwest::Response> {
                    self.inner
                        .exec(request, crate::raw::endpoint(OPERATIONS, info))
                        .await
                }

                async fn post<E>(
                    &self,
                    _: &reqwest::Result<reqwest::Response>,
                    info: &progenitor_client::OperationInfo,
                ) -> Result<(), progenitor_client::Error<E>> {
                    self.inner.post(|body| check_body(info.operation_id, body))
                }
            }
        }
    };
}

// The build script lists every document of `openapi/` in `apis.rs`, so a new file becomes a new
// module.
macro_rules! apis {
    ($($name:ident, $bindings:literal, $tables:literal, $doc:literal;)*) => {
        $(api!($name, $bindings, $tables, $doc);)*

        /// Returns the endpoints of all documents.
        #[cfg(feature = "testing")]
        pub(crate) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
            [$($name::OPERATIONS,)*].into_iter().flatten().copied()
        }

        /// The generated clients of one call; see [`Vipps::call`](crate::Vipps::call).
        #[derive(Clone, Debug)]
        pub struct Raw {
            $($name: $name::Client,)*
        }

        impl Raw {
            pub(crate) fn new(context: &Context) -> Self {
                Self {
                    $($name: <$name::Client as crate::call::GeneratedClient>::new(context),)*
                }
            }

            $(
                #[doc = concat!("Returns the operations of ", $doc)]
                pub fn $name(&self) -> &$name::Client {
                    &self.$name
                }
            )*
        }
    };
}

include!(concat!(env!("OUT_DIR"), "/apis.rs"));

#[cfg(all(test, feature = "schemars"))]
mod tests {
    use schemars::transform::Transform as _;

    use super::*;

    #[test]
    fn limits_are_added_to_the_schema_of_their_member() {
        let mut schema = schemars::json_schema!({"properties": {"a": {"type": "string"}}});
        Limits(r#"{"": {"minItems": 1}, "a": {"maxLength": 5}, "b": {"minimum": 1}}"#)
            .transform(&mut schema);
        let wanted = schemars::json_schema!({
            "minItems": 1,
            "properties": {"a": {"type": "string", "maxLength": 5}},
        });
        assert_eq!(schema, wanted);
    }
}
