//! From foreign bytes to upright sRGB pixels.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage, RgbaImage};

use super::container;
use super::limits::{ImageKind, ImageLimits, ImageRefusal};
use super::profile;
use super::resize::is_opaque;

/// A decoded picture.
#[derive(Clone, Debug)]
pub struct Photo {
    /// Upright sRGB pixels, straight alpha.
    pub pixels: RgbaImage,
    /// Whether any pixel is not fully opaque. A PNG with an unused alpha channel counts as opaque.
    pub has_alpha: bool,
}

impl Photo {
    /// Wraps pixels that are already upright sRGB.
    pub fn from_pixels(pixels: RgbaImage) -> Self {
        let has_alpha = !is_opaque(&pixels);
        Self { pixels, has_alpha }
    }
}

/// A decoded picture, as little changed as possible.
pub(super) enum Decoded {
    /// Three bytes a pixel, upright, in sRGB or what passes for it: what most vendors send.
    Opaque(RgbImage),
    /// Everything else.
    Photo(Photo),
}

/// Decodes a picture, turns it upright and tells its colours in sRGB.
///
/// The size is checked before the decoder starts, and again against what the decoder sees: a file
/// whose two halves disagree is damaged or malicious. A file that stops before its end mark is
/// refused whole, since a half-grey product is worse than no product.
///
/// # Errors
/// Every [`ImageRefusal`].
pub fn decode(bytes: &[u8], limits: &ImageLimits) -> Result<Photo, ImageRefusal> {
    Ok(match decode_lean(bytes, limits)? {
        Decoded::Opaque(rgb) => Photo { pixels: widened(&rgb), has_alpha: false },
        Decoded::Photo(photo) => photo,
    })
}

/// [`decode`], without a fourth byte a pixel where there is nothing to say with it.
///
/// # Errors
/// Every [`ImageRefusal`].
pub(super) fn decode_lean(bytes: &[u8], limits: &ImageLimits) -> Result<Decoded, ImageRefusal> {
    let container = container::inspect(bytes, limits)?;
    if !container::is_complete(bytes, container.kind) {
        return Err(ImageRefusal::Undecodable);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format_of(container.kind));
    reader.limits(decoder_limits(limits));
    let mut decoder = reader.into_decoder().map_err(|_| ImageRefusal::Undecodable)?;
    if decoder.dimensions() != (container.stored_width, container.stored_height) {
        return Err(ImageRefusal::Undecodable);
    }
    let profile = decoder.icc_profile().ok().flatten();
    let stored = DynamicImage::from_decoder(decoder).map_err(|_| ImageRefusal::Undecodable)?;
    let may_be_clear = stored.color().has_alpha();
    let mut pixels = match stored {
        DynamicImage::ImageRgb8(rgb) if profile.is_none() && container.orientation == Orientation::NoTransforms => {
            return Ok(Decoded::Opaque(rgb));
        }
        DynamicImage::ImageRgb8(rgb) => widened(&rgb),
        other => other.into_rgba8(),
    };
    if let Some(profile) = profile {
        profile::to_srgb(&mut pixels, &profile);
    }
    let mut upright = DynamicImage::ImageRgba8(pixels);
    upright.apply_orientation(container.orientation);
    let pixels = upright.into_rgba8();
    Ok(Decoded::Photo(if may_be_clear { Photo::from_pixels(pixels) } else { Photo { pixels, has_alpha: false } }))
}

/// The same pixels, opaque. The library's own way asks for the meaning of colours at every pixel.
fn widened(rgb: &RgbImage) -> RgbaImage {
    let mut raw = vec![u8::MAX; rgb.as_raw().len() / 3 * 4];
    for (target, source) in raw.as_chunks_mut::<4>().0.iter_mut().zip(rgb.as_raw().as_chunks::<3>().0) {
        target[..3].copy_from_slice(source);
    }
    RgbaImage::from_raw(rgb.width(), rgb.height(), raw).expect("four bytes were made for each three")
}

const fn format_of(kind: ImageKind) -> ImageFormat {
    match kind {
        ImageKind::Jpeg => ImageFormat::Jpeg,
        ImageKind::Png => ImageFormat::Png,
        ImageKind::Webp => ImageFormat::WebP,
    }
}

fn decoder_limits(limits: &ImageLimits) -> Limits {
    let mut decoder = Limits::default();
    decoder.max_image_width = Some(limits.side_max);
    decoder.max_image_height = Some(limits.side_max);
    // Eight bytes a pixel is the widest layout we meet (16-bit RGBA); the rest is working room.
    decoder.max_alloc = Some(limits.pixels_max.saturating_mul(8).saturating_add(64 << 20));
    decoder
}

#[cfg(test)]
mod tests;
