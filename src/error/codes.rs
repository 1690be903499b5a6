//! The eCom API's error codes: what each one means, and what kind of answer it calls for.

use super::body::ErrorGroup;

/// What an error code of the eCom API asks of the caller.
///
/// ```
/// # fn f(error: &vipps::Error) {
/// use vipps::ErrorClass;
///
/// match error.api_errors().iter().find_map(|e| e.class()) {
///     Some(ErrorClass::NewOrder) => println!("offer the customer another attempt, with a new order id"),
///     Some(ErrorClass::CheckDetails) => println!("ask for the payment's details before anything else"),
///     _ => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorClass {
    /// The same request will never work: correct it, or give up.
    Permanent,
    /// The customer must do something, or pay again. A new attempt needs a new order id.
    NewOrder,
    /// Nothing is wrong with the request: send it again a little later, with the same idempotency key.
    Retry,
    /// The code does not tell what happened. The payment's details do; ask for them first.
    CheckDetails,
    /// The sales unit is not set up for this. The merchant, or Vipps MobilePay's support, must act.
    Contact,
}

struct Row {
    group: ErrorGroup,
    code: &'static str,
    class: ErrorClass,
    text: &'static str,
}

/// The class of a code and what it means, in one or two sentences.
///
/// A code is only unique together with its group. The API leaves the group out at times, so a code without a group is
/// looked up alone as long as only one group has it.
pub(crate) fn lookup(group: Option<&ErrorGroup>, code: &str) -> Option<(ErrorClass, &'static str)> {
    if group == Some(&ErrorGroup::InvalidRequest) {
        return Some((
            ErrorClass::Permanent,
            "The field that the error names is missing or breaks a rule. Correct it and send again.",
        ));
    }
    let mut rows = TABLE
        .iter()
        .filter(|row| row.code == code && group.is_none_or(|group| *group == row.group));
    let row = rows.next()?;
    rows.next().is_none().then_some((row.class, row.text))
}

const fn row(group: ErrorGroup, code: &'static str, class: ErrorClass, text: &'static str) -> Row {
    Row {
        group,
        code,
        class,
        text,
    }
}

use ErrorClass::{CheckDetails, Contact, NewOrder, Permanent, Retry};
use ErrorGroup::{Merchant, Payment, User, VippsError};

#[rustfmt::skip] // one line per code is how such a table is read
static TABLE: &[Row] = &[
    row(Payment, "41", NewOrder, "The customer has no card that can pay. Let them add one in the app, then start a new order."),
    row(Payment, "42", NewOrder, "The bank that issued the card refused. The customer can try another card on a new order."),
    row(Payment, "43", NewOrder, "The bank that issued the card refused this amount. The customer can try another card on a new order."),
    row(Payment, "44", NewOrder, "The card has expired. The customer can choose another one on a new order."),
    row(Payment, "45", NewOrder, "No reservation was made; mostly the customer declined or did nothing in time. Offer a new order."),
    row(Payment, "51", Permanent, "A captured payment cannot be cancelled. Refund it instead."),
    row(Payment, "52", CheckDetails, "The cancel did not go through, for an unknown reason. The details tell the payment's state."),
    row(Payment, "53", Permanent, "What is not reserved cannot be cancelled. (An old code; pending payments can be cancelled today.)"),
    row(Payment, "61", Permanent, "The capture is larger than what is left of the reservation."),
    row(Payment, "62", Permanent, "There is no reservation to capture: the customer has not approved yet, or the order is cancelled."),
    row(Payment, "63", CheckDetails, "The capture did not go through, for an unknown reason. The details tell whether money moved."),
    row(Payment, "71", Permanent, "The refund is larger than what is captured and not yet refunded."),
    row(Payment, "72", Permanent, "The payment is only reserved, so there is nothing to refund. Cancel it instead."),
    row(Payment, "73", Permanent, "The order is cancelled, so there is nothing to refund."),
    row(Payment, "74", Contact, "The refund could not be drawn from the merchant's account. The merchant must see to its balance or settings."),
    row(Payment, "93", Permanent, "This idempotency key was used before with another amount. Repeat the first request, or use a new key for a new one."),
    row(Payment, "95", Permanent, "Either the refund comes more than 365 days too late, or the sales unit may not capture directly."),
    row(Payment, "96", Permanent, "The time limit for this operation has passed. (An old code; 98 today.)"),
    row(Payment, "98", Permanent, "More than 180 days have passed since the reservation: it can be neither captured nor cancelled any more."),
    row(Payment, "1082", NewOrder, "The test user has not been verified. Approve one payment by hand in the test app, then start a new order."),
    row(Payment, "1501", NewOrder, "The customer is under 15 and may not pay companies. Someone else must pay."),
    row(VippsError, "91", Permanent, "The payment's state does not allow this, such as the capture of a cancelled order."),
    row(VippsError, "92", CheckDetails, "The order has been processed already. The details tell how."),
    row(VippsError, "93", Permanent, "This idempotency key was used before with another request. Repeat the first one as it was, or use a new key for a new one."),
    row(VippsError, "94", Retry, "Another operation on this order is still running. Send the same request again later, with the same idempotency key."),
    row(VippsError, "98", Retry, "Too many operations run at the same time. Send the same request again later, with the same idempotency key."),
    row(VippsError, "99", CheckDetails, "An error inside Vipps MobilePay; in practice often a malformed request. Ask the details, then look at the request."),
    row(User, "81", NewOrder, "This phone number cannot pay, for one of four reasons that the API does not tell apart: it is malformed (eCom takes eight digits, without +47), it has no Vipps user, the user is under 15, or the user is blocked."),
    row(User, "82", NewOrder, "The customer's app is too old. They must update it, then pay on a new order."),
    row(Merchant, "21", Permanent, "The order that is referred to is not valid. (An old code.)"),
    row(Merchant, "22", Permanent, "The order that is referred to is not in a state for this. (An old code.)"),
    row(Merchant, "31", Contact, "The merchant is blocked. Contact Vipps MobilePay."),
    row(Merchant, "32", Contact, "The merchant may receive no more money for now. Contact Vipps MobilePay to raise the limit."),
    row(Merchant, "33", Contact, "The merchant has made as many requests as it may. Contact Vipps MobilePay to raise the limit."),
    row(Merchant, "34", Permanent, "This sales unit has used the order id before. Use a new one; if an earlier attempt timed out, it may have created the order, so ask the details."),
    row(Merchant, "35", Permanent, "This sales unit has no order with this id. Check the id, the merchant serial number and the environment."),
    row(Merchant, "36", Contact, "The merchant has not signed its agreement yet."),
    row(Merchant, "37", Contact, "The sales unit is not available: deleted, deactivated or blocked, or its partner is. See the portal."),
    row(Merchant, "38", Contact, "The sales unit may not skip the landing page. Leave that out, or have Vipps MobilePay allow it."),
    row(Merchant, "39", Contact, "The sales unit may not make long-living payments."),
    row(Merchant, "51", Contact, "The sales unit may not ask for the national identity number (scope `nin`). Leave it out, or have Vipps MobilePay allow it."),
    row(Merchant, "97", Contact, "The sales unit may not take payments; it is probably set up for Login only."),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn class(group: Option<&ErrorGroup>, code: &str) -> Option<ErrorClass> {
        lookup(group, code).map(|(class, _)| class)
    }

    #[test]
    fn every_row_is_found_by_its_group_and_says_something() {
        assert_eq!(TABLE.len(), 42);
        for row in TABLE {
            let found = lookup(Some(&row.group), row.code);
            assert_eq!(
                found,
                Some((row.class, row.text)),
                "{} {}",
                row.group,
                row.code
            );
            assert!(
                row.text.ends_with(['.', ')']) && row.text.len() > 20,
                "{} {}",
                row.group,
                row.code
            );
        }
    }

    #[test]
    fn classes_follow_the_documented_table() {
        let rows = |class: ErrorClass| -> Vec<String> {
            TABLE
                .iter()
                .filter(|r| r.class == class)
                .map(|r| format!("{} {}", r.group, r.code))
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
        assert_eq!(class(Some(&Payment), "98"), Some(Permanent));
        assert_eq!(class(Some(&VippsError), "98"), Some(Retry));
        assert_eq!(class(Some(&Payment), "51"), Some(Permanent));
        assert_eq!(class(Some(&Merchant), "51"), Some(Contact));
    }

    #[test]
    fn without_a_group_only_unique_codes_are_known() {
        assert_eq!(class(None, "34"), Some(Permanent));
        assert_eq!(class(None, "94"), Some(Retry));
        for ambiguous in ["51", "93", "98"] {
            assert_eq!(class(None, ambiguous), None, "{ambiguous}");
        }
        for unknown in [
            "",
            "0",
            "7777",
            "Unauthorized",
            "transaction.amount.invalid",
        ] {
            assert_eq!(class(None, unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_code_of_another_or_a_new_group_is_not_guessed() {
        assert_eq!(class(Some(&User), "44"), None);
        assert_eq!(
            class(Some(&ErrorGroup::Unknown("Robot".into())), "44"),
            None
        );
    }

    #[test]
    fn any_field_of_an_invalid_request_is_permanent() {
        assert_eq!(
            class(Some(&ErrorGroup::InvalidRequest), "merchantInfo.fallBack"),
            Some(Permanent)
        );
    }
}
