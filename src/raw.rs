//! Stub.
#![allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub)]

/// An operation of a document.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
}

macro_rules! api {
    ($name:ident) => {
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/", stringify!($name), ".rs"));
            impl ClientHooks<crate::call::Context> for Client {}
        }
    };
}

api!(qr);
api!(ecom);
api!(access_token);
