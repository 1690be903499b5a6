//! Enumerations that the API may extend.

/// Defines an enum of wire texts that stores unknown values.
///
/// ```text
/// open_enum! {
///     /// The kind of an event.
///     pub enum Operation {
///         /// The money is captured.
///         Capture = "CAPTURE" | "CAPTURED",
///     }
/// }
/// ```
///
/// The first text of a variant is the one that is written. The texts after it are only read. ASCII
/// case is ignored.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident = $text:literal $(| $alias:literal)*
            ),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $visibility enum $name {
            $(
                $(#[$variant_meta])*
                $variant,
            )+
            /// A value that this version does not list, as received.
            Unknown(::std::string::String),
        }

        impl $name {
            /// Returns the text of the API; for an unknown value, the text as received.
            $visibility fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }

            fn known(text: &str) -> ::std::option::Option<Self> {
                let text = text.trim();
                $(
                    if [$text $(, $alias)*].iter().any(|known| text.eq_ignore_ascii_case(known)) {
                        return ::std::option::Option::Some(Self::$variant);
                    }
                )+
                ::std::option::Option::None
            }
        }

        impl ::std::convert::From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::known(text).unwrap_or_else(|| Self::Unknown(text.to_owned()))
            }
        }

        impl ::std::convert::From<::std::string::String> for $name {
            fn from(text: ::std::string::String) -> Self {
                Self::known(&text).unwrap_or(Self::Unknown(text))
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                ::std::result::Result::Ok(text.into())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        /// Any text is valid. The known texts are given as examples.
        #[cfg(feature = "schemars")]
        impl ::schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                ::schemars::json_schema!({
                    "type": "string",
                    "examples": [$($text $(, $alias)*),+],
                })
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            /// Deserializes from any value. An unknown value is stored as text.
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                $crate::types::lenient::text(deserializer).map(Self::from)
            }
        }
    };
}

pub(crate) use open_enum;

#[cfg(test)]
mod tests {
    open_enum! {
        /// A sample.
        pub(crate) enum Sample {
            /// A value with other spellings.
            Refund = "Refund" | "REFUNDED" | "refund done",
            /// A value with one spelling.
            Void = "VOID",
        }
    }

    #[test]
    fn reads_every_spelling_and_writes_one() {
        for text in [
            "Refund",
            "REFUND",
            "refund",
            "Refunded",
            "Refund Done",
            " refund ",
        ] {
            assert_eq!(Sample::from(text), Sample::Refund, "{text}");
            assert_eq!(Sample::from(text.to_owned()), Sample::Refund, "{text}");
            assert_eq!(text.parse(), Ok(Sample::Refund), "{text}");
        }
        assert_eq!(Sample::Refund.as_str(), "Refund");
        assert_eq!(format!("{:>6}", Sample::Void), "  VOID");
    }

    #[test]
    fn unknown_text_is_stored_as_received() {
        for text in ["", "AUTO_CANCEL", " x ", "VOÏD", "VOID2"] {
            assert_eq!(Sample::from(text), Sample::Unknown(text.to_owned()));
            assert_eq!(Sample::from(text).as_str(), text);
        }
    }

    #[test]
    fn json_round_trip() {
        for (json, value) in [
            (r#""Refund""#, Sample::Refund),
            (r#""VOID""#, Sample::Void),
            (r#""new""#, Sample::Unknown("new".to_owned())),
        ] {
            assert_eq!(serde_json::from_str::<Sample>(json).unwrap(), value);
            assert_eq!(serde_json::to_string(&value).unwrap(), json);
        }
        for (json, text) in [
            ("7", "7"),
            ("true", "true"),
            ("null", ""),
            (r#"{"a":1}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(
                serde_json::from_str::<Sample>(json).unwrap(),
                Sample::Unknown(text.to_owned())
            );
        }
        assert_eq!(
            serde_json::from_str::<Option<Sample>>("null").unwrap(),
            None
        );
    }
}
