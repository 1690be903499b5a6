//! What generated code calls with a built request.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::PoisonError;

use bytes::Bytes;
use http::StatusCode;
use progenitor_client::Error as RawError;

use super::attempts::Attempts;
use super::context::{Answer, Context, Prepared, Slot};
use super::known::Known;
use super::options::CallOptions;
use super::outgoing::Outgoing;
use super::template::Template;
use crate::error::Result;
use crate::raw::Operation;
use crate::telemetry::Call;
use crate::vipps::Vipps;

/// One call, from the request that generated code has built to the answer.
pub(super) async fn run(outgoing: Outgoing) -> Result<Answer> {
    let Outgoing { context, effort } = outgoing;
    let (result, effort, call) = {
        let operation = effort.known.operation;
        let mut attempts = Attempts::new(&context.0, effort);
        let call = Call::begin(operation, attempts.template(), attempts.counters());
        let result = {
            // It stays where it is: what it is handed on in would be a copy each time.
            let mut running = pin!(attempts.run());
            poll_fn(|cx| call.within(|| running.as_mut().poll(cx))).await
        };
        call.requests(attempts.requests());
        (result, attempts.into_effort(), call)
    };
    match result {
        Ok(reply) => {
            call.succeeded(reply.status.as_u16());
            Ok(Answer {
                status: reply.status.as_u16(),
                body: reply.body,
                effort,
                headers: reply.headers,
                call,
                vipps: context.vipps().clone(),
            })
        }
        Err(error) => {
            call.failed(&error);
            Err(error)
        }
    }
}

/// The hook that generated code calls with a built request, in raw calls alone. Should that code not understand the
/// answer, the error is made from what the slot holds.
pub(crate) async fn exec(
    context: &Context,
    request: reqwest::Request,
    operation: Option<&'static Operation>,
) -> reqwest::Result<reqwest::Response> {
    let prepared = Prepared {
        template: request.into(),
        known: Known::or_unlisted(operation),
    };
    match run(Outgoing::new(context.clone(), prepared)).await {
        Ok(mut answer) => {
            let mut response = http::Response::new(answer.body.clone());
            *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or_default();
            *response.headers_mut() = std::mem::take(&mut *answer.headers);
            context.put(Slot::Answer(Box::new(answer)));
            Ok(response.into())
        }
        Err(error) => {
            context.put(Slot::Failed(error));
            Ok(http::Response::new(Bytes::new()).into())
        }
    }
}

/// The hook after [`exec`]: ends the generated code's work where there is no answer.
#[allow(clippy::result_large_err, reason = "progenitor's own error")]
pub(crate) fn after<E>(context: &Context) -> Result<(), RawError<E>> {
    let slot = context
        .0
        .slot
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    match &*slot {
        Slot::Empty | Slot::Answer(_) => Ok(()),
        Slot::Failed(_) => Err(RawError::Custom(String::new())),
    }
}

/// Fetches a URL that is not the API's, with the same deadline, attempts and caps, and without any credential.
pub(crate) async fn fetch_anonymously(
    vipps: &Vipps,
    options: &CallOptions,
    url: url::Url,
) -> Result<Answer> {
    let context = Context::new(vipps, options);
    let prepared = Prepared {
        template: Template::new(http::Method::GET, url),
        known: Known::image(),
    };
    run(Outgoing::new(context, prepared)).await
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::error::{ErrorKind, Outcome};
    use crate::testing::Recorder;

    const PATH: &str = "/v9/new";

    fn get(context: &Context) -> reqwest::Request {
        let url = context.url(PATH, &[], &[]).unwrap();
        reqwest::Request::new(http::Method::GET, url)
    }

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
        let url = context.url(PATH, &[], &[]).unwrap();
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

    /// Whatever it makes of it: several requests, or a wait before the first.
    #[tokio::test]
    async fn a_raw_call_has_one_deadline() {
        let recorder = Recorder::new().answer("GET", PATH, 200, "{}");
        let vipps = recorder.client();
        let options = CallOptions::new().deadline(Duration::from_secs(5));
        let context = Context::begun(&vipps, &options);
        let get = async || {
            let request = get(&context);
            exec(&context, request, None).await.unwrap();
            context.take()
        };
        recorder.clock().advance(Duration::from_secs(4));
        assert!(matches!(get().await, Slot::Answer(_)));
        recorder.clock().advance(Duration::from_secs(1));
        let Slot::Failed(error) = get().await else {
            panic!("its time is over")
        };
        assert_eq!(error.kind(), ErrorKind::Deadline);
        assert_eq!(error.elapsed(), Duration::from_secs(5));
    }

    /// Of a raw call that is dropped after its first answer.
    #[tokio::test]
    async fn an_answer_that_nobody_takes_keeps_nothing_alive() {
        let recorder = Recorder::new().answer("GET", PATH, 200, "{}");
        let vipps = recorder.client();
        let context = Context::new(&vipps, &CallOptions::default());
        let request = get(&context);
        exec(&context, request, None).await.unwrap();
        assert!(matches!(*context.0.slot.lock().unwrap(), Slot::Answer(_)));
        let state = std::sync::Arc::downgrade(&context.0);
        drop(context);
        assert!(state.upgrade().is_none());
        assert_eq!(vipps.metrics().succeeded, 1);
    }

    #[tokio::test]
    async fn a_document_chooses_the_media_types_and_no_other_header_of_the_clients() {
        let recorder = Recorder::new().answer("GET", PATH, 200, "{}");
        let vipps = recorder.client();
        let context = Context::new(&vipps, &CallOptions::default());
        let mut request = get(&context);
        for (name, value) in [
            ("accept", "image/png"),
            ("merchant-serial-number", "999999"),
            ("size", "512"),
        ] {
            let value = http::HeaderValue::from_static(value);
            request.headers_mut().insert(name, value);
        }
        let prepared = Prepared {
            template: request.into(),
            known: Known::or_unlisted(None),
        };
        run(Outgoing::new(context, prepared)).await.unwrap();
        let sent = recorder.to_snapshot();
        assert!(sent.contains("\naccept: image/png\n"), "{sent}");
        assert!(sent.contains("\nsize: 512\n"), "{sent}");
        assert!(!sent.contains("999999"), "{sent}");
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
