//! The access tokens of one client: fetched when first needed, refreshed ahead of their expiry,
//! shared by all callers.
//!
//! [`Tokens`] is the entry. It is independent of any API: a [`FetchToken`] fetches from the token
//! endpoint.
//!
//! - A caller that finds a fresh token gets it at once.
//! - One fetch runs at a time. It runs in a task of its own, so it does not stop when the caller
//!   that started it stops. Callers without a usable token wait for it and share its result, errors
//!   included. Callers with a usable token never wait.
//! - A fetch whose task was dropped, or that is not polled for 1 s after it was woken, is given up.
//!   Another caller then starts a new one.
//! - After a failed fetch, the next one starts after a pause, which grows from 100 ms to 5 s. If
//!   the token endpoint requests a longer pause (`Retry-After`), it applies, up to 5 minutes. Until
//!   5 s before its end, callers get the error of the failed fetch.
//! - With a token store, a fetch loads the stored token first. A store that fails never fails a
//!   fetch.
//!
//! | file | |
//! |---|---|
//! | `value.rs` | tokens as values, with the times at which they are refreshed and expire |
//! | `state.rs` | the state machine: what a caller must do now |
//! | `flight.rs` | one fetch that is under way |
//! | `single_flight.rs` | moves callers through the state machine |
//! | `store.rs` | which stored token is taken, and what happens when the store fails |

mod flight;
mod single_flight;
mod state;
mod store;
mod sync;
#[cfg(test)]
mod tests;
mod value;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use single_flight::FetchFuture;
use single_flight::SingleFlight;
pub(crate) use store::SharedStore;
pub(crate) use value::{FetchedToken, Token};

use crate::clock::{Randomness, Time};
use crate::error::Result;
use crate::telemetry::Counters;

/// Fetches access tokens from the token endpoint.
pub(crate) trait FetchToken: Send + Sync + 'static {
    /// Fetches one token, retries included.
    fn fetch_token(&self) -> FetchFuture<'_>;
}

/// The access tokens of one client. Clones share them.
#[derive(Clone)]
pub(crate) struct Tokens(Arc<Inner>);

struct Inner {
    single_flight: SingleFlight,
    endpoint: Box<dyn FetchToken>,
    store: Option<SharedStore>,
    time: Time,
    counters: Arc<Counters>,
}

impl Tokens {
    pub(crate) fn new(
        endpoint: impl FetchToken,
        store: Option<SharedStore>,
        time: Time,
        randomness: Arc<dyn Randomness>,
        counters: Arc<Counters>,
    ) -> Self {
        Self(Arc::new(Inner {
            single_flight: SingleFlight::new(time.clone(), randomness),
            endpoint: Box::new(endpoint),
            store,
            time,
            counters,
        }))
    }

    /// Returns the current token if it is fresh, as it is for nearly every call.
    pub(crate) fn ready(&self, now: Duration) -> Option<Arc<Token>> {
        self.0.single_flight.ready(now)
    }

    /// Returns a token to send, and waits for a fetch if there is no usable one.
    ///
    /// # Errors
    /// The error of the fetch.
    pub(crate) async fn get(&self) -> Result<Arc<Token>> {
        let fetch = || -> FetchFuture<'static> {
            let tokens = self.clone();
            Box::pin(async move { tokens.0.fetch().await })
        };
        self.0.single_flight.get(fetch).await
    }

    /// Returns whether a call may be replayed with another token, after the API refused this token
    /// with HTTP 401. If so, discards the token. `replays` is the number of earlier replays of the
    /// call.
    pub(crate) fn refuse(&self, token: &Token, replays: u32) -> bool {
        // A call is replayed once. If the refused token came from the store, another process may
        // have stored the next one before it was revoked too, so the call is replayed twice.
        let replay = replays == 0 || (replays == 1 && token.is_shared);
        if replay {
            if let Some(store) = &self.0.store {
                store.refuse(token);
            }
            self.0.single_flight.invalidate(token.generation);
        }
        replay
    }
}

impl Inner {
    /// Returns the stored token if it can be used. Otherwise fetches a token from the endpoint and
    /// saves it.
    ///
    /// The save is part of the fetch. In a task of its own it could be lost with the runtime of a
    /// caller that already has its token.
    async fn fetch(&self) -> Result<FetchedToken> {
        let Some(store) = &self.store else {
            return self.fetch_from_endpoint().await;
        };
        if let Some(stored) = store.load(&self.single_flight).await {
            return Ok(stored);
        }
        let requested_at = self.time.monotonic();
        let fetched = self.fetch_from_endpoint().await?;
        store.save(&fetched, requested_at).await;
        Ok(fetched)
    }

    async fn fetch_from_endpoint(&self) -> Result<FetchedToken> {
        let fetched = self.endpoint.fetch_token().await;
        match &fetched {
            Ok(token) => {
                let lifetime = token.lifetime.as_secs();
                tracing::debug!(vipps.token.lifetime_s = lifetime, "token fetched");
                self.counters.tokens_fetched.add_one();
            }
            Err(error) => {
                tracing::warn!(
                    error.type = error.kind().as_str(),
                    http.response.status_code = error.http_status(),
                    "token fetch failed"
                );
                self.counters.token_failures.add_one();
            }
        }
        fetched
    }
}
