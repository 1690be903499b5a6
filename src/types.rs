//! The values that the APIs take and give: each checked once, where it is made.
//!
//! What is sent is strict: a value of one of these types keeps the documented rule of its field, and anything else is
//! an [`InvalidValue`] before the wire. What is read is lenient: spellings that the API is known to use are understood.

mod amount;
mod any_json;
mod auth_token;
mod beacon_id;
pub(crate) mod by_name;
mod callback_qr_id;
pub(crate) mod characters;
mod currency;
mod customer_token;
mod fallback_url;
mod https_url;
mod image_size;
mod invalid;
mod landing_page;
pub(crate) mod lenient;
mod location;
mod merchant_serial_number;
pub(crate) mod open_enum;
mod order_id;
mod path_segment;
mod personal_qr;
mod phone_number;
mod redirect_qr_id;
mod redirect_url;
mod request_id;
mod scope;
mod sensitive;
mod shipping_cost;
mod system_text;
pub(crate) mod text;
mod timestamp;
mod transaction_text;
mod ttl;

pub use amount::Amount;
pub use any_json::AnyJson;
pub use auth_token::AuthToken;
pub use beacon_id::BeaconId;
pub use callback_qr_id::CallbackQrId;
pub use currency::Currency;
pub use customer_token::CustomerToken;
pub use fallback_url::FallbackUrl;
pub use https_url::HttpsUrl;
pub use image_size::ImageSize;
pub use invalid::InvalidValue;
pub use landing_page::LandingPage;
pub use location::LocationDescription;
pub use merchant_serial_number::MerchantSerialNumber;
pub use order_id::OrderId;
pub use path_segment::PathSegment;
pub use personal_qr::PersonalQr;
pub use phone_number::PhoneNumber;
pub use redirect_qr_id::RedirectQrId;
pub use redirect_url::RedirectUrl;
pub use request_id::RequestId;
pub use scope::{Scope, ScopeItem};
pub use sensitive::Sensitive;
pub use shipping_cost::ShippingCost;
pub use system_text::SystemText;
pub use timestamp::Timestamp;
pub use transaction_text::TransactionText;
pub use ttl::Ttl;
