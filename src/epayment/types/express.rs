//! Express: the customer shares an address and chooses a delivery in the app.

use std::collections::BTreeSet;

use crate::call::built;
use crate::error::Result;
use crate::raw::epayment::types;
use crate::types::{Amount, Currency, HttpsUrl, InvalidValue, Sensitive};

use super::shipping_group::ShippingGroup;
use super::texts::ShippingToken;

/// The shipping of an Express payment: fixed options, or options that the merchant offers for an
/// address. Passed to [`Create::express`](crate::epayment::Create::express).
///
/// When the payment is created, the options are checked: at least one group, at least one option in
/// each group, distinct ids, and at most one default in each list. The costs are not negative, and
/// in the currency of the payment.
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
    /// `callback_url` has the port 80, 443 or 8080. Each request carries `token` as its
    /// `Authorization` header.
    /// [`respond_to_shipping_options`](crate::callback::respond_to_shipping_options) responds to
    /// it.
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

#[cfg(test)]
mod tests {
    use super::super::shipping_group::{ShippingBrand, ShippingOption, ShippingType};
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
    fn empty_groups_and_repeated_ids_are_refused() {
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
    fn costs_in_another_currency_are_refused() {
        let express = Express::with_fixed_options([group(&["a"])]);
        let message = express.write(Currency::EUR).unwrap_err().to_string();
        assert!(
            message.starts_with("shipping.amount: must be in EUR"),
            "{message}"
        );
    }

    #[test]
    fn callback_url_must_have_a_port_that_vipps_reaches() {
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
