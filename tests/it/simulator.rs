//! The simulator over a real socket, with requests as clients of any language send them.

mod codes;
mod deliveries;
mod faults;
mod memory;
mod page;
mod pause;
mod shop;

use std::time::Duration;

use reqwest::Method;
use vipps::simulator::{CaptureType, EffectKind, Entry, PayerError, Scanned, Simulator};

use shop::Shop;

const CAPTURE: &str = "capture_payment_using_post";

#[tokio::test]
async fn a_payment_by_qr_from_first_request_to_capture() {
    let shop = Shop::open().await;
    let landing_page = shop.initiate("order-1", 49_900).await;
    let image = shop.qr(&landing_page, "image/png").await;
    let picture = shop.http.get(&image).send().await.unwrap();
    assert_eq!(picture.headers()["content-type"], "image/png");
    let info = png::Decoder::new(std::io::Cursor::new(picture.bytes().await.unwrap()))
        .read_info()
        .unwrap();
    assert_eq!(info.info().size(), (400, 400));

    shop.sim.payer().scan(&image).unwrap();
    let details = shop.details("order-1").await;
    assert!(details["transactionLogHistory"][0]["transactionId"].is_string());
    shop.sim.payer().approve("order-1").unwrap();
    assert_eq!(shop.last("order-1").await, "RESERVE");
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);

    let account = shop.sim.account("order-1").unwrap();
    assert_eq!((account.reserved(), account.charged()), (49_900, 49_900));
    assert_eq!(account.count(EffectKind::Capture), 1);
    assert_eq!(shop.sim.journal().count(CAPTURE), 1);
}

#[tokio::test]
async fn payer_accepts_each_kind_of_code_and_link() {
    let shop = Shop::open().await;
    for (index, lead) in ["order id", "landing page", "text", "png", "svg"]
        .iter()
        .enumerate()
    {
        let order = format!("order-{index}");
        let landing_page = shop.initiate(&order, 20_000).await;
        let lead = match *lead {
            "order id" => order.clone(),
            "landing page" => landing_page,
            "text" => shop.qr(&landing_page, "text/targetUrl").await,
            "png" => shop.qr(&landing_page, "image/png").await,
            _ => shop.qr(&landing_page, "image/svg+xml").await,
        };
        shop.sim.payer().approve(&lead).unwrap();
        assert_eq!(shop.last(&order).await, "RESERVE", "{lead}");
    }
}

#[tokio::test]
async fn payer_errors_state_the_reason() {
    let shop = Shop::open().await;
    let payer = shop.sim.payer();
    assert_eq!(payer.scan("nothing"), Err(PayerError::NotFound));
    shop.initiate("order-1", 20_000).await;
    payer.reject("order-1").unwrap();
    assert_eq!(shop.last("order-1").await, "CANCEL");
    assert_eq!(
        payer.approve("order-1"),
        Err(PayerError::AlreadyFinal("rejected"))
    );
    let landing_page = shop.initiate("order-2", 20_000).await;
    let image = shop.qr(&landing_page, "image/png").await;
    shop.sim.clock().advance(Duration::from_secs(301));
    assert_eq!(payer.approve("order-2"), Err(PayerError::Expired));
    assert_eq!(payer.approve(&image), Err(PayerError::Expired));
    assert_eq!(shop.http.get(&image).send().await.unwrap().status(), 404);
    shop.initiate("order-3", 151).await;
    let declined = payer.approve("order-3").unwrap_err();
    assert!(
        declined.to_string().contains("insufficient funds"),
        "{declined}"
    );
}

#[tokio::test]
async fn direct_capture_and_serial_number_are_settings() {
    let sim = Simulator::builder()
        .merchant_serial_number("7654321")
        .capture_type(CaptureType::Direct)
        .start()
        .unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    shop.sim.payer().approve("order-1").unwrap();
    assert_eq!(shop.last("order-1").await, "SALE");
}

#[tokio::test]
async fn the_date_header_follows_the_clock() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let response = reqwest::get(sim.base_url()).await.unwrap();
    assert_eq!(response.headers()["date"], "Mon, 02 Mar 2026 09:00:00 GMT");
}

#[tokio::test]
async fn revoked_tokens_are_refused() {
    let shop = Shop::open().await;
    shop.sim.revoke_tokens();
    let response = shop
        .request(Method::GET, "/ecomm/v2/payments/x/details")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);
}

#[tokio::test]
async fn journal_shows_requests_without_secrets() {
    let shop = Shop::open().await;
    shop.initiate("order-1", 20_000).await;
    let journal = shop.sim.journal();
    let entry = journal.entries().pop().unwrap();
    assert_eq!(entry.operation(), Some("initiate_payment_v3_using_post"));
    assert_eq!(
        (entry.method(), entry.path()),
        ("POST", "/ecomm/v2/payments")
    );
    assert_eq!(entry.status(), Some(200));
    assert_eq!(entry.header("Authorization"), Some("Bearer [redacted]"));
    assert!(entry.body().unwrap().contains(r#""orderId":"order-1""#));
    let response: serde_json::Value = serde_json::from_str(entry.response().unwrap()).unwrap();
    assert_eq!(
        response,
        serde_json::json!({"orderId": "order-1", "url": "[redacted]"})
    );
    assert!(entry.duration().unwrap() < Duration::from_secs(60));
    let shown = format!("{:?}{:?}", journal.entries(), shop.sim);
    let keys = shop.sim.keys();
    for secret in [keys.client_secret(), keys.subscription_key(), &shop.token] {
        assert!(!shown.contains(secret));
    }
    assert_eq!(journal.count("initiate_payment_v3_using_post"), 1);
    journal.clear();
    assert_eq!(journal.entries().len(), 0);
}

#[tokio::test]
async fn journal_shows_duration_and_missing_responses() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    let faults = shop.sim.faults();
    let slow = faults
        .on("get_payment_details_using_get")
        .times(1)
        .delay(Duration::from_millis(50));
    shop.details("order-1").await;
    assert_eq!(slow.hits(), 1);
    faults.any().lose_request();
    shop.capture("order-1", "key").await.unwrap_err();
    let entries = shop.sim.journal().entries();
    let durations: Vec<_> = entries.iter().rev().map(Entry::duration).collect();
    assert_eq!(
        durations[..3],
        [None, Some(Duration::from_millis(50)), Some(Duration::ZERO)]
    );
    assert_eq!(entries.last().unwrap().response(), None);
}

/// The oldest responses are dropped, so that a long run does not fill the memory.
#[tokio::test]
async fn journal_holds_the_latest_entries() {
    let shop = Shop::open().await;
    for _ in 0..1_005 {
        let request = http::Request::get("/nowhere").body(bytes::Bytes::new());
        drop(shop.sim.arrive(request.unwrap()).take_effect());
    }
    let entries = shop.sim.journal().entries();
    let complete = entries.iter().filter(|entry| entry.response().is_some());
    assert_eq!(complete.count(), 1_000);
    assert!(entries.last().unwrap().response().is_some());
}

/// A simulator serves code that has no runtime, and inside one that blocks.
#[test]
fn simulator_starts_without_a_runtime() {
    let sim = Simulator::start().unwrap();
    let address = sim.address().unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let response = {
        use std::io::{Read as _, Write as _};
        stream
            .write_all(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    };
    assert!(
        response.starts_with("HTTP/1.1 404 Not Found\r\n"),
        "{response}"
    );
    drop(sim);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn handles_are_send_and_sync() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Simulator>();
    shared::<vipps::simulator::Payer>();
    shared::<vipps::simulator::Clock>();
    shared::<vipps::simulator::Journal>();
    shared::<vipps::simulator::Faults>();
}

#[tokio::test]
async fn an_oversized_request_is_refused() {
    let shop = Shop::open().await;
    let response = shop
        .request(Method::POST, "/ecomm/v2/payments")
        .header("content-type", "application/json")
        .body(vec![b' '; 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 413);
}

#[tokio::test]
async fn every_kind_of_code_can_be_scanned() {
    let shop = Shop::open().await;
    let payer = shop.sim.payer();
    let landing_page = shop.initiate("order-1", 20_000).await;
    assert_eq!(
        payer.scan(landing_page),
        Ok(Scanned::Payment {
            order_id: "order-1".into()
        })
    );
    let poster: serde_json::Value = shop
        .request(Method::POST, "/qr/v1/merchant-redirect")
        .header("accept", "image/png")
        .json(&serde_json::json!({"id": "poster", "redirectUrl": "https://example.com/offer"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let image = poster["url"].as_str().unwrap();
    assert_eq!(
        payer.scan(image),
        Ok(Scanned::Redirect {
            url: "https://example.com/offer".into()
        })
    );
    assert_eq!(payer.approve(image), Err(PayerError::NotAPayment));
}

#[test]
fn serial_number_is_checked_before_the_start() {
    for msn in ["", "123", "12345678901", "12345x"] {
        let error = Simulator::builder()
            .merchant_serial_number(msn)
            .start()
            .unwrap_err();
        assert!(error.to_string().contains("4 to 10 digits"), "{error}");
    }
}
