//! The bindings that progenitor generates from `openapi/*.yaml`: every operation and every type of the documents.
//!
//! What is here follows the documents, not semantic versioning: a new document can rename or retype anything. Use it
//! for what the wrapper does not cover yet, through [`Vipps::call`](crate::Vipps::call), which runs any of these
//! operations through the same token, header, retry and error machinery.
//!
//! Secrets and personal data are [`Sensitive`](crate::types::Sensitive) here too, so that `Debug` never prints them.
//!
//! With the feature `schemars` each of the modules has a function `schemas` with the JSON Schemas of its types.

use std::fmt;

pub use progenitor_client::{ByteStream, ResponseValue};
use serde::de::DeserializeOwned;
use url::Url;

pub use crate::call::Context;
use crate::types::by_name;

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
    /// The header that the document has an idempotency key in, in lower case: `x-request-id` or `idempotency-key`. It is
    /// no parameter of the generated method; every call of the operation carries a key in it, the same on every attempt.
    pub idempotency_key: Option<&'static str>,
}

/// Everything but what RFC 3986 calls unreserved. A URL parser would take `\` for another `/`, and servers are known to
/// read `+` as a blank and to cut a segment at `;`.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One segment of a path, in place of progenitor's own function, which leaves `\`, `+` and `;` as they are.
#[allow(
    dead_code,
    reason = "for URLs that the build script does not know the form of"
)]
fn encode_path(segment: &str) -> String {
    percent_encoding::utf8_percent_encode(segment, SEGMENT).to_string()
}

/// The operation with this id; generated code looks its own up when it is compiled.
pub(crate) const fn operation(
    operations: &'static [Operation],
    id: &str,
) -> Option<&'static Operation> {
    let mut rest = operations;
    while let [first, others @ ..] = rest {
        if same(first.id, id) {
            return Some(first);
        }
        rest = others;
    }
    None
}

/// What `==` is where it cannot be called.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    while let ([x, more_a @ ..], [y, more_b @ ..]) = (a, b) {
        if *x != *y {
            return false;
        }
        (a, b) = (more_a, more_b);
    }
    a.is_empty() && b.is_empty()
}

/// The URL of an operation, whose `path` has `{}` where a segment goes.
pub(crate) fn url(base: &Url, path: &str, segments: &[&str]) -> Url {
    /// Room for a segment, which is seldom longer.
    const USUAL: usize = 64;
    let prefix = base.path().trim_end_matches('/');
    let room = prefix.len() + path.len() + USUAL * segments.len();
    let mut whole = String::with_capacity(room);
    whole.push_str(prefix);
    let mut segments = segments.iter();
    for part in path.split("{}") {
        whole.push_str(part);
        if let Some(segment) = segments.next() {
            whole.extend(percent_encoding::utf8_percent_encode(segment, SEGMENT));
        }
    }
    let mut url = base.clone();
    url.set_path(&whole);
    url
}

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

/// What generated code puts into a path or a header. `Part(&value).text()` is the text itself where `value` is one or is
/// of an enumeration, whose `text` is generated, and what [`Shown`] makes of it otherwise: Rust looks there last.
struct Part<'a, T>(&'a T);

impl<'a> Part<'a, String> {
    fn text(&self) -> &'a str {
        self.0
    }
}

/// The text of everything else, made anew.
trait Shown {
    fn text(&self) -> String;
}

impl<T: fmt::Display> Shown for Part<'_, T> {
    fn text(&self) -> String {
        self.0.to_string()
    }
}

/// What a builder was given. Where it was given nothing it holds an empty message, and `missing` is what there is to say.
fn given<T>(value: Result<T, String>, missing: &str) -> Result<T, String> {
    value.map_err(|message| {
        if message.is_empty() {
            missing.to_owned()
        } else {
            message
        }
    })
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

            impl progenitor_client::ClientHooks<crate::call::Context> for Client {
                async fn exec(
                    &self,
                    request: reqwest::Request,
                    info: &progenitor_client::OperationInfo,
                ) -> reqwest::Result<reqwest::Response> {
                    let operation = crate::raw::operation(OPERATIONS, info.operation_id);
                    crate::call::exec(&self.inner, request, operation).await
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

        /// The operations of all documents.
        pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
            [$($name::OPERATIONS,)*].into_iter().flatten()
        }

        /// The generated clients of one call; see [`Vipps::call`](crate::Vipps::call).
        #[derive(Clone, Debug)]
        pub struct Raw {
            $($name: $name::Client,)*
        }

        impl Raw {
            pub(crate) fn of(context: &crate::call::Context) -> Self {
                Self {
                    $($name: $name::Client::of(context),)*
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_found_by_its_whole_id() {
        for listed in ecom::OPERATIONS {
            let found = operation(ecom::OPERATIONS, listed.id);
            assert!(found.is_some_and(|found| std::ptr::eq(found, listed)));
        }
        for id in ["", "get", "get_payment_details_using_get_", "none"] {
            assert!(operation(ecom::OPERATIONS, id).is_none(), "{id}");
        }
    }
}
