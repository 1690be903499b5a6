//! One token for a fleet: what a client asks its [`TokenStore`] before it asks the token endpoint.
//!
//! The leader of the client's own flight comes through here, so that a client does this once at a time. It takes what
//! the store has. If nothing there is of use it takes the lock, and the others wait for what it brings. A store that
//! fails costs the sharing and nothing else.
//!
//! What is of use after a 401 is the hard part. Another token than the refused one may have been revoked by the same
//! stroke, and a replay is to bring the answer. So a client that was refused takes only a token that is surely younger
//! than that: one whose fetch began after the refusal, or whose fetcher knew of it. Each stored token says when it was
//! fetched and which ones were refused before it. It may have been revoked since, which a call finds out that is refused
//! a second time: then, and only then, it is replayed once more. So no call fails for want of a fetch of its own.

mod visit;

use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::flight::{Fetched, Token};
use super::{bearer, fetch};
use crate::clock::{Randomness as _, SystemRandomness};
use crate::credentials::Credentials;
use crate::error::Result;
use crate::token_store::{Stored, TokenStore, TokenStoreError};
use crate::vipps::Vipps;
use visit::{Turn, Visit};

/// How long the store is left alone once it has failed.
const PAUSE: Duration = Duration::from_secs(30);
/// A stored token with less than this left is not worth taking: a call may outlast it.
const WORTH: Duration = Duration::from_secs(10);
/// How many refused tokens a stored one remembers.
const REMEMBERED: usize = 8;

/// A client's part in a fleet.
#[derive(Debug)]
pub(crate) struct Fleet {
    store: Arc<dyn TokenStore>,
    token_key: String,
    lock_key: String,
    /// What the lock holds while it is this client's.
    me: String,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    newest: Option<Newest>,
    /// The token last taken from the store.
    on_trust: Option<HeaderValue>,
    /// The store is not asked before.
    paused_until: Duration,
}

/// The newest token that this client has had.
#[derive(Debug)]
struct Newest {
    header: HeaderValue,
    ends: Duration,
    /// When it was answered with a 401.
    refused: Option<Duration>,
}

/// What the store has under the token's key, by this client's clock.
struct Shelf {
    value: Stored,
    ends: Duration,
    /// Nothing if the value cannot be read.
    token: Option<Shelved>,
}

struct Shelved {
    header: HeaderValue,
    /// When its fetch began.
    began: Duration,
    /// The fingerprints of tokens that were refused before that.
    refused: Vec<String>,
}

/// A token at rest.
#[derive(Deserialize, Serialize)]
struct Record<'a> {
    token: Cow<'a, str>,
    /// How long it lives, from the moment that its fetch began.
    lives_ms: u64,
    refused: Cow<'a, [String]>,
}

impl Fleet {
    pub(crate) fn new(
        store: Arc<dyn TokenStore>,
        base_url: &str,
        credentials: &Credentials,
    ) -> Self {
        let mut me = [0; 16];
        // Not the client's own randomness, which may be the same in two clients.
        SystemRandomness.fill(&mut me);
        let token_key = format!("vipps:token:v1:{}", scope(base_url, credentials));
        Self {
            store,
            lock_key: format!("{token_key}:lock"),
            token_key,
            me: hex(&me),
            seen: Mutex::default(),
        }
    }

    /// Whether this token came from the store, and may have been revoked before that.
    pub(crate) fn on_trust(&self, token: &Token) -> bool {
        self.seen().on_trust.as_ref() == Some(&token.header)
    }

    /// Takes in that a token was answered with a 401.
    pub(crate) fn refused(&self, token: &Token, now: Duration) {
        if let Some(newest) = &mut self.seen().newest
            && newest.header == token.header
        {
            newest.refused.get_or_insert(now);
        }
    }

    /// A token from the store, or from the endpoint for all.
    pub(super) async fn fetch(&self, vipps: &Vipps) -> Result<Fetched> {
        let mut visit = Visit::begin(self, vipps);
        let turn = if vipps.time().monotonic() < self.seen().paused_until {
            Turn::Alone
        } else {
            visit.turn().await.unwrap_or_else(|error| {
                self.failed(vipps, &error);
                Turn::Alone
            })
        };
        let (ends, fetched) = match turn {
            Turn::Take(header, ends) => {
                self.seen().on_trust = Some(header.clone());
                (ends, taken(vipps, header, ends))
            }
            Turn::Lead(shelf) => visit.lead(shelf).await?,
            Turn::Alone => {
                let began = vipps.time().monotonic();
                let fetched = fetch(vipps).await?;
                (began + fetched.lifetime, fetched)
            }
        };
        self.seen().newest = Some(Newest {
            header: fetched.header.clone(),
            ends,
            refused: None,
        });
        Ok(fetched)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, vipps: &Vipps, error: &TokenStoreError) {
        self.seen().paused_until = vipps.time().monotonic() + PAUSE;
        report(vipps, &error.to_string());
    }
}

impl Seen {
    /// Whether this client takes what the store has.
    fn wants(&self, token: &Shelved, ends: Duration, now: Duration) -> bool {
        if ends < now + WORTH {
            return false;
        }
        let Some(newest) = &self.newest else {
            return true;
        };
        if token.header == newest.header {
            return false;
        }
        match newest.refused {
            Some(at) => token.began >= at || token.refused.contains(&fingerprint(&newest.header)),
            // Ahead of its end, a token is replaced by one that lives longer.
            None => ends > newest.ends,
        }
    }

    fn has_refused(&self, header: &HeaderValue) -> bool {
        self.newest
            .as_ref()
            .is_some_and(|newest| newest.refused.is_some() && newest.header == header)
    }

    /// What the next token remembers, which is fetched in place of a stored one.
    fn refused_so_far(&self, stored: Option<Shelved>) -> Vec<String> {
        let newest = self.newest.as_ref();
        let refused = newest.filter(|newest| newest.refused.is_some());
        let mine = refused.map(|newest| fingerprint(&newest.header));
        let others = stored.map(|stored| stored.refused).unwrap_or_default();
        mine.into_iter().chain(others).take(REMEMBERED).collect()
    }
}

impl Shelf {
    /// Reads what the store answered to a question of that moment. All times err on the early side.
    fn read(value: Stored, asked: Duration) -> Self {
        let ends = asked + value.left().min(super::LONGEST_LIFETIME);
        let record = serde_json::from_str::<Record<'_>>(value.value()).ok();
        let token = record.and_then(|record| {
            Some(Shelved {
                header: bearer(&record.token)?,
                began: ends.saturating_sub(Duration::from_millis(record.lives_ms)),
                refused: record.refused.into_owned(),
            })
        });
        Self { value, ends, token }
    }
}

fn taken(vipps: &Vipps, header: HeaderValue, ends: Duration) -> Fetched {
    let lifetime = ends.saturating_sub(vipps.time().monotonic());
    vipps.counters().tokens_shared.add_one();
    tracing::debug!(
        vipps.token.lifetime_s = lifetime.as_secs(),
        "token taken from the store"
    );
    Fetched { header, lifetime }
}

fn report(vipps: &Vipps, reason: &str) {
    vipps.counters().token_store_failures.add_one();
    tracing::warn!(reason, "token store failed");
}

/// Which environment and keys a token is for, without telling them.
fn scope(base_url: &str, credentials: &Credentials) -> String {
    let mut hash = Sha256::new();
    for part in [
        base_url,
        credentials.client_id(),
        credentials.client_secret(),
        credentials.subscription_key(),
    ] {
        // None of them has a line's end in it, so that no two sets read the same.
        hash.update(part);
        hash.update("\n");
    }
    hex(&hash.finalize())
}

/// Tells a token from others without telling it.
fn fingerprint(header: &HeaderValue) -> String {
    hex(&Sha256::digest(header.as_bytes())[..8])
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
