//! The eCom API, with one file for each kind of operation.

pub(crate) mod actions;
pub(crate) mod approve;
pub(crate) mod callback;
pub(crate) mod details;
pub(crate) mod express;
pub(crate) mod initiate;

use serde_json::{Value, json};

use super::errors;
use super::order::{Order, Summary};
use super::state::{OrderRef, State};
use super::wire::Response;

/// The card of every simulated customer.
const INSTRUMENT: &str = "Mastercard";
const BANK_IDENTIFICATION_NUMBER: u32 = 492_560;

fn known_order(state: &mut State, msn: &str, order_id: &str) -> Result<OrderRef, Box<Response>> {
    state
        .find(msn, order_id)
        .ok_or_else(|| Box::new(errors::UNKNOWN_ORDER.response(&mut state.random)))
}

/// Formats a time stamp with milliseconds and a `Z` at the end.
fn stamp(time: jiff::Timestamp) -> String {
    format!("{time:.3}")
}

fn summary(sums: Summary) -> Value {
    json!({
        "capturedAmount": sums.captured,
        "remainingAmountToCapture": sums.left_to_capture,
        "refundedAmount": sums.refunded,
        "remainingAmountToRefund": sums.left_to_refund,
    })
}

fn has_reservation(order: &Order) -> bool {
    order.approved.is_some()
}
