//! The barriers at which faults pause requests.

use std::sync::Arc;

use tokio::sync::watch;

/// A barrier that requests wait at. Once opened, it stays open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Barrier(Arc<watch::Sender<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    reached: bool,
    open: bool,
}

impl Barrier {
    /// Records the arrival of a request, then waits until the barrier is open.
    pub(crate) async fn pass(&self) {
        self.0.send_modify(|progress| progress.reached = true);
        self.until(|progress| progress.open).await;
    }

    pub(crate) fn open(&self) {
        self.0.send_modify(|progress| progress.open = true);
    }

    /// Waits until a request has arrived.
    pub(crate) async fn reached(&self) {
        self.until(|progress| progress.reached).await;
    }

    async fn until(&self, condition: impl FnMut(&Progress) -> bool) {
        // The sender lives as long as `self`, so the channel stays open.
        let _ = self.0.subscribe().wait_for(condition).await;
    }
}
