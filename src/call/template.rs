//! What every attempt of a call is made from.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Body;
use url::Url;

/// A request as generated code built it. Its body is taken apart, since a copy that reqwest makes of a request costs
/// three times what one costs that is made from this.
pub(crate) struct Template {
    /// Without its body. No attempt changes it.
    request: reqwest::Request,
    body: Payload,
}

enum Payload {
    None,
    /// Shared by all attempts.
    Whole(Bytes),
    /// Comes bit by bit, and only once.
    Stream,
}

impl Template {
    pub(crate) fn of(mut request: reqwest::Request) -> Self {
        let body = match request.body_mut().take() {
            None => Payload::None,
            Some(body) if body.as_bytes().is_none() => Payload::Stream,
            Some(body) => Payload::Whole(whole(body)),
        };
        Self { request, body }
    }

    pub(crate) fn url(&self) -> &Url {
        self.request.url()
    }

    /// What the generated code says of the request.
    pub(super) fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    pub(crate) fn body(&self) -> Option<&[u8]> {
        match &self.body {
            Payload::Whole(bytes) => Some(bytes),
            Payload::None | Payload::Stream => None,
        }
    }

    /// The request of one attempt; `None` when the body can be sent only once.
    pub(super) fn request(&self, headers: HeaderMap) -> Option<reqwest::Request> {
        let (method, url) = (self.request.method().clone(), self.url().clone());
        let mut request = reqwest::Request::new(method, url);
        *request.headers_mut() = headers;
        match &self.body {
            Payload::None => {}
            Payload::Whole(bytes) => *request.body_mut() = Some(bytes.clone().into()),
            Payload::Stream => return None,
        }
        Some(request)
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
    use http::Method;

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
            let template = Template::of(request(text.to_owned()));
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
        let template = Template::of(request(stream()));
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
    fn no_body_stays_none() {
        let url = "https://example.com/".parse().unwrap();
        let template = Template::of(reqwest::Request::new(Method::GET, url));
        assert_eq!(template.body(), None);
        let request = template.request(HeaderMap::new()).unwrap();
        assert!(request.body().is_none());
    }
}
