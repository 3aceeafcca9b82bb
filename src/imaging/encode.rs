//! From pixels to bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, GrayImage, ImageEncoder, RgbaImage};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

use super::resize::resize_to_fit;

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
    let (width, height) = pixels.dimensions();
    let mut bytes = Vec::with_capacity(pixels.as_raw().len() / 12);
    let mut encoder = Encoder::new(&mut bytes, quality.clamp(1, 100));
    encoder.set_sampling_factor(SamplingFactor::R_4_4_4);
    encoder
        .encode(
            pixels.as_raw(),
            u16::try_from(width).expect("no picture in this room is 65,536 px wide"),
            u16::try_from(height).expect("no picture in this room is 65,536 px high"),
            ColorType::Rgba,
        )
        .expect("the buffer matches its size, and a Vec takes every write");
    bytes
}

/// Encodes as 8-bit RGBA PNG, tuned for speed over the last per cent of size.
///
/// # Panics
/// For an empty picture.
pub fn encode_png_rgba(pixels: &RgbaImage) -> Vec<u8> {
    png(pixels.as_raw(), pixels.dimensions(), ExtendedColorType::Rgba8)
}

/// Encodes as 8-bit grey PNG.
///
/// # Panics
/// For an empty picture.
pub fn encode_png_grey(pixels: &GrayImage) -> Vec<u8> {
    png(pixels.as_raw(), pixels.dimensions(), ExtendedColorType::L8)
}

fn png(raw: &[u8], (width, height): (u32, u32), color: ExtendedColorType) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(raw.len() / 3);
    PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive)
        .write_image(raw, width, height, color)
        .expect("the buffer matches its size, and a Vec takes every write");
    bytes
}

/// A placeholder of about 25 bytes for a picture still loading, as standard base64.
pub fn thumbhash(pixels: &RgbaImage) -> String {
    let small = resize_to_fit(pixels, THUMBHASH_SIDE);
    STANDARD.encode(thumbhash::rgba_to_thumb_hash(small.width() as usize, small.height() as usize, small.as_raw()))
}
