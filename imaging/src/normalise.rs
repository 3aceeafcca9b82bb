//! What becomes of a picture at the door.

use image::{GrayImage, Luma};

use super::decode::decode;
use super::encode::{encode_jpeg, encode_png_grey, encode_png_rgba};
use super::limits::{ImageKind, ImageLimits, ImageRefusal};
use super::resize::resize_to_fit;

/// Longest side of a stored upload, in pixels: a poster is 1080 wide, so this still lets it show a
/// detail at more than twice its size.
pub const UPLOAD_SIDE_MAX: u32 = 2400;

/// High enough that a second encoding is not visible next to the first.
const UPLOAD_JPEG_QUALITY: u8 = 92;

/// Grey level from which a mask pixel counts as chosen.
const MASK_THRESHOLD: u8 = 128;

/// A picture fit to be stored: written by our own encoder from nothing but pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormalisedUpload {
    /// The encoded file.
    pub bytes: Vec<u8>,
    /// JPEG for an opaque picture, PNG for one with transparency.
    pub kind: ImageKind,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

/// Decodes, turns upright, shrinks to [`UPLOAD_SIDE_MAX`] and encodes anew.
///
/// Colours are told in sRGB first, whatever profile the file came with. Everything that is not a
/// pixel (EXIF, GPS position, XMP, colour profile, trailing data, a second
/// file hidden behind the first) is gone afterwards.
///
/// # Errors
/// Every [`ImageRefusal`].
pub fn normalise(bytes: &[u8], limits: &ImageLimits) -> Result<NormalisedUpload, ImageRefusal> {
    let photo = decode(bytes, limits)?;
    let long_side = photo.pixels.width().max(photo.pixels.height());
    let pixels = if long_side > UPLOAD_SIDE_MAX { resize_to_fit(&photo.pixels, UPLOAD_SIDE_MAX) } else { photo.pixels };
    let (width, height) = pixels.dimensions();
    let (bytes, kind) = if photo.has_alpha {
        (encode_png_rgba(&pixels), ImageKind::Png)
    } else {
        (encode_jpeg(&pixels, UPLOAD_JPEG_QUALITY), ImageKind::Jpeg)
    };
    Ok(NormalisedUpload { bytes, kind, width, height })
}

/// Turns a painted mask into pure black and white: 255 = chosen, 0 = not, as 8-bit grey PNG.
///
/// The size is kept, since a mask must match the picture it was painted over. A transparent pixel
/// is not chosen, whatever its colour.
///
/// # Errors
/// Every [`ImageRefusal`].
pub fn normalise_mask(bytes: &[u8], limits: &ImageLimits) -> Result<NormalisedUpload, ImageRefusal> {
    let photo = decode(bytes, limits)?;
    let (width, height) = photo.pixels.dimensions();
    let grey: Vec<u8> = photo
        .pixels
        .as_raw()
        .chunks_exact(4)
        .map(|pixel| {
            let luma = (u32::from(pixel[0]) * 299 + u32::from(pixel[1]) * 587 + u32::from(pixel[2]) * 114) / 1000;
            if luma * u32::from(pixel[3]) / 255 >= u32::from(MASK_THRESHOLD) { 255 } else { 0 }
        })
        .collect();
    let mask = GrayImage::from_raw(width, height, grey).unwrap_or_else(|| GrayImage::from_pixel(1, 1, Luma([0])));
    Ok(NormalisedUpload { bytes: encode_png_grey(&mask), kind: ImageKind::Png, width, height })
}
