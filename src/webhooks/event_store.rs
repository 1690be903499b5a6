//! The record of the events that have been handled.

use std::collections::{HashSet, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The future that the methods of an [`EventStore`] return.
pub type EventStoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, EventStoreError>> + Send + 'a>>;

/// The record of the events that have been handled, by their [ids](super::Event::id).
///
/// An event is looked up before it is handled, and recorded after its handler has succeeded. A
/// handler that fails, or a process that stops, therefore loses no event. Two deliveries of one
/// event at the same time can both be handled.
///
/// An id is text of about 60 characters. Events are resent for up to 7 days, so keep an id for at
/// least that long. A store that fails never stops an event: the event is handled, and the failure
/// is logged as a warning.
///
/// ```
/// use vipps::webhooks::{EventStore, EventStoreFuture};
///
/// # #[derive(Debug)] struct Pool;
/// # impl Pool { async fn run(&self, _: &str, _: &str) -> Result<u64, std::io::Error> { Ok(1) } }
/// /// A table `events (id TEXT PRIMARY KEY)` of your database.
/// #[derive(Debug)]
/// struct Events(Pool);
///
/// impl EventStore for Events {
///     fn contains<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, bool> {
///         Box::pin(async move {
///             let rows = self.0.run("SELECT 1 FROM events WHERE id = $1", id).await;
///             Ok(rows.map_err(vipps::webhooks::EventStoreError::new)? > 0)
///         })
///     }
///
///     fn record<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, ()> {
///         Box::pin(async move {
///             let done = self.0.run("INSERT INTO events VALUES ($1) ON CONFLICT DO NOTHING", id).await;
///             done.map_err(vipps::webhooks::EventStoreError::new)?;
///             Ok(())
///         })
///     }
/// }
/// ```
pub trait EventStore: fmt::Debug + Send + Sync + 'static {
    /// Returns whether an event with this id has been recorded.
    fn contains<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, bool>;

    /// Records the event with this id.
    fn record<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, ()>;
}

/// A failure of an [`EventStore`], which has an example. Its text is logged, so keep passwords out
/// of it.
#[derive(Debug)]
pub struct EventStoreError(Box<dyn StdError + Send + Sync>);

impl EventStoreError {
    /// Creates a failure from another error, or from a text.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for EventStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for EventStoreError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// An [`EventStore`] in memory, for one process. At its capacity it drops the oldest ids. When the
/// process stops, all ids are lost. Clones share the ids. [`Receiver`](super::Receiver) has an
/// example.
#[derive(Clone, Debug)]
pub struct MemoryEventStore {
    capacity: usize,
    recorded: Arc<Mutex<Recorded>>,
}

#[derive(Debug, Default)]
struct Recorded {
    ids: HashSet<String>,
    /// The ids in the order in which they were recorded.
    order: VecDeque<String>,
}

impl MemoryEventStore {
    /// The capacity of the [`default`](Self::default) store, in ids.
    pub const DEFAULT_CAPACITY: usize = 10_000;

    /// Creates a store for this number of ids.
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            capacity,
            recorded: Arc::default(),
        }
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a store for [`DEFAULT_CAPACITY`](MemoryEventStore::DEFAULT_CAPACITY) ids.
impl Default for MemoryEventStore {
    fn default() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }
}

impl EventStore for MemoryEventStore {
    fn contains<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, bool> {
        let is_recorded = self.recorded().ids.contains(id);
        Box::pin(async move { Ok(is_recorded) })
    }

    fn record<'a>(&'a self, id: &'a str) -> EventStoreFuture<'a, ()> {
        let mut recorded = self.recorded();
        if recorded.ids.insert(id.to_owned()) {
            recorded.order.push_back(id.to_owned());
        }
        while recorded.order.len() > self.capacity {
            if let Some(oldest) = recorded.order.pop_front() {
                recorded.ids.remove(&oldest);
            }
        }
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_id_is_dropped_at_the_capacity() {
        let store = MemoryEventStore::with_capacity(2);
        for id in ["a", "b", "b", "c"] {
            store.record(id).await.unwrap();
        }
        for (id, is_recorded) in [("a", false), ("b", true), ("c", true), ("d", false)] {
            assert_eq!(store.contains(id).await.unwrap(), is_recorded, "{id}");
        }
        let recorded = store.recorded();
        assert_eq!((recorded.ids.len(), recorded.order.len()), (2, 2));
    }
}
