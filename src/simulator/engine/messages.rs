//! The messages to the merchant: their sending, and the merchant's responses.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;

use super::{Injection, World};
use crate::simulator::delivery::{Delivery, DeliveryOutcome, Job};
use crate::simulator::gateway::OutgoingMessage;

impl World {
    /// Returns at most `count` calls to the merchant, newest first.
    pub(crate) fn latest_deliveries(&self, count: usize) -> Vec<Delivery> {
        let latest = self.deliveries.latest(count);
        latest
            .map(|delivery| delivery.with_next_attempt(self.queue.next_attempt(delivery.number)))
            .collect()
    }

    /// Records a message and prepares it for sending, unless it has no address or a fault loses it.
    pub(super) fn prepare(
        &mut self,
        outgoing: OutgoingMessage,
        now: Timestamp,
        jobs: &mut Vec<Job>,
    ) {
        let id = Some(outgoing.message.id);
        let injection = self.rules.inject(id, outgoing.reference.as_deref(), now);
        let injection = injection.as_ref();
        let destination = if injection.is_some_and(Injection::loses_message) {
            Err(DeliveryOutcome::Lost)
        } else {
            let destination = self.deliveries.destination_of(&outgoing.url);
            destination.ok_or(DeliveryOutcome::NotRouted)
        };
        let destination = match destination {
            Ok(destination) => destination,
            Err(outcome) => {
                let number = self.deliveries.record(&outgoing, now);
                let note = self.receive(&outgoing, Err("the merchant was not reached".into()), now);
                let is_lost = outcome == DeliveryOutcome::Lost;
                self.deliveries.close(number, outcome, note);
                if is_lost {
                    self.queue.retry(outgoing, number, now);
                } else {
                    // Without a route, no attempt can succeed.
                    self.queue.complete(&outgoing);
                }
                return;
            }
        };
        let copies = injection.map_or(1, Injection::times_applied).max(1);
        let wait = injection.map_or(Duration::ZERO, Injection::delay);
        for copy in 0..copies {
            let number = self.deliveries.record(&outgoing, now);
            let job = Job::new(number, &outgoing, destination.clone(), wait, now);
            jobs.push(Job {
                is_duplicate: copy > 0,
                ..job
            });
        }
    }

    /// Records the merchant's response, and plans another attempt if the message needs one.
    pub(super) fn close(
        &mut self,
        job: Job,
        response: Result<(u16, Bytes), String>,
        now: Timestamp,
    ) {
        let is_accepted = matches!(response, Ok((200..=299, _)));
        let body = match &response {
            Ok((200, body)) => serde_json::from_slice::<Value>(body)
                .map_err(|_| "the response is not JSON".to_owned()),
            _ => Err("the merchant did not return 200".to_owned()),
        };
        let note = self.receive(&job.outgoing, body, now);
        let outcome = match response {
            Ok((status, _)) => DeliveryOutcome::Responded(status),
            Err(reason) => DeliveryOutcome::Failed(reason),
        };
        self.deliveries.close(job.number, outcome, note);
        if job.is_duplicate {
            return;
        }
        if is_accepted {
            self.queue.complete(&job.outgoing);
        } else {
            self.queue.retry(job.outgoing, job.number, now);
        }
    }

    /// Passes the merchant's response on, if the message needs one. Returns the reason why the
    /// response cannot be used.
    fn receive(
        &mut self,
        outgoing: &OutgoingMessage,
        response: Result<Value, String>,
        now: Timestamp,
    ) -> Option<String> {
        let receive = outgoing.message.receive?;
        receive(&mut self.state, outgoing, response, now).err()
    }
}
