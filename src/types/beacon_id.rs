//! The id of a printed MobilePay code.

use super::InvalidValue;
use super::callback_qr_id::check_path_segment;
use super::text::text_type;

/// The id of a MobilePay point-of-sale code that is already printed (`beaconId`): 1 to 128 characters, without
/// `/ \ ? #` and control characters, and no blank at either end.
///
/// Mapping it to the merchant serial number makes a scan of it a check-in; `merchantQrId` of the webhook event
/// `user.checked-in.v1` is then this id. The QR API documents neither alphabet nor length.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BeaconId(String);

text_type!(BeaconId);

impl BeaconId {
    /// The most characters that an id can have.
    pub const MAX_LEN: usize = super::CallbackQrId::MAX_LEN;

    /// Checks the text; nothing is trimmed.
    ///
    /// # Errors
    /// Names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        check_path_segment("beacon_id", text)?;
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_rule() {
        for text in ["123456789012345", "abc-DEF", &"x".repeat(128)] {
            let id = BeaconId::parse(text).unwrap();
            assert_eq!(id.as_str(), text);
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<BeaconId>(&json).unwrap(), id);
        }
        for text in ["", " ", "a/b", "..", "a\r", "?a", &"x".repeat(129)] {
            let error = BeaconId::parse(text).unwrap_err();
            assert_eq!(error.field(), "beacon_id", "{text:?}");
        }
    }
}
