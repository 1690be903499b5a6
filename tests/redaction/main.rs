//! Secrets and personal data never appear in output, traces, recordings or errors. Each kind of
//! value has its own marker, and the tests search everything that the crate produces for all
//! markers.

#[path = "../support/capture.rs"]
mod capture;
#[path = "../support/mod.rs"]
mod support;

/// Searches the `Debug` output of each builder and of its result, and counts the failures.
macro_rules! run {
    ($search:ident, $failures:ident: $($builder:expr),+ $(,)?) => {$(
        let label = stringify!($builder);
        let builder = $builder;
        $search.debug(label, &builder);
        let result = builder.await;
        $search.result(label, &result);
        $failures += u32::from(result.is_err());
    )+};
}

/// Searches the `Debug` output of each value.
macro_rules! show {
    ($search:ident: $($value:expr),+ $(,)?) => {
        $($search.debug(stringify!($value), &$value);)+
    };
}

mod completeness;
mod epayment;
mod operations;
mod raw;
mod recorder;
mod simulator;
mod snapshots;
mod store;
mod types;
mod values;

use std::any::type_name;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{LazyLock, Mutex, PoisonError};

use capture::Capture;

/// The types that have been searched, by all tests.
static SEARCHED: Mutex<BTreeSet<&str>> = Mutex::new(BTreeSet::new());

/// All trace events and log records of this process.
static LOG: LazyLock<Capture> = LazyLock::new(|| {
    let previous_hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if PANIC_IS_EXPECTED.get() {
            let mut panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
            panics.insert(panic.to_string());
        } else {
            previous_hook(panic);
        }
    }));
    Capture::everywhere()
});

/// The messages of the expected panics.
static PANICS: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

thread_local! {
    /// True while a panic on this thread is expected.
    static PANIC_IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Runs a closure that panics, like code of a caller that unwraps, and records the message.
fn expect_panic(panics: impl FnOnce()) {
    PANIC_IS_EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(panics));
    PANIC_IS_EXPECTED.set(false);
    assert!(result.is_err(), "the closure did not panic");
}

pub(crate) const CLIENT_ID: &str = "marker-client-id";
pub(crate) const CLIENT_SECRET: &str = "marker-client-secret";
pub(crate) const SUBSCRIPTION_KEY: &str = "marker-subscription-key";
pub(crate) const ACCESS_TOKEN: &str = "eyJtYXJrZXIi.marker-access-token.x";
pub(crate) const AUTH_TOKEN: &str = "marker-auth-token";
pub(crate) const LANDING_TOKEN: &str = "eyJtYXJrZXIi.marker-landing-token.x";
pub(crate) const CUSTOMER_TOKEN: &str = "marker-customer-token";
pub(crate) const PERSONAL_QR: &str = "https://qr.vipps.no/p/marker-personal-qr";
pub(crate) const WEBHOOK_SECRET: &str = "marker-webhook-secret";
pub(crate) const REDIS_PASSWORD: &str = "marker-redis-password";
pub(crate) const PHONE: &str = "48271936";
pub(crate) const MSISDN: &str = "4748271936";
pub(crate) const FIRST_NAME: &str = "Markerina";
pub(crate) const LAST_NAME: &str = "Markersen";
pub(crate) const EMAIL: &str = "marker-mail@person.example";
pub(crate) const STREET: &str = "Markerveien 17";
pub(crate) const STREET_2: &str = "c/o Markerhus";
pub(crate) const CITY: &str = "MARKERSTAD";
pub(crate) const POST_CODE: &str = "M7493";
pub(crate) const USER_ID: &str = "marker-user-id";
pub(crate) const SUB: &str = "marker-sub";
pub(crate) const SSN: &str = "27039148216";
pub(crate) const BIRTH_DATE: &str = "1991-03-27";
pub(crate) const PASSENGER: &str = "MARKERSEN/MARKERINA MS";

/// The part of each value that no other text contains.
const MARKERS: [&str; 23] = [
    CLIENT_ID,
    CLIENT_SECRET,
    SUBSCRIPTION_KEY,
    "marker-access-token",
    AUTH_TOKEN,
    "marker-landing-token",
    CUSTOMER_TOKEN,
    "marker-personal-qr",
    WEBHOOK_SECRET,
    REDIS_PASSWORD,
    PHONE,
    FIRST_NAME,
    LAST_NAME,
    "marker-mail",
    STREET,
    STREET_2,
    CITY,
    POST_CODE,
    USER_ID,
    SUB,
    SSN,
    BIRTH_DATE,
    "MARKERSEN",
];

/// Searches printed texts for markers, and counts the texts.
#[derive(Default)]
pub(crate) struct LeakSearch {
    texts: usize,
    leaks: Vec<String>,
}

impl LeakSearch {
    pub(crate) fn start() -> Self {
        LazyLock::force(&LOG);
        Self::default()
    }

    pub(crate) fn text(&mut self, label: &str, text: &str) {
        self.texts += 1;
        for marker in MARKERS {
            if text.contains(marker) {
                self.leaks
                    .push(format!("{label} shows {marker}: {text:.600}"));
            }
        }
    }

    pub(crate) fn debug<T: Debug>(&mut self, label: &str, value: &T) {
        SEARCHED.lock().unwrap().insert(type_name::<T>());
        self.text(label, &format!("{value:?}"));
        self.text(label, &format!("{value:#?}"));
    }

    /// Searches an error and all its sources.
    pub(crate) fn error<E: StdError>(&mut self, label: &str, error: &E) {
        SEARCHED.lock().unwrap().insert(type_name::<E>());
        let mut next: Option<&dyn StdError> = Some(error);
        while let Some(error) = next {
            self.text(label, &format!("{error}"));
            self.text(label, &format!("{error:?}"));
            next = error.source();
        }
    }

    pub(crate) fn result<T: Debug>(&mut self, label: &str, result: &vipps::Result<T>) {
        match result {
            Ok(value) => {
                self.debug(label, value);
                expect_panic(|| {
                    result.as_ref().unwrap_err();
                });
            }
            Err(error) => {
                self.error(label, error);
                expect_panic(|| {
                    result.as_ref().unwrap();
                });
                expect_panic(|| panic!("{error}"));
                for text in [error.hint(), error.correlation_id(), error.conflict_id()] {
                    self.text(label, text.unwrap_or_default());
                }
                self.debug(label, &error.api_errors());
            }
        }
    }

    /// Asserts that no marker was found, and that at least `at_least` texts were searched.
    pub(crate) fn finish(mut self, at_least: usize) {
        for line in LOG.lines("") {
            self.text("the log", &line);
        }
        let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
        for panic in &*panics {
            self.text("a panic", panic);
        }
        drop(panics);
        assert!(self.leaks.is_empty(), "\n{}", self.leaks.join("\n"));
        assert!(self.texts >= at_least, "only {} texts", self.texts);
    }
}

/// An empty result proves something only if the search can find markers.
#[test]
fn search_finds_each_marker_in_texts_and_in_the_log() {
    let mut search = LeakSearch::start();
    for marker in MARKERS {
        search.text("a text", &format!("some {marker} inside"));
    }
    search.debug("a value", &PHONE);
    assert_eq!(
        search.leaks.len(),
        MARKERS.len() + 2 + 1,
        "{:?}",
        search.leaks
    );
    // The names are only in this test, because all tests search the log.
    tracing::trace!(name: "probe", probe = "probe-one");
    log::trace!("probe-two");
    let log = LOG.text("");
    assert!(log.contains("probe-one") && log.contains("probe-two"));
    expect_panic(|| panic!("probe-three"));
    let panics = PANICS.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(panics.iter().any(|panic| panic.contains("probe-three")));
}
