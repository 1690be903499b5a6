//! The credentials of the simulated sales unit.

use std::fmt;

use super::random::Random;

/// The credentials that the simulator accepts. The same seed produces the same keys.
///
/// They are valid nowhere else. `Debug` still hides them, so that a test for leaks can use them.
///
/// ```
/// # use vipps::simulator::Simulator;
/// let sim = Simulator::start()?;
/// // For a program that reads its settings from the environment:
/// let variables = [
///     ("VIPPS_BASE_URL", sim.base_url()),
///     ("VIPPS_CLIENT_ID", sim.keys().client_id()),
///     ("VIPPS_CLIENT_SECRET", sim.keys().client_secret()),
///     ("VIPPS_SUBSCRIPTION_KEY", sim.keys().subscription_key()),
///     ("VIPPS_MERCHANT_SERIAL_NUMBER", sim.keys().merchant_serial_number()),
/// ];
/// let mut program = std::process::Command::new("my-shop");
/// program.envs(variables);
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Keys {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) subscription_key: String,
    pub(crate) merchant_serial_number: String,
}

impl Keys {
    pub(crate) fn new(random: &mut Random, merchant_serial_number: String) -> Self {
        use base64::Engine as _;
        Self {
            client_id: random.uuid(),
            client_secret: base64::engine::general_purpose::STANDARD.encode(random.bytes::<16>()),
            subscription_key: random.hex32(),
            merchant_serial_number,
        }
    }

    /// Returns the `client_id` header of the token request: a GUID.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the `client_secret` header of the token request.
    pub fn client_secret(&self) -> &str {
        &self.client_secret
    }

    /// Returns the `Ocp-Apim-Subscription-Key` header of every request: 32 hexadecimal digits.
    pub fn subscription_key(&self) -> &str {
        &self.subscription_key
    }

    /// Returns the merchant serial number (MSN) of the sales unit.
    pub fn merchant_serial_number(&self) -> &str {
        &self.merchant_serial_number
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("client_id", &"[redacted]")
            .field("client_secret", &"[redacted]")
            .field("subscription_key", &"[redacted]")
            .field("merchant_serial_number", &self.merchant_serial_number)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_key() {
        let keys = Keys::new(&mut Random::new(0), "123456".into());
        let shown = format!("{keys:?}");
        for secret in [
            keys.client_id(),
            keys.client_secret(),
            keys.subscription_key(),
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
        assert!(shown.contains("123456"));
    }

    #[test]
    fn same_seed_makes_the_same_keys() {
        let keys = |seed| Keys::new(&mut Random::new(seed), "123456".into());
        assert_eq!(keys(1), keys(1));
        assert_ne!(keys(1), keys(2));
        assert_eq!(keys(1).subscription_key().len(), 32);
    }
}
