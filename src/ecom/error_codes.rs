//! The error codes of the eCom API.

use crate::operation::ErrorGroup::{InvalidRequest, Merchant, Payment, User, VippsError};
use crate::operation::Remedy::{ChangeRequest, CheckDetails, Contact, NewOrder, Retry};
use crate::operation::{Advice, ErrorCode, ErrorGroup, Remedy};

/// Advice for responses that the gateway makes for the eCom API. They have no code.
pub(crate) static ADVICE: &[Advice] = &[Advice {
    words: &["not allowed for ecommerce payment"],
    text: "The sales unit may not take payments; it is probably set up for Login only. Use the keys and the number of \
           another sales unit, or have this one changed in the portal.",
}];

const fn row(
    group: ErrorGroup,
    code: &'static str,
    remedy: Remedy,
    explanation: &'static str,
) -> ErrorCode {
    ErrorCode {
        group: Some(group),
        code,
        remedy,
        explanation,
    }
}

#[rustfmt::skip] // A table is read with one line for each code.
pub(crate) static ERROR_CODES: &[ErrorCode] = &[
    row(InvalidRequest, ErrorCode::ANY, ChangeRequest, "The field that the error names is missing or breaks a rule. Correct it, and send the corrected request."),
    row(Payment, "41", NewOrder, "The customer has no card that can pay. Let them add one in the app, then start a new order."),
    row(Payment, "42", NewOrder, "The bank that issued the card refused. The customer can try another card on a new order."),
    row(Payment, "43", NewOrder, "The bank that issued the card refused this amount. The customer can try another card on a new order."),
    row(Payment, "44", NewOrder, "The card has expired. The customer can choose another one on a new order."),
    row(Payment, "45", NewOrder, "No reservation was made. Usually the customer declined or did nothing in time. Offer a new order."),
    row(Payment, "51", ChangeRequest, "A captured payment cannot be cancelled. Refund it instead."),
    row(Payment, "52", CheckDetails, "The cancel failed for an unknown reason. The details state whether the payment is cancelled."),
    row(Payment, "53", ChangeRequest, "A payment without a reservation cannot be cancelled. (An old code. Today pending payments can be cancelled.)"),
    row(Payment, "61", ChangeRequest, "The capture is larger than the rest of the reservation."),
    row(Payment, "62", ChangeRequest, "There is no reservation to capture: the customer has not approved yet, or the order is cancelled."),
    row(Payment, "63", CheckDetails, "The capture failed for an unknown reason. The details state whether money moved."),
    row(Payment, "71", ChangeRequest, "The refund is larger than the captured amount that is not yet refunded."),
    row(Payment, "72", ChangeRequest, "The payment is only reserved, so there is nothing to refund. Cancel it instead."),
    row(Payment, "73", ChangeRequest, "The order is cancelled, so there is nothing to refund."),
    row(Payment, "74", Contact, "The refund could not be drawn from the merchant's account. The merchant must check its balance and settings."),
    row(Payment, "93", ChangeRequest, "This idempotency key was used before with another amount. Retry the first request, or use a new key for a new request."),
    row(Payment, "95", ChangeRequest, "Either the refund comes more than 365 days too late, or the sales unit may not capture directly."),
    row(Payment, "96", ChangeRequest, "The time limit for this operation has passed. (An old code. Today it is 98.)"),
    row(Payment, "98", ChangeRequest, "More than 180 days have passed since the reservation: it can no longer be captured or cancelled."),
    row(Payment, "1082", NewOrder, "The test user has not been verified. Approve one payment by hand in the test app, then start a new order."),
    row(Payment, "1501", NewOrder, "The customer is under 15 and may not pay companies. Someone else must pay."),
    row(VippsError, "91", ChangeRequest, "The payment's state does not allow this, such as the capture of a cancelled order."),
    row(VippsError, "92", CheckDetails, "The order has been processed already. The details state how."),
    row(VippsError, "93", ChangeRequest, "This idempotency key was used before with another request. Retry the first request unchanged, or use a new key for a new request."),
    row(VippsError, "94", Retry, "Another operation on this order is still running. Retry the same request later, with the same idempotency key."),
    row(VippsError, "98", Retry, "Too many operations run at the same time. Retry the same request later, with the same idempotency key."),
    row(VippsError, "99", CheckDetails, "An error inside Vipps MobilePay; in practice often a malformed request. Read the details, then check the request."),
    row(User, "81", NewOrder, "This phone number cannot pay, for one of four reasons that the API does not distinguish: it is malformed (eCom takes eight digits, without +47), it has no Vipps user, the user is under 15, or the user is blocked."),
    row(User, "82", NewOrder, "The customer's app is too old. They must update it, then pay on a new order."),
    row(Merchant, "21", ChangeRequest, "The order that is referred to is not valid. (An old code.)"),
    row(Merchant, "22", ChangeRequest, "The state of the order that is referred to does not allow this. (An old code.)"),
    row(Merchant, "31", Contact, "The merchant is blocked. Contact Vipps MobilePay."),
    row(Merchant, "32", Contact, "The merchant cannot receive more money for now. Contact Vipps MobilePay to raise the limit."),
    row(Merchant, "33", Contact, "The merchant has used up its number of requests. Contact Vipps MobilePay to raise the limit."),
    row(Merchant, "34", ChangeRequest, "This sales unit has used the order id before. Use a new one; if an earlier attempt timed out, it may have created the order, so read the details."),
    row(Merchant, "35", ChangeRequest, "This sales unit has no order with this id. Check the id, the merchant serial number and the environment."),
    row(Merchant, "36", Contact, "The merchant has not signed its agreement yet."),
    row(Merchant, "37", Contact, "The sales unit is not available: deleted, deactivated or blocked, or its partner is. See the portal."),
    row(Merchant, "38", Contact, "The sales unit may not skip the landing page. Leave it out, or ask Vipps MobilePay to allow it."),
    row(Merchant, "39", Contact, "The sales unit may not make long-living payments."),
    row(Merchant, "51", Contact, "The sales unit may not request the national identity number (scope `nin`). Leave it out, or ask Vipps MobilePay to allow it."),
    row(Merchant, "97", Contact, "The sales unit may not take payments; it is probably set up for Login only."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(group: Option<&ErrorGroup>, code: &str) -> Option<Remedy> {
        ErrorCode::find(&[ERROR_CODES], group, code).map(|row| row.remedy)
    }

    #[test]
    fn every_row_is_found_by_its_group_and_is_explained() {
        assert_eq!(ERROR_CODES.len(), 43);
        for row in ERROR_CODES {
            let ErrorCode { group, code, .. } = row;
            let found = ErrorCode::find(&[ERROR_CODES], group.as_ref(), code);
            assert!(std::ptr::eq(found.unwrap(), row), "{row:?}");
            let text = row.explanation;
            assert!(text.ends_with(['.', ')']) && text.len() > 20, "{row:?}");
        }
    }

    #[test]
    fn remedies_follow_the_documented_table() {
        let rows = |remedy: Remedy| -> Vec<String> {
            let rows = ERROR_CODES.iter().filter(|row| row.remedy == remedy);
            rows.map(|row| format!("{} {}", row.group.as_ref().unwrap(), row.code))
                .collect()
        };
        assert_eq!(rows(Retry), ["VippsError 94", "VippsError 98"]);
        assert_eq!(
            rows(CheckDetails),
            ["Payment 52", "Payment 63", "VippsError 92", "VippsError 99"]
        );
        assert_eq!(
            rows(NewOrder),
            [
                "Payment 41",
                "Payment 42",
                "Payment 43",
                "Payment 44",
                "Payment 45",
                "Payment 1082",
                "Payment 1501",
                "User 81",
                "User 82"
            ]
        );
        assert_eq!(
            rows(Contact),
            [
                "Payment 74",
                "Merchant 31",
                "Merchant 32",
                "Merchant 33",
                "Merchant 36",
                "Merchant 37",
                "Merchant 38",
                "Merchant 39",
                "Merchant 51",
                "Merchant 97"
            ]
        );
    }

    #[test]
    fn one_code_means_different_things_in_different_groups() {
        assert_eq!(remedy(Some(&Payment), "98"), Some(ChangeRequest));
        assert_eq!(remedy(Some(&VippsError), "98"), Some(Retry));
        assert_eq!(remedy(Some(&Payment), "51"), Some(ChangeRequest));
        assert_eq!(remedy(Some(&Merchant), "51"), Some(Contact));
    }

    #[test]
    fn code_without_group_is_known_only_if_unique() {
        assert_eq!(remedy(None, "34"), Some(ChangeRequest));
        assert_eq!(remedy(None, "94"), Some(Retry));
        for ambiguous in ["51", "93", "98"] {
            assert_eq!(remedy(None, ambiguous), None, "{ambiguous}");
        }
        for unknown in [
            "",
            "*",
            "0",
            "7777",
            "Unauthorized",
            "transaction.amount.invalid",
        ] {
            assert_eq!(remedy(None, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_code_of_another_or_a_new_group_is_not_guessed() {
        assert_eq!(remedy(Some(&User), "44"), None);
        assert_eq!(
            remedy(Some(&ErrorGroup::Unknown("Robot".into())), "44"),
            None
        );
    }

    #[test]
    fn any_field_of_an_invalid_request_has_a_remedy() {
        assert_eq!(
            remedy(Some(&InvalidRequest), "merchantInfo.fallBack"),
            Some(ChangeRequest)
        );
    }
}
