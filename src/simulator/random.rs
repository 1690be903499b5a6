//! The simulator's only source of randomness. The same seed produces the same ids, tokens and
//! faults.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::testing::{STEP, mix};

#[derive(Debug, Clone)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        mix(self.0)
    }

    pub(crate) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        for chunk in out.chunks_mut(8) {
            let random = self.next().to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(random) {
                *to = from;
            }
        }
        out
    }

    /// Returns `true` with this probability.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit a double exactly
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        ((self.next() >> 11) as f64) < probability * ((1_u64 << 53) as f64)
    }

    /// Returns 32 hexadecimal digits.
    pub(crate) fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }

    pub(crate) fn uuid(&mut self) -> String {
        let high = u128::from(self.next()) << 64;
        uuid(high | u128::from(self.next()))
    }

    /// Returns a W3C trace id, as the QR API sends it in `instance`.
    pub(crate) fn trace_id(&mut self) -> String {
        format!("00-{}-{:016x}-00", self.hex32(), self.next())
    }

    /// Returns a text of the form `eyJ….….…`, with readable claims and a random signature.
    pub(crate) fn jwt<const SIGNATURE: usize>(&mut self, claims: &serde_json::Value) -> String {
        format!(
            "{}.{}.{}",
            URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"RS256","kid":"simulator"}"#),
            URL_SAFE_NO_PAD.encode(claims.to_string()),
            URL_SAFE_NO_PAD.encode(self.bytes::<SIGNATURE>())
        )
    }

    /// Returns eight letters and digits, as at the end of a QR code's text.
    pub(crate) fn slug(&mut self) -> String {
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let mut bits = self.next();
        (0..8)
            .map(|_| {
                let letter = ALPHABET[usize::from((bits & 31) as u8)];
                bits >>= 5;
                char::from(letter)
            })
            .collect()
    }
}

/// Formats 122 of these 128 bits as a UUID of version 4.
pub(crate) fn uuid(bits: u128) -> String {
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        bits >> 96,
        (bits >> 80) & 0xffff,
        (bits >> 64) & 0xfff,
        0x8000 | ((bits >> 48) & 0x3fff),
        bits & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_makes_the_same_sequence() {
        let (mut a, mut b) = (Random::new(7), Random::new(7));
        assert_eq!(a.uuid(), b.uuid());
        assert_eq!(a.slug(), b.slug());
        assert_ne!(a.uuid(), a.uuid());
        assert_ne!(Random::new(8).uuid(), Random::new(7).uuid());
    }

    #[test]
    fn chance_is_false_at_zero_and_true_at_one() {
        let mut random = Random::new(1);
        for _ in 0..1000 {
            assert!(!random.chance(0.0));
            assert!(random.chance(1.0));
        }
        let hits = (0..10_000).filter(|_| random.chance(0.25)).count();
        assert!((2_300..2_700).contains(&hits), "{hits} of 10000");
    }

    #[test]
    fn uuid_has_version_4() {
        let uuid = Random::new(3).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8'..=b'b'), "{uuid}");
    }
}
