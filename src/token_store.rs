//! Stores that share access tokens between clients and processes.
//!
//! A client stores its token in its own memory, which all its clones share, and needs no token
//! store. If several processes use the same keys, a process that starts, or that needs a new token,
//! can load the token that another process has saved in a [`TokenStore`]:
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
//! | no store | one client and its clones |
//! | [`MemoryTokenStore`] | several clients in one process, and tests |
//! | `RedisTokenStore`, with the feature `redis` | many processes |
//! | your own [`TokenStore`] | your existing database |
//!
//! # How a client uses the store
//!
//! A client uses the store only when it needs a new token: at the first call, ahead of the expiry
//! of its token, and after an HTTP 401. It loads the stored token, and uses it if the API has not
//! refused it to this client, and if it expires at least 60 s from now and 60 s after the client's
//! own token. Otherwise the client fetches a token from the token endpoint and saves it.
//!
//! Processes do not wait for each other. Any number of tokens are valid side by side, so two
//! processes that fetch at the same time cost one request more, and the token that is saved last
//! stays in the store.
//!
//! If the API also refuses the stored token that replaced a refused one, the call is replayed a
//! second time with a token from the token endpoint.
//!
//! # When the store fails
//!
//! A call of the store that fails or panics, or that takes longer than 1 s, never fails a call of
//! the client: the client fetches its own token, records the event `token store failed`, counts it
//! in [`Metrics::token_store_failures`](crate::Metrics::token_store_failures), and does not use the
//! store for 30 s.
//!
//! # What is stored
//!
//! One entry for each environment and set of keys, under the key `vipps:token:v2:HASH`. `HASH` is
//! the SHA-256 of the base URL, the client id, the client secret and the subscription key, and
//! reveals none of them. A client with other keys or another environment has another entry.
//!
//! The token is stored in plain text. Anyone who can read the store can read the token until it
//! expires: one hour in the test environment, 24 hours in production. API calls also need the
//! subscription key, which is never stored. Protect the store itself with a password, TLS and a
//! closed network.

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

/// The future that the methods of a [`TokenStore`] return.
pub type TokenStoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, TokenStoreError>> + Send + 'a>>;

/// A store of access tokens that several clients share.
///
/// [The module](self) describes when a client uses it.
///
/// Keys are ASCII text of at most 100 characters. Tokens are secrets of a few kilobytes: keep them
/// out of logs. The client waits at most 1 s for each call, and then drops its future.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Mutex, PoisonError};
/// use std::time::Instant;
///
/// # use std::time::Duration;
/// use vipps::token_store::{StoredToken, TokenStore, TokenStoreFuture};
///
/// /// A store in memory. Replace the map with your database, and encrypt the tokens there.
/// #[derive(Debug, Default)]
/// struct Tokens(Mutex<HashMap<String, (StoredToken, Instant)>>);
///
/// impl TokenStore for Tokens {
///     fn load<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>> {
///         Box::pin(async move {
///             let tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///             Ok(tokens.get(key).and_then(|(token, saved)| {
///                 let left = token.expires_in().checked_sub(saved.elapsed())?;
///                 Some(StoredToken::new(token.access_token(), left))
///             }))
///         })
///     }
///
///     fn save<'a>(&'a self, key: &'a str, token: &'a StoredToken) -> TokenStoreFuture<'a, ()> {
///         Box::pin(async move {
///             let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
///             tokens.insert(key.to_owned(), (token.clone(), Instant::now()));
///             Ok(())
///         })
///     }
/// }
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Tokens::default();
/// # store.save("k", &StoredToken::new("t", Duration::from_secs(60))).await?;
/// # assert!(store.load("k").await?.is_some_and(|token| token.expires_in() <= Duration::from_secs(60)));
/// # Ok(()) }
/// ```
#[doc(alias = "token cache")]
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the token under this key, or `None` if it is missing or has expired.
    ///
    /// [`StoredToken::expires_in`] of the returned token is the time that is left by the store's
    /// own clock.
    fn load<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>>;

    /// Saves a token under this key until it expires, and replaces the token of an earlier save.
    fn save<'a>(&'a self, key: &'a str, token: &'a StoredToken) -> TokenStoreFuture<'a, ()>;
}

/// An access token in a [`TokenStore`].
///
/// `Debug` does not show the token.
///
/// ```
/// use std::time::Duration;
/// use vipps::token_store::StoredToken;
///
/// let token = StoredToken::new("eyJ0eXAi", Duration::from_secs(3600));
/// assert_eq!(token.access_token(), "eyJ0eXAi");
/// assert_eq!(format!("{token:?}"), "StoredToken { expires_in: 3600s, .. }");
/// ```
#[derive(Clone)]
pub struct StoredToken {
    access_token: SecretString,
    expires_in: Duration,
}

impl StoredToken {
    /// Creates a token from its text, without the word `Bearer`, and the time until it expires.
    pub fn new(access_token: impl Into<String>, expires_in: Duration) -> Self {
        Self {
            access_token: access_token.into().into(),
            expires_in,
        }
    }

    /// Returns the access token, without the word `Bearer`.
    pub fn access_token(&self) -> &str {
        self.access_token.expose_secret()
    }

    /// Returns the time until the token expires, counted from the moment of the load or the save.
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }
}

impl fmt::Debug for StoredToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// The error of a [`TokenStore`].
///
/// The client logs its text, so keep tokens and passwords out of it.
///
/// ```
/// use vipps::token_store::TokenStoreError;
///
/// let error = TokenStoreError::new("the database is not reachable");
/// assert_eq!(error.to_string(), "the database is not reachable");
/// ```
#[derive(Debug)]
pub struct TokenStoreError(Box<dyn StdError + Send + Sync>);

impl TokenStoreError {
    /// Creates an error from another error, or from a text.
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
