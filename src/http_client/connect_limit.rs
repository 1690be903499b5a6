//! A connector layer that fails a connect when the time of its request is up.
//!
//! reqwest does not report whether a pending request waits for a connection or for a response.
//! [`send_within`] therefore polls the request once more when its time is up. A request that still
//! connects fails in that poll with a connect error, which proves that it was not sent. A request
//! that is on a connection never reaches the connector and stays pending.

use std::error::Error as StdError;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tower_layer::Layer;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

tokio::task_local! {
    /// Set during the last poll of a request whose time is up.
    ///
    /// The scope is that poll alone. A connect that hyper has moved to a task of its own is polled
    /// outside of it, and its request is on another connection by then.
    static TIME_IS_UP: ();
}

/// Returns the result of a request, or `None` if the limit ends first and the request may have been
/// sent.
pub(crate) async fn send_within<F: Future>(
    mut sending: Pin<&mut F>,
    mut limit: Pin<&mut impl Future<Output = ()>>,
) -> Option<F::Output> {
    poll_fn(|cx| {
        if let Poll::Ready(result) = sending.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        ready!(limit.as_mut().poll(cx));
        match TIME_IS_UP.sync_scope((), || sending.as_mut().poll(cx)) {
            Poll::Ready(result) => Poll::Ready(Some(result)),
            Poll::Pending => Poll::Ready(None),
        }
    })
    .await
}

/// The layer around reqwest's connector.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectLimit;

impl<S> Layer<S> for ConnectLimit {
    type Service = LimitedConnector<S>;

    fn layer(&self, connector: S) -> Self::Service {
        LimitedConnector(Arc::new(connector))
    }
}

/// A connector whose futures fail when the time of their request is up.
///
/// reqwest clones its connector six times for each request, so the clones share one.
#[derive(Clone, Debug)]
pub(super) struct LimitedConnector<S>(Arc<S>);

impl<S, R> Service<R> for LimitedConnector<S>
where
    S: Service<R, Error = BoxError> + Clone + Send + Sync + 'static,
    S::Future: Send,
    R: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: R) -> Self::Future {
        let mut connector = S::clone(&self.0);
        let mut connecting = Box::pin(async move {
            poll_fn(|cx| connector.poll_ready(cx)).await?;
            connector.call(target).await
        });
        Box::pin(poll_fn(move |cx| {
            if TIME_IS_UP.try_with(|()| ()).is_ok() {
                return Poll::Ready(Err(ConnectTimeout.into()));
            }
            connecting.as_mut().poll(cx)
        }))
    }
}

/// The error of a connect that did not complete within the time for the attempt.
#[derive(Debug)]
struct ConnectTimeout;

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection within the time for the attempt")
    }
}

impl StdError for ConnectTimeout {}
