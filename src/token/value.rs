//! Access tokens as values: as a fetch returns them, and as calls send them.

use std::fmt;
use std::time::Duration;

use http::HeaderValue;

/// The longest time for which a token is used, even if its response states a longer lifetime.
const LONGEST_LIFETIME: Duration = Duration::from_secs(7 * 24 * 3600);

/// A token as the token endpoint or a token store returned it.
#[derive(Debug)]
pub(crate) struct FetchedToken {
    /// The `Authorization` header, `Bearer …`, marked sensitive.
    pub(crate) header: HeaderValue,
    /// The time until the token expires, counted from the request: at most 7 days.
    pub(crate) lifetime: Duration,
    /// `true` if another client fetched the token, and this client loaded it from a token store.
    pub(crate) is_shared: bool,
}

impl FetchedToken {
    /// Returns `None` if the token is empty or has a character that a header cannot hold.
    pub(crate) fn new(access_token: &str, lifetime: Duration) -> Option<Self> {
        let access_token = access_token.trim();
        if access_token.is_empty() {
            return None;
        }
        let mut header = HeaderValue::try_from(format!("Bearer {access_token}")).ok()?;
        header.set_sensitive(true);
        Some(Self {
            header,
            lifetime: lifetime.min(LONGEST_LIFETIME),
            is_shared: false,
        })
    }

    /// Returns the token without the word `Bearer`.
    pub(super) fn access_token(&self) -> Option<&str> {
        self.header.to_str().ok()?.strip_prefix("Bearer ")
    }
}

/// A token of a client, and the times of the client's monotonic clock at which it is refreshed and
/// no longer sent.
pub(crate) struct Token {
    /// The header; see [`FetchedToken::header`].
    pub(crate) header: HeaderValue,
    /// See [`FetchedToken::is_shared`].
    pub(crate) is_shared: bool,
    /// The number of the fetch that returned the token. An HTTP 401 invalidates only the token that
    /// was refused.
    pub(crate) generation: u64,
    refresh_at: Duration,
    usable_until: Duration,
}

impl Token {
    /// Returns the token of a fetch. `requested_at` is when its request began. `jitter` is in
    /// `0.0..1.0`.
    pub(super) fn new(
        fetched: FetchedToken,
        generation: u64,
        requested_at: Duration,
        jitter: f64,
    ) -> Self {
        let lifetime = fetched.lifetime;
        // A tenth of the lifetime ahead of the expiry. The jitter adds up to half of that, so that
        // many clients do not all refresh at once. A token with a short lifetime is still used for
        // half of it.
        let margin = (lifetime / 10).clamp(Duration::from_secs(60), Duration::from_secs(600));
        let margin = (margin + margin.mul_f64(jitter / 2.0)).min(lifetime / 2);
        // The request that carries the token takes time to arrive.
        let transit = (lifetime / 20).min(Duration::from_secs(10));
        Self {
            header: fetched.header,
            is_shared: fetched.is_shared,
            generation,
            refresh_at: requested_at + lifetime.saturating_sub(margin),
            usable_until: requested_at + lifetime.saturating_sub(transit),
        }
    }

    /// Returns whether no caller needs to refresh the token yet.
    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        now < self.refresh_at
    }

    /// Returns whether a call may send the token.
    pub(super) fn is_usable(&self, now: Duration) -> bool {
        now < self.usable_until
    }

    /// Returns when calls stop sending the token.
    pub(super) fn usable_until(&self) -> Duration {
        self.usable_until
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}
