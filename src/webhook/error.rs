//! Why a webhook is refused.

use std::fmt;

use http::StatusCode;

/// Why a webhook is refused. Shows nothing of the secret, the signature that was expected, or the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookError {
    /// The method is not POST.
    NotPost,
    /// A header that every webhook has is missing; this one.
    MissingHeader(&'static str),
    /// The body is larger than 1 MiB.
    TooLarge,
    /// The body is not the one that `x-ms-content-sha256` states. Something on the way may have parsed it and written
    /// it again.
    BodyHash,
    /// The signature is not that of any of the secrets. Usual causes: another URL than the registered one, a secret
    /// that was base64-decoded, or one of an older registration.
    Signature,
    /// `x-ms-date` is too far from the present, or cannot be read.
    OutsideWindow,
    /// The signature is good, and the body is no check-in, for this reason.
    NotACheckIn(&'static str),
}

impl WebhookError {
    /// What to answer. With anything but a 2xx, Vipps MobilePay sends the event again.
    pub fn status(self) -> StatusCode {
        match self {
            Self::NotPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotACheckIn(_) => StatusCode::BAD_REQUEST,
            Self::MissingHeader(_) | Self::BodyHash | Self::Signature | Self::OutsideWindow => {
                StatusCode::UNAUTHORIZED
            }
        }
    }
}

impl fmt::Display for WebhookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPost => f.write_str("a webhook is a POST"),
            Self::MissingHeader(name) => write!(f, "the header {name} is missing"),
            Self::TooLarge => f.write_str("the body is larger than 1 MiB"),
            Self::BodyHash => {
                f.write_str("the body is not the one that x-ms-content-sha256 states")
            }
            Self::Signature => {
                f.write_str("the signature does not fit the registered URL and any of the secrets")
            }
            Self::OutsideWindow => f.write_str("x-ms-date is outside the window"),
            Self::NotACheckIn(reason) => write!(f, "not a check-in: {reason}"),
        }
    }
}

impl std::error::Error for WebhookError {}
