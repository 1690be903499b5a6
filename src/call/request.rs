//! The requests of the attempts of a call, from the request that the generated code has built.

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue};

use super::destination;
use super::options::CallOptions;
use super::record::CallRecord;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::operation::Auth;
use crate::runtime::{MSN, REQUEST_ID, Runtime};
use crate::token::Token;
use crate::types::InvalidValue;

/// The longest idempotency key of the eCom API (eCom guide, idempotency).
const LONGEST_REQUEST_ID: usize = 40;

impl CallRecord {
    /// Checks the destination and the idempotency key, before anything is sent.
    pub(super) fn check_request(&mut self, runtime: &Runtime) -> Result<()> {
        if self.operation.auth == Auth::Anonymous {
            return Ok(());
        }
        destination::encode_path(self.request.url_mut());
        destination::check(runtime.base(), self.operation.endpoint, &self.request)?;
        if let Some(key) = &self.key
            && self.key_header() == REQUEST_ID
            && key.as_str().len() > LONGEST_REQUEST_ID
        {
            let rule = "must be at most 40 characters in the header `X-Request-Id`";
            return Err(InvalidValue::new("idempotency_key", rule, key.as_str()).into());
        }
        Ok(())
    }

    /// Returns the request of one attempt.
    pub(super) fn attempt_request(
        &self,
        runtime: &Runtime,
        options: &CallOptions,
        token: Option<&Token>,
    ) -> Result<reqwest::Request> {
        let built = &self.request;
        let mut request = reqwest::Request::new(built.method().clone(), built.url().clone());
        *request.headers_mut() = self.headers(runtime, options, token)?;
        if let Some(body) = built.body() {
            let body = body.as_bytes().ok_or_else(|| {
                let reason = "body: must be in memory, because every retry sends it; got a stream";
                Error::new(ErrorKind::InvalidInput, Outcome::NotSent, reason)
            })?;
            *request.body_mut() = Some(body.to_vec().into());
        }
        Ok(request)
    }

    /// Returns the headers of one attempt: those of the client and of the document, the sales unit,
    /// the idempotency key and the token.
    fn headers(
        &self,
        runtime: &Runtime,
        options: &CallOptions,
        token: Option<&Token>,
    ) -> Result<HeaderMap> {
        let auth = self.operation.auth;
        if auth == Auth::Anonymous {
            return Ok(self.request.headers().clone());
        }
        let mut headers = runtime.headers().for_auth(auth);
        for (name, value) in self.request.headers() {
            // The document defines the media types and the parameters. A document cannot replace a
            // header of the client. The `api-version` that generated code sends is documented
            // nowhere.
            if !headers.contains_key(name) && name != "api-version" {
                headers.insert(name, value.clone());
            }
        }
        if options.all_sales_units {
            headers.remove(MSN);
        }
        if let Some(number) = &self.merchant {
            headers.insert(MSN, header_value(&MSN, number.as_str())?);
        }
        if let Some(key) = &self.key {
            let name = self.key_header();
            let value = header_value(&name, key.as_str())?;
            headers.insert(name, value);
        }
        if let Some(token) = token {
            headers.insert(AUTHORIZATION, token.header.clone());
        }
        Ok(headers)
    }

    /// Returns the header of the idempotency key.
    fn key_header(&self) -> HeaderName {
        let declared = self.operation.endpoint.idempotency_header;
        declared.map_or(REQUEST_ID, HeaderName::from_static)
    }
}

fn header_value(name: &HeaderName, value: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(value)
        .map_err(|_| Error::configuration(format!("{name}: must be a valid header value")))
}
