//! Bits into bytes.

/// Collects bits, the highest first, and keeps compressed bytes from looking like marks.
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The last bits, at the lower end.
    window: u64,
    /// How many of them are not written yet; always below 32 between two calls.
    count: u32,
}

impl BitWriter {
    /// Writes on behind these bytes.
    pub(super) const fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, window: 0, count: 0 }
    }

    /// Writes a code and behind it a number of `size` bits, together at most 32.
    #[inline]
    pub(super) fn put(&mut self, (code, length): (u16, u8), size: u32, value: u32) {
        let length = u32::from(length) + size;
        self.window = self.window << length | u64::from(code) << size | u64::from(value);
        self.count += length;
        if self.count >= 32 {
            self.count -= 32;
            let word = (self.window >> self.count) as u32;
            // A byte of ones needs a zero behind it; most words have none.
            if word & 0x8080_8080 & !word.wrapping_add(0x0101_0101) == 0 {
                self.bytes.extend_from_slice(&word.to_be_bytes());
            } else {
                word.to_be_bytes().into_iter().for_each(|byte| self.push(byte));
            }
        }
    }

    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
        if byte == 0xFF {
            self.bytes.push(0);
        }
    }

    /// Fills the last byte with ones, as the format wants it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.window = self.window << 7 | 0x7F;
        self.count += 7;
        while self.count >= 8 {
            self.count -= 8;
            self.push((self.window >> self.count) as u8);
        }
        self.bytes
    }
}
