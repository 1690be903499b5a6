//! The rule of a text that a request carries, and the types that follow from such a rule.

use std::ops::RangeInclusive;

use super::InvalidValue;

/// The rule of a checked text.
pub(crate) struct TextRule {
    /// The name of the field in errors.
    pub(crate) field: &'static str,
    /// The number of characters.
    pub(crate) length: RangeInclusive<usize>,
    /// Counts the characters for the maximum.
    pub(crate) count: fn(&str) -> usize,
    /// The characters and their order, as a phrase that follows the length: `digits`.
    pub(crate) characters: &'static str,
    pub(crate) is_allowed: fn(char) -> bool,
    pub(crate) ends: Ends,
    /// The texts that are refused although they follow the rest of the rule.
    pub(crate) reserved: &'static [&'static str],
    /// Set if the text is secret or personal, so that no error may show a part of it.
    pub(crate) is_secret: bool,
}

/// The treatment of white space at the ends of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The white space is removed.
    Trimmed,
    /// A text with white space at its ends is refused.
    Exact,
}

impl TextRule {
    /// The base of every rule.
    pub(crate) const ANY: Self = Self {
        field: "",
        length: 1..=usize::MAX,
        count: |text| text.chars().count(),
        characters: "characters",
        is_allowed: |_| true,
        ends: Ends::Exact,
        reserved: &[],
        is_secret: false,
    };

    /// Returns the text that is sent.
    pub(crate) fn check<'a>(&self, text: &'a str) -> Result<&'a str, InvalidValue> {
        let sent = match self.ends {
            Ends::Trimmed => text.trim(),
            Ends::Exact => text,
        };
        // `count` may count a character twice, which must not help a text to its minimum.
        let characters = sent.chars().count();
        let count = if characters < *self.length.start() {
            characters
        } else {
            (self.count)(sent)
        };
        let mut numbered = (1..).zip(sent.chars());
        let reason = if !self.length.contains(&count) {
            format!("it has {count}")
        } else if let Some((at, c)) = numbered.find(|(_, c)| !(self.is_allowed)(*c)) {
            format!("position {at} has `{}`", c.escape_debug())
        } else if sent.trim() != sent {
            "it begins or ends with a space".to_owned()
        } else if self.reserved.contains(&sent) {
            "the API reserves this text".to_owned()
        } else {
            return Ok(sent);
        };
        Err(self.refuse(text, &reason))
    }

    fn refuse(&self, text: &str, reason: &str) -> InvalidValue {
        let (min, max) = (self.length.start(), self.length.end());
        let rule = format!("must be {min} to {max} {}", self.characters);
        if self.is_secret {
            InvalidValue::without_value(self.field, rule)
        } else {
            InvalidValue::new(self.field, format!("{rule}; {reason}"), text)
        }
    }
}

/// Types of texts, each with the rule that it follows.
///
/// * `plain Name { … }` is shown in errors and in `Debug`;
/// * `shared Name { … }` is shown in the same way, and is cheap to clone;
/// * `secret Name { … }` is secret or personal data: it has no `Display`, and neither `Debug` nor
///   errors show it. Its memory is overwritten when it is dropped. `secret(Eq) Name { … }` can be
///   compared and hashed.
macro_rules! checked_texts {
    ($($(#[$doc:meta])* $kind:ident $(($eq:ident))? $name:ident { $($rule:tt)* })*) => {$(
        $crate::types::checked_text::checked_texts!(@$kind $name, $(#[$doc])*);
        $($crate::types::checked_text::checked_texts!(@$eq $name);)?

        impl $name {
            const RULE: $crate::types::checked_text::TextRule = $crate::types::checked_text::TextRule {
                $($rule)*
                is_secret: $crate::types::checked_text::checked_texts!(@is_secret $kind),
                ..$crate::types::checked_text::TextRule::ANY
            };

            /// The largest number of characters.
            pub const MAX_LEN: usize = *Self::RULE.length.end();

            /// Checks a text.
            ///
            /// # Errors
            ///
            /// If the text does not follow the rule of the type. The error names the field and the
            /// rule, and also the value unless the type is secret.
            pub fn parse(text: &str) -> Result<Self, $crate::types::InvalidValue> {
                Self::RULE.check(text).map(|text| Self(text.into()))
            }
        }
    )*};
    (@plain $name:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        $crate::types::text_type::text_type!($name);
    };
    (@shared $name:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::sync::Arc<str>);

        $crate::types::text_type::text_type!(shared $name);
    };
    (@secret $name:ident, $(#[$doc:meta])*) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(secrecy::SecretString);

        $crate::types::text_type::text_type!(hidden $name, expose);

        impl $name {
            /// Returns the text itself, which is not for logs.
            pub fn expose(&self) -> &str {
                secrecy::ExposeSecret::expose_secret(&self.0)
            }
        }
    };
    (@Eq $name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.expose() == other.expose()
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.expose().hash(state);
            }
        }
    };
    (@is_secret secret) => { true };
    (@is_secret $kind:ident) => { false };
}

pub(crate) use checked_texts;
