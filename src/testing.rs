//! Request shapes for snapshots, and answers without a socket (feature `testing`).
//!
//! A [`Recorder`] stands where the network would be. It answers with what the test gives it, and keeps the shape of
//! every request: one canonical text, with stable order and with secrets and personal data replaced by numbered
//! names, so that equal values stay visibly equal. Hand the text to `insta` or to anything else that compares texts.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use vipps::testing::Recorder;
//!
//! let recorder = Recorder::new().answer(
//!     "GET",
//!     "/ecomm/v2/payments/order-1/details",
//!     200,
//!     r#"{"orderId":"order-1","transactionLogHistory":[]}"#,
//! );
//! let vipps = recorder.client();
//! vipps.ecom().payment(&"order-1".parse()?).details().await?;
//! assert!(recorder.shape_of("get_payment_details_using_get").contains("GET /ecomm/v2/payments/order-1/details"));
//! # Ok(()) }
//! ```

mod recorder;
mod redact;
mod shape;

pub use recorder::Recorder;
pub use shape::RequestShape;
