//! A token store in Redis.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline, RedisError, Value};
use tokio::time::Instant;

use super::{Stored, TokenStore, TokenStoreError, TokenStoreFuture};
use crate::types::InvalidValue;

/// How long a connection may take to come up, and how long an answer on it.
const PATIENCE: Duration = Duration::from_secs(1);

/// A connection that has been idle for longer is not used again: what lies between may have forgotten it.
const IDLE: Duration = Duration::from_secs(10);

/// Compares and deletes in one step, for which Redis has no command.
const DELETE_IF_EQUAL: &str =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0";

/// A [`TokenStore`] in Redis, or in what speaks its protocol and runs its scripts, such as Valkey.
///
/// One server, or a group of them behind one address. It connects when it is first asked, on tokio's runtime, and gives
/// a connection 1 s to come up and an answer as long. The user of the URL needs the commands `GET`, `PTTL`, `MULTI`,
/// `EXEC`, `SET`, `DEL` and `EVAL` on keys that begin with `vipps:token:`.
///
/// Clones share their connection.
#[derive(Clone)]
pub struct RedisTokenStore {
    client: Client,
    kept: Arc<Mutex<Option<Kept>>>,
}

/// A connection, and when it was last used.
type Kept = (MultiplexedConnection, Instant);

impl RedisTokenStore {
    /// A store at a URL such as `redis://10.0.0.7:6379`, `redis://user:password@redis.example.com/2` with a user and the
    /// number of a database, or `unix:///run/redis.sock`. Does no I/O.
    ///
    /// Tokens travel to Redis as they are, so that beyond a closed network it takes TLS: `rediss://`. For that enable
    /// `tokio-rustls-comp` or `tokio-native-tls-comp` on the crate `redis`, version 1, in your own `Cargo.toml`.
    ///
    /// # Errors
    /// When the URL is none that Redis is reached by. Never shows it, since it may hold a password.
    pub fn new(url: &str) -> crate::Result<Self> {
        let url = url.trim();
        let client = Client::open(url).map_err(|_| {
            let tls = ["rediss:", "valkeys:"].iter().any(|s| url.starts_with(s));
            let rule = if tls {
                "must be a URL of Redis with TLS, for which the crate `redis` must be built with `tokio-rustls-comp` \
                 or `tokio-native-tls-comp`"
            } else {
                "must be a URL such as redis://user:password@host:6379/0"
            };
            InvalidValue::hidden("redis_url", rule)
        })?;
        Ok(Self {
            client,
            kept: Arc::default(),
        })
    }

    async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, TokenStoreError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(TokenStoreError::new("Redis is reached on tokio's runtime"));
        }
        if let Some(mut kept) = self.kept() {
            let answer = commands.query_async(&mut kept).await;
            match answer {
                // Its runtime may have ended, or Redis may have been restarted.
                Err(error) if error.is_connection_dropped() => {}
                answer => return self.answered(kept, answer),
            }
        }
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&settings);
        let mut connection = connecting.await.map_err(|error| failure(&error))?;
        let answer = commands.query_async(&mut connection).await;
        self.answered(connection, answer)
    }

    /// Keeps the connection for the next question, unless it let this one down.
    fn answered<T>(
        &self,
        connection: MultiplexedConnection,
        answer: Result<T, RedisError>,
    ) -> Result<T, TokenStoreError> {
        let usable = !answer.as_ref().is_err_and(RedisError::is_io_error);
        *self.kept.lock().unwrap_or_else(PoisonError::into_inner) =
            usable.then(|| (connection, Instant::now()));
        answer.map_err(|error| failure(&error))
    }

    fn kept(&self) -> Option<MultiplexedConnection> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|(_, used)| used.elapsed() > IDLE);
        kept.as_ref().map(|(connection, _)| connection.clone())
    }
}

/// Only what kind of failure it is: Redis's own words can repeat the command, and a command can hold a token.
fn failure(error: &RedisError) -> TokenStoreError {
    let answers = error.clone().into_server_errors();
    TokenStoreError::new(match answers.as_deref().and_then(<[_]>::first) {
        Some((_, answer)) => format!("Redis answered {}", answer.code()),
        None if error.is_timeout() => "Redis did not answer in time".to_owned(),
        None if error.is_connection_refusal() => "Redis refused the connection".to_owned(),
        None => format!("Redis: {}", error.category()),
    })
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

impl fmt::Debug for RedisTokenStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = self.client.get_connection_info().addr();
        f.debug_struct("RedisTokenStore")
            .field("address", &format_args!("{address}"))
            .finish_non_exhaustive()
    }
}

impl TokenStore for RedisTokenStore {
    fn get<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<Stored>> {
        Box::pin(async move {
            // In one step, or a value could be told the time of the one after it.
            let commands = redis::pipe().atomic().get(key).pttl(key).to_owned();
            let (value, left): (Option<Vec<u8>>, i64) = self.ask(&commands).await?;
            Ok(value.map(|value| {
                // One that never ends was put there by something else, and is told to end now.
                let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
                Stored::new(String::from_utf8_lossy(&value), left)
            }))
        })
    }

    fn set<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, ()> {
        Box::pin(async move {
            let mut commands = redis::pipe();
            let set = commands.cmd("SET").arg(key).arg(value);
            set.arg("PX").arg(milliseconds(lifetime)).ignore();
            self.ask(&commands).await
        })
    }

    fn set_if_absent<'a>(
        &'a self,
        key: &'a str,
        value: &'a str,
        lifetime: Duration,
    ) -> TokenStoreFuture<'a, bool> {
        Box::pin(async move {
            let mut commands = redis::pipe();
            let set = commands.cmd("SET").arg(key).arg(value);
            set.arg("NX").arg("PX").arg(milliseconds(lifetime));
            let (answer,): (Value,) = self.ask(&commands).await?;
            Ok(answer != Value::Nil)
        })
    }

    fn delete_if_equal<'a>(&'a self, key: &'a str, value: &'a str) -> TokenStoreFuture<'a, ()> {
        Box::pin(async move {
            let mut commands = redis::pipe();
            let script = commands.cmd("EVAL").arg(DELETE_IF_EQUAL).arg(1);
            script.arg(key).arg(value).ignore();
            self.ask(&commands).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_never_shown() {
        for url in [
            "",
            "secret",
            "http://secret:secret@host",
            "redis://user:secret@",
            "redis://user:secret@host:6379/secret",
            "rediss://user:secret@host",
        ] {
            let error = RedisTokenStore::new(url).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(shown.contains("redis_url: must be"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
            assert_eq!(shown.contains("TLS"), url.starts_with("rediss"), "{shown}");
        }
        let store = RedisTokenStore::new(" redis://user:secret@host:7/3\n").unwrap();
        assert_eq!(
            format!("{store:?}"),
            r"RedisTokenStore { address: host:7, .. }"
        );
    }

    #[test]
    fn without_tokio_it_is_an_error_and_no_panic() {
        let store = RedisTokenStore::new("redis://127.0.0.1:1").unwrap();
        let mut asking = store.get("key");
        let waker = std::task::Waker::noop();
        let answer = asking
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        let std::task::Poll::Ready(Err(error)) = answer else {
            panic!("{answer:?}")
        };
        assert!(error.to_string().contains("tokio"), "{error}");
    }
}
