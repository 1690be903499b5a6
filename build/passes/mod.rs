//! The passes, in the order in which they run. Each is a function over the document, with a reason.
//! Its changes go to the log.
//!
//! The first family brings the document into one form and repairs its defects. The second family
//! adapts it to the generator. The simulator checks traffic against `<file>.source.json`, which no
//! pass has changed.

#![allow(
    clippy::unnecessary_wraps,
    reason = "every pass has the same signature, whether it can refuse or not"
)]

mod absolute_paths;
mod bodies;
mod crate_types;
mod docs;
mod downgrade;
mod lenient_types;
mod lift_merchant;
mod name_lint;
mod named_types;
mod operation_ids;
pub(crate) mod overlay;
mod parameters;
mod repair;
mod unread;

use super::document::Document;
use super::error::Error;

pub(crate) use crate_types::{REPLACED, is_replaced};
pub(crate) use lenient_types::LIMITS;
pub(crate) use parameters::KEY;
pub(crate) use repair::standard_type;

/// One named step.
pub(crate) struct Pass {
    pub(crate) name: &'static str,
    /// The reason for the pass, which begins its part of the log.
    pub(crate) reason: &'static str,
    pub(crate) apply: fn(&mut Document) -> Result<(), Error>,
}

macro_rules! passes {
    ($($module:ident),* $(,)?) => {
        &[$(Pass { name: $module::NAME, reason: $module::REASON, apply: $module::apply }),*]
    };
}

/// Passes that bring the document into one form and repair it, without a change of meaning.
pub(crate) const REPAIR: &[Pass] = passes![
    lift_merchant,
    downgrade,
    repair,
    absolute_paths,
    overlay,
    operation_ids,
];

/// Passes that adapt the document to the generator. They relax its rules.
pub(crate) const ADAPT: &[Pass] = passes![
    unread,
    parameters,
    bodies,
    name_lint,
    lenient_types,
    crate_types,
    named_types,
    docs,
];

/// Runs the passes one after the other.
pub(crate) fn run<'a>(
    passes: impl Iterator<Item = &'a Pass>,
    document: &mut Document,
) -> Result<(), Error> {
    for pass in passes {
        document.pass = pass.name;
        (pass.apply)(document)?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    //! Tests of a pass: a fragment in YAML before and after it, and the log.

    use serde_json::Value;

    use super::super::document::Document;
    use super::super::error::Error;
    use super::super::load;

    pub(crate) fn document(yaml: &str) -> Document {
        Document::new(load::parse(yaml).expect("the fragment is YAML"))
    }

    pub(crate) fn apply(
        pass: fn(&mut Document) -> Result<(), Error>,
        yaml: &str,
    ) -> Result<Document, Error> {
        let mut document = document(yaml);
        pass(&mut document).map(|()| document)
    }

    /// Applies the pass and compares the whole document.
    pub(crate) fn becomes(
        pass: fn(&mut Document) -> Result<(), Error>,
        before: &str,
        after: &str,
    ) -> Document {
        let document = apply(pass, before).expect("the pass accepts the fragment");
        let wanted: Value = load::parse(after).expect("the fragment is YAML");
        assert_eq!(
            document.root, wanted,
            "\ngot:  {:#}\nwant: {wanted:#}",
            document.root
        );
        document
    }

    /// Checks that the pass changes nothing and logs nothing.
    pub(crate) fn leaves(pass: fn(&mut Document) -> Result<(), Error>, yaml: &str) {
        let document = becomes(pass, yaml, yaml);
        assert_eq!(document.notes, [], "the log must be empty");
    }
}
