//! One access token for a fleet of processes.
//!
//! A client keeps its token in its own memory, shared by all its clones, and needs nothing here. Where many processes
//! use the same keys, a [`TokenStore`] lets them share one token, so that a fleet that starts makes one token request
//! and not one for each process:
//!
//! ```no_run
//! # #[cfg(feature = "redis")] fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use vipps::{Credentials, Vipps, token_store::RedisTokenStore};
//!
//! let vipps = Vipps::builder(Credentials::from_env()?)
//!     .token_store(RedisTokenStore::new("redis://10.0.0.7:6379")?)
//!     .build()?;
//! # Ok(()) }
//! # #[cfg(not(feature = "redis"))] fn main() {}
//! ```
//!
//! | store | for |
//! |---|---|
//! | none | one client and its clones |
//! | [`MemoryTokenStore`] | several clients in one process, and tests |
//! | `RedisTokenStore`, with the feature `redis` | many processes |
//! | your own [`TokenStore`] | a database that is there anyway |
//!
//! # What a client does with it
//!
//! Only a client that needs a new token looks into the store; a call that has its token does not. What it finds there
//! it takes. If nothing there is of use, it takes a lock of 4 s, fetches, and puts the token there; the others wait for
//! it. So a process that dies while it fetches costs the others 4 s. Nobody waits for others more than 8 s, or a third of
//! the client's [total time-out](crate::VippsBuilder::total_timeout) if that is less, and never beyond the deadline of
//! a call. Ahead of a token's end one process fetches the next and the others take it, and no call waits.
//!
//! A token that was answered with HTTP 401 is not taken again, and neither is one that may have been revoked together
//! with it. The first process that is refused deletes the token, if it is still the one in the store, and fetches; the
//! others take what that one brings. Should that have been revoked since, the call is replayed once more.
//!
//! How long a token still lives is told by the store, as a time left. No clock of one machine is compared with another's.
//!
//! # When it fails
//!
//! A store that is down, or that takes longer than 1 s for an answer or 2 s for the few that a fetch needs, costs the
//! sharing and nothing else: each process fetches its own token, warns once with the event `token store failed`, counts
//! it in [`Metrics::token_store_failures`](crate::Metrics::token_store_failures), and leaves the store alone for 30 s.
//!
//! # What is in it
//!
//! Two entries for each set of keys and environment, of which the second lives as long as a fetch:
//!
//! | key | value | lives |
//! |---|---|---|
//! | `vipps:token:v1:HASH` | the token, as JSON | as long as the token |
//! | `vipps:token:v1:HASH:lock` | a random number | 4 s at most |
//!
//! `HASH` is the SHA-256 of the base URL, the client id, the client secret and the subscription key. It tells nothing of
//! them, and a client with other keys, new keys or another environment finds nothing.
//!
//! The token itself is stored as it is. Who can read the store can read it, until it ends: an hour in the test environment,
//! a day in production. It opens nothing without the subscription key that goes with it on every call, and that is never
//! stored. Encryption under a key that each process of the fleet must know would add little to the store's own: a
//! password, TLS and a closed network.

mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

pub use memory::MemoryTokenStore;
#[cfg(feature = "redis")]
pub use redis::RedisTokenStore;

/// What a [`TokenStore`] answers with.
pub type TokenStoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, TokenStoreError>> + Send + 'a>>;

/// A place that several clients share, and that keeps short texts for a time. What they mean is the clients' business:
/// see [the module](self).
///
/// Keys are ASCII text of at most 100 characters, values are text of a few kilobytes. Values are secrets: keep them out
/// of logs. An entry whose time is over must not be found any more. An operation whose future is dropped may or may not
/// have taken place.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// The value under this key, and how long it still lives by the store's own clock.
    fn get<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<Stored>>;

    /// Puts a value under this key for this long, in place of what is there.
    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, ()>;

    /// Puts a value under this key for this long if nothing is there, in one atomic step; says whether it did.
    fn set_if_absent<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, bool>;

    /// Deletes what is under this key if it is this value, in one atomic step.
    fn delete_if_equal<'a>(&'a self, key: &'a str, value: &'a str) -> TokenStoreFuture<'a, ()>;
}

/// A value that a [`TokenStore`] holds. `Debug` does not show it.
#[derive(Clone)]
pub struct Stored {
    value: SecretString,
    left: Duration,
}

impl Stored {
    /// A value, and how long it still lives.
    pub fn new(value: impl Into<String>, left: Duration) -> Self {
        Self {
            value: value.into().into(),
            left,
        }
    }

    /// The value.
    pub fn value(&self) -> &str {
        self.value.expose_secret()
    }

    /// How long it still lived when the store was read.
    pub fn left(&self) -> Duration {
        self.left
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stored")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// Why a [`TokenStore`] has no answer. Its text ends up in the client's log, so keep values and passwords out of it.
#[derive(Debug)]
pub struct TokenStoreError(Box<dyn StdError + Send + Sync>);

impl TokenStoreError {
    /// From another error, or from a text.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for TokenStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for TokenStoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}
