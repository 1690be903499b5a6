//! Schemas of the value types.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::ecom::{AuthToken, FallbackUrl, TransactionText};
use crate::qr::{BeaconId, CallbackQrId, LocationDescription, RedirectQrId, RedirectUrl, Ttl};
use crate::types::{
    Amount, Currency, CustomerToken, HttpsUrl, ImageSize, Kroner, LandingPage,
    MerchantSerialNumber, OrderId, PersonalQr, PhoneNumber, Reference, RequestId, Scope, Sensitive,
    SystemText, Timestamp,
};

macro_rules! values {
    ($($module:ident::$name:ident $description:literal $json:tt)*) => {
        $(
            impl JsonSchema for $name {
                /// Inlined, so that the limits are part of the schema that uses the value.
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn schema_id() -> Cow<'static, str> {
                    concat!("vipps::", stringify!($module), "::", stringify!($name)).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    let mut schema = json_schema!($json);
                    schema.insert("description".to_owned(), $description.into());
                    schema
                }
            }
        )*

        /// Every type of this file, by its path in the crate.
        pub(super) fn all() -> Vec<(&'static str, Schema)> {
            vec![$((
                concat!(stringify!($module), "::", stringify!($name)),
                super::of::<$name>(),
            )),*]
        }
    };
}

/// A pattern for texts without control characters.
const PRINTED: &str = r"^[^\u0000-\u001f\u007f-\u009f]*$";
/// A pattern for texts without spaces. Regex dialects differ in the meaning of `\\s`, so it is not
/// used.
const WORD: &str = r"[^\u0000-\u0020\u007f-\u009f]+";
/// A pattern for one path segment.
const SEGMENT: &str = r"^[^/\\?#\u0000-\u001f\u007f-\u009f]+$";

values! {
    types::Amount "An amount of money in minor units of a currency; 100 øre are 1 NOK."
        {
            "type": "object",
            "properties": {
                "value": {"type": "integer", "format": "int64"},
                "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
            },
            "required": ["value", "currency"],
        }
    ecom::AuthToken "The token that authenticates callbacks, chosen by the merchant."
        {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": AuthToken::MAX_LEN}
    qr::BeaconId "The id of a printed MobilePay code."
        {"type": "string", "pattern": SEGMENT, "minLength": 1, "maxLength": BeaconId::MAX_LEN}
    qr::CallbackQrId "The merchant's id of a merchant callback QR code."
        {"type": "string", "pattern": SEGMENT, "minLength": 1, "maxLength": CallbackQrId::MAX_LEN}
    types::Currency "A currency code of ISO 4217."
        {"type": "string", "pattern": "^[A-Z]{3}$"}
    types::CustomerToken "The token of a customer who checked in."
        {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": CustomerToken::MAX_LEN}
    ecom::FallbackUrl "The page or app that opens after the payment: an https URL, an app link, or the word INTENT."
        {"type": "string", "pattern": "^([A-Za-z][A-Za-z0-9+.-]*:[!-~]+|INTENT)$", "maxLength": 255}
    types::HttpsUrl "A URL of the merchant that Vipps MobilePay calls."
        {"type": "string", "format": "uri", "pattern": "^[Hh][Tt][Tt][Pp][Ss]://[!-~]+$", "maxLength": 255}
    types::ImageSize "The width and height of a PNG in pixels."
        {"type": "integer", "minimum": ImageSize::MIN.as_pixels(), "maximum": ImageSize::MAX.as_pixels()}
    types::LandingPage "The landing page or app link of a payment."
        {"type": "string", "format": "uri", "pattern": r"^[A-Za-z][A-Za-z0-9+.-]*:[^\u0000-\u001f\u007f-\u009f]+$"}
    qr::LocationDescription "The location of a merchant callback QR code."
        {"type": "string", "pattern": PRINTED, "minLength": 1, "maxLength": LocationDescription::MAX_LEN}
    types::MerchantSerialNumber "The merchant serial number of a sales unit."
        {"type": "string", "pattern": "^[0-9]{4,10}$"}
    types::OrderId "The merchant's id of a payment of the eCom API."
        {"type": "string", "pattern": "^[a-zA-Z0-9-]{1,50}$", "maxLength": OrderId::MAX_LEN}
    types::Reference "The merchant's reference of a payment of the ePayment API."
        {"type": "string", "pattern": "^[a-zA-Z0-9-]{1,64}$", "maxLength": Reference::MAX_LEN}
    types::PersonalQr "The text of the personal QR code in a customer's app."
        {"type": "string", "pattern": format!("^{WORD}$"), "minLength": 1, "maxLength": PersonalQr::MAX_LEN}
    types::PhoneNumber "A country code and number, digits only. Eight digits have a plus in front."
        {"type": "string", "pattern": r"^(\+[1-9][0-9]{7}|[1-9][0-9]{8,14})$"}
    qr::RedirectQrId "The merchant's id of a merchant redirect QR code."
        {
            "type": "string",
            "pattern": "^[a-zA-Z0-9æøåÆØÅ_+%-]([a-zA-Z0-9æøåÆØÅ_+% -]*[a-zA-Z0-9æøåÆØÅ_+%-])?$",
            "minLength": 1,
            "maxLength": RedirectQrId::MAX_LEN,
        }
    qr::RedirectUrl "The page that a merchant redirect QR code opens."
        {"type": "string", "format": "uri", "pattern": "^https://[a-zA-Z0-9_.][a-zA-Z0-9_.#!:?+=&%@/-]*$"}
    types::RequestId "The idempotency key of a request."
        {"type": "string", "pattern": "^[!-~]+$", "minLength": 1, "maxLength": 50}
    types::Scope "The data that the customer is asked to share: names, separated by spaces."
        {"type": "string", "pattern": format!("^{WORD}( {WORD})*$")}
    types::Sensitive "A secret or personal data."
        {"type": "string"}
    types::Kroner "A shipping cost in kroner, with at most two decimals."
        {"type": "number", "minimum": 0, "maximum": 21_474_836.47}
    types::SystemText "The name or version of the calling system."
        {"type": "string", "pattern": "^[!-~]([ -~]*[!-~])?$", "minLength": 1, "maxLength": SystemText::MAX_LEN}
    types::Timestamp "A time in ISO 8601, or in seconds since 1970."
        {"type": ["string", "integer"]}
    ecom::TransactionText "The text that the customer sees."
        {"type": "string", "pattern": PRINTED, "minLength": 1, "maxLength": TransactionText::MAX_LEN}
    qr::Ttl "The lifetime of a merchant redirect QR code in seconds."
        {"type": "integer", "minimum": Ttl::MIN.as_secs(), "maximum": Ttl::MAX.as_secs()}
}
