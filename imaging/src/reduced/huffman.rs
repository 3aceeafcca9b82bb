//! Reading the variable-length codes of a JPEG.

/// Bits looked up at once: longer codes are rare.
const LOOKAHEAD: u32 = 10;

/// Codes and what they mean.
pub(super) struct Table {
    /// For the next [`LOOKAHEAD`] bits: length of the code and its symbol; length 0 for a longer code.
    short: Vec<(u8, u8)>,
    /// For each length, one past its largest code, moved up to 16 bits.
    ends: [u32; 17],
    /// For each length, what added to a code gives the place of its symbol.
    offsets: [i32; 17],
    symbols: Vec<u8>,
}

impl Table {
    /// `None` for more codes than there are of a length.
    pub(super) fn new(counts: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let mut table =
            Self { short: vec![(0, 0); 1 << LOOKAHEAD], ends: [0; 17], offsets: [0; 17], symbols: symbols.to_vec() };
        let (mut code, mut place) = (0_u32, 0_usize);
        for (length, &count) in (1_u32..).zip(counts) {
            table.offsets[length as usize] = place as i32 - code as i32;
            for &symbol in symbols.get(place..place + usize::from(count))? {
                if length <= LOOKAHEAD {
                    let first = (code << (LOOKAHEAD - length)) as usize;
                    table.short.get_mut(first..first + (1 << (LOOKAHEAD - length)))?.fill((length as u8, symbol));
                }
                code += 1;
            }
            place += usize::from(count);
            if code > 1 << length {
                return None;
            }
            table.ends[length as usize] = code << (16 - length);
            code <<= 1;
        }
        Some(table)
    }

    /// Length and symbol of a code that the lookup does not hold, from the next 16 bits.
    #[cold]
    fn long(&self, next: u32) -> Option<(u32, u8)> {
        let length = (LOOKAHEAD + 1..=16).find(|&length| next < self.ends[length as usize])?;
        let place = (next >> (16 - length)) as i32 + self.offsets[length as usize];
        Some((length, *self.symbols.get(usize::try_from(place).ok()?)?))
    }
}

/// A stream of bits, the highest of each byte first. Past its end come zeros.
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, at the upper end.
    window: u64,
    /// How many of them there are.
    count: u32,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, window: 0, count: 0 }
    }

    /// Makes at least 56 bits ready; `None` once more was read than there is.
    #[inline]
    fn fill(&mut self) -> Option<()> {
        if let Some(eight) = self.data.get(self.at..self.at + 8) {
            let eight: [u8; 8] = eight.try_into().ok()?;
            self.window |= u64::from_be_bytes(eight) >> self.count;
            let whole = (63 - self.count) / 8;
            self.at += whole as usize;
            self.count += whole * 8;
            return Some(());
        }
        while self.count <= 56 {
            // A few zeros are looked at beyond the end, but no decoder may live on them.
            if self.at > self.data.len() + 8 {
                return None;
            }
            let byte = self.data.get(self.at).copied().unwrap_or(0);
            self.window |= u64::from(byte) << (56 - self.count);
            self.at += 1;
            self.count += 8;
        }
        Some(())
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        self.window <<= bits;
        self.count -= bits;
    }

    /// The next symbol; at least 16 bits must be ready, and are no longer afterwards.
    #[inline]
    fn symbol(&mut self, table: &Table) -> Option<u8> {
        let (length, symbol) = table.short[(self.window >> (64 - LOOKAHEAD)) as usize];
        let (length, symbol) = match length {
            0 => table.long((self.window >> 48) as u32)?,
            _ => (u32::from(length), symbol),
        };
        self.skip(length);
        Some(symbol)
    }

    /// A number of `size` bits, of which the first says the sign.
    #[inline]
    fn number(&mut self, size: u32) -> i32 {
        if size == 0 {
            return 0;
        }
        let value = (self.window >> (64 - size)) as i32;
        self.skip(size);
        if value < 1 << (size - 1) { value - (1 << size) + 1 } else { value }
    }

    /// How much the mean of a block differs from the one before.
    #[inline]
    pub(super) fn difference(&mut self, table: &Table) -> Option<i32> {
        self.fill()?;
        let size = self.symbol(table)?;
        (size <= 11).then(|| self.number(u32::from(size)))
    }

    /// Hands on the other coefficients of a block, each with its place in the file's order, and answers
    /// whether `take` said for any that it is of use.
    #[inline]
    pub(super) fn coefficients(&mut self, table: &Table, mut take: impl FnMut(usize, i32) -> bool) -> Option<bool> {
        let (mut order, mut any) = (1_usize, false);
        while order < 64 {
            if self.count < 32 {
                self.fill()?;
            }
            let symbol = self.symbol(table)?;
            let (run, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 {
                if run < 15 {
                    break;
                }
                order += 16;
                continue;
            }
            order += run;
            if order > 63 {
                return None;
            }
            any |= take(order, self.number(size));
            order += 1;
        }
        Some(any)
    }
}
