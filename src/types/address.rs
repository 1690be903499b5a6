//! Postal addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Sensitive, by_name, lenient};

/// A postal address.
///
/// `Debug` shows no part of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Address {
    /// Street and number.
    pub address_line1: Option<Sensitive>,
    /// A second line.
    pub address_line2: Option<Sensitive>,
    /// City.
    pub city: Option<Sensitive>,
    /// Postal code. The wire name is `postCode`, `zipCode` or `postalCode`.
    pub post_code: Option<Sensitive>,
    /// Country: two letters of ISO 3166-1, or the name in English (eCom).
    pub country: Option<String>,
}

/// The members of an [`Address`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct WireAddress {
    address_line1: Option<Sensitive>,
    address_line2: Option<Sensitive>,
    city: Option<Sensitive>,
    post_code: Option<Sensitive>,
    zip_code: Option<Sensitive>,
    postal_code: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt_text")]
    country: Option<String>,
}

by_name::read! { Address => WireAddress; }

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! { Address => WireAddress; }

impl From<WireAddress> for Address {
    fn from(wire: WireAddress) -> Self {
        let post_codes = [wire.post_code, wire.zip_code, wire.postal_code];
        Self {
            address_line1: wire.address_line1,
            address_line2: wire.address_line2,
            city: wire.city,
            post_code: post_codes
                .into_iter()
                .flatten()
                .find(|code| !code.expose().is_empty()),
            country: wire.country,
        }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Address").finish_non_exhaustive()
    }
}
