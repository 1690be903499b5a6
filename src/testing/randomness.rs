//! Reproducible randomness.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::clock::Randomness;

/// Randomness from a seed, so that idempotency keys and the jitter of waits are the same in every
/// run.
///
/// Never use it in production: the API takes two requests with the same key for one.
///
/// ```
/// use vipps::Randomness as _;
/// use vipps::testing::SeededRandomness;
///
/// let (mut one, mut other) = ([0; 16], [0; 16]);
/// SeededRandomness::new(7).fill(&mut one);
/// SeededRandomness::new(7).fill(&mut other);
/// assert_eq!(one, other);
/// ```
#[derive(Debug)]
pub struct SeededRandomness(AtomicU64);

/// The increment of the state of [`SplitMix64`](mix) for each number.
pub(crate) const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// Returns the output of `SplitMix64` for a state. Hand-written, because a library may change its
/// sequence in any release and with it every recorded test.
pub(crate) const fn mix(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl SeededRandomness {
    /// Starts the sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Randomness for SeededRandomness {
    fn fill(&self, buffer: &mut [u8]) {
        for chunk in buffer.chunks_mut(8) {
            let before = self.0.fetch_add(STEP, Ordering::Relaxed);
            let random = mix(before.wrapping_add(STEP)).to_le_bytes();
            for (to, from) in chunk.iter_mut().zip(random) {
                *to = from;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<const N: usize>(random: &SeededRandomness) -> [u8; N] {
        let mut bytes = [0; N];
        random.fill(&mut bytes);
        bytes
    }

    /// Recorded tests depend on the published sequence of `SplitMix64` for the seed 0.
    #[test]
    fn seed_0_gives_the_published_sequence() {
        let random = SeededRandomness::new(0);
        for expected in [
            0xe220_a839_7b1d_cdaf,
            0x6e78_9e6a_a1b9_65f4,
            0x06c4_5d18_8009_454f_u64,
        ] {
            assert_eq!(u64::from_le_bytes(bytes(&random)), expected);
        }
    }

    #[test]
    fn ten_thousand_keys_are_distinct() {
        let random = SeededRandomness::new(1);
        let keys: std::collections::HashSet<[u8; 16]> =
            (0..10_000).map(|_| bytes(&random)).collect();
        assert_eq!(keys.len(), 10_000);
    }
}
