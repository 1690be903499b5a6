//! The error codes of the ePayment API.

use crate::operation::ErrorCode;
use crate::operation::Remedy::{ChangeRequest, CheckDetails, Contact, NewOrder, Retry, RetryLater};

const fn row(
    code: &'static str,
    remedy: crate::operation::Remedy,
    explanation: &'static str,
) -> ErrorCode {
    ErrorCode {
        group: None,
        code,
        remedy,
        explanation,
    }
}

#[rustfmt::skip] // A table is read with one line for each code.
pub(crate) static ERROR_CODES: &[ErrorCode] = &[
    row("3010", CheckDetails, "An error inside Vipps MobilePay; in practice often a malformed request. Read the details, then check the request."),
    row("4010", ChangeRequest, "This idempotency key was used before for a capture of another amount. Retry the first request unchanged, or use a new key for a new capture."),
    row("4020", CheckDetails, "This idempotency key was used before. The event log shows what the earlier request did."),
    row("4040", ChangeRequest, "The amount is not valid. It is a whole number of minor units."),
    row("4050", NewOrder, "The customer token is not valid or older than 15 minutes. Let the customer check in again, and create a new payment."),
    row("4060", NewOrder, "The personal QR code is not valid. Scan it again, send its whole text, and create a new payment."),
    row("4070", ChangeRequest, "The phone number is not valid. It has its country code and digits only."),
    row("4080", ChangeRequest, "The scope is not valid."),
    row("4090", ChangeRequest, "A URL is not valid. It begins with `https://` or the scheme of your own app."),
    row("4100", ChangeRequest, "There are more than 5 pairs of metadata."),
    row("4110", ChangeRequest, "A key of the metadata occurs twice."),
    row("4120", ChangeRequest, "A key of the metadata has more than 100 characters."),
    row("4130", ChangeRequest, "A value of the metadata has more than 500 characters."),
    row("4140", ChangeRequest, "A required member is missing."),
    row("4150", CheckDetails, "The reference is used by another payment of this sales unit, or the idempotency key of a refund was used with another amount. The event log shows which request used it."),
    row("4160", ChangeRequest, "The payment method is not valid for a card that is passed through."),
    row("5010", Contact, "The sales unit cannot block payment sources. Only the payment method `WALLET` in Denmark and Finland can."),
    row("5020", Contact, "The sales unit may not make Express payments. Ask Vipps MobilePay to allow them."),
    row("5030", Contact, "The sales unit may not request one of the scopes, such as `nin`. Leave it out, or ask Vipps MobilePay to allow it."),
    row("5040", ChangeRequest, "The currency is not that of the sales unit's market: NOK in Norway, DKK in Denmark, EUR in Finland."),
    row("5050", Contact, "The sales unit may not make long-living payments. Leave out the expiry, or ask Vipps MobilePay to allow it."),
    row("5060", Contact, "The bank account of the merchant is not verified yet. See the portal."),
    row("5070", CheckDetails, "The payment could not be created. Read it by its reference, then check the request."),
    row("5080", Contact, "The sales unit may not send push messages. Use another user flow, or ask Vipps MobilePay to allow them."),
    row("5090", ChangeRequest, "This sales unit has no payment with this reference. Check the reference, the merchant serial number and the environment."),
    row("5100", Contact, "The refund is not possible for this merchant. Contact Vipps MobilePay."),
    row("6010", ChangeRequest, "The amount is below the minimum of the currency: 1.00 NOK, 0.01 DKK, 0.01 EUR."),
    row("6020", ChangeRequest, "The payment is not approved or not captured, so there is nothing to refund. Cancel it instead."),
    row("6030", ChangeRequest, "The time to cancel has passed: 180 days after the approval in Norway, 14 days in Denmark and Finland."),
    row("6040", ChangeRequest, "A captured payment cannot be cancelled. Refund it instead."),
    row("6050", CheckDetails, "The payment has no reservation to cancel. The details show whether it is cancelled already."),
    row("6060", CheckDetails, "The customer has approved the payment, so `only_if_not_approved` has not cancelled it. Read the details."),
    row("6070", ChangeRequest, "A cancelled payment cannot be captured."),
    row("6080", ChangeRequest, "The customer has not approved the payment, so there is nothing to capture yet. Capture after the approval, with a new idempotency key."),
    row("6090", ChangeRequest, "The capture is larger than the rest of the reservation."),
    row("6100", ChangeRequest, "The time to capture has passed: 180 days after the approval in Norway, 14 days in Denmark and Finland."),
    row("6110", ChangeRequest, "The expiry is too late. It must be less than 60 days ahead."),
    row("6120", ChangeRequest, "The expiry is too soon. It must be more than 10 minutes ahead."),
    row("6130", ChangeRequest, "A long-living payment needs a receipt or the URL of one."),
    row("6140", ChangeRequest, "This sales unit must capture the full amount at once."),
    row("6150", ChangeRequest, "The refund is larger than the captured amount that is not yet refunded."),
    row("6160", Retry, "Another operation on this payment is still running. Retry the same request shortly, with the same idempotency key."),
    row("6170", CheckDetails, "The payment is captured already. The event log shows by which request."),
    row("6180", CheckDetails, "The payment is refunded already. The event log shows by which request."),
    row("6190", ChangeRequest, "The state of the payment does not allow a cancel: it was aborted, has expired or was terminated."),
    row("6200", ChangeRequest, "The state of the payment does not allow a capture: it was aborted, has expired or was terminated."),
    row("6210", ChangeRequest, "The state of the payment does not allow a refund: it was aborted, has expired or was terminated."),
    row("6220", ChangeRequest, "The time to refund has passed: 365 days."),
    row("6230", CheckDetails, "The payment is approved already. Read the details."),
    row("6250", Retry, "The customer is approving the payment at this moment. Retry the same request shortly."),
    row("6260", RetryLater, "The money cannot be drawn at the moment. Do not deliver. Retry the same request later, with the same idempotency key, or let the customer act."),
    row("6280", RetryLater, "The capture failed for now. Do not deliver. Retry the same request later, with the same idempotency key."),
    row("7010", NewOrder, "The customer cannot pay: no such user, may not pay companies, or too young. Never tell the customer which."),
    row("10010", ChangeRequest, "The approval in the test environment failed."),
    row("10020", ChangeRequest, "This payment cannot be approved in the customer's place."),
    row("10030", ChangeRequest, "The test user has never approved a payment in the test app. Approve one by hand first."),
    row("10040", ChangeRequest, "The test user has no payment source that fits."),
    row("10050", ChangeRequest, "The test user has no card."),
    row("10060", ChangeRequest, "The approval in the customer's place does not support this payment."),
    row("10070", ChangeRequest, "The test user has reached a limit."),
];

/// The codes after which the event log shows whether the request took effect, because its key or
/// its reference was used before.
const USED_BEFORE: [&str; 5] = ["4010", "4020", "4150", "6170", "6180"];

/// Returns whether the API refused a request because of an earlier one, which may be an earlier
/// attempt of the same request.
pub(super) fn is_conflict(error: &crate::error::Error) -> bool {
    error.http_status() == Some(409) || USED_BEFORE.iter().any(|code| error.has_code(code))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the API's documentation: code and class. P: permanent, U: the customer acts,
    /// R: retry, L: retry later, D: read the details first, M: the merchant or Vipps MobilePay acts.
    const DOCUMENTED: &str = "3010 D, 4010 P, 4020 D, 4040 P, 4050 U, 4060 U, 4070 P, 4080 P, \
        4090 P, 4100 P, 4110 P, 4120 P, 4130 P, 4140 P, 4150 D, 4160 P, 5010 M, 5020 M, 5030 M, \
        5040 P, 5050 M, 5060 M, 5070 D, 5080 M, 5090 P, 5100 M, 6010 P, 6020 P, 6030 P, 6040 P, \
        6050 D, 6060 D, 6070 P, 6080 P, 6090 P, 6100 P, 6110 P, 6120 P, 6130 P, 6140 P, 6150 P, \
        6160 R, 6170 D, 6180 D, 6190 P, 6200 P, 6210 P, 6220 P, 6230 D, 6250 R, 6260 L, 6280 L, \
        7010 U, 10010 P, 10020 P, 10030 P, 10040 P, 10050 P, 10060 P, 10070 P";

    #[test]
    fn remedies_follow_the_documented_table() {
        let rows: Vec<_> = DOCUMENTED.split(", ").collect();
        assert_eq!(rows.len(), ERROR_CODES.len());
        for (row, documented) in ERROR_CODES.iter().zip(rows) {
            let class = match row.remedy {
                ChangeRequest => "P",
                NewOrder => "U",
                Retry => "R",
                RetryLater => "L",
                CheckDetails => "D",
                Contact => "M",
            };
            assert_eq!(format!("{} {class}", row.code), documented);
        }
    }

    #[test]
    fn every_code_is_found_and_explained() {
        for row in ERROR_CODES {
            let found = ErrorCode::find(&[ERROR_CODES], None, row.code);
            assert!(std::ptr::eq(found.unwrap(), row), "{row:?}");
            let text = row.explanation;
            assert!(text.ends_with('.') && text.len() > 20, "{row:?}");
        }
    }
}
