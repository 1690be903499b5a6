//! Express: the customer shares an address and chooses a delivery in the app.

use std::collections::BTreeSet;

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::text::is_printed;
use crate::types::{Amount, Currency, HttpsUrl, InvalidValue, Sensitive};

use super::money::{part, wire};
use super::texts::ShippingToken;

/// The shipping of an Express payment: fixed options, or options that the merchant offers for an
/// address. Passed to [`Create::express`](crate::epayment::Create::express), and checked when the
/// payment is created.
///
/// ```
/// use vipps::Amount;
/// use vipps::epayment::{Express, ShippingBrand, ShippingGroup, ShippingOption, ShippingType};
///
/// let shipping = Express::with_fixed_options([
///     ShippingGroup::new(
///         ShippingType::PickupPoint,
///         ShippingBrand::Posten,
///         [ShippingOption::new("locker-7", "Locker at the station", Amount::nok(49)).preselect()],
///     ),
///     ShippingGroup::new(
///         ShippingType::HomeDelivery,
///         ShippingBrand::Posten,
///         [ShippingOption::new("home", "To the door", Amount::nok(99))],
///     ),
/// ]);
/// # let _ = shipping;
/// ```
#[derive(Clone, Debug)]
pub struct Express(Shipping);

#[derive(Clone, Debug)]
enum Shipping {
    Fixed(Vec<ShippingGroup>),
    Dynamic(HttpsUrl, ShippingToken),
}

impl Express {
    /// Offers the same options for every address (wire name `fixedOptions`).
    pub fn with_fixed_options(groups: impl IntoIterator<Item = ShippingGroup>) -> Self {
        Self(Shipping::Fixed(groups.into_iter().collect()))
    }

    /// Lets Vipps MobilePay request the options when the customer has chosen an address (wire name
    /// `dynamicOptions`).
    ///
    /// `callback_url` is on port 80, 443 or 8080. The `Authorization` header of each request is
    /// `token`.
    pub fn with_dynamic_options(callback_url: HttpsUrl, token: ShippingToken) -> Self {
        Self(Shipping::Dynamic(callback_url, token))
    }

    /// Returns the shipping in the form of the API.
    pub(in crate::epayment) fn write(&self, currency: Currency) -> Result<types::Shipping> {
        let shipping = types::Shipping::builder();
        built(match &self.0 {
            Shipping::Fixed(groups) => {
                check_groups(groups)?;
                let groups: Result<Vec<_>> = groups.iter().map(|g| g.write(currency)).collect();
                shipping.fixed_options(types::FixedOptions(groups?))
            }
            Shipping::Dynamic(url, token) => {
                check_port(url)?;
                let options = types::DynamicOptions::builder()
                    .callback_url(url.as_str().to_owned())
                    .callback_authorization_token(Sensitive::from(token.expose()));
                shipping.dynamic_options(built::<types::DynamicOptions, _>(options)?)
            }
        })
    }
}

/// Returns the groups of a response to a request for shipping options, in the form of the API.
///
/// # Errors
/// If the groups break a rule, or if their costs are in different currencies.
pub(crate) fn write_groups(groups: &[ShippingGroup]) -> Result<Vec<types::ShippingGroup>> {
    check_groups(groups)?;
    let mut costs = groups
        .iter()
        .flat_map(|group| &group.options)
        .map(|option| option.amount);
    // The request does not state the currency of the payment.
    let currency = costs.next().map_or(Currency::NOK, Amount::currency);
    groups.iter().map(|group| group.write(currency)).collect()
}

fn check_port(url: &HttpsUrl) -> Result<(), InvalidValue> {
    let port = url::Url::parse(url.as_str())
        .ok()
        .and_then(|url| url.port_or_known_default());
    if port.is_some_and(|port| [80, 443, 8080].contains(&port)) {
        return Ok(());
    }
    let rule = "must have the port 80, 443 or 8080";
    Err(InvalidValue::new("callback_url", rule, url.as_str()))
}

/// Checks the rules for a list of groups as a whole.
fn check_groups(groups: &[ShippingGroup]) -> Result<(), InvalidValue> {
    let refuse = |rule: &'static str, value: &str| Err(InvalidValue::new("shipping", rule, value));
    if groups.is_empty() {
        return refuse("must have at least 1 group", "0 groups");
    }
    let mut ids = BTreeSet::new();
    for group in groups {
        if group.options.is_empty() {
            return refuse("must have at least 1 option in each group", "0 options");
        }
        for option in &group.options {
            if !ids.insert(option.id.as_str()) {
                return refuse("must have options with distinct ids", &option.id);
            }
        }
        if group.options.iter().filter(|o| o.is_default).count() > 1 {
            return refuse("must have at most 1 default in each group", "2 defaults");
        }
    }
    if groups.iter().filter(|group| group.is_default).count() > 1 {
        return refuse("must have at most 1 default group", "2 defaults");
    }
    Ok(())
}

macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl From<$name> for types::$name {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => Self::$variant,)*
                }
            }
        }
    };
}

wire_enum! {
    /// The kind of a delivery.
    ShippingType {
        /// To the door.
        HomeDelivery,
        /// To a pick-up point.
        PickupPoint,
        /// To the mailbox.
        Mailbox,
        /// In a shop.
        InStore,
        /// Another kind.
        Other,
    }
}

wire_enum! {
    /// The company that delivers.
    ShippingBrand {
        /// Posten.
        Posten,
        /// Bring.
        Bring,
        /// `PostNord`.
        Postnord,
        /// Helthjem.
        Helthjem,
        /// Porterbuddy.
        Porterbuddy,
        /// DHL.
        Dhl,
        /// Instabox.
        Instabox,
        /// `FedEx`.
        Fedex,
        /// Matkahuolto.
        Matkahuolto,
        /// GLS.
        Gls,
        /// Posti.
        Posti,
        /// Gordon.
        Gordon,
        /// Another company.
        Other,
    }
}

/// The shipping options of one company and one kind of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingGroup {
    kind: ShippingType,
    brand: ShippingBrand,
    options: Vec<ShippingOption>,
    is_default: bool,
    priority: Option<u32>,
}

impl ShippingGroup {
    /// Returns a group with these options, at least one. Variants of a delivery, such as pick-up
    /// points or time slots, are options of one group.
    pub fn new(
        kind: ShippingType,
        brand: ShippingBrand,
        options: impl IntoIterator<Item = ShippingOption>,
    ) -> Self {
        Self {
            kind,
            brand,
            options: options.into_iter().collect(),
            is_default: false,
            priority: None,
        }
    }

    /// Sets the position in the list. Groups with low numbers come first.
    #[must_use]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Preselects this group until the customer chooses another one (wire name `isDefault`).
    #[must_use]
    pub fn preselect(mut self) -> Self {
        self.is_default = true;
        self
    }

    fn write(&self, currency: Currency) -> Result<types::ShippingGroup> {
        let options: Result<Vec<_>> = self.options.iter().map(|o| o.write(currency)).collect();
        let mut group = types::ShippingGroup::builder()
            .type_(types::ShippingType::from(self.kind))
            .brand(types::ShippingBrand::from(self.brand))
            .options(options?);
        if self.is_default {
            group = group.is_default(true);
        }
        if let Some(priority) = self.priority {
            group = group.priority(i64::from(priority));
        }
        built(group)
    }
}

/// One shipping option of an Express payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    id: String,
    name: String,
    amount: Amount,
    is_default: bool,
    priority: Option<u32>,
    meta: Option<String>,
    estimated_delivery: Option<String>,
}

impl ShippingOption {
    /// Returns an option. `id` is chosen by the merchant, unique within the payment, and part of the
    /// payment's details. `name` is shown to the customer. `amount` is added to the amount of the
    /// payment; zero is free.
    pub fn new(id: impl Into<String>, name: impl Into<String>, amount: Amount) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            amount,
            is_default: false,
            priority: None,
            meta: None,
            estimated_delivery: None,
        }
    }

    /// Sets the position in the group. Options with low numbers come first.
    #[must_use]
    pub fn priority(mut self, priority: u32) -> Self {
        self.priority = Some(priority);
        self
    }

    /// Preselects this option until the customer chooses another one (wire name `isDefault`).
    #[must_use]
    pub fn preselect(mut self) -> Self {
        self.is_default = true;
        self
    }

    /// Sets a further text, such as the address of a shop.
    #[must_use]
    pub fn meta(mut self, text: impl Into<String>) -> Self {
        self.meta = Some(text.into());
        self
    }

    /// Sets the time of the delivery or the opening hours, as text.
    #[must_use]
    pub fn estimated_delivery(mut self, text: impl Into<String>) -> Self {
        self.estimated_delivery = Some(text.into());
        self
    }

    fn write(&self, currency: Currency) -> Result<types::ShippingOption> {
        for (field, text) in [("shipping.id", &self.id), ("shipping.name", &self.name)] {
            if text.trim().is_empty() || !is_printed(text) {
                let rule = "must not be empty, and must not have control characters";
                return Err(InvalidValue::new(field, rule, text.clone()).into());
            }
        }
        part("shipping.amount", self.amount, currency)?;
        let mut option = types::ShippingOption::builder()
            .id(self.id.clone())
            .name(self.name.clone())
            .amount(wire(self.amount)?);
        if self.is_default {
            option = option.is_default(true);
        }
        if let Some(priority) = self.priority {
            option = option.priority(i64::from(priority));
        }
        if let Some(text) = &self.meta {
            option = option.meta(text.clone());
        }
        if let Some(text) = &self.estimated_delivery {
            option = option.estimated_delivery(text.clone());
        }
        built(option)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(ids: &[&str]) -> ShippingGroup {
        let option = |id: &&str| ShippingOption::new(*id, "Name", Amount::nok(9));
        let options: Vec<_> = ids.iter().map(option).collect();
        ShippingGroup::new(ShippingType::Mailbox, ShippingBrand::Posti, options)
    }

    fn refused(groups: Vec<ShippingGroup>) -> String {
        let express = Express::with_fixed_options(groups);
        express.write(Currency::NOK).unwrap_err().to_string()
    }

    #[test]
    fn groups_are_filled_and_ids_distinct() {
        let express = Express::with_fixed_options([group(&["a", "b"]), group(&["c"])]);
        express.write(Currency::NOK).unwrap();
        assert!(refused(vec![]).contains("at least 1 group"));
        assert!(refused(vec![group(&[])]).contains("at least 1 option"));
        assert_eq!(
            refused(vec![group(&["a"]), group(&["a"])]),
            "shipping: must have options with distinct ids, got \"a\""
        );
        assert!(refused(vec![group(&[" "])]).starts_with("shipping.id: "));
    }

    #[test]
    fn one_default_of_each_list_is_allowed() {
        let preselected = || group(&["a"]).preselect();
        let two_groups = vec![preselected(), group(&["b"]).preselect()];
        assert!(refused(two_groups).contains("at most 1 default group"));
        let mut two_options = group(&["a", "b"]);
        for option in &mut two_options.options {
            option.is_default = true;
        }
        assert!(refused(vec![two_options]).contains("in each group"));
        let express = Express::with_fixed_options([preselected()]);
        express.write(Currency::NOK).unwrap();
    }

    #[test]
    fn costs_are_in_the_currency_of_the_payment() {
        let express = Express::with_fixed_options([group(&["a"])]);
        let message = express.write(Currency::EUR).unwrap_err().to_string();
        assert!(
            message.starts_with("shipping.amount: must be in EUR"),
            "{message}"
        );
    }

    #[test]
    fn callback_url_has_a_port_that_vipps_reaches() {
        for (port, is_reached) in [
            ("", true),
            (":443", true),
            (":8080", true),
            (":8443", false),
        ] {
            let url = format!("https://shop.example.com{port}/shipping");
            let token = ShippingToken::parse("token-1").unwrap();
            let express = Express::with_dynamic_options(url.parse().unwrap(), token);
            assert_eq!(express.write(Currency::NOK).is_ok(), is_reached, "{port}");
        }
    }
}
