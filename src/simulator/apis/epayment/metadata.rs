//! The merchant's own data about a payment.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::error_codes::{
    DUPLICATE_METADATA, METADATA_KEY_TOO_LONG, METADATA_VALUE_TOO_LONG, TOO_MANY_METADATA,
};

const MOST_PAIRS: usize = 5;
/// The longest key and the longest value, in characters.
const LONGEST_KEY: usize = 100;
const LONGEST_VALUE: usize = 500;

#[derive(Deserialize)]
struct Body {
    metadata: Option<Pairs>,
}

/// All pairs of an object. A JSON value would have only the last of two pairs with the same name.
#[derive(Default)]
struct Pairs(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(All)
    }
}

/// Reads the metadata of a request that matches the document. An error is the error code.
pub(super) fn read(body: &[u8]) -> Result<Vec<(String, String)>, &'static str> {
    let body: Option<Body> = serde_json::from_slice(body).ok();
    let Pairs(pairs) = body.and_then(|body| body.metadata).unwrap_or_default();
    if pairs.len() > MOST_PAIRS {
        return Err(TOO_MANY_METADATA);
    }
    for (index, (key, value)) in pairs.iter().enumerate() {
        if pairs.iter().skip(index + 1).any(|(other, _)| other == key) {
            return Err(DUPLICATE_METADATA);
        }
        if key.chars().count() > LONGEST_KEY {
            return Err(METADATA_KEY_TOO_LONG);
        }
        if value.chars().count() > LONGEST_VALUE {
            return Err(METADATA_VALUE_TOO_LONG);
        }
    }
    Ok(pairs)
}
