//! What goes wrong in a schedule.

use std::time::Duration;

use vipps::simulator::{FaultRule, Simulator};

use crate::dice::Dice;

const OPERATIONS: &[&str] = &[
    "initiate_payment_v3_using_post",
    "capture_payment_using_post",
    "refund_payment_using_post",
    "cancel_payment_request_using_put",
    "get_payment_details_using_get",
    "fetch_authorization_token_using_post",
    "generate_otp_qr",
    "create_merchant_redirect_qr",
    "update_merchant_redirect_url",
    "delete_merchant_redirect_qr",
    "put_merchant_callback_qr",
    "delete_merchant_callback_qr",
];

/// Switches one fault on. Says whether it delivers requests twice.
pub fn worsen(sim: &Simulator, dice: &mut Dice) -> bool {
    let mut rule = if dice.percent(10) {
        sim.faults().any()
    } else {
        // Where money moves it is most worth a storm.
        let count = if dice.percent(60) {
            4
        } else {
            OPERATIONS.len()
        };
        sim.faults().on(*dice.pick(&OPERATIONS[..count]))
    };
    if dice.percent(40) {
        rule = rule.nth(dice.between(1, 3));
    }
    if dice.percent(80) {
        let most = if dice.percent(80) { 4 } else { 14 };
        rule = rule.times(dice.between(1, most));
    } else {
        rule = rule
            .probability(0.3)
            .seed(dice.next())
            .during(Duration::from_secs(dice.between(10, 120)));
    }
    if dice.percent(4) {
        rule.duplicate();
        return true;
    }
    strike(rule, dice);
    false
}

fn strike(rule: FaultRule, dice: &mut Dice) {
    // The nastiest request is the one that lands after everybody has given up on it.
    let late = Duration::from_millis(dice.between(1, 25_000));
    if dice.percent(10) {
        rule.before_commit().delay(late);
        return;
    }
    let rule = match dice.below(3) {
        0 => rule.before_commit(),
        1 => rule.after_commit(),
        // Each fault's own.
        _ => return plainly(rule, dice),
    };
    match dice.below(8) {
        0 => rule.reset(),
        1 => rule.stall(),
        2 => rule.html(502),
        3 => rule.status(*dice.pick(&[303, 402, 408, 500, 502, 503, 504])),
        4 => rule.ecom_error("VippsError", "99"),
        5 => rule.ecom_error("Payment", *dice.pick(&["52", "63"])),
        _ => rule.delay(late),
    };
}

fn plainly(rule: FaultRule, dice: &mut Dice) {
    match dice.below(16) {
        0 => rule.reset_in_headers(),
        1 => rule.reset_in_body(),
        2 => rule.truncate(),
        3 => rule.truncated_json(),
        4 => rule.garbage_json(),
        5 => rule.stall_in_body(),
        6 => rule.lose(),
        7..=9 => {
            let answer = dice.pick(&[301, 400, 401, 403, 404, 409, 422]);
            rule.status(*answer)
        }
        10 => rule.status(429),
        11 => rule.retry_after(dice.between(0, 30)).status(429),
        12 => rule.retry_after(dice.between(0, 5)).status(503),
        13 | 14 => rule.ecom_error("VippsError", *dice.pick(&["94", "98"])),
        _ => rule.oversized((1 << 20) + 1),
    };
}
