//! What every attempt of a call is made from.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method};
use http_body::Body;
use progenitor_client::Error as RawError;
use serde::Serialize;
use url::Url;

const JSON: &str = "application/json";
/// Room for a body, which is seldom larger, in bytes.
const USUAL_BODY: usize = 512;

/// A request as generated code writes it, without what the client adds. A copy that reqwest makes of its own costs
/// three times what one costs that is made from this.
pub(crate) struct Template {
    method: Method,
    url: Url,
    /// Whether the answer is to be JSON. What is true of nearly every request is not in `headers`.
    accepts_json: bool,
    /// Whether the body is JSON.
    is_json: bool,
    headers: HeaderMap,
    body: Payload,
}

enum Payload {
    None,
    /// Shared by all attempts.
    Whole(Bytes),
    /// Comes bit by bit, and only once.
    Stream(reqwest::Body),
}

impl Template {
    pub(crate) fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            accepts_json: false,
            is_json: false,
            headers: HeaderMap::new(),
            body: Payload::None,
        }
    }

    /// For generated code, as the next two.
    pub(crate) fn accept_json(&mut self) {
        self.accepts_json = true;
    }

    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    #[allow(clippy::result_large_err, reason = "progenitor's own error")]
    pub(crate) fn json<T: Serialize, E>(&mut self, body: &T) -> Result<(), RawError<E>> {
        let mut bytes = Vec::with_capacity(USUAL_BODY);
        serde_json::to_writer(&mut bytes, body)
            .map_err(|error| RawError::InvalidRequest(error.to_string()))?;
        self.is_json = true;
        self.body = Payload::Whole(bytes.into());
        Ok(())
    }

    pub(super) fn method(&self) -> &Method {
        &self.method
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Whether the answer is to be JSON.
    pub(super) fn accepts_json(&self) -> bool {
        self.accepts_json
    }

    /// Whether the body is JSON.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// What there is to say beyond that. No attempt changes it.
    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Everything that generated code says in headers.
    pub(super) fn all_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        for (name, holds) in [(ACCEPT, self.accepts_json), (CONTENT_TYPE, self.is_json)] {
            if holds {
                headers
                    .entry(name)
                    .or_insert(HeaderValue::from_static(JSON));
            }
        }
        headers
    }

    pub(crate) fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Payload::Whole(bytes) => Some(bytes),
            Payload::None | Payload::Stream(_) => None,
        }
    }

    /// The request of one attempt; `None` when the body can be sent only once.
    pub(super) fn request(&self, headers: HeaderMap) -> Option<reqwest::Request> {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = headers;
        match &self.body {
            Payload::None => {}
            Payload::Whole(bytes) => *request.body_mut() = Some(bytes.clone().into()),
            Payload::Stream(_) => return None,
        }
        Some(request)
    }

    /// As reqwest has it, for the hooks of generated code.
    pub(crate) fn into_request(self) -> reqwest::Request {
        let headers = self.all_headers();
        let mut request = reqwest::Request::new(self.method, self.url);
        *request.headers_mut() = headers;
        *request.body_mut() = match self.body {
            Payload::None => None,
            Payload::Whole(bytes) => Some(bytes.into()),
            Payload::Stream(body) => Some(body),
        };
        request
    }
}

impl From<reqwest::Request> for Template {
    fn from(mut request: reqwest::Request) -> Self {
        let body = match request.body_mut().take() {
            None => Payload::None,
            Some(body) if body.as_bytes().is_none() => Payload::Stream(body),
            Some(body) => Payload::Whole(whole(body)),
        };
        let mut headers = std::mem::take(request.headers_mut());
        let mut take_json = |name| {
            let is_json = headers.get(&name).is_some_and(|value| value == JSON);
            if is_json {
                headers.remove(name);
            }
            is_json
        };
        Self {
            accepts_json: take_json(ACCEPT),
            is_json: take_json(CONTENT_TYPE),
            method: request.method().clone(),
            url: request.url().clone(),
            headers,
            body,
        }
    }
}

/// The bytes of a body that lies in memory, which reqwest lends but does not give.
fn whole(body: reqwest::Body) -> Bytes {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(body).poll_frame(&mut context) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        // An empty body has no frame.
        _ => Bytes::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(body: impl Into<reqwest::Body>) -> reqwest::Request {
        let url = "https://example.com/a?b=c".parse().unwrap();
        let mut request = reqwest::Request::new(Method::POST, url);
        *request.body_mut() = Some(body.into());
        request.headers_mut().insert("a", "b".parse().unwrap());
        request
    }

    #[test]
    fn a_request_comes_back_with_other_headers_as_often_as_asked_for() {
        for text in ["", "{}", &"x".repeat(1 << 20)] {
            let template = Template::from(request(text.to_owned()));
            assert_eq!(template.headers()["a"], "b");
            assert_eq!(template.body(), Some(text.as_bytes()));
            for _ in 0..3 {
                let again = template.request(HeaderMap::new()).unwrap();
                assert_eq!(again.method(), Method::POST);
                assert_eq!(again.url().as_str(), "https://example.com/a?b=c");
                assert_eq!(again.body().unwrap().as_bytes(), Some(text.as_bytes()));
                assert!(again.headers().is_empty());
            }
        }
    }

    #[test]
    fn a_body_that_comes_once_is_not_taken_for_an_empty_one() {
        let template = Template::from(request(stream()));
        assert_eq!(template.body(), None);
        assert!(template.request(HeaderMap::new()).is_none());
    }

    /// Two pieces, one after the other.
    fn stream() -> reqwest::Body {
        struct Two(u8);
        impl futures_core::Stream for Two {
            type Item = Result<Bytes, std::io::Error>;

            fn poll_next(
                mut self: std::pin::Pin<&mut Self>,
                _: &mut Context<'_>,
            ) -> Poll<Option<Self::Item>> {
                self.0 += 1;
                Poll::Ready((self.0 < 3).then(|| Ok(Bytes::from_static(b"x"))))
            }
        }
        reqwest::Body::wrap_stream(Two(0))
    }

    #[test]
    fn the_media_types_come_through() {
        let types = |headers: &HeaderMap| {
            [ACCEPT, CONTENT_TYPE].map(|name| {
                let value = headers.get(name)?;
                value.to_str().ok().map(str::to_owned)
            })
        };
        for (accept, content_type) in [
            (None, None),
            (Some(JSON), None),
            (None, Some(JSON)),
            (Some("image/png"), Some(JSON)),
            (Some(JSON), Some("text/plain")),
        ] {
            let mut request = request("{}");
            for (name, value) in [(ACCEPT, accept), (CONTENT_TYPE, content_type)] {
                if let Some(value) = value {
                    request
                        .headers_mut()
                        .insert(name, HeaderValue::from_static(value));
                }
            }
            let template = Template::from(request);
            let is_json = |said| said == Some(JSON);
            assert_eq!(template.accepts_json(), is_json(accept));
            assert_eq!(template.is_json(), is_json(content_type));
            let wanted = [accept, content_type].map(|said| said.map(str::to_owned));
            assert_eq!(types(&template.all_headers()), wanted);
            let request = template.into_request();
            assert_eq!(types(request.headers()), wanted);
            assert_eq!(request.headers()["a"], "b");
            assert_eq!(request.body().unwrap().as_bytes(), Some(&b"{}"[..]));
        }
    }

    #[test]
    fn no_body_stays_none() {
        let url = "https://example.com/".parse().unwrap();
        let template = Template::from(reqwest::Request::new(Method::GET, url));
        assert_eq!(template.body(), None);
        let request = template.request(HeaderMap::new()).unwrap();
        assert!(request.body().is_none());
    }
}
