//! The values in requests and responses of the APIs.
//!
//! Requests are strict: a value of one of these types follows the documented rule of its field, and
//! any other value is an [`InvalidValue`] before anything is sent. Responses are lenient: every
//! spelling that an API is known to use is accepted.

mod address;
mod airline_data;
mod amount;
mod any_json;
pub(crate) mod by_name;
pub(crate) mod characters;
pub(crate) mod checked_text;
mod currency;
pub(crate) mod http_date;
pub(crate) mod https_url;
mod image_size;
mod invalid;
#[cfg(feature = "schemars")]
pub(crate) mod json_schema;
mod kroner;
mod landing_page;
pub(crate) mod lenient;
pub(crate) mod open_enum;
mod path_segment;
mod phone_number;
mod qr_format;
mod reference;
mod request_id;
mod scope;
mod sensitive;
pub(crate) mod text_type;
mod texts;
mod timestamp;

pub use address::Address;
pub use airline_data::AirlineData;
pub use amount::Amount;
pub use any_json::AnyJson;
pub use currency::Currency;
pub use https_url::HttpsUrl;
pub use image_size::ImageSize;
pub use invalid::InvalidValue;
pub use kroner::Kroner;
pub use landing_page::LandingPage;
pub use path_segment::PathSegment;
pub use phone_number::PhoneNumber;
pub use qr_format::QrFormat;
pub use reference::Reference;
pub use request_id::RequestId;
pub use scope::{Scope, ScopeItem};
pub use sensitive::Sensitive;
pub use texts::{CustomerToken, MerchantSerialNumber, OrderId, PersonalQr, SystemText};
pub use timestamp::Timestamp;
