//! The data that a customer has shared with a sales unit.

use jiff::Timestamp;

use super::Domain;
use super::profile::{DataScope, Profile, is_shown};

impl Domain {
    /// Returns the customer with this subject id, and all data that the customer has shared with
    /// the payments of a sales unit in the last seven days. `None` if that is nothing. A consent
    /// that was withdrawn since then changes nothing.
    pub(crate) fn shared_profile(
        &self,
        sales_unit: &str,
        subject: &str,
        now: Timestamp,
    ) -> Option<(&Profile, DataScope)> {
        let mut customer = None;
        let mut shared = DataScope::default();
        for payment in &self.payments {
            if let (Some(approved), Some(profile)) = (payment.approved, &payment.customer)
                && payment.sales_unit == sales_unit
                && profile.subject(sales_unit) == subject
                && is_shown(approved, now)
            {
                customer = Some(profile);
                shared.add(&payment.options.data_scope);
            }
        }
        customer
            .filter(|_| !shared.is_empty())
            .map(|customer| (customer, shared))
    }
}
