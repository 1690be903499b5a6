//! Ends a connect whose request has run out of time.
//!
//! reqwest does not report whether a pending request waits for a connection or for a response. The attempt loop
//! therefore polls the request once more when its time is up, inside [`when_time_is_up`]. A request that still
//! connects fails in that poll with a connect error, which proves that it was not sent. A request that is on a
//! connection never reaches the connector and stays pending.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

type BoxError = Box<dyn StdError + Send + Sync>;

tokio::task_local! {
    /// Set during the last poll of a request whose time is up.
    ///
    /// The scope is that poll alone. A connect that hyper has moved to a task of its own is polled outside of it, and
    /// its request is on another connection by then.
    static TIME_IS_UP: ();
}

/// Polls a request whose time is up for the last time.
pub(crate) fn when_time_is_up<T>(poll: impl FnOnce() -> T) -> T {
    TIME_IS_UP.sync_scope((), poll)
}

/// The layer around reqwest's connector.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConnectLimit;

impl<S> Layer<S> for ConnectLimit {
    type Service = LimitedConnector<S>;

    fn layer(&self, connector: S) -> Self::Service {
        LimitedConnector(connector)
    }
}

/// A connector whose futures fail when the time of their request is up.
#[derive(Clone, Copy, Debug)]
pub(super) struct LimitedConnector<S>(S);

impl<S, R> Service<R> for LimitedConnector<S>
where
    S: Service<R, Error = BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = LimitedConnect<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        LimitedConnect {
            connect: self.0.call(target),
        }
    }
}

pin_project! {
    /// A connection that is being made.
    pub(super) struct LimitedConnect<F> {
        #[pin]
        connect: F,
    }
}

impl<F, T> Future for LimitedConnect<F>
where
    F: Future<Output = Result<T, BoxError>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if TIME_IS_UP.try_with(|()| ()).is_ok() {
            return Poll::Ready(Err(Box::new(ConnectTimeout)));
        }
        self.project().connect.poll(cx)
    }
}

/// No connection existed when the time for the attempt was over.
#[derive(Debug)]
struct ConnectTimeout;

impl fmt::Display for ConnectTimeout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no connection within the time for the attempt")
    }
}

impl StdError for ConnectTimeout {}
