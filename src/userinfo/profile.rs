//! The profile of a customer.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::types::open_enum::open_enum;
use crate::types::{Sensitive, by_name, lenient};

/// The profile that a customer has shared. The [module documentation](crate::userinfo) has an
/// example. The profile contains the members of the scopes with which the payment was started. Each
/// member may be missing.
///
/// `Debug` shows none of the data. The JSON form is that of the API and contains all of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Userinfo {
    /// The id of the customer at this sales unit.
    pub sub: Option<Sensitive>,
    /// The id of a session. The API does not use it.
    pub sid: Option<Sensitive>,
    /// The full name (scope `name`).
    pub name: Option<Sensitive>,
    /// The given names, separated by spaces (scope `name`).
    pub given_name: Option<Sensitive>,
    /// The family name (scope `name`).
    pub family_name: Option<Sensitive>,
    /// The e-mail address (scope `email`).
    pub email: Option<Sensitive>,
    /// `true` if the e-mail address is verified (scope `email`). Do not find or join accounts by an
    /// address that is not verified.
    pub email_verified: Option<bool>,
    /// The phone number with its country code, digits only (scope `phoneNumber`).
    pub phone_number: Option<Sensitive>,
    /// `true` if the phone number is verified (scope `phoneNumber`).
    pub phone_number_verified: Option<bool>,
    /// The date of birth as `YYYY-MM-DD` (scope `birthDate`).
    pub birthdate: Option<Sensitive>,
    /// The national identity number (scope `nin`, which Vipps MobilePay must
    /// permit).
    pub nin: Option<Sensitive>,
    /// The default address (scope `address`).
    pub address: Option<ProfileAddress>,
    /// All addresses except the default one (scope `address`).
    pub other_addresses: Option<Vec<ProfileAddress>>,
    /// The bank accounts. Deprecated by the API.
    pub accounts: Option<Vec<BankAccount>>,
}

/// The members of [`Userinfo`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "Userinfo", default)]
struct WireUserinfo {
    sub: Option<Sensitive>,
    sid: Option<Sensitive>,
    name: Option<Sensitive>,
    given_name: Option<Sensitive>,
    family_name: Option<Sensitive>,
    email: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_bool")]
    email_verified: Option<bool>,
    phone_number: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_bool")]
    phone_number_verified: Option<bool>,
    birthdate: Option<Sensitive>,
    nin: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt")]
    address: Option<ProfileAddress>,
    #[serde(deserialize_with = "lenient::opt")]
    other_addresses: Option<Vec<ProfileAddress>>,
    #[serde(deserialize_with = "lenient::opt")]
    accounts: Option<Vec<BankAccount>>,
}

open_enum! {
    /// The type of an address.
    pub enum AddressType {
        /// A home address.
        Home = "home",
        /// A work address.
        Work = "work",
        /// Another address.
        Other = "other",
    }
}

/// An address of a customer. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ProfileAddress {
    /// The type of the address.
    pub address_type: Option<AddressType>,
    /// `true` for the default address (wire name `default`).
    #[serde(rename = "default")]
    pub is_default: Option<bool>,
    /// The whole address, with a line feed between its lines.
    pub formatted: Option<Sensitive>,
    /// The street and number, in one or more lines.
    pub street_address: Option<Sensitive>,
    /// The postal code.
    pub postal_code: Option<Sensitive>,
    /// The city, town or county.
    pub region: Option<Sensitive>,
    /// The country, two letters of ISO 3166-1.
    pub country: Option<String>,
}

/// The members of a [`ProfileAddress`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "ProfileAddress", default)]
struct WireAddress {
    address_type: Option<AddressType>,
    #[serde(rename = "default", deserialize_with = "lenient::opt_bool")]
    is_default: Option<bool>,
    formatted: Option<Sensitive>,
    street_address: Option<Sensitive>,
    postal_code: Option<Sensitive>,
    region: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_text")]
    country: Option<String>,
}

/// A bank account of a customer. `Debug` shows none of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct BankAccount {
    /// The customer's name for the account.
    pub account_name: Option<Sensitive>,
    /// The number of the account.
    pub account_number: Option<Sensitive>,
    /// The name of the bank.
    pub bank_name: Option<Sensitive>,
}

/// The members of a [`BankAccount`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "BankAccount", default)]
struct WireAccount {
    account_name: Option<Sensitive>,
    account_number: Option<Sensitive>,
    bank_name: Option<Sensitive>,
}

by_name::read! {
    Userinfo => WireUserinfo;
    ProfileAddress => WireAddress;
    BankAccount => WireAccount;
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! {
    Userinfo => WireUserinfo;
    ProfileAddress => WireAddress;
    BankAccount => WireAccount;
}

impl fmt::Debug for Userinfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Userinfo").finish_non_exhaustive()
    }
}

impl fmt::Debug for ProfileAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileAddress").finish_non_exhaustive()
    }
}

impl fmt::Debug for BankAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BankAccount").finish_non_exhaustive()
    }
}
