//! Randomness as a parameter: ids, codes, tokens and seeds.

use std::{fmt, sync::Mutex};

use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use ring::rand::{SecureRandom, SystemRandom};

/// Where random bytes come from.
pub trait IdSource: Send + Sync + fmt::Debug + 'static {
    /// Fills the buffer with random bytes.
    fn fill(&self, buffer: &mut [u8]);

    /// Sixteen random bits: a session id's suffix.
    fn suffix(&self) -> u16 {
        let mut bytes = [0; 2];
        self.fill(&mut bytes);
        u16::from_be_bytes(bytes)
    }

    /// A token of 128 random bits in lower-case hex (32 characters): row ids that clients see.
    fn token(&self) -> String {
        let mut bytes = [0; 16];
        self.fill(&mut bytes);
        hex::encode(bytes)
    }

    /// A uniform number below `bound` (by rejection, so no value is likelier than another).
    fn below(&self, bound: u32) -> u32 {
        let limit = u32::MAX - u32::MAX % bound.max(1);
        loop {
            let mut bytes = [0; 4];
            self.fill(&mut bytes);
            let drawn = u32::from_be_bytes(bytes);
            if drawn < limit {
                return drawn % bound.max(1);
            }
        }
    }
}

/// The operating system's random source.
#[derive(Debug)]
pub struct SystemIds(SystemRandom);

impl SystemIds {
    /// Opens the source.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemIds {
    fn default() -> Self {
        Self::new()
    }
}

impl IdSource for SystemIds {
    fn fill(&self, buffer: &mut [u8]) {
        // The system source fails only where the platform has none; going on with guessable ids
        // would be worse than stopping.
        self.0.fill(buffer).expect("the operating system provides random bytes");
    }
}

/// A reproducible source: the same seed gives the same ids in the same order.
pub struct SeededIds(Mutex<ChaCha20Rng>);

impl SeededIds {
    /// Starts the sequence that belongs to this seed.
    pub fn new(seed: u64) -> Self {
        Self(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))
    }
}

impl fmt::Debug for SeededIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SeededIds")
    }
}

impl IdSource for SeededIds {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().expect("no code panics while it holds this lock").fill_bytes(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_ids_repeat_and_bounds_hold() {
        let (a, b) = (SeededIds::new(7), SeededIds::new(7));
        assert_eq!(a.token(), b.token());
        assert!((0..1000).all(|_| a.below(10) < 10));
    }
}
