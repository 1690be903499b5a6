//! Exchange of a personal code or a check-in token for the customer's phone number.

use serde::{Deserialize, Serialize};

use super::Call;
use crate::call::{CallOptions, built, operation};
use crate::error::Result;
use crate::raw::qr::types;
use crate::runtime::Runtime;
use crate::types::{
    CustomerToken, PersonalQr, PhoneNumber, Sensitive, Timestamp, by_name, lenient,
};

/// Exchanges the personal code of a customer's app for the phone number. Returned by
/// [`Qr::exchange`](super::Qr::exchange); `.await` sends the request.
///
/// The request changes nothing, so it is retried after every failure except a refusal.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ExchangePersonalQr {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    code: PersonalQr,
}

operation! { ExchangePersonalQr => PersonalQrOwner; deadline, merchant_serial_number, retry }

impl ExchangePersonalQr {
    pub(super) fn new(runtime: Runtime, code: PersonalQr) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            code,
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 400 if the text is not the complete text of a personal code, or if the code has
    /// expired. [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no phone
    /// number.
    pub async fn send(self) -> Result<PersonalQrOwner> {
        let code = Sensitive::from(self.code.expose());
        let requested = vec![types::RequestedData::Msisdn];
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| {
                api.exchange_qr()
                    .body_map(|body| body.qr_code(code).requested_data(requested))
                    .send()
            })
            .await?;
        let wire: Wire = response.decode()?;
        wire.try_into()
            .map_err(|reason: &str| response.decode_error(reason))
    }
}

/// Exchanges the token of a check-in for the phone number. Returned by
/// [`Qr::exchange_customer`](super::Qr::exchange_customer); `.await` sends the request.
///
/// The request changes nothing, so it is retried after every failure except a refusal.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ExchangeCustomer {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    token: CustomerToken,
}

operation! { ExchangeCustomer => CheckedInCustomer; deadline, merchant_serial_number, retry }

impl ExchangeCustomer {
    pub(super) fn new(runtime: Runtime, token: CustomerToken) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            token,
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// HTTP 400 if the token is unknown, or older than 15 minutes.
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no phone number.
    pub async fn send(self) -> Result<CheckedInCustomer> {
        let customer = types::CustomerExchangeRequestCustomer::builder()
            .customer_token(Sensitive::from(self.token.expose()));
        let body = types::CustomerExchangeRequest::builder()
            .customer(built::<types::CustomerExchangeRequestCustomer, _>(
                customer,
            )?)
            .requested_data(vec![types::RequestedData::Msisdn]);
        let call = Call::new(&self.runtime, &self.options);
        let response = call
            .run(|api| api.exchange_customer().body(body).send())
            .await?;
        let wire: Wire = response.decode()?;
        wire.try_into()
            .map_err(|reason: &str| response.decode_error(reason))
    }
}

const NO_NUMBER: &str = "the response has no phone number (msisdn)";

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
struct Wire {
    #[serde(default)]
    msisdn: Sensitive,
    #[serde(default, deserialize_with = "lenient::opt_text")]
    version: Option<String>,
    #[serde(default)]
    timestamp: Option<Timestamp>,
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! {
    PersonalQrOwner => Wire;
    CheckedInCustomer => Wire;
}

impl Wire {
    fn new(
        number: &PhoneNumber,
        version: Option<&String>,
        timestamp: Option<jiff::Timestamp>,
    ) -> Self {
        Self {
            msisdn: Sensitive::from(number.msisdn()),
            version: version.cloned(),
            timestamp: timestamp.map(Timestamp::from),
        }
    }

    fn phone_number(&self) -> Result<PhoneNumber, &'static str> {
        let text = self.msisdn.expose().trim();
        PhoneNumber::from_msisdn(text.strip_prefix('+').unwrap_or(text)).map_err(|_| NO_NUMBER)
    }

    fn instant(&self) -> Option<jiff::Timestamp> {
        self.timestamp.as_ref().and_then(Timestamp::instant)
    }
}

by_name::json_form! {
    PersonalQrOwner => Wire;
    CheckedInCustomer => Wire;
}

impl From<&PersonalQrOwner> for Wire {
    fn from(owner: &PersonalQrOwner) -> Self {
        Self::new(&owner.phone_number, owner.version.as_ref(), owner.timestamp)
    }
}

impl From<&CheckedInCustomer> for Wire {
    fn from(customer: &CheckedInCustomer) -> Self {
        Self::new(&customer.phone_number, None, customer.timestamp)
    }
}

impl TryFrom<Wire> for PersonalQrOwner {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Ok(Self {
            phone_number: wire.phone_number()?,
            timestamp: wire.instant(),
            version: wire.version,
        })
    }
}

impl TryFrom<Wire> for CheckedInCustomer {
    type Error = &'static str;

    fn try_from(wire: Wire) -> Result<Self, Self::Error> {
        Ok(Self {
            phone_number: wire.phone_number()?,
            timestamp: wire.instant(),
        })
    }
}

/// The customer who showed a personal code. Returned by [`Qr::exchange`](super::Qr::exchange),
/// which has an example. `Debug` does not show the phone number. The JSON form is that of the API
/// and contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalQrOwner {
    phone_number: PhoneNumber,
    version: Option<String>,
    timestamp: Option<jiff::Timestamp>,
}

impl PersonalQrOwner {
    /// Returns the phone number (`msisdn`). It is personal data: do not log it. An eCom payment
    /// accepts the number if it is Norwegian.
    pub fn phone_number(&self) -> &PhoneNumber {
        &self.phone_number
    }

    /// Returns the version of the code: `1.0` for older codes, which contain the number in plain
    /// text, and `2.0` for current codes.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the time at which the app created the code (`timestamp`), to the second. Codes of
    /// version `1.0` have no time. A code that was created long ago may be a picture of another
    /// person's code.
    pub fn timestamp(&self) -> Option<jiff::Timestamp> {
        self.timestamp
    }
}

/// The customer who checked in with a callback code. Returned by
/// [`Qr::exchange_customer`](super::Qr::exchange_customer), which has an example. `Debug` does not
/// show the phone number. The JSON form is that of the API and contains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedInCustomer {
    phone_number: PhoneNumber,
    timestamp: Option<jiff::Timestamp>,
}

impl CheckedInCustomer {
    /// Returns the phone number (`msisdn`). It is personal data: do not log it. An eCom payment
    /// accepts the number if it is Norwegian.
    pub fn phone_number(&self) -> &PhoneNumber {
        &self.phone_number
    }

    /// Returns the `timestamp` of the response, to the second; `None` if the response has none.
    pub fn timestamp(&self) -> Option<jiff::Timestamp> {
        self.timestamp
    }
}
