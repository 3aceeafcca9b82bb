//! Small versions of a JPEG, decoded small.
//!
//! A JPEG holds blocks of eight by eight pixels as frequencies. Taking only the lowest four by four of
//! them gives the picture at half its size, the lowest two by two at a quarter, without ever making the
//! pixels between: a third of the work. Only the plain kind of file that [`encode_jpeg`] writes is read
//! this way; every other goes through [`decode`] as usual.
//!
//! [`encode_jpeg`]: super::encode_jpeg

mod huffman;

use image::RgbaImage;
use image::metadata::Orientation;

use super::container::{self, Segment};
use super::decode::{Photo, decode};
use super::encode::{PlaneWriter, ZIGZAG, encode_jpeg_backdrop};
use super::limits::{ImageKind, ImageLimits, ImageRefusal};
use super::resize::{resize, resize_to_fit};
use huffman::{Bits, Table};

/// Decodes a picture for showing it `width` pixels wide: at full, half or quarter size, whichever is the
/// smallest that is still at least that wide.
///
/// # Errors
/// Every [`ImageRefusal`], as for [`decode`].
pub fn decode_for_width(bytes: &[u8], limits: &ImageLimits, width: u32) -> Result<Photo, ImageRefusal> {
    let container = container::inspect(bytes, limits)?;
    if container.kind == ImageKind::Jpeg
        && container.orientation == Orientation::NoTransforms
        && container.stored_width >= width.saturating_mul(2)
    {
        let reduced = if container.stored_width >= width.saturating_mul(4) {
            Scan::open(bytes).and_then(|scan| scan.read::<2>())
        } else {
            Scan::open(bytes).and_then(|scan| scan.read::<4>())
        };
        if let Some(pixels) = reduced {
            return Ok(Photo { pixels, has_alpha: false });
        }
    }
    let photo = decode(bytes, limits)?;
    let (full_width, full_height) = photo.pixels.dimensions();
    if full_width < width.saturating_mul(2) {
        return Ok(photo);
    }
    // What was not decoded small is made small at once, so that callers see one behaviour.
    let part = if full_width >= width.saturating_mul(4) { 4 } else { 2 };
    let side = full_width.max(full_height).div_ceil(part);
    Ok(Photo { pixels: resize_to_fit(&photo.pixels, side), ..photo })
}

/// A JPEG of a picture at `width` pixels, for showing it small: never larger than it is, its colours at half the
/// resolution.
///
/// A file of the kind that [`encode_jpeg`] writes, twice or four times as wide as asked for, goes from frequencies to
/// frequencies without pixels in between.
///
/// # Errors
/// Every [`ImageRefusal`], as for [`decode`].
///
/// [`encode_jpeg`]: super::encode_jpeg
pub fn thumbnail(bytes: &[u8], limits: &ImageLimits, width: u32, quality: u8) -> Result<Vec<u8>, ImageRefusal> {
    let container = container::inspect(bytes, limits)?;
    let (wide, high) = (container.stored_width, container.stored_height);
    if container.kind == ImageKind::Jpeg && container.orientation == Orientation::NoTransforms {
        let scan = || Scan::open(bytes);
        let rewritten = if wide == width.saturating_mul(2) && high % 2 == 0 {
            scan().and_then(
                |scan| if scan.is_halved { scan.rewrite::<4, 4>(quality) } else { scan.rewrite::<4, 2>(quality) },
            )
        } else if wide == width.saturating_mul(4) && high % 4 == 0 {
            scan().and_then(
                |scan| if scan.is_halved { scan.rewrite::<2, 2>(quality) } else { scan.rewrite::<2, 1>(quality) },
            )
        } else {
            None
        };
        if let Some(rewritten) = rewritten {
            return Ok(rewritten);
        }
    }
    let photo = decode_for_width(bytes, limits, width)?;
    let (wide, high) = container.upright();
    if wide <= width {
        return Ok(encode_jpeg_backdrop(&photo.pixels, quality));
    }
    let height = (u64::from(high) * u64::from(width) / u64::from(wide)).max(1) as u32;
    Ok(encode_jpeg_backdrop(&resize(&photo.pixels, width, height), quality))
}

/// One channel of the file.
struct Component {
    id: u8,
    quantizer: usize,
    dc: usize,
    ac: usize,
}

/// A file of the plain kind, up to its compressed data: eight bits, three channels all in one pass, and
/// without anything that changes what the colours mean.
struct Scan {
    width: usize,
    height: usize,
    /// Whether the colours are kept once for two by two pixels only, as behind posters.
    is_halved: bool,
    components: Vec<Component>,
    quantizers: [Option<[u16; 64]>; 4],
    dc: [Option<Table>; 4],
    ac: [Option<Table>; 4],
    data: Vec<u8>,
}

impl Scan {
    fn open(bytes: &[u8]) -> Option<Self> {
        let mut scan = Self {
            width: 0,
            height: 0,
            is_halved: false,
            components: Vec::new(),
            quantizers: [None; 4],
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            data: Vec::new(),
        };
        let mut at = 2;
        loop {
            let Segment { code, payload, end } = container::jpeg_segment(bytes, at)?;
            match code {
                0xC0 => scan.read_frame(payload)?,
                0xC4 => scan.read_tables(payload)?,
                0xDB => scan.read_quantizers(payload)?,
                0xDA => {
                    scan.read_selectors(payload)?;
                    scan.data = unstuffed(&bytes[end..])?;
                    return Some(scan);
                }
                // Other kinds of frame, restarts, a colour profile, a transform of its own.
                0xC1..=0xCF | 0xD0..=0xD9 | 0xDD | 0xE2 | 0xEE => return None,
                _ => {}
            }
            at = end;
        }
    }

    fn read_frame(&mut self, payload: &[u8]) -> Option<()> {
        let &[8, h1, h0, w1, w0, 3, ref rest @ ..] = payload else { return None };
        self.height = usize::from(u16::from_be_bytes([h1, h0]));
        self.width = usize::from(u16::from_be_bytes([w1, w0]));
        let (entries, []) = rest.as_chunks::<3>() else { return None };
        let samplings: Vec<u8> = entries.iter().map(|entry| entry[1]).collect();
        self.is_halved = match *samplings {
            [0x11, 0x11, 0x11] => false,
            [0x22, 0x11, 0x11] => true,
            _ => return None,
        };
        let component =
            |&[id, _, quantizer]: &[u8; 3]| Component { id, quantizer: usize::from(quantizer & 3), dc: 0, ac: 0 };
        self.components = entries.iter().map(component).collect();
        (self.components.len() == 3 && self.width > 0 && self.height > 0).then_some(())
    }

    fn read_quantizers(&mut self, mut payload: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = payload.split_first() {
            let (values, rest) = rest.split_at_checked(64)?;
            if kind > 3 {
                return None;
            }
            let mut table = [0; 64];
            for (value, place) in values.iter().zip(ZIGZAG) {
                table[usize::from(place)] = u16::from(*value);
            }
            self.quantizers[usize::from(kind)] = Some(table);
            payload = rest;
        }
        Some(())
    }

    fn read_tables(&mut self, mut payload: &[u8]) -> Option<()> {
        while let Some((&kind, rest)) = payload.split_first() {
            let (counts, rest) = rest.split_first_chunk::<16>()?;
            let total = counts.iter().map(|&count| usize::from(count)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 15))? = Some(Table::new(counts, symbols)?);
            payload = rest;
        }
        Some(())
    }

    fn read_selectors(&mut self, payload: &[u8]) -> Option<()> {
        let &[3, ref entries @ .., 0, 63, 0] = payload else { return None };
        let (entries, []) = entries.as_chunks::<2>() else { return None };
        if entries.len() != self.components.len() {
            return None;
        }
        for (component, &[id, tables]) in self.components.iter_mut().zip(entries) {
            if component.id != id {
                return None;
            }
            (component.dc, component.ac) = (usize::from(tables >> 4 & 3), usize::from(tables & 3));
        }
        Some(())
    }

    /// Decodes with `N` by `N` pixels for each block.
    fn read<const N: usize>(&self) -> Option<RgbaImage> {
        let (width, height) = ((self.width * N).div_ceil(8), (self.height * N).div_ceil(8));
        let mut raw = vec![255; width * height * 4];
        let mut rows = raw.chunks_mut(width * 4 * N * self.finer());
        let (finer, across) = (self.finer(), self.across());
        let mut wide = [const { Vec::new() }; 2];
        self.each_row::<N, N>(|[luma, blue, red]| {
            let Some(rows) = rows.next() else { return };
            for (y, row) in rows.chunks_exact_mut(width * 4).enumerate() {
                let luma = &luma[y * across * finer * N..];
                let [blue, red] = [blue, red].map(|plane| &plane[y / finer * across * N..][..across * N]);
                let [blue, red] = if self.is_halved {
                    for (wide, plane) in wide.iter_mut().zip([blue, red]) {
                        wide.clear();
                        wide.extend(plane.iter().flat_map(|&value| [value; 2]));
                    }
                    [&wide[0][..], &wide[1][..]]
                } else {
                    [blue, red]
                };
                for (((pixel, luma), blue), red) in row.chunks_exact_mut(4).zip(luma).zip(blue).zip(red) {
                    let luma = luma + 128.0;
                    pixel[0] = byte(luma + 1.402 * red);
                    pixel[1] = byte(luma - 0.344_136 * blue - 0.714_136 * red);
                    pixel[2] = byte(luma + 1.772 * blue);
                }
            }
        })?;
        RgbaImage::from_raw(width as u32, height as u32, raw)
    }

    /// Writes the picture anew with `N` by `N` pixels for each block and its colours at half of that, without ever
    /// making pixels of it: `M` by `M` for each block of colour.
    fn rewrite<const N: usize, const M: usize>(&self, quality: u8) -> Option<Vec<u8>> {
        let (width, height) = ((self.width * N).div_ceil(8), (self.height * N).div_ceil(8));
        let (finer, across) = (self.finer(), self.across());
        let mut writer = PlaneWriter::new(width, height, quality);
        self.each_row::<N, M>(|[luma, blue, red]| {
            writer.push(luma.chunks_exact(across * finer * N), [blue, red].map(|plane| plane.chunks_exact(across * M)));
        })?;
        Some(writer.finish())
    }

    /// Blocks of brightness to one of colour, each way.
    const fn finer(&self) -> usize {
        if self.is_halved { 2 } else { 1 }
    }

    /// Blocks of colour from left to right.
    const fn across(&self) -> usize {
        self.width.div_ceil(8 * self.finer())
    }

    /// Decodes one row of blocks after the other: the planes of brightness and of the two colour differences, all
    /// around 0, with `N` by `N` numbers for each block of brightness and `M` by `M` for each of colour.
    fn each_row<const N: usize, const M: usize>(&self, mut take: impl FnMut(&[Vec<f32>; 3])) -> Option<()> {
        let (finer, across) = (self.finer(), self.across());
        let [luma, blue, red] = &self.components[..] else { return None };
        let luma = Channel::<N>::open(self, luma)?;
        let colours = [Channel::<M>::open(self, blue)?, Channel::<M>::open(self, red)?];
        let stride = across * finer * N;
        let mut planes = [vec![0.0; stride * finer * N], vec![0.0; across * M * M], vec![0.0; across * M * M]];
        let mut bits = Bits::new(&self.data);
        let mut levels = [0_i32; 3];
        for _ in 0..self.height.div_ceil(8 * finer) {
            for unit in 0..across {
                for place in 0..finer * finer {
                    let (column, row) = (unit * finer + place % finer, place / finer);
                    let target = &mut planes[0][row * N * stride + column * N..];
                    luma.block(&mut bits, &mut levels[0], target, stride)?;
                }
                for (channel, colour) in (1..).zip(&colours) {
                    let target = &mut planes[channel][unit * M..];
                    colour.block(&mut bits, &mut levels[channel], target, across * M)?;
                }
            }
            take(&planes);
        }
        Some(())
    }
}

/// What it takes to read the blocks of a channel with `N` by `N` pixels each.
struct Channel<'a, const N: usize> {
    weights: [[f32; N]; N],
    /// For each place in the file's order: where in the small block it is, or 255 for outside.
    kept: [u8; 64],
    dc: &'a Table,
    ac: &'a Table,
}

impl<'a, const N: usize> Channel<'a, N> {
    fn open(scan: &'a Scan, component: &Component) -> Option<Self> {
        let quantizer = scan.quantizers[component.quantizer].as_ref()?;
        // A block of N means N/8 of the coefficients of a block of eight.
        let weights =
            std::array::from_fn(|v| std::array::from_fn(|u| f32::from(quantizer[v * 8 + u]) * N as f32 / 8.0));
        let mut kept = [u8::MAX; 64];
        for (kept, place) in kept.iter_mut().zip(ZIGZAG) {
            let (v, u) = (place / 8, place % 8);
            if usize::from(v.max(u)) < N {
                *kept = v * N as u8 + u;
            }
        }
        let (dc, ac) = (scan.dc[component.dc].as_ref()?, scan.ac[component.ac].as_ref()?);
        Some(Self { weights, kept, dc, ac })
    }

    fn block(&self, bits: &mut Bits<'_>, level: &mut i32, plane: &mut [f32], stride: usize) -> Option<()> {
        // Wraps only in a file that is damaged, where any grey is as good.
        *level = level.wrapping_add(bits.difference(self.dc)?);
        let mut coefficients = [[0.0; N]; N];
        coefficients[0][0] = *level as f32;
        let is_flat = !bits.coefficients(self.ac, |order, value| {
            let place = usize::from(self.kept[order]);
            let inside = place < N * N;
            if inside {
                coefficients[place / N][place % N] = value as f32;
            }
            inside
        })?;
        let target = plane.chunks_mut(stride).take(N);
        if is_flat {
            let value = coefficients[0][0] * self.weights[0][0] / N as f32;
            target.for_each(|row| row[..N].fill(value));
            return Some(());
        }
        for (row, weights) in coefficients.iter_mut().zip(&self.weights) {
            for (coefficient, weight) in row.iter_mut().zip(weights) {
                *coefficient *= weight;
            }
        }
        let pixels = transposed(inverse(transposed(inverse(coefficients))));
        for (row, pixels) in target.zip(pixels) {
            row[..N].copy_from_slice(&pixels);
        }
        Some(())
    }
}

/// The nearest byte; see the same trick where grain is laid on a plate.
fn byte(v: f32) -> u8 {
    (v.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

/// The inverse cosine transform down the columns, of one, two or four rows.
fn inverse<const N: usize>(rows: [[f32; N]; N]) -> [[f32; N]; N] {
    // cos and sin of π/8, over √2.
    const C: f32 = 0.653_281_5;
    const S: f32 = 0.270_598_05;
    let mut out = [[0.0; N]; N];
    for column in 0..N {
        if N == 1 {
            out[0][column] = rows[0][column];
        } else if N == 2 {
            let (sum, difference) = (rows[0][column], rows[1][column]);
            out[0][column] = (sum + difference) * std::f32::consts::FRAC_1_SQRT_2;
            out[1][column] = (sum - difference) * std::f32::consts::FRAC_1_SQRT_2;
        } else {
            let (even, odd) = (0.5 * rows[0][column], 0.5 * rows[2][column]);
            let (near, far) = (even + odd, even - odd);
            let (first, third) = (rows[1][column], rows[3][column]);
            let (outer, inner) = (C * first + S * third, S * first - C * third);
            out[0][column] = near + outer;
            out[1][column] = far + inner;
            out[2][column] = far - inner;
            out[3][column] = near - outer;
        }
    }
    out
}

fn transposed<const N: usize>(rows: [[f32; N]; N]) -> [[f32; N]; N] {
    std::array::from_fn(|y| std::array::from_fn(|x| rows[x][y]))
}

/// Compressed data without the zeros that keep it from looking like marks, up to the end mark; `None`
/// where something else follows, or nothing: such a file is not whole.
fn unstuffed(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(bytes.len());
    loop {
        // Marks are rare: most of the way goes in long steps.
        while let Some((step, rest)) = bytes.split_first_chunk::<32>() {
            if step.iter().fold(0, |most, &byte| most.max(byte)) == 0xFF {
                break;
            }
            data.extend_from_slice(step);
            bytes = rest;
        }
        let mark = bytes.iter().position(|&byte| byte == 0xFF)?;
        data.extend_from_slice(&bytes[..mark]);
        match *bytes.get(mark + 1)? {
            0 => data.push(0xFF),
            0xD9 => return Some(data),
            _ => return None,
        }
        bytes = &bytes[mark + 2..];
    }
}

#[cfg(test)]
mod tests;
