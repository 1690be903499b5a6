//! Registers a URL when a service starts.

use super::registration::checked_events;
use super::{
    DeleteWebhook, EventType, ListWebhooks, RegisterWebhook, Registration, Webhook, all_sales_units,
};
use crate::call::{CallOptions, Deadline, operation};
use crate::error::{Error, Result};
use crate::runtime::Runtime;
use crate::types::HttpsUrl;

/// Registers a URL for events, unless a stored registration is still valid. Returned by
/// [`Webhooks::ensure`](super::Webhooks::ensure); `.await` sends the requests.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct EnsureWebhook {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    url: HttpsUrl,
    events: Vec<EventType>,
    stored: Vec<Registration>,
    delete_first: bool,
}

operation! { EnsureWebhook => Ensured; deadline, merchant_serial_number, retry }
all_sales_units!(EnsureWebhook);

impl EnsureWebhook {
    pub(super) fn new(
        runtime: Runtime,
        url: HttpsUrl,
        events: Vec<EventType>,
        stored: Vec<Registration>,
    ) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            url,
            events,
            stored,
            delete_first: false,
        }
    }

    /// Deletes the old registrations of the URL before it is registered anew. Needed for
    /// [`EventType::UserCheckedIn`], of which a sales unit can have one registration. Events in the
    /// short time between the two requests are lost.
    pub fn delete_first(mut self) -> Self {
        self.delete_first = true;
        self
    }

    /// Sends the requests.
    ///
    /// # Errors
    /// Before anything is sent: no events, or an event type that is not a name. Otherwise the
    /// errors of [`ListWebhooks::send`] and [`RegisterWebhook::send`], and with
    /// [`delete_first`](Self::delete_first) those of [`DeleteWebhook::send`]. After any of these
    /// errors, call `ensure` again: nothing is registered twice.
    ///
    /// A failed delete of an old registration after the new registration is not an error, because
    /// an error could not return the new secret; see [`Ensured::not_deleted`].
    pub async fn send(self) -> Result<Ensured> {
        let events = checked_events(self.events.clone())?;
        let deadline = Deadline::new(&self.runtime, &self.options);
        let mut old = self.registrations(&deadline).await?;
        let is_current = |webhook: &Webhook, stored: &Registration| {
            webhook.has_id(stored.id()) && webhook.has_events(&events)
        };
        let current = self
            .stored
            .iter()
            .find(|&stored| old.iter().any(|webhook| is_current(webhook, stored)));
        if let Some(current) = current {
            old.retain(|webhook| !webhook.has_id(current.id()));
            return Ok(Ensured {
                registration: current.clone(),
                is_new: false,
                not_deleted: self.delete_all(old, &deadline).await,
            });
        }
        if self.delete_first {
            for webhook in &old {
                self.delete(webhook, &deadline).await?;
            }
            old.clear();
        }
        let mut register = RegisterWebhook::new(self.runtime.clone(), self.url.clone(), events);
        register.options = deadline.options(&self.options);
        Ok(Ensured {
            registration: register.send().await?,
            is_new: true,
            not_deleted: self.delete_all(old, &deadline).await,
        })
    }

    /// Returns the registrations of the URL.
    async fn registrations(&self, deadline: &Deadline) -> Result<Vec<Webhook>> {
        let mut list = ListWebhooks::new(self.runtime.clone());
        list.options = deadline.options(&self.options);
        let mut listed = list.send().await?;
        listed.retain(|webhook| webhook.is_for(&self.url));
        Ok(listed)
    }

    async fn delete(&self, webhook: &Webhook, deadline: &Deadline) -> Result<()> {
        let mut delete = DeleteWebhook::new(self.runtime.clone(), webhook.id().to_owned());
        delete.options = deadline.options(&self.options);
        delete.send().await
    }

    async fn delete_all(&self, old: Vec<Webhook>, deadline: &Deadline) -> Vec<(Webhook, Error)> {
        let mut not_deleted = Vec::new();
        for webhook in old {
            if let Err(error) = self.delete(&webhook, deadline).await {
                not_deleted.push((webhook, error));
            }
        }
        not_deleted
    }
}

/// The valid registration of a URL. Returned by [`Webhooks::ensure`](super::Webhooks::ensure).
#[derive(Clone, Debug)]
#[must_use = "the secret of a new registration must be stored"]
pub struct Ensured {
    registration: Registration,
    is_new: bool,
    not_deleted: Vec<(Webhook, Error)>,
}

impl Ensured {
    /// Returns the registration with its secret.
    pub fn registration(&self) -> &Registration {
        &self.registration
    }

    /// Returns the registration with its secret, by value.
    pub fn into_registration(self) -> Registration {
        self.registration
    }

    /// Returns `true` if the registration was made by this call and must be stored.
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// Returns the other registrations of the URL that could not be deleted, each with its error.
    /// Until they are deleted, their events arrive too, signed with their secrets. The next
    /// [`ensure`](super::Webhooks::ensure) deletes them.
    pub fn not_deleted(&self) -> &[(Webhook, Error)] {
        &self.not_deleted
    }
}
