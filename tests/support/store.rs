//! A token store with injected faults, which counts its calls.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "each test file uses a part"
)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use vipps::token_store::{
    MemoryTokenStore, StoredToken, TokenStore, TokenStoreError, TokenStoreFuture,
};

/// A fault of every call of the store.
#[derive(Clone, Copy, Debug, Default)]
pub enum StoreFault {
    #[default]
    None,
    /// Each call takes this long.
    Slow(Duration),
    /// Each call fails.
    Down,
    /// No call ever returns.
    Silent,
    /// Each call takes effect, and its response is lost.
    ResponseLost,
}

#[derive(Clone, Debug, Default)]
pub struct FakeStore(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    tokens: MemoryTokenStore,
    fault: Mutex<StoreFault>,
    calls: AtomicUsize,
    keys: Mutex<BTreeSet<String>>,
}

impl FakeStore {
    pub fn set_fault(&self, fault: StoreFault) {
        *self.0.fault.lock().unwrap() = fault;
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// All keys of all calls.
    pub fn keys(&self) -> Vec<String> {
        self.0.keys.lock().unwrap().iter().cloned().collect()
    }

    /// The key of the only token.
    pub fn only_key(&self) -> String {
        let keys = self.keys();
        assert_eq!(keys.len(), 1, "{keys:?}");
        keys[0].clone()
    }

    /// Returns the stored token, without faults.
    pub async fn stored(&self, key: &str) -> Option<StoredToken> {
        self.0.tokens.load(key).await.unwrap()
    }

    /// Stores a token, without faults.
    pub async fn put(&self, key: &str, token: &str, expires_in: Duration) {
        let token = StoredToken::new(token, expires_in);
        self.0.tokens.save(key, &token).await.unwrap();
    }

    async fn call<T>(
        &self,
        key: &str,
        operation: TokenStoreFuture<'_, T>,
    ) -> Result<T, TokenStoreError> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        self.0.keys.lock().unwrap().insert(key.to_owned());
        let fault = *self.0.fault.lock().unwrap();
        match fault {
            StoreFault::None => operation.await,
            StoreFault::Slow(time) => {
                tokio::time::sleep(time).await;
                operation.await
            }
            StoreFault::Down => Err(TokenStoreError::new("down")),
            StoreFault::Silent => std::future::pending().await,
            StoreFault::ResponseLost => {
                operation.await?;
                Err(TokenStoreError::new("the response is lost"))
            }
        }
    }
}

impl TokenStore for FakeStore {
    fn load<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>> {
        Box::pin(async move {
            self.call(key, Box::pin(async { self.0.tokens.load(key).await }))
                .await
        })
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a StoredToken) -> TokenStoreFuture<'a, ()> {
        Box::pin(async move {
            self.call(
                key,
                Box::pin(async { self.0.tokens.save(key, token).await }),
            )
            .await
        })
    }
}
