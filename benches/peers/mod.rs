//! Four calls of the API, made through several layers against one small server.
//!
//! The cost of a layer is the difference from the layer below it. The benchmarks and
//! `tests/allocations.rs` share this module, so that both compare the same work.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each benchmark and test uses a part"
)]

/// Calls the method of an operation and passes the result to `black_box`, so that the compiler
/// cannot remove the work.
macro_rules! call {
    ($client:expr, $operation:expr) => {{
        use super::Operation;
        let client = $client;
        match $operation {
            Operation::Initiate => client
                .initiate()
                .await
                .map(|it| drop(std::hint::black_box(it))),
            Operation::Details => client
                .details()
                .await
                .map(|it| drop(std::hint::black_box(it))),
            Operation::OneTimeQr => client
                .one_time_qr()
                .await
                .map(|it| drop(std::hint::black_box(it))),
            Operation::Capture => client
                .capture()
                .await
                .map(|it| drop(std::hint::black_box(it))),
        }
        .expect("a success response");
    }};
}

pub mod bare;
pub mod bodies;
pub mod hyper_clients;
pub mod ours;
pub mod raw;
pub mod responses;
pub mod server;
pub mod socket;

/// A call to compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Initiate,
    Details,
    OneTimeQr,
    Capture,
}

impl Operation {
    pub const ALL: [Self; 4] = [
        Self::Initiate,
        Self::Details,
        Self::OneTimeQr,
        Self::Capture,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Initiate => "initiate",
            Self::Details => "details",
            Self::OneTimeQr => "one_time_qr",
            Self::Capture => "capture",
        }
    }

    pub fn method(self) -> &'static str {
        match self {
            Self::Details => "GET",
            _ => "POST",
        }
    }

    pub fn path(self) -> &'static str {
        match self {
            Self::Initiate => "/ecomm/v2/payments",
            Self::Details => "/ecomm/v2/payments/acme-shop-123-order123abc/details",
            Self::OneTimeQr => "/qr/v1",
            Self::Capture => "/ecomm/v2/payments/acme-shop-123-order123abc/capture",
        }
    }

    pub fn accept(self) -> &'static str {
        match self {
            Self::OneTimeQr => "image/svg+xml",
            _ => "application/json",
        }
    }
}

/// Decodes a response body for the clients without reqwest.
pub fn read(operation: Operation, body: &[u8]) {
    use std::hint::black_box;
    let result = match operation {
        Operation::Initiate => {
            serde_json::from_slice::<responses::Initiated>(body).map(|it| drop(black_box(it)))
        }
        Operation::Details => {
            serde_json::from_slice::<responses::Details>(body).map(|it| drop(black_box(it)))
        }
        Operation::OneTimeQr => {
            serde_json::from_slice::<responses::OneTimeQr>(body).map(|it| drop(black_box(it)))
        }
        Operation::Capture => {
            serde_json::from_slice::<responses::Captured>(body).map(|it| drop(black_box(it)))
        }
    };
    result.expect("a valid response");
}

pub const ORDER: &str = "acme-shop-123-order123abc";
pub const TEXT: &str = "One pair of socks";
pub const ORE: i64 = 20_000;
pub const FALLBACK: &str = "https://example.com/thanks";
pub const CALLBACK: &str = "https://example.com/vipps";
pub const MERCHANT: &str = "123456";
pub const SUBSCRIPTION_KEY: &str = "bench-subscription-key";

/// Returns a token of realistic length.
pub fn token() -> String {
    format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}", "x".repeat(1100))
}
