//! What generated code calls with a built request.

use std::sync::PoisonError;

use bytes::Bytes;
use progenitor_client::Error as RawError;
use tracing::Instrument;

use super::attempts::Attempts;
use super::context::{Answer, Context, Slot};
use super::options::CallOptions;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::raw::Operation;
use crate::vipps::Vipps;

/// The hook that generated code calls with a built request.
pub(crate) async fn exec(
    context: &Context,
    http: &reqwest::Client,
    request: reqwest::Request,
    operation: Option<&'static Operation>,
) -> reqwest::Result<reqwest::Response> {
    static UNLISTED: Operation = Operation {
        id: "unlisted",
        method: "POST",
        path: "",
    };
    let operation = operation.unwrap_or(&UNLISTED);
    let span = tracing::info_span!(
        "vipps.call",
        otel.name = operation.id,
        otel.kind = "client",
        vipps.operation = operation.id,
        http.request.method = operation.method,
        url.template = operation.path,
        http.response.status_code = tracing::field::Empty,
        http.request.resend_count = tracing::field::Empty,
        error.type = tracing::field::Empty,
    );
    let mut attempts = Attempts::new(context, operation, request);
    let result = attempts.run(http).instrument(span.clone()).await;
    if attempts.requests() > 1 {
        span.record("http.request.resend_count", attempts.requests() - 1);
    }
    match result {
        Ok(reply) => {
            span.record("http.response.status_code", reply.status.as_u16());
            if context.0.raw {
                context.put(Slot::Raw(attempts.into_effort()));
                let mut response = http::Response::new(reply.body);
                *response.status_mut() = reply.status;
                *response.headers_mut() = reply.headers;
                return Ok(response.into());
            }
            let shell = reply.shell.unwrap_or_else(empty_response);
            let (status, headers) = (reply.status.as_u16(), reply.headers);
            let answer = Answer {
                status,
                body: reply.body,
                effort: attempts.into_effort(),
                headers,
            };
            context.put(Slot::Answer(answer));
            Ok(shell)
        }
        Err(error) => {
            if let Some(status) = error.http_status() {
                span.record("http.response.status_code", status);
            }
            span.record("error.type", tracing::field::debug(error.kind()));
            context.put(Slot::Failed(error));
            Ok(empty_response())
        }
    }
}

/// The hook after [`exec`]: ends the generated code's work where the slot has all there is to say.
#[allow(clippy::result_large_err, reason = "progenitor's own error")]
pub(crate) fn after<E>(context: &Context) -> Result<(), RawError<E>> {
    let slot = context
        .0
        .slot
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match &*slot {
        Slot::Empty | Slot::Raw(_) => Ok(()),
        Slot::Answer(_) | Slot::Failed(_) => Err(RawError::Custom(String::new())),
    }
}

/// The image that a QR answer links to. It lies on another host than the API, which must see no credential.
pub(crate) static IMAGE: Operation = Operation {
    id: "image",
    method: "GET",
    path: "(image link)",
};

/// Fetches a URL that is not the API's, with the same deadline, attempts and caps, and without any credential.
pub(crate) async fn fetch_anonymously(
    vipps: &Vipps,
    options: &CallOptions,
    url: url::Url,
) -> Result<Answer> {
    let context = Context::new(vipps, options);
    let request = reqwest::Request::new(http::Method::GET, url);
    // What the hook returns is for generated code; the slot says it all.
    let _ = exec(&context, vipps.http(), request, Some(&IMAGE)).await;
    match context.take() {
        Slot::Answer(answer) => Ok(answer),
        Slot::Failed(error) => Err(error),
        Slot::Empty | Slot::Raw(_) => Err(Error::new(
            ErrorKind::InvalidInput,
            Outcome::NotSent,
            "no request could be built",
        )),
    }
}

fn empty_response() -> reqwest::Response {
    http::Response::new(Bytes::new()).into()
}
