//! A token store in this process's memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{StoredToken, TokenStore, TokenStoreFuture};

/// A [`TokenStore`] in the memory of this process.
///
/// It is for several clients with the same keys, such as one client for each thread's runtime.
/// Clones of the store share their tokens. One client and its clones share their token without a
/// store.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// use vipps::token_store::MemoryTokenStore;
///
/// let store = MemoryTokenStore::new();
/// for order in ["order-1", "order-2", "order-3"] {
///     let vipps = sim.client_builder().token_store(store.clone()).build()?;
///     vipps.ecom().initiate(order.parse()?, vipps::Amount::nok(1), "Socks".parse()?).await?;
/// }
/// assert_eq!(sim.journal().count("fetch_authorization_token_using_post"), 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct MemoryTokenStore(Arc<Mutex<Entries>>);

/// The longest lifetime, so that the sum of it and the current time does not overflow.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Tokens and when they expire, by key.
type Entries = HashMap<String, (StoredToken, Instant)>;

impl MemoryTokenStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the tokens that have not expired, and drops the others.
    fn entries(&self, now: Instant) -> MutexGuard<'_, Entries> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, (_, end)| *end > now);
        entries
    }
}

impl fmt::Debug for MemoryTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryTokenStore").finish_non_exhaustive()
    }
}

impl TokenStore for MemoryTokenStore {
    fn load<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>> {
        let now = Instant::now();
        let entries = self.entries(now);
        let found = entries.get(key).map(|(token, end)| {
            StoredToken::new(token.access_token(), end.saturating_duration_since(now))
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a StoredToken) -> TokenStoreFuture<'a, ()> {
        let now = Instant::now();
        let end = now + token.expires_in().min(LONGEST);
        self.entries(now)
            .insert(key.to_owned(), (token.clone(), end));
        Box::pin(std::future::ready(Ok(())))
    }
}
