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

/// Reads a response in place of `ResponseValue::from_response`, which accepts a JSON array in place of an object.
async fn read<T: DeserializeOwned, E>(
    response: reqwest::Response,
) -> Result<ResponseValue<T>, progenitor_client::Error<E>> {
    use progenitor_client::Error;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = response.bytes().await.map_err(Error::ResponseBodyError)?;
    match by_name::from_slice(&body) {
        Ok(value) => Ok(ResponseValue::new(value, status, headers)),
        Err(cause) => Err(Error::InvalidResponsePayload(body, cause)),
    }
}

macro_rules! api {
    ($name:ident, $file:literal, $doc:literal) => {
        #[doc = $doc]
        #[allow(
            missing_docs,
            missing_debug_implementations,
            unreachable_pub,
            clippy::all,
            clippy::pedantic,
            clippy::exhaustive_enums,
            clippy::exhaustive_structs,
            rustdoc::all,
            reason = "generated code"
        )]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", $file));

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
                    self.inner.exec(request, endpoint).await
                }

                async fn post<E>(
                    &self,
                    _: &reqwest::Result<reqwest::Response>,
                    _: &progenitor_client::OperationInfo,
                ) -> Result<(), progenitor_client::Error<E>> {
                    self.inner.post()
                }
            }
        }
    };
}

// The build script lists every document of `openapi/`, so that a new file is a new module here.
macro_rules! apis {
    ($($name:ident, $file:literal, $doc:literal;)*) => {
        $(api!($name, $file, $doc);)*

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
