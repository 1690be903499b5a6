//! The allocations of a call through this crate, compared with the same call through bare reqwest.
//!
//! The counts are exact: one thread, a warm connection, and the server on a separate thread.

#[path = "../benches/peers/mod.rs"]
mod peers;

use std::sync::atomic::Ordering;

use peers::Operation;
use peers::bare::Bare;
use peers::ours::Ours;
use peers::server::{Server, runtime};

/// The number of allocations that a call may make beyond those of bare reqwest. reqwest makes ten of
/// them for the layer around its connector, and the generated code makes 7 to 13: a message for each
/// required member that a builder lacks, and several copies of a path.
const MAX_ADDITIONAL_ALLOCATIONS: u64 = 35;
const WARM_UP_CALLS: usize = 20;
const MEASURED_CALLS: usize = 40;

/// Returns the number of allocations of a call on a warm connection.
fn allocations_per_call(call: impl AsyncFn()) -> u64 {
    let runtime = runtime();
    for _ in 0..WARM_UP_CALLS {
        runtime.block_on(call());
    }
    let counts: Vec<u64> = (0..MEASURED_CALLS)
        .map(|_| allocation_counter::measure(|| runtime.block_on(call())).count_total)
        .collect();
    let fewest = counts.iter().copied().min().unwrap_or_default();
    // A queue of tokio grows by a block with every 32nd message.
    let equal_counts = counts.iter().filter(|count| **count == fewest).count();
    assert!(
        equal_counts > MEASURED_CALLS / 2,
        "the counts differ between calls: {counts:?}"
    );
    fewest
}

/// Returns the last request of the server: its head as a sorted list of lines, and its body.
fn last_request_of(server: &Server) -> (Vec<String>, String) {
    let last = server
        .recorder
        .last_request
        .lock()
        .expect("no panic while it is held");
    let text = String::from_utf8(last.clone()).expect("text");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let mut lines: Vec<String> = head
        .lines()
        .map(|line| match line.split_once(": ") {
            // The key differs in each request.
            Some(("x-request-id", key)) => format!("x-request-id: {} characters", key.len()),
            _ => line.to_owned(),
        })
        .collect();
    lines.sort();
    (lines, body.to_owned())
}

/// The comparison is valid only if both clients send the same requests.
#[test]
fn the_peers_send_the_same_requests() {
    let server = Server::start();
    server.recorder.enabled.store(true, Ordering::Relaxed);
    let (bare, client) = (Bare::new(&server.base()), Ours::new(&server.base()));
    let runtime = runtime();
    for operation in Operation::ALL {
        runtime.block_on(bare.call(operation));
        let theirs = last_request_of(&server);
        runtime.block_on(client.call(operation));
        assert_eq!(last_request_of(&server), theirs, "{}", operation.name());
        assert!(theirs.0.len() >= 11, "{theirs:?}");
    }
}

#[test]
fn a_call_makes_at_most_35_allocations_more_than_bare_reqwest() {
    let server = Server::start();
    for operation in Operation::ALL {
        let bare = Bare::new(&server.base());
        let theirs = allocations_per_call(async || bare.call(operation).await);
        let client = Ours::new(&server.base());
        let ours = allocations_per_call(async || client.call(operation).await);
        let name = operation.name();
        println!("{name}: {ours} allocations, bare reqwest makes {theirs}");
        assert!(
            ours <= theirs + MAX_ADDITIONAL_ALLOCATIONS,
            "{name}: {ours} against {theirs}"
        );
    }
}

#[test]
fn token_store_adds_no_allocation_to_a_warm_call() {
    let server = Server::start();
    for operation in Operation::ALL {
        let alone = Ours::new(&server.base());
        let alone = allocations_per_call(async || alone.call(operation).await);
        let builder = peers::ours::client(&server.base());
        let builder = builder.token_store(vipps::token_store::MemoryTokenStore::new());
        let shared = Ours::with(builder.build().expect("a client"));
        let shared = allocations_per_call(async || shared.call(operation).await);
        assert_eq!(shared, alone, "{}", operation.name());
    }
}

#[test]
fn two_calls_in_one_cost_no_more_than_the_two() {
    let server = Server::start();
    let client = Ours::new(&server.base());
    let initiate = allocations_per_call(async || client.call(Operation::Initiate).await);
    let code = allocations_per_call(async || client.call(Operation::OneTimeQr).await);
    let both = allocations_per_call(async || drop(client.pay_by_qr().await.expect("a response")));
    println!("pay_by_qr: {both} allocations, the two calls {initiate} and {code}");
    assert!(
        both <= initiate + code,
        "{both} against {initiate} + {code}"
    );
}
