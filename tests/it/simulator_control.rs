//! The control API, which tests in any language use over HTTP.

mod faults;

use std::net::SocketAddr;
use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};
use vipps::simulator::Simulator;
use vipps::{Amount, Vipps};

const CAPTURE: &str = "capture_payment_using_post";

struct Control {
    sim: Simulator,
    vipps: Vipps,
    http: Client,
}

impl Control {
    fn start() -> Self {
        let sim = Simulator::builder().freeze_clock().start().unwrap();
        let http = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            vipps: sim.client(),
            sim,
            http,
        }
    }

    async fn initiate(&self, order_id: &str) {
        let (order_id, text) = (order_id.parse().unwrap(), "Socks".parse().unwrap());
        self.vipps
            .ecom()
            .initiate(order_id, Amount::nok(499), text)
            .await
            .unwrap();
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let url = format!("{}/_simulator/{path}", self.sim.base_url());
        let request = self.http.request(method, url);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    /// The status and the body of a response.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let response = self.send(method, path, body).await;
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// Asserts that a request is refused with a problem and returns its code.
    async fn refused(&self, method: Method, path: &str, body: Option<Value>, status: u16) -> Value {
        let response = self.send(method, path, body).await;
        assert_eq!(response.status(), status, "{path}");
        let media_type = &response.headers()["content-type"];
        assert_eq!(media_type, "application/problem+json", "{path}");
        let problem: Value = response.json().await.unwrap();
        assert_eq!(problem["status"], status, "{problem}");
        problem
    }
}

#[tokio::test]
async fn health_is_ok_and_needs_no_keys() {
    let control = Control::start();
    assert_eq!(control.get("health").await["status"], "ok");
}

#[tokio::test]
async fn each_change_changes_the_count_and_reading_does_not() {
    let control = Control::start();
    let changes = async || control.get("health").await["changes"].as_u64().unwrap();
    control.initiate("order-1").await;
    control.sim.settled().await;
    let mut seen = changes().await;
    for path in [
        "orders",
        "journal",
        "deliveries",
        "codes",
        "webhooks",
        "faults",
        "clock",
    ] {
        control.get(path).await;
        assert_eq!(changes().await, seen, "{path}");
    }
    for path in [
        "orders/order-1/scan",
        "orders/order-1/approve",
        "personal-codes",
    ] {
        control.post(path, json!({})).await;
        control.sim.settled().await;
        let now = changes().await;
        assert_ne!(now, seen, "{path}");
        seen = now;
    }
}

#[tokio::test]
async fn keys_are_those_that_the_apis_accept() {
    let control = Control::start();
    let keys = control.get("keys").await;
    let expected = control.sim.keys();
    assert_eq!(
        keys,
        json!({
            "clientId": expected.client_id(),
            "clientSecret": expected.client_secret(),
            "subscriptionKey": expected.subscription_key(),
            "merchantSerialNumber": expected.merchant_serial_number(),
        })
    );
    let request = control
        .http
        .get(format!("{}/_simulator/keys", control.sim.base_url()));
    let foreign = request.header("host", "example.com").send().await.unwrap();
    assert_eq!(foreign.status(), 403);
}

#[tokio::test]
async fn latest_limits_a_list_and_total_counts_all() {
    let control = Control::start();
    for number in 0..4 {
        control.initiate(&format!("order-{number}")).await;
    }
    let orders = control.get("orders?latest=2").await;
    assert_eq!(orders["total"], 4);
    assert_eq!(orders["orders"][0]["orderId"], "order-2");
    assert_eq!(orders["orders"][1]["orderId"], "order-3");
    let journal = control.get("journal?latest=1&orderId=order-1").await;
    assert_eq!(journal["total"], 1);
    assert_eq!(journal["entries"].as_array().unwrap().len(), 1);
    for path in ["orders?latest=-1", "journal?latest=x", "deliveries?latest="] {
        let problem = control.refused(Method::GET, path, None, 400).await;
        assert_eq!(problem["field"], "latest");
    }
}

#[tokio::test]
async fn error_code_of_each_api_is_in_the_journal() {
    let control = Control::start();
    control.initiate("order-1").await;
    let payment = control.vipps.ecom().payment("order-1".parse().unwrap());
    payment.capture_remaining().await.unwrap_err();
    let journal = control.get(&format!("journal?operation={CAPTURE}")).await;
    assert_eq!(journal["entries"][0]["errorCode"], "62");
    let payment = control
        .vipps
        .epayment()
        .payment("order-1-of-ep".parse().unwrap());
    payment.details().await.unwrap_err();
    let journal = control.get("journal?operation=get_payment").await;
    assert_eq!(journal["entries"][0]["errorCode"], "5090");
    let url = format!("{}/accesstoken/get", control.sim.base_url());
    let token = control.http.post(url).header("content-length", "0");
    let keys = control.sim.keys();
    let token = token.header("client_id", keys.client_id());
    let token = token.header("ocp-apim-subscription-key", keys.subscription_key());
    token.header("client_secret", "wrong").send().await.unwrap();
    let journal = control.get("journal?status=401").await;
    let code = journal["entries"][0]["errorCode"].as_str();
    assert!(
        code.is_some_and(|code| code.starts_with("AADSTS")),
        "{journal}"
    );
}

#[tokio::test]
async fn order_shows_its_code_return_url_and_end() {
    let control = Control::start();
    control.initiate("order-1").await;
    let order = control.get("orders/order-1").await;
    assert_eq!(order.get("endedAt"), None);
    assert_eq!(order.get("qrText"), None);
    let return_url = order["returnUrl"].as_str().unwrap();
    assert!(return_url.starts_with("https://"), "{return_url}");
    control.sim.route_all(([127, 0, 0, 1], 8080));
    let order = control.get("orders/order-1").await;
    let return_url = order["returnUrl"].as_str().unwrap();
    assert!(
        return_url.starts_with("http://127.0.0.1:8080/"),
        "{return_url}"
    );
    let (_, order) = control.post("orders/order-1/reject", json!({})).await;
    assert_eq!(order["endedAt"], "2026-03-02T09:00:00Z");
}

#[tokio::test]
async fn customer_scans_and_approves_over_http() {
    let control = Control::start();
    control.initiate("order-1").await;
    let order = control.get("orders/order-1").await;
    assert_eq!(order["status"], "waiting");
    assert_eq!(order["amount"], 49_900);
    let (status, scanned) = control
        .call(Method::POST, "orders/order-1/scan", None)
        .await;
    assert_eq!((status, &scanned["kind"]), (200, &json!("payment")));
    assert_eq!(control.get("orders/order-1").await["status"], "scanned");
    let (status, order) = control.post("orders/order-1/approve", json!({})).await;
    assert_eq!((status, &order["status"]), (200, &json!("reserved")));
    assert_eq!(order["reserved"], 49_900);
    let orders = control.get("orders").await;
    assert_eq!(orders["orders"], json!([order]));
}

#[tokio::test]
async fn qr_code_text_scans_its_order() {
    let control = Control::start();
    let (order_id, text) = ("order-1".parse().unwrap(), "Socks".parse().unwrap());
    let sale = control.vipps.pay_by_qr(order_id, Amount::nok(9), text);
    let sale = sale.content().await.unwrap();
    let content = sale.qr().content().unwrap().as_str().to_owned();
    let code: String = url::form_urlencoded::byte_serialize(content.as_bytes()).collect();
    let (status, scanned) = control
        .call(Method::POST, &format!("orders/{code}/scan"), None)
        .await;
    assert_eq!((status, &scanned["orderId"]), (200, &json!("order-1")));
}

#[tokio::test]
async fn approving_a_rejected_payment_is_a_conflict() {
    let control = Control::start();
    control.initiate("order-1").await;
    let (status, order) = control.post("orders/order-1/reject", json!({})).await;
    assert_eq!((status, &order["status"]), (200, &json!("rejected")));
    let problem = control
        .refused(Method::POST, "orders/order-1/approve", None, 409)
        .await;
    assert_eq!(problem["code"], "alreadyFinal");
    control
        .refused(Method::POST, "orders/order-2/approve", None, 404)
        .await;
}

#[tokio::test]
async fn phone_number_decides_who_pays_and_is_not_shown() {
    let control = Control::start();
    control.initiate("order-1").await;
    let number = json!({"phoneNumber": "+47 987 65 432"});
    let (status, order) = control.post("orders/order-1/approve", number).await;
    assert_eq!(status, 200);
    assert!(!order.to_string().contains("98765432"));
    let bad = json!({"phoneNumber": "98765432x"});
    let problem = control
        .refused(Method::POST, "orders/order-1/approve", Some(bad), 400)
        .await;
    assert_eq!(problem["field"], "phoneNumber");
    assert!(!problem.to_string().contains("98765432"), "{problem}");
}

#[tokio::test]
async fn clock_advances_past_expiry() {
    let control = Control::start();
    control.initiate("order-1").await;
    let clock = control.get("clock").await;
    let expected = json!({"now": "2026-03-02T09:00:00Z", "frozen": true});
    assert_eq!(clock, expected);
    let (status, clock) = control.post("clock/advance", json!({"seconds": 600})).await;
    assert_eq!(
        (status, &clock["now"]),
        (200, &json!("2026-03-02T09:10:00Z"))
    );
    assert_eq!(control.get("orders/order-1").await["status"], "expired");
    let problem = control
        .refused(
            Method::POST,
            "clock/advance",
            Some(json!({"seconds": -1})),
            400,
        )
        .await;
    assert_eq!(problem["field"], "seconds");
    assert_eq!(problem["value"], -1);
    control
        .refused(Method::POST, "clock/advance", None, 400)
        .await;
}

#[tokio::test]
async fn running_clock_freezes_on_request() {
    let sim = Simulator::start().unwrap();
    let url = format!("{}/_simulator/clock/freeze", sim.base_url());
    let clock: Value = Client::new()
        .post(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(clock["frozen"], true);
    assert_eq!(sim.clock().now(), sim.clock().now());
}

#[tokio::test]
async fn journal_is_filtered_and_cleared() {
    let control = Control::start();
    control.initiate("order-1").await;
    control.initiate("order-2").await;
    let again = control
        .vipps
        .ecom()
        .payment("order-3".parse().unwrap())
        .details()
        .await;
    assert!(again.is_err());
    let numbers = |journal: Value| journal["entries"].as_array().unwrap().len();
    assert_eq!(numbers(control.get("journal").await), 4);
    let initiate = "journal?operation=initiate_payment_v3_using_post";
    assert_eq!(numbers(control.get(initiate).await), 2);
    assert_eq!(numbers(control.get("journal?orderId=order-1").await), 1);
    assert_eq!(numbers(control.get("journal?orderId=order-3").await), 1);
    assert_eq!(numbers(control.get("journal?status=404").await), 1);
    let none = control.get("journal?status=404&orderId=order-1").await;
    assert_eq!(numbers(none), 0);
    let problem = control
        .refused(Method::GET, "journal?status=x", None, 400)
        .await;
    assert_eq!(
        (&problem["field"], &problem["value"]),
        (&json!("status"), &json!("x"))
    );
    let problem = control
        .refused(Method::GET, "journal?order=x", None, 400)
        .await;
    assert_eq!(problem["field"], "order");
    let text = control.get("journal").await.to_string();
    let keys = control.sim.keys();
    for secret in [keys.client_secret(), keys.subscription_key(), "eyJ"] {
        assert!(!text.contains(secret), "{text}");
    }
    let (status, _) = control.call(Method::DELETE, "journal", None).await;
    assert_eq!(status, 204);
    assert_eq!(numbers(control.get("journal").await), 0);
}

#[tokio::test]
async fn deliveries_show_the_result_of_a_callback() {
    let control = Control::start();
    control.initiate("order-1").await;
    control.post("orders/order-1/reject", json!({})).await;
    control.sim.settled().await;
    let deliveries = control.get("deliveries").await;
    let delivery = &deliveries["deliveries"][0];
    assert_eq!(delivery["operation"], "payment_callback");
    assert_eq!(delivery["outcome"], "notRouted");
    assert_eq!(delivery["body"]["orderId"], "order-1");
}

#[tokio::test]
async fn reset_removes_all_but_keys_tokens_and_clock() {
    let control = Control::start();
    control.initiate("order-1").await;
    control.post("orders/order-1/reject", json!({})).await;
    control.sim.settled().await;
    control.post("faults", json!({"kind": "reset"})).await;
    control.post("clock/advance", json!({"seconds": 60})).await;
    let (status, _) = control.call(Method::POST, "reset", None).await;
    assert_eq!(status, 204);
    assert_eq!(
        control.get("orders").await,
        json!({"orders": [], "total": 0})
    );
    assert_eq!(control.get("faults").await, json!({"faults": []}));
    assert_eq!(
        control.get("journal").await,
        json!({"entries": [], "total": 0})
    );
    assert_eq!(
        control.get("deliveries").await,
        json!({"deliveries": [], "total": 0})
    );
    assert_eq!(control.get("clock").await["now"], "2026-03-02T09:01:00Z");
    control.initiate("order-1").await;
    assert_eq!(control.get("orders/order-1").await["status"], "waiting");
    assert_eq!(
        control.sim.journal().entries().len(),
        1,
        "the token is still valid"
    );
}

#[tokio::test]
async fn other_methods_media_types_and_paths_are_refused() {
    let control = Control::start();
    control.initiate("order-1").await;
    let response = control.send(Method::DELETE, "orders", None).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD");
    let response = control.send(Method::PUT, "faults", None).await;
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, HEAD, POST, DELETE");
    for path in [
        "",
        "x",
        "orders/order-1/pay",
        "orders//scan",
        "clock/x",
        "faults/x/y",
    ] {
        control.refused(Method::GET, path, None, 404).await;
    }
    let url = |path: &str| format!("{}/_simulator/{path}", control.sim.base_url());
    let form = control.http.post(url("clock/advance")).body("by=600");
    let form = form.header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(form.send().await.unwrap().status(), 415);
    let broken = control.http.post(url("faults")).body("{");
    let broken = broken.header("content-type", "application/json");
    assert_eq!(broken.send().await.unwrap().status(), 400);
    let list = control.post("faults", json!([])).await;
    assert_eq!(list.0, 400);
    let (status, body) = control.call(Method::HEAD, "orders", None).await;
    assert_eq!((status, body), (200, Value::Null));
    assert_eq!(
        control.sim.journal().entries().len(),
        2,
        "the API saw no control request"
    );
}

#[tokio::test]
async fn request_of_another_site_is_refused() {
    let control = Control::start();
    control.initiate("order-1").await;
    let url = format!(
        "{}/_simulator/orders/order-1/approve",
        control.sim.base_url()
    );
    let foreign = control
        .http
        .post(&url)
        .header("origin", "https://evil.example");
    assert_eq!(foreign.send().await.unwrap().status(), 403);
    let renamed = control.http.post(&url).header("host", "evil.example");
    assert_eq!(renamed.send().await.unwrap().status(), 403);
    assert_eq!(control.get("orders/order-1").await["status"], "waiting");
}

#[tokio::test]
async fn calls_to_any_host_reach_the_forwarding_address() {
    let control = Control::start();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to: SocketAddr = listener.local_addr().unwrap();
    control.sim.route_all(to);
    control.initiate("order-1").await;
    control.post("orders/order-1/reject", json!({})).await;
    let accepted = tokio::time::timeout(Duration::from_secs(10), listener.accept()).await;
    assert!(accepted.is_ok(), "no callback came");
}
