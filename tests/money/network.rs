//! Between client and simulator: writes every request down, and lets some connections not come up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use vipps::simulator::InMemory;
use vipps::{Clock, Transport, TransportError, TransportFuture};

use crate::rng::Rng;

tokio::task_local! {
    /// The logical call that a request belongs to.
    pub static CALL: usize;
}

/// An operation of the API, as far as these tests tell them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Token,
    Initiate,
    /// The start of a payment with the ePayment API, which has an idempotency key.
    Create,
    Capture,
    Refund,
    Cancel,
    Details,
    Events,
    Qr,
}

impl Kind {
    fn of(request: &http::Request<Bytes>) -> Self {
        let path = request.uri().path();
        match path.rsplit('/').next().unwrap_or_default() {
            _ if path.starts_with("/accesstoken") => Self::Token,
            _ if path.starts_with("/qr/") => Self::Qr,
            "payments" if path.starts_with("/epayment/") => Self::Create,
            "payments" => Self::Initiate,
            "capture" => Self::Capture,
            "refund" => Self::Refund,
            "cancel" => Self::Cancel,
            "details" => Self::Details,
            "events" => Self::Events,
            _ if path.starts_with("/epayment/") => Self::Details,
            other => panic!("no such operation: {other}"),
        }
    }

    fn has_key(self) -> bool {
        matches!(self, Self::Create | Self::Capture | Self::Refund)
    }

    /// Returns the documented limit per minute and order.
    fn per_minute(self) -> usize {
        match self {
            Self::Initiate => 2,
            Self::Create | Self::Capture | Self::Refund | Self::Cancel => 5,
            Self::Details | Self::Events => 120,
            Self::Token | Self::Qr => usize::MAX,
        }
    }
}

/// The result of a request, as the client sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// No response yet, or never: the client gave up.
    Nothing,
    NotSent,
    Lost,
    Status(u16),
}

#[derive(Clone, Debug)]
pub struct Sent {
    pub call: Option<usize>,
    pub kind: Kind,
    pub path: String,
    pub at: Duration,
    pub key: Option<String>,
    pub body: Bytes,
    pub seen: Seen,
}

impl Sent {
    /// Returns true if the client cannot exclude that the request took effect.
    pub fn is_unclear(&self) -> bool {
        matches!(
            self.seen,
            Seen::Nothing | Seen::Lost | Seen::Status(408 | 500..)
        )
    }
}

#[derive(Debug)]
struct Shared {
    log: Vec<Sent>,
    rng: Rng,
    /// The percentage of connections that fail to open.
    refuses: u64,
    calls: usize,
}

#[derive(Clone, Debug)]
pub struct Network {
    memory: InMemory,
    shared: Arc<Mutex<Shared>>,
}

impl Network {
    pub fn new(memory: InMemory, seed: u64) -> Self {
        let shared = Shared {
            log: Vec::new(),
            rng: Rng::new(seed),
            refuses: 0,
            calls: 0,
        };
        Self {
            memory,
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("nobody panics here")
    }

    pub fn refuse(&self, percent: u64) {
        self.shared().refuses = percent;
    }

    /// The number of the next logical call.
    pub fn next_call(&self) -> usize {
        let mut shared = self.shared();
        shared.calls += 1;
        shared.calls
    }

    pub fn count(&self) -> u64 {
        self.shared().log.len() as u64
    }

    /// The requests of one logical call that left, oldest first.
    pub fn requests(&self, call: usize) -> Vec<Sent> {
        let shared = self.shared();
        let mine = shared.log.iter().filter(|sent| sent.call == Some(call));
        mine.filter(|sent| sent.seen != Seen::NotSent)
            .cloned()
            .collect()
    }

    /// Returns the key of a call's create, capture or refund.
    pub fn key(&self, call: usize) -> Option<String> {
        let requests = self.requests(call);
        let mut keyed = requests.iter().filter(|sent| sent.kind.has_key());
        keyed.next()?.key.clone()
    }

    /// Checks the rules that hold for the requests of every call. `attempts` is the number of
    /// attempts that the call was allowed, or `None` if its requests do not determine that number.
    pub fn check(&self, call: usize, attempts: Option<u32>) {
        let requests = self.requests(call);
        one_replay(&requests);
        if let Some(attempts) = attempts {
            no_more_than(attempts, &requests);
        }
        one_key_one_body(&requests);
        nothing_unclear_is_repeated(&requests);
        limits_per_minute(&requests);
    }
}

/// Checks that a logical operation has one key and one body on all attempts.
fn one_key_one_body(requests: &[Sent]) {
    let money = |sent: &&Sent| sent.kind.has_key();
    let mut money = requests.iter().filter(money);
    let Some(first) = money.next() else { return };
    let key = first.key.as_ref();
    assert!(
        key.is_some_and(|key| (1..=40).contains(&key.len())),
        "a request that moves money carries no good key: {key:?}"
    );
    for again in money {
        assert_eq!(
            (&again.key, &again.body),
            (&first.key, &first.body),
            "an attempt differs from the first"
        );
    }
}

/// Checks that an initiate is not retried after a request that may have taken effect, and that a
/// cancel is retried only after a request for the details.
fn nothing_unclear_is_repeated(requests: &[Sent]) {
    let mut unclear = None;
    for sent in requests {
        match sent.kind {
            Kind::Initiate => {
                assert!(unclear.is_none(), "initiate was repeated after {unclear:?}");
                unclear = sent.is_unclear().then_some(sent);
            }
            Kind::Cancel => {
                assert!(
                    unclear.is_none(),
                    "cancel was repeated without a look, after {unclear:?}"
                );
                unclear = sent.is_unclear().then_some(sent);
            }
            Kind::Details if sent.seen == Seen::Status(200) => unclear = None,
            _ => {}
        }
    }
}

/// Checks that a request is sent once more with a new token after a 401, and that a second 401 is
/// final.
fn one_replay(requests: &[Sent]) {
    // Each poll and each request for the details is a call of its own.
    for kind in [
        Kind::Initiate,
        Kind::Create,
        Kind::Capture,
        Kind::Refund,
        Kind::Cancel,
    ] {
        let mut refused = 0;
        for sent in requests.iter().filter(|sent| sent.kind == kind) {
            assert!(
                refused < 2,
                "{kind:?} was sent after two 401s: {requests:?}"
            );
            if kind == Kind::Cancel && sent.is_unclear() {
                // The next round of a cancel is a call of its own.
                refused = 0;
            }
            refused += u32::from(sent.seen == Seen::Status(401));
        }
    }
}

/// The attempts that the policy allows, and one replay. A cancel has them for each of its rounds.
fn no_more_than(attempts: u32, requests: &[Sent]) {
    for kind in [Kind::Initiate, Kind::Create, Kind::Capture, Kind::Refund] {
        let sent = requests.iter().filter(|sent| sent.kind == kind).count();
        assert!(
            sent <= attempts as usize + 1,
            "{sent} requests of {kind:?}, and {attempts} attempts were allowed"
        );
    }
}

/// Checks that a logical call sends no more requests for an order in any 60 s than the API allows.
fn limits_per_minute(requests: &[Sent]) {
    let mut times: BTreeMap<(Kind, &str), Vec<Duration>> = BTreeMap::new();
    for sent in requests {
        times
            .entry((sent.kind, &sent.path))
            .or_default()
            .push(sent.at);
    }
    for ((kind, path), times) in times {
        let limit = kind.per_minute();
        for window in times.windows(limit.saturating_add(1)) {
            let span = window[limit].saturating_sub(window[0]);
            assert!(
                span >= Duration::from_secs(60),
                "more than {limit} a minute of {kind:?} {path}: {window:?}"
            );
        }
    }
}

impl Transport for Network {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let headers = request.headers();
        let key = headers.get("x-request-id");
        let key = key.or_else(|| headers.get("idempotency-key"));
        let mut sent = Sent {
            call: CALL.try_with(|call| *call).ok(),
            kind: Kind::of(&request),
            path: request.uri().path().to_owned(),
            at: self.memory.monotonic(),
            key: key.map(|key| key.to_str().expect("visible ASCII").to_owned()),
            body: request.body().clone(),
            seen: Seen::Nothing,
        };
        let mut shared = self.shared();
        let (chance, place) = (shared.refuses, shared.log.len());
        let refused = shared.rng.percent(chance);
        if refused {
            sent.seen = Seen::NotSent;
        }
        shared.log.push(sent);
        Box::pin(async move {
            if refused {
                return Err(TransportError::not_sent("connection refused"));
            }
            let response = self.memory.send(request).await;
            self.shared().log[place].seen = match &response {
                Ok(response) => Seen::Status(response.status().as_u16()),
                Err(_) => Seen::Lost,
            };
            response
        })
    }
}
