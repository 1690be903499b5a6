//! The webhook registrations.

use std::fmt;

/// A URL of the merchant and the events that are sent to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) id: String,
    /// The owner. `None` for a registration that receives the events of all sales units.
    pub(crate) sales_unit: Option<String>,
    pub(crate) url: String,
    /// The text that signs each message.
    pub(crate) secret: String,
    /// The names of the events, as the API that sends them defines them.
    pub(crate) events: Vec<String>,
}

impl Registration {
    pub(crate) fn is_for(&self, event: &str) -> bool {
        self.events.iter().any(|name| name == event)
    }

    fn receives(&self, sales_unit: &str, event: &str) -> bool {
        let owner = self.sales_unit.as_deref();
        owner.is_none_or(|owner| owner == sales_unit) && self.is_for(event)
    }
}

/// Hides the secret.
impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("id", &self.id)
            .field("sales_unit", &self.sales_unit)
            .field("url", &self.url)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// All registrations, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Webhooks(Vec<Registration>);

impl Webhooks {
    pub(crate) fn add(&mut self, registration: Registration) {
        self.0.push(registration);
    }

    /// Removes the registrations of an owner that `is_removed` selects. Returns `false` if there
    /// were none.
    pub(crate) fn remove(
        &mut self,
        owner: Option<&str>,
        is_removed: impl Fn(&Registration) -> bool,
    ) -> bool {
        let before = self.0.len();
        self.0.retain(|registration| {
            registration.sales_unit.as_deref() != owner || !is_removed(registration)
        });
        self.0.len() != before
    }

    pub(crate) fn all(&self) -> &[Registration] {
        &self.0
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|registration| registration.id == id)
    }

    /// Returns the registrations of a sales unit, or with `None` those for all sales units.
    pub(crate) fn owned_by<'a>(
        &'a self,
        owner: Option<&'a str>,
    ) -> impl Iterator<Item = &'a Registration> {
        let all = self.0.iter();
        all.filter(move |registration| registration.sales_unit.as_deref() == owner)
    }

    /// Returns the registrations that receive an event of a sales unit.
    pub(crate) fn for_event<'a>(
        &'a self,
        sales_unit: &'a str,
        event: &'a str,
    ) -> impl Iterator<Item = &'a Registration> {
        let all = self.0.iter();
        all.filter(move |registration| registration.receives(sales_unit, event))
    }

    /// Returns the registration that receives an event which only one receives: that of the sales
    /// unit, or else that for all sales units.
    pub(crate) fn only_for_event<'a>(
        &'a self,
        sales_unit: &'a str,
        event: &'a str,
    ) -> Option<&'a Registration> {
        let receivers = self.for_event(sales_unit, event);
        receivers.max_by_key(|registration| registration.sales_unit.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhooks(registrations: &[(&str, Option<&str>)]) -> Webhooks {
        let mut webhooks = Webhooks::default();
        for (id, owner) in registrations {
            webhooks.add(Registration {
                id: (*id).into(),
                sales_unit: owner.map(str::to_owned),
                url: "https://example.com/".into(),
                secret: "canary".into(),
                events: vec!["paid".into()],
            });
        }
        webhooks
    }

    fn ids<'a>(registrations: impl Iterator<Item = &'a Registration>) -> Vec<&'a str> {
        registrations
            .map(|registration| registration.id.as_str())
            .collect()
    }

    #[test]
    fn event_reaches_its_sales_unit_and_the_owner_of_all() {
        let webhooks = webhooks(&[("a", Some("1")), ("b", Some("2")), ("all", None)]);
        assert_eq!(ids(webhooks.for_event("1", "paid")), ["a", "all"]);
        assert_eq!(ids(webhooks.for_event("3", "paid")), ["all"]);
        assert!(ids(webhooks.for_event("1", "refunded")).is_empty());
        assert_eq!(ids(webhooks.owned_by(Some("1"))), ["a"]);
        assert_eq!(ids(webhooks.owned_by(None)), ["all"]);
    }

    #[test]
    fn registration_of_the_sales_unit_comes_first() {
        for order in [
            [("a", Some("1")), ("all", None)],
            [("all", None), ("a", Some("1"))],
        ] {
            let webhooks = webhooks(&order);
            let only = |sales_unit| webhooks.only_for_event(sales_unit, "paid").unwrap();
            assert_eq!((only("1").id.as_str(), only("2").id.as_str()), ("a", "all"));
        }
    }

    #[test]
    fn remove_leaves_other_owners_alone() {
        let mut webhooks = webhooks(&[("a", Some("1")), ("b", None)]);
        assert!(!webhooks.remove(Some("1"), |registration| registration.id == "b"));
        assert!(!webhooks.remove(None, |registration| registration.id == "a"));
        assert!(webhooks.remove(None, |_| true));
        assert_eq!(ids(webhooks.owned_by(Some("1"))), ["a"]);
    }

    #[test]
    fn debug_hides_the_secret() {
        let shown = format!("{:?}", webhooks(&[("a", None)]));
        assert!(
            shown.contains("example.com") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
