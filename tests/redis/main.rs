//! The token store in a real Redis, and a fleet of real processes around it.
//!
//! `VIPPS_TEST_REDIS=redis://127.0.0.1:6379` names a server to use; without it the tests start Debian's `redis-server`
//! where that is installed, and are skipped where it is not, unless `CI` is set. A server that is to be killed they
//! start themselves in any case.

#[path = "../support/capture.rs"]
mod capture;
mod process;
mod server;

use std::time::Duration;

use process::{Process, Told};
use redis::Commands as _;
use server::Server;
use vipps::Vipps;
use vipps::simulator::Simulator;
use vipps::token_store::{RedisTokenStore, TokenStore as _};

const TOKEN: &str = "fetch_authorization_token_using_post";
/// A fetch takes long enough that all processes meet in it.
const FETCH: Duration = Duration::from_millis(300);
/// The longest that a call may take on this machine while Redis is down, a fetch of its own included.
const BOUND: Duration = Duration::from_secs(5);

fn simulator() -> Simulator {
    let sim = Simulator::start().unwrap();
    sim.faults().on(TOKEN).delay(FETCH);
    sim
}

fn token_requests(sim: &Simulator) -> usize {
    sim.journal().count(TOKEN)
}

/// All processes make so many calls each, at once.
fn all(processes: &mut [Process], calls: usize) -> Vec<Told> {
    for process in &mut *processes {
        process.call(calls);
    }
    processes.iter_mut().map(Process::told).collect()
}

fn sum(told: &[Told], of: impl Fn(&Told) -> u64) -> u64 {
    told.iter().map(of).sum()
}

#[test]
fn two_processes_make_one_token_request_between_them() {
    let Some(server) = Server::any() else { return };
    for count in [2, 8] {
        let sim = simulator();
        let mut fleet = process::fleet(count, &sim, server.url());
        let told = all(&mut fleet, 20);
        assert_eq!(token_requests(&sim), 1, "{count} processes: {told:?}");
        assert_eq!(sum(&told, |t| t.token_requests), 1);
        assert_eq!(sum(&told, |t| t.tokens_shared), count - 1);
        assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    }
}

#[test]
fn processes_that_are_told_401_make_one_refresh_between_them() {
    let Some(server) = Server::any() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(4, &sim, server.url());
    all(&mut fleet, 5);
    for round in 2..=4 {
        sim.revoke_tokens();
        let told = all(&mut fleet, 25);
        assert_eq!(token_requests(&sim), round, "{told:?}");
        // Who calls after the first refusal has the new token at once.
        let replays = (u64::try_from(round).unwrap() - 1) * 4 * 25;
        assert!(
            (4..=replays).contains(&sum(&told, |t| t.replays)),
            "{told:?}"
        );
        assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    }
}

#[test]
fn when_redis_is_killed_each_process_fetches_its_own_with_one_warning() {
    let Some(server) = Server::own() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(3, &sim, server.url());
    all(&mut fleet, 10);
    assert_eq!(token_requests(&sim), 1);

    server.kill();
    // Who has a token does not even notice.
    let told = all(&mut fleet, 10);
    assert_eq!((token_requests(&sim), sum(&told, |t| t.warnings)), (1, 0));
    for round in 1..=2 {
        sim.revoke_tokens();
        let told = all(&mut fleet, 10);
        assert_eq!(token_requests(&sim), 1 + 3 * round, "{told:?}");
        for told in told {
            // The second time, Redis is left alone.
            assert_eq!((told.warnings, told.store_failures), (1, 1), "{told:?}");
            assert!(told.longest < BOUND, "{told:?}");
        }
    }
}

#[test]
fn without_redis_from_the_start_each_process_fetches_its_own_with_one_warning() {
    // Nobody listens there, or somebody does who never says a word.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("redis://{}", silent.local_addr().unwrap());
    for url in ["redis://127.0.0.1:1", &silent] {
        let sim = simulator();
        let mut fleet = process::fleet(2, &sim, url);
        for told in all(&mut fleet, 10) {
            assert_eq!((told.warnings, told.token_requests), (1, 1), "{told:?}");
            assert!(told.longest < BOUND, "{told:?}");
        }
        assert_eq!(token_requests(&sim), 2);
    }
}

#[test]
fn a_redis_that_was_restarted_is_used_again_without_a_warning() {
    let Some(server) = Server::own() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(2, &sim, server.url());
    all(&mut fleet, 1);
    let server = server.restart();
    sim.revoke_tokens();
    let told = all(&mut fleet, 10);
    assert_eq!(token_requests(&sim), 2, "{told:?}");
    assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    drop(server);
}

#[tokio::test]
async fn what_is_in_redis_tells_no_key_and_ends() {
    let Some(server) = Server::own() else { return };
    let sim = simulator();
    let store = RedisTokenStore::new(server.url()).unwrap();
    let build = || {
        let builder = sim.client_builder().token_store(store.clone());
        builder.build().unwrap()
    };
    let call = |vipps: Vipps| async move { vipps.qr().merchant_callbacks().await.map(drop) };
    let first = tokio::spawn(call(build()));
    tokio::time::sleep(FETCH / 2).await;

    let mut redis = redis::Client::open(server.url()).unwrap();
    let during: Vec<String> = redis.keys("*").unwrap();
    let [lock] = &during[..] else {
        panic!("{during:?}")
    };
    assert!(lock.ends_with(":lock"));
    let left: i64 = redis.pttl(lock).unwrap();
    assert!(left > 0 && left <= 4_000, "{left}");
    let holder: String = redis.get(lock).unwrap();

    first.await.unwrap().unwrap();
    call(build()).await.unwrap();
    assert_eq!(token_requests(&sim), 1);
    let after: Vec<String> = redis.keys("*").unwrap();
    let [key] = &after[..] else {
        panic!("{after:?}")
    };
    assert_eq!(format!("{key}:lock"), *lock);
    let left: i64 = redis.pttl(key).unwrap();
    assert!((3_500_000..=3_599_000).contains(&left), "{left}");
    let value: String = redis.get(key).unwrap();
    assert!(value.starts_with(r#"{"token":""#), "{value}");

    let keys = sim.keys();
    let number = keys.merchant_serial_number().to_owned();
    for secret in [
        keys.client_id(),
        keys.client_secret(),
        keys.subscription_key(),
        &number,
    ] {
        for text in [key, lock, &holder, &value] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn each_operation_does_what_it_says() {
    let Some(server) = Server::own() else { return };
    let store = RedisTokenStore::new(server.url()).unwrap();
    let minute = Duration::from_secs(60);
    assert!(store.get("a").await.unwrap().is_none());
    assert!(store.set_if_absent("a", "1", minute).await.unwrap());
    assert!(!store.set_if_absent("a", "2", minute).await.unwrap());
    let held = store.get("a").await.unwrap().unwrap();
    assert_eq!(held.value(), "1");
    assert!(held.left() <= minute && held.left() > minute / 2);
    store
        .set("a", "3", Duration::from_millis(1_500))
        .await
        .unwrap();
    store.delete_if_equal("a", "1").await.unwrap();
    assert_eq!(store.get("a").await.unwrap().unwrap().value(), "3");
    store.delete_if_equal("a", "3").await.unwrap();
    assert!(store.get("a").await.unwrap().is_none());
    // It ends by itself.
    store
        .set("a", "4", Duration::from_millis(20))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(store.set_if_absent("a", "5", Duration::ZERO).await.unwrap());

    // What others left there: no end, no text, no string.
    let mut redis = redis::Client::open(server.url()).unwrap();
    let () = redis.set("endless", "x").unwrap();
    let endless = store.get("endless").await.unwrap().unwrap();
    assert_eq!(endless.left(), Duration::ZERO);
    let () = redis.set_ex("bytes", vec![0xff_u8, 0], 60).unwrap();
    assert_eq!(
        store.get("bytes").await.unwrap().unwrap().value(),
        "\u{fffd}\0"
    );
    let () = redis.lpush("list", "x").unwrap();
    let error = store.get("list").await.unwrap_err().to_string();
    assert_eq!(error, "Redis answered WRONGTYPE");
}

/// Redis repeats commands and their arguments in its errors, and so a token.
#[tokio::test]
async fn what_redis_says_about_a_command_is_not_told() {
    let Some(server) = Server::own() else { return };
    let mut redis = redis::Client::open(server.url()).unwrap();
    let acl = |rules: &[&str]| {
        let mut command = redis::cmd("ACL");
        command.arg("SETUSER").arg("limited").arg("on");
        command.arg(rules).to_owned()
    };
    let () = acl(&[">pass-word", "~vipps:*", "+@all", "-set"])
        .query(&mut redis)
        .unwrap();
    let url = |user: &str| {
        server
            .url()
            .replace("redis://", &format!("redis://{user}@"))
    };
    let minute = Duration::from_secs(60);
    for (user, told) in [
        ("limited:pass-word", "Redis answered NOPERM"),
        ("limited:wrong-pass-word", "Redis: authentication failed"),
    ] {
        let store = RedisTokenStore::new(&url(user)).unwrap();
        let error = store.set("vipps:x", "a-secret", minute).await.unwrap_err();
        let shown = format!("{error} {error:?} {store:?}");
        assert!(shown.starts_with(told), "{shown}");
        assert!(
            !shown.contains("secret") && !shown.contains("pass-word"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_user_with_the_commands_that_the_documentation_names_is_enough() {
    let Some(server) = Server::own() else { return };
    let mut redis = redis::Client::open(server.url()).unwrap();
    let documented = include_str!("../../src/token_store/redis.rs");
    let rules = "get pttl multi exec set del eval".split(' ').map(|name| {
        let upper = name.to_uppercase();
        assert!(documented.contains(&format!("`{upper}`")), "{upper}");
        format!("+{name}")
    });
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg("least").arg("on");
    command.arg(&[">word", "~vipps:token:*", "-@all"]);
    for rule in rules {
        command.arg(rule);
    }
    let () = command.query(&mut redis).unwrap();

    let url = server.url().replace("redis://", "redis://least:word@");
    let sim = Simulator::start().unwrap();
    let store = RedisTokenStore::new(&url).unwrap();
    for _ in 0..2 {
        let builder = sim.client_builder().token_store(store.clone());
        let vipps = builder.build().unwrap();
        vipps.qr().merchant_callbacks().await.unwrap();
        assert_eq!(vipps.metrics().token_store_failures, 0);
    }
    assert_eq!(token_requests(&sim), 1);
    let keys: Vec<String> = redis.keys("*").unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
}

#[test]
fn a_process_of_the_fleet() {
    process::run_if_asked();
}
