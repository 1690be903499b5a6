//! The values that the APIs take and give: each checked once, where it is made.
//!
//! What is sent is strict: a value of one of these types keeps the documented rule of its field, and anything else is
//! an [`InvalidValue`] before the wire. What is read is lenient: spellings that the API is known to use are understood.

mod amount;
mod invalid;
pub(crate) mod lenient;
pub(crate) mod text;

pub use amount::Amount;
pub use invalid::InvalidValue;
