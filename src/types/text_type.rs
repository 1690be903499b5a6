//! What all types that travel as one string have in common: conversions and serde, each through `parse`.

/// Implements the conversions and serde of a type that has `parse(&str)` and a method that gives its wire text.
///
/// * `text_type!(Type, shown)`: `as_str` may be printed, so `Display` writes it.
/// * `text_type!(Type, hidden: method)`: the text is secret or personal, so nothing prints it, not even the error of
///   a JSON value of another kind.
macro_rules! text_type {
    ($type:ident, shown) => {
        $crate::types::text_type::text_type!(@common $type, as_str);

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
    ($type:ident, hidden: $text:ident) => {
        $crate::types::text_type::text_type!(@common $type, $text);

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                // serde's own message would repeat a value of the wrong kind.
                let text = <String as serde::Deserialize>::deserialize(deserializer).map_err(|_| {
                    serde::de::Error::custom(concat!(stringify!($type), " must be a string"))
                })?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
    (@common $type:ident, $text:ident) => {
        impl std::str::FromStr for $type {
            type Err = $crate::types::InvalidValue;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl TryFrom<&str> for $type {
            type Error = $crate::types::InvalidValue;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = $crate::types::InvalidValue;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::parse(&text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.$text())
            }
        }
    };
}
pub(super) use text_type;
