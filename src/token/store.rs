//! The use of a [`TokenStore`]: which stored token a client takes, and what happens when the store
//! fails.
//!
//! Clients are not coordinated. All tokens stay valid side by side until they expire, so two
//! clients that fetch at the same time cost one request more and nothing else.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use http::HeaderValue;
use sha2::{Digest as _, Sha256};

use super::single_flight::SingleFlight;
use super::value::{FetchedToken, Token};
use crate::clock::Time;
use crate::credentials::Credentials;
use crate::telemetry::Counters;
use crate::token_store::{StoredToken, TokenStore, TokenStoreError, TokenStoreFuture};

/// The longest time that one call of the store may take.
const CALL_LIMIT: Duration = Duration::from_secs(1);
/// The time for which the store is not used after a failure.
const PAUSE: Duration = Duration::from_secs(30);
/// A stored token must live at least this much longer than the moment, and than the token that it
/// replaces.
const MIN_GAIN: Duration = Duration::from_secs(60);
/// The number of refused tokens that are recorded. A load can return only tokens that were saved a
/// short while ago.
const MAX_REFUSED: usize = 16;

/// The token store of one client.
#[derive(Debug)]
pub(crate) struct SharedStore {
    store: Arc<dyn TokenStore>,
    key: String,
    time: Time,
    counters: Arc<Counters>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The `Authorization` headers that the API refused with HTTP 401, the newest last.
    refused: VecDeque<HeaderValue>,
    /// The store is not used before this time of the client's monotonic clock.
    paused_until: Duration,
}

impl SharedStore {
    /// Returns the store with the entry of these keys at this base URL.
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        base_url: &str,
        credentials: &Credentials,
        time: Time,
        counters: Arc<Counters>,
    ) -> Self {
        Self {
            store,
            key: format!("vipps:token:v2:{}", hash(base_url, credentials)),
            time,
            counters,
            state: Mutex::default(),
        }
    }

    /// Records that the API refused this token, so that it is never taken from the store.
    pub(super) fn refuse(&self, token: &Token) {
        let refused = &mut self.state().refused;
        if refused.contains(&token.header) {
            return;
        }
        if refused.len() == MAX_REFUSED {
            refused.pop_front();
        }
        refused.push_back(token.header.clone());
    }

    /// Returns the stored token if it is better than the current token of the client.
    pub(super) async fn load(&self, current: &SingleFlight) -> Option<FetchedToken> {
        let requested_at = self.time.monotonic();
        let stored = self.call(|| self.store.load(&self.key)).await??;
        let fetched = FetchedToken::new(stored.access_token(), stored.expires_in())?;
        // The store computed the remaining time at some moment after `requested_at`, so this is
        // never too late.
        let expires_at = requested_at + fetched.lifetime;
        let replaced = current.usable_until().unwrap_or_default();
        if expires_at < requested_at.max(replaced) + MIN_GAIN
            || self.state().refused.contains(&fetched.header)
        {
            return None;
        }
        self.counters.tokens_shared.add_one();
        tracing::debug!(
            vipps.token.lifetime_s = fetched.lifetime.as_secs(),
            "token taken from the store"
        );
        Some(FetchedToken {
            is_shared: true,
            ..fetched
        })
    }

    /// Saves a token whose request began at `requested_at`.
    pub(super) async fn save(&self, fetched: &FetchedToken, requested_at: Duration) {
        let elapsed = self.time.monotonic().saturating_sub(requested_at);
        let remaining = fetched.lifetime.saturating_sub(elapsed);
        if remaining < MIN_GAIN {
            // No client would use a token that expires so soon.
            return;
        }
        let Some(access_token) = fetched.access_token() else {
            return;
        };
        let stored = StoredToken::new(access_token, remaining);
        self.call(|| self.store.save(&self.key, &stored)).await;
    }

    /// Runs one call of the store within its limit. Returns `None` if the store is paused or fails.
    async fn call<'a, T>(&self, start: impl FnOnce() -> TokenStoreFuture<'a, T>) -> Option<T> {
        let now = self.time.monotonic();
        if now < self.state().paused_until {
            return None;
        }
        let result = self.time.timeout_since(now, CALL_LIMIT, run(start)).await;
        let error = match result {
            Some(Ok(value)) => return Some(value),
            Some(Err(error)) => error,
            None => TokenStoreError::new("no response within 1 s"),
        };
        self.state().paused_until = now + PAUSE;
        self.counters.token_store_failures.add_one();
        let reason = error.to_string();
        tracing::warn!(reason, "token store failed");
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs one call of the store. A panic becomes an error, because without it every fetch of a token
/// would end in the same panic.
async fn run<'a, T>(start: impl FnOnce() -> TokenStoreFuture<'a, T>) -> Result<T, TokenStoreError> {
    let panicked = |_| TokenStoreError::new("the store panicked");
    let mut call = catch_unwind(AssertUnwindSafe(start)).map_err(panicked)?;
    poll_fn(|cx| {
        catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)))
            .unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await
}

/// Returns a hash of the environment and the keys that a token belongs to. The hash reveals none of
/// them.
fn hash(base_url: &str, credentials: &Credentials) -> String {
    use std::fmt::Write as _;
    let mut hash = Sha256::new();
    for part in [
        base_url,
        credentials.client_id(),
        credentials.client_secret(),
        credentials.subscription_key(),
    ] {
        // No part contains a line feed, so that two different lists never hash the same text.
        hash.update(part);
        hash.update("\n");
    }
    hash.finalize()
        .iter()
        .fold(String::new(), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}
