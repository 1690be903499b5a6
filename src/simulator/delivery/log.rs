//! The merchant's addresses, and the log of all messages to the merchant.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use jiff::Timestamp;

use super::receiver::Receiver;
use super::record::{Delivery, DeliveryOutcome};
use crate::simulator::gateway::OutgoingMessage;

/// The number of messages that are stored. Older messages are removed.
const STORED: usize = 20_000;

/// The place that a message is sent to.
#[derive(Debug, Clone)]
pub(crate) enum Destination {
    /// A server, in plain HTTP.
    Address(SocketAddr),
    /// Code in the same process.
    Receiver(Receiver),
}

#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    routes: HashMap<String, SocketAddr>,
    /// The destination of messages to all other origins.
    route_for_all: Option<Destination>,
    deliveries: VecDeque<Delivery>,
    created: u64,
    /// The number of the last call before the latest reset.
    reset_at: u64,
    /// Calls whose outcome is not known yet.
    pub(crate) in_progress: usize,
}

impl DeliveryLog {
    /// Sets the address for calls to the origin of `url`.
    pub(crate) fn route(&mut self, url: &str, address: SocketAddr) -> Result<(), String> {
        let origin = origin(url).ok_or_else(|| format!("url: must have a host, got {url:?}"))?;
        self.routes.insert(origin, address);
        Ok(())
    }

    /// Sets the destination of messages to all origins without their own route.
    pub(crate) fn route_all(&mut self, destination: Destination) {
        self.route_for_all = Some(destination);
    }

    /// Returns `true` if code in the same process receives messages.
    pub(crate) fn has_receiver(&self) -> bool {
        matches!(self.route_for_all, Some(Destination::Receiver(_)))
    }

    pub(crate) fn destination_of(&self, url: &str) -> Option<Destination> {
        let route = self.routes.get(&origin(url)?).copied();
        route
            .map(Destination::Address)
            .or_else(|| self.route_for_all.clone())
    }

    /// Returns the address of the server at a URL.
    pub(crate) fn address_of(&self, url: &str) -> Option<SocketAddr> {
        match self.destination_of(url)? {
            Destination::Address(address) => Some(address),
            Destination::Receiver(_) => None,
        }
    }

    /// Removes all calls; the routes stay.
    pub(crate) fn reset(&mut self) {
        self.deliveries.clear();
        self.reset_at = self.created;
    }

    /// Returns whether a call was made after the latest reset.
    pub(crate) fn has(&self, number: u64) -> bool {
        number > self.reset_at
    }

    pub(crate) fn record(&mut self, outgoing: &OutgoingMessage, now: Timestamp) -> u64 {
        self.created += 1;
        if self.deliveries.len() >= STORED {
            self.deliveries.pop_front();
        }
        self.deliveries
            .push_back(Delivery::new(self.created, outgoing, now));
        self.created
    }

    pub(crate) fn close(&mut self, number: u64, outcome: DeliveryOutcome, note: Option<String>) {
        let delivery = self
            .deliveries
            .iter_mut()
            .rev()
            .find(|delivery| delivery.number == number);
        if let Some(delivery) = delivery {
            delivery.outcome = outcome;
            delivery.note = note;
        }
    }

    /// Returns the messages from this number on.
    pub(crate) fn since(&self, number: u64) -> impl Iterator<Item = &Delivery> {
        let first = self.deliveries.partition_point(|sent| sent.number < number);
        self.deliveries.range(first..)
    }

    /// Returns at most `count` calls, newest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().rev().take(count)
    }

    pub(crate) fn len(&self) -> usize {
        self.deliveries.len()
    }
}

fn origin(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.host()?;
    Some(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn route_is_for_one_origin() {
        let mut log = DeliveryLog::default();
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        log.route("https://Shop.example.com/x", address).unwrap();
        assert_eq!(
            log.address_of("https://shop.example.com:443/hooks?a=b"),
            Some(address)
        );
        for other in [
            "https://shop.example.com:8080/",
            "http://shop.example.com/",
            "x",
        ] {
            assert_eq!(log.address_of(other), None, "{other}");
        }
        assert!(log.route("myapp:x", address).is_err());
    }
}
