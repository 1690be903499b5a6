//! The result of a capture, refund or cancel.

use serde::{Deserialize, Serialize};

use super::details::PaymentDetails;
use super::state::{PaymentState, is_cancelled};
use super::types::money::Aggregate;
use crate::call::Response;
use crate::error::Result;
use crate::types::{Amount, Reference, RequestId, by_name, lenient};

/// A capture, refund or cancel that took effect. [`Payment::capture`](super::Payment::capture) has
/// an example.
///
/// A response of HTTP 200 alone is no proof. The operation took effect if the sums of the response
/// have grown by its amount, or if the event log contains its idempotency key. A cancel took effect
/// if nothing of the payment is left to capture. The JSON form is for storage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Modification {
    /// The reference of the payment.
    pub reference: Reference,
    /// The amount that was captured or refunded; for a cancel the sum that is cancelled.
    #[serde(rename = "modificationAmount")]
    pub amount: Option<Amount>,
    /// The state of the payment after the operation.
    pub state: Option<PaymentState>,
    /// The sums of the payment after the operation.
    pub aggregate: Aggregate,
    /// The reference of Vipps MobilePay for the creation of the payment (wire name `pspReference`).
    /// The event of this operation has another one, which the event log contains.
    pub psp_reference: Option<String>,
    /// The idempotency key that the request carried. Store it with the payment.
    pub idempotency_key: Option<RequestId>,
}

/// A response to a capture, refund or cancel.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Wire {
    #[serde(deserialize_with = "lenient::opt_id")]
    reference: Option<String>,
    pub(super) state: Option<PaymentState>,
    #[serde(deserialize_with = "lenient::opt")]
    aggregate: Option<Aggregate>,
    #[serde(deserialize_with = "lenient::opt_id")]
    psp_reference: Option<String>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Modification => Wire; }

/// The members of a stored [`Modification`] in JSON.
#[derive(Deserialize)]
#[serde(remote = "Modification", rename_all = "camelCase")]
struct Stored {
    reference: Reference,
    #[serde(rename = "modificationAmount")]
    amount: Option<Amount>,
    state: Option<PaymentState>,
    #[serde(default)]
    aggregate: Aggregate,
    psp_reference: Option<String>,
    idempotency_key: Option<RequestId>,
}

by_name::read! { Modification => Stored; }

impl Wire {
    /// Reads a response of HTTP 200. An unreadable response is read as one without any member.
    ///
    /// # Errors
    /// If the response names another payment. The outcome is then unknown.
    pub(super) fn read(response: &Response, reference: &Reference) -> Result<Self> {
        let wire: Self = response.decode().unwrap_or_default();
        response.check_reference(reference, wire.reference.as_deref())?;
        Ok(wire)
    }

    /// Returns the sums of the response; a missing sum is `None`.
    pub(super) fn aggregate(&self) -> Aggregate {
        self.aggregate.unwrap_or_default()
    }

    /// Returns whether the payment is cancelled, as far as the response shows it.
    pub(super) fn is_cancelled(&self) -> Option<bool> {
        is_cancelled(self.state.as_ref(), &self.aggregate())
    }

    pub(super) fn into_modification(
        self,
        reference: Reference,
        amount: Option<Amount>,
        key: Option<RequestId>,
    ) -> Modification {
        Modification {
            reference,
            amount,
            aggregate: self.aggregate(),
            state: self.state,
            psp_reference: self.psp_reference,
            idempotency_key: key,
        }
    }
}

impl Modification {
    /// Returns the result of an operation that the details or the event log prove.
    pub(super) fn of_details(
        details: &PaymentDetails,
        amount: Option<Amount>,
        key: Option<RequestId>,
    ) -> Self {
        Self {
            reference: details.reference().clone(),
            amount,
            state: Some(details.state().clone()),
            aggregate: *details.aggregate(),
            psp_reference: details.psp_reference().map(str::to_owned),
            idempotency_key: key,
        }
    }
}
