//! The locks and tasks of the token module. `tests/token_model.rs` replaces them with those of a
//! model checker.

use std::future::Future;

use tokio::runtime::Handle;
use tracing::Instrument as _;

pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};
pub(super) use tokio::task::yield_now;

/// Runs a task of its own. Without a tokio runtime, waits for the task instead.
pub(super) async fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    match Handle::try_current() {
        Ok(runtime) => drop(runtime.spawn(task.in_current_span())),
        Err(_) => task.await,
    }
}
