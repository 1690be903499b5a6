#![doc = include_str!("guide/front.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Input from outside must never cause a panic.
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::todo)
)]

#[cfg(any(doc, doctest))]
pub mod guide;

// The pictures of the README have relative links, so the README is not a page of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// The client, and what spans several APIs.
pub mod callback;
mod client;
mod pay_by_qr;

// One module for each API.
mod access_token;
pub mod ecom;
pub mod epayment;
pub mod qr;
pub mod userinfo;
pub mod webhooks;

// The part that the payment APIs share.
pub mod payment;

// One call, from the generated client to the network.
mod call;
mod http_client;
pub mod raw;
mod retry;
mod runtime;
mod token;
pub mod token_store;
mod transport;

// Settings, values and errors.
mod clock;
mod credentials;
mod environment;
mod error;
mod operation;
pub mod telemetry;
pub mod types;

// cargo-fuzz sets `--cfg fuzzing`. The unit tests run the corpora.
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "schemars")]
mod schema;
#[cfg(feature = "simulator")]
pub mod simulator;
#[cfg(feature = "testing")]
pub mod testing;

pub use crate::call::CallOptions;
pub use crate::client::{Vipps, VippsBuilder};
pub use crate::clock::{Clock, Randomness, Sleep};
pub use crate::credentials::Credentials;
pub use crate::environment::{BaseUrl, Environment};
pub use crate::error::{ApiError, Error, ErrorKind, Outcome, Result};
pub use crate::operation::{ErrorGroup, RateLimit, Remedy};
pub use crate::pay_by_qr::{PayByQr, PayByQrEPayment, QrPayment, QrPaymentApi};
pub use crate::retry::{RetryBudget, RetryPolicy};
#[cfg(feature = "schemars")]
pub use crate::schema::schemas;
pub use crate::telemetry::Metrics;
pub use crate::token_store::TokenStore;
pub use crate::transport::{Transport, TransportError, TransportFuture};
pub use crate::types::{
    Amount, Currency, InvalidValue, MerchantSerialNumber, OrderId, PhoneNumber, Reference,
    RequestId,
};
