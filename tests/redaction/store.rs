//! Redaction in the token store: its entries and its errors.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use vipps::token_store::{
    MemoryTokenStore, RedisTokenStore, StoredToken, TokenStore, TokenStoreError,
};

use super::operations::{FixedResponse, client_builder};
use super::*;
use fake_store::FakeStore;
use vipps::testing::Recorder;

#[path = "../support/store.rs"]
mod fake_store;

/// Starts a Redis server that refuses every command and repeats its arguments in the error, like a
/// real server. Returns its address.
fn start_redis_that_repeats_secrets() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut buffer = [0; 4096];
            // An error for each command of the handshake and for the command after it.
            while let Ok(1..) = stream.read(&mut buffer) {
                let line =
                    format!("-ERR unknown command, args: {ACCESS_TOKEN} {REDIS_PASSWORD}\r\n");
                if stream.write_all(line.repeat(3).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    address.to_string()
}

#[tokio::test]
pub(crate) async fn token_stores_show_no_marker() {
    let mut search = LeakSearch::start();
    let recorder = Recorder::in_front_of(FixedResponse::Success);
    let minute = Duration::from_secs(60);
    let memory = MemoryTokenStore::new();
    let token = StoredToken::new(ACCESS_TOKEN, minute);
    memory.save("key", &token).await.unwrap();
    search.debug("a store", &memory);
    search.debug("what it holds", &memory.load("key").await.unwrap().unwrap());
    search.debug("a token", &token);
    search.error("its error", &TokenStoreError::new("down"));
    for url in [
        format!("http://user:{REDIS_PASSWORD}@host"),
        format!("redis://user:{REDIS_PASSWORD}@"),
        format!("redis://host/{REDIS_PASSWORD}"),
        REDIS_PASSWORD.to_owned(),
    ] {
        let error = RedisTokenStore::new(&url).unwrap_err();
        search.error("a URL", &error);
        search.debug("a URL", &error.invalid_value());
    }
    for url in [
        format!("redis://user:{REDIS_PASSWORD}@127.0.0.1:1"),
        format!(
            "redis://user:{REDIS_PASSWORD}@{}",
            start_redis_that_repeats_secrets()
        ),
        format!("redis://{}", start_redis_that_repeats_secrets()),
    ] {
        let redis = RedisTokenStore::new(&url).unwrap();
        search.debug("a store", &redis);
        for error in [
            redis.save("key", &token).await.unwrap_err(),
            redis.load("key").await.unwrap_err(),
        ] {
            search.error("its error", &error);
            search.debug("its error", &error);
        }
        let builder = client_builder(&recorder).token_store(redis);
        search.debug("the builder", &builder);
        let vipps = builder.build().unwrap();
        vipps.qr().merchant_callbacks().await.unwrap();
        search.debug("the client", &vipps);
    }
    // A token from the store is as secret as a token from the endpoint, even if it is invalid.
    let store = FakeStore::default();
    let call = async || {
        let builder = client_builder(&recorder).token_store(store.clone());
        builder.build().unwrap().qr().merchant_callbacks().await
    };
    for _ in 0..2 {
        search.result("a call", &call().await);
    }
    let token_with_line_feed = format!("{ACCESS_TOKEN}\n");
    store
        .put(&store.only_key(), &token_with_line_feed, 10 * minute)
        .await;
    search.result("a call", &call().await);
    search.debug("the fake", &store);
    let log = LOG.text("vipps");
    assert!(log.contains("token taken from the store") && log.contains("token store failed"));
    search.finish(36);
}
