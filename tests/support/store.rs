//! A token store whose faults a test decides, and that remembers what it was asked.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses a part"
)]

#[path = "../money/dice.rs"]
mod dice;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use dice::{Dice, Seeded};
use vipps::token_store::{MemoryTokenStore, Stored, TokenStore, TokenStoreError, TokenStoreFuture};

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, Default)]
pub enum Weather {
    #[default]
    Fine,
    /// Each operation takes this long.
    Slow(Duration),
    /// Each operation fails.
    Down,
    /// No operation is ever answered.
    Silent,
    /// Each operation takes place and its answer is lost.
    Deaf,
    /// Each operation takes up to 40 ms, and so many in a hundred go wrong in one of these ways.
    Rough(u64),
}

#[derive(Clone, Debug)]
pub struct FakeStore(Arc<Inner>);

impl Default for FakeStore {
    fn default() -> Self {
        Self::with_seed(0)
    }
}

#[derive(Debug)]
struct Inner {
    dice: Mutex<Dice>,
    entries: MemoryTokenStore,
    weather: Mutex<Weather>,
    asked: AtomicUsize,
    keys: Mutex<BTreeSet<String>>,
}

impl FakeStore {
    pub fn with_seed(seed: u64) -> Self {
        Self(Arc::new(Inner {
            dice: Mutex::new(Dice::new(seed)),
            entries: MemoryTokenStore::new(),
            weather: Mutex::default(),
            asked: AtomicUsize::default(),
            keys: Mutex::default(),
        }))
    }

    pub fn weather(&self, weather: Weather) {
        *self.0.weather.lock().unwrap() = weather;
    }

    /// Operations so far.
    pub fn asked(&self) -> usize {
        self.0.asked.load(Ordering::SeqCst)
    }

    /// All keys that were ever asked for.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys.lock().unwrap().iter().cloned().collect()
    }

    /// The key of the only token, and that of its lock.
    pub fn only_keys(&self) -> (String, String) {
        let keys = self.keys();
        assert_eq!(keys.len(), 2, "{keys:?}");
        (keys[0].clone(), keys[1].clone())
    }

    /// What is there, past all faults.
    pub async fn value(&self, key: &str) -> Option<Stored> {
        self.0.entries.get(key).await.unwrap()
    }

    /// Puts something there, past all faults.
    pub async fn put(&self, key: &str, value: &str, lifetime: Duration) {
        self.0.entries.set(key, value, lifetime).await.unwrap();
    }

    /// What rough weather comes to this time.
    async fn today(&self, weather: Weather) -> Weather {
        let Weather::Rough(percent) = weather else {
            return weather;
        };
        let (latency, today) = {
            let mut dice = self.0.dice.lock().unwrap();
            let latency = Duration::from_millis(dice.below(40));
            let wrong = [Weather::Down, Weather::Deaf, Weather::Silent];
            let today = if dice.percent(percent) {
                *dice.pick(&wrong)
            } else {
                Weather::Fine
            };
            (latency, today)
        };
        tokio::time::sleep(latency).await;
        today
    }

    async fn through<T>(
        &self,
        key: &str,
        operation: impl Future<Output = Result<T, TokenStoreError>>,
    ) -> Result<T, TokenStoreError> {
        self.0.asked.fetch_add(1, Ordering::SeqCst);
        self.0.keys.lock().unwrap().insert(key.to_owned());
        let weather = *self.0.weather.lock().unwrap();
        match self.today(weather).await {
            Weather::Fine | Weather::Rough(_) => operation.await,
            Weather::Slow(time) => {
                tokio::time::sleep(time).await;
                operation.await
            }
            Weather::Down => Err(TokenStoreError::new("down")),
            Weather::Silent => std::future::pending().await,
            Weather::Deaf => {
                operation.await?;
                Err(TokenStoreError::new("the answer is lost"))
            }
        }
    }
}

impl TokenStore for FakeStore {
    fn get<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<Stored>> {
        Box::pin(self.through(key, async move { self.0.entries.get(key).await }))
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, ()> {
        let setting = async move { self.0.entries.set(key, value, lifetime).await };
        Box::pin(self.through(key, setting))
    }

    fn set_if_absent<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, bool> {
        let setting = async move { self.0.entries.set_if_absent(key, value, lifetime).await };
        Box::pin(self.through(key, setting))
    }

    fn delete_if_equal<'a>(&'a self, key: &'a str, value: &'a str) -> TokenStoreFuture<'a, ()> {
        let deleting = async move { self.0.entries.delete_if_equal(key, value).await };
        Box::pin(self.through(key, deleting))
    }
}
