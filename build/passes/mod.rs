//! The passes, in the order they run. Each is a small function over the document with a reason;
//! what it changed goes to the log.
//!
//! The first family brings the document into one shape and repairs what is wrong in it; what it
//! leaves is written to `<api>.spec.json`. The second family makes of it what the generator turns into
//! good Rust. The simulator checks traffic against `<api>.vendored.json`, in which nothing is repaired.

#![allow(
    clippy::unnecessary_wraps,
    reason = "every pass has the same signature, whether it can refuse or not"
)]

mod absolute_paths;
mod any_json;
mod category;
mod client_headers;
mod dead_nodes;
mod described_references;
mod downgrade;
mod fold_responses;
mod hoist;
mod known_limits;
mod kroner;
mod lift_merchant;
mod media_types;
mod name_lint;
mod open_outputs;
mod operation_ids;
mod parameters;
mod path_segments;
mod plain_docs;
mod plain_nulls;
mod plain_scalars;
mod refs;
mod repair_enums;
mod repair_keywords;
mod repair_parameters;
mod repair_required;
mod repair_types;
mod sensitive;
mod tell_limits;
mod tolerant_outputs;
mod unread;

use super::document::Document;
use super::refusal::Refusal;

pub(crate) use client_headers::KEY;
pub(crate) use repair_types::meant as meant_type;
pub(crate) use tell_limits::ASIDE as LIMITS;

/// The components that a type of the crate replaces, with the path of the type.
pub(crate) const REPLACED: [(&str, &str); 4] = [
    (any_json::COMPONENT, "crate::types::AnyJson"),
    (kroner::COMPONENT, "crate::types::ShippingCost"),
    (path_segments::COMPONENT, "crate::types::PathSegment"),
    (sensitive::COMPONENT, "crate::types::Sensitive"),
];

/// Returns whether a type of the crate replaces the component.
pub(crate) fn is_replaced(component: &str) -> bool {
    REPLACED.iter().any(|(name, _)| *name == component)
}

/// One named step.
pub(crate) struct Pass {
    pub(crate) name: &'static str,
    /// Why the step exists; printed at the head of the log.
    pub(crate) why: &'static str,
    pub(crate) apply: fn(&mut Document) -> Result<(), Refusal>,
}

macro_rules! passes {
    ($($module:ident),* $(,)?) => {
        &[$(Pass { name: $module::NAME, why: $module::WHY, apply: $module::apply }),*]
    };
}

/// Bring the document into one shape and mend it; its meaning stays.
pub(crate) const MEND: &[Pass] = passes![
    dead_nodes,
    lift_merchant,
    downgrade,
    refs,
    repair_keywords,
    repair_types,
    repair_parameters,
    repair_required,
    repair_enums,
    known_limits,
    absolute_paths,
    operation_ids,
    media_types,
    category,
];

/// The passes of `MEND` that change the form of a document and none of its rules.
pub(crate) const STRUCTURE: &[&str] = &[
    dead_nodes::NAME,
    lift_merchant::NAME,
    downgrade::NAME,
    refs::NAME,
    absolute_paths::NAME,
];

/// Make it fit for the generator; the meaning loosens.
pub(crate) const FIT: &[Pass] = passes![
    unread,
    client_headers,
    fold_responses,
    parameters,
    name_lint,
    open_outputs,
    tolerant_outputs,
    tell_limits,
    sensitive,
    kroner,
    plain_scalars,
    plain_nulls,
    any_json,
    path_segments,
    hoist,
    described_references,
    plain_docs,
];

/// Runs the passes one after the other.
pub(crate) fn run<'a>(
    passes: impl Iterator<Item = &'a Pass>,
    document: &mut Document,
) -> Result<(), Refusal> {
    for pass in passes {
        document.pass = pass.name;
        (pass.apply)(document)?;
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    //! How a pass is tested: a fragment in YAML in, the fragment and the log out.

    use serde_json::Value;

    use super::super::document::Document;
    use super::super::load;
    use super::super::refusal::Refusal;

    pub(crate) fn document(yaml: &str) -> Document {
        Document::new(load::parse(yaml).expect("the fragment is YAML"))
    }

    pub(crate) fn apply(
        pass: fn(&mut Document) -> Result<(), Refusal>,
        yaml: &str,
    ) -> Result<Document, Refusal> {
        let mut document = document(yaml);
        pass(&mut document).map(|()| document)
    }

    /// Applies the pass and compares the whole document.
    pub(crate) fn becomes(
        pass: fn(&mut Document) -> Result<(), Refusal>,
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

    /// The pass leaves the fragment alone and says nothing.
    pub(crate) fn leaves(pass: fn(&mut Document) -> Result<(), Refusal>, yaml: &str) {
        let document = becomes(pass, yaml, yaml);
        assert_eq!(document.notes, [], "the log must be empty");
    }
}
