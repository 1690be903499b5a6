//! Replacement of schemas by types of this crate.

mod any_json;
mod marked;
mod path_segments;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "crate-types";
pub(crate) const REASON: &str = "the generator derives Debug for every type, makes floats of prices, and puts any text into a path; types of this crate keep secrets, personal data and open JSON out of logs, store prices in øre, and refuse text that would reach another path";

/// The components that a type of the crate replaces, with the path of the type.
pub(crate) const REPLACED: [(&str, &str); 4] = [
    (any_json::COMPONENT, "crate::types::AnyJson"),
    (path_segments::COMPONENT, "crate::types::PathSegment"),
    (marked::SENSITIVE, "crate::types::Sensitive"),
    (marked::KRONER, "crate::types::Kroner"),
];

/// Returns whether a type of the crate replaces the component.
pub(crate) fn is_replaced(component: &str) -> bool {
    REPLACED.iter().any(|(name, _)| *name == component)
}

/// Returns whether the keyword is a mark of an overlay for these types.
pub(crate) fn is_mark(keyword: &str) -> bool {
    marked::MARKED.iter().any(|kind| kind.mark == keyword)
}

/// Replaces open JSON last, because the other replacements give shapes to schemas.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    marked::apply(document)?;
    path_segments::apply(document)?;
    any_json::apply(document)
}
