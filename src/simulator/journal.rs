//! The record of all requests, with secrets and personal data hidden.

use std::sync::Arc;

use super::engine::Engine;
pub use super::engine::Entry;

/// The record of all requests, oldest first.
///
/// ```
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::start()?;
/// // ... the code under test runs ...
/// assert_eq!(sim.journal().count("capture_payment_using_post"), 0);
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug, Clone)]
pub struct Journal(Arc<Engine>);

impl Journal {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self(engine)
    }

    /// Returns the requests so far, oldest first; at most the latest 20,000.
    pub fn entries(&self) -> Vec<Entry> {
        self.0
            .read(|world, _| world.records.all().cloned().collect())
    }

    /// Returns the number of requests for an operation, named as in [`Entry::operation`].
    pub fn count(&self, operation: &str) -> usize {
        self.0.read(|world, _| world.records.count(operation))
    }

    /// Removes all entries and counts.
    pub fn clear(&self) {
        self.0.with(|world, _| world.records.clear());
    }
}
