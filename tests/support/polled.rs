//! A future that is dropped at one of its await points.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Polls a future at most `times` times, and then drops it. Returns its output, or `None` if it was
/// dropped.
pub(crate) async fn poll_at_most<F: Future>(times: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut remaining = times;
    poll_fn(move |cx| {
        if remaining == 0 {
            return Poll::Ready(None);
        }
        remaining -= 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if remaining == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}
