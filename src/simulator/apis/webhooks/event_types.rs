//! The event types that a webhook can be registered for.

use crate::simulator::apis::qr::CHECK_IN_EVENT;

/// The event types of the APIs, each with the versions that exist.
const EVENT_TYPES: &[&str] = &[
    "epayments.payment.created.v1",
    "epayments.payment.authorized.v1",
    "epayments.payment.captured.v1",
    "epayments.payment.cancelled.v1",
    "epayments.payment.refunded.v1",
    "epayments.payment.aborted.v1",
    "epayments.payment.expired.v1",
    "epayments.payment.terminated.v1",
    CHECK_IN_EVENT,
    "recurring.agreement-activated.v1",
    "recurring.agreement-rejected.v1",
    "recurring.agreement-stopped.v1",
    "recurring.agreement-expired.v1",
    "recurring.charge-reserved.v1",
    "recurring.charge-captured.v1",
    "recurring.charge-canceled.v1",
    "recurring.charge-refunded.v1",
    "recurring.charge-failed.v1",
    "recurring.charge-creation-failed.v1",
    "login.merchant-initiated.ping.v1",
];

/// The start of the event types for partners of the Donations API, whose names are not published.
const DONATIONS: &str = "donations.";

/// Returns all event types with a published name.
pub(crate) fn event_types() -> Vec<String> {
    EVENT_TYPES.iter().map(ToString::to_string).collect()
}

pub(super) fn exists(event: &str) -> bool {
    EVENT_TYPES.contains(&event) || event.starts_with(DONATIONS)
}

/// Returns the largest number of registrations of an owner for an event type. The app waits for
/// the response to a check-in, so only one URL can receive it.
pub(super) fn limit(event: &str) -> usize {
    if event == CHECK_IN_EVENT { 1 } else { 25 }
}
