//! A token store in this process's memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;

use super::{Stored, TokenStore, TokenStoreFuture};

/// A [`TokenStore`] in this process's memory, for several clients with the same keys: one for each tenant's settings, or
/// one for each thread's runtime. Clones share what they hold. One client and its clones share their token without it.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::start()?;
/// use vipps::token_store::MemoryTokenStore;
///
/// let store = MemoryTokenStore::new();
/// for order in ["order-1", "order-2", "order-3"] {
///     let vipps = sim.client_builder().token_store(store.clone()).build()?;
///     vipps.ecom().initiate(order.parse()?, vipps::Amount::kroner(1), "Socks".parse()?).await?;
/// }
/// assert_eq!(sim.journal().count("fetch_authorization_token_using_post"), 1);
/// # Ok(()) }
/// ```
#[derive(Clone, Default)]
pub struct MemoryTokenStore(Arc<Mutex<Entries>>);

/// No time of day is that far off, and no sum with it overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);

/// Values and when they end, by key.
type Entries = HashMap<String, (SecretString, Instant)>;

impl MemoryTokenStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// What has not ended yet.
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
    fn get<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<Stored>> {
        let now = Instant::now();
        let entries = self.entries(now);
        let found = entries.get(key).map(|(value, end)| {
            Stored::new(value.expose_secret(), end.saturating_duration_since(now))
        });
        Box::pin(std::future::ready(Ok(found)))
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, ()> {
        let now = Instant::now();
        self.entries(now)
            .insert(key.to_owned(), (value.into(), now + lifetime.min(LONGEST)));
        Box::pin(std::future::ready(Ok(())))
    }

    fn set_if_absent<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, bool> {
        let now = Instant::now();
        let mut entries = self.entries(now);
        let absent = !entries.contains_key(key);
        if absent {
            entries.insert(key.to_owned(), (value.into(), now + lifetime.min(LONGEST)));
        }
        Box::pin(std::future::ready(Ok(absent)))
    }

    fn delete_if_equal<'a>(&'a self, key: &'a str, value: &'a str) -> TokenStoreFuture<'a, ()> {
        let mut entries = self.entries(Instant::now());
        if entries
            .get(key)
            .is_some_and(|(held, _)| held.expose_secret() == value)
        {
            entries.remove(key);
        }
        Box::pin(std::future::ready(Ok(())))
    }
}
