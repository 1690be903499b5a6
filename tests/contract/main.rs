//! The contract: the behaviour of Vipps MobilePay that this crate relies on. One set of tests runs
//! unchanged against the simulator and against the real test environment. A difference between the
//! two is a defect of the simulator.
//!
//! ```console
//! cargo test --test contract
//! ```
//!
//! This command starts a simulator, even if other `VIPPS_*` variables are set. The real test
//! environment must be selected by name and requires the keys of a sales unit:
//!
//! ```console
//! export VIPPS_CLIENT_ID=… VIPPS_CLIENT_SECRET=… VIPPS_SUBSCRIPTION_KEY=… VIPPS_MERCHANT_SERIAL_NUMBER=…
//! export VIPPS_CONTRACT_PHONE=…   # a test user who has approved a payment in the test app once
//! VIPPS_CONTRACT=test-environment cargo test --test contract -- --test-threads 2
//! ```
//!
//! Production is refused before a request is sent, and so is every host except that of the test
//! environment. `VIPPS_BASE_URL` may name a server on loopback, such as `cargo run --features
//! simulator-bin --bin vipps-simulator`.
//!
//! Every run uses order ids of its own, pays at most 10 kr of play money per payment, and cancels
//! or deletes what it has created. Steps that an environment does not allow print `SKIPPED`. For
//! example, without force approve no payment can be approved. The test environment accepts NOK
//! only, so payments in DKK and EUR are not checked there.

mod epayment;
mod fixture;
mod orders;
mod payments;
mod qr_codes;
mod suite;
mod target;
mod webhooks;
