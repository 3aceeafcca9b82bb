//! From a file of opaque pixels to a page of another size, row by row.
//!
//! A whole copy of what came, one of four bytes a pixel, and one scaled in width only, are pages of fresh
//! memory, and getting those from the system costs more time than decoding and scaling. So rows are taken as
//! they are decoded, and a strip of the page is made as soon as its rows are there.

use std::io::Cursor;

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;
use image::{RgbImage, RgbaImage};

use super::container::{self, Container};
use super::limits::{ImageKind, ImageLimits, ImageRefusal};

/// Rows of the page made at a time: each strip is prepared anew, so few of them; all at once leave the cache.
const STRIP: u32 = 128;
/// Further than the filter reaches, in pixels of the larger picture.
const REACH: f64 = 4.0;

/// Rows of a picture from the top, three bytes a pixel.
pub(super) trait Rows {
    /// Pixels, width and height.
    fn dimensions(&self) -> (u32, u32);

    /// The next row.
    ///
    /// # Errors
    /// `Undecodable`, also where there is none.
    fn next(&mut self) -> Result<&[u8], ImageRefusal>;

    /// Makes sure that what was not asked for is whole too: checksums come last.
    ///
    /// # Errors
    /// `Undecodable`.
    fn end(self) -> Result<(), ImageRefusal>;
}

/// Rows of a picture that is decoded already.
pub(super) struct Held<'a> {
    pixels: &'a RgbImage,
    row: usize,
}

impl<'a> Held<'a> {
    pub(super) const fn new(pixels: &'a RgbImage) -> Self {
        Self { pixels, row: 0 }
    }
}

impl Rows for Held<'_> {
    fn dimensions(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    fn next(&mut self) -> Result<&[u8], ImageRefusal> {
        let bytes = self.pixels.width() as usize * 3;
        self.row += 1;
        self.pixels.as_raw().get((self.row - 1) * bytes..self.row * bytes).ok_or(ImageRefusal::Undecodable)
    }

    fn end(self) -> Result<(), ImageRefusal> {
        Ok(())
    }
}

/// Rows of a PNG as its decoder gives them.
pub(super) struct PngRows<'a> {
    reader: png::Reader<Cursor<&'a [u8]>>,
}

impl<'a> PngRows<'a> {
    /// The rows of a file that can be read so: eight bits for each of three colours, upright, in sRGB or what
    /// passes for it. `None` for anything else, to be decoded whole.
    pub(super) fn of(bytes: &'a [u8], container: &Container, limits: &ImageLimits) -> Option<Self> {
        if container.kind != ImageKind::Png
            || container.orientation != Orientation::NoTransforms
            || !container::is_complete(bytes, container.kind)
        {
            return None;
        }
        // Rows and headers only; a name of a colour profile that unpacks to more than a picture is a bomb.
        let limits = png::Limits { bytes: (limits.pixels_max as usize).saturating_mul(3) };
        let reader = png::Decoder::new_with_limits(Cursor::new(bytes), limits).read_info().ok()?;
        let info = reader.info();
        let is_plain = info.color_type == png::ColorType::Rgb
            && info.bit_depth == png::BitDepth::Eight
            && (info.width, info.height) == (container.stored_width, container.stored_height)
            && !info.interlaced
            && info.trns.is_none()
            && info.icc_profile.is_none();
        is_plain.then_some(Self { reader })
    }
}

impl Rows for PngRows<'_> {
    fn dimensions(&self) -> (u32, u32) {
        (self.reader.info().width, self.reader.info().height)
    }

    fn next(&mut self) -> Result<&[u8], ImageRefusal> {
        let row = self.reader.next_row().map_err(|_| ImageRefusal::Undecodable)?;
        Ok(row.ok_or(ImageRefusal::Undecodable)?.data())
    }

    fn end(mut self) -> Result<(), ImageRefusal> {
        self.reader.finish().map_err(|_| ImageRefusal::Undecodable)
    }
}

/// Scales rows to fill the size exactly, cutting off what is too much on both sides of the centre.
///
/// The filter is Catmull and Rom's, which rings less than Lanczos' and reads a third fewer pixels: for soft
/// grounds that change their size a little.
///
/// # Errors
/// Whatever the rows say.
pub(super) fn cover(mut rows: impl Rows, (width, height): (u32, u32)) -> Result<RgbaImage, ImageRefusal> {
    let (width, height) = (width.max(1), height.max(1));
    let (has_width, has_height) = rows.dimensions();
    if has_width == 0 || has_height == 0 {
        return Ok(RgbaImage::new(width, height));
    }
    let (wide, high) = (f64::from(has_width), f64::from(has_height));
    let step = (wide / f64::from(width)).min(high / f64::from(height));
    let crop_width = (step * f64::from(width)).min(wide);
    let (left, top) = ((wide - crop_width) / 2.0, ((high - step * f64::from(height)) / 2.0).max(0.0));
    let reach = REACH * step.max(1.0);
    let mut window = Window::new(has_width);
    let mut resizer = Resizer::new();
    let mut raw = vec![0; width as usize * height as usize * 4];
    let strip_bytes = width as usize * STRIP as usize * 4;
    for (first_row, target) in (0..height).step_by(STRIP as usize).zip(raw.chunks_mut(strip_bytes)) {
        let many = STRIP.min(height - first_row);
        let from = top + f64::from(first_row) * step;
        let to = (from + f64::from(many) * step).min(high);
        window.forget_before((from - reach).floor().max(0.0) as usize);
        window.read_until((to + reach).ceil().min(high) as usize, &mut rows)?;
        let source = TypedImageRef::<U8x4>::from_buffer(has_width, window.rows as u32, window.pixels())
            .expect("the window holds whole rows of this width");
        let mut target =
            TypedImage::<U8x4>::from_buffer(width, many, target).expect("a strip is whole rows of the page");
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
            .use_alpha(false)
            .crop(left, from - window.first as f64, crop_width, to - from);
        resizer
            .resize_typed(&source, &mut target, &options)
            .expect("neither side is empty, and what is cut out lies inside the window");
    }
    rows.end()?;
    Ok(RgbaImage::from_raw(width, height, raw).expect("the buffer was made with this size"))
}

/// The rows that a strip is made from, four bytes a pixel.
struct Window {
    bytes: Vec<u8>,
    row_bytes: usize,
    /// Number of the first row held.
    first: usize,
    /// Rows held.
    rows: usize,
}

impl Window {
    const fn new(width: u32) -> Self {
        Self { bytes: Vec::new(), row_bytes: width as usize * 4, first: 0, rows: 0 }
    }

    fn pixels(&self) -> &[u8] {
        &self.bytes[..self.rows * self.row_bytes]
    }

    fn forget_before(&mut self, row: usize) {
        let gone = row.saturating_sub(self.first).min(self.rows);
        self.bytes.copy_within(gone * self.row_bytes..self.rows * self.row_bytes, 0);
        self.rows -= gone;
        self.first += gone;
    }

    fn read_until(&mut self, row: usize, rows: &mut impl Rows) -> Result<(), ImageRefusal> {
        while self.first + self.rows < row {
            let start = self.rows * self.row_bytes;
            if self.bytes.len() < start + self.row_bytes {
                self.bytes.resize(start + self.row_bytes, u8::MAX);
            }
            let target = self.bytes[start..start + self.row_bytes].as_chunks_mut::<4>().0;
            for (target, source) in target.iter_mut().zip(rows.next()?.as_chunks::<3>().0) {
                target[..3].copy_from_slice(source);
            }
            self.rows += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use fast_image_resize::SrcCropping;
    use image::{DynamicImage, ImageFormat};

    use super::*;
    use crate::resize::filter;

    fn drawn(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 37 + y * 11) as u8, ((x / 7 + y / 5) % 2 * 200) as u8, (x * y / 9) as u8])
        })
    }

    fn png_of(pixels: impl Into<DynamicImage>) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        pixels.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
        bytes.into_inner()
    }

    fn rows_of(bytes: &[u8]) -> Option<PngRows<'_>> {
        let limits = ImageLimits::default();
        PngRows::of(bytes, &container::inspect(bytes, &limits).unwrap(), &limits)
    }

    #[test]
    fn strips_give_what_the_whole_gives() {
        let sizes = [((102, 903), (127, 1129)), ((300, 401), (90, 700)), ((900, 801), (211, 300)), ((5, 9), (1, 600))];
        for (size, wanted) in sizes.into_iter().chain([((64, 700), (64, 700))]) {
            let rgb = drawn(size.0, size.1);
            let strips = cover(Held::new(&rgb), wanted).unwrap();
            assert_eq!(strips, cover(rows_of(&png_of(rgb.clone())).unwrap(), wanted).unwrap());
            let cropping = SrcCropping::FitIntoDestination((0.5, 0.5));
            let rgba = DynamicImage::ImageRgb8(rgb).into_rgba8();
            let whole = filter(&rgba, wanted.0, wanted.1, cropping, FilterType::CatmullRom);
            assert_eq!(strips.dimensions(), wanted);
            let off: Vec<u8> = strips.as_raw().iter().zip(whole.as_raw()).map(|(a, b)| a.abs_diff(*b)).collect();
            // Weights are whole numbers, rounded anew for each strip.
            let (most, sum) = (off.iter().max(), off.iter().map(|off| u64::from(*off)).sum::<u64>());
            assert!(most <= Some(&2) && sum * 20 < off.len() as u64, "{size:?} to {wanted:?}: {most:?}, {sum} in all");
        }
        assert_eq!(cover(Held::new(&RgbImage::new(0, 0)), (3, 2)).unwrap().dimensions(), (3, 2));
    }

    #[test]
    fn only_plain_files_are_read_row_by_row() {
        assert!(rows_of(&png_of(drawn(9, 8))).is_some());
        assert!(rows_of(&png_of(RgbaImage::new(9, 8))).is_none());
        assert!(rows_of(&png_of(image::GrayImage::new(9, 8))).is_none());
        let whole = png_of(drawn(90, 80));
        assert!(rows_of(&whole[..whole.len() - 12]).is_none(), "it stops before its end mark");
        let jpeg = crate::encode_jpeg(&RgbaImage::new(9, 8), 90);
        assert!(rows_of(&jpeg).is_none());
    }

    #[test]
    fn a_file_that_is_damaged_inside_is_refused() {
        let mut bytes = png_of(drawn(90, 80));
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 40] {
            *byte ^= 0x5a;
        }
        assert!(cover(rows_of(&bytes).unwrap(), (45, 40)).is_err());
    }
}
