//! The Userinfo API: reads the profile that a customer has shared with a payment.
//!
//! ```
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = "/vipps-userinfo-api/userinfo/c06c4afe-d9e1-4c5d-939a-177d752a0944";
//! # let body = r#"{"sub":"c06c4afe-d9e1-4c5d-939a-177d752a0944","name":"Ada Lovelace"}"#;
//! # let vipps = vipps::testing::Recorder::new().respond("GET", path, 200, body).client();
//! // The `sub` is in the details of a payment that was started with a scope.
//! let sub = "c06c4afe-d9e1-4c5d-939a-177d752a0944";
//! let customer = vipps.userinfo(sub).await?;
//! if let Some(name) = &customer.name {
//!     println!("Thank you, {}", name.expose());
//! }
//! # Ok(()) }
//! ```
//!
//! # Time limit: 168 hours
//!
//! The profile can be read for 168 hours (7 days) after the customer has consented, even if the
//! customer withdraws the consent in the meantime. After that it cannot be read at all, not even by
//! support (Userinfo guide, "Time limit"). Read the profile as soon as the payment is approved.
//!
//! # The `sub`
//!
//! A `sub` identifies a customer at one sales unit, and works with the keys of that sales unit
//! only. It stays the same for later payments of the customer. It changes if the customer deletes
//! the profile, and according to the guide if the phone number changes.
//!
//! # When this API is needed
//!
//! The details of an ePayment payment contain the most common data already, see
//! [`epayment::UserDetails`](crate::epayment::UserDetails). This API is needed for eCom and
//! Recurring payments, and for the other members of [`Userinfo`].

pub(crate) mod operations;
mod profile;

pub use profile::{AddressType, BankAccount, ProfileAddress, Userinfo};

use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::runtime::Runtime;
use crate::types::{InvalidValue, PathSegment, Sensitive};

/// Reads the profile of a customer. Returned by [`Vipps::userinfo`](crate::Vipps::userinfo);
/// `.await` sends the request.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct GetUserinfo {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    sub: Sensitive,
}

operation! { GetUserinfo => Userinfo; deadline, merchant_serial_number, retry }

/// A call through the generated client of this API.
type Call = crate::call::Call<crate::raw::userinfo::Client>;

impl GetUserinfo {
    pub(crate) fn new(runtime: Runtime, sub: Sensitive) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            sub,
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// Before anything is sent: a `sub` that is empty, `.` or `..`, or contains `/`, `\` or a
    /// control character.
    ///
    /// [`ErrorKind::Api`](crate::ErrorKind::Api) with HTTP 403 or 404 if the customer has not
    /// consented, if the `sub` belongs to another sales unit, or if more than 168 hours have
    /// passed.
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response names another `sub`.
    pub async fn send(self) -> Result<Userinfo> {
        let sub = self.sub.expose();
        // An empty `sub` would reach the operation of the Login API.
        PathSegment::check("sub", sub)
            .map_err(|invalid| InvalidValue::without_value("sub", invalid.rule().to_owned()))?;
        let call = Call::new(&self.runtime, &self.options);
        let response = call.run(|api| api.get_userinfo().sub(sub).send()).await?;
        let userinfo: Userinfo = response.decode()?;
        if userinfo
            .sub
            .as_ref()
            .is_some_and(|returned| *returned != self.sub)
        {
            return Err(
                response.decode_error("the response is about another customer than the request")
            );
        }
        Ok(userinfo)
    }
}
