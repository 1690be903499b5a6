//! Parameters that the client sends, and parameters in forms that the generator does not support.

mod client_headers;
mod forms;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) use client_headers::KEY;

pub(crate) const NAME: &str = "parameters";
pub(crate) const REASON: &str = "the client sets credentials, system names, the serial number and the idempotency key for every call; lists and objects in headers and paths do not compile, and the generator refuses cookies and rare styles";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    client_headers::apply(document)?;
    forms::apply(document)
}
