//! Defects of the published documents.

mod choices;
mod empty_members;
mod enums;
mod keywords;
mod parameters;
mod references;
mod required;
mod types;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) use types::standard_type;

pub(crate) const NAME: &str = "repair";
pub(crate) const REASON: &str = "an empty member, a reference without a target, a keyword of the wrong type, a type that OpenAPI does not define, a parameter without a schema, a parameter that only the path names or that is optional in it, a required name without a property, a pattern beside an enumeration or a value twice in it, or a choice that accepts every object makes the generator fail or lose a part";

/// Repairs empty members, references and keywords first, because the other rules read them.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    empty_members::apply(document)?;
    references::apply(document)?;
    keywords::apply(document)?;
    types::apply(document)?;
    parameters::apply(document)?;
    required::apply(document)?;
    enums::apply(document)?;
    choices::apply(document)
}
