//! The names of types: one component for each type that the generator makes.

mod inline;
mod nullable;

use super::super::document::Document;
use super::super::error::Error;

pub(crate) const NAME: &str = "named-types";
pub(crate) const REASON: &str = "the generator names inline schemas by title or place and silently reuses the first type of that name, and creates a second type for a nullable object and for a wrapped reference; an optional member covers a missing member and null";

/// Removes wrappers first, because an inline schema may be one.
pub(crate) fn apply(document: &mut Document) -> Result<(), Error> {
    nullable::apply(document)?;
    inline::apply(document)
}
