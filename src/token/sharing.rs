//! Sharing of access tokens between clients through a [`TokenStore`].
//!
//! The fetch of a token loads the stored token first, and saves the token that the token endpoint returned. Clients are
//! not coordinated: all tokens stay valid side by side until they expire, so that two clients that fetch at the same time
//! cost one request more and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use sha2::{Digest as _, Sha256};

use super::flight::{Fetched, Token};
use super::{LONGEST_LIFETIME, bearer, fetch};
use crate::credentials::Credentials;
use crate::error::Result;
use crate::token_store::{StoredToken, TokenStore, TokenStoreError, TokenStoreFuture};
use crate::vipps::Vipps;

/// The longest that one call of the store may take.
const CALL_LIMIT: Duration = Duration::from_secs(1);
/// The store is not used for this long after it failed.
const PAUSE: Duration = Duration::from_secs(30);
/// A stored token must live at least this much longer than the moment, and than the token that it replaces.
const MIN_GAIN: Duration = Duration::from_secs(60);
/// Refused tokens that are remembered. A fetch can meet only tokens that other clients saved a short while ago.
const MAX_REFUSED: usize = 16;

/// The store of one client, and what the client has learned about its tokens.
#[derive(Debug)]
pub(crate) struct TokenSharing {
    store: Arc<dyn TokenStore>,
    key: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Authorization headers that the API answered with HTTP 401, the newest last.
    refused: VecDeque<HeaderValue>,
    /// The store is not used before this moment of the client's monotonic clock.
    paused_until: Duration,
}

impl TokenSharing {
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        base_url: &str,
        credentials: &Credentials,
    ) -> Self {
        Self {
            store,
            key: format!("vipps:token:v2:{}", scope(base_url, credentials)),
            state: Mutex::default(),
        }
    }

    /// Records that the API refused this token, so that it is never taken from the store.
    pub(crate) fn refuse(&self, token: &Token) {
        let refused = &mut self.state().refused;
        if refused.contains(&token.header) {
            return;
        }
        if refused.len() == MAX_REFUSED {
            refused.pop_front();
        }
        refused.push_back(token.header.clone());
    }

    /// Takes the stored token where it is of use; otherwise fetches a token and saves it. The save is part of the fetch,
    /// so that it is not lost with the runtime of a caller that has its token.
    pub(super) async fn fetch(&self, vipps: &Vipps) -> Result<Fetched> {
        if let Some(stored) = self.load(vipps).await {
            return Ok(stored);
        }
        let began = vipps.time().monotonic();
        let fetched = fetch(vipps).await?;
        self.save(vipps, &fetched, began).await;
        Ok(fetched)
    }

    async fn load(&self, vipps: &Vipps) -> Option<Fetched> {
        let began = vipps.time().monotonic();
        let loading = || self.store.load(&self.key);
        let stored = self.call(vipps, loading).await??;
        let lifetime = stored.expires_in().min(LONGEST_LIFETIME);
        let now = vipps.time().monotonic();
        // The store computed the time left at some moment after `began`, so this is never too late.
        let expires = began + lifetime;
        let replaced = vipps.tokens().usable_until().unwrap_or_default();
        if expires < now.max(replaced) + MIN_GAIN {
            return None;
        }
        let header = bearer(stored.access_token())?;
        if self.state().refused.contains(&header) {
            return None;
        }
        let lifetime = expires.saturating_sub(now);
        vipps.counters().tokens_shared.add_one();
        tracing::debug!(
            vipps.token.lifetime_s = lifetime.as_secs(),
            "token taken from the store"
        );
        Some(Fetched {
            header,
            lifetime,
            shared: true,
        })
    }

    async fn save(&self, vipps: &Vipps, fetched: &Fetched, began: Duration) {
        let elapsed = vipps.time().monotonic().saturating_sub(began);
        let left = fetched.lifetime.saturating_sub(elapsed);
        if left < MIN_GAIN {
            // No client would take it.
            return;
        }
        let Some(token) = fetched
            .header
            .to_str()
            .ok()
            .and_then(|header| header.strip_prefix("Bearer "))
        else {
            return;
        };
        let stored = StoredToken::new(token, left);
        self.call(vipps, || self.store.save(&self.key, &stored))
            .await;
    }

    /// Runs one call of the store within its limit. Returns `None` while the store is paused, and when the call fails.
    async fn call<'a, T>(
        &self,
        vipps: &Vipps,
        start: impl FnOnce() -> TokenStoreFuture<'a, T>,
    ) -> Option<T> {
        let now = vipps.time().monotonic();
        if now < self.state().paused_until {
            return None;
        }
        let result = vipps.time().timeout_since(now, CALL_LIMIT, start()).await;
        let error = match result {
            Some(Ok(value)) => return Some(value),
            Some(Err(error)) => error,
            None => TokenStoreError::new("no response within 1 s"),
        };
        self.state().paused_until = vipps.time().monotonic() + PAUSE;
        vipps.counters().token_store_failures.add_one();
        let reason = error.to_string();
        tracing::warn!(reason, "token store failed");
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A hash of the environment and the keys that a token belongs to, which reveals none of them.
fn scope(base_url: &str, credentials: &Credentials) -> String {
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
