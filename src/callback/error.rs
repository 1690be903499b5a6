//! The reason for refusing a callback.

use std::fmt;

use http::StatusCode;

use crate::types::InvalidValue;

/// The reason for refusing a callback. Returned by [`parse`](super::parse). Neither `Debug` nor
/// `Display` shows the token or the body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallbackError {
    /// The method and path are not those of a callback.
    NotACallback,
    /// The `Authorization` header is missing, or is not the `authToken` of the payment.
    Unauthorized,
    /// A consent removal has no `Authorization` header, and
    /// [`allow_unauthenticated_consent_removal`](super::CallbackAuth::allow_unauthenticated_consent_removal)
    /// was not called.
    UnauthenticatedConsentRemoval,
    /// The body is larger than 1 MiB.
    TooLarge,
    /// The body cannot be read.
    BadBody(InvalidValue),
}

impl CallbackError {
    pub(super) fn body(
        field: &'static str,
        rule: impl Into<std::borrow::Cow<'static, str>>,
    ) -> Self {
        Self::BadBody(InvalidValue::without_value(field, rule))
    }

    /// Returns the status of the response: 400, 401, 404 or 413. No status causes a retry.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotACallback => StatusCode::NOT_FOUND,
            Self::Unauthorized | Self::UnauthenticatedConsentRemoval => StatusCode::UNAUTHORIZED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadBody(_) => StatusCode::BAD_REQUEST,
        }
    }
}

impl fmt::Display for CallbackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACallback => f.write_str(
                "callback refused: the method and path are not those of a callback; compare the prefix and the route",
            ),
            Self::Unauthorized => f.write_str(
                "callback refused: the Authorization header is not the authToken of the payment; compare the token of \
                 CallbackAuth with the one that the payment was started with",
            ),
            Self::UnauthenticatedConsentRemoval => f.write_str(
                "consent removal refused: the request has no Authorization header; authenticate the request otherwise \
                 and call CallbackAuth::allow_unauthenticated_consent_removal",
            ),
            Self::TooLarge => f.write_str("callback refused: the body is larger than 1 MiB"),
            Self::BadBody(invalid) => write!(f, "{invalid}"),
        }
    }
}

impl std::error::Error for CallbackError {}
