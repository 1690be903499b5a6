//! Fault rules: their lifetime, and the requests that they count.

use std::sync::{Arc, Weak};

use super::super::Simulator;
use super::super::engine::Engine;

/// Installs each kind of rule, drops all handles, and returns a weak reference to the engine.
fn dropped(sim: Simulator) -> Weak<Engine> {
    let engine = Arc::downgrade(&sim.engine);
    let faults = sim.faults();
    let rule = faults.any().order("order-1").nth(2).status(503);
    drop(faults.on("capture_payment_using_post").pause());
    faults.on("payment_callback").lose_request();
    rule.remove();
    drop((sim.payer(), sim.journal(), faults, rule));
    drop(sim);
    engine
}

#[test]
fn faults_do_not_keep_a_dropped_simulator_alive() {
    for sim in [Simulator::start(), Simulator::builder().in_memory()] {
        let sim = sim.unwrap();
        let address = sim.address();
        assert_eq!(dropped(sim).strong_count(), 0);
        if let Some(address) = address {
            assert!(std::net::TcpStream::connect(address).is_err());
        }
    }
}

/// The statuses of so many requests for the details of an unknown order, without a token.
fn statuses(sim: &Simulator, requests: usize) -> Vec<u16> {
    let path = "/ecomm/v2/payments/order-1/details";
    let send = |_| {
        let request = super::request(super::Method::GET, path, None);
        let arrival = sim.engine.arrive(&request);
        let sent = sim.engine.respond(&request, &arrival);
        sent.response.status.as_u16()
    };
    (0..requests).map(send).collect()
}

#[test]
fn nth_counts_requests_that_an_older_rule_applies_to() {
    let sim = Simulator::builder().in_memory().unwrap();
    let older = sim.faults().any().times(2).status(503);
    let third = sim.faults().any().nth(3).status(500);
    assert_eq!(statuses(&sim, 4), [503, 503, 500, 401]);
    assert_eq!((older.hits(), third.hits()), (2, 1));
}

#[test]
fn rules_due_for_one_request_apply_one_after_the_other() {
    let sim = Simulator::builder().in_memory().unwrap();
    sim.faults().any().nth(2).status(503);
    let younger = sim.faults().any().nth(2).status(500);
    assert_eq!(statuses(&sim, 4), [401, 503, 500, 401]);
    assert_eq!(younger.hits(), 1);
}

#[test]
fn probability_of_a_rule_does_not_depend_on_other_rules() {
    let statuses_after = |with_an_older_rule: bool| {
        let sim = Simulator::builder().in_memory().unwrap();
        if with_an_older_rule {
            sim.faults().any().times(5).status(503);
        }
        sim.faults().any().probability(0.5).seed(7).status(500);
        statuses(&sim, 40).split_off(5)
    };
    assert_eq!(statuses_after(true), statuses_after(false));
}
