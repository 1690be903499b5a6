//! The customer of a payment.

use std::fmt;

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::{CustomerToken, InvalidValue, PersonalQr, PhoneNumber, Sensitive};

/// The customer of a payment, identified in one of three ways. `Debug` shows which one, and not its
/// value.
///
/// ```
/// use vipps::PhoneNumber;
/// use vipps::epayment::Customer;
///
/// let customer = Customer::from(PhoneNumber::parse("+45 12 34 56 78")?);
/// assert_eq!(format!("{customer:?}"), "PhoneNumber([redacted])");
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Customer {
    /// The phone number, with 9 to 15 digits including the country code (ePayment specification).
    PhoneNumber(PhoneNumber),
    /// The whole text of the personal QR code that the merchant has scanned: 5 to 255 characters
    /// (ePayment specification).
    PersonalQr(PersonalQr),
    /// The token of the webhook event `user.checked-in.v1`, which expires 15 minutes after the
    /// scan.
    Token(CustomerToken),
}

impl Customer {
    /// Returns the customer in the form of the API.
    pub(in crate::epayment) fn write(&self) -> Result<types::Customer> {
        Ok(match self {
            Self::PhoneNumber(number) => {
                if number.msisdn().len() < 9 {
                    let rule = "must have 9 to 15 digits, including the country code";
                    return Err(InvalidValue::without_value("customer.phone_number", rule).into());
                }
                let number = Sensitive::from(number.msisdn());
                let body = types::CustomerPhoneNumber::builder().phone_number(number);
                types::Customer::CustomerPhoneNumber(built(body)?)
            }
            Self::PersonalQr(code) => {
                if !(5..=255).contains(&code.expose().chars().count()) {
                    let rule = "must have 5 to 255 characters";
                    return Err(InvalidValue::without_value("customer.personal_qr", rule).into());
                }
                let code = Sensitive::from(code.expose());
                types::Customer::PersonalQrCode(built(
                    types::PersonalQrCode::builder().personal_qr(code),
                )?)
            }
            Self::Token(token) => {
                let token = Sensitive::from(token.expose());
                types::Customer::CustomerToken(built(
                    types::CustomerToken::builder().customer_token(token),
                )?)
            }
        })
    }
}

impl From<PhoneNumber> for Customer {
    fn from(number: PhoneNumber) -> Self {
        Self::PhoneNumber(number)
    }
}

impl From<PersonalQr> for Customer {
    fn from(code: PersonalQr) -> Self {
        Self::PersonalQr(code)
    }
}

impl From<CustomerToken> for Customer {
    fn from(token: CustomerToken) -> Self {
        Self::Token(token)
    }
}

impl fmt::Debug for Customer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PhoneNumber(_) => "PhoneNumber([redacted])",
            Self::PersonalQr(_) => "PersonalQr([redacted])",
            Self::Token(_) => "Token([redacted])",
        })
    }
}
