//! Colour profiles: what a camera or a designer's screen meant by its numbers, told in sRGB.

use image::RgbaImage;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

/// Larger profiles are tables for printing presses, or meant to do harm.
const PROFILE_BYTES_MAX: usize = 1 << 20;

/// Pixels converted at a time: no second copy of a large photo is held.
const CHUNK_PIXELS: usize = 1 << 14;

/// Turns pixels described by an ICC profile into sRGB ones; alpha stays.
///
/// A profile that cannot be read, or is not for RGB, is ignored: the picture then looks as it does
/// in a program without colour management. One that says sRGB changes not a single bit.
pub(super) fn to_srgb(pixels: &mut RgbaImage, profile: &[u8]) {
    if profile.len() > PROFILE_BYTES_MAX {
        return;
    }
    let Ok(source) = ColorProfile::new_from_slice(profile) else { return };
    if source.color_space != DataColorSpace::Rgb {
        return;
    }
    let target = ColorProfile::new_srgb();
    let Ok(transform) = source.create_transform_8bit(Layout::Rgba, &target, Layout::Rgba, TransformOptions::default())
    else {
        return;
    };
    // A few colours tell whether the profile is sRGB under another name: rounding would still move
    // single pixels.
    let steps = |i: u32| [i / 36, i / 6 % 6, i % 6].map(|step| step as u8 * 51);
    let probe: Vec<u8> = (0..216).flat_map(|i| steps(i).into_iter().chain([255])).collect();
    let mut answer = vec![0; probe.len()];
    if transform.transform(&probe, &mut answer).is_err() {
        return;
    }
    if probe.iter().zip(&answer).all(|(before, after)| before.abs_diff(*after) <= 1) {
        return;
    }
    let mut converted = vec![0; CHUNK_PIXELS * 4];
    for chunk in pixels.chunks_mut(CHUNK_PIXELS * 4) {
        let converted = &mut converted[..chunk.len()];
        // Sizes are equal and whole pixels, the only things a transform refuses.
        if transform.transform(chunk, converted).is_ok() {
            chunk.copy_from_slice(converted);
        }
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder, Rgba};

    use super::*;
    use crate::{ImageLimits, decode, normalise};

    fn png_with(profile: Vec<u8>, colour: [u8; 4]) -> Vec<u8> {
        let pixels = RgbaImage::from_pixel(20, 10, Rgba(colour));
        let mut bytes = Vec::new();
        let mut encoder = image::codecs::png::PngEncoder::new(&mut bytes);
        encoder.set_icc_profile(profile).expect("PNG holds profiles");
        encoder.write_image(pixels.as_raw(), 20, 10, ExtendedColorType::Rgba8).expect("in memory");
        bytes
    }

    fn shown(profile: &ColorProfile, colour: [u8; 4]) -> [u8; 4] {
        let bytes = png_with(profile.encode().expect("a known profile"), colour);
        decode(&bytes, &ImageLimits::default()).expect("a good picture").pixels.get_pixel(3, 3).0
    }

    #[track_caller]
    fn assert_near(found: [u8; 4], wanted: [u8; 4]) {
        assert!(found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 2), "{found:?} {wanted:?}");
    }

    #[test]
    fn wide_gamuts_are_told_in_srgb() {
        // Worked out from the published primaries and curves.
        assert_near(shown(&ColorProfile::new_display_p3(), [200, 100, 50, 255]), [215, 93, 31, 255]);
        assert_near(shown(&ColorProfile::new_adobe_rgb(), [200, 100, 50, 128]), [227, 100, 42, 128]);
        assert_near(shown(&ColorProfile::new_display_p3(), [128, 128, 128, 255]), [128, 128, 128, 255]);
    }

    #[test]
    fn srgb_by_name_changes_nothing() {
        for colour in [[1, 2, 3, 255], [200, 100, 50, 255], [254, 254, 253, 7]] {
            assert_eq!(shown(&ColorProfile::new_srgb(), colour), colour);
        }
    }

    #[test]
    fn a_stored_upload_carries_the_colours_and_not_the_profile() {
        let bytes = png_with(ColorProfile::new_display_p3().encode().expect("known"), [200, 100, 50, 255]);
        let stored = normalise(&bytes, &ImageLimits::default()).expect("a good picture");
        let again = decode(&stored.bytes, &ImageLimits::default()).expect("our own file");
        let colour = again.pixels.get_pixel(9, 5).0;
        assert!(colour[0].abs_diff(215) <= 4 && colour[2].abs_diff(31) <= 6, "{colour:?}");
    }

    #[test]
    fn a_broken_profile_is_ignored() {
        let good = ColorProfile::new_display_p3().encode().expect("known");
        let mut profiles = vec![vec![], vec![7; 9], vec![0xFF; 4000], good[..good.len() / 2].to_vec()];
        let mut state = 0x1234_5678_u32;
        for _ in 0..200 {
            let mut damaged = good.clone();
            for _ in 0..4 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % damaged.len();
                damaged[at] = (state >> 3) as u8;
            }
            profiles.push(damaged);
        }
        for profile in profiles {
            let mut pixels = RgbaImage::from_pixel(4, 4, Rgba([200, 100, 50, 77]));
            to_srgb(&mut pixels, &profile);
            assert!(pixels.pixels().all(|pixel| pixel[3] == 77));
        }
        let bytes = png_with(vec![1, 2, 3, 4], [200, 100, 50, 255]);
        let photo = decode(&bytes, &ImageLimits::default()).expect("the picture itself is good");
        assert_eq!(photo.pixels.get_pixel(0, 0).0, [200, 100, 50, 255]);
    }
}
