//! Values that only the QR API uses.

mod redirect_url;
#[cfg(test)]
mod tests;
mod ttl;

pub use redirect_url::RedirectUrl;
pub use ttl::Ttl;

use crate::types::characters::length;
use crate::types::checked_text::{Ends, checked_texts};

checked_texts! {
    /// The id that the merchant gives to a merchant redirect QR code (`id`): 1 to 128 characters of
    /// `a-z A-Z 0-9 æøåÆØÅ _ - + %` and spaces, with no space at either end.
    ///
    /// The id belongs to the code for as long as the code exists. Creating a second code with the
    /// same id is a conflict (HTTP 409). After the code is deleted, a new code with the id has
    /// another image. The API's own pattern also accepts line ends and possibly letters of other
    /// alphabets. Both are refused here.
    ///
    /// ```
    /// use vipps::qr::RedirectQrId;
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
    /// The id and the merchant serial number together identify the code, and cannot change. The id
    /// is part of the webhook event `user.checked-in.v1`. The QR API documents neither alphabet nor
    /// length. Texts that would address another path are refused.
    ///
    /// ```
    /// use vipps::qr::CallbackQrId;
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
    /// After [`MobilePayBeacon::put`](super::MobilePayBeacon::put) a scan of the code is a
    /// check-in, and `merchantQrId` of the webhook event `user.checked-in.v1` is this id. The QR
    /// API documents neither alphabet nor length.
    ///
    /// ```
    /// use vipps::qr::BeaconId;
    ///
    /// assert!(BeaconId::parse("123456789012345").is_ok());
    /// assert!(BeaconId::parse("12345/1").is_err());
    /// ```
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
    /// use vipps::qr::LocationDescription;
    ///
    /// assert_eq!(LocationDescription::parse(" Kasse 1 ")?.as_str(), "Kasse 1");
    /// # Ok::<(), vipps::InvalidValue>(())
    /// ```
    plain LocationDescription {
        field: "location_description",
        length: 1..=36,
        count: length,
        characters: "characters without control characters",
        is_allowed: |c| !c.is_control(),
        ends: Ends::Trimmed,
    }
}

const PATH_SEGMENT: &str =
    "characters other than `/`, `\\`, `?`, `#` and control characters, with no space at either end";

/// Returns whether a character keeps its meaning in a segment of a path, percent-encoded.
fn is_in_path_segment(c: char) -> bool {
    !c.is_control() && !matches!(c, '/' | '\\' | '?' | '#')
}
