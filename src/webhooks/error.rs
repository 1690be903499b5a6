//! The reason for refusing a webhook.

use std::fmt;

use http::StatusCode;

/// The reason for refusing a webhook. [`Verifier`](super::Verifier) has an example. Neither `Debug`
/// nor `Display` shows the secret, the expected signature or the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WebhookError {
    /// The method is not POST.
    NotPost,
    /// A header that every webhook has is missing. The text is its name.
    MissingHeader(&'static str),
    /// The body is larger than 1 MiB.
    TooLarge,
    /// The hash of the body differs from `x-ms-content-sha256`. A proxy or framework may have
    /// parsed the body and serialized it again.
    BodyHash,
    /// The signature was not made with any of the secrets. Usual causes: a URL other than the
    /// registered one, a secret that was base64-decoded, or a secret of an older registration.
    Signature,
    /// `x-ms-date` is outside the [`window`](super::Verifier::window), or unreadable.
    OutsideWindow,
    /// The signature is valid, but the body is not a check-in. The text is the reason.
    NotACheckIn(&'static str),
}

impl WebhookError {
    /// Returns the status of the response: 400, 401, 405 or 413. After a status other than 2xx, the
    /// API sends the event again.
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
            Self::NotPost => f.write_str("webhook refused: the method is not POST"),
            Self::MissingHeader(name) => write!(f, "webhook refused: the header {name} is missing"),
            Self::TooLarge => f.write_str("webhook refused: the body is larger than 1 MiB"),
            Self::BodyHash => f.write_str(
                "webhook refused: the hash of the body differs from x-ms-content-sha256; pass the unchanged bytes of \
                 the body",
            ),
            Self::Signature => f.write_str(
                "webhook refused: no secret matches the signature; compare the URL and the secrets with the \
                 registration",
            ),
            Self::OutsideWindow => f.write_str(
                "webhook refused: x-ms-date is unreadable or outside the window; compare the clock of this machine",
            ),
            Self::NotACheckIn(reason) => write!(f, "webhook refused: not a check-in: {reason}"),
        }
    }
}

impl std::error::Error for WebhookError {}
