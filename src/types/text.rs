//! What every type of checked text has: its conversions, and the questions that most of them ask of a text.

/// Conversions for a type with `fn parse(text: &str) -> Result<Self, InvalidValue>`.
///
/// * `text_type!(Name)` for `struct Name(String)`: all of them, with `as_str` and `Display`;
/// * `text_type!(shared Name)` for `struct Name(Arc<str>)`: the same;
/// * `text_type!(@parsed Name, wire)`: what all of them share, for a type that is read in a way of its own;
/// * `text_type!(hidden Name, wire)` for secrets and personal data: no `Display`, a `Debug` that shows nothing, and
///   serialised as what the method `wire` gives.
macro_rules! text_type {
    ($name:ident) => {
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        $crate::types::text::text_type!(@shown $name);
    };
    (shared $name:ident) => {
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        $crate::types::text::text_type!(@shown $name);
    };
    (@shown $name:ident) => {
        impl $name {
            /// The text, as it is sent.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl ::std::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        $crate::types::text::text_type!(@conversions $name, as_str);
    };
    (hidden $name:ident, $wire:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        $crate::types::text::text_type!(@conversions $name, $wire);
    };
    (@conversions $name:ident, $wire:ident) => {
        $crate::types::text::text_type!(@parsed $name, $wire);

        impl<'de> ::serde::Deserialize<'de> for $name {
            /// From a string, or from a number, which some answers have instead.
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                let text = $crate::types::lenient::scalar(deserializer)?;
                Self::parse(&text).map_err(::serde::de::Error::custom)
            }
        }
    };
    (@parsed $name:ident, $wire:ident) => {
        impl ::std::str::FromStr for $name {
            type Err = $crate::types::InvalidValue;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl ::std::convert::TryFrom<&str> for $name {
            type Error = $crate::types::InvalidValue;

            fn try_from(text: &str) -> ::std::result::Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl ::std::convert::TryFrom<&::std::string::String> for $name {
            type Error = $crate::types::InvalidValue;

            fn try_from(text: &::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl ::std::convert::TryFrom<::std::string::String> for $name {
            type Error = $crate::types::InvalidValue;

            fn try_from(text: ::std::string::String) -> ::std::result::Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(::std::convert::AsRef::<str>::as_ref(&self.$wire()))
            }
        }
    };
}

pub(crate) use text_type;

/// How long a text is that a person reads, counted as UTF-16 counts: a sign beyond the 65536 oldest ones, such as most
/// emoji, is two. The documents do not say what they count, and this is the most that any server is likely to.
pub(crate) fn length(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.encode_utf16().count()
    }
}

/// Whether there is no control character. Most texts are ASCII, for which one pass without a branch is enough.
pub(crate) fn is_printed(text: &str) -> bool {
    const CONTROL: u8 = 1;
    const BEYOND_ASCII: u8 = 1 << 7;
    let seen = text.bytes().fold(0, |seen, byte| {
        seen | u8::from(byte < b' ') | u8::from(byte == 0x7f) | (byte & BEYOND_ASCII)
    });
    match seen {
        0 => true,
        _ if seen & CONTROL != 0 => false,
        _ => !text.chars().any(char::is_control),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_control_characters_that_unicode_knows() {
        for c in '\0'..='\u{2ff}' {
            for text in [c.to_string(), format!("a{c}"), format!("{c}ø")] {
                assert_eq!(is_printed(&text), !c.is_control(), "{text:?}");
            }
        }
        assert!(is_printed("") && is_printed("🧦"));
    }

    #[test]
    fn an_emoji_is_as_long_as_two_letters() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("blåbær", 6),
            ("🧦", 2),
            ("a🧦ø", 4),
            ("e\u{301}", 2),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }
}
