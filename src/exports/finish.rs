//! One picture, brought into its slot: size, bytes, measures.

use std::ops::RangeInclusive;

use image::RgbaImage;

use super::{market::Slot, rules::Facts};
use crate::imaging::{self, ImageLimits};

/// How much of the canvas the product on white takes: a little more than the strictest marketplace
/// asks for, so that a soft edge does not lose it.
pub const FILL: f32 = 0.89;

/// JPEG qualities of exports. Below the lower one lettering falls apart: a file that would need less
/// is shipped in it and reported as too large.
pub const QUALITIES: RangeInclusive<u8> = 60..=94;

/// A file ready to be packed.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The JPEG, without metadata.
    pub jpeg: Vec<u8>,
    /// What was measured on it.
    pub facts: Facts,
}

/// The product on pure white in this size; how far it was enlarged is told beside it.
pub fn white_main(cut_out: &RgbaImage, width: u32, height: u32) -> (RgbaImage, f32) {
    let laid = imaging::on_white(cut_out, width, height, FILL);
    (laid.pixels, laid.enlargement)
}

/// Brings opaque pixels into the slot's size and byte budget.
///
/// `known` is what the maker knows about the picture (words, marks, enlargement); everything that can
/// be measured is measured on the finished file. `reserved` bytes of the budget are left for metadata.
pub fn finish(pixels: &RgbaImage, slot: &Slot, known: Facts, reserved: usize) -> Finished {
    let is_slice = slot.picture == super::PictureKind::Detail;
    let scaled = if is_slice || pixels.dimensions() == (slot.width, slot.height) {
        None
    } else {
        Some(imaging::resize_cover(pixels, slot.width, slot.height))
    };
    let shown = scaled.as_ref().unwrap_or(pixels);
    let stretch = (shown.width() as f32 / pixels.width().max(1) as f32).max(1.0);
    let fit = imaging::encode_jpeg_within(shown, (slot.bytes_max as usize).saturating_sub(reserved), QUALITIES);
    let mut facts = Facts {
        width: shown.width(),
        height: shown.height(),
        byte_size: fit.bytes.len() + reserved,
        quality: fit.quality,
        enlargement: known.enlargement.max(1.0) * stretch,
        ..known
    };
    // What buyers see is the compressed file, so that is what is measured.
    if let Ok(seen) = imaging::decode(&fit.bytes, &ImageLimits::default()) {
        let measured = imaging::measure_white(&seen.pixels);
        facts.white_border_share = measured.border_share;
        facts.fill = known.fill.map(|_| measured.fill);
    }
    Finished { jpeg: fit.bytes, facts }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::exports::{Outcome, check, market, worst};

    fn known(fill: Option<f32>) -> Facts {
        Facts { fill, is_photo: true, ..Facts::UNKNOWN }
    }

    #[test]
    fn a_product_on_white_keeps_every_rule_of_the_strictest_marketplace() {
        let cut_out = RgbaImage::from_fn(900, 1400, |x, y| {
            let inside = ((x as f32 - 450.0) / 440.0).hypot((y as f32 - 700.0) / 690.0) < 1.0;
            Rgba([(x / 4) as u8, (y / 6) as u8, 60, if inside { 255 } else { 0 }])
        });
        let slot = &market("amazon").expect("a marketplace").slots[0];
        let (pixels, enlargement) = white_main(&cut_out, slot.width, slot.height);
        let finished = finish(&pixels, slot, Facts { enlargement, ..known(Some(0.0)) }, 1500);
        let findings = check(slot, &finished.facts, 1);
        assert_eq!(worst(findings.iter().map(|found| found.outcome)), Outcome::Pass, "{findings:#?}");
        assert!(finished.facts.fill.expect("measured") >= 0.85);
    }

    #[test]
    fn a_budget_that_cannot_be_met_is_reported_and_the_picture_stays_legible() {
        let noise = RgbaImage::from_fn(800, 800, |x, y| {
            let value = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(2_246_822_519)).wrapping_mul(3_266_489_917);
            let [r, g, b, _] = value.to_le_bytes();
            Rgba([r, g, b, 255])
        });
        let slot = market("taobao").expect("a marketplace").slots.iter().find(|slot| slot.code == "white");
        let slot = slot.expect("a slot");
        let finished = finish(&noise, slot, known(None), 0);
        assert_eq!(finished.facts.quality, *QUALITIES.start());
        let findings = check(slot, &finished.facts, 1);
        assert!(findings.iter().any(|found| found.outcome == Outcome::Fail), "{findings:?}");
    }

    #[test]
    fn enlargement_adds_up() {
        let slot = &market("etsy").expect("a marketplace").slots[1];
        let finished = finish(&RgbaImage::from_pixel(1080, 1080, Rgba([90, 90, 90, 255])), slot, known(None), 0);
        assert_eq!((finished.facts.width, finished.facts.height), (2000, 2000));
        assert!((finished.facts.enlargement - 1.85).abs() < 0.01);
    }
}
