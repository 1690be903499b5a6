//! The texts of requests to several APIs, as one table of their rules.

#[cfg(test)]
mod tests;

use super::InvalidValue;
use super::checked_text::{Ends, checked_texts};

checked_texts! {
    /// The id that the merchant gives to a payment of the eCom API (`orderId`): 1 to 50 characters
    /// of `a-z A-Z 0-9 -` (eCom document).
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

    /// The number of a sales unit, MSN for short: 4 to 10 digits (ePayment document).
    ///
    /// It is sent as the header `Merchant-Serial-Number` and as `merchantSerialNumber` in bodies.
    /// It is text, because the eCom API responds to a JSON number with HTTP 500. Some responses
    /// contain a number, which is
    /// read too. Partners use the number of the merchant, not their own.
    ///
    /// ```
    /// let number = vipps::MerchantSerialNumber::parse("123456")?;
    /// assert_eq!(number.as_str(), "123456");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    #[doc(alias = "MSN")]
    plain MerchantSerialNumber {
        field: "merchant_serial_number",
        length: 4..=10,
        characters: "digits",
        is_allowed: |c| c.is_ascii_digit(),
    }

    /// The value of a `Vipps-System-*` header, such as the name or the version of the calling
    /// system: 1 to 30 visible ASCII characters and spaces (API documents), trimmed.
    plain SystemText {
        field: "system_text",
        length: 1..=30,
        characters: "visible ASCII characters",
        is_allowed: |c| c.is_ascii_graphic() || c == ' ',
        ends: Ends::Trimmed,
    }

    /// The token of a customer who checked in (`customerToken` of the webhook event
    /// `user.checked-in.v1`): 1 to 4096 visible ASCII characters.
    ///
    /// The API documents no length; the limit is that of this crate. The token is valid for 15
    /// minutes (QR API guide). The ePayment API accepts it as the customer of a payment, and
    /// [`Qr::exchange_customer`](crate::qr::Qr::exchange_customer) returns the phone number. It
    /// identifies a person and never appears in `Debug` output or errors. Its memory is overwritten
    /// when it is dropped, unlike copies in request bodies and in the buffers of the HTTP library.
    ///
    /// ```
    /// let token = vipps::types::CustomerToken::parse("wbA8ceVRKkoYiQAV+/AG6Q==")?;
    /// assert_eq!(format!("{token:?}"), "CustomerToken([redacted])");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    secret(Eq) CustomerToken {
        field: "customer_token",
        length: 1..=4096,
        characters: "visible ASCII characters without spaces",
        is_allowed: |c| c.is_ascii_graphic(),
    }

    /// The complete text of a customer's personal QR code, as the scanner read it (`qrCode` of the
    /// exchange): 1 to 2048 characters, trimmed, without spaces and control characters.
    ///
    /// The QR API documents no length; the limit is that of this crate. As the customer of an
    /// ePayment payment, the text has 5 to 255 characters, which is checked when the payment is sent.
    ///
    /// Two forms are in use: `https://qr.vipps.no/p/<token>`, and an older form with the phone
    /// number in clear, `https://qr.vipps.no/28/2/01/031/4791234567?v=1`. Other forms are accepted
    /// too, and the API decides. Pass the whole text, because the API refuses a part of it. Many
    /// scanners append a line end, which is removed. A space inside means that the text contains two
    /// scans.
    ///
    /// It is personal data and never appears in `Debug` output or errors. Its memory is overwritten
    /// when it is dropped, unlike copies in request bodies and in the buffers of the HTTP library.
    ///
    /// ```
    /// let scan = vipps::types::PersonalQr::parse("https://qr.vipps.no/p/abc\r\n")?;
    /// assert_eq!(scan.expose(), "https://qr.vipps.no/p/abc");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    secret(Eq) PersonalQr {
        field: "qr_code",
        length: 1..=2048,
        characters: "characters without spaces and control characters, the whole text of one code",
        is_allowed: |c| !c.is_whitespace() && !c.is_control(),
        ends: Ends::Trimmed,
    }
}

impl OrderId {
    /// Returns the id for another attempt at the same order: this one with `-attempt` appended.
    ///
    /// # Errors
    ///
    /// If the result is longer than 50 characters.
    pub fn with_attempt(&self, attempt: u32) -> Result<Self, InvalidValue> {
        Self::parse(&format!("{self}-{attempt}"))
    }
}
