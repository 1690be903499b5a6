//! A merchant of an in-memory simulator, whose requests are built without the client.

use bytes::Bytes;
use serde_json::{Value, json};
use vipps::simulator::{Builder, Simulator, WireResponse};

pub(crate) struct Shop {
    pub(crate) sim: Simulator,
    token: String,
}

impl Shop {
    pub(crate) fn new() -> Self {
        Self::with(Simulator::builder())
    }

    pub(crate) fn with(builder: Builder) -> Self {
        let sim = builder.freeze_clock().in_memory().unwrap();
        let mut shop = Self {
            sim,
            token: String::new(),
        };
        shop.fetch_token();
        shop
    }

    pub(crate) fn fetch_token(&mut self) {
        let keys = self.sim.keys();
        let request = http::Request::post("/accesstoken/get")
            .header("client_id", keys.client_id())
            .header("client_secret", keys.client_secret())
            .header("ocp-apim-subscription-key", keys.subscription_key());
        let (_, body) = self.exchange(request.body(Bytes::new()).unwrap());
        body["access_token"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.token);
    }

    /// Sends an authenticated request with these headers, and returns status and body.
    pub(crate) fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> (u16, Value) {
        let mut request = self.signed(method, path, body.to_string());
        for (name, value) in headers {
            let name: http::HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        self.exchange(request)
    }

    /// A request with everything that the gateway demands.
    pub(crate) fn signed(
        &self,
        method: &str,
        path: &str,
        body: impl Into<Bytes>,
    ) -> http::Request<Bytes> {
        let keys = self.sim.keys();
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("ocp-apim-subscription-key", keys.subscription_key())
            .header("merchant-serial-number", keys.merchant_serial_number())
            .header("content-type", "application/json")
            .header("accept", "text/targetUrl");
        request.body(body.into()).unwrap()
    }

    pub(crate) fn send(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.send_with(method, path, &[], body)
    }

    pub(crate) fn get(&self, path: &str) -> (u16, Value) {
        self.send("GET", path, &Value::Null)
    }

    /// The status of a request without keys, such as that for an image.
    pub(crate) fn open(&self, url: &str) -> u16 {
        let path = url.strip_prefix(self.sim.base_url()).unwrap_or(url);
        let request = http::Request::get(path).body(Bytes::new()).unwrap();
        self.exchange(request).0
    }

    pub(crate) fn exchange(&self, request: http::Request<Bytes>) -> (u16, Value) {
        let WireResponse::Complete(response) = self.sim.arrive(request).take_effect().1 else {
            panic!("no response");
        };
        let body = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
        (response.status().as_u16(), body)
    }

    pub(crate) fn initiate(&self, body: &Value) -> (u16, Value) {
        self.send("POST", "/ecomm/v2/payments", body)
    }
}

pub(crate) fn payment(order_id: &str, amount: i64) -> Value {
    json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": "123456",
            "callbackPrefix": "https://example.com/callbacks",
            "fallBack": "https://example.com/result",
        },
        "transaction": {"orderId": order_id, "amount": amount, "transactionText": "Socks"},
    })
}
