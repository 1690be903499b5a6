//! Reads the objects of a response by the names of their members, in any capitalisation.
//!
//! serde's derive fills a struct from a JSON array too, member by member in the order of the
//! declaration. `[34900,0,0,34900]` would then be the sums of a captured payment, and `[]` a
//! response in which every member is missing. The functions here refuse an array in place of an
//! object at any depth: in members, in options, in lists and behind `#[serde(from = …)]`.
//!
//! Every type of a response is read through these functions. Public types implement `Deserialize`
//! with [`read`], so they refuse an array with any deserializer. Members that are not structs are
//! read by their own `Deserialize`. The structs inside a map are not covered.

use std::fmt;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    Deserialize, DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess,
    Visitor,
};
use serde_json::Value;

pub(crate) fn from_slice<'de, T: Deserialize<'de>>(json: &'de [u8]) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_slice(json);
    let value = T::deserialize(ByName(&mut json))?;
    json.end()?;
    Ok(value)
}

pub(crate) fn from_str<'de, T: Deserialize<'de>>(json: &'de str) -> serde_json::Result<T> {
    let mut json = serde_json::Deserializer::from_str(json);
    let value = T::deserialize(ByName(&mut json))?;
    json.end()?;
    Ok(value)
}

pub(crate) fn from_value<'de, T: Deserialize<'de>>(value: Value) -> serde_json::Result<T> {
    T::deserialize(ByName(value))
}

/// A deserializer whose structs are read from objects only.
pub(crate) struct ByName<D>(pub(crate) D);

/// Implements `Deserialize` for a public type through a private type with the members of the JSON.
///
/// The public type cannot derive `Deserialize`, because the derive would accept an array.
macro_rules! read {
    ($($public:ty => $members:ty;)*) => {$(
        impl<'de> ::serde::Deserialize<'de> for $public {
            fn deserialize<D: ::serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
                <$members>::deserialize($crate::types::by_name::ByName(json)).map(Into::into)
            }
        }
    )*};
}
pub(crate) use read;

/// Implements `Serialize` and `Deserialize` for a public type whose JSON form is a private type.
///
/// `From<&Public>` makes the form. `TryFrom<Form>` makes the public type, or fails with a text that
/// shows no part of the JSON.
macro_rules! json_form {
    ($($public:ty => $form:ty;)*) => {$(
        impl ::serde::Serialize for $public {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$form>::from(self).serialize(serializer)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $public {
            fn deserialize<D: ::serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
                let form: $form = $crate::types::by_name::from_any(json)?;
                form.try_into().map_err(::serde::de::Error::custom)
            }
        }
    )*};
}
pub(crate) use json_form;

/// Reads a type that may borrow from JSON text. The error shows no part of the text.
pub(crate) fn from_any<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    json: D,
) -> Result<T, D::Error> {
    let json = Value::deserialize(json)?.to_string();
    from_str(&json).map_err(|_| D::Error::custom("expected an object with the members of the type"))
}

macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
            self.0.$method(visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for ByName<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        members: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(Struct { visitor, members })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Inside(visitor))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_seq(Inside(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Inside(visitor))
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_unit_struct(name, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_tuple_struct(name, length, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_enum(name, variants, visitor)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    forward! {
        deserialize_any deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32
        deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32
        deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64 deserialize_char
        deserialize_str deserialize_string deserialize_bytes deserialize_byte_buf
        deserialize_unit deserialize_map deserialize_identifier deserialize_ignored_any
    }
}

/// Reads the contents of options, lists and newtypes by name too.
struct Inside<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, json: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(ByName(json))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, json: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(ByName(json))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<V::Value, A::Error> {
        self.0.visit_seq(List(list))
    }

    // serde_json passes a `RawValue` on as a map.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.0.visit_map(map)
    }
}

struct List<A>(A);

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for List<A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        self.0.next_element_seed(Part(seed))
    }
}

struct Part<T>(T);

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<T::Value, D::Error> {
        self.0.deserialize(ByName(json))
    }
}

/// Accepts only an object, because the default of every other method is an error.
struct Struct<V> {
    visitor: V,
    members: &'static [&'static str],
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Struct<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let members = self.members;
        self.visitor.visit_map(Object { map, members })
    }
}

struct Object<A> {
    map: A,
    members: &'static [&'static str],
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Object<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let Some(name) = self.map.next_key_seed(Name(self.members))? else {
            return Ok(None);
        };
        seed.deserialize(BorrowedStrDeserializer::new(name))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.map.next_value_seed(Part(seed))
    }
}

/// The name of a member as its struct declares it, or an empty text, which no struct declares.
struct Name(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Name {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<&'static str, D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<&'static str, E> {
        let mut known = self.0.iter();
        let declared = known.find(|known| known.eq_ignore_ascii_case(name));
        Ok(declared.copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Outer {
        inner_part: Option<Inner>,
        list: Vec<Option<Box<Inner>>>,
        named: Named,
        renamed: Option<Renamed>,
        number: i64,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(default)]
    struct Inner {
        a: u8,
        b: Option<String>,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Named(Inner);

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(from = "Inner")]
    struct Renamed(u8);

    impl From<Inner> for Renamed {
        fn from(inner: Inner) -> Self {
            Self(inner.a)
        }
    }

    #[derive(Debug, Deserialize)]
    struct Raw<'a> {
        #[serde(borrow)]
        raw: Option<&'a RawValue>,
    }

    #[test]
    fn members_are_read_in_any_capitalisation() {
        let json = r#"{"InnerPart":{"A":1,"b":"x","c":[]},"LIST":[null,{"a":2}],"named":{"A":3},
            "Renamed":{"A":4},"nUmber":5,"other":{"a":[1]},"":1}"#;
        let inner = |a, b: Option<&str>| Inner {
            a,
            b: b.map(str::to_owned),
        };
        let expected = Outer {
            inner_part: Some(inner(1, Some("x"))),
            list: vec![None, Some(Box::new(inner(2, None)))],
            named: Named(inner(3, None)),
            renamed: Some(Renamed(4)),
            number: 5,
        };
        assert_eq!(from_str::<Outer>(json).unwrap(), expected);
        let value = serde_json::from_str(json).unwrap();
        assert_eq!(from_value::<Outer>(value).unwrap(), expected);
    }

    #[test]
    fn an_array_in_place_of_an_object_is_an_error_at_any_depth() {
        for json in [
            "[]",
            r"[{}]",
            r"[[1]]",
            r#"{"innerPart":[]}"#,
            r#"{"innerPart":[1,"x"]}"#,
            r#"{"list":[[1]]}"#,
            r#"{"list":{"a":1}}"#,
            r#"{"named":[1]}"#,
            r#"{"named":[[1]]}"#,
            r#"{"renamed":[4]}"#,
            "null",
            "7",
            r#""x""#,
            r"{} {}",
            // The same member twice, in other capitals.
            r#"{"number":1,"Number":2}"#,
        ] {
            assert!(from_str::<Outer>(json).is_err(), "{json}");
            if let Ok(value) = serde_json::from_str::<Value>(json) {
                assert!(from_value::<Outer>(value).is_err(), "{json}");
            }
        }
    }

    #[test]
    fn raw_parts_are_borrowed() {
        let read: Raw<'_> = from_str(r#"{"RAW":[1, 2]}"#).unwrap();
        assert_eq!(read.raw.map(RawValue::get), Some("[1, 2]"));
        let read: Raw<'_> = from_str(r#"{"raw":null}"#).unwrap();
        assert!(read.raw.is_none());
    }

    #[test]
    fn an_escaped_name_is_read() {
        let read: Outer = from_str(r#"{"n\u0075mber":5}"#).unwrap();
        assert_eq!(read.number, 5);
    }
}
