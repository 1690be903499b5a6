//! The ticket data of airlines and travel agencies.

use crate::call::built;
use crate::error::Result;
use crate::raw::ecom::types;

pub use crate::types::AirlineData;

/// Returns the ticket in the form of the API.
pub(super) fn write(data: &AirlineData) -> Result<types::AdditionalTransactionData> {
    data.check()?;
    built(
        types::AdditionalTransactionData::builder()
            .passenger_name(data.passenger_name.clone())
            .airline_code(data.airline_code.clone())
            .airline_designator_code(data.airline_designator_code.clone())
            .agency_invoice_number(data.agency_invoice_number.clone())
            .ticket_number(data.ticket_number.clone()),
    )
}
