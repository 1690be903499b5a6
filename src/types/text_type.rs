//! The conversions of all checked text types.

/// Conversions for a type with `fn parse(text: &str) -> Result<Self, InvalidValue>`.
///
/// * `text_type!(Name)` for `struct Name(String)`: all conversions, with `as_str` and `Display`;
/// * `text_type!(shared Name)` for `struct Name(Arc<str>)`: the same conversions;
/// * `text_type!(@parsed Name, wire)`: the conversions that all types share, for a type with its
///   own `Deserialize`;
/// * `text_type!(hidden Name, wire)` for secrets and personal data: no `Display`, a `Debug` that
///   shows none of the text, and serialized as the result of the method `wire`.
macro_rules! text_type {
    ($name:ident) => {
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        $crate::types::text_type::text_type!(@shown $name);
    };
    (shared $name:ident) => {
        impl ::std::convert::From<$name> for ::std::string::String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        $crate::types::text_type::text_type!(@shown $name);
    };
    (@shown $name:ident) => {
        impl $name {
            /// Returns the text, as it is sent.
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

        $crate::types::text_type::text_type!(@conversions $name, as_str);
    };
    (hidden $name:ident, $wire:ident) => {
        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(concat!(stringify!($name), "([redacted])"))
            }
        }

        $crate::types::text_type::text_type!(@conversions $name, $wire);
    };
    (@conversions $name:ident, $wire:ident) => {
        $crate::types::text_type::text_type!(@parsed $name, $wire);

        impl<'de> ::serde::Deserialize<'de> for $name {
            /// Deserializes from a string, or from a number, which some responses have instead.
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
