//! The customer, the payment method and the shipping in the details of a payment.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::types::open_enum::open_enum;
use crate::types::{Address, Amount, Currency, Sensitive, by_name, lenient};

open_enum! {
    /// The kind of a payment method.
    pub enum PaymentMethodKind {
        /// A payment in the app.
        Wallet = "WALLET",
        /// A payment with a form for card data.
        Card = "CARD",
        /// A payment with card data of a payment service provider.
        CardPassthrough = "CARD_PASSTHROUGH",
    }
}

/// The payment method of a payment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UsedPaymentMethod {
    /// The kind (wire name `type`).
    #[serde(rename = "type")]
    pub kind: Option<PaymentMethodKind>,
    /// The first six digits of the customer's card, if they are known.
    pub card_bin: Option<String>,
}

/// The members of a [`UsedPaymentMethod`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(remote = "UsedPaymentMethod", rename_all = "camelCase", default)]
struct WireMethod {
    #[serde(rename = "type")]
    kind: Option<PaymentMethodKind>,
    #[serde(deserialize_with = "lenient::opt_id")]
    card_bin: Option<String>,
}

/// The data that the customer of a payment has shared. `Debug` shows none of it.
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
    /// Phone number with country code, digits only.
    pub mobile_number: Option<Sensitive>,
    /// Birth date, such as `1990-02-28`.
    pub date_of_birth: Option<Sensitive>,
    /// Postal addresses.
    pub addresses: Vec<Address>,
}

/// The members of [`UserDetails`] in JSON.
#[derive(Default, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
struct WireUser {
    first_name: Option<Sensitive>,
    last_name: Option<Sensitive>,
    email: Option<Sensitive>,
    mobile_number: Option<Sensitive>,
    date_of_birth: Option<Sensitive>,
    #[serde(deserialize_with = "lenient::opt")]
    addresses: Option<Vec<Address>>,
}

impl From<WireUser> for UserDetails {
    fn from(wire: WireUser) -> Self {
        Self {
            first_name: wire.first_name,
            last_name: wire.last_name,
            email: wire.email,
            mobile_number: wire.mobile_number,
            date_of_birth: wire.date_of_birth,
            addresses: wire.addresses.unwrap_or_default(),
        }
    }
}

impl fmt::Debug for UserDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserDetails").finish_non_exhaustive()
    }
}

/// The delivery address and the shipping option of an Express payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShippingDetails {
    /// The address.
    pub address: Option<Address>,
    /// The price of the shipping, in the currency of the payment.
    pub cost: Option<Amount>,
    /// The id of the chosen option, as the merchant set it.
    pub option_id: Option<String>,
    /// The name of the chosen option.
    pub option_name: Option<String>,
}

/// The members of [`ShippingDetails`] in JSON.
#[derive(Default, Deserialize, Serialize)]
#[cfg_attr(
    feature = "schemars",
    derive(schemars::JsonSchema),
    schemars(rename = "ShippingDetails", transform = crate::types::json_schema::read)
)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct WireShipping {
    #[serde(deserialize_with = "lenient::opt")]
    address: Option<Address>,
    #[cfg_attr(feature = "schemars", schemars(with = "Option<i64>"))]
    shipping_cost: Option<Value>,
    #[serde(deserialize_with = "lenient::opt_text")]
    shipping_option_id: Option<String>,
    #[serde(deserialize_with = "lenient::opt_text")]
    shipping_option_name: Option<String>,
}

impl WireShipping {
    /// Returns the details of a payment in this currency, which the cost does not state.
    pub(crate) fn into_details(self, currency: Option<Currency>) -> ShippingDetails {
        ShippingDetails {
            address: self.address,
            cost: self.shipping_cost.and_then(|cost| {
                let minor = lenient::opt_integer(cost.clone()).ok().flatten();
                let with_currency = by_name::from_value(cost).ok();
                with_currency.or_else(|| Some(Amount::minor(minor?, currency?)))
            }),
            option_id: self.shipping_option_id,
            option_name: self.shipping_option_name,
        }
    }
}

impl From<&ShippingDetails> for WireShipping {
    fn from(shipping: &ShippingDetails) -> Self {
        Self {
            address: shipping.address.clone(),
            shipping_cost: shipping
                .cost
                .and_then(|cost| serde_json::to_value(cost).ok()),
            shipping_option_id: shipping.option_id.clone(),
            shipping_option_name: shipping.option_name.clone(),
        }
    }
}

by_name::read! {
    UsedPaymentMethod => WireMethod;
    UserDetails => WireUser;
}

#[cfg(feature = "schemars")]
crate::types::json_schema::read_as! {
    UsedPaymentMethod => WireMethod;
    UserDetails => WireUser;
}
