//! Express checkout: the customer shares an address and chooses a delivery in the app.

use std::collections::BTreeSet;

use serde::{Serialize, Serializer};

use crate::call::built;
use crate::error::Result;
use crate::raw::ecom::types;
use crate::types::characters::{is_printed, length};
use crate::types::{Amount, HttpsUrl, InvalidValue, Kroner};

/// The shipping of an express payment: fixed shipping methods, or methods that the merchant offers
/// for an address. Passed to [`Initiate::express`](super::Initiate::express), which has an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Express {
    shipping: Shipping,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Shipping {
    Static(Vec<ShippingMethod>),
    Dynamic(HttpsUrl),
}

impl Express {
    /// The largest number of shipping methods that the app shows.
    pub const MAX_METHODS: usize = 10;

    /// Offers the same shipping methods for every address (wire name `staticShippingDetails`).
    ///
    /// This is faster than dynamic shipping, and Vipps recommends it. There must be 1 to 10 methods
    /// with distinct ids, and at most one default. They are checked when the payment is started.
    pub fn with_static_shipping(methods: impl IntoIterator<Item = ShippingMethod>) -> Self {
        Self {
            shipping: Shipping::Static(methods.into_iter().collect()),
        }
    }

    /// Lets Vipps request the shipping methods from the merchant when the customer has chosen an
    /// address (wire name `shippingDetailsPrefix`). Vipps calls
    /// `{prefix}/v2/payments/{orderId}/shippingDetails` and waits at most 10 s (eCom guide);
    /// [`ShippingRequest`](crate::callback::ShippingRequest) is the request.
    pub fn with_dynamic_shipping(prefix: HttpsUrl) -> Self {
        Self {
            shipping: Shipping::Dynamic(prefix),
        }
    }

    pub(super) fn write(
        &self,
        merchant: types::builder::MerchantInfo,
        consent_removal_prefix: &HttpsUrl,
    ) -> Result<types::builder::MerchantInfo> {
        let merchant = merchant
            .payment_type(types::MerchantInfoPaymentType::ECommExpressPayment)
            .consent_removal_prefix(consent_removal_prefix.as_prefix().to_owned());
        Ok(match &self.shipping {
            Shipping::Dynamic(prefix) => {
                merchant.shipping_details_prefix(prefix.as_prefix().to_owned())
            }
            Shipping::Static(methods) => {
                check_methods(methods)?;
                let methods: Result<Vec<_>> = methods.iter().map(ShippingMethod::write).collect();
                merchant.static_shipping_details(methods?)
            }
        })
    }
}

/// Checks the rules for a list of methods as a whole.
pub(crate) fn check_methods(methods: &[ShippingMethod]) -> Result<(), InvalidValue> {
    let refuse =
        |rule: &'static str, value: String| Err(InvalidValue::new("shipping_methods", rule, value));
    if !(1..=Express::MAX_METHODS).contains(&methods.len()) {
        let count = format!("{} methods", methods.len());
        return refuse("must be 1 to 10 methods", count);
    }
    let mut ids = BTreeSet::new();
    if let Some(repeated) = methods.iter().find(|method| !ids.insert(method.id())) {
        return refuse("must have distinct ids", repeated.id().to_owned());
    }
    match methods.iter().filter(|m| m.is_default).nth(1) {
        Some(second) => refuse("must have at most 1 default", second.id().to_owned()),
        None => Ok(()),
    }
}

/// One shipping method of an express payment (wire name `ShippingDetails`).
///
/// ```
/// use vipps::ecom::ShippingMethod;
/// use vipps::{Amount, Currency};
///
/// let parcel = ShippingMethod::new("parcel", "Parcel locker", Amount::parse("79.50", Currency::NOK)?)?;
/// let walk = ShippingMethod::new("pick-up", "Pick up in the shop", Amount::nok(0))?
///     .priority(2)
///     .preselect();
/// assert_eq!(parcel.cost().minor_units(), 7_950);
/// # Ok::<(), vipps::InvalidValue>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingMethod {
    is_default: bool,
    priority: Option<u32>,
    cost: Kroner,
    name: String,
    id: String,
}

impl ShippingMethod {
    /// Creates a shipping method.
    ///
    /// `id` is chosen by the merchant, has 1 to 100 characters, and is part of the payment's
    /// details. `name` is shown to the customer and has 1 to 256 characters, of which about 25 fit
    /// on a screen (eCom specification). `cost` is 0 to 2 147 483 647 øre, and is added to the
    /// amount of the payment.
    ///
    /// # Errors
    /// [`InvalidValue`] if `id` or `name` is empty, consists of white space, is too long, or
    /// contains a control character. Also if `cost` is negative, too large, or not in NOK.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        cost: Amount,
    ) -> Result<Self, InvalidValue> {
        let (id, name) = (id.into(), name.into());
        check_text(
            "shipping_method_id",
            "must be 1 to 100 characters, none of them a control character",
            100,
            &id,
        )?;
        check_text(
            "shipping_method",
            "must be 1 to 256 characters, none of them a control character",
            256,
            &name,
        )?;
        Ok(Self {
            is_default: false,
            priority: None,
            cost: Kroner::new(cost)?,
            name,
            id,
        })
    }

    /// Sets the position in the list. Methods with low numbers come first.
    #[must_use]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Preselects this method until the customer chooses another method (wire name `isDefault`).
    #[must_use]
    pub fn preselect(mut self) -> Self {
        self.is_default = true;
        self
    }

    /// Returns the id that the merchant chose.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the name that is shown to the customer.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the price of the shipping.
    pub fn cost(&self) -> Amount {
        self.cost.amount()
    }

    fn write(&self) -> Result<types::ShippingDetails> {
        let is_default = if self.is_default {
            types::ShippingDetailsIsDefault::Y
        } else {
            types::ShippingDetailsIsDefault::N
        };
        built(
            types::ShippingDetails::builder()
                .is_default(is_default)
                .shipping_cost(self.cost)
                .shipping_method(self.name.clone())
                .shipping_method_id(self.id.clone())
                .priority(self.priority.map(i64::from)),
        )
    }
}

/// Serializes as in a request.
impl Serialize for ShippingMethod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let method = self.write().map_err(serde::ser::Error::custom)?;
        method.serialize(serializer)
    }
}

fn check_text(
    field: &'static str,
    rule: &'static str,
    max: usize,
    text: &str,
) -> Result<(), InvalidValue> {
    let is_valid = !text.trim().is_empty() && length(text) <= max && is_printed(text);
    if is_valid {
        Ok(())
    } else {
        Err(InvalidValue::new(field, rule, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(ids: &[&str]) -> String {
        let method = |id: &&str| ShippingMethod::new(*id, "Parcel", Amount::nok(79)).unwrap();
        let methods: Vec<_> = ids.iter().map(method).collect();
        check_methods(&methods).unwrap_err().to_string()
    }

    #[test]
    fn error_of_a_repeated_id_shows_the_id_once() {
        assert_eq!(
            refused(&["parcel", "walk", "parcel"]),
            "shipping_methods: must have distinct ids, got \"parcel\""
        );
        assert_eq!(
            refused(&[]),
            "shipping_methods: must be 1 to 10 methods, got \"0 methods\""
        );
    }
}
