//! The customer and the shipping in the details of a payment.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ecom::money;
use crate::types::{Address, Amount, Sensitive, by_name, lenient};

/// The customer of a payment. Seven days after the reservation the API replaces the texts by
/// `[Expired]` (eCom guide).
///
/// `Debug` shows none of the data. The JSON form is that of the API and contains all of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserDetails {
    /// First name.
    pub first_name: Option<Sensitive>,
    /// Last name.
    pub last_name: Option<Sensitive>,
    /// E-mail address.
    pub email: Option<Sensitive>,
    /// Phone number, eight digits.
    pub mobile_number: Option<Sensitive>,
    /// Vipps's id of the customer for this merchant.
    pub user_id: Option<Sensitive>,
    /// Birth date.
    pub date_of_birth: Option<Sensitive>,
    /// National identity number.
    pub ssn: Option<Sensitive>,
    /// The result of the verification by `BankID`. The API sends `0`, `1`, `Y` or a bool.
    pub bank_id_verified: Option<bool>,
}

/// The members of [`UserDetails`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "UserDetails", rename_all = "camelCase", default)]
struct WireUser {
    first_name: Option<Sensitive>,
    last_name: Option<Sensitive>,
    email: Option<Sensitive>,
    mobile_number: Option<Sensitive>,
    user_id: Option<Sensitive>,
    date_of_birth: Option<Sensitive>,
    ssn: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_bool")]
    #[cfg_attr(feature = "schemars", schemars(extend("type" = ["boolean", "string", "integer", "null"])))]
    bank_id_verified: Option<bool>,
}

/// Returns whether the API has replaced the text by `[Expired]`.
fn is_expired(text: &str) -> bool {
    text.trim().eq_ignore_ascii_case("[Expired]")
}

fn is_expired_address(address: &Address) -> bool {
    let texts = [
        &address.address_line1,
        &address.address_line2,
        &address.city,
        &address.post_code,
    ];
    let mut texts = texts.into_iter().flatten();
    texts.any(|text| is_expired(text.expose()))
        || address.country.as_deref().is_some_and(is_expired)
}

impl UserDetails {
    /// Returns whether the API has removed the data, seven days after the reservation. Do not
    /// overwrite stored data with expired data.
    pub fn is_expired(&self) -> bool {
        [
            &self.first_name,
            &self.last_name,
            &self.email,
            &self.mobile_number,
            &self.user_id,
            &self.date_of_birth,
            &self.ssn,
        ]
        .into_iter()
        .flatten()
        .any(|text| is_expired(text.expose()))
    }
}

impl fmt::Debug for UserDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserDetails").finish_non_exhaustive()
    }
}

/// The delivery address and the shipping method of an express payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ShippingDetails {
    /// The address.
    pub address: Option<Address>,
    /// The price of the shipping. In JSON it is in kroner, unlike every other amount.
    #[serde(serialize_with = "money::write_kroner")]
    pub shipping_cost: Option<Amount>,
    /// The name of the chosen method.
    pub shipping_method: Option<String>,
    /// The id of the chosen method, as the merchant set it.
    pub shipping_method_id: Option<String>,
}

/// The members of [`ShippingDetails`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "ShippingDetails", rename_all = "camelCase", default)]
struct WireShipping {
    #[serde(deserialize_with = "lenient::opt")]
    address: Option<Address>,
    #[serde(deserialize_with = "money::opt_kroner")]
    #[cfg_attr(feature = "schemars", schemars(with = "Option<crate::types::Kroner>"))]
    shipping_cost: Option<Amount>,
    #[serde(deserialize_with = "lenient::opt_text")]
    shipping_method: Option<String>,
    #[serde(deserialize_with = "lenient::opt_text")]
    shipping_method_id: Option<String>,
}

impl ShippingDetails {
    /// Returns whether the API has removed the address or the shipping method, seven days after the
    /// reservation.
    pub fn is_expired(&self) -> bool {
        let methods = [&self.shipping_method, &self.shipping_method_id];
        methods.into_iter().flatten().any(|text| is_expired(text))
            || self.address.as_ref().is_some_and(is_expired_address)
    }
}

by_name::read! {
    UserDetails => WireUser;
    ShippingDetails => WireShipping;
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! {
    UserDetails => WireUser;
    ShippingDetails => WireShipping;
}
