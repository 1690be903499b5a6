//! A merchant that sends its requests without the client.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};
use vipps::simulator::Simulator;

pub(crate) struct Shop {
    pub(crate) sim: Simulator,
    pub(crate) http: Client,
    pub(crate) token: String,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        Self::with(Simulator::start().unwrap()).await
    }

    pub(crate) async fn with(sim: Simulator) -> Self {
        let http = Client::new();
        let response = http
            .post(format!("{}/accesstoken/get", sim.base_url()))
            .header("client_id", sim.keys().client_id())
            .header("client_secret", sim.keys().client_secret())
            .header("Ocp-Apim-Subscription-Key", sim.keys().subscription_key())
            .header("content-length", "0")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.unwrap();
        let token = body["access_token"].as_str().unwrap().into();
        Self { sim, http, token }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let keys = self.sim.keys();
        self.http
            .request(method, format!("{}{path}", self.sim.base_url()))
            .bearer_auth(&self.token)
            .header("Ocp-Apim-Subscription-Key", keys.subscription_key())
            .header("Merchant-Serial-Number", keys.merchant_serial_number())
    }

    pub(crate) async fn initiate(&self, order: &str, amount: i64) -> String {
        let body = json!({
            "customerInfo": {},
            "merchantInfo": {
                "merchantSerialNumber": self.sim.keys().merchant_serial_number(),
                "callbackPrefix": "https://example.com/callbacks",
                "fallBack": "https://example.com/result",
            },
            "transaction": {"orderId": order, "amount": amount, "transactionText": "Socks"},
        });
        let response = self
            .request(Method::POST, "/ecomm/v2/payments")
            .json(&body)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{:?}", response.text().await);
        let body: Value = response.json().await.unwrap();
        body["url"].as_str().unwrap().into()
    }

    pub(crate) async fn qr(&self, landing_page: &str, accept: &str) -> String {
        let response = self
            .request(Method::POST, "/qr/v1")
            .header("accept", accept)
            .header("size", "400")
            .json(&json!({"url": landing_page}))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let body: Value = response.json().await.unwrap();
        body["url"].as_str().unwrap().into()
    }

    pub(crate) async fn details(&self, order: &str) -> Value {
        let response = self
            .request(Method::GET, &format!("/ecomm/v2/payments/{order}/details"))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    pub(crate) async fn last(&self, order: &str) -> String {
        let details = self.details(order).await;
        details["transactionLogHistory"][0]["operation"]
            .as_str()
            .unwrap()
            .into()
    }

    pub(crate) async fn capture(&self, order: &str, key: &str) -> reqwest::Result<Response> {
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
