//! The contract: what this crate believes of Vipps MobilePay, as one set of tests that runs unchanged against the
//! simulator and against the real test environment. Where the two disagree, the simulator is wrong.
//!
//! ```console
//! cargo test --test contract
//! ```
//!
//! starts a simulator, whatever `VIPPS_*` variables are set. The real test environment is asked for by name, and needs
//! the keys of a sales unit there:
//!
//! ```console
//! export VIPPS_CLIENT_ID=… VIPPS_CLIENT_SECRET=… VIPPS_SUBSCRIPTION_KEY=… VIPPS_MERCHANT_SERIAL_NUMBER=…
//! export VIPPS_CONTRACT_PHONE=…   # a test user who has approved a payment in the test app once
//! VIPPS_CONTRACT=test-environment cargo test --test contract -- --test-threads 2
//! ```
//!
//! Production is refused before anything is sent, whichever way it is named; so is any host but the test environment's.
//! `VIPPS_BASE_URL` may name a server on loopback, such as `cargo run --features simulator-bin --bin vipps-simulator`.
//!
//! Every run has order ids of its own, pays 10 kr of play money at most per payment, and clears away what it has made.
//! What an environment does not allow is said with `SKIPPED`: without force approve nobody pays.

mod codes;
mod desk;
mod orders;
mod payments;
mod target;
mod unchanged;
