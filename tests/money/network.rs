//! The transport between client and simulator. It records every request, and fails to open
//! some connections.

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

/// The kind of a request, as far as the checks distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequestKind {
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

impl RequestKind {
    fn from_request(request: &http::Request<Bytes>) -> Self {
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
            other => panic!("unknown operation: {other}"),
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
pub enum RequestResult {
    /// The request has no response yet, or the client dropped it.
    Pending,
    NotSent,
    Lost,
    Status(u16),
}

#[derive(Clone, Debug)]
pub struct SentRequest {
    pub call: Option<usize>,
    pub kind: RequestKind,
    pub path: String,
    pub at: Duration,
    pub key: Option<String>,
    pub body: Bytes,
    pub result: RequestResult,
}

impl SentRequest {
    /// Returns true if the client cannot exclude that the request took effect.
    pub fn is_unclear(&self) -> bool {
        matches!(
            self.result,
            RequestResult::Pending | RequestResult::Lost | RequestResult::Status(408 | 500..)
        )
    }
}

#[derive(Debug)]
struct Shared {
    log: Vec<SentRequest>,
    rng: Rng,
    /// The percentage of connections that fail to open.
    refused_percent: u64,
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
            refused_percent: 0,
            calls: 0,
        };
        Self {
            memory,
            shared: Arc::new(Mutex::new(shared)),
        }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no panic while it is locked")
    }

    /// Sets the percentage of connections that fail to open.
    pub fn set_refused_percent(&self, percent: u64) {
        self.shared().refused_percent = percent;
    }

    /// The number of the next logical call.
    pub fn next_call(&self) -> usize {
        let mut shared = self.shared();
        shared.calls += 1;
        shared.calls
    }

    pub fn request_count(&self) -> u64 {
        self.shared().log.len() as u64
    }

    /// Returns the requests of one logical call that were sent, oldest first.
    pub fn requests(&self, call: usize) -> Vec<SentRequest> {
        let shared = self.shared();
        let of_call = shared.log.iter().filter(|sent| sent.call == Some(call));
        of_call
            .filter(|sent| sent.result != RequestResult::NotSent)
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
        check_replays(&requests);
        if let Some(attempts) = attempts {
            check_attempts(attempts, &requests);
        }
        check_key_and_body(&requests);
        check_retries_after_unclear_requests(&requests);
        check_rate_limits(&requests);
    }
}

/// Checks that a logical operation has one key and one body on all attempts.
fn check_key_and_body(requests: &[SentRequest]) {
    let money = |sent: &&SentRequest| sent.kind.has_key();
    let mut money = requests.iter().filter(money);
    let Some(first) = money.next() else { return };
    let key = first.key.as_ref();
    assert!(
        key.is_some_and(|key| (1..=40).contains(&key.len())),
        "the idempotency key must have 1 to 40 characters: {key:?}"
    );
    for retry in money {
        assert_eq!(
            (&retry.key, &retry.body),
            (&first.key, &first.body),
            "an attempt differs from the first"
        );
    }
}

/// Checks that an initiate is not retried after a request that may have taken effect, and that a
/// cancel is retried only after a request for the details.
fn check_retries_after_unclear_requests(requests: &[SentRequest]) {
    let mut unclear = None;
    for sent in requests {
        match sent.kind {
            RequestKind::Initiate => {
                assert!(unclear.is_none(), "initiate was retried after {unclear:?}");
                unclear = sent.is_unclear().then_some(sent);
            }
            RequestKind::Cancel => {
                assert!(
                    unclear.is_none(),
                    "cancel was retried without reading the details, after {unclear:?}"
                );
                unclear = sent.is_unclear().then_some(sent);
            }
            RequestKind::Details if sent.result == RequestResult::Status(200) => unclear = None,
            _ => {}
        }
    }
}

/// Checks that a request is sent once more with a new token after a 401, and that a second 401 is
/// final.
fn check_replays(requests: &[SentRequest]) {
    // Each poll and each request for the details is a call of its own.
    for kind in [
        RequestKind::Initiate,
        RequestKind::Create,
        RequestKind::Capture,
        RequestKind::Refund,
        RequestKind::Cancel,
    ] {
        let mut refused = 0;
        for sent in requests.iter().filter(|sent| sent.kind == kind) {
            assert!(
                refused < 2,
                "{kind:?} was sent after two 401s: {requests:?}"
            );
            if kind == RequestKind::Cancel && sent.is_unclear() {
                // The next round of a cancel is a call of its own.
                refused = 0;
            }
            refused += u32::from(sent.result == RequestResult::Status(401));
        }
    }
}

/// Checks that a call sends at most its allowed attempts and one replay. A cancel is not checked,
/// because each of its rounds has that number.
fn check_attempts(attempts: u32, requests: &[SentRequest]) {
    for kind in [
        RequestKind::Initiate,
        RequestKind::Create,
        RequestKind::Capture,
        RequestKind::Refund,
    ] {
        let sent = requests.iter().filter(|sent| sent.kind == kind).count();
        assert!(
            sent <= attempts as usize + 1,
            "{sent} requests of {kind:?}, but only {attempts} attempts were allowed"
        );
    }
}

/// Checks that a logical call sends no more requests for an order in any 60 s than the API allows.
fn check_rate_limits(requests: &[SentRequest]) {
    let mut times: BTreeMap<(RequestKind, &str), Vec<Duration>> = BTreeMap::new();
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
                "more than {limit} requests a minute of {kind:?} {path}: {window:?}"
            );
        }
    }
}

impl Transport for Network {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let headers = request.headers();
        let key = headers.get("x-request-id");
        let key = key.or_else(|| headers.get("idempotency-key"));
        let mut sent = SentRequest {
            call: CALL.try_with(|call| *call).ok(),
            kind: RequestKind::from_request(&request),
            path: request.uri().path().to_owned(),
            at: self.memory.monotonic(),
            key: key.map(|key| key.to_str().expect("visible ASCII").to_owned()),
            body: request.body().clone(),
            result: RequestResult::Pending,
        };
        let mut shared = self.shared();
        let (percent, index) = (shared.refused_percent, shared.log.len());
        let is_refused = shared.rng.percent(percent);
        if is_refused {
            sent.result = RequestResult::NotSent;
        }
        shared.log.push(sent);
        Box::pin(async move {
            if is_refused {
                return Err(TransportError::not_sent("connection refused"));
            }
            let response = self.memory.send(request).await;
            self.shared().log[index].result = match &response {
                Ok(response) => RequestResult::Status(response.status().as_u16()),
                Err(_) => RequestResult::Lost,
            };
            response
        })
    }
}
