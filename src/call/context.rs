//! The state of one call while the generated client builds its request.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use progenitor_client::Error as RawError;
use url::Url;

use super::options::CallOptions;
use super::response::{DecodeFailure, Response};
use super::run::run;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::operation::{Endpoint, Operation};
use crate::runtime::Runtime;

/// One call: its options and its result.
///
/// The generated clients hold it.
#[derive(Clone)]
pub struct Context(pub(super) Arc<CallState>);

pub(super) struct CallState {
    pub(super) runtime: Runtime,
    pub(super) options: CallOptions,
    /// The start of the call, if it is earlier than the first request.
    pub(super) started: Option<Duration>,
    /// Set before the first attempt. Until then nothing can have taken effect.
    pub(super) attempted: AtomicBool,
    is_raw: bool,
    /// The request of a wrapped call, from the hook `pre`.
    built: Mutex<Option<(reqwest::Request, Operation)>>,
    /// The result of a raw call, from the hook `exec`. The hook itself can return only errors of
    /// reqwest.
    result: Mutex<Option<Result<Box<Response>>>>,
}

/// A generated client for one call.
pub(crate) trait GeneratedClient {
    fn new(context: &Context) -> Self;
}

/// A call of the wrapper, through a generated client.
pub(crate) struct Call<C> {
    context: Context,
    client: C,
}

impl<C: GeneratedClient> Call<C> {
    pub(crate) fn new(runtime: &Runtime, options: &CallOptions) -> Self {
        let context = Context::new(runtime, options, false, None);
        let client = C::new(&context);
        Self { context, client }
    }

    /// Runs the operation that `send` builds, and returns its response.
    ///
    /// The generated code ends after it has built the request, so it neither waits for the response
    /// nor decodes it.
    pub(crate) async fn run<'a, T, E, F>(
        &'a self,
        send: impl FnOnce(&'a C) -> F,
    ) -> Result<Response>
    where
        F: Future<Output = Result<T, RawError<E>>>,
    {
        self.run_changed(send, |_| Ok(())).await
    }

    /// Like [`run`](Self::run), and changes the built request before it is sent.
    pub(crate) async fn run_changed<'a, T, E, F>(
        &'a self,
        send: impl FnOnce(&'a C) -> F,
        change: impl FnOnce(&mut reqwest::Request) -> Result<()>,
    ) -> Result<Response>
    where
        F: Future<Output = Result<T, RawError<E>>>,
    {
        let error = send(&self.client).await.err();
        let built = lock(&self.context.0.built).take();
        let (mut request, operation) = built.ok_or_else(|| self.context.unbuilt(error))?;
        change(&mut request)?;
        run(&self.context, request, operation).await
    }
}

/// Downloads a URL of another host than the API's, within the deadline, attempts and limits of a
/// call.
pub(crate) async fn download(
    runtime: &Runtime,
    options: &CallOptions,
    operation: Operation,
    url: Url,
) -> Result<Response> {
    let context = Context::new(runtime, options, false, None);
    run(
        &context,
        reqwest::Request::new(http::Method::GET, url),
        operation,
    )
    .await
}

impl Context {
    fn new(
        runtime: &Runtime,
        options: &CallOptions,
        is_raw: bool,
        started: Option<Duration>,
    ) -> Self {
        Self(Arc::new(CallState {
            runtime: runtime.clone(),
            options: options.clone(),
            started,
            attempted: AtomicBool::new(false),
            is_raw,
            built: Mutex::default(),
            result: Mutex::default(),
        }))
    }

    /// Returns the context of a raw call. Its time starts now, and the generated code decodes its
    /// response.
    pub(crate) fn raw(runtime: &Runtime, options: &CallOptions) -> Self {
        Self::new(runtime, options, true, Some(runtime.time().monotonic()))
    }

    /// Returns the base URL of the generated clients.
    pub(crate) fn base_url(&self) -> &str {
        self.0.runtime.base_url()
    }

    /// Returns the HTTP client with which the generated clients build requests. It sends none of
    /// them.
    pub(crate) fn request_builder(&self) -> reqwest::Client {
        self.0.runtime.requests().clone()
    }

    pub(super) fn take_result(&self) -> Option<Result<Box<Response>>> {
        lock(&self.0.result).take()
    }

    fn operation(&self, endpoint: Option<&'static Endpoint>) -> Operation {
        Operation::find(self.0.runtime.operations(), endpoint)
    }

    /// The hook before a request is sent: takes the request of a wrapped call, and ends the
    /// generated code.
    #[allow(clippy::result_large_err, reason = "progenitor's own error")]
    pub(crate) fn pre<E>(
        &self,
        request: &mut reqwest::Request,
        endpoint: Option<&'static Endpoint>,
    ) -> Result<(), RawError<E>> {
        if self.0.is_raw {
            return Ok(());
        }
        let placeholder = reqwest::Request::new(http::Method::GET, request.url().clone());
        let request = std::mem::replace(request, placeholder);
        *lock(&self.0.built) = Some((request, self.operation(endpoint)));
        Err(RawError::Custom(String::new()))
    }

    /// The hook that sends the request of a raw call, and returns a copy of the response for the
    /// generated code.
    pub(crate) async fn exec(
        &self,
        request: reqwest::Request,
        endpoint: Option<&'static Endpoint>,
    ) -> reqwest::Result<reqwest::Response> {
        let mut copy = http::Response::new(Bytes::new());
        // Boxed, because the future of a wrapped call contains this future and never runs it.
        let running = Box::pin(run(self, request, self.operation(endpoint)));
        let result = running.await;
        if let Ok(response) = &result {
            *copy.status_mut() = response.status;
            copy.headers_mut().clone_from(&response.headers);
            copy.body_mut().clone_from(&response.body);
        }
        *lock(&self.0.result) = Some(result.map(Box::new));
        Ok(copy.into())
    }

    /// The hook after [`exec`](Self::exec): ends the generated code if the call failed, or if
    /// `check` refuses the body.
    #[allow(clippy::result_large_err, reason = "progenitor's own error")]
    pub(crate) fn post<E>(
        &self,
        check: impl FnOnce(&[u8]) -> serde_json::Result<()>,
    ) -> Result<(), RawError<E>> {
        match &*lock(&self.0.result) {
            Some(Ok(response)) => check(&response.body)
                .map_err(|cause| RawError::InvalidResponsePayload(response.body.clone(), cause)),
            _ => Err(RawError::Custom(String::new())),
        }
    }

    /// Returns the result of a raw call, from the result of its closure.
    pub(crate) fn finish_raw<T, E>(&self, result: Result<T, RawError<E>>) -> Result<T> {
        let error = match result {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        let sent = self.take_result().transpose()?;
        Err(match (sent, error) {
            // The payload is not part of the message, because it may hold a token or a phone
            // number.
            (Some(response), RawError::InvalidResponsePayload(_, cause)) => response
                .decode_error("the response does not fit the document")
                .with_source(DecodeFailure::from(&cause)),
            (Some(response), RawError::UnexpectedResponse(_)) => {
                response.decode_error("the response has a status that the document does not list")
            }
            (_, error) => self.unbuilt(Some(error)),
        })
    }

    /// Returns the error for a request that the generated code could not build.
    fn unbuilt<E>(&self, error: Option<RawError<E>>) -> Error {
        // An earlier request of the same raw call may have taken effect.
        let outcome = if self.0.attempted.load(Ordering::Relaxed) {
            Outcome::Unknown
        } else {
            Outcome::NotSent
        };
        let invalid = |reason: String| Error::new(ErrorKind::InvalidInput, outcome, reason);
        match error {
            Some(RawError::InvalidRequest(reason) | RawError::Custom(reason)) => invalid(reason),
            // The hook returns no error of reqwest, so this error comes from the request builder.
            Some(RawError::CommunicationError(cause)) => {
                invalid("the request could not be built".to_owned())
                    .with_source(cause.without_url())
            }
            _ => invalid("the request could not be built".to_owned()),
        }
    }
}

pub(super) fn lock<T>(slot: &Mutex<T>) -> MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("options", &self.0.options)
            .finish_non_exhaustive()
    }
}
