//! The end of a customer's consent.

use crate::types::Sensitive;

/// A customer has withdrawn the consent to keep personal data: delete it, and answer 200.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentRemoval {
    /// Vipps's id of the customer for this merchant: [`UserDetails::user_id`](crate::ecom::UserDetails::user_id) of the
    /// express payments.
    pub user_id: Sensitive,
    /// `true` if the request carried the `authToken`.
    ///
    /// `false` only after [`CallbackAuth::allow_unauthenticated_consent_removal`][allow], for a request without an
    /// `Authorization` header.
    ///
    /// [allow]: super::CallbackAuth::allow_unauthenticated_consent_removal
    pub authenticated: bool,
}
