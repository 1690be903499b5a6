//! The token store in a real Redis, shared by real processes.
//!
//! `VIPPS_TEST_REDIS=redis://127.0.0.1:6379` names a server to use. Without it, the tests start
//! Debian's `redis-server`. If that is not installed, they are skipped, or fail if `CI` is set.
//! Tests that kill their server always start their own.

#[path = "../support/capture.rs"]
mod capture;
mod process;
mod server;

use std::time::Duration;

use process::{Process, Report};
use redis::Commands as _;
use server::Server;
use vipps::simulator::Simulator;
use vipps::token_store::{RedisTokenStore, StoredToken, TokenStore as _};

const TOKEN_OPERATION: &str = "fetch_authorization_token_using_post";
/// The duration of a token fetch, long enough for all processes to start one.
const FETCH_TIME: Duration = Duration::from_millis(300);
/// The longest duration of a call while Redis is down, its token fetch included.
const MAX_CALL_TIME: Duration = Duration::from_secs(5);

fn simulator() -> Simulator {
    let sim = Simulator::start().unwrap();
    sim.faults().on(TOKEN_OPERATION).delay(FETCH_TIME);
    sim
}

fn token_requests(sim: &Simulator) -> usize {
    sim.journal().count(TOKEN_OPERATION)
}

/// Makes `calls` calls in each process. All processes call concurrently.
fn call_concurrently(processes: &mut [Process], calls: usize) -> Vec<Report> {
    for process in &mut *processes {
        process.start_calls(calls);
    }
    processes.iter_mut().map(Process::report).collect()
}

fn sum(reports: &[Report], of: impl Fn(&Report) -> u64) -> u64 {
    reports.iter().map(of).sum()
}

/// Makes `calls` calls in each process, one process after the other.
fn call_in_turn(processes: &mut [Process], calls: usize) -> Vec<Report> {
    let call = |process: &mut Process| {
        process.start_calls(calls);
        process.report()
    };
    processes.iter_mut().map(call).collect()
}

#[test]
fn processes_in_turn_make_one_token_request() {
    let Some(server) = Server::from_env_or_start() else {
        return;
    };
    let sim = simulator();
    let mut processes = process::start_processes(4, &sim, server.url());
    let reports = call_in_turn(&mut processes, 20);
    assert_eq!(token_requests(&sim), 1, "{reports:?}");
    assert_eq!(sum(&reports, |t| t.token_requests), 1);
    assert_eq!(sum(&reports, |t| t.tokens_shared), 3);
    assert_eq!(sum(&reports, |t| t.warnings), 0, "{reports:?}");
    for round in 2..=4 {
        sim.revoke_tokens();
        let reports = call_in_turn(&mut processes, 25);
        assert_eq!(token_requests(&sim), round, "{reports:?}");
        assert_eq!(sum(&reports, |t| t.warnings), 0, "{reports:?}");
    }
}

#[test]
fn concurrent_processes_fetch_at_most_one_token_each() {
    let Some(server) = Server::from_env_or_start() else {
        return;
    };
    let sim = simulator();
    let mut processes = process::start_processes(4, &sim, server.url());
    let reports = call_concurrently(&mut processes, 20);
    assert!((1..=4).contains(&token_requests(&sim)), "{reports:?}");
    assert_eq!(sum(&reports, |t| t.warnings + t.replays), 0, "{reports:?}");
    for report in reports {
        assert!(report.longest < FETCH_TIME * 4, "{report:?}");
    }
}

#[test]
fn after_redis_is_killed_each_process_fetches_its_own_token() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let sim = simulator();
    let mut processes = process::start_processes(3, &sim, server.url());
    call_in_turn(&mut processes, 10);
    assert_eq!(token_requests(&sim), 1);

    server.kill();
    // A process with a token does not use the store.
    let reports = call_concurrently(&mut processes, 10);
    assert_eq!(
        (token_requests(&sim), sum(&reports, |t| t.warnings)),
        (1, 0)
    );
    for round in 1..=2 {
        sim.revoke_tokens();
        let reports = call_concurrently(&mut processes, 10);
        assert_eq!(token_requests(&sim), 1 + 3 * round, "{reports:?}");
        for report in reports {
            // In the second round, the store is paused.
            assert_eq!(
                (report.warnings, report.store_failures),
                (1, 1),
                "{report:?}"
            );
            assert!(report.longest < MAX_CALL_TIME, "{report:?}");
        }
    }
}

#[test]
fn without_redis_each_process_fetches_its_own_token() {
    // The first address has no listener. The listener of the second address never responds.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("redis://{}", silent.local_addr().unwrap());
    for url in ["redis://127.0.0.1:1", &silent] {
        let sim = simulator();
        let mut processes = process::start_processes(2, &sim, url);
        for report in call_concurrently(&mut processes, 10) {
            assert_eq!(
                (report.warnings, report.token_requests),
                (1, 1),
                "{report:?}"
            );
            assert!(report.longest < MAX_CALL_TIME, "{report:?}");
        }
        assert_eq!(token_requests(&sim), 2);
    }
}

#[test]
fn a_restarted_redis_is_used_without_a_warning() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let sim = simulator();
    let mut processes = process::start_processes(2, &sim, server.url());
    call_in_turn(&mut processes, 1);
    let server = server.restart();
    sim.revoke_tokens();
    let reports = call_in_turn(&mut processes, 10);
    assert_eq!(token_requests(&sim), 2, "{reports:?}");
    assert_eq!(sum(&reports, |t| t.warnings), 0, "{reports:?}");
    drop(server);
}

#[tokio::test]
async fn redis_holds_one_expiring_token_and_no_merchant_key() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let sim = simulator();
    let store = RedisTokenStore::new(server.url()).unwrap();
    let builder = sim.client_builder().token_store(store);
    let vipps = builder.build().unwrap();
    vipps.qr().merchant_callbacks().await.unwrap();

    let mut redis = redis::Client::open(server.url()).unwrap();
    let entries: Vec<String> = redis.keys("*").unwrap();
    let [key] = &entries[..] else {
        panic!("{entries:?}")
    };
    assert!(key.starts_with("vipps:token:v2:"), "{key}");
    let left: i64 = redis.pttl(key).unwrap();
    assert!((3_500_000..=3_599_000).contains(&left), "{left}");
    let value: String = redis.get(key).unwrap();
    let keys = sim.keys();
    let number = keys.merchant_serial_number().to_owned();
    for secret in [
        keys.client_id(),
        keys.client_secret(),
        keys.subscription_key(),
        &number,
    ] {
        for text in [key, &value] {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
}

#[tokio::test]
async fn load_returns_the_saved_token_until_it_expires() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let store = RedisTokenStore::new(server.url()).unwrap();
    let minute = Duration::from_secs(60);
    assert!(store.load("a").await.unwrap().is_none());
    for token in ["1", "2"] {
        let token = StoredToken::new(token, minute);
        store.save("a", &token).await.unwrap();
        let loaded = store.load("a").await.unwrap().unwrap();
        assert_eq!(loaded.access_token(), token.access_token());
        assert!(loaded.expires_in() <= minute && loaded.expires_in() > minute / 2);
    }
    for short in [Duration::from_millis(20), Duration::ZERO] {
        store
            .save("a", &StoredToken::new("3", short))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(store.load("a").await.unwrap().is_none());
    }

    // Entries of other programs: without an expiry, not UTF-8, and not a string.
    let mut redis = redis::Client::open(server.url()).unwrap();
    let () = redis.set("endless", "x").unwrap();
    let endless = store.load("endless").await.unwrap().unwrap();
    assert_eq!(endless.expires_in(), Duration::ZERO);
    let () = redis.set_ex("bytes", vec![0xff_u8, 0], 60).unwrap();
    let bytes = store.load("bytes").await.unwrap().unwrap();
    assert_eq!(bytes.access_token(), "\u{fffd}\0");
    let () = redis.lpush("list", "x").unwrap();
    let error = store.load("list").await.unwrap_err().to_string();
    assert_eq!(error, "Redis returned WRONGTYPE");
}

#[test]
fn a_store_works_while_its_first_runtime_is_not_polled() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let store = RedisTokenStore::new(server.url()).unwrap();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (first, second) = (runtime(), runtime());
    let token = StoredToken::new("1", Duration::from_secs(60));
    first.block_on(store.save("a", &token)).unwrap();
    // The first runtime still exists, and is not polled.
    let start_time = std::time::Instant::now();
    assert!(second.block_on(store.load("a")).unwrap().is_some());
    assert!(start_time.elapsed() < Duration::from_millis(900));
    drop(first);
}

/// Redis repeats commands with their arguments in its errors, and a token is such an argument.
#[tokio::test]
async fn errors_do_not_contain_messages_of_redis() {
    let Some(server) = Server::start_own() else {
        return;
    };
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
    let secret = StoredToken::new("a-secret", Duration::from_secs(60));
    for (user, message) in [
        ("limited:pass-word", "Redis returned NOPERM"),
        ("limited:wrong-pass-word", "Redis: authentication failed"),
    ] {
        let store = RedisTokenStore::new(&url(user)).unwrap();
        let error = store.save("vipps:x", &secret).await.unwrap_err();
        let printed = format!("{error} {error:?} {store:?}");
        assert!(printed.starts_with(message), "{printed}");
        assert!(
            !printed.contains("secret") && !printed.contains("pass-word"),
            "{printed}"
        );
    }
}

#[tokio::test]
async fn redis_user_needs_only_the_documented_commands() {
    let Some(server) = Server::start_own() else {
        return;
    };
    let mut redis = redis::Client::open(server.url()).unwrap();
    let documented = include_str!("../../src/token_store/redis.rs");
    let rules = "get pttl multi exec set".split(' ').map(|name| {
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
fn child_process() {
    process::run_as_child();
}
