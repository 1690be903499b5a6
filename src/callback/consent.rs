//! The callback that removes a customer's consent.

use crate::types::Sensitive;

/// The withdrawal of a customer's consent to store personal data. Delete the data of the customer,
/// and respond with HTTP 200.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConsentRemoval {
    /// The customer's id at this merchant, the
    /// [`UserDetails::user_id`](crate::ecom::UserDetails::user_id) of express payments.
    pub user_id: Sensitive,
    /// `true` if the request carried the `authToken`.
    ///
    /// `false` only after [`CallbackAuth::allow_unauthenticated_consent_removal`][allow], for a
    /// request without an `Authorization` header.
    ///
    /// [allow]: super::CallbackAuth::allow_unauthenticated_consent_removal
    pub authenticated: bool,
}
