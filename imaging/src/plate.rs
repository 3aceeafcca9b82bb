//! Foreign pictures that are to become a poster's background or a whole poster: looked at before they
//! are trusted.

use image::RgbaImage;

use super::decode::{Decoded, Photo, decode_lean};
use super::resize::resize_cover;
use super::strips::{self, Held, PngRows};
use super::{ImageLimits, ImageRefusal, container};

/// How far the proportions may be from the asked ones, as a factor.
const RATIO_OFF_MAX: f64 = 1.03;
/// A picture whose brightness varies less than this (standard deviation, 0–255) shows nothing.
const BLANK_DEVIATION: f64 = 1.2;
/// Cells on each side of the grid on which the brightness is measured.
const PROBE_SIDE: u32 = 64;
/// Pixels looked at on each side of a cell, about.
const CELL_SAMPLES: u32 = 4;

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
    let container = container::inspect(bytes, &limits).map_err(PlateFault::Undecodable)?;
    let (width, height) = container.upright();
    let fits = |(w, h): (u32, u32)| {
        let off = (f64::from(width) * f64::from(h)) / (f64::from(height) * f64::from(w)).max(1.0);
        off.max(off.recip()) <= RATIO_OFF_MAX
    };
    if !fits(asked) && !fits(wanted) {
        return Err(PlateFault::Ratio { width, height });
    }
    let page = match PngRows::of(bytes, &container, &limits) {
        Some(rows) => strips::cover(rows, wanted).map_err(PlateFault::Undecodable)?,
        None => decoded(bytes, wanted, &limits).map_err(PlateFault::Undecodable)?,
    };
    if is_blank(&page) { Err(PlateFault::Blank) } else { Ok(page) }
}

/// Decodes the whole picture and then cuts and scales it; what is see-through stands on white.
fn decoded(bytes: &[u8], wanted: (u32, u32), limits: &ImageLimits) -> Result<RgbaImage, ImageRefusal> {
    Ok(match decode_lean(bytes, limits)? {
        Decoded::Opaque(rgb) => strips::cover(Held::new(&rgb), wanted)?,
        Decoded::Photo(Photo { pixels, has_alpha }) => {
            let pixels = if has_alpha { on_white(pixels) } else { pixels };
            if pixels.dimensions() == wanted { pixels } else { resize_cover(&pixels, wanted.0, wanted.1) }
        }
    })
}

fn on_white(mut pixels: RgbaImage) -> RgbaImage {
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            pixel[channel] = ((u32::from(pixel[channel]) * alpha + 255 * (255 - alpha)) / 255) as u8;
        }
        pixel[3] = 255;
    }
    pixels
}

/// Whether nothing is to be seen: measured on the means of a grid, so that grain does not count as a motif.
fn is_blank(pixels: &RgbaImage) -> bool {
    let (width, height) = pixels.dimensions();
    let (across, down) = ((width / PROBE_SIDE).max(1), (height / PROBE_SIDE).max(1));
    let cells = (0..height / down).flat_map(|row| (0..width / across).map(move |column| (column * across, row * down)));
    let brightness: Vec<f64> = cells.map(|(x, y)| cell_brightness(pixels, (x, y), (across, down))).collect();
    let mean = brightness.iter().sum::<f64>() / brightness.len().max(1) as f64;
    let variance = brightness.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / brightness.len().max(1) as f64;
    variance.sqrt() < BLANK_DEVIATION
}

/// The mean brightness of a cell, 0–255, of some of its pixels.
fn cell_brightness(pixels: &RgbaImage, (x, y): (u32, u32), (width, height): (u32, u32)) -> f64 {
    let (across, down) = ((width / CELL_SAMPLES).max(1), (height / CELL_SAMPLES).max(1));
    let (mut sum, mut count) = (0.0, 0.0);
    for y in (y..y + height).step_by(down as usize) {
        for x in (x..x + width).step_by(across as usize) {
            let [r, g, b, _] = pixels.get_pixel(x, y).0;
            sum += 0.2126 * f64::from(r) + 0.7152 * f64::from(g) + 0.0722 * f64::from(b);
            count += 1.0;
        }
    }
    sum / count
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
    fn grain_is_no_motif_and_a_small_motif_is_one() {
        let grain = RgbaImage::from_fn(512, 768, |x, y| {
            let value = 120 + ((x * 7919 + y * 104_729) ^ (x * y)) % 4;
            let value = value as u8;
            image::Rgba([value, value, value, 255])
        });
        assert!(is_blank(&grain));
        let dot = RgbaImage::from_fn(512, 768, |x, y| {
            let value = if x.abs_diff(256) < 40 && y.abs_diff(384) < 40 { 20 } else { 240 };
            image::Rgba([value, value, value, 255])
        });
        assert!(!is_blank(&dot));
        assert!(is_blank(&RgbaImage::new(3, 2)), "smaller than the grid");
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
