//! Value types: the values that their schemas allow and that the types accept.

use std::fmt::Debug;
use std::str::FromStr;
use std::time::Duration;

use jsonschema::Validator;
use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};
use vipps::ecom::{AuthToken, FallbackUrl, TransactionText};
use vipps::qr::{BeaconId, CallbackQrId, LocationDescription, RedirectQrId, RedirectUrl, Ttl};
use vipps::types::*;
use vipps::{Amount, MerchantSerialNumber, OrderId, PhoneNumber, Reference, RequestId};

use super::{schemas, validator};

/// The relation of a schema to its type: it accepts exactly the same values, or more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strictness {
    All,
    /// All values except those described in the text.
    AllBut(&'static str),
}

const ENDS: &str = "spaces at the ends, and texts of spaces only";
const URLS: &str = "the rules of URLs";

/// Compares a text type with its schema.
pub(super) struct Text {
    pub(super) name: &'static str,
    strictness: Strictness,
    schema: Validator,
    /// Returns the value in JSON if the type accepts the text.
    parse: fn(&str) -> Option<Value>,
}

fn text<T: FromStr<Err: Debug> + Serialize>(name: &'static str, strictness: Strictness) -> Text {
    Text {
        name,
        strictness,
        schema: validator(name),
        parse: |text| Some(json!(text.parse::<T>().ok()?)),
    }
}

pub(super) fn texts() -> Vec<Text> {
    use Strictness::{All, AllBut};
    vec![
        text::<AuthToken>("ecom::AuthToken", All),
        text::<BeaconId>("qr::BeaconId", AllBut(ENDS)),
        text::<CallbackQrId>("qr::CallbackQrId", AllBut(ENDS)),
        text::<Currency>("types::Currency", All),
        text::<CustomerToken>("types::CustomerToken", All),
        text::<FallbackUrl>("ecom::FallbackUrl", AllBut(URLS)),
        text::<HttpsUrl>("types::HttpsUrl", AllBut(URLS)),
        text::<LandingPage>("types::LandingPage", AllBut(URLS)),
        text::<LocationDescription>("qr::LocationDescription", AllBut(ENDS)),
        text::<MerchantSerialNumber>("types::MerchantSerialNumber", All),
        text::<OrderId>("types::OrderId", All),
        text::<Reference>("types::Reference", All),
        text::<PersonalQr>("types::PersonalQr", AllBut("other kinds of white space")),
        text::<PhoneNumber>(
            "types::PhoneNumber",
            AllBut("the length of Norwegian numbers"),
        ),
        text::<RedirectQrId>("qr::RedirectQrId", All),
        text::<RedirectUrl>("qr::RedirectUrl", All),
        text::<RequestId>("types::RequestId", All),
        text::<Scope>("types::Scope", AllBut("other kinds of white space")),
        text::<SystemText>("types::SystemText", All),
        text::<TransactionText>("ecom::TransactionText", AllBut(ENDS)),
    ]
}

impl Text {
    fn check(&self, text: &str) -> Result<(), TestCaseError> {
        let accepted = (self.parse)(text);
        if let Some(value) = &accepted {
            prop_assert!(
                self.schema.is_valid(value),
                "{}: the schema refuses {value}, which is {text:?} in JSON",
                self.name
            );
        }
        if self.strictness == Strictness::All && self.schema.is_valid(&json!(text)) {
            prop_assert!(
                accepted.is_some(),
                "{}: the type refuses {text:?}, which its schema allows",
                self.name
            );
        }
        Ok(())
    }
}

/// Texts on both sides of every rule.
fn any_text() -> impl Strategy<Value = String> {
    let length = prop_oneof![0..60_usize, 95..105_usize, 120..135_usize, 250..260_usize];
    let long = (r"[a-z0-9 /.:-]", length).prop_map(|(text, length)| text.repeat(length));
    prop_oneof![
        any::<String>(),
        long,
        "[ -~]{0,60}",
        "[A-Z]{2,4}",
        "[0-9+]{3,16}",
        "(47|45)?[2-9][0-9]{6,7}",
        "[a-zA-Z0-9æøåÆØÅ_+% -]{0,20}",
        r"[a-zA-Z0-9 \t\n]{0,12}",
        "(https|HTTPS|http|vipps|myapp)://[a-z0-9.-]{0,12}[/?#a-z0-9%@:]{0,12}",
        "(https|HTTPS)://([a-z]{1,4}\\.)?example\\.com(/[a-z%0-9]{0,5}){0,2}",
        "(name|email|sub|x)( (name|email|x)){0,3}",
        Just("INTENT".to_owned()),
        Just(".".to_owned()),
        Just("a\u{a0}b".to_owned()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn text_types_agree_with_their_schemas(text in any_text()) {
        thread_local!(static TEXTS: Vec<Text> = texts());
        TEXTS.with(|texts| texts.iter().try_for_each(|of| of.check(&text)))?;
    }

    #[test]
    fn number_types_agree_with_their_schemas(number in prop_oneof![
        any::<i64>(), -5..2_500_i64, 2_147_483_640..2_147_483_655_i64,
    ]) {
        thread_local!(static SCHEMAS: [Validator; 4] =
            ["types::Amount", "types::ImageSize", "types::Kroner", "qr::Ttl"].map(validator));
        SCHEMAS.with(|[amount, size, cost, ttl]| {
            prop_assert!(amount.is_valid(&json!(Amount::minor(number, Currency::NOK))));
            let pixels = u16::try_from(number).ok().and_then(|pixels| ImageSize::new(pixels).ok());
            prop_assert_eq!(size.is_valid(&json!(number)), pixels.is_some());
            let life = u64::try_from(number).ok().map(Duration::from_secs);
            prop_assert_eq!(ttl.is_valid(&json!(number)), life.is_some_and(|life| Ttl::new(life).is_ok()));
            if let Ok(price) = Kroner::new(Amount::minor(number, Currency::NOK)) {
                prop_assert!(cost.is_valid(&json!(price)), "{price:?}");
            }
            let kroner = number % 30_000_000;
            prop_assert_eq!(cost.is_valid(&json!(kroner)), Kroner::new(Amount::nok(kroner)).is_ok());
            Ok(())
        })?;
    }
}

/// Each text type is tested with accepted and with refused texts.
#[test]
fn test_texts_cover_both_sides_of_each_rule() {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let tested: Vec<String> = (0..2_000)
        .map(|_| any_text().new_tree(&mut runner).unwrap().current())
        .collect();
    for of in texts() {
        let accepted = tested
            .iter()
            .filter(|text| (of.parse)(text).is_some())
            .count();
        let allowed = tested
            .iter()
            .filter(|text| of.schema.is_valid(&json!(text)))
            .count();
        assert!(
            accepted > 0 && accepted < tested.len(),
            "{}: the type accepts {accepted} texts",
            of.name
        );
        assert!(
            allowed > 0 && allowed < tested.len(),
            "{}: the schema allows {allowed} texts",
            of.name
        );
        if let Strictness::AllBut(what) = of.strictness {
            let more = tested
                .iter()
                .any(|text| (of.parse)(text).is_none() && of.schema.is_valid(&json!(text)));
            assert!(
                more,
                "{}: no text shows that the schema allows more ({what})",
                of.name
            );
        }
    }
}

#[test]
fn every_value_type_is_tested() {
    let tested: Vec<_> = texts().iter().map(|of| of.name).collect();
    let others: Vec<_> = schemas()
        .into_keys()
        .filter(|name| name.starts_with("types::") && !tested.contains(name))
        .collect();
    let numbers_and_anything = [
        "types::Amount",
        "types::ImageSize",
        "types::Kroner",
        "types::Sensitive",
        "types::Timestamp",
    ];
    assert_eq!(others, numbers_and_anything);
}

/// The schema of a user's type contains our schemas with their limits.
#[test]
fn schema_of_a_user_type_contains_ours() {
    /// A type of a user.
    #[derive(schemars::JsonSchema)]
    #[allow(dead_code, reason = "a shape")]
    struct Row {
        order: OrderId,
        total: Amount,
        address: Option<vipps::ecom::Address>,
        state: vipps::ecom::Operation,
    }
    let schema = schemars::schema_for!(Row).to_value();
    assert_eq!(schema["properties"]["order"]["maxLength"], 50);
    assert_eq!(schema["properties"]["total"]["type"], "object");
    let address = &schema["properties"]["address"]["anyOf"][0]["$ref"];
    assert_eq!(address, "#/$defs/Address");
    assert!(schema["$defs"]["Address"]["properties"]["city"].is_object());
    assert_eq!(schema["properties"]["state"]["type"], "string");
}
