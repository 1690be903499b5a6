//! The random faults of a schedule.

use std::time::Duration;

use vipps::simulator::{FaultRule, Simulator};

use crate::model::Api;
use crate::rng::Rng;

/// The operations of the eCom API. The first four change a payment.
const ECOM: &[&str] = &[
    "initiate_payment_v3_using_post",
    "capture_payment_using_post",
    "refund_payment_using_post",
    "cancel_payment_request_using_put",
    "get_payment_details_using_get",
];
/// The operations of the ePayment API. The first four change a payment.
const EPAYMENT: &[&str] = &[
    "create_payment",
    "capture_payment",
    "refund_payment",
    "cancel_payment",
    "get_payment",
    "get_payment_event_log",
];
/// Operations that both tests call.
const OTHERS: &[&str] = &[
    "fetch_authorization_token_using_post",
    "generate_otp_qr",
    "create_merchant_redirect_qr",
    "update_merchant_redirect_url",
    "delete_merchant_redirect_qr",
    "put_merchant_callback_qr",
    "delete_merchant_callback_qr",
];

/// Adds one random fault. Returns true if the fault delivers requests twice.
pub fn add_fault(sim: &Simulator, api: Api, rng: &mut Rng) -> bool {
    let of_api = match api {
        Api::Ecom => ECOM,
        Api::Epayment => EPAYMENT,
    };
    let mut rule = if rng.percent(10) {
        sim.faults().any()
    } else {
        // In 60 of 100 cases the fault affects one of the four operations that change a payment.
        let operation = if rng.percent(60) {
            *rng.pick(&of_api[..4])
        } else {
            *rng.pick(&[of_api, OTHERS].concat())
        };
        sim.faults().on(operation)
    };
    if rng.percent(40) {
        rule = rule.nth(rng.between(1, 3));
    }
    if rng.percent(80) {
        let max = if rng.percent(80) { 4 } else { 14 };
        rule = rule.times(rng.between(1, max));
    } else {
        rule = rule
            .probability(0.3)
            .seed(rng.next())
            .during(Duration::from_secs(rng.between(10, 120)));
    }
    if rng.percent(4) {
        rule.duplicate();
        return true;
    }
    add_staged_fault(rule, api, rng);
    false
}

/// Adds a fault before or after the effect of a request.
fn add_staged_fault(rule: FaultRule, api: Api, rng: &mut Rng) {
    // The most difficult request is the one that takes effect after its caller has timed out.
    let delay = Duration::from_millis(rng.between(1, 25_000));
    if rng.percent(10) {
        rule.before_effect().delay(delay);
        return;
    }
    let rule = match rng.below(3) {
        0 => rule.before_effect(),
        1 => rule.after_effect(),
        // The stage that is the default of the fault.
        _ => return add_unstaged_fault(rule, delay, api, rng),
    };
    match rng.below(8) {
        0 | 1 => rule.stall(),
        2 => rule.status_with_body(502, "<html></html>"),
        3 => rule.status(*rng.pick(&[303, 402, 408, 500, 502, 503, 504])),
        4 | 5 if api == Api::Epayment => rule.epayment_error("3010"),
        4 => rule.ecom_error("VippsError", "99"),
        5 => rule.ecom_error("Payment", *rng.pick(&["52", "63"])),
        _ => rule.delay(delay),
    };
}

/// Adds a fault whose stage follows from its kind.
fn add_unstaged_fault(rule: FaultRule, delay: Duration, api: Api, rng: &mut Rng) {
    match rng.below(16) {
        0 | 1 => rule.lose_response(),
        2 | 3 => rule.reset(),
        4 => rule.malformed_json(),
        5 => rule.drip(delay),
        6 => rule.lose_request(),
        7..=9 => {
            let response = rng.pick(&[301, 400, 401, 403, 404, 409, 422]);
            rule.status(*response)
        }
        10 => rule.status(429),
        11 => rule.retry_after(rng.between(0, 30)).status(429),
        12 => rule.retry_after(rng.between(0, 5)).status(503),
        13 | 14 if api == Api::Epayment => {
            rule.epayment_error(*rng.pick(&["6160", "6250", "6260", "6280"]))
        }
        13 | 14 => rule.ecom_error("VippsError", *rng.pick(&["94", "98"])),
        // The largest response that the client reads has 1 MiB.
        _ => rule.status_with_body(200, " ".repeat((1 << 20) + 1)),
    };
}
