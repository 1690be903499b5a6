//! Receives webhooks: verifies, deduplicates and handles their events.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::{Request, StatusCode};

use super::event_store::EventStore;
use super::{Event, Verifier, WebhookError};

/// Receives webhooks: verifies a request, passes its event to a handler, and returns the status of
/// the response. Works with any web framework.
///
/// ```
/// use vipps::webhooks::{Event, MemoryEventStore, Receiver, Verifier};
/// # use vipps::webhooks::Signer;
///
/// # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (url, secret) = ("https://shop.example.com/hooks/vipps", "090a478d-37ff-4e77-970e-d457aeb26a3a");
/// let receiver = Receiver::new(Verifier::new(url, [secret])?)
///     .deduplicate(MemoryEventStore::default());
/// # let body = r#"{"reference":"acme-shop-123","pspReference":"1","name":"AUTHORIZED","success":true}"#;
/// # let request = Signer::new(url, secret)?.sign(jiff::Timestamp::now(), body)?;
/// // `request` is an `http::Request` with the unchanged bytes of the body.
/// let status = receiver
///     .handle(&request, async |event| {
///         if let Event::Payment(event) = event {
///             println!("read the details of {}", event.reference);
///         }
///         Ok::<_, std::io::Error>(()) // after an error, the event is sent again
///     })
///     .await;
/// assert_eq!(status, 200);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Receiver {
    verifier: Verifier,
    store: Option<Arc<dyn EventStore>>,
    in_progress: InProgress,
}

/// The ids of the events that this process is handling.
#[derive(Clone, Default)]
struct InProgress(Arc<Mutex<HashSet<String>>>);

/// The id of an event while the event is handled. `Drop` releases the id, also when the future of
/// the handler is dropped.
struct Claim<'a> {
    ids: &'a InProgress,
    id: &'a str,
}

impl InProgress {
    /// Returns `None` if the event is being handled already.
    fn claim<'a>(&'a self, id: &'a str) -> Option<Claim<'a>> {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_owned()).then(|| Claim { ids: self, id })
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut ids = self.ids.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.remove(self.id);
    }
}

impl Receiver {
    /// Creates a receiver of the webhooks that this verifier accepts.
    pub fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            store: None,
            in_progress: InProgress::default(),
        }
    }

    /// Passes an event to the handler only if the store does not contain its [id](Event::id), and
    /// no clone of this receiver is handling the event at the moment. Events without an id are
    /// always passed to the handler.
    ///
    /// An event is recorded after its handler has succeeded, so that a crash loses no event. Two
    /// processes that receive the same event at the same time therefore both handle it.
    #[must_use]
    pub fn deduplicate(mut self, store: impl EventStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Verifies a request, passes its event to `handler`, and returns the status of the response.
    /// The body of the request must be complete and unchanged. The response has no body.
    ///
    /// | status | reason |
    /// |---|---|
    /// | 200 | the handler succeeded, or the event has been handled before |
    /// | 500 | the handler failed; the event is sent again |
    /// | 503 | the same event is being handled at the moment; it is sent again |
    /// | [`WebhookError::status`] | the request is refused, such as 401 for a wrong signature |
    ///
    /// Refusals and failures of the handler are logged as warnings. Alert on refusals: while events
    /// of a payment are refused, later events of the payment wait for up to 7 days.
    ///
    /// The API sends an event again if no 2xx response arrives within 10 seconds. Store the event
    /// in the handler, and process it afterwards. Return `Ok` for events that you do not expect.
    pub async fn handle<B, H, F, E>(&self, request: &Request<B>, handler: H) -> StatusCode
    where
        B: AsRef<[u8]>,
        H: FnOnce(Event) -> F,
        F: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        match self.verifier.verify(request) {
            Ok(verified) => self.handle_once(verified.event(), handler).await,
            Err(error) => refuse(error),
        }
    }

    async fn handle_once<H, F, E>(&self, event: Event, handler: H) -> StatusCode
    where
        H: FnOnce(Event) -> F,
        F: Future<Output = Result<(), E>>,
        E: fmt::Display,
    {
        let id = event.id();
        let recorded = self.store.as_deref().zip(id.as_deref());
        let claim = recorded.map(|(_, id)| self.in_progress.claim(id));
        if matches!(claim, Some(None)) {
            return StatusCode::SERVICE_UNAVAILABLE;
        }
        if let Some((store, id)) = recorded {
            match store.contains(id).await {
                Ok(false) => {}
                Ok(true) => return StatusCode::OK,
                Err(error) => tracing::warn!(reason = %error, "webhook event store failed"),
            }
        }
        if let Err(error) = handler(event).await {
            tracing::warn!(reason = %error, "webhook handler failed");
            return StatusCode::INTERNAL_SERVER_ERROR;
        }
        if let Some((store, id)) = recorded
            && let Err(error) = store.record(id).await
        {
            tracing::warn!(reason = %error, "webhook event store failed");
        }
        StatusCode::OK
    }
}

/// Logs a refusal, and returns its status.
pub(super) fn refuse(error: WebhookError) -> StatusCode {
    tracing::warn!(reason = %error, "webhook refused");
    error.status()
}

/// A receiver that does not deduplicate events.
impl From<Verifier> for Receiver {
    fn from(verifier: Verifier) -> Self {
        Self::new(verifier)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("verifier", &self.verifier)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
