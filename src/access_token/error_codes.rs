//! The error codes of the login service, which the token endpoint passes on.

use crate::operation::{ErrorCode, Remedy};

/// The most specific code of a response comes first, since the service may send its general code
/// 70002 too.
pub(crate) static ERROR_CODES: &[ErrorCode] = &[
    row("AADSTS70001", UNKNOWN_CLIENT),
    row("AADSTS700016", UNKNOWN_CLIENT),
    row(
        "AADSTS7000222",
        "The client secret has expired. Create a new client secret in the portal, and configure it here.",
    ),
    row("AADSTS70002", WRONG_SECRET),
    row("AADSTS7000215", WRONG_SECRET),
    row("AADSTS50012", WRONG_SECRET),
];

const UNKNOWN_CLIENT: &str = "The client id is unknown here. Most often the keys of one environment are used in the other: test keys work \
     only with the test environment, production keys only with production.";

const WRONG_SECRET: &str =
    "The client secret does not belong to this client id in this environment.";

const fn row(code: &'static str, explanation: &'static str) -> ErrorCode {
    ErrorCode {
        group: None,
        code,
        remedy: Remedy::ChangeRequest,
        explanation,
    }
}
