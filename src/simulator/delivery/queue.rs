//! The messages that wait: for an earlier one of the same payment, or for their next attempt.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use crate::simulator::domain::time::later;
use crate::simulator::domain::{PaymentId, Webhooks};
use crate::simulator::gateway::OutgoingMessage;

const HOUR: u64 = 3600;
/// The time after the first failure in which a webhook is retried.
const RETRIED_FOR: Duration = Duration::from_secs(7 * 24 * HOUR);

/// Returns the time until the next attempt of a webhook, after this many attempts (Webhooks guide,
/// retries).
fn wait_after(attempts: u32) -> Duration {
    Duration::from_secs(match attempts {
        0..=4 => 2,
        5 => 60,
        6 => 120,
        7..=28 => HOUR,
        _ => 24 * HOUR,
    })
}

/// The id of a registration and a payment. The registration receives the events of the payment in
/// order: until an event is accepted or given up, later events wait.
type OrderingKey = (String, PaymentId);

/// A message that is sent again later.
#[derive(Debug)]
struct Retry {
    outgoing: OutgoingMessage,
    /// The number of the failed attempt in the log.
    after: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// The messages that can be sent now.
    ready: Vec<OutgoingMessage>,
    retries: BTreeMap<(Timestamp, u64), Retry>,
    planned: u64,
    /// The events that wait for an earlier event with the same key.
    blocked: HashMap<OrderingKey, VecDeque<OutgoingMessage>>,
}

impl Queue {
    /// Adds a new message.
    pub(crate) fn push(&mut self, outgoing: OutgoingMessage) {
        if let Some(key) = ordering_key(&outgoing) {
            match self.blocked.entry(key) {
                Entry::Occupied(mut entry) => return entry.get_mut().push_back(outgoing),
                Entry::Vacant(entry) => drop(entry.insert(VecDeque::new())),
            }
        }
        self.ready.push(outgoing);
    }

    /// Makes the retries that are due ready. Returns `true` if there were any.
    pub(crate) fn tick(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        while let Some(retry) = self.retries.first_entry() {
            if retry.key().0 > now {
                break;
            }
            self.ready.push(retry.remove().outgoing);
            any = true;
        }
        any
    }

    /// Returns the messages that are ready, and removes them.
    pub(crate) fn take_ready(&mut self) -> Vec<OutgoingMessage> {
        std::mem::take(&mut self.ready)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// Ends a message that was accepted or is given up. The next event with its key becomes
    /// ready.
    pub(crate) fn complete(&mut self, outgoing: &OutgoingMessage) {
        let Some(key) = ordering_key(outgoing) else {
            return;
        };
        if let Entry::Occupied(mut entry) = self.blocked.entry(key) {
            match entry.get_mut().pop_front() {
                Some(next) => self.ready.push(next),
                None => drop(entry.remove()),
            }
        }
    }

    /// Plans the next attempt of a message that was not accepted, or gives it up. `after` is the
    /// number of the failed attempt in the log.
    pub(crate) fn retry(&mut self, mut outgoing: OutgoingMessage, after: u64, now: Timestamp) {
        let first = *outgoing.first_failure.get_or_insert(now);
        let next = later(now, wait_after(outgoing.attempt));
        if !outgoing.message.is_retried || next > later(first, RETRIED_FOR) {
            return self.complete(&outgoing);
        }
        outgoing.attempt += 1;
        self.planned += 1;
        let retry = Retry { outgoing, after };
        self.retries.insert((next, self.planned), retry);
    }

    /// Returns the time of the next planned attempt.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.retries.first_key_value().map(|((when, _), _)| *when)
    }

    /// Returns the time of the attempt that follows a failed one.
    pub(crate) fn next_attempt(&self, after: u64) -> Option<Timestamp> {
        let mut retries = self.retries.iter();
        let found = retries.find(|(_, retry)| retry.after == after);
        found.map(|((when, _), _)| *when)
    }

    /// Removes the messages whose registration was deleted.
    pub(crate) fn remove_unregistered(&mut self, webhooks: &Webhooks) {
        let is_registered = |outgoing: &OutgoingMessage| {
            let registration = outgoing.signed_by.as_ref();
            registration.is_none_or(|registration| webhooks.has(&registration.id))
        };
        self.ready.retain(is_registered);
        self.retries
            .retain(|_, retry| is_registered(&retry.outgoing));
        self.blocked.retain(|(id, _), _| webhooks.has(id));
    }

    /// Removes all messages.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            planned: self.planned,
            ..Self::default()
        };
    }
}

fn ordering_key(outgoing: &OutgoingMessage) -> Option<OrderingKey> {
    let registration = outgoing.signed_by.as_ref()?;
    Some((registration.id.clone(), outgoing.payment?))
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::simulator::clock::FROZEN_AT;
    use crate::simulator::domain::Registration;
    use crate::simulator::gateway::Message;

    static EVENT: Message = Message {
        id: "event",
        method: Method::POST,
        timeout: Duration::from_secs(10),
        is_retried: true,
        has_personal_path: false,
        receive: None,
    };
    static CALLBACK: Message = Message {
        id: "callback",
        method: Method::POST,
        timeout: Duration::from_secs(3),
        is_retried: false,
        has_personal_path: false,
        receive: None,
    };

    fn registration(id: &str) -> Registration {
        Registration {
            id: id.into(),
            sales_unit: None,
            url: "https://example.com/".into(),
            secret: "secret".into(),
            events: Vec::new(),
        }
    }

    /// An event with this name for a registration, about a payment or none.
    fn event(name: &str, registration_id: &str, payment: Option<PaymentId>) -> OutgoingMessage {
        OutgoingMessage {
            payment,
            reference: Some(name.into()),
            signed_by: Some(registration(registration_id)),
            ..OutgoingMessage::new(&EVENT, "https://example.com/".into())
        }
    }

    /// Returns the names of the messages that are ready.
    fn ready(queue: &mut Queue) -> Vec<String> {
        let ready = queue.take_ready().into_iter();
        ready.filter_map(|outgoing| outgoing.reference).collect()
    }

    fn at(seconds: u64) -> Timestamp {
        later(FROZEN_AT, Duration::from_secs(seconds))
    }

    #[test]
    fn retries_follow_the_schedule_for_seven_days() {
        let mut queue = Queue::default();
        let mut now = FROZEN_AT;
        let mut waits = Vec::new();
        queue.push(event("a", "1", None));
        loop {
            let outgoing = queue.take_ready().remove(0);
            assert_eq!(outgoing.attempt as usize, waits.len() + 1);
            queue.retry(outgoing, 0, now);
            let Some(next) = queue.next_due() else {
                break;
            };
            waits.push(next.duration_since(now).as_secs());
            assert!(!queue.tick(next - Duration::from_millis(1)) && queue.tick(next));
            now = next;
        }
        assert_eq!(waits[..6], [2, 2, 2, 2, 60, 120]);
        assert_eq!(waits[6..28], [3600; 22]);
        assert_eq!(waits[28..], [86_400; 6]);
    }

    #[test]
    fn event_waits_until_the_earlier_one_of_its_payment_is_accepted() {
        let mut queue = Queue::default();
        for name in ["first", "second", "third"] {
            queue.push(event(name, "1", Some(7)));
        }
        queue.push(event("other payment", "1", Some(8)));
        queue.push(event("other registration", "2", Some(7)));
        queue.push(event("check-in", "1", None));
        let expected = ["first", "other payment", "other registration", "check-in"];
        assert_eq!(ready(&mut queue), expected);

        let first = event("first", "1", Some(7));
        queue.retry(first.clone(), 0, FROZEN_AT);
        assert!(ready(&mut queue).is_empty());
        queue.tick(at(2));
        assert_eq!(ready(&mut queue), ["first"]);
        queue.complete(&first);
        assert_eq!(ready(&mut queue), ["second"]);
        queue.complete(&event("second", "1", Some(7)));
        assert_eq!(ready(&mut queue), ["third"]);
        queue.complete(&event("third", "1", Some(7)));
        queue.push(event("fourth", "1", Some(7)));
        assert_eq!(ready(&mut queue), ["fourth"]);
    }

    #[test]
    fn event_that_is_given_up_no_longer_blocks() {
        let mut queue = Queue::default();
        queue.push(event("first", "1", Some(7)));
        queue.push(event("second", "1", Some(7)));
        let first = queue.take_ready().remove(0);
        queue.retry(first, 0, FROZEN_AT);
        queue.tick(at(8 * 24 * HOUR));
        let first = queue.take_ready().remove(0);
        queue.retry(first, 0, at(8 * 24 * HOUR));
        assert_eq!(ready(&mut queue), ["second"]);
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn message_that_is_not_retried_is_given_up() {
        let mut queue = Queue::default();
        let callback = OutgoingMessage::new(&CALLBACK, "https://example.com/".into());
        queue.retry(callback, 0, FROZEN_AT);
        assert_eq!(queue.next_due(), None);
    }

    #[test]
    fn next_attempt_belongs_to_the_failed_one() {
        let mut queue = Queue::default();
        queue.retry(event("a", "1", None), 5, FROZEN_AT);
        assert_eq!(queue.next_attempt(5), Some(at(2)));
        assert_eq!(queue.next_attempt(4), None);
        queue.tick(at(2));
        assert_eq!(queue.next_attempt(5), None);
    }

    #[test]
    fn deleted_registration_ends_its_messages() {
        let mut queue = Queue::default();
        let mut webhooks = Webhooks::default();
        webhooks.add(registration("2"));
        for id in ["1", "2"] {
            queue.push(event("ready", id, Some(1)));
            queue.push(event("waiting", id, Some(1)));
            queue.retry(event("retry", id, Some(2)), 0, FROZEN_AT);
        }
        queue.remove_unregistered(&webhooks);
        assert_eq!(ready(&mut queue), ["ready"]);
        queue.complete(&event("ready", "1", Some(1)));
        assert!(ready(&mut queue).is_empty());
        queue.complete(&event("ready", "2", Some(1)));
        assert_eq!(ready(&mut queue), ["waiting"]);
        queue.tick(at(2));
        assert_eq!(ready(&mut queue), ["retry"]);
    }
}
