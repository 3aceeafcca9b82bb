//! Writing baseline JPEG, made for speed on our kind of picture.
//!
//! Everything between the pixels and the codes is done on eight numbers at a time, in a form the compiler
//! turns into vector instructions of any processor; codes are only looked for where a block has
//! coefficients left. The tables are those of the standard, so files are as large and as good as those
//! of other encoders at the same quality.

mod bits;
mod planes;
mod tables;

use image::RgbaImage;

use bits::BitWriter;
pub(in super::super) use planes::PlaneWriter;
pub(in super::super) use tables::ZIGZAG;
use tables::{AC_CODES, DC_CODES, HUFFMAN, QUANTIZERS};

/// Side of a block, in pixels.
const SIDE: usize = 8;

/// Eight numbers that are worked on together.
type Lanes = [f32; SIDE];

/// A block, row by row.
type Block = [Lanes; SIDE];

/// How finely the colours are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chroma {
    /// At every pixel.
    Full,
    /// Once for two by two pixels.
    Halved,
}

/// Encodes; alpha is ignored.
///
/// # Panics
/// For an empty picture or a side above 65,535 px.
pub(super) fn encode(pixels: &RgbaImage, quality: u8, chroma: Chroma) -> Vec<u8> {
    let picture = Picture::new(pixels);
    let mut scan = Scan::begin((picture.width, picture.height), quality, chroma);
    match chroma {
        Chroma::Full => {
            for y in (0..picture.height).step_by(SIDE) {
                for x in (0..picture.width).step_by(SIDE) {
                    let [luma, blue, red] = picture.blocks(x, y);
                    scan.write(0, luma);
                    scan.write(1, blue);
                    scan.write(2, red);
                }
            }
        }
        Chroma::Halved => {
            for y in (0..picture.height).step_by(2 * SIDE) {
                for x in (0..picture.width).step_by(2 * SIDE) {
                    let mut colours = [[[0.0; SIDE]; SIDE]; 2];
                    for (right, below) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                        let [luma, blue, red] = picture.blocks(x + right * SIDE, y + below * SIDE);
                        scan.write(0, luma);
                        for (target, source) in colours.iter_mut().zip([blue, red]) {
                            for (row, pair) in target[below * SIDE / 2..].iter_mut().zip(source.as_chunks::<2>().0) {
                                let [upper, lower] = pair;
                                for (i, value) in row[right * SIDE / 2..][..SIDE / 2].iter_mut().enumerate() {
                                    let sum = upper[2 * i] + upper[2 * i + 1] + lower[2 * i] + lower[2 * i + 1];
                                    *value = 0.25 * sum;
                                }
                            }
                        }
                    }
                    let [blue, red] = colours;
                    scan.write(1, blue);
                    scan.write(2, red);
                }
            }
        }
    }
    scan.end()
}

/// The pixels to encode.
struct Picture<'a> {
    width: usize,
    height: usize,
    raw: &'a [u8],
}

impl<'a> Picture<'a> {
    fn new(pixels: &'a RgbaImage) -> Self {
        let (width, height) = pixels.dimensions();
        Self { width: width as usize, height: height as usize, raw: pixels.as_raw() }
    }

    /// Brightness and the two colour differences of a block, all around 0. Beyond the picture its last
    /// row and column go on.
    fn blocks(&self, left: usize, top: usize) -> [Block; 3] {
        let mut blocks = [[[0.0; SIDE]; SIDE]; 3];
        let [lumas, blues, reds] = &mut blocks;
        for (y, ((luma, blue), red)) in lumas.iter_mut().zip(blues).zip(reds).enumerate() {
            let row = &self.raw[(top + y).min(self.height - 1) * self.width * 4..][..self.width * 4];
            let at = left.min(self.width - 1) * 4;
            let mut pixels = [0; 4 * SIDE];
            if let Some(whole) = row.get(at..at + 4 * SIDE) {
                pixels.copy_from_slice(whole);
            } else {
                for (x, pixel) in pixels.chunks_exact_mut(4).enumerate() {
                    pixel.copy_from_slice(&row[(left + x).min(self.width - 1) * 4..][..4]);
                }
            }
            [*luma, *blue, *red] = colours(&pixels);
        }
        blocks
    }
}

/// Eight pixels as brightness and colour differences.
fn colours(pixels: &[u8; 4 * SIDE]) -> [Lanes; 3] {
    let mut out = [[0.0; SIDE]; 3];
    for (x, pixel) in pixels.as_chunks::<4>().0.iter().enumerate() {
        let word = i32::from_le_bytes(*pixel);
        let (r, g, b) = ((word & 255) as f32, (word >> 8 & 255) as f32, (word >> 16 & 255) as f32);
        out[0][x] = 0.299 * r + 0.587 * g + 0.114 * b - 128.0;
        out[1][x] = 0.5 * b - 0.168_735_9 * r - 0.331_264_1 * g;
        out[2][x] = 0.5 * r - 0.418_687_6 * g - 0.081_312_4 * b;
    }
    out
}

/// The compressed data being written.
struct Scan {
    weights: [Block; 2],
    /// The last mean of each channel.
    levels: [i32; 3],
    bits: BitWriter,
}

impl Scan {
    /// Writes all that stands before the compressed data.
    fn begin(size: (usize, usize), quality: u8, chroma: Chroma) -> Self {
        let (width, height) = size;
        assert!(
            (1..=65_535).contains(&width) && (1..=65_535).contains(&height),
            "a JPEG of {width}×{height} cannot be written"
        );
        let quantizers = QUANTIZERS.map(|table| scaled(&table, quality));
        let mut bytes = Vec::with_capacity(width * height / 3 + 1024);
        write_head(&mut bytes, size, &quantizers, chroma);
        Self { weights: quantizers.map(|quantizer| weights(&quantizer)), levels: [0; 3], bits: BitWriter::new(bytes) }
    }

    fn end(self) -> Vec<u8> {
        let mut bytes = self.bits.finish();
        bytes.extend([0xFF, 0xD9]);
        bytes
    }

    fn write(&mut self, channel: usize, block: Block) {
        let kind = channel.min(1);
        let frequencies = transform(transposed(transform(block)));
        let quantized = quantized(&frequencies, &self.weights[kind]);
        let level = i32::from(quantized[0]);
        let (size, value) = coded(level - self.levels[channel]);
        self.levels[channel] = level;
        self.bits.put(DC_CODES[kind][size as usize], size, value);
        let codes = &AC_CODES[kind];
        let mut left = occupied(&quantized) & !1;
        let mut last = 0;
        while left != 0 {
            let order = left.trailing_zeros();
            left &= left - 1;
            let mut run = order - last - 1;
            while run > 15 {
                self.bits.put(codes[0xF0], 0, 0);
                run -= 16;
            }
            // The mask has a place in it for none but these 64.
            let (size, value) = coded(i32::from(quantized[usize::from(PLACES[order as usize & 63])]));
            self.bits.put(codes[(run << 4 | size) as usize & 255], size, value);
            last = order;
        }
        if last < 63 {
            self.bits.put(codes[0], 0, 0);
        }
    }
}

/// A number as JPEG has it: how many bits, and which.
fn coded(value: i32) -> (u32, u32) {
    let sign = value >> 31;
    let size = 32 - ((value ^ sign) - sign).leading_zeros();
    (size, (value + sign) as u32 & ((1 << size) - 1))
}

fn each(f: impl Fn(usize) -> f32) -> Lanes {
    std::array::from_fn(f)
}

fn add(a: Lanes, b: Lanes) -> Lanes {
    each(|i| a[i] + b[i])
}

fn sub(a: Lanes, b: Lanes) -> Lanes {
    each(|i| a[i] - b[i])
}

fn times(a: Lanes, factor: f32) -> Lanes {
    each(|i| a[i] * factor)
}

/// The cosine transform down the columns by the method of Arai, Agui and Nakajima: five products for
/// eight numbers, the rest of the scaling done when quantizing.
fn transform(rows: Block) -> Block {
    let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
    let (s0, d0) = (add(r0, r7), sub(r0, r7));
    let (s1, d1) = (add(r1, r6), sub(r1, r6));
    let (s2, d2) = (add(r2, r5), sub(r2, r5));
    let (s3, d3) = (add(r3, r4), sub(r3, r4));

    let (outer, inner) = (add(s0, s3), add(s1, s2));
    let (slope, bend) = (sub(s0, s3), sub(s1, s2));
    let turned = times(add(bend, slope), std::f32::consts::FRAC_1_SQRT_2);

    let (low, middle, high) = (add(d3, d2), add(d2, d1), add(d1, d0));
    let shared = times(sub(low, high), 0.382_683_43);
    let first = add(times(low, 0.541_196_1), shared);
    let second = add(times(high, 1.306_563), shared);
    let third = times(middle, std::f32::consts::FRAC_1_SQRT_2);
    let (plus, minus) = (add(d0, third), sub(d0, third));
    [
        add(outer, inner),
        add(plus, second),
        add(slope, turned),
        sub(minus, first),
        sub(outer, inner),
        add(minus, first),
        sub(slope, turned),
        sub(plus, second),
    ]
}

fn transposed(rows: Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| rows[x][y]))
}

/// What the frequencies, whose rows and columns are still swapped, are multiplied with to be quantized.
fn weights(quantizer: &[u8; 64]) -> Block {
    // cos(kπ/16)·√2, what the transform leaves out.
    let left_out: [f64; SIDE] = std::array::from_fn(|k| {
        if k == 0 { 1.0 } else { (k as f64 * std::f64::consts::PI / 16.0).cos() * std::f64::consts::SQRT_2 }
    });
    std::array::from_fn(|u| {
        each(|v| (1.0 / (f64::from(quantizer[v * SIDE + u]) * left_out[u] * left_out[v] * 8.0)) as f32)
    })
}

/// The nearest whole numbers, rows and columns still swapped.
fn quantized(frequencies: &Block, weights: &Block) -> [i16; 64] {
    // In a number this large the lowest bits count whole steps.
    const SHIFT: f32 = 12_582_912.0;
    let mut out = [0; 64];
    for ((out, row), weights) in out.as_chunks_mut::<SIDE>().0.iter_mut().zip(frequencies).zip(weights) {
        *out = std::array::from_fn(|i| (row[i] * weights[i] + SHIFT).to_bits() as i16);
    }
    out
}

/// Where in the file's order a block has anything but zeros, one bit for each place.
fn occupied(quantized: &[i16; 64]) -> u64 {
    let mut mask = 0;
    for (row, orders) in quantized.as_chunks::<SIDE>().0.iter().zip(ORDERS.as_chunks::<SIDE>().0) {
        if *row == [0; SIDE] {
            continue;
        }
        for (value, order) in row.iter().zip(orders) {
            mask |= u64::from(*value != 0) << order;
        }
    }
    mask
}

/// For each place in the file's order, where it is in a block whose rows and columns are swapped.
const PLACES: [u8; 64] = {
    let mut places = [0; 64];
    let mut order = 0;
    while order < 64 {
        places[order] = ZIGZAG[order] % 8 * 8 + ZIGZAG[order] / 8;
        order += 1;
    }
    places
};

/// The inverse of [`PLACES`].
const ORDERS: [u8; 64] = {
    let mut orders = [0; 64];
    let mut order = 0;
    while order < 64 {
        orders[PLACES[order] as usize] = order as u8;
        order += 1;
    }
    orders
};

/// A table of the standard at a quality, as every encoder scales it.
fn scaled(table: &[u8; 64], quality: u8) -> [u8; 64] {
    let quality = u32::from(quality.clamp(1, 100));
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    table.map(|value| ((u32::from(value) * scale + 50) / 100).clamp(1, 255) as u8)
}

fn write_head(bytes: &mut Vec<u8>, (width, height): (usize, usize), quantizers: &[[u8; 64]; 2], chroma: Chroma) {
    bytes.extend([0xFF, 0xD8]);
    let mut segment = |code: u8, payload: &[u8]| {
        bytes.extend([0xFF, code]);
        bytes.extend((payload.len() as u16 + 2).to_be_bytes());
        bytes.extend(payload);
    };
    let jfif = [b'J', b'F', b'I', b'F', 0, 1, 2, 0, 0, 1, 0, 1, 0, 0];
    segment(0xE0, &jfif);
    for (kind, table) in (0..).zip(quantizers) {
        let values = ZIGZAG.iter().map(|&place| table[usize::from(place)]);
        segment(0xDB, &std::iter::once(kind).chain(values).collect::<Vec<u8>>());
    }
    let [h1, h0] = (height as u16).to_be_bytes();
    let [w1, w0] = (width as u16).to_be_bytes();
    let sampling = match chroma {
        Chroma::Full => 0x11,
        Chroma::Halved => 0x22,
    };
    segment(0xC0, &[8, h1, h0, w1, w0, 3, 1, sampling, 0, 2, 0x11, 1, 3, 0x11, 1]);
    for (class, counts, symbols) in HUFFMAN {
        let mut payload = vec![class];
        payload.extend(counts);
        payload.extend(symbols);
        segment(0xC4, &payload);
    }
    segment(0xDA, &[3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0]);
}

#[cfg(test)]
mod tests;
