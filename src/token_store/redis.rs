//! A token store in Redis.

use std::fmt;
use std::time::Duration;

use redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline, RedisError};

use super::{StoredToken, TokenStore, TokenStoreError, TokenStoreFuture};
use crate::types::InvalidValue;

/// The time limit of a connect, and of one response of Redis.
const LIMIT: Duration = Duration::from_secs(1);

/// A [`TokenStore`] in Redis, or in a server with its protocol, such as Valkey: one server, or a
/// group of servers behind one address.
///
/// Each load and each save opens a connection of its own, on the tokio runtime of the caller. A
/// client needs a token about once an hour, and the runtime or the network path of an older
/// connection may be gone by then. The connect and the response may take 1 s each. The user in the
/// URL needs the commands `GET`, `PTTL`, `MULTI`, `EXEC` and `SET` on keys that begin with
/// `vipps:token:`.
///
/// ```
/// use vipps::token_store::RedisTokenStore;
///
/// let store = RedisTokenStore::new("redis://10.0.0.7:6379")?;
/// # let keys = vipps::Credentials::new("id", "secret", "key", "123456".parse()?)?;
/// let vipps = vipps::Vipps::builder(keys).token_store(store).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct RedisTokenStore {
    client: Client,
}

impl RedisTokenStore {
    /// Creates a store for a URL such as `redis://10.0.0.7:6379`,
    /// `redis://user:password@redis.example.com/2` with a user and the number of a database, or
    /// `unix:///run/redis.sock`. Does no I/O.
    ///
    /// Tokens are sent to Redis in plain text. Use TLS (`rediss://`) outside a closed network:
    /// enable `tokio-rustls-comp` or `tokio-native-tls-comp` on the crate `redis`, version 1, in
    /// your own `Cargo.toml`.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the URL is not a URL of
    /// Redis. The error does not contain the URL, which may hold a password.
    pub fn new(url: &str) -> crate::Result<Self> {
        let url = url.trim();
        let client = Client::open(url).map_err(|_| {
            let tls = ["rediss:", "valkeys:"].iter().any(|s| url.starts_with(s));
            let rule = if tls {
                "must be a URL of Redis; for TLS, enable `tokio-rustls-comp` or `tokio-native-tls-comp` on the crate \
                 `redis`"
            } else {
                "must be a URL such as redis://user:password@host:6379/0"
            };
            InvalidValue::without_value("redis_url", rule)
        })?;
        Ok(Self { client })
    }

    async fn query<T: FromRedisValue>(&self, commands: &Pipeline) -> Result<T, TokenStoreError> {
        if tokio::runtime::Handle::try_current().is_err() {
            return Err(TokenStoreError::new(
                "Redis needs a tokio runtime; call the client inside one",
            ));
        }
        let settings = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(LIMIT))
            .set_response_timeout(Some(LIMIT));
        let connecting = self
            .client
            .get_multiplexed_async_connection_with_config(&settings);
        let mut connection = connecting.await.map_err(|error| failure(&error))?;
        let response = commands.query_async(&mut connection).await;
        response.map_err(|error| failure(&error))
    }
}

/// Returns only the kind of the failure. Redis repeats commands in its messages, and a command can
/// hold a token.
fn failure(error: &RedisError) -> TokenStoreError {
    let responses = error.clone().into_server_errors();
    TokenStoreError::new(match responses.as_deref().and_then(<[_]>::first) {
        Some((_, response)) => format!("Redis returned {}", response.code()),
        None if error.is_timeout() => "Redis sent no response in time".to_owned(),
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
    fn load<'a>(&'a self, key: &'a str) -> TokenStoreFuture<'a, Option<StoredToken>> {
        Box::pin(async move {
            // One transaction, so that a token is never returned with the remaining time of the
            // next one.
            let commands = redis::pipe().atomic().get(key).pttl(key).to_owned();
            let (token, ttl): (Option<Vec<u8>>, i64) = self.query(&commands).await?;
            Ok(token.map(|token| {
                // An entry without an expiry was written by another program, and counts as expired.
                let remaining = Duration::from_millis(u64::try_from(ttl).unwrap_or(0));
                StoredToken::new(String::from_utf8_lossy(&token), remaining)
            }))
        })
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a StoredToken) -> TokenStoreFuture<'a, ()> {
        Box::pin(async move {
            let mut commands = redis::pipe();
            let set = commands.cmd("SET").arg(key).arg(token.access_token());
            set.arg("PX").arg(milliseconds(token.expires_in())).ignore();
            self.query(&commands).await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_debug_never_contain_the_password() {
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
    fn call_without_a_tokio_runtime_fails() {
        let store = RedisTokenStore::new("redis://127.0.0.1:1").unwrap();
        let mut loading = store.load("key");
        let waker = std::task::Waker::noop();
        let response = loading
            .as_mut()
            .poll(&mut std::task::Context::from_waker(waker));
        let std::task::Poll::Ready(Err(error)) = response else {
            panic!("{response:?}")
        };
        assert!(error.to_string().contains("tokio"), "{error}");
    }
}
