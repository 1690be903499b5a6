//! Idempotency keys: the first request with a key decides the response to all requests with it.

use std::collections::HashMap;

use serde_json::Value;

use super::message::Response;

/// The key of a request. Two sales units, and two operations, can use the same key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) sales_unit: String,
    pub(super) operation: &'static str,
    pub(super) text: String,
}

/// The request that a key stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct KeyedRequest {
    pub(super) params: Vec<(&'static str, String)>,
    pub(super) body: Value,
}

/// A request that uses a key that an earlier request used.
#[derive(Debug)]
pub(super) enum KeyReuse {
    /// The same request, with this response.
    Replay(Box<Response>),
    /// Another request.
    Conflict,
}

/// The first request of every key, with its response.
#[derive(Debug, Default)]
pub(crate) struct KeyedResponses(HashMap<Key, (KeyedRequest, Response)>);

impl KeyedResponses {
    /// Returns how an earlier request used the key, or `None` if the key is new.
    pub(super) fn find(&self, key: &Key, request: &KeyedRequest) -> Option<KeyReuse> {
        let (first, response) = self.0.get(key)?;
        Some(if first == request {
            KeyReuse::Replay(Box::new(response.clone()))
        } else {
            KeyReuse::Conflict
        })
    }

    /// Records the response to the first request with a key. A server error is not recorded, so a
    /// retry with the key runs the operation.
    pub(super) fn add(&mut self, key: Key, request: KeyedRequest, response: &Response) {
        if !response.status.is_server_error() {
            self.0.insert(key, (request, response.clone()));
        }
    }
}
