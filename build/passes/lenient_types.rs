//! Values that differ from the documents: undocumented values, missing members and exceeded limits.

mod limits;
mod open_values;
mod optional_members;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) use limits::LIMITS;

pub(crate) const NAME: &str = "lenient-types";
pub(crate) const REASON: &str = "servers add values to enumerations, leave out members that the documents require, send null for lists and exceed limits; such a response must be readable too. Defaults are removed, because the generator would send them in every request. The limits of requests are only in the JSON Schemas";

/// Opens values first: an alternative that becomes a component may have required members.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    open_values::apply(document)?;
    optional_members::apply(document)?;
    limits::apply(document)
}
