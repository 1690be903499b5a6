//! The same four calls of the API made in several ways, against one small server, so that what a layer costs is what
//! it costs more than the layer below it. The benchmarks and `tests/allocations.rs` share it, so that both compare the
//! same work.

#![allow(dead_code, unreachable_pub, reason = "each bench and test uses a part")]

pub mod answers;
pub mod bare;
pub mod bodies;
pub mod ours;
pub mod server;

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
