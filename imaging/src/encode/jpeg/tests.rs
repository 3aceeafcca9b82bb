use image::Rgba;
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use proptest::prelude::*;

use super::super::super::{ImageLimits, decode};
use super::*;

/// Soft colour, grain, and lettering in a strong red.
fn picture(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let grain = ((x * 7919 + y * 104_729) % 11) as u8;
        if (x / 5 + y / 9) % 7 == 0 {
            return Rgba([200, 20, 30, 255]);
        }
        Rgba([(x * 180 / width) as u8 + grain, (y * 160 / height) as u8 + grain, 120 + grain, 255])
    })
}

fn decoded(bytes: &[u8]) -> RgbaImage {
    decode(bytes, &ImageLimits::default()).expect("a whole file").pixels
}

/// Mean square error over the three colours.
fn error(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let squares: f64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
    squares / (a.as_raw().len() / 4 * 3) as f64
}

#[test]
fn files_are_as_good_and_as_small_as_those_of_another_encoder() {
    let picture = picture(331, 250);
    for (chroma, sampling) in [(Chroma::Full, SamplingFactor::R_4_4_4), (Chroma::Halved, SamplingFactor::R_4_2_0)] {
        for quality in [30, 75, 90, 98] {
            let ours = encode(&picture, quality, chroma);
            let mut theirs = Vec::new();
            let mut encoder = Encoder::new(&mut theirs, quality);
            encoder.set_sampling_factor(sampling);
            encoder.encode(picture.as_raw(), 331, 250, ColorType::Rgba).unwrap();
            let size = ours.len() as f64 / theirs.len() as f64;
            assert!(size < 1.03, "{chroma:?} at {quality}: {size} of the size");
            let (own, other) = (error(&decoded(&ours), &picture), error(&decoded(&theirs), &picture));
            assert!(own < other * 1.03 + 0.1, "{chroma:?} at {quality}: error {own} and {other}");
        }
    }
}

#[test]
fn the_largest_steps_are_written_whole() {
    let checks = RgbaImage::from_fn(64, 64, |x, y| {
        let value = if (x / 8 + y / 8 + (x * y) % 2) % 2 == 0 { 255 } else { 0 };
        Rgba([value, value, value, 255])
    });
    for quality in [1, 100] {
        let seen = decoded(&encode(&checks, quality, Chroma::Full));
        if quality == 100 {
            assert!(error(&seen, &checks) < 1.0, "{}", error(&seen, &checks));
        }
    }
}

#[test]
fn the_same_pixels_give_the_same_bytes_whatever_their_alpha() {
    let opaque = picture(50, 30);
    let mut clear = opaque.clone();
    clear.pixels_mut().for_each(|pixel| pixel[3] = 9);
    assert_eq!(encode(&opaque, 80, Chroma::Full), encode(&clear, 80, Chroma::Full));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn every_size_and_content_comes_back(
        width in 1_u32..40, height in 1_u32..40, quality in 1_u8..=100, seed: u32, halved: bool,
    ) {
        let noise = RgbaImage::from_fn(width, height, |x, y| {
            let h = (x ^ seed).wrapping_mul(0x9e37_79b1) ^ (y.wrapping_mul(0x85eb_ca6b)).rotate_left(9);
            Rgba([(h >> 8) as u8, (h >> 16) as u8, (h >> 24) as u8, 255])
        });
        let chroma = if halved { Chroma::Halved } else { Chroma::Full };
        let seen = decoded(&encode(&noise, quality, chroma));
        prop_assert_eq!(seen.dimensions(), (width, height));
        if quality >= 95 && !halved {
            prop_assert!(error(&seen, &noise) < 40.0);
        }
    }
}
