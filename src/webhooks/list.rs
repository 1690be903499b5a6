//! Lists the registrations.

use serde::Deserialize;

use super::registration::WireWebhook;
use super::{Call, Webhook, all_sales_units};
use crate::call::{CallOptions, operation};
use crate::error::Result;
use crate::runtime::Runtime;

/// Lists the registrations. Returned by [`Webhooks::list`](super::Webhooks::list); `.await` sends
/// the request.
///
/// The API has no pagination and no filters.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `.await` or `send`"]
pub struct ListWebhooks {
    runtime: Runtime,
    pub(crate) options: CallOptions,
}

operation! { ListWebhooks => Vec<Webhook>; deadline, merchant_serial_number, retry }
all_sales_units!(ListWebhooks);

/// The response. `webhooks` is required, because a response without a list does not state that no
/// registration exists.
#[derive(Deserialize)]
struct Wire {
    webhooks: Vec<WireWebhook>,
}

impl ListWebhooks {
    pub(super) fn new(runtime: Runtime) -> Self {
        Self {
            runtime,
            options: CallOptions::default(),
        }
    }

    /// Sends the request.
    ///
    /// # Errors
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) if the response has no list, or if a
    /// registration in it has no id, URL or events.
    pub async fn send(self) -> Result<Vec<Webhook>> {
        let call = Call::new(&self.runtime, &self.options);
        let response = call.run(|api| api.list_webhooks().send()).await?;
        let wire: Wire = response.decode()?;
        Ok(wire.webhooks.into_iter().map(Webhook::from).collect())
    }
}
