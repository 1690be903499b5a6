//! The amounts of ePayment: integers of minor units with their currency.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::{Amount, Currency, InvalidValue, by_name, lenient};

const FIELD: &str = "amount";

/// The largest amount of the document, in minor units.
pub(in crate::epayment) const MAX_MINOR_UNITS: i64 = 65_000_000;

/// Returns the amount of a new payment.
///
/// The smallest amount of each currency is left to the API, because its documentation gives
/// different values.
pub(in crate::epayment) fn payment(amount: Amount) -> Result<types::Amount> {
    let refuse = |rule| Err(InvalidValue::new(FIELD, rule, amount.to_string()).into());
    if ![Currency::NOK, Currency::DKK, Currency::EUR].contains(&amount.currency()) {
        return refuse("must be in NOK, DKK or EUR");
    }
    if amount.minor_units() > MAX_MINOR_UNITS {
        return refuse("must be at most 650000.00, the largest amount of the ePayment API");
    }
    transfer(amount)
}

/// Returns the amount of a capture or refund.
pub(in crate::epayment) fn transfer(amount: Amount) -> Result<types::Amount> {
    if !amount.is_positive() {
        let rule = "must be more than zero";
        return Err(InvalidValue::new(FIELD, rule, amount.to_string()).into());
    }
    wire(amount)
}

/// Returns the amount in the form of the API.
pub(in crate::epayment) fn wire(amount: Amount) -> Result<types::Amount> {
    built(
        types::Amount::builder()
            .currency(amount.currency().as_str().to_owned())
            .value(amount.minor_units()),
    )
}

/// Returns the minor units of a part of a payment, such as a line of its receipt.
///
/// # Errors
/// When the part is in another currency than the payment, or is negative.
pub(in crate::epayment) fn part(
    field: &'static str,
    part: Amount,
    currency: Currency,
) -> Result<i64, InvalidValue> {
    let refuse = |rule: String| Err(InvalidValue::new(field, rule, part.to_string()));
    if part.currency() != currency {
        return refuse(format!(
            "must be in {currency}, the currency of the payment"
        ));
    }
    if part.is_negative() {
        return refuse("must not be negative".to_owned());
    }
    Ok(part.minor_units())
}

/// The sums of a payment, as the API states them. A missing or unreadable sum is `None`.
///
/// Only the sums show what happened to the money: the state of a payment stays
/// [`Authorized`](crate::epayment::PaymentState::Authorized) after a capture, a cancel and a
/// refund. The JSON form is that of the API.
///
/// ```
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sim = vipps::simulator::Simulator::builder().freeze_clock().start()?;
/// # let vipps = sim.client();
/// # vipps.epayment().create("acme-order-1001".parse()?, vipps::Amount::nok(200)).qr().await?;
/// # sim.payer().approve("acme-order-1001")?;
/// use vipps::Amount;
///
/// let payment = vipps.epayment().payment("acme-order-1001".parse()?);
/// let sums = payment.capture(Amount::nok(50)).await?.aggregate;
/// assert_eq!(sums.captured, Some(Amount::nok(50)));
/// assert_eq!(sums.remaining_to_capture(), Some(Amount::nok(150)));
/// # Ok(()) }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Aggregate {
    /// The sum that the customer approved (wire name `authorizedAmount`).
    #[serde(rename = "authorizedAmount")]
    pub authorized: Option<Amount>,
    /// The sum that is captured (wire name `capturedAmount`).
    #[serde(rename = "capturedAmount")]
    pub captured: Option<Amount>,
    /// The sum that is cancelled (wire name `cancelledAmount`). For a payment that was cancelled
    /// before its approval it is the whole amount.
    #[serde(rename = "cancelledAmount")]
    pub cancelled: Option<Amount>,
    /// The sum that is refunded (wire name `refundedAmount`).
    #[serde(rename = "refundedAmount")]
    pub refunded: Option<Amount>,
}

/// The members of an [`Aggregate`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "Aggregate", default)]
struct WireAggregate {
    #[serde(rename = "authorizedAmount", deserialize_with = "lenient::opt")]
    authorized: Option<Amount>,
    #[serde(rename = "capturedAmount", deserialize_with = "lenient::opt")]
    captured: Option<Amount>,
    #[serde(rename = "cancelledAmount", deserialize_with = "lenient::opt")]
    cancelled: Option<Amount>,
    #[serde(rename = "refundedAmount", deserialize_with = "lenient::opt")]
    refunded: Option<Amount>,
}

by_name::read! { Aggregate => WireAggregate; }

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Aggregate => WireAggregate; }

impl Aggregate {
    /// Returns whether the API states no sum at all.
    pub(in crate::epayment) fn is_empty(&self) -> bool {
        self.sums().into_iter().all(|sum| sum.is_none())
    }

    fn sums(&self) -> [Option<Amount>; 4] {
        [
            self.authorized,
            self.captured,
            self.cancelled,
            self.refunded,
        ]
    }

    /// Returns the amount that can still be captured or cancelled: the authorized sum without the
    /// captured and the cancelled sum, and at least zero.
    ///
    /// Returns `None` if a sum is missing, or if the sums contradict each other.
    pub fn remaining_to_capture(&self) -> Option<Amount> {
        let (authorized, captured) = (self.authorized?, self.captured?);
        let used = captured.checked_add(self.cancelled?)?;
        let rest = authorized.checked_sub(used)?;
        if self.contradicts() {
            return None;
        }
        // A payment that was cancelled before its approval has nothing authorized, and its whole
        // amount cancelled.
        Some(Amount::minor(rest.minor_units().max(0), rest.currency()))
    }

    /// Returns the amount that can still be refunded: the captured sum without the refunded sum.
    ///
    /// Returns `None` if a sum is missing, or if the sums contradict each other.
    pub fn remaining_to_refund(&self) -> Option<Amount> {
        let rest = self.captured?.checked_sub(self.refunded?)?;
        (!self.contradicts()).then_some(rest)
    }

    /// Returns whether the sums cannot be those of any payment: a sum is negative, more is captured
    /// than was authorized, or more is refunded than was captured.
    pub(in crate::epayment) fn contradicts(&self) -> bool {
        let exceeds = |part: Option<Amount>, whole: Option<Amount>| {
            part.zip(whole)
                .is_some_and(|(part, whole)| part.compare(whole).is_none_or(Ordering::is_gt))
        };
        self.sums().into_iter().flatten().any(Amount::is_negative)
            || exceeds(self.captured, self.authorized)
            || exceeds(self.refunded, self.captured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amount_of_a_payment_is_positive_and_at_most_650_000() {
        for amount in [
            Amount::minor(1, Currency::NOK),
            Amount::dkk(650_000),
            Amount::eur(1),
        ] {
            let sent = payment(amount).unwrap();
            assert_eq!(sent.value, amount.minor_units());
            assert_eq!(*sent.currency, amount.currency().as_str());
        }
        let sek = Amount::minor(500, "SEK".parse().unwrap());
        for (amount, message) in [
            (
                Amount::nok(0),
                "amount: must be more than zero, got \"0.00 NOK\"",
            ),
            (
                Amount::eur(-1),
                "amount: must be more than zero, got \"-1.00 EUR\"",
            ),
            (
                Amount::minor(65_000_001, Currency::NOK),
                "amount: must be at most 650000.00, the largest amount of the ePayment API, got \"650000.01 NOK\"",
            ),
            (sek, "amount: must be in NOK, DKK or EUR, got \"5.00 SEK\""),
        ] {
            assert_eq!(payment(amount).unwrap_err().to_string(), message);
        }
        assert_eq!(transfer(sek).unwrap().value, 500);
    }

    fn aggregate([authorized, captured, cancelled, refunded]: [i64; 4]) -> Aggregate {
        let nok = |minor| Some(Amount::minor(minor, Currency::NOK));
        Aggregate {
            authorized: nok(authorized),
            captured: nok(captured),
            cancelled: nok(cancelled),
            refunded: nok(refunded),
        }
    }

    #[test]
    fn rest_is_computed_from_the_sums() {
        for (sums, to_capture, to_refund) in [
            ([0, 0, 0, 0], 0, 0),
            ([100, 0, 0, 0], 100, 0),
            ([100, 30, 0, 0], 70, 30),
            ([100, 30, 70, 10], 0, 20),
            ([100, 100, 0, 100], 0, 0),
            // Cancelled before the approval.
            ([0, 0, 100, 0], 0, 0),
        ] {
            let nok = |minor| Some(Amount::minor(minor, Currency::NOK));
            let sums = aggregate(sums);
            assert_eq!(sums.remaining_to_capture(), nok(to_capture), "{sums:?}");
            assert_eq!(sums.remaining_to_refund(), nok(to_refund), "{sums:?}");
        }
    }

    #[test]
    fn contradictory_or_missing_sums_have_no_rest() {
        for sums in [[100, 200, 0, 0], [100, 50, 0, 60], [-1, 0, 0, 0]] {
            let sums = aggregate(sums);
            assert_eq!(sums.remaining_to_capture(), None, "{sums:?}");
            assert_eq!(sums.remaining_to_refund(), None, "{sums:?}");
        }
        let full = aggregate([100, 50, 0, 0]);
        let euro = Aggregate {
            captured: Some(Amount::eur(1)),
            ..full
        };
        let missing = Aggregate {
            captured: None,
            ..full
        };
        for sums in [euro, missing, Aggregate::default()] {
            assert_eq!(sums.remaining_to_capture(), None, "{sums:?}");
            assert_eq!(sums.remaining_to_refund(), None, "{sums:?}");
        }
        assert!(Aggregate::default().is_empty() && !missing.is_empty());
    }
}
