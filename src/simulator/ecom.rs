//! The eCom API, one file per kind of operation.

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

/// The card that every simulated customer pays with.
const INSTRUMENT: &str = "Mastercard";
const BANK_IDENTIFICATION_NUMBER: u32 = 492_560;

fn known_order(state: &mut State, msn: &str, order_id: &str) -> Result<OrderRef, Box<Response>> {
    state
        .find(msn, order_id)
        .ok_or_else(|| Box::new(errors::UNKNOWN_ORDER.response(&mut state.random)))
}

/// Time stamps have milliseconds and end in `Z`.
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

/// Whether a number can be one of a Norwegian customer, once the spellings that
/// Vipps repairs are repaired: eight digits.
fn is_phone_number(number: &str) -> bool {
    let digits: String = number.chars().filter(|c| !c.is_whitespace()).collect();
    let local = digits
        .strip_prefix("+47")
        .or_else(|| digits.strip_prefix("0047"))
        .unwrap_or(&digits);
    local.len() == 8 && local.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_reservation(order: &Order) -> bool {
    order.approved.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_repaired_as_far_as_possible() {
        for good in ["91234567", "+47 912 34 567", "004791234567"] {
            assert!(is_phone_number(good), "{good}");
        }
        for bad in ["", "1234567", "+46701234567", "9123456x", "4791234567"] {
            assert!(!is_phone_number(bad), "{bad}");
        }
    }
}
