//! Requests as snapshots, and responses without a network (feature `testing`).
//!
//! A [`Recorder`] replaces the network. It responds with the responses of the test, and records
//! every request as a [`RequestShape`], a text with a stable order, in which secrets and personal
//! data are replaced by numbered placeholders. Equal values have equal placeholders. The clients of
//! a recorder have a [`ManualClock`] and [`SeededRandomness`], so that waits take no time and every
//! run is the same.
//!
//! Compare the requests of your code with `insta`, or with any other tool that compares texts:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use vipps::testing::Recorder;
//!
//! let capture = "/ecomm/v2/payments/order-1/capture";
//! let recorder = Recorder::new()
//!     .lose_response("POST", capture)
//!     .respond("POST", capture, 200, r#"{"transactionInfo":{"amount":4900,"status":"Captured"}}"#);
//! let vipps = recorder.client();
//! // Your code, with `vipps` as the client:
//! vipps.ecom().payment("order-1".parse()?).capture_remaining().await?;
//!
//! insta::assert_snapshot!(recorder.shape_of("capture_payment_using_post"), @r#"
//! POST /ecomm/v2/payments/order-1/capture
//!   as /ecomm/v2/payments/{orderId}/capture
//! accept: application/json
//! content-type: application/json
//! authorization: Bearer [token 1]
//! ocp-apim-subscription-key: [subscription key]
//! merchant-serial-number: 123456
//! vipps-system-name: acme
//! vipps-system-version: 3.1.2
//! vipps-system-plugin-name: acme-webshop
//! vipps-system-plugin-version: 4.5.6
//! x-request-id: [idempotency key 1]
//!
//! {
//!   "merchantInfo": {
//!     "merchantSerialNumber": "123456"
//!   },
//!   "transaction": {
//!     "transactionText": "Capture"
//!   }
//! }
//!
//! --- 0.044 s later
//! POST /ecomm/v2/payments/order-1/capture
//!   as /ecomm/v2/payments/{orderId}/capture
//! accept: application/json
//! content-type: application/json
//! authorization: Bearer [token 1]
//! ocp-apim-subscription-key: [subscription key]
//! merchant-serial-number: 123456
//! vipps-system-name: acme
//! vipps-system-version: 3.1.2
//! vipps-system-plugin-name: acme-webshop
//! vipps-system-plugin-version: 4.5.6
//! x-request-id: [idempotency key 1]
//!
//! {
//!   "merchantInfo": {
//!     "merchantSerialNumber": "123456"
//!   },
//!   "transaction": {
//!     "transactionText": "Capture"
//!   }
//! }
//! "#);
//! # Ok(()) }
//! ```
//!
//! Here the response was lost, and the request was retried with the same idempotency key.
//! [`VippsBuilder::record`](crate::VippsBuilder::record) records the requests of a client with a
//! real connection, for example to a simulator.
//!
//! Only the values of listed members are shown; all others are replaced by placeholders. A member
//! that a later version of the API adds is hidden until [`Recorder::show`] lists it.

mod clock;
mod randomness;
mod recorder;
pub(crate) mod redact;
mod shape;

pub use clock::ManualClock;
#[cfg(feature = "simulator")]
pub(crate) use clock::START;
pub use randomness::SeededRandomness;
#[cfg(feature = "simulator")]
pub(crate) use randomness::{STEP, mix};
pub use recorder::Recorder;
pub use shape::RequestShape;
