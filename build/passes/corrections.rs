//! Rules of the published documents that the servers do not follow.

mod category;
mod limits;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "corrections";
pub(crate) const REASON: &str = "the servers accept and return values that some documented limits exclude, and accept a member that is not documented; a check against the documents would refuse valid messages";

pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    limits::apply(document)?;
    category::apply(document)
}
