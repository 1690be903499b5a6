//! The calls as a careful program makes them with reqwest alone.
//!
//! The header values are prepared once and the body is serialised from borrowed text. The status is
//! checked, and the whole response is read and decoded. Calls are not retried, have no deadline and
//! do not renew the token.

use std::time::Duration;

use reqwest::Client;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, USER_AGENT};

use super::responses::{Captured, Details, Initiated, OneTimeQr};
use super::{MERCHANT, ORDER, Operation, SUBSCRIPTION_KEY, bodies, token};

/// A landing page like that in the response to an initiate request.
pub const PAGE: &str = "https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJraWQiOiJqd3RrZXkiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJmYWtlIn0.c2lnbmF0dXJl";

static JSON: HeaderValue = HeaderValue::from_static("application/json");
static SVG: HeaderValue = HeaderValue::from_static("image/svg+xml");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A client that uses reqwest alone.
#[derive(Clone, Debug)]
pub struct Bare {
    http: Client,
    base: String,
    token: HeaderValue,
}

/// Returns the headers that all requests have in common.
pub fn constant_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    // A program reads these two from its configuration, so they are not static values.
    for (name, value) in [
        ("ocp-apim-subscription-key", SUBSCRIPTION_KEY),
        ("merchant-serial-number", MERCHANT),
    ] {
        let value = HeaderValue::from_str(value).expect("visible ASCII");
        headers.insert(HeaderName::from_static(name), value);
    }
    let mut put = |name, value| {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    };
    put("vipps-system-name", "vipps-rust");
    put("vipps-system-version", env!("CARGO_PKG_VERSION"));
    put("vipps-system-plugin-name", "vipps-rust");
    put("vipps-system-plugin-version", env!("CARGO_PKG_VERSION"));
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("vipps-rust/", env!("CARGO_PKG_VERSION"))),
    );
    headers
}

/// Returns the `authorization` header.
pub fn bearer() -> HeaderValue {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token())).expect("visible ASCII");
    value.set_sensitive(true);
    value
}

/// Returns a random idempotency key.
pub fn fresh_key() -> String {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("a system with randomness");
    format!("{:026x}", u128::from_ne_bytes(bytes) >> 24)
}

impl Bare {
    pub fn new(base: &str) -> Self {
        Self::with(base, Client::builder().no_proxy())
    }

    /// Returns a client with a connect timeout of 3.1 s and a request timeout of 10 s.
    pub fn limited(base: &str) -> Self {
        let times = Client::builder()
            .connect_timeout(Duration::from_millis(3_100))
            .timeout(Duration::from_secs(10));
        Self::with(base, times.no_proxy())
    }

    fn with(base: &str, builder: reqwest::ClientBuilder) -> Self {
        let http = builder
            .redirect(reqwest::redirect::Policy::none())
            // This crate does not decompress responses either.
            .no_deflate()
            .no_gzip()
            .default_headers(constant_headers())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.to_owned(),
            token: bearer(),
        }
    }

    pub async fn initiate(&self) -> reqwest::Result<Initiated> {
        let response = self
            .http
            .post(format!("{}/ecomm/v2/payments", self.base))
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, JSON.clone())
            .json(&bodies::initiate())
            .send()
            .await?;
        response.error_for_status()?.json().await
    }

    pub async fn details(&self) -> reqwest::Result<Details> {
        let response = self
            .http
            .get(format!("{}/ecomm/v2/payments/{ORDER}/details", self.base))
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, JSON.clone())
            .send()
            .await?;
        response.error_for_status()?.json().await
    }

    pub async fn one_time_qr(&self) -> reqwest::Result<OneTimeQr> {
        let response = self
            .http
            .post(format!("{}/qr/v1", self.base))
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, SVG.clone())
            .json(&bodies::one_time_qr(PAGE))
            .send()
            .await?;
        response.error_for_status()?.json().await
    }

    pub async fn capture(&self) -> reqwest::Result<Captured> {
        let response = self
            .http
            .post(format!("{}/ecomm/v2/payments/{ORDER}/capture", self.base))
            .header(AUTHORIZATION, self.token.clone())
            .header(ACCEPT, JSON.clone())
            .header(&REQUEST_ID, fresh_key())
            .json(&bodies::capture())
            .send()
            .await?;
        response.error_for_status()?.json().await
    }

    pub async fn call(&self, operation: Operation) {
        call!(self, operation);
    }
}
