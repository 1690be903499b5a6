//! Enumerations beside a pattern or a length.
//!
//! The generator silently drops every value that a pattern or length beside an enumeration does
//! not match.

use super::super::super::document::Document;
use super::super::super::error::Error;

pub(super) fn apply(document: &mut Document) -> Result<(), Error> {
    document.each_schema(|_, schema| {
        let Some(schema) = schema
            .as_object_mut()
            .filter(|map| map.contains_key("enum"))
        else {
            return Vec::new();
        };
        let limits = ["pattern", "minLength", "maxLength"].into_iter();
        let removed = limits.filter(|keyword| schema.remove(*keyword).is_some());
        let notes = removed.map(|keyword| {
            format!("{keyword} beside an enumeration is dropped: the values are listed")
        });
        notes.collect()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{becomes, leaves};
    use super::*;

    #[test]
    fn limits_beside_an_enumeration_are_removed() {
        becomes(
            apply,
            r"components: {schemas: {A: {type: string, enum: [H, W], pattern: '^\[A-Z]$', maxLength: 1}}}",
            "components: {schemas: {A: {type: string, enum: [H, W]}}}",
        );
    }

    #[test]
    fn other_limits_stay() {
        leaves(
            apply,
            "components: {schemas: {A: {type: string, enum: [H, W]}, B: {type: string, pattern: a}}}",
        );
    }
}
