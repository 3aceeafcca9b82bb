//! Foreign pictures that are to become a poster's background or a whole poster: looked at before they
//! are trusted.

use image::RgbaImage;

use super::{ImageLimits, ImageRefusal, decode, resize::probe, resize_cover};

/// How far the proportions may be from the asked ones, as a factor.
const RATIO_OFF_MAX: f64 = 1.03;
/// A picture whose brightness varies less than this (standard deviation, 0–255) shows nothing.
const BLANK_DEVIATION: f64 = 1.2;
/// The side of the copy on which the brightness is measured.
const PROBE_SIDE: u32 = 64;

/// Why a picture is not used.
#[derive(Debug, thiserror::Error)]
pub enum PlateFault {
    /// Not a picture, or one that may not be decoded.
    #[error("it cannot be decoded: {0:?}")]
    Undecodable(ImageRefusal),
    /// Neither the proportions that were asked for nor those that are needed.
    #[error("{width}×{height} has the wrong proportions")]
    Ratio {
        /// Pixels.
        width: u32,
        /// Pixels.
        height: u32,
    },
    /// One colour from edge to edge.
    #[error("it is blank")]
    Blank,
}

/// Decodes a picture that was asked for in the size `asked` and cuts and scales it to `wanted`, both
/// (width, height) in pixels. What comes in other proportions than asked was not made for this page.
///
/// # Errors
/// [`PlateFault`].
pub fn from_bytes(bytes: &[u8], wanted: (u32, u32), asked: (u32, u32)) -> Result<RgbaImage, PlateFault> {
    let limits = ImageLimits { bytes_max: 30 << 20, ..ImageLimits::default() };
    let decoded = decode(bytes, &limits).map_err(PlateFault::Undecodable)?;
    let mut pixels = decoded.pixels;
    let (width, height) = pixels.dimensions();
    let fits = |(w, h): (u32, u32)| {
        let off = (f64::from(width) * f64::from(h)) / (f64::from(height) * f64::from(w)).max(1.0);
        off.max(off.recip()) <= RATIO_OFF_MAX
    };
    if !fits(asked) && !fits(wanted) {
        return Err(PlateFault::Ratio { width, height });
    }
    if decoded.has_alpha {
        for pixel in pixels.pixels_mut() {
            let alpha = u32::from(pixel[3]);
            for channel in 0..3 {
                pixel[channel] = ((u32::from(pixel[channel]) * alpha + 255 * (255 - alpha)) / 255) as u8;
            }
            pixel[3] = 255;
        }
    }
    if is_blank(&pixels) {
        return Err(PlateFault::Blank);
    }
    Ok(if pixels.dimensions() == wanted { pixels } else { resize_cover(&pixels, wanted.0, wanted.1) })
}

fn is_blank(pixels: &RgbaImage) -> bool {
    let probe = probe(pixels, PROBE_SIDE);
    let brightness: Vec<f64> = probe
        .pixels()
        .map(|p| 0.2126 * f64::from(p[0]) + 0.7152 * f64::from(p[1]) + 0.0722 * f64::from(p[2]))
        .collect();
    let mean = brightness.iter().sum::<f64>() / brightness.len() as f64;
    let variance = brightness.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / brightness.len() as f64;
    variance.sqrt() < BLANK_DEVIATION
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode_jpeg;

    fn ramp(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| {
            image::Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, 90, 255])
        })
    }

    #[test]
    fn what_was_asked_for_is_cut_to_what_is_needed() {
        let came = encode_jpeg(&ramp(256, 384), 90);
        assert_eq!(from_bytes(&came, (270, 480), (1024, 1536)).unwrap().dimensions(), (270, 480));
        let exact = encode_jpeg(&ramp(270, 480), 90);
        assert_eq!(from_bytes(&exact, (270, 480), (1024, 1536)).unwrap().dimensions(), (270, 480));
    }

    #[test]
    fn wrong_proportions_blanks_and_rubbish_are_refused() {
        let square = encode_jpeg(&ramp(300, 300), 90);
        assert!(matches!(from_bytes(&square, (270, 480), (270, 480)), Err(PlateFault::Ratio { .. })));
        let blank = encode_jpeg(&RgbaImage::from_pixel(270, 480, image::Rgba([240, 240, 240, 255])), 90);
        assert!(matches!(from_bytes(&blank, (270, 480), (270, 480)), Err(PlateFault::Blank)));
        assert!(matches!(from_bytes(b"<html>", (1, 1), (1, 1)), Err(PlateFault::Undecodable(_))));
    }
}
