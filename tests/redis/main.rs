//! The token store in a real Redis, shared by real processes.
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
use vipps::simulator::Simulator;
use vipps::token_store::{RedisTokenStore, StoredToken, TokenStore as _};

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

/// All processes make so many calls each, one process after the other.
fn in_turn(processes: &mut [Process], calls: usize) -> Vec<Told> {
    let call = |process: &mut Process| {
        process.call(calls);
        process.told()
    };
    processes.iter_mut().map(call).collect()
}

#[test]
fn processes_in_turn_make_one_token_request() {
    let Some(server) = Server::any() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(4, &sim, server.url());
    let told = in_turn(&mut fleet, 20);
    assert_eq!(token_requests(&sim), 1, "{told:?}");
    assert_eq!(sum(&told, |t| t.token_requests), 1);
    assert_eq!(sum(&told, |t| t.tokens_shared), 3);
    assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    for round in 2..=4 {
        sim.revoke_tokens();
        let told = in_turn(&mut fleet, 25);
        assert_eq!(token_requests(&sim), round, "{told:?}");
        assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    }
}

#[test]
fn processes_at_once_make_at_most_one_token_request_each() {
    let Some(server) = Server::any() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(4, &sim, server.url());
    let told = all(&mut fleet, 20);
    assert!((1..=4).contains(&token_requests(&sim)), "{told:?}");
    assert_eq!(sum(&told, |t| t.warnings + t.replays), 0, "{told:?}");
    for told in told {
        assert!(told.longest < FETCH * 4, "{told:?}");
    }
}

#[test]
fn when_redis_is_killed_each_process_fetches_its_own_with_one_warning() {
    let Some(server) = Server::own() else { return };
    let sim = simulator();
    let mut fleet = process::fleet(3, &sim, server.url());
    in_turn(&mut fleet, 10);
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
    in_turn(&mut fleet, 1);
    let server = server.restart();
    sim.revoke_tokens();
    let told = in_turn(&mut fleet, 10);
    assert_eq!(token_requests(&sim), 2, "{told:?}");
    assert_eq!(sum(&told, |t| t.warnings), 0, "{told:?}");
    drop(server);
}

#[tokio::test]
async fn redis_holds_one_expiring_token_and_no_key_of_the_merchant() {
    let Some(server) = Server::own() else { return };
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
    let Some(server) = Server::own() else { return };
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

    // Entries of other programs: no expiry, no text, no string.
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
fn a_store_works_on_a_second_runtime_while_the_first_stands_still() {
    let Some(server) = Server::own() else { return };
    let store = RedisTokenStore::new(server.url()).unwrap();
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().build().unwrap()
    };
    let (first, second) = (runtime(), runtime());
    let token = StoredToken::new("1", Duration::from_secs(60));
    first.block_on(store.save("a", &token)).unwrap();
    // The first runtime exists, and nobody polls it.
    let begun = std::time::Instant::now();
    assert!(second.block_on(store.load("a")).unwrap().is_some());
    assert!(begun.elapsed() < Duration::from_millis(900));
    drop(first);
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
    let secret = StoredToken::new("a-secret", Duration::from_secs(60));
    for (user, told) in [
        ("limited:pass-word", "Redis returned NOPERM"),
        ("limited:wrong-pass-word", "Redis: authentication failed"),
    ] {
        let store = RedisTokenStore::new(&url(user)).unwrap();
        let error = store.save("vipps:x", &secret).await.unwrap_err();
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
fn a_process_of_the_fleet() {
    process::run_if_asked();
}
