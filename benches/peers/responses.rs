//! The response bodies of the server, and the types that a program without this crate reads them
//! into.
//!
//! The types hold the same data as those of this crate. They use plain `serde` and reject responses
//! that differ from the documentation.

use std::time::Duration;

use serde::{Deserialize, Deserializer};

pub const INITIATED: &str = r#"{"orderId":"acme-shop-123-order123abc","url":"https://api.vipps.no/dwo-api-application/v1/deeplink/vippsgateway?v=2&token=eyJraWQiOiJqd3RrZXkiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJmYWtlIn0.c2lnbmF0dXJl"}"#;

pub const DETAILS: &str = concat!(
    r#"{"orderId":"acme-shop-123-order123abc","transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000,"bankIdentificationNumber":492556},"transactionLogHistory":["#,
    r#"{"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420058","timeStamp":"2018-11-14T15:22:46.680Z","operation":"CAPTURE","requestId":"1542208966","operationSuccess":true},"#,
    r#"{"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:22.126Z","operation":"RESERVE","requestId":"","operationSuccess":true},"#,
    r#"{"amount":20000,"transactionText":"One pair of socks","transactionId":"5001420062","timeStamp":"2018-11-14T15:21:04.697Z","operation":"INITIATE","requestId":"","operationSuccess":true}]}"#,
);

pub const ONE_TIME_QR: &str = r#"{"url":"https://qr.vipps.no/generate/qr.svg?token=eyJraWQiOiJqd3RrZXkifQ.c2lnbmF0dXJl","expiresIn":300}"#;

pub const CAPTURED: &str = r#"{"orderId":"acme-shop-123-order123abc","paymentInstrument":"Mastercard","transactionInfo":{"amount":20000,"timeStamp":"2018-11-14T15:22:46.736Z","transactionText":"One pair of socks","status":"Captured","transactionId":"5001420058"},"transactionSummary":{"capturedAmount":20000,"remainingAmountToCapture":0,"refundedAmount":0,"remainingAmountToRefund":20000}}"#;

/// The text of a timestamp and the parsed instant.
#[derive(Clone, Debug)]
pub struct Timestamp {
    pub text: String,
    pub instant: Option<jiff::Timestamp>,
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self {
            instant: text.parse().ok(),
            text,
        })
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Initiated {
    pub order_id: String,
    pub url: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    pub order_id: String,
    #[serde(rename = "transactionLogHistory")]
    pub events: Vec<Event>,
    #[serde(rename = "transactionSummary")]
    pub summary: Option<Summary>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EventKind {
    Initiate,
    Reserve,
    Sale,
    Capture,
    Refund,
    Cancel,
    Void,
    Reject,
    Failed,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub operation: EventKind,
    pub operation_success: bool,
    pub amount: i64,
    pub transaction_id: Option<String>,
    pub request_id: Option<String>,
    pub transaction_text: Option<String>,
    pub time_stamp: Timestamp,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    pub captured_amount: i64,
    pub remaining_amount_to_capture: i64,
    pub refunded_amount: i64,
    pub remaining_amount_to_refund: i64,
    pub bank_identification_number: Option<u32>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeQr {
    pub url: String,
    #[serde(deserialize_with = "seconds")]
    pub expires_in: Duration,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub enum Status {
    Captured,
    Cancelled,
    Refund,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Captured {
    pub order_id: String,
    pub payment_instrument: Option<String>,
    pub transaction_info: TransactionInfo,
    pub transaction_summary: Option<Summary>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransactionInfo {
    pub amount: i64,
    pub status: Status,
    pub transaction_id: Option<String>,
    pub transaction_text: Option<String>,
    pub time_stamp: Timestamp,
}
