//! The merchant's addresses, and the log of all messages to the merchant.

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;

use jiff::Timestamp;

use super::record::{Delivery, DeliveryOutcome};
use crate::simulator::gateway::Outgoing;

/// The number of messages that are stored. Older messages are removed.
const STORED: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    routes: HashMap<String, SocketAddr>,
    /// The address for calls to all other origins.
    route_for_all: Option<SocketAddr>,
    deliveries: VecDeque<Delivery>,
    made: u64,
    /// The number of the last call before the latest reset.
    reset_at: u64,
    /// Calls whose outcome is not known yet.
    pub(crate) in_progress: usize,
}

impl DeliveryLog {
    /// Sets the address for calls to the origin of `url`.
    pub(crate) fn route(&mut self, url: &str, to: SocketAddr) -> Result<(), String> {
        let origin = origin(url).ok_or_else(|| format!("{url} is no URL with a host"))?;
        self.routes.insert(origin, to);
        Ok(())
    }

    /// Sets the address for calls to all origins without their own route.
    pub(crate) fn route_all(&mut self, to: SocketAddr) {
        self.route_for_all = Some(to);
    }

    pub(crate) fn address_of(&self, url: &str) -> Option<SocketAddr> {
        let route = self.routes.get(&origin(url)?).copied();
        route.or(self.route_for_all)
    }

    /// Removes all calls; the routes stay.
    pub(crate) fn reset(&mut self) {
        self.deliveries.clear();
        self.reset_at = self.made;
    }

    /// Returns whether a call was made after the latest reset.
    pub(crate) fn has(&self, number: u64) -> bool {
        number > self.reset_at
    }

    pub(crate) fn record(&mut self, outgoing: &Outgoing, now: Timestamp) -> u64 {
        self.made += 1;
        if self.deliveries.len() >= STORED {
            self.deliveries.pop_front();
        }
        self.deliveries
            .push_back(Delivery::new(self.made, outgoing, now));
        self.made
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

    /// Returns at most `count` calls, newest first.
    pub(crate) fn latest(&self, count: usize) -> impl Iterator<Item = &Delivery> {
        self.deliveries.iter().rev().take(count)
    }

    pub(crate) fn len(&self) -> usize {
        self.deliveries.len()
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.iter().cloned().collect()
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
        let to = SocketAddr::from(([127, 0, 0, 1], 1));
        log.route("https://Shop.example.com/x", to).unwrap();
        assert_eq!(
            log.address_of("https://shop.example.com:443/hooks?a=b"),
            Some(to)
        );
        for other in [
            "https://shop.example.com:8080/",
            "http://shop.example.com/",
            "x",
        ] {
            assert_eq!(log.address_of(other), None, "{other}");
        }
        assert!(log.route("myapp:x", to).is_err());
    }
}
