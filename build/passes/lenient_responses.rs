//! Responses that differ from the documents: undocumented values and missing members.

mod open_values;
mod optional_members;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "lenient-responses";
pub(crate) const REASON: &str = "servers add values to enumerations, leave out members that the documents require, and send null for lists; a response must be readable all the same. A default is left to the server: the generator would send it in every request";

/// Opens values first: an alternative that becomes a component may have required members.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    open_values::apply(document)?;
    optional_members::apply(document)
}
