//! One media type of each body, and one response of each operation.

mod media_types;
mod one_response;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "bodies";
pub(crate) const REASON: &str = "the generator panics on a second media type of a request and on a second kind of response, and reads JSON with a suffix as raw bytes; error bodies are read from the raw response";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    media_types::apply(document)?;
    one_response::apply(document)
}
