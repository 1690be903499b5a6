//! The values of requests, each checked before it can be sent.

mod invalid;
pub use invalid::InvalidValue;

mod fallback_url;
mod https_url;
mod landing_page;
mod redirect_url;
mod text_type;

pub use fallback_url::FallbackUrl;
pub use https_url::HttpsUrl;
pub use landing_page::LandingPage;
pub use redirect_url::RedirectUrl;
