//! A successful response, before it is decoded.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::record::CallRecord;
use crate::error::{Error, ErrorKind, Result};
use crate::runtime::Runtime;
use crate::telemetry::CallSpan;
use crate::transport::MAX_ERROR_BODY;
use crate::types::{MerchantSerialNumber, OrderId, Reference, RequestId, by_name, http_date};

pub(crate) const OTHER_ORDER: &str =
    "the response is about another order than the request: it proves nothing about this one";

pub(crate) const OTHER_PAYMENT: &str =
    "the response is about another payment than the request: it proves nothing about this one";

pub(crate) const OTHER_CODE: &str =
    "the response is about another code than the request: it proves nothing about this one";

/// A response with the status of a success. Its body shows whether the operation succeeded.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
    pub(super) record: CallRecord,
    pub(super) span: CallSpan,
    pub(super) runtime: Runtime,
}

impl Response {
    /// Reads the body as JSON.
    pub(crate) fn decode<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        by_name::from_slice(&self.body).map_err(|error| {
            self.decode_error("the response is a success, but its body cannot be read")
                .with_source(DecodeFailure::from(&error))
        })
    }

    /// Reads the body as a list. An empty body and `null` are an empty list, and `null` entries are
    /// omitted.
    pub(crate) fn decode_list<'a, T: Deserialize<'a>>(&'a self) -> Result<Vec<T>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let list: Option<Vec<Option<T>>> = self.decode()?;
        Ok(list.into_iter().flatten().flatten().collect())
    }

    /// Accepts the response of an operation that documents no body.
    ///
    /// A body that is not JSON, such as the login page of a network, does not come from the API. A
    /// list of texts is one of the API's error forms.
    pub(crate) fn accept(&self) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        if serde_json::from_slice::<IgnoredAny>(&self.body).is_err() {
            return Err(self.decode_error("the response is a success, but its body is not JSON"));
        }
        if serde_json::from_slice::<Vec<String>>(&self.body).is_ok_and(|texts| !texts.is_empty()) {
            return Err(self.decode_error("the response is a success, but its body lists texts"));
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.body.trim_ascii().is_empty()
    }

    /// Returns the time of the response by the API's clock.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        http_date::of_response(&self.headers)
    }

    /// Returns the media type of the body, without parameters.
    pub(crate) fn media_type(&self) -> &str {
        let value = self
            .headers
            .get(http::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        value.split(';').next().unwrap_or_default().trim()
    }

    /// Returns the sales unit of the call, or `None` if it is the sales unit of the credentials.
    pub(crate) fn merchant(&self) -> Option<&MerchantSerialNumber> {
        self.record.merchant.as_ref()
    }

    pub(crate) fn into_key(self) -> Option<RequestId> {
        self.record.key
    }

    /// Refuses a response that names another order than the request, which happens if a connection
    /// returns the response to an earlier request. A response without an order id is accepted.
    pub(crate) fn check_order(&self, requested: &OrderId, returned: Option<&str>) -> Result<()> {
        self.check_id(requested.as_str(), returned, OTHER_ORDER)
    }

    /// Like [`check_order`](Self::check_order), for the reference of a payment.
    pub(crate) fn check_reference(
        &self,
        requested: &Reference,
        returned: Option<&str>,
    ) -> Result<()> {
        self.check_id(requested.as_str(), returned, OTHER_PAYMENT)
    }

    /// Like [`check_order`](Self::check_order), for the id of a QR code.
    pub(crate) fn check_code(&self, requested: &str, returned: Option<&str>) -> Result<()> {
        self.check_id(requested, returned, OTHER_CODE)
    }

    fn check_id(
        &self,
        requested: &str,
        returned: Option<&str>,
        reason: &'static str,
    ) -> Result<()> {
        if returned.is_none_or(|returned| returned == requested) {
            Ok(())
        } else {
            Err(self.decode_error(reason))
        }
    }

    /// Returns the error for a body without the data that the operation promises.
    pub(crate) fn decode_error(&self, reason: impl Into<Cow<'static, str>>) -> Error {
        let outcome = self.record.outcome_of_lost_response();
        let mut body = self.body.clone();
        body.truncate(MAX_ERROR_BODY);
        let error = self
            .explain(Error::new(ErrorKind::Decode, outcome, reason))
            .with_status(self.status.as_u16(), body);
        self.span.failed(&error);
        error
    }

    /// Adds the data of the call to an error.
    pub(crate) fn explain(&self, error: Error) -> Error {
        self.record.explain(error, self.runtime.time().monotonic())
    }
}

/// The place in a body where decoding failed. The message of serde can quote the body, which may
/// hold personal data.
#[derive(Debug)]
pub(super) struct DecodeFailure {
    category: serde_json::error::Category,
    line: usize,
    column: usize,
}

impl From<&serde_json::Error> for DecodeFailure {
    fn from(error: &serde_json::Error) -> Self {
        Self {
            category: error.classify(),
            line: error.line(),
            column: error.column(),
        }
    }
}

impl fmt::Display for DecodeFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            category,
            line,
            column,
        } = self;
        write!(f, "{category:?} error at line {line} column {column}")
    }
}

impl std::error::Error for DecodeFailure {}
