//! What is known of an operation before it is called.

use crate::raw::{self, Operation};
use crate::retry::{self, Rules};

/// An operation and how it is called. Generated code has its own made when it is compiled.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    pub(super) operation: &'static Operation,
    pub(super) rules: Rules,
    pub(super) auth: Auth,
}

/// How a request proves who sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Auth {
    Token,
    Keys,
    /// Nothing that tells who asks: for hosts that are not the API's.
    Anonymous,
}

static UNLISTED: Operation = Operation {
    id: "unlisted",
    method: "POST",
    path: "",
    idempotency_key: None,
};

/// The image that a QR answer links to. It lies on another host than the API, which must see no credential.
static IMAGE: Operation = Operation {
    id: "image",
    method: "GET",
    path: "(image link)",
    idempotency_key: None,
};

impl Known {
    /// The operation with this id.
    pub(crate) const fn find(operations: &'static [Operation], id: &str) -> Self {
        Self::or_unlisted(raw::operation(operations, id))
    }

    pub(super) const fn or_unlisted(operation: Option<&'static Operation>) -> Self {
        match operation {
            Some(operation) => Self::of(operation),
            None => Self::of(&UNLISTED),
        }
    }

    const fn of(operation: &'static Operation) -> Self {
        let id = operation.id;
        let auth = if raw::same(id, "fetch_authorization_token_using_post")
            || raw::same(id, "fetch_token")
        {
            Auth::Keys
        } else {
            Auth::Token
        };
        Self {
            operation,
            rules: retry::rules(id, operation.method),
            auth,
        }
    }

    pub(super) const fn image() -> Self {
        Self {
            auth: Auth::Anonymous,
            ..Self::of(&IMAGE)
        }
    }
}
