//! The ticket data of airlines and travel agencies.

use super::characters::{is_printed, length};
use super::{InvalidValue, Sensitive};

/// The ticket that a payment is for. Only for airlines and travel agencies.
///
/// It is passed to [`ecom::Initiate::airline_data`](crate::ecom::Initiate::airline_data) or
/// [`epayment::Create::airline_data`](crate::epayment::Create::airline_data). The lengths, which are
/// those of the API documents, are checked when the payment is sent.
///
/// ```
/// use vipps::types::AirlineData;
///
/// let ticket = AirlineData {
///     passenger_name: "LOVELACE/ADA MS".into(),
///     airline_code: "074".into(),
///     airline_designator_code: "KL".into(),
///     agency_invoice_number: "082404".into(),
///     ticket_number: Some("123-1234-1234567890".into()),
/// };
/// # let _ = ticket;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers make one with a literal, which names every member that the API requires"
)]
pub struct AirlineData {
    /// Last name, first name and title: 1 to 49 characters.
    pub passenger_name: Sensitive,
    /// The airline's accounting code: 3 characters, such as `074`.
    pub airline_code: String,
    /// The airline's designator: 2 characters, such as `KL`.
    pub airline_designator_code: String,
    /// The travel agency's invoice number: 1 to 6 characters.
    pub agency_invoice_number: String,
    /// The number of the ticket, if it has been issued: 1 to 150 characters.
    pub ticket_number: Option<String>,
}

impl AirlineData {
    /// Checks the lengths of the texts.
    pub(crate) fn check(&self) -> Result<(), InvalidValue> {
        if !fits(self.passenger_name.expose(), 1, 49) {
            let rule = "must be 1 to 49 characters, none of them a control character";
            return Err(InvalidValue::without_value("passenger_name", rule));
        }
        check(
            "airline_code",
            "must be 3 characters",
            &self.airline_code,
            3,
            3,
        )?;
        check(
            "airline_designator_code",
            "must be 2 characters",
            &self.airline_designator_code,
            2,
            2,
        )?;
        check(
            "agency_invoice_number",
            "must be 1 to 6 characters",
            &self.agency_invoice_number,
            1,
            6,
        )?;
        if let Some(number) = &self.ticket_number {
            check(
                "ticket_number",
                "must be 1 to 150 characters",
                number,
                1,
                150,
            )?;
        }
        Ok(())
    }
}

fn check(
    field: &'static str,
    rule: &'static str,
    text: &str,
    min: usize,
    max: usize,
) -> Result<(), InvalidValue> {
    if fits(text, min, max) {
        Ok(())
    } else {
        Err(InvalidValue::new(field, rule, text))
    }
}

fn fits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&length(text)) && !text.trim().is_empty() && is_printed(text)
}
