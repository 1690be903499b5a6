//! The shipping methods of an express payment.

use super::profile::Profile;
use crate::types::Amount;

/// The number of methods that the app shows.
const SHOWN: usize = 10;

/// The source of the shipping methods.
#[derive(Debug, Clone)]
pub(crate) enum ShippingSource {
    /// The methods that the merchant sent with the payment.
    Fixed(Vec<ShippingMethod>),
    /// The merchant returns the methods once the address is known.
    Merchant {
        /// The merchant's URL, as the API that started the payment defines it.
        url: String,
    },
}

/// A shipping method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShippingMethod {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) cost: Amount,
    pub(crate) is_default: bool,
    /// The place in the list. The app shows low numbers first.
    pub(crate) priority: i64,
}

/// An approval that waits for the merchant's shipping methods.
#[derive(Debug, Clone)]
pub(crate) struct PendingShipping {
    pub(crate) customer: Profile,
    /// The id of the method that the customer chooses, or `None` for the default.
    pub(crate) method: Option<String>,
}

/// Returns the methods that the app shows, in its order.
pub(crate) fn shown(mut methods: Vec<ShippingMethod>) -> Vec<ShippingMethod> {
    methods.sort_by_key(|method| method.priority);
    methods.truncate(SHOWN);
    methods
}

/// Returns the method with the chosen id. Without an id, returns the merchant's default or else the
/// first method.
pub(crate) fn choose<'a>(
    methods: &'a [ShippingMethod],
    chosen_id: Option<&str>,
) -> Option<&'a ShippingMethod> {
    if let Some(id) = chosen_id {
        return methods.iter().find(|method| method.id == id);
    }
    let default = methods.iter().find(|method| method.is_default);
    default.or_else(|| methods.first())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn method(id: &str, is_default: bool, priority: i64) -> ShippingMethod {
        ShippingMethod {
            id: id.into(),
            name: id.into(),
            cost: Amount::nok(1),
            is_default,
            priority,
        }
    }

    #[test]
    fn default_is_chosen_before_the_first() {
        let list = shown(vec![
            method("b", false, 2),
            method("c", true, 3),
            method("a", false, 1),
        ]);
        let ids: Vec<_> = list.iter().map(|m| m.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        assert_eq!(choose(&list, None).unwrap().id, "c");
        assert_eq!(choose(&list, Some("b")).unwrap().id, "b");
        assert_eq!(choose(&list, Some("x")), None);
        assert_eq!(choose(&list[..2], None).unwrap().id, "a");
    }
}
