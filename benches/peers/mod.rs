//! The same four calls of the API made in several ways, against one small server, so that what a layer costs is what
//! it costs more than the layer below it. The benchmarks and `tests/allocations.rs` share it, so that both compare the
//! same work.

#![allow(dead_code, unreachable_pub, reason = "each bench and test uses a part")]

/// Runs the method of an operation, and keeps what it gives from being optimised away.
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
        .expect("the server answers");
    }};
}

pub mod answers;
pub mod bare;
pub mod bodies;
pub mod hypers;
pub mod ours;
pub mod raw;
pub mod server;
pub mod socket;

/// The calls that are compared.
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

/// Reads an answer as the peers without reqwest do.
pub fn read(operation: Operation, body: &[u8]) {
    use std::hint::black_box;
    let done = match operation {
        Operation::Initiate => {
            serde_json::from_slice::<answers::Initiated>(body).map(|it| drop(black_box(it)))
        }
        Operation::Details => {
            serde_json::from_slice::<answers::Details>(body).map(|it| drop(black_box(it)))
        }
        Operation::OneTimeQr => {
            serde_json::from_slice::<answers::OneTimeQr>(body).map(|it| drop(black_box(it)))
        }
        Operation::Capture => {
            serde_json::from_slice::<answers::Captured>(body).map(|it| drop(black_box(it)))
        }
    };
    done.expect("an answer");
}

pub const ORDER: &str = "acme-shop-123-order123abc";
pub const TEXT: &str = "One pair of socks";
pub const ORE: i64 = 20_000;
pub const FALLBACK: &str = "https://example.com/thanks";
pub const CALLBACK: &str = "https://example.com/vipps";
pub const MERCHANT: &str = "123456";
pub const SUBSCRIPTION_KEY: &str = "bench-subscription-key";

/// A token as long as the API's own.
pub fn token() -> String {
    format!("eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.{}", "x".repeat(1100))
}
