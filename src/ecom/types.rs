//! Values that only the eCom API uses.

mod fallback_url;
#[cfg(test)]
mod tests;

pub use fallback_url::FallbackUrl;

use crate::types::characters::length;
use crate::types::checked_text::{Ends, checked_texts};

checked_texts! {
    /// The subject of a payment, capture, refund or cancellation (`transactionText`): 1 to 100
    /// characters, trimmed.
    ///
    /// The customer sees it, so it must not be sensitive. Characters are counted as in UTF-16,
    /// where most emoji are two, because the API does not document how it counts. Control
    /// characters, including line ends, are refused.
    plain TransactionText {
        field: "transaction_text",
        length: 1..=100,
        count: length,
        characters: "characters without control characters",
        is_allowed: |c| !c.is_control(),
        ends: Ends::Trimmed,
    }

    /// A secret of the merchant's choice that comes back with each callback of a payment
    /// (`authToken`): 1 to 255 visible ASCII characters, with spaces between them only.
    ///
    /// The `Authorization` header of the callback is this text, without a scheme such as `Bearer`
    /// unless the text contains it. It never appears in `Debug` output or errors. Its memory is
    /// overwritten when it is dropped. Copies in request bodies and in the buffers of the HTTP
    /// library are not. Compare it in constant time.
    secret AuthToken {
        field: "auth_token",
        length: 1..=255,
        characters: "visible ASCII characters, with no space at either end",
        is_allowed: |c| c.is_ascii_graphic() || c == ' ',
    }
}
