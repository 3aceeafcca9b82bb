//! From pixels to bytes.

mod jpeg;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbaImage};

use super::resize::{is_opaque, resize_to_fit};
use jpeg::Chroma;
pub(super) use jpeg::{PlaneWriter, ZIGZAG};

/// Longest side a thumb hash is computed from; the algorithm takes no more than this.
const THUMBHASH_SIDE: u32 = 100;

/// Encodes as JPEG without chroma subsampling; alpha is ignored.
///
/// 4:4:4 because thin red or orange lettering on dark smears when chroma is halved. Carries no
/// metadata of any kind.
///
/// # Panics
/// For an empty picture or a side above 65,535 px, which JPEG cannot hold and [`super::ImageLimits`]
/// never lets in.
pub fn encode_jpeg(pixels: &RgbaImage, quality: u8) -> Vec<u8> {
    jpeg::encode(pixels, quality, Chroma::Full)
}

/// Encodes a picture without lettering as JPEG, its colours at half the resolution: nobody sees that on a
/// soft ground, and it is done in two thirds of the time.
///
/// # Panics
/// As [`encode_jpeg`].
pub fn encode_jpeg_backdrop(pixels: &RgbaImage, quality: u8) -> Vec<u8> {
    jpeg::encode(pixels, quality, Chroma::Halved)
}

/// Encodes as 8-bit RGBA PNG, tuned for speed over the last per cent of size.
///
/// # Panics
/// For an empty picture.
pub fn encode_png_rgba(pixels: &RgbaImage) -> Vec<u8> {
    png(pixels.as_raw(), pixels.dimensions(), ExtendedColorType::Rgba8, FilterType::Adaptive)
}

/// Encodes a finished picture as 8-bit PNG without alpha, where it has none: quicker to write and to read
/// back than with it. A see-through picture keeps its alpha.
///
/// # Panics
/// For an empty picture.
pub fn encode_png(pixels: &RgbaImage) -> Vec<u8> {
    if !is_opaque(pixels) {
        return encode_png_rgba(pixels);
    }
    let mut raw = vec![0; pixels.as_raw().len() / 4 * 3];
    for (target, source) in raw.as_chunks_mut::<3>().0.iter_mut().zip(pixels.as_raw().as_chunks::<4>().0) {
        target.copy_from_slice(&source[..3]);
    }
    // Trying every filter on every row costs a third more and makes a poster a tenth smaller.
    png(&raw, pixels.dimensions(), ExtendedColorType::Rgb8, FilterType::Up)
}

/// Encodes as 8-bit grey PNG.
///
/// # Panics
/// For an empty picture.
pub fn encode_png_grey(pixels: &GrayImage) -> Vec<u8> {
    png(pixels.as_raw(), pixels.dimensions(), ExtendedColorType::L8, FilterType::Adaptive)
}

fn png(raw: &[u8], (width, height): (u32, u32), color: ExtendedColorType, filter: FilterType) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len() / 3);
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, filter)
        .write_image(raw, width, height, color)
        .expect("the buffer matches its size, and a Vec takes every write");
    bytes
}

/// A placeholder of about 25 bytes for a picture still loading, as standard base64.
pub fn thumbhash(pixels: &RgbaImage) -> String {
    let (width, height) = pixels.dimensions();
    // Every few pixels are enough of a picture that becomes a dozen numbers.
    let step = (width.max(height) / (2 * THUMBHASH_SIDE)).max(1);
    let thin =
        RgbaImage::from_fn(width.div_ceil(step), height.div_ceil(step), |x, y| *pixels.get_pixel(x * step, y * step));
    let small = resize_to_fit(&thin, THUMBHASH_SIDE);
    STANDARD.encode(thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, small.as_raw()))
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::{ImageLimits, decode};

    #[test]
    fn a_png_gives_back_every_pixel_with_alpha_and_without() {
        let opaque = RgbaImage::from_fn(70, 41, |x, y| Rgba([(x * 3) as u8, (y * 5) as u8, (x ^ y) as u8, 255]));
        let mut clear = opaque.clone();
        clear.put_pixel(69, 40, Rgba([1, 2, 3, 128]));
        for pixels in [opaque, clear] {
            assert_eq!(decode(&encode_png(&pixels), &ImageLimits::default()).unwrap().pixels, pixels);
        }
    }
}
