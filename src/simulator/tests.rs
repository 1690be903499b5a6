//! The gateway without a socket: requests, responses, and a clock that the test advances.

#![allow(clippy::needless_pass_by_value)] // requests read best when made in place

mod callback_qr;
mod codes;
mod details;
mod epayment;
mod exchange;
mod express;
mod faults;
mod gateway;
mod messages;
mod one_time_qr;
mod redirect_qr;
mod states;
mod toy_api;
mod userinfo;
mod webhooks;

use std::collections::BTreeMap;
use std::time::Duration;

use ::http::{HeaderMap, HeaderName, HeaderValue, Method};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::apis::{self, qr::CHECK_IN_EVENT};
use super::clock::FROZEN_AT;
use super::domain::profile::Profile;
use super::domain::qr::CodeKey;
use super::domain::time::later;
use super::domain::{Account, CaptureType, Domain, PaymentId, Refusal, Registration};
use super::gateway::{Api, Body, Request, Response, Settings, State, dispatch};
use super::keys::Keys;
use super::random::Random;

const MSN: &str = "123456";
const ORDER: &str = "acme-shop-123-order123abc";

/// A merchant with valid keys, an access token and a clock.
struct Harness {
    state: State,
    now: Timestamp,
    token: String,
    calls: u32,
}

impl Harness {
    fn new() -> Self {
        Self::with(CaptureType::Reserve)
    }

    fn with(capture_type: CaptureType) -> Self {
        Self::of(capture_type, Domain::default())
    }

    fn of(capture_type: CaptureType, domain: Domain) -> Self {
        Self::with_apis(capture_type, domain, &apis::ALL)
    }

    fn with_apis(capture_type: CaptureType, domain: Domain, apis: &[&'static Api]) -> Self {
        let mut random = Random::new(0);
        let settings = Settings {
            keys: Keys::new(&mut random, MSN.into()),
            sales_units: BTreeMap::from([
                (MSN.to_owned(), capture_type),
                ("654321".to_owned(), CaptureType::Reserve),
            ]),
            base_url: "http://127.0.0.1:1".into(),
            token_lifetime: Duration::from_secs(3600),
            may_skip_landing_page: false,
        };
        let mut harness = Self {
            state: State::new(settings, apis, domain, random),
            now: FROZEN_AT,
            token: String::new(),
            calls: 0,
        };
        harness.fetch_token();
        harness
    }

    fn fetch_token(&mut self) {
        let response = self.send(self.token_request());
        assert_eq!(response.status, 200, "{response:?}");
        self.token = json_of(&response)["access_token"].as_str().unwrap().into();
    }

    fn token_request(&self) -> Request {
        let keys = &self.state.settings.keys;
        request(Method::POST, "/accesstoken/get", None)
            .with("client_id", &keys.client_id)
            .with("client_secret", &keys.client_secret)
            .with("ocp-apim-subscription-key", &keys.subscription_key)
            .with("content-length", "0")
    }

    /// A request with everything that the gateway demands.
    fn signed(&self, method: Method, path: &str, body: Option<Value>) -> Request {
        request(method, path, body)
            .with("authorization", &format!("Bearer {}", self.token))
            .with(
                "ocp-apim-subscription-key",
                &self.state.settings.keys.subscription_key,
            )
            .with("merchant-serial-number", MSN)
    }

    fn send(&mut self, request: Request) -> Response {
        dispatch(&mut self.state, &request, self.now)
    }

    fn advance(&mut self, time: Duration) {
        self.now = later(self.now, time);
    }

    /// Advances the clock by less than a token's lifetime, so that no limit per minute applies.
    fn wait_for_limits(&mut self) {
        self.calls += 1;
        self.advance(Duration::from_secs(13));
    }

    fn initiate(&mut self, order_id: &str, amount: i64) -> Response {
        let request = self.signed(
            Method::POST,
            "/ecomm/v2/payments",
            Some(initiate_body(order_id, amount)),
        );
        self.send(request)
    }

    /// Initiates a payment and returns the landing page.
    fn open(&mut self, amount: i64) -> String {
        let response = self.initiate(ORDER, amount);
        assert_eq!(response.status, 200, "{response:?}");
        json_of(&response)["url"].as_str().unwrap().into()
    }

    fn order(&self) -> PaymentId {
        self.state.domain.find(MSN, ORDER).unwrap()
    }

    /// Runs an operation of the domain on the payment.
    fn with_payment<T>(&mut self, run: impl FnOnce(&mut Domain, PaymentId, Timestamp) -> T) -> T {
        let (order, now) = (self.order(), self.now);
        self.state.tick(now);
        let result = run(&mut self.state.domain, order, now);
        self.state.notify();
        result
    }

    fn try_approve(&mut self, method: Option<&str>) -> Result<(), Refusal> {
        self.with_payment(|domain, order, now| {
            domain.approve(order, Profile::default(), method, now)
        })
    }

    fn approve(&mut self) {
        self.try_approve(None).unwrap();
    }

    fn scan(&mut self) {
        self.with_payment(Domain::open);
    }

    /// Rejects the payment in the app.
    fn reject(&mut self) {
        self.with_payment(|domain, order, now| domain.reject(order, true, now))
            .unwrap();
    }

    /// Passes the merchant's response to the request for shipping methods on.
    fn receive(&mut self, response: Value) -> Result<(), String> {
        let outgoing = self.state.outbox.pop().unwrap();
        let receive = outgoing.message.receive.unwrap();
        receive(&mut self.state, &outgoing, Ok(response), self.now)
    }

    fn put_webhook(&mut self) {
        self.state.domain.webhooks.add(Registration {
            id: "1".into(),
            sales_unit: Some(MSN.into()),
            url: "https://example.com/hook".into(),
            secret: "secret".into(),
            events: vec![CHECK_IN_EVENT.into()],
        });
    }

    /// Checks a customer in at the place `till-1`.
    fn check_in(&mut self) -> Result<(), Refusal> {
        let key = CodeKey {
            sales_unit: MSN.into(),
            id: "till-1".into(),
        };
        let State { domain, random, .. } = &mut self.state;
        let customer = Profile::default();
        let checked_in = domain.check_in(&key, customer, CHECK_IN_EVENT, random, self.now);
        self.state.notify();
        checked_in
    }

    fn account(&self) -> Account {
        Account::of(self.state.domain.payment(self.order()))
    }

    fn act(&mut self, action: &str, amount: Option<i64>, key: Option<&str>) -> Response {
        let mut body = json!({
            "merchantInfo": {"merchantSerialNumber": MSN},
            "transaction": {"transactionText": "One pair of socks"},
        });
        if let Some(amount) = amount {
            body["transaction"]["amount"] = amount.into();
        }
        let mut request = self.signed(
            Method::POST,
            &format!("/ecomm/v2/payments/{ORDER}/{action}"),
            Some(body),
        );
        if let Some(key) = key {
            request = request.with("x-request-id", key);
        }
        self.send(request)
    }

    /// Captures with a new idempotency key.
    fn capture(&mut self, amount: Option<i64>) -> Response {
        self.wait_for_limits();
        let key = format!("key-{}", self.calls);
        self.act("capture", amount, Some(&key))
    }

    fn refund(&mut self, amount: Option<i64>) -> Response {
        self.wait_for_limits();
        let key = format!("key-{}", self.calls);
        self.act("refund", amount, Some(&key))
    }

    fn cancel(&mut self, release_rest: bool) -> Response {
        self.wait_for_limits();
        let request = self.signed(
            Method::PUT,
            &format!("/ecomm/v2/payments/{ORDER}/cancel"),
            Some(json!({
                "merchantInfo": {"merchantSerialNumber": MSN},
                "transaction": {"transactionText": "No socks"},
                "shouldReleaseRemainingFunds": release_rest,
            })),
        );
        self.send(request)
    }

    fn get(&mut self, path: &str) -> Value {
        let request = self.signed(
            Method::GET,
            &format!("/ecomm/v2/payments/{ORDER}/{path}"),
            None,
        );
        let response = self.send(request);
        assert_eq!(response.status, 200, "{response:?}");
        json_of(&response)
    }

    /// The operations of the log, newest first.
    fn operations(&mut self) -> Vec<String> {
        self.get("details")["transactionLogHistory"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["operation"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl Request {
    fn with(mut self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().unwrap();
        self.headers
            .insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }
}

fn request(method: Method, target: &str, body: Option<Value>) -> Request {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query.to_owned())),
        None => (target, None),
    };
    let mut headers = HeaderMap::new();
    if body.is_some() {
        headers.insert("content-type", HeaderValue::from_static("application/json"));
    }
    Request {
        method,
        path: path.into(),
        query,
        headers,
        body: body
            .map(|body| Bytes::from(body.to_string()))
            .unwrap_or_default(),
    }
}

fn initiate_body(order_id: &str, amount: i64) -> Value {
    json!({
        "customerInfo": {},
        "merchantInfo": {
            "merchantSerialNumber": MSN,
            "callbackPrefix": "https://example.com/vipps/callbacks",
            "fallBack": "https://example.com/vipps/result",
        },
        "transaction": {
            "orderId": order_id,
            "amount": amount,
            "transactionText": "One pair of socks",
        },
    })
}

fn json_of(response: &Response) -> Value {
    match &response.body {
        Body::Json(value) => value.clone(),
        other => panic!("no JSON: {other:?}"),
    }
}

/// Status, group and code of an eCom error.
fn code(response: &Response) -> (u16, Option<String>, String) {
    let body = json_of(response);
    let error = &body[0];
    assert!(error["contextId"].as_str().is_some(), "{body}");
    (
        response.status.as_u16(),
        error["errorGroup"].as_str().map(str::to_owned),
        error["errorCode"].as_str().unwrap_or_default().to_owned(),
    )
}

#[track_caller]
fn assert_code(response: &Response, status: u16, group: &str, expected: &str) {
    assert_eq!(
        code(response),
        (status, Some(group.to_owned()), expected.to_owned()),
        "{response:?}"
    );
}
