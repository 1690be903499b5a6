//! The end of a customer's consent.

use crate::types::Sensitive;

/// A customer has withdrawn the consent to keep personal data: delete it, and answer 200.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ConsentRemoval {
    /// Vipps's id of the customer for this merchant: [`UserDetails::user_id`](crate::ecom::UserDetails::user_id) of the
    /// express payments.
    pub user_id: Sensitive,
    /// Whether the call carried the `authToken`. The API's documentation does not say that it does, so a call without
    /// any `Authorization` is let through, and a wrong one is not. Where that is not enough, give the prefix a path
    /// that nobody can guess.
    pub authenticated: bool,
}
