//! A rule of a document that a request breaks.

use std::fmt;

/// The part of a request that breaks a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Path,
    Query,
    Header,
    Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    Required,
    Type,
    Value,
    /// The document has no such member, and the API refuses unknown members.
    Unknown,
}

/// A rule of the document that a request breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) place: Place,
    /// The parameter's name, or the path of members, joined by dots. Empty for the whole body.
    pub(crate) field: String,
    pub(crate) rule: Rule,
    /// The reason. It never contains the value, which may be a secret.
    pub(crate) reason: String,
}

impl Violation {
    /// Returns the field, or `root` if the whole body breaks the rule.
    pub(crate) fn name<'a>(&'a self, root: &'a str) -> &'a str {
        if self.field.is_empty() {
            root
        } else {
            &self.field
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Path => "path",
            Place::Query => "query",
            Place::Header => "header",
            Place::Body => "body",
        };
        write!(f, "{place} {}: {}", self.field, self.reason)
    }
}
