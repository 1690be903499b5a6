//! The client keeps the settings of a `reqwest::ClientBuilder` of the caller.

use std::time::{Duration, Instant};

use vipps::{Amount, Environment, ErrorKind, Outcome};

use crate::connect_timeouts::{client, silent_server};
use crate::raw::{RawServer, http_response, write_and_keep_alive};
use crate::support::{id, text};

const TRANSACTION: &str = r#"{"orderId":"acme-shop-123","transactionInfo":{"amount":100}}"#;
const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

fn client_builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy()
}

#[tokio::test]
async fn the_connect_timeout_of_an_own_builder_is_kept() {
    let server = silent_server();
    for (client_builder, least, most) in [
        (
            client_builder().connect_timeout(SHORT),
            SHORT,
            Duration::from_millis(2_900),
        ),
        // The timeout is longer than the default of the crate.
        (
            client_builder().connect_timeout(Duration::from_millis(3_700)),
            Duration::from_millis(3_700),
            LONG,
        ),
    ] {
        let builder = client("https", server).http_client_builder(client_builder);
        let vipps = builder.build().unwrap();
        let start_time = Instant::now();
        let order = vipps.ecom().initiate(id(), Amount::nok(1), text());
        let error = order.deadline(LONG).await.unwrap_err();
        let took = start_time.elapsed();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Connect, Outcome::NotSent)
        );
        assert!(took >= least && took < most, "{took:?}");
    }
}

#[tokio::test]
async fn the_pool_settings_of_an_own_builder_are_kept() {
    let used = async |client_builder: reqwest::ClientBuilder| {
        let server = RawServer::with_keep_alive(vec![write_and_keep_alive(http_response(
            "200 OK",
            TRANSACTION,
        ))]);
        let vipps = server
            .builder()
            .http_client_builder(client_builder)
            .build()
            .unwrap();
        for _ in 0..2 {
            vipps
                .ecom()
                .payment(id())
                .capture_remaining()
                .await
                .unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server.requests()[1].connection - server.requests()[0].connection
    };
    assert_eq!(used(client_builder()).await, 0);
    assert_eq!(used(client_builder().pool_max_idle_per_host(0)).await, 1);
    assert_eq!(
        used(client_builder().pool_idle_timeout(Duration::from_millis(1))).await,
        1
    );
}

#[tokio::test]
async fn the_proxy_of_an_own_builder_is_kept() {
    let proxy = RawServer::with_keep_alive(vec![write_and_keep_alive(http_response(
        "200 OK",
        TRANSACTION,
    ))]);
    let client_builder =
        reqwest::Client::builder().proxy(reqwest::Proxy::all(proxy.base_url()).unwrap());
    let elsewhere = Environment::custom("http://127.0.0.1:9").unwrap();
    let builder = proxy.builder().environment(elsewhere);
    let vipps = builder.http_client_builder(client_builder).build().unwrap();
    vipps
        .ecom()
        .payment(id())
        .capture_remaining()
        .await
        .unwrap();
    let requests = proxy.requests();
    assert!(
        requests[0]
            .first_line()
            .starts_with("POST http://127.0.0.1:9/"),
        "{}",
        requests[0].first_line()
    );
}
