//! Callbacks and webhooks to a merchant on a loopback port.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vipps::simulator::{DeliveryOutcome, Scanned, Simulator};

use super::shop::Shop;

/// A request as the merchant received it.
#[derive(Debug, Clone)]
struct Call {
    line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Call {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Serves the responses in order, one for each connection, and repeats the last response.
struct Merchant {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
    received: mpsc::Receiver<Call>,
}

impl Merchant {
    fn responding_with(responses: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (sender, received) = mpsc::channel();
        let recorded_calls = Arc::clone(&calls);
        std::thread::spawn(move || {
            let mut responses = responses.into_iter().peekable();
            let mut last = String::new();
            for stream in listener.incoming() {
                let mut stream = BufReader::new(stream.unwrap());
                let call = read(&mut stream);
                recorded_calls.lock().unwrap().push(call.clone());
                last = responses.next().unwrap_or(last);
                let _ = stream.get_mut().write_all(last.as_bytes());
                if sender.send(call).is_err() {
                    return;
                }
            }
        });
        Self {
            address,
            calls,
            received,
        }
    }

    fn accepting() -> Self {
        Self::responding_with(vec![response(200, "")])
    }

    fn next(&self) -> Call {
        self.received.recv_timeout(Duration::from_secs(20)).unwrap()
    }

    fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }
}

fn response(status: u16, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn read(stream: &mut impl BufRead) -> Call {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let headers: Vec<(String, String)> = lines[1..]
        .iter()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, length)| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    Call {
        line: lines[0].clone(),
        headers,
        body: String::from_utf8(body).unwrap(),
    }
}

async fn shop_of(merchant: &Merchant) -> Shop {
    let shop = Shop::open().await;
    shop.sim
        .route("https://example.com", merchant.address)
        .unwrap();
    shop
}

#[tokio::test]
async fn a_payment_callback_arrives_once() {
    let merchant = Merchant::accepting();
    let shop = shop_of(&merchant).await;
    shop.initiate("order-1", 49_900).await;
    shop.sim.payer().approve("order-1").unwrap();
    let call = merchant.next();
    assert_eq!(call.line, "POST /callbacks/v2/payments/order-1 HTTP/1.1");
    assert_eq!(call.header("host"), Some("example.com"));
    assert_eq!(call.json()["transactionInfo"]["status"], "RESERVED");
    shop.sim.settled().await;
    let deliveries = shop.sim.deliveries();
    assert_eq!(deliveries.len(), 1);
    assert_eq!(deliveries[0].operation(), "payment_callback");
    assert_eq!(deliveries[0].outcome(), &DeliveryOutcome::Responded(200));
}

#[tokio::test]
async fn a_callback_is_never_repeated_and_no_redirect_followed() {
    for status in [500, 302] {
        let merchant = Merchant::responding_with(vec![response(status, "")]);
        let shop = shop_of(&merchant).await;
        shop.initiate("order-1", 49_900).await;
        shop.sim.payer().reject("order-1").unwrap();
        shop.sim.settled().await;
        shop.sim.clock().advance(Duration::from_secs(3600));
        shop.sim.settled().await;
        assert_eq!(merchant.calls(), 1);
        let outcome = shop.sim.deliveries().pop().unwrap().outcome().clone();
        assert_eq!(outcome, DeliveryOutcome::Responded(status));
    }
}

#[tokio::test]
async fn callback_goes_only_to_a_named_host() {
    let shop = Shop::open().await;
    shop.initiate("order-1", 49_900).await;
    shop.sim.payer().approve("order-1").unwrap();
    shop.sim.settled().await;
    let outcome = shop.sim.deliveries().pop().unwrap().outcome().clone();
    assert_eq!(outcome, DeliveryOutcome::NotRouted);
}

#[tokio::test]
async fn a_merchant_that_is_gone_is_no_harm() {
    let merchant = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let shop = Shop::open().await;
    shop.sim.route("https://example.com", merchant).unwrap();
    shop.initiate("order-1", 49_900).await;
    shop.sim.payer().approve("order-1").unwrap();
    shop.sim.settled().await;
    let outcome = shop.sim.deliveries().pop().unwrap().outcome().clone();
    assert!(matches!(outcome, DeliveryOutcome::Failed(_)), "{outcome:?}");
    assert_eq!(shop.last("order-1").await, "RESERVE");
}

#[tokio::test]
async fn callbacks_can_be_lost_and_doubled() {
    let merchant = Merchant::accepting();
    let shop = shop_of(&merchant).await;
    let faults = shop.sim.faults();
    let lost = faults
        .on("payment_callback")
        .order("order-1")
        .lose_request();
    let doubled = faults.on("payment_callback").order("order-2").duplicate();
    for order in ["order-1", "order-2"] {
        shop.initiate(order, 49_900).await;
        shop.sim.payer().approve(order).unwrap();
    }
    shop.sim.settled().await;
    assert_eq!((lost.hits(), doubled.hits()), (1, 1));
    let received_calls: Vec<_> = (0..merchant.calls())
        .map(|_| merchant.next().line)
        .collect();
    assert_eq!(received_calls.len(), 2);
    assert!(
        received_calls.iter().all(|line| line.contains("order-2")),
        "{received_calls:?}"
    );
}

#[tokio::test]
async fn callback_may_precede_the_response() {
    let merchant = Merchant::accepting();
    let sim = Simulator::builder()
        .approve_after(Duration::ZERO)
        .start()
        .unwrap();
    let shop = Shop::with(sim).await;
    shop.sim
        .route("https://example.com", merchant.address)
        .unwrap();
    shop.sim
        .faults()
        .on("initiate_payment_v3_using_post")
        .delay(Duration::from_millis(1500));
    let opening = shop.initiate("order-1", 49_900);
    tokio::pin!(opening);
    let received_calls = tokio::task::spawn_blocking(move || merchant.next());
    tokio::select! {
        _ = &mut opening => panic!("the response came first"),
        call = received_calls => assert!(call.unwrap().line.contains("order-1")),
    }
    opening.await;
}

fn express(shop: &Shop) -> Value {
    json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": shop.sim.keys().merchant_serial_number(),
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
            "authToken": "s3cret",
            "paymentType": "eComm Express Payment",
            "consentRemovalPrefix": "https://example.com/consents",
            "shippingDetailsPrefix": "https://example.com/shipping",
        },
        "transaction": {"orderId": "order-1", "amount": 20_000, "transactionText": "Socks"},
    })
}

#[tokio::test]
async fn express_checkout_from_address_to_consent() {
    let methods = json!({"addressId": 3960, "orderId": "order-1", "shippingDetails": [
        {"isDefault": "Y", "priority": 1, "shippingCost": 99, "shippingMethod": "Post", "shippingMethodId": "post"},
    ]});
    let merchant =
        Merchant::responding_with(vec![response(200, &methods.to_string()), response(200, "")]);
    let shop = shop_of(&merchant).await;
    let opened = shop
        .request(Method::POST, "/ecomm/v2/payments")
        .json(&express(&shop))
        .send()
        .await
        .unwrap();
    assert_eq!(opened.status(), 200);
    shop.sim.payer().approve("order-1").unwrap();
    shop.sim.settled().await;
    let question = merchant.next();
    assert_eq!(
        question.line,
        "POST /shipping/v2/payments/order-1/shippingDetails HTTP/1.1"
    );
    assert_eq!(question.header("authorization"), Some("s3cret"));
    let news = merchant.next();
    assert_eq!(news.header("authorization"), Some("s3cret"));
    assert_eq!(news.json()["transactionInfo"]["amount"], 29_900);
    assert_eq!(shop.last("order-1").await, "RESERVE");

    shop.sim.payer().withdraw_consent("order-1").unwrap();
    let removal = merchant.next();
    assert!(
        removal.line.starts_with("DELETE /consents/v2/consents/"),
        "{removal:?}"
    );
    assert_eq!(removal.header("authorization"), None);
    shop.sim.settled().await;
    let shown = format!("{:?}", shop.sim.deliveries());
    let id = removal
        .line
        .split('/')
        .nth(4)
        .unwrap()
        .split(' ')
        .next()
        .unwrap();
    for private in ["s3cret", "Lovelace", "91234567", "eufemias", id] {
        assert!(!shown.contains(private), "{private}");
    }
}

#[tokio::test]
async fn invalid_shipping_response_is_logged() {
    for wrong in [response(500, ""), response(200, "[]"), response(200, "no")] {
        let merchant = Merchant::responding_with(vec![wrong]);
        let shop = shop_of(&merchant).await;
        let opened = shop
            .request(Method::POST, "/ecomm/v2/payments")
            .json(&express(&shop))
            .send()
            .await
            .unwrap();
        assert_eq!(opened.status(), 200);
        shop.sim.payer().approve("order-1").unwrap();
        shop.sim.settled().await;
        let question = shop.sim.deliveries().remove(0);
        assert!(question.note().is_some(), "{question:?}");
        assert_eq!(shop.last("order-1").await, "INITIATE");
    }
}

/// A sticker, and what is printed on it.
async fn sticker(shop: &Shop) -> String {
    let put = shop
        .request(Method::PUT, "/qr/v1/merchant-callback/till-1")
        .json(&json!({"locationDescription": "Kasse 1"}))
        .send()
        .await
        .unwrap();
    assert_eq!(put.status(), 200);
    assert_eq!(put.bytes().await.unwrap().len(), 0);
    let code: Value = shop
        .request(Method::GET, "/qr/v1/merchant-callback/till-1")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    code["qrContent"].as_str().unwrap().into()
}

#[tokio::test]
async fn a_check_in_is_signed_and_its_token_is_good() {
    let merchant = Merchant::accepting();
    let shop = shop_of(&merchant).await;
    shop.sim
        .register_webhook("https://example.com/hooks?till=1", "se/cret==")
        .unwrap();
    let text = sticker(&shop).await;
    let payer = shop.sim.payer().with_number("4798765432");
    let scanned = payer.scan(&text).unwrap();
    assert_eq!(
        scanned,
        Scanned::CheckIn {
            merchant_qr_id: "till-1".into()
        }
    );
    let call = merchant.next();
    assert_eq!(call.line, "POST /hooks?till=1 HTTP/1.1");
    let authorization = call.header("authorization").unwrap();
    assert!(
        authorization
            .starts_with("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=")
    );
    assert_eq!(call.header("x-vipps-authorization"), Some(authorization));
    for header in ["x-ms-date", "x-ms-content-sha256", "user-agent"] {
        assert!(call.header(header).is_some(), "{header}");
    }
    let token = call.json()["customerToken"].clone();
    let number: Value = shop
        .request(Method::POST, "/qr/v1/exchange/customer")
        .json(&json!({"customer": {"customerToken": token}, "requestedData": ["MSISDN"]}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(number["msisdn"], "4798765432");
}

#[tokio::test]
async fn a_failed_check_in_is_tried_again_by_the_clock() {
    let merchant = Merchant::responding_with(vec![response(503, ""), response(200, "")]);
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let shop = Shop::with(sim).await;
    shop.sim
        .route("https://example.com", merchant.address)
        .unwrap();
    shop.sim
        .register_webhook("https://example.com/hook", "secret")
        .unwrap();
    let text = sticker(&shop).await;
    shop.sim.payer().scan(&text).unwrap();
    shop.sim.settled().await;
    assert_eq!(merchant.calls(), 1);
    for _ in 0..2 {
        shop.sim.clock().advance(Duration::from_secs(2));
        shop.sim.settled().await;
    }
    let attempts: Vec<_> = shop
        .sim
        .deliveries()
        .iter()
        .map(|delivery| (delivery.attempt(), delivery.outcome().clone()))
        .collect();
    assert_eq!(
        attempts,
        [
            (1, DeliveryOutcome::Responded(503)),
            (2, DeliveryOutcome::Responded(200))
        ]
    );
}

#[tokio::test]
async fn only_sensible_places_can_be_named() {
    let sim = Simulator::start().unwrap();
    let address = sim.address().unwrap();
    assert!(sim.route("nowhere", address).is_err());
    assert!(
        sim.register_webhook("http://example.com/hook", "secret")
            .is_err()
    );
}
