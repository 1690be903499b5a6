//! The simulator over a real socket, as a client of any language sees it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use vipps::simulator::{CaptureType, EffectKind, PayerError, Simulator};

const CAPTURE: &str = "capture_payment_using_post";
const DETAILS: &str = "get_payment_details_using_get";

struct Shop {
    sim: Simulator,
    http: Client,
    token: String,
}

impl Shop {
    async fn open() -> Self {
        Self::with(Simulator::start().unwrap()).await
    }

    async fn with(sim: Simulator) -> Self {
        let http = Client::new();
        let answer = http
            .post(format!("{}/accesstoken/get", sim.base_url()))
            .header("client_id", sim.keys().client_id())
            .header("client_secret", sim.keys().client_secret())
            .header("Ocp-Apim-Subscription-Key", sim.keys().subscription_key())
            .header("content-length", "0")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        let token = body["access_token"].as_str().unwrap().into();
        Self { sim, http, token }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let keys = self.sim.keys();
        self.http
            .request(method, format!("{}{path}", self.sim.base_url()))
            .bearer_auth(&self.token)
            .header("Ocp-Apim-Subscription-Key", keys.subscription_key())
            .header("Merchant-Serial-Number", keys.merchant_serial_number())
    }

    async fn initiate(&self, order: &str, amount: i64) -> String {
        let body = json!({
            "customerInfo": {},
            "merchantInfo": {
                "merchantSerialNumber": self.sim.keys().merchant_serial_number(),
                "callbackPrefix": "https://example.com/callbacks",
                "fallBack": "https://example.com/result",
            },
            "transaction": {"orderId": order, "amount": amount, "transactionText": "Socks"},
        });
        let answer = self
            .request(Method::POST, "/ecomm/v2/payments")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
        let body: Value = answer.json().await.unwrap();
        body["url"].as_str().unwrap().into()
    }

    async fn qr(&self, landing_page: &str, accept: &str) -> String {
        let answer = self
            .request(Method::POST, "/qr/v1")
            .header("accept", accept)
            .header("size", "400")
            .json(&json!({"url": landing_page}))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body: Value = answer.json().await.unwrap();
        body["url"].as_str().unwrap().into()
    }

    async fn details(&self, order: &str) -> Value {
        let answer = self
            .request(Method::GET, &format!("/ecomm/v2/payments/{order}/details"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    async fn last(&self, order: &str) -> String {
        let details = self.details(order).await;
        details["transactionLogHistory"][0]["operation"]
            .as_str()
            .unwrap()
            .into()
    }

    async fn capture(&self, order: &str, key: &str) -> reqwest::Result<Response> {
        self.request(Method::POST, &format!("/ecomm/v2/payments/{order}/capture"))
            .header("X-Request-Id", key)
            .timeout(Duration::from_secs(5))
            .json(&json!({
                "merchantInfo": {"merchantSerialNumber": "123456"},
                "transaction": {"amount": 49_900, "transactionText": "Socks"},
            }))
            .send()
            .await
    }
}

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
async fn the_customer_can_be_led_by_anything() {
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
async fn the_customer_is_told_what_is_wrong() {
    let shop = Shop::open().await;
    let payer = shop.sim.payer();
    assert_eq!(payer.scan("nothing"), Err(PayerError::NothingThere));
    shop.initiate("order-1", 20_000).await;
    payer.reject("order-1").unwrap();
    assert_eq!(shop.last("order-1").await, "CANCEL");
    assert_eq!(
        payer.approve("order-1"),
        Err(PayerError::AlreadyFinal("cancelled"))
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
async fn a_customer_who_comes_by_the_clock() {
    let sim = Simulator::builder()
        .approve_after(Duration::from_secs(60))
        .start()
        .unwrap();
    let shop = Shop::with(sim).await;
    shop.initiate("order-1", 20_000).await;
    assert_eq!(shop.last("order-1").await, "INITIATE");
    shop.sim.clock().advance(Duration::from_secs(60));
    assert_eq!(shop.last("order-1").await, "RESERVE");
}

#[tokio::test]
async fn the_date_header_follows_the_clock() {
    let sim = Simulator::builder().freeze_clock().start().unwrap();
    let answer = reqwest::get(sim.base_url()).await.unwrap();
    assert_eq!(answer.headers()["date"], "Mon, 02 Mar 2026 09:00:00 GMT");
}

#[tokio::test]
async fn revoked_tokens_are_refused() {
    let shop = Shop::open().await;
    shop.sim.revoke_tokens();
    let answer = shop
        .request(Method::GET, "/ecomm/v2/payments/x/details")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn the_journal_tells_everything_but_secrets() {
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
    let shown = format!("{:?}{:?}", journal.entries(), shop.sim);
    let keys = shop.sim.keys();
    for secret in [keys.client_secret(), keys.subscription_key(), &shop.token] {
        assert!(!shown.contains(secret));
    }
    assert_eq!(journal.count("initiate_payment_v3_using_post"), 1);
    journal.clear();
    assert_eq!(journal.entries().len(), 0);
}

/// A simulator serves code that has no runtime, and inside one that blocks.
#[test]
fn it_needs_no_runtime() {
    let sim = Simulator::start().unwrap();
    let address = sim.address();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    let answer = {
        use std::io::{Read as _, Write as _};
        stream
            .write_all(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    drop(sim);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn everything_can_be_shared_between_threads() {
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
    let answer = shop
        .request(Method::POST, "/ecomm/v2/payments")
        .header("content-type", "application/json")
        .body(vec![b' '; 1024 * 1024 + 1])
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
}

/// An order that waits for its capture.
async fn reserved() -> Shop {
    let shop = Shop::open().await;
    shop.initiate("order-1", 49_900).await;
    shop.sim.payer().approve("order-1").unwrap();
    shop
}

fn charged(shop: &Shop) -> i64 {
    shop.sim.account("order-1").unwrap().charged()
}

#[tokio::test]
async fn a_lost_answer_after_the_money_has_moved() {
    let shop = reserved().await;
    let fault = shop
        .sim
        .faults()
        .on(CAPTURE)
        .after_commit()
        .times(1)
        .reset();
    assert!(shop.capture("order-1", "key").await.is_err());
    assert_eq!((fault.hits(), charged(&shop)), (1, 49_900));
    let entry = shop.sim.journal().entries().pop().unwrap();
    assert_eq!(entry.status(), None);
    assert!(entry.note().unwrap().contains("took effect"));

    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    assert_eq!(charged(&shop), 49_900);
}

#[tokio::test]
async fn a_request_that_never_arrived() {
    let shop = reserved().await;
    shop.sim.faults().on(CAPTURE).times(1).reset();
    assert!(shop.capture("order-1", "key").await.is_err());
    assert_eq!(charged(&shop), 0);
}

#[tokio::test]
async fn answers_with_a_status_a_body_and_a_time_to_wait() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    faults.on(CAPTURE).times(1).retry_after(7).status(503);
    let answer = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"7".parse().unwrap())
    );

    faults
        .on(CAPTURE)
        .times(1)
        .status_with_body(500, r#"{"message":"no"}"#);
    let answer = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#"{"message":"no"}"#);

    faults.on(CAPTURE).times(1).html(502);
    let answer = shop.capture("order-1", "key").await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/html");

    faults.on(CAPTURE).times(1).ecom_error("VippsError", "94");
    let answer = shop.capture("order-1", "key").await.unwrap();
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body[0]["errorCode"], "94");
    assert_eq!(charged(&shop), 0);
}

#[tokio::test]
async fn rules_choose_their_requests() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    let other = faults.on(CAPTURE).order("order-2").status(500);
    let second = faults.on(DETAILS).nth(2).status(500);
    let window = faults
        .any()
        .during(Duration::from_secs(10))
        .probability(0.0)
        .status(500);
    assert_eq!(shop.capture("order-1", "key").await.unwrap().status(), 200);
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let answer = shop
            .request(Method::GET, "/ecomm/v2/payments/order-1/details")
            .send()
            .await
            .unwrap();
        statuses.push(answer.status().as_u16());
    }
    assert_eq!(statuses, [200, 500, 200]);
    assert_eq!((other.hits(), second.hits(), window.hits()), (0, 1, 0));

    let gone = faults.any().during(Duration::from_secs(10)).status(500);
    shop.sim.clock().advance(Duration::from_secs(10));
    shop.details("order-1").await;
    assert_eq!(gone.hits(), 0);

    let removed = faults.any().status(500);
    removed.remove();
    shop.details("order-1").await;
    faults.any().status(500);
    faults.clear();
    shop.details("order-1").await;
}

#[tokio::test]
async fn bodies_that_cannot_be_read() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    for broken in ["garbage", "half", "large"] {
        let rule = faults.on(DETAILS).times(1);
        match broken {
            "garbage" => rule.garbage_json(),
            "half" => rule.truncated_json(),
            _ => rule.oversized(3_000_000),
        };
        let answer = shop
            .request(Method::GET, "/ecomm/v2/payments/order-1/details")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let body = answer.bytes().await.unwrap();
        assert!(serde_json::from_slice::<Value>(&body).is_err(), "{broken}");
        assert_eq!(body.len() == 3_000_000, broken == "large");
    }
}

#[tokio::test]
async fn connections_that_break_on_the_way() {
    let shop = reserved().await;
    let faults = shop.sim.faults();
    for (broken, head_arrives) in [
        ("headers", false),
        ("body", true),
        ("end", true),
        ("stall", false),
        ("stall in body", true),
    ] {
        let rule = faults.on(DETAILS).times(1);
        match broken {
            "headers" => rule.reset_in_headers(),
            "body" => rule.reset_in_body(),
            "end" => rule.truncate(),
            "stall" => rule.stall(),
            _ => rule.stall_in_body(),
        };
        let answer = shop
            .request(Method::GET, "/ecomm/v2/payments/order-1/details")
            .timeout(Duration::from_millis(500))
            .send()
            .await;
        assert_eq!(answer.is_ok(), head_arrives, "{broken}: {answer:?}");
        if let Ok(answer) = answer {
            assert_eq!(answer.status(), 200);
            let error = answer.bytes().await.unwrap_err();
            assert_eq!(error.is_timeout(), broken == "stall in body", "{error:?}");
        }
        shop.details("order-1").await;
    }
}

#[tokio::test]
async fn a_delay_holds_the_answer_or_the_request() {
    let shop = reserved().await;
    let late = Duration::from_millis(300);
    shop.sim.faults().on(CAPTURE).times(1).delay(late);
    let (answer, ()) = tokio::join!(shop.capture("order-1", "key"), async {
        while charged(&shop) == 0 {
            tokio::task::yield_now().await;
        }
    });
    assert_eq!(answer.unwrap().status(), 200);

    let shop = reserved().await;
    shop.sim
        .faults()
        .on(CAPTURE)
        .before_commit()
        .times(1)
        .delay(late);
    let impatient = tokio::time::timeout(late / 3, shop.capture("order-1", "key")).await;
    assert!(impatient.is_err());
    assert_eq!(charged(&shop), 0);
}
