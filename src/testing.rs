//! Request shapes for snapshots, and answers without a socket (feature `testing`).
//!
//! A [`Recorder`] stands where the network would be. It answers with what the test gives it, and keeps the shape of
//! every request: one canonical text, with stable order and with secrets and personal data replaced by numbered
//! names, so that equal values stay visibly equal. Its clients have a [`ManualClock`] and [`SeededRandomness`], so that
//! waits take no time and every run is the same.
//!
//! One line keeps what your code sends, here with `insta`, or with anything else that compares texts:
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use vipps::testing::Recorder;
//!
//! let capture = "/ecomm/v2/payments/order-1/capture";
//! let recorder = Recorder::new()
//!     .lose("POST", capture)
//!     .answer("POST", capture, 200, r#"{"transactionInfo":{"amount":4900,"status":"Captured"}}"#);
//! let vipps = recorder.client();
//! // Your code, with `vipps`:
//! vipps.ecom().payment("order-1".parse()?).capture().await?;
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
//! The answer was lost, and the request repeated with the same key. [`VippsBuilder::record`](crate::VippsBuilder::record)
//! records what goes over a real connection, to a simulator for instance.
//!
//! What is shown is listed; any other value has a name. So a member that tomorrow's API brings is hidden until
//! [`Recorder::show`] says that it may be seen.

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
