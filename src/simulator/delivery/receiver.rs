//! The merchant's code in the same process, as the receiver of messages.

use std::fmt::{self, Display};
use std::future::{Ready, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use tower_service::Service;

/// A response of the merchant, or the reason for its absence.
type Received = Result<http::Response<Bytes>, String>;
type ReceivedFuture = Pin<Box<dyn Future<Output = Received> + Send>>;

/// The merchant's code that receives the messages.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<dyn Fn(http::Request<Bytes>) -> ReceivedFuture + Send + Sync>);

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

impl Receiver {
    pub(crate) fn function<F>(receive: F) -> Self
    where
        F: Fn(http::Request<Bytes>) -> http::Response<Bytes> + Send + Sync + 'static,
    {
        let receive = move |request| -> ReceivedFuture {
            let received: Ready<Received> = ready(Ok(receive(request)));
            Box::pin(received)
        };
        Self(Arc::new(receive))
    }

    pub(crate) fn service<S, B>(service: S) -> Self
    where
        S: Service<http::Request<Full<Bytes>>, Response = http::Response<B>>,
        S: Clone + Send + Sync + 'static,
        S::Error: Display,
        S::Future: Send,
        B: http_body::Body + Send,
        B::Data: Send,
        B::Error: Display,
    {
        let receive = move |request: http::Request<Bytes>| -> ReceivedFuture {
            let mut service = service.clone();
            Box::pin(async move {
                let ready = poll_fn(|context| service.poll_ready(context)).await;
                ready.map_err(|error| error.to_string())?;
                let response = service.call(request.map(Full::new)).await;
                let (head, body) = response.map_err(|error| error.to_string())?.into_parts();
                let body = body.collect().await.map_err(|error| error.to_string())?;
                Ok(http::Response::from_parts(head, body.to_bytes()))
            })
        };
        Self(Arc::new(receive))
    }

    /// Passes a message on.
    pub(crate) async fn receive(&self, request: http::Request<Bytes>) -> Received {
        (self.0)(request).await
    }
}
