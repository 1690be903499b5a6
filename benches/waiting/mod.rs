//! An API in memory whose payments wait for ever, and that notes when each was asked for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::header::DATE;
use tokio::time::Instant;
use vipps::{Credentials, OrderId, Transport, TransportError, TransportFuture, Vipps};

const TOKEN: &str = r#"{"access_token":"token","expires_in":"86400"}"#;
const DETAILS: &str = concat!(
    r#"{"orderId":"order","transactionSummary":{"capturedAmount":0,"remainingAmountToCapture":20000,"refundedAmount":0,"remainingAmountToRefund":0},"transactionLogHistory":["#,
    r#"{"amount":20000,"transactionText":"One pair of socks","timeStamp":"2026-03-02T09:00:00.126Z","operation":"INITIATE","requestId":"","operationSuccess":true}]}"#,
);
/// A little later than that, so that nothing is expired.
const NOW: &str = "Mon, 02 Mar 2026 09:00:05 GMT";

/// When each order was asked for, in microseconds since the beginning. Room is made beforehand, so that it is no memory
/// of the waits.
type Asked = Vec<Mutex<Vec<u64>>>;

#[derive(Clone, Debug)]
pub(crate) struct Api {
    begun: Instant,
    asked: Arc<Asked>,
    polls: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
    /// How long an answer takes; `None` is for ever.
    answer: Option<Duration>,
}

impl Api {
    pub(crate) fn new(orders: usize, each: usize, answer: Option<Duration>) -> Self {
        Self {
            begun: Instant::now(),
            asked: Arc::new(
                (0..orders)
                    .map(|_| Mutex::new(Vec::with_capacity(each)))
                    .collect(),
            ),
            polls: Arc::default(),
            answered: Arc::default(),
            answer,
        }
    }

    pub(crate) fn client(&self) -> Vipps {
        let number = "123456".parse().expect("a number");
        let keys = Credentials::new("id", "secret", "key", number).expect("credentials");
        let builder = Vipps::builder(keys).transport(self.clone());
        builder.build().expect("a client")
    }

    pub(crate) fn polls(&self) -> u64 {
        self.polls.load(Ordering::Relaxed)
    }

    /// How many polls have not been answered yet.
    pub(crate) fn under_way(&self) -> u64 {
        let answered = self.answered.load(Ordering::Relaxed);
        self.polls().saturating_sub(answered)
    }

    /// The moments of each order.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Vec<u64>> {
        self.asked
            .iter()
            .map(|asked| asked.lock().expect("no panic while it is held").clone())
    }

    fn note(&self, path: &str) {
        let number = path
            .split('/')
            .find_map(|part| part.strip_prefix("order-"))
            .and_then(|number| number.parse::<usize>().ok())
            .expect("an order of ours");
        let now = u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let mut asked = self.asked[number].lock().expect("no panic");
        asked.push(now);
        drop(asked);
        self.polls.fetch_add(1, Ordering::Relaxed);
    }
}

impl Transport for Api {
    fn send(&self, request: http::Request<Bytes>) -> TransportFuture<'_> {
        let path = request.uri().path();
        let is_token = path == "/accesstoken/get";
        if !is_token {
            self.note(path);
        }
        Box::pin(async move {
            let body = if is_token { TOKEN } else { DETAILS };
            match self.answer {
                _ if is_token => {}
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
            if !is_token {
                self.answered.fetch_add(1, Ordering::Relaxed);
            }
            http::Response::builder()
                .header(DATE, NOW)
                .body(Bytes::from_static(body.as_bytes()))
                .map_err(TransportError::not_sent)
        })
    }
}

pub(crate) fn order(number: usize) -> OrderId {
    format!("order-{number}").parse().expect("an order id")
}
