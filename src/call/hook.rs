//! What generated code calls with a built request.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::PoisonError;

use bytes::Bytes;
use progenitor_client::Error as RawError;

use super::attempts::Attempts;
use super::context::{Answer, Context, Slot};
use super::options::CallOptions;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::raw::Operation;
use crate::telemetry::Call;
use crate::vipps::Vipps;

/// The hook that generated code calls with a built request.
pub(crate) async fn exec(
    context: &Context,
    request: reqwest::Request,
    operation: Option<&'static Operation>,
) -> reqwest::Result<reqwest::Response> {
    static UNLISTED: Operation = Operation {
        id: "unlisted",
        method: "POST",
        path: "",
        idempotency_key: None,
    };
    let operation = operation.unwrap_or(&UNLISTED);
    let mut attempts = Attempts::new(context, operation, request);
    let call = Call::begin(operation, attempts.template(), attempts.counters());
    let result = {
        // It stays where it is: what it is handed on in would be a copy each time.
        let mut running = pin!(attempts.run());
        poll_fn(|cx| call.within(|| running.as_mut().poll(cx))).await
    };
    call.requests(attempts.requests());
    match result {
        Ok(reply) => {
            call.succeeded(reply.status.as_u16());
            if context.0.raw {
                // Should the generated code not understand it, this is what the error is made from.
                context.put(Slot::Answer(Answer {
                    status: reply.status.as_u16(),
                    body: reply.body.clone(),
                    effort: attempts.into_effort(),
                    headers: http::HeaderMap::new(),
                    call,
                }));
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
                call,
            };
            context.put(Slot::Answer(answer));
            Ok(shell)
        }
        Err(error) => {
            call.failed(&error);
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
        Slot::Empty => Ok(()),
        Slot::Answer(_) if context.0.raw => Ok(()),
        Slot::Answer(_) | Slot::Failed(_) => Err(RawError::Custom(String::new())),
    }
}

/// The image that a QR answer links to. It lies on another host than the API, which must see no credential.
pub(crate) static IMAGE: Operation = Operation {
    id: "image",
    method: "GET",
    path: "(image link)",
    idempotency_key: None,
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
    let _ = exec(&context, request, Some(&IMAGE)).await;
    match context.take() {
        Slot::Answer(answer) => Ok(answer),
        Slot::Failed(error) => Err(error),
        Slot::Empty => Err(Error::new(
            ErrorKind::InvalidInput,
            Outcome::NotSent,
            "no request could be built",
        )),
    }
}

fn empty_response() -> reqwest::Response {
    http::Response::new(Bytes::new()).into()
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::testing::Recorder;

    const PATH: &str = "/v9/new";

    async fn call(
        recorder: &Recorder,
        method: &'static str,
        idempotency_key: Option<&'static str>,
    ) -> Slot {
        let operation = Box::leak(Box::new(Operation {
            id: "of_a_later_document",
            method,
            path: PATH,
            idempotency_key,
        }));
        let vipps = recorder.client();
        let context = Context::new(&vipps, &CallOptions::default());
        let url = context.url(PATH, &[]);
        let method = http::Method::from_bytes(method.as_bytes()).unwrap();
        let _ = exec(
            &context,
            reqwest::Request::new(method, url),
            Some(operation),
        )
        .await;
        context.take()
    }

    #[tokio::test]
    async fn a_key_that_a_document_declares_is_sent_and_stays_the_same() {
        for (name, other) in [
            ("idempotency-key", "x-request-id"),
            ("x-request-id", "idempotency-key"),
        ] {
            let recorder = Recorder::new()
                .answer("POST", PATH, 401, "")
                .answer("POST", PATH, 200, "{}");
            let done = call(&recorder, "POST", Some(name)).await;
            assert!(matches!(done, Slot::Answer(_)));
            let sent = recorder.to_snapshot();
            let lines = format!("\n{name}: [idempotency key 1]\n");
            assert_eq!(sent.matches(&lines).count(), 2, "{sent}");
            assert!(!sent.contains(other), "{sent}");
        }
        let recorder = Recorder::new().answer("POST", PATH, 200, "{}");
        call(&recorder, "POST", None).await;
        assert!(!recorder.to_snapshot().contains("idempotency key"));
    }

    #[tokio::test]
    async fn a_key_alone_lets_no_unknown_write_be_repeated() {
        let recorder = Recorder::new().lose("POST", PATH);
        let Slot::Failed(error) = call(&recorder, "POST", Some("idempotency-key")).await else {
            panic!("there is no answer")
        };
        assert_eq!(
            (error.kind(), error.outcome(), error.attempts()),
            (ErrorKind::Connection, Outcome::Unknown, 1)
        );
        assert!(error.idempotency_key().is_some());
        let recorder = Recorder::new()
            .lose("GET", PATH)
            .answer("GET", PATH, 200, "{}");
        assert!(matches!(
            call(&recorder, "GET", None).await,
            Slot::Answer(_)
        ));
    }
}
