//! The ePayment API.

mod create;
mod events;
mod idempotency;
mod refusals;
mod states;
mod webhooks;

use super::*;

const PAYMENTS: &str = "/epayment/v1/payments";

/// The body of a payment of 200.00 NOK with a redirect.
fn create_body() -> Value {
    json!({
        "amount": nok(20_000),
        "paymentMethod": {"type": "WALLET"},
        "reference": ORDER,
        "userFlow": "WEB_REDIRECT",
        "returnUrl": "https://example.com/result",
        "paymentDescription": "One pair of socks",
    })
}

fn nok(value: i64) -> Value {
    json!({"currency": "NOK", "value": value})
}

fn with(pointer: &str, value: Value) -> Value {
    let mut body = create_body();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

fn plus(members: Value) -> Value {
    let mut body = create_body();
    for (name, value) in members.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

/// The error code of a response, `field NAME` for a field that breaks a rule, or `ok`.
fn outcome(response: &Response) -> String {
    if response.status.is_success() {
        return "ok".into();
    }
    let body = json_of(response);
    assert_eq!(body["status"], response.status.as_u16(), "{body}");
    assert_eq!(response.encoded().0, Some("application/problem+json"));
    assert!(body["traceId"].is_string(), "{body}");
    let detail = &body["extraDetails"][0];
    let text = |name: &str| detail[name].as_str().unwrap().to_owned();
    match text("name").as_str() {
        "ErrorCode" => text("reason"),
        name => format!("field {name}"),
    }
}

impl Harness {
    /// Sends a POST request with an idempotency key.
    fn keyed(&mut self, path: &str, key: &str, body: Value) -> Response {
        let request = self.signed(Method::POST, path, Some(body));
        self.send(request.with("idempotency-key", key))
    }

    /// Sends a POST request with a new idempotency key, when no rate limit is reached.
    fn post(&mut self, path: &str, body: Value) -> Response {
        self.wait_for_limits();
        let key = format!("key-{}", self.calls);
        self.keyed(path, &key, body)
    }

    fn create(&mut self, body: Value) -> Response {
        self.post(PAYMENTS, body)
    }

    /// Creates the usual payment and returns its response.
    fn created(&mut self) -> Value {
        let response = self.create(create_body());
        assert_eq!(response.status, 201, "{response:?}");
        json_of(&response)
    }

    /// Changes the usual payment.
    fn modify(&mut self, action: &str, value: i64) -> Response {
        let body = json!({"modificationAmount": nok(value)});
        self.post(&format!("{PAYMENTS}/{ORDER}/{action}"), body)
    }

    fn cancel_payment(&mut self, body: Value) -> Response {
        self.post(&format!("{PAYMENTS}/{ORDER}/cancel"), body)
    }

    fn read(&mut self, suffix: &str) -> Value {
        let path = format!("{PAYMENTS}/{ORDER}{suffix}");
        let request = self.signed(Method::GET, &path, None);
        let response = self.send(request);
        assert_eq!(response.status, 200, "{response:?}");
        json_of(&response)
    }

    /// Returns the state and the sums: authorized, captured, cancelled and refunded.
    fn sums(&mut self) -> (String, [i64; 4]) {
        let details = self.read("");
        let sum = |name: &str| details["aggregate"][name]["value"].as_i64().unwrap();
        let names = ["authorized", "captured", "cancelled", "refunded"];
        let sums = names.map(|name| sum(&format!("{name}Amount")));
        (details["state"].as_str().unwrap().to_owned(), sums)
    }
}
