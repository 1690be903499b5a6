//! Details that are read from stored JSON.

use serde::de::DeserializeOwned;

use crate::error::success_body::is_error;
use crate::error::{Error, ErrorKind, Outcome, Result};
use crate::types::by_name;

/// Reads details from the JSON of an API, either stored or written for a test. `details` makes them
/// from the members of the JSON, or returns the reason why they cannot be read.
pub(crate) fn details_from_json<W: DeserializeOwned, D>(
    json: &str,
    details: impl FnOnce(W) -> Result<D, &'static str>,
) -> Result<D> {
    let unreadable = |reason| Error::new(ErrorKind::Decode, Outcome::NoEffect, reason);
    if is_error(json.as_bytes()) {
        let reason = "the details cannot be read: the JSON is an error of the API";
        return Err(unreadable(reason.to_owned()));
    }
    let members = by_name::from_str(json).map_err(|cause| {
        let (line, column) = (cause.line(), cause.column());
        unreadable(format!(
            "the details cannot be read (at line {line}, column {column} of the JSON)"
        ))
    })?;
    details(members).map_err(|reason| unreadable(reason.to_owned()))
}
