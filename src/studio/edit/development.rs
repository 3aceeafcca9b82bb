//! Light and colour of photos and backgrounds, developed as in a darkroom.

use image::{GrayImage, RgbaImage};

use super::changes::Development;
use crate::imaging::retouch;

/// The blur of a background that is wholly out of focus, as a share of its short side.
const BLUR_SHARE: f32 = 0.02;

/// Develops pixels in place; alpha stays.
pub(in crate::studio) fn develop(pixels: &mut RgbaImage, development: Option<Development>) {
    if let Some(wanted) = development {
        develop_under(pixels, wanted, None);
    }
}

/// Develops what lies under an alpha.
pub(super) fn develop_under(pixels: &mut RgbaImage, wanted: Development, alpha: Option<&GrayImage>) {
    let share = |value: i32| value as f32 / 100.0;
    if wanted.brightness != 0 {
        retouch::brighten(pixels, share(wanted.brightness), alpha);
    }
    if wanted.contrast != 0 {
        retouch::contrast(pixels, share(wanted.contrast), alpha);
    }
    if wanted.saturation != 0 {
        retouch::saturate(pixels, share(wanted.saturation), alpha);
    }
    if wanted.warmth != 0 {
        retouch::warm(pixels, share(wanted.warmth), alpha);
    }
    if wanted.sharpness <= -50 {
        let side = pixels.width().min(pixels.height()) as f32;
        retouch::blur(pixels, side * BLUR_SHARE * share(-wanted.sharpness), alpha);
    } else if wanted.sharpness != 0 {
        retouch::sharpen(pixels, (2.0 * share(wanted.sharpness)).clamp(-1.0, 1.0), alpha);
    }
}
