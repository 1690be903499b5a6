//! The bindings that progenitor generates from `openapi/*.yaml`: every operation and every type of the documents.
//!
//! What is here follows the documents, not semantic versioning: a new document can rename or retype anything. Use it
//! for what the wrapper does not cover yet, through [`Vipps::call`](crate::Vipps::call), which runs any of these
//! operations through the same token, header, retry and error machinery.
//!
//! Secrets and personal data are [`Sensitive`](crate::types::Sensitive) here too, so that `Debug` never prints them.
//!
//! With the feature `schemars` each of the modules has a function `schemas` with the JSON Schemas of its types.

pub use progenitor_client::{ByteStream, ResponseValue};
use serde::de::DeserializeOwned;

pub use crate::call::Context;
pub use crate::operation::Endpoint;
use crate::types::by_name;

/// Reads the body of a response, and refuses a JSON array in place of an object, which serde's derive accepts.
fn check_body<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<()> {
    by_name::from_slice::<T>(body).map(drop)
}

/// The limits of a type's members, as the document states them: a JSON object by the names of the members. The limits of
/// the type itself have the empty name.
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
                async fn exec(
                    &self,
                    request: reqwest::Request,
                    info: &progenitor_client::OperationInfo,
                ) -> reqwest::Result<reqwest::Response> {
                    let mut endpoints = OPERATIONS.iter().copied();
                    let endpoint = endpoints.find(|endpoint| endpoint.id == info.operation_id);
                    self.inner.exec(request, OPERATIONS, endpoint).await
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

// The build script lists every document of `openapi/`, so that a new file is a new module here.
macro_rules! apis {
    ($($name:ident, $bindings:literal, $tables:literal, $doc:literal;)*) => {
        $(api!($name, $bindings, $tables, $doc);)*

        /// The endpoints of all documents.
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
                #[doc = concat!("The operations of ", $doc)]
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
    fn limits_are_put_where_the_member_stands() {
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
