//! The conclusions that the history of a payment allows about an operation without a response.

use crate::error::Error;
use crate::operation::PaymentEffect;
use crate::types::{Amount, RequestId};

/// The reason for events that do not state readably whether they succeeded.
pub(crate) const UNREADABLE: &str =
    "an event of this kind does not state readably whether it succeeded";

/// The conclusion from one reading of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Evidence {
    TookEffect,
    NoEffect,
    /// The history proves neither, for this reason.
    Inconclusive(&'static str),
}

/// An operation whose effect no response has confirmed or ruled out.
#[derive(Clone, Debug)]
pub(crate) enum UnconfirmedOperation {
    /// The start of a payment, with its idempotency key if the API has keys for it.
    Start(Option<RequestId>),
    /// The QR code of a payment that [`PayByQr`](crate::PayByQr) has started.
    QrCode,
    Capture(UnconfirmedTransfer),
    Refund(UnconfirmedTransfer),
    Cancel,
    ForceApprove,
}

impl UnconfirmedOperation {
    /// Returns the operation that an error is about, or the reason why the payment cannot show its
    /// outcome.
    pub(crate) fn of(error: &Error) -> Result<Self, &'static str> {
        let key = error.idempotency_key().cloned();
        let transfer = |key: Option<RequestId>| match key {
            Some(key) => Ok(UnconfirmedTransfer { key, amount: None }),
            None => Err("the error carries no idempotency key"),
        };
        let effect = error.call().map(|operation| operation.effect);
        match effect.unwrap_or(PaymentEffect::None) {
            PaymentEffect::Start => Ok(Self::Start(key)),
            PaymentEffect::QrCode => Ok(Self::QrCode),
            PaymentEffect::Capture => transfer(key).map(Self::Capture),
            PaymentEffect::Refund => transfer(key).map(Self::Refund),
            PaymentEffect::Cancel => Ok(Self::Cancel),
            PaymentEffect::Approve => Ok(Self::ForceApprove),
            PaymentEffect::None => Err("the operation of the error leaves no trace in the payment"),
        }
    }

    /// Returns the conclusion from a sales unit that has no such payment. A `stored` operation may
    /// be looked up for another sales unit than the one that sent it.
    pub(super) fn without_payment(&self, stored: bool) -> Evidence {
        match self {
            // The code is requested only after the API has confirmed the payment.
            Self::QrCode => Evidence::Inconclusive(
                "the payment was started, yet the API reports no such payment",
            ),
            Self::Start(_) => Evidence::NoEffect,
            _ if stored => Evidence::Inconclusive(
                "the sales unit has no such payment: check the merchant serial number and the environment",
            ),
            _ => Evidence::NoEffect,
        }
    }
}

/// Returns the conclusion about a cancel. `is_cancelled` states whether the payment is cancelled,
/// or the rest of its reservation released.
pub(crate) fn of_cancel(is_cancelled: Option<bool>) -> Evidence {
    match is_cancelled {
        Some(true) => Evidence::TookEffect,
        Some(false) => Evidence::NoEffect,
        None => Evidence::Inconclusive("the details do not state whether the payment is cancelled"),
    }
}

/// A capture or refund whose effect no response has confirmed or ruled out.
#[derive(Clone, Debug)]
pub(crate) struct UnconfirmedTransfer {
    pub(crate) key: RequestId,
    /// `None` if only the error of the call is known, which does not state the amount.
    pub(crate) amount: Option<Amount>,
}

/// An event of the history, of the kind of the transfer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TransferEvent<'a> {
    /// The success of the event; `None` if the event does not state it readably.
    pub(crate) succeeded: Option<bool>,
    /// The idempotency key of the request that caused it.
    pub(crate) key: Option<&'a str>,
    pub(crate) amount: Option<Amount>,
    /// `true` if a request of the merchant caused the event. Direct capture moves money without a
    /// request and without a key.
    pub(crate) has_request: bool,
}

impl UnconfirmedTransfer {
    /// Returns the transfer with these stored values.
    pub(crate) fn stored(key: RequestId, amount: Amount) -> Self {
        let amount = Some(amount);
        Self { key, amount }
    }

    /// Returns whether money moved under the key, judged by all events of the kind and by their
    /// `sum` as the API states it. `incompleteness` is the reason why the history may lack events.
    ///
    /// A missing event is proof only when the other events account for the whole sum.
    pub(crate) fn evidence(
        &self,
        events: &[TransferEvent<'_>],
        sum: Amount,
        incompleteness: Option<&'static str>,
    ) -> Evidence {
        if self
            .amount
            .is_some_and(|amount| amount.currency() != sum.currency())
        {
            return Evidence::Inconclusive(
                "the amount is in another currency than the payment, so it is not the amount of the request",
            );
        }
        let has_our_key =
            |e: &&TransferEvent<'_>| e.succeeded == Some(true) && e.key == Some(self.key.as_str());
        if let Some(event) = events.iter().find(has_our_key) {
            let differs = |stated| event.amount.is_some_and(|moved| moved != stated);
            return if self.amount.is_some_and(differs) {
                Evidence::Inconclusive("the event with this idempotency key has another amount")
            } else {
                Evidence::TookEffect
            };
        }
        if let Some(reason) = incompleteness {
            return Evidence::Inconclusive(reason);
        }
        let mut accounted = Some(Amount::minor(0, sum.currency()));
        for event in events.iter().filter(|e| e.succeeded != Some(false)) {
            if event.succeeded.is_none() {
                return Evidence::Inconclusive(UNREADABLE);
            }
            if event.key.is_none() && event.has_request {
                return Evidence::Inconclusive(
                    "an event without an idempotency key may be this one",
                );
            }
            let Some(amount) = event.amount else {
                return Evidence::Inconclusive("an event states no amount");
            };
            accounted = accounted.and_then(|sum| sum.checked_add(amount));
        }
        if accounted == Some(sum) {
            Evidence::NoEffect
        } else {
            Evidence::Inconclusive("the events do not add up to the sum that the API states")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Amount = Amount::nok(50);

    fn transfer() -> UnconfirmedTransfer {
        UnconfirmedTransfer {
            key: RequestId::parse("lost").unwrap(),
            amount: Some(PART),
        }
    }

    fn event(key: Option<&str>) -> TransferEvent<'_> {
        TransferEvent {
            succeeded: Some(true),
            key,
            amount: Some(PART),
            has_request: true,
        }
    }

    #[test]
    fn event_with_the_key_and_amount_took_effect() {
        let events = [event(Some("other")), event(Some("lost"))];
        let found = transfer().evidence(&events, Amount::nok(100), Some("incomplete"));
        assert_eq!(found, Evidence::TookEffect);
    }

    #[test]
    fn sum_explained_by_other_keys_is_no_effect() {
        let events = [event(Some("other"))];
        assert_eq!(transfer().evidence(&events, PART, None), Evidence::NoEffect);
        let unexplained = transfer().evidence(&events, Amount::nok(100), None);
        assert!(matches!(unexplained, Evidence::Inconclusive(_)));
        let incomplete = transfer().evidence(&events, PART, Some("incomplete"));
        assert_eq!(incomplete, Evidence::Inconclusive("incomplete"));
    }

    #[test]
    fn another_currency_is_inconclusive() {
        for events in [vec![], vec![event(Some("other"))]] {
            let in_euro = UnconfirmedTransfer {
                amount: Some(Amount::eur(50)),
                ..transfer()
            };
            let sum = Amount::nok(50 * i64::try_from(events.len()).unwrap());
            assert_eq!(transfer().evidence(&events, sum, None), Evidence::NoEffect);
            let found = in_euro.evidence(&events, sum, None);
            assert!(matches!(found, Evidence::Inconclusive(_)), "{events:?}");
        }
        let in_euro = TransferEvent {
            amount: Some(Amount::eur(50)),
            ..event(Some("other"))
        };
        let found = transfer().evidence(&[in_euro], PART, None);
        assert!(matches!(found, Evidence::Inconclusive(_)));
    }

    #[test]
    fn failed_events_add_no_amount() {
        let failed = TransferEvent {
            succeeded: Some(false),
            ..event(Some("lost"))
        };
        assert_eq!(
            transfer().evidence(&[failed], Amount::nok(0), None),
            Evidence::NoEffect
        );
    }

    #[test]
    fn event_that_may_be_of_the_operation_is_inconclusive() {
        let other_amount = TransferEvent {
            amount: Some(Amount::nok(1)),
            ..event(Some("lost"))
        };
        let unreadable = TransferEvent {
            succeeded: None,
            ..event(Some("lost"))
        };
        for events in [[other_amount], [unreadable], [event(None)]] {
            let found = transfer().evidence(&events, PART, None);
            assert!(matches!(found, Evidence::Inconclusive(_)), "{events:?}");
        }
        let without_request = TransferEvent {
            has_request: false,
            ..event(None)
        };
        assert_eq!(
            transfer().evidence(&[without_request], PART, None),
            Evidence::NoEffect
        );
    }
}
