//! Deletes a registration.

use super::{Call, ListWebhooks, all_sales_units};
use crate::call::{CallOptions, Deadline, operation};
use crate::error::{Error, Result};
use crate::runtime::Runtime;

/// Deletes a registration. Returned by [`Webhooks::delete`](super::Webhooks::delete); `.await`
/// sends the request.
///
/// The request is idempotent, so it is retried after a lost response.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct DeleteWebhook {
    runtime: Runtime,
    pub(crate) options: CallOptions,
    id: String,
}

operation! { DeleteWebhook => (); deadline, merchant_serial_number, retry }
all_sales_units!(DeleteWebhook);

impl DeleteWebhook {
    pub(super) fn new(runtime: Runtime, id: String) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
            id,
        }
    }

    /// Sends the request.
    ///
    /// The API does not document its response for an unknown id. After HTTP 400 or 404 the call
    /// therefore lists the registrations, and succeeds if none of them has the id. The deadline
    /// covers both requests.
    ///
    /// # Errors
    /// Before anything is sent: an id that is empty, `.` or `..`, or contains `/`, `\` or a control
    /// character. HTTP 400 or 404 if the list still contains the registration, or cannot be read.
    /// Retry the call after an outcome of [`Unknown`](crate::Outcome::Unknown).
    pub async fn send(self) -> Result<()> {
        let deadline = Deadline::new(&self.runtime, &self.options);
        let options = deadline.options(&self.options);
        let call = Call::new(&self.runtime, &options);
        let id = self.id.as_str();
        let response = call.run(|api| api.delete_webhook().id(id).send()).await;
        match response {
            Err(error) if may_be_unknown(&error) && self.is_gone(&deadline).await => Ok(()),
            response => response?.accept(),
        }
    }

    /// Returns whether the list of registrations shows that the id is unknown.
    async fn is_gone(&self, deadline: &Deadline) -> bool {
        let mut list = ListWebhooks::new(self.runtime.clone());
        list.options = deadline.options(&self.options);
        let listed = list.send().await;
        listed.is_ok_and(|webhooks| webhooks.iter().all(|webhook| !webhook.has_id(&self.id)))
    }
}

/// Returns whether the API may have refused the id because it is unknown.
fn may_be_unknown(error: &Error) -> bool {
    matches!(error.http_status(), Some(400 | 404))
}
