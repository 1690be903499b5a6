//! The check-in event, which is sent to the sales unit's webhook.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::simulator::domain::Event;
use crate::simulator::gateway::{Message, OutgoingMessage, State};

/// The name of the event in a webhook registration.
pub(crate) const EVENT: &str = "user.checked-in.v1";

pub(super) static USER_CHECKED_IN: Message = Message {
    id: "user_checked_in",
    method: Method::POST,
    timeout: Duration::from_secs(10),
    is_retried: true,
    has_personal_path: false,
    receive: None,
};

/// Returns the messages about a check-in. Their time has seven decimals.
pub(super) fn notify(state: &State, event: &Event) -> Vec<OutgoingMessage> {
    let Event::CheckedIn {
        code,
        customer_token,
        time,
    } = event
    else {
        return Vec::new();
    };
    let webhooks = &state.domain.webhooks;
    // The limit of one registration for each owner leaves at most two, and the sales unit's own one
    // takes precedence.
    let registration = webhooks.only_for_event(&code.sales_unit, EVENT);
    let body = json!({
        "customerToken": customer_token,
        "merchantQrId": code.id,
        "msn": code.sales_unit,
        "initiatedAt": format!("{time:.7}"),
    });
    let message = registration.map(|registration| OutgoingMessage {
        signed_by: Some(registration.clone()),
        body: Some(body),
        ..OutgoingMessage::new(&USER_CHECKED_IN, registration.url.clone())
    });
    message.into_iter().collect()
}
