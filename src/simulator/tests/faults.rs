//! Fault rules: what they keep alive, and which requests they count.

use std::sync::{Arc, Weak};

use super::super::Simulator;
use super::super::engine::Engine;

/// Installs every kind of rule, keeps no handle, and returns what is left of the simulator.
fn left_of(sim: Simulator) -> Weak<Engine> {
    let engine = Arc::downgrade(&sim.engine);
    let faults = sim.faults();
    let rule = faults.any().order("order-1").nth(2).status(503);
    drop(faults.on("capture_payment_using_post").hold());
    faults.on("payment_callback").lose();
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
        assert_eq!(left_of(sim).strong_count(), 0);
        if let Some(address) = address {
            assert!(std::net::TcpStream::connect(address).is_err());
        }
    }
}
