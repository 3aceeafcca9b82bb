//! Meeting a byte budget by JPEG quality alone.

use std::ops::RangeInclusive;

use image::RgbaImage;

use super::encode::encode_jpeg;

/// A JPEG made to fit a budget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JpegFit {
    /// The file.
    pub bytes: Vec<u8>,
    /// The quality it was written in, 1–100.
    pub quality: u8,
    /// Whether it keeps within the budget. Where not, it is written in the lowest allowed quality:
    /// whoever asked says so instead of shipping mud.
    pub fits: bool,
}

/// Encodes in the best quality of the range whose file has at most `bytes_max` bytes.
///
/// The best quality is tried first, because most pictures fit; the rest is a binary search of at
/// most seven encodings. A file larger than its neighbour of higher quality, which happens by a few
/// bytes, costs one step of quality and never the budget: only files that were measured are returned.
pub fn encode_jpeg_within(pixels: &RgbaImage, bytes_max: usize, qualities: RangeInclusive<u8>) -> JpegFit {
    let (mut low, high) = (*qualities.start(), (*qualities.end()).max(*qualities.start()));
    let at = |quality: u8| {
        let bytes = encode_jpeg(pixels, quality);
        let fits = bytes.len() <= bytes_max;
        JpegFit { bytes, quality, fits }
    };
    let best = at(high);
    if best.fits || low == high {
        return best;
    }
    let floor = at(low);
    if !floor.fits {
        return floor;
    }
    let (mut kept, mut high) = (floor, high);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        let tried = at(middle);
        if tried.fits {
            (kept, low) = (tried, middle);
        } else {
            high = middle;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    /// A picture that does not compress well.
    fn busy(side: u32) -> RgbaImage {
        RgbaImage::from_fn(side, side, |x, y| {
            let value = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503).rotate_left(7)).to_le_bytes();
            Rgba([value[1], value[2], value[3], 255])
        })
    }

    #[test]
    fn a_roomy_budget_keeps_the_best_quality() {
        let fit = encode_jpeg_within(&RgbaImage::from_pixel(64, 64, Rgba([200, 10, 10, 255])), 1 << 20, 60..=95);
        assert_eq!((fit.quality, fit.fits), (95, true));
    }

    #[test]
    fn the_best_quality_below_the_budget_is_found() {
        let picture = busy(96);
        let budget = encode_jpeg(&picture, 80).len();
        let fit = encode_jpeg_within(&picture, budget, 40..=95);
        assert!(fit.fits && fit.bytes.len() <= budget);
        assert!(fit.quality >= 80, "quality {}", fit.quality);
        assert!(encode_jpeg(&picture, fit.quality + 1).len() > budget, "one step more would not fit");
    }

    #[test]
    fn an_impossible_budget_is_told_and_the_floor_holds() {
        let fit = encode_jpeg_within(&busy(96), 100, 60..=95);
        assert_eq!((fit.quality, fit.fits), (60, false));
        let single = encode_jpeg_within(&busy(16), 10, 70..=70);
        assert_eq!((single.quality, single.fits), (70, false));
    }
}
