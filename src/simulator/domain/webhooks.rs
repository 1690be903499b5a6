//! The webhook registrations of the sales units.

use std::fmt;

/// A URL of the merchant and the events that are sent to it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Registration {
    pub(crate) id: String,
    pub(crate) sales_unit: String,
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

    /// Removes the registrations of a sales unit that `is_gone` selects. Returns `false` if there
    /// were none.
    pub(crate) fn remove(
        &mut self,
        sales_unit: &str,
        is_gone: impl Fn(&Registration) -> bool,
    ) -> bool {
        let before = self.0.len();
        self.0
            .retain(|one| one.sales_unit != sales_unit || !is_gone(one));
        self.0.len() != before
    }

    /// Returns the registrations of a sales unit.
    pub(crate) fn of<'a>(&'a self, sales_unit: &str) -> impl Iterator<Item = &'a Registration> {
        let all = self.0.iter();
        all.filter(move |one| one.sales_unit == sales_unit)
    }

    /// Returns the registrations of a sales unit for an event.
    pub(crate) fn for_event<'a>(
        &'a self,
        sales_unit: &str,
        event: &str,
    ) -> impl Iterator<Item = &'a Registration> {
        self.of(sales_unit).filter(move |one| one.is_for(event))
    }
}
