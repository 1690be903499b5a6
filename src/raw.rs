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

pub use crate::call::Context;

/// An operation of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Operation {
    /// The operation id in snake case, the name of the generated method.
    pub id: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The path template below the base URL.
    pub path: &'static str,
}

/// Everything but what RFC 3986 calls unreserved. A URL parser would take `\` for another `/`, and servers are known to
/// read `+` as a blank and to cut a segment at `;`.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One segment of a path, in place of progenitor's own function, which leaves `\`, `+` and `;` as they are.
fn encode_path(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, SEGMENT).to_string()
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
            rustdoc::all,
            reason = "generated code"
        )]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", $file));

            impl progenitor_client::ClientHooks<crate::call::Context> for Client {
                async fn exec(
                    &self,
                    request: reqwest::Request,
                    info: &progenitor_client::OperationInfo,
                ) -> reqwest::Result<reqwest::Response> {
                    let operation = OPERATIONS.iter().find(|o| o.id == info.operation_id);
                    crate::call::exec(&self.inner, &self.client, request, operation).await
                }

                async fn post<E>(
                    &self,
                    _: &reqwest::Result<reqwest::Response>,
                    _: &progenitor_client::OperationInfo,
                ) -> Result<(), progenitor_client::Error<E>> {
                    crate::call::after(&self.inner)
                }
            }
        }
    };
}

// The build script lists every document of `openapi/`, so that a new file is a new module here.
macro_rules! apis {
    ($($name:ident, $file:literal, $doc:literal;)*) => {
        $(api!($name, $file, $doc);)*

        /// The generated clients of one call; see [`Vipps::call`](crate::Vipps::call).
        #[derive(Clone, Debug)]
        pub struct Raw {
            $($name: $name::Client,)*
        }

        impl Raw {
            pub(crate) fn new(base: &str, http: &reqwest::Client, context: &crate::call::Context) -> Self {
                Self {
                    $($name: $name::Client::new_with_client(base, http.clone(), context.clone()),)*
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
