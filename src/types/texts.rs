//! The texts of requests, as one table of their rules.

#[cfg(test)]
mod tests;

use super::InvalidValue;
use super::checked_text::{Ends, checked_texts};
use super::text::length;

checked_texts! {
    /// The id that the merchant gives to a payment (`orderId`): 1 to 50 characters of
    /// `a-z A-Z 0-9 -`.
    ///
    /// It is unique for a merchant serial number, and case-sensitive. The customer sees it. Vipps
    /// MobilePay recommends at least six characters, not only digits and no leading zero, such as
    /// `acme-shop-123-order123abc`. The first payment that is started with an id uses it up, even
    /// if the payment is cancelled. Another attempt needs another id, see
    /// [`OrderId::with_attempt`].
    ///
    /// ```
    /// let order = vipps::OrderId::parse("acme-shop-123")?;
    /// assert_eq!(order.with_attempt(2)?.as_str(), "acme-shop-123-2");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    ///
    /// The id is cheap to clone.
    shared OrderId {
        field: "order_id",
        length: 1..=50,
        characters: "characters of a-z, A-Z, 0-9 and `-`",
        is_allowed: |c| c.is_ascii_alphanumeric() || c == '-',
    }

    /// The number of a sales unit, MSN for short: 4 to 10 digits.
    ///
    /// It is sent as the `Merchant-Serial-Number` header and as `merchantSerialNumber` in bodies.
    /// It is text, because the API fails on a number. Some responses have a number, which is read
    /// too. Partners use the number of the merchant, not their own.
    plain MerchantSerialNumber {
        field: "merchant_serial_number",
        length: 4..=10,
        characters: "digits",
        is_allowed: |c| c.is_ascii_digit(),
    }

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

    /// The value of a `Vipps-System-*` header, such as the name or the version of the calling
    /// system: 1 to 30 visible ASCII characters and spaces, trimmed.
    plain SystemText {
        field: "system_text",
        length: 1..=30,
        characters: "visible ASCII characters",
        is_allowed: |c| c.is_ascii_graphic() || c == ' ',
        ends: Ends::Trimmed,
    }

    /// The id that the merchant gives to a merchant redirect QR code (`id`): 1 to 128 characters of
    /// `a-z A-Z 0-9 æøåÆØÅ _ - + %` and spaces, with no space at either end.
    ///
    /// The id belongs to the code for as long as the code exists. Creating a second code with the
    /// same id is a conflict (HTTP 409). After the code is deleted, a new code with the id has
    /// another image. The API's own pattern also accepts line ends and possibly letters of other
    /// alphabets. Both are refused here.
    ///
    /// ```
    /// use vipps::types::RedirectQrId;
    ///
    /// assert!(RedirectQrId::parse("billboard_1").is_ok());
    /// assert!(RedirectQrId::parse("billboard/1").is_err());
    /// ```
    plain RedirectQrId {
        field: "id",
        length: 1..=128,
        characters: "characters of a-z, A-Z, 0-9, æøåÆØÅ, spaces and `_ - + %`, with no space at either end",
        is_allowed: |c| c.is_ascii_alphanumeric() || "_-+% æøåÆØÅ".contains(c),
    }

    /// The id that the merchant gives to a merchant callback QR code (`merchantQrId`), such as a
    /// UUID or the name of a till: 1 to 128 characters other than `/ \ ? #` and control characters,
    /// with no space at either end.
    ///
    /// It identifies the code together with the merchant serial number. Neither can change. It is
    /// part of the webhook event `user.checked-in.v1`. The QR API documents neither alphabet nor
    /// length. Texts that would address another path are refused.
    ///
    /// ```
    /// use vipps::types::CallbackQrId;
    ///
    /// assert!(CallbackQrId::parse("27072f82-c4b6-49cd-9838-10f21d87496e").is_ok());
    /// assert!(CallbackQrId::parse("till/1").is_err());
    /// ```
    plain CallbackQrId {
        field: "merchant_qr_id",
        length: 1..=128,
        characters: PATH_SEGMENT,
        is_allowed: is_in_path_segment,
        reserved: &[".", ".."],
    }

    /// The id of a MobilePay point-of-sale code that is already printed (`beaconId`): 1 to 128
    /// characters other than `/ \ ? #` and control characters, with no space at either end.
    ///
    /// When it is mapped to the merchant serial number, a scan of the code is a check-in, and
    /// `merchantQrId` of the webhook event `user.checked-in.v1` is this id. The QR API documents
    /// neither alphabet nor length.
    plain BeaconId {
        field: "beacon_id",
        length: 1..=128,
        characters: PATH_SEGMENT,
        is_allowed: is_in_path_segment,
        reserved: &[".", ".."],
    }

    /// The place of a merchant callback QR code (`locationDescription`), such as `Kasse 1` or
    /// `Platform 3`: 1 to 36 characters, trimmed.
    ///
    /// The app shows it to the customer after a scan. Characters are counted as in UTF-16, where
    /// most emoji are two, because the API does not document how it counts. Control characters,
    /// including line ends, are refused.
    ///
    /// ```
    /// use vipps::types::LocationDescription;
    ///
    /// assert_eq!(LocationDescription::parse(" Kasse 1 ")?.as_str(), "Kasse 1");
    /// # Ok::<(), vipps::types::InvalidValue>(())
    /// ```
    plain LocationDescription {
        field: "location_description",
        length: 1..=36,
        count: length,
        characters: "characters without control characters",
        is_allowed: |c| !c.is_control(),
        ends: Ends::Trimmed,
    }

    /// The token of a customer who checked in (`customerToken` of the webhook event
    /// `user.checked-in.v1`): 1 to 4096 visible ASCII characters.
    ///
    /// It is valid for 15 minutes. The ePayment API accepts it unchanged; the exchange returns the
    /// phone number for it. It identifies a person and never appears in `Debug` output or errors.
    /// Its memory is overwritten when it is dropped. Copies in request bodies and in the buffers of
    /// the HTTP library are not.
    secret(Eq) CustomerToken {
        field: "customer_token",
        length: 1..=4096,
        characters: "visible ASCII characters without spaces",
        is_allowed: |c| c.is_ascii_graphic(),
    }

    /// The complete text of a customer's personal QR code, as the scanner read it (`qrCode` of the
    /// exchange): 1 to 2048 characters, trimmed, without spaces and control characters.
    ///
    /// Two forms are in use: `https://qr.vipps.no/p/<token>`, and an older form with the phone
    /// number in clear, `https://qr.vipps.no/28/2/01/031/4791234567?v=1`. There may be other forms,
    /// so every text is accepted, and the API decides. Pass the whole text, because the API refuses
    /// a part of it. Many scanners append a line end, which is removed. A space inside means that
    /// the text contains two scans.
    ///
    /// It is personal data and never appears in `Debug` output or errors. Its memory is overwritten
    /// when it is dropped. Copies in request bodies and in the buffers of the HTTP library are not.
    secret(Eq) PersonalQr {
        field: "qr_code",
        length: 1..=2048,
        characters: "characters without spaces and control characters, the whole text of one code",
        is_allowed: |c| !c.is_whitespace() && !c.is_control(),
        ends: Ends::Trimmed,
    }
}

const PATH_SEGMENT: &str =
    "characters other than `/`, `\\`, `?`, `#` and control characters, with no space at either end";

/// Returns whether a character keeps its meaning in a segment of a path, percent-encoded.
fn is_in_path_segment(c: char) -> bool {
    !c.is_control() && !matches!(c, '/' | '\\' | '?' | '#')
}

impl OrderId {
    /// Returns the id for another attempt at the same order: this one with `-attempt` appended.
    ///
    /// # Errors
    ///
    /// When the result is longer than 50 characters.
    pub fn with_attempt(&self, attempt: u32) -> Result<Self, InvalidValue> {
        Self::parse(&format!("{self}-{attempt}"))
    }
}
