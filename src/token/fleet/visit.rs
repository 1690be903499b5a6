//! One fetch's way through the store.

use std::borrow::Cow;
use std::time::Duration;

use http::HeaderValue;

use super::{Fleet, Record, Shelf, report};
use crate::clock;
use crate::error::Result;
use crate::token::fetch;
use crate::token::flight::Fetched;
use crate::token_store::{TokenStoreError, TokenStoreFuture};
use crate::vipps::Vipps;

/// How long a process that fetches may keep the others waiting; one of them takes over then.
const LEASE: Duration = Duration::from_secs(4);
/// The longest wait for others: two leases, of which the second is for the one who takes over.
const PATIENCE: Duration = Duration::from_secs(8);
/// The first wait between two looks into the store, and the longest.
const LOOKS: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(400));
/// How long the store may take for one answer, and for all from a look to a token.
const ANSWER: Duration = Duration::from_secs(1);
const ANSWERS: Duration = Duration::from_secs(2);

/// What a client does now.
pub(super) enum Turn {
    /// Use the stored token, which ends then.
    Take(HeaderValue, Duration),
    /// Fetch one in place of the stored one, and put it there.
    Lead(Option<Shelf>),
    /// Fetch, and leave the store alone.
    Alone,
}

pub(super) struct Visit<'a> {
    fleet: &'a Fleet,
    vipps: &'a Vipps,
    /// What is left of the time for answers.
    left: Duration,
}

impl<'a> Visit<'a> {
    pub(super) fn begin(fleet: &'a Fleet, vipps: &'a Vipps) -> Self {
        Self {
            fleet,
            vipps,
            left: ANSWERS,
        }
    }

    /// Looks into the store until it has a token, or until it is this client's turn to fetch one.
    pub(super) async fn turn(&mut self) -> Result<Turn, TokenStoreError> {
        let patience = PATIENCE.min(self.vipps.total_timeout() / 3);
        let gives_up = self.now() + patience;
        let mut pause = LOOKS.0;
        loop {
            let shelf = self.look().await?;
            if let Some(turn) = self.of_use(shelf.as_ref()) {
                return Ok(turn);
            }
            if self.lock().await? {
                // Between the look and the lock, the one who held it before may have put its token there.
                let shelf = self.look().await?;
                if let Some(turn) = self.of_use(shelf.as_ref()) {
                    self.unlock().await;
                    return Ok(turn);
                }
                self.clear(shelf.as_ref()).await?;
                return Ok(Turn::Lead(shelf));
            }
            if self.now() >= gives_up {
                return Ok(Turn::Lead(shelf));
            }
            let jitter = clock::fraction(self.vipps.randomness());
            let wait = pause.mul_f64(0.5 + jitter / 2.0);
            self.vipps.time().sleep(wait).await;
            pause = (pause * 2).min(LOOKS.1);
            self.left = ANSWERS;
        }
    }

    /// Fetches for all: puts the token into the store, and lets the next one look. With the time that it ends.
    pub(super) async fn lead(&mut self, shelf: Option<Shelf>) -> Result<(Duration, Fetched)> {
        let stored = shelf.and_then(|shelf| shelf.token);
        let refused = self.fleet.seen().refused_so_far(stored);
        let began = self.now();
        let result = fetch(self.vipps).await;
        let result = result.map(|fetched| (began + fetched.lifetime, fetched));
        let put = match &result {
            Ok((ends, fetched)) => self.put(fetched, *ends, &refused).await,
            Err(_) => Ok(()),
        };
        match put {
            Ok(()) => self.unlock().await,
            Err(error) => self.fleet.failed(self.vipps, &error),
        }
        result
    }

    fn now(&self) -> Duration {
        self.vipps.time().monotonic()
    }

    async fn ask<T>(&mut self, answer: TokenStoreFuture<'_, T>) -> Result<T, TokenStoreError> {
        let asked = self.now();
        let limit = ANSWER.min(self.left);
        let answer = self.vipps.time().timeout_since(asked, limit, answer);
        let answer = answer.await;
        self.left = self.left.saturating_sub(self.now().saturating_sub(asked));
        answer.unwrap_or_else(|| Err(TokenStoreError::new("no answer in time")))
    }

    async fn look(&mut self) -> Result<Option<Shelf>, TokenStoreError> {
        let asked = self.now();
        let stored = self.fleet.store.get(&self.fleet.token_key);
        let stored = self.ask(stored).await?;
        Ok(stored.map(|stored| Shelf::read(stored, asked)))
    }

    fn of_use(&self, shelf: Option<&Shelf>) -> Option<Turn> {
        let (ends, token) = (shelf?.ends, shelf?.token.as_ref()?);
        let wanted = self.fleet.seen().wants(token, ends, self.now());
        wanted.then(|| Turn::Take(token.header.clone(), ends))
    }

    /// Whether this client may fetch for all.
    async fn lock(&mut self) -> Result<bool, TokenStoreError> {
        let Fleet {
            store,
            lock_key,
            me,
            ..
        } = self.fleet;
        if self.ask(store.set_if_absent(lock_key, me, LEASE)).await? {
            return Ok(true);
        }
        // A leader of this client that was dropped leaves its lock to the one after it.
        let holder = self.ask(store.get(lock_key)).await?;
        Ok(holder.is_some_and(|holder| holder.value() == me))
    }

    /// Lets the next one in, if this client holds the lock. Should that fail, the lock ends by itself.
    async fn unlock(&mut self) {
        let Fleet {
            store,
            lock_key,
            me,
            ..
        } = self.fleet;
        if let Err(error) = self.ask(store.delete_if_equal(lock_key, me)).await {
            self.fleet.failed(self.vipps, &error);
        }
    }

    /// Makes sure that nobody is given what this client knows to be worthless.
    async fn clear(&mut self, shelf: Option<&Shelf>) -> Result<(), TokenStoreError> {
        let Some(shelf) = shelf else { return Ok(()) };
        let worthless = if let Some(token) = &shelf.token {
            self.fleet.seen().has_refused(&token.header)
        } else {
            let reason = "what is stored under the token's key is no token";
            report(self.vipps, reason);
            true
        };
        if worthless {
            let Fleet {
                store, token_key, ..
            } = self.fleet;
            let deleting = store.delete_if_equal(token_key, shelf.value.value());
            self.ask(deleting).await?;
        }
        Ok(())
    }

    async fn put(
        &mut self,
        fetched: &Fetched,
        ends: Duration,
        refused: &[String],
    ) -> Result<(), TokenStoreError> {
        let left = ends.saturating_sub(self.now());
        let header = fetched.header.to_str().unwrap_or_default();
        let Some(token) = header.strip_prefix("Bearer ").filter(|_| !left.is_zero()) else {
            return Ok(());
        };
        let record = Record {
            token: token.into(),
            lives_ms: u64::try_from(fetched.lifetime.as_millis()).unwrap_or(u64::MAX),
            refused: Cow::Borrowed(refused),
        };
        let value = serde_json::to_string(&record).map_err(TokenStoreError::new)?;
        let Fleet {
            store, token_key, ..
        } = self.fleet;
        self.ask(store.set(token_key, &value, left)).await
    }
}
