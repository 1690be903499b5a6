//! Values that only the eCom API uses.

mod fallback_url;
#[cfg(test)]
mod tests;

pub use fallback_url::FallbackUrl;

use crate::types::characters::length;
use crate::types::checked_text::{Ends, checked_texts};

checked_texts! {
    /// The text of a payment, capture, refund or cancel (`transactionText`): 1 to 100 characters,
    /// trimmed.
    ///
    /// The customer sees it, so it must not be sensitive. Characters are counted as in UTF-16,
    /// where most emoji are two, because the API does not document how it counts. Control
    /// characters, including line ends, are refused.
    ///
    /// ```
    /// use vipps::ecom::TransactionText;
    ///
    /// assert_eq!(TransactionText::parse(" One pair of socks ")?.as_str(), "One pair of socks");
    /// assert!(TransactionText::parse("two\nlines").is_err());
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    plain TransactionText {
        field: "transaction_text",
        length: 1..=100,
        count: length,
        characters: "characters without control characters",
        is_allowed: |c| !c.is_control(),
        ends: Ends::Trimmed,
    }

    /// The secret that authenticates the callbacks of a payment (`authToken`): 1 to 255 visible
    /// ASCII characters and spaces, with no space at either end. The merchant chooses it;
    /// [`CallbackAuth::generate`](crate::callback::CallbackAuth::generate) generates one.
    ///
    /// The `Authorization` header of each callback is this text, without a scheme such as `Bearer`
    /// unless the text contains it. [`CallbackAuth`](crate::callback::CallbackAuth) compares it in
    /// constant time.
    ///
    /// The token never appears in `Debug` output or errors. Its memory is overwritten when it is
    /// dropped, except for copies in request bodies and in the buffers of the HTTP library.
    secret AuthToken {
        field: "auth_token",
        length: 1..=255,
        characters: "visible ASCII characters, with no space at either end",
        is_allowed: |c| c.is_ascii_graphic() || c == ' ',
    }
}
