//! Light and colour of photos and backgrounds: what a darkroom does, on pixels.

use image::RgbaImage;

use super::changes::Development;
use crate::imaging::{self, Oklab};

/// Develops pixels in place; alpha stays.
pub(in crate::studio) fn develop(pixels: &mut RgbaImage, development: Option<Development>) {
    let Some(wanted) = development.filter(|wanted| !wanted.is_plain()) else { return };
    let share = |value: i32| value as f32 / 100.0;
    let (light, contrast) = (share(wanted.brightness), 1.0 + 0.6 * share(wanted.contrast));
    let (saturation, warmth) = (1.0 + share(wanted.saturation), share(wanted.warmth));
    if wanted.brightness != 0 || wanted.contrast != 0 || wanted.saturation != 0 || wanted.warmth != 0 {
        // Neighbours are often alike: a backdrop has few colours and millions of pixels.
        let (mut last, mut made) = ([0; 3], [0; 3]);
        let mut is_first = true;
        for pixel in pixels.pixels_mut() {
            let own = [pixel[0], pixel[1], pixel[2]];
            if is_first || own != last {
                is_first = false;
                last = own;
                let lab = Oklab::from_rgb(own);
                // A gamma keeps black and white where they are.
                let mut l = lab.l.clamp(0.0, 1.0).powf(2.0_f32.powf(-light));
                l = 0.5 + (l - 0.5) * contrast;
                // Warm light is amber: more yellow than red.
                let warm = 0.05 * warmth * (1.0 - (2.0 * l - 1.0).abs() * 0.4);
                let moved =
                    Oklab { l: l.clamp(0.0, 1.0), a: lab.a * saturation + warm * 0.45, b: lab.b * saturation + warm };
                made = moved.to_rgb();
            }
            pixel.0[..3].copy_from_slice(&made);
        }
    }
    match wanted.sharpness {
        0 => {}
        soft if soft < 0 => {
            let blurred = imaging::soft_blur(pixels, 6.0 * share(-soft));
            for (pixel, soft) in pixels.pixels_mut().zip(blurred.pixels()) {
                pixel.0[..3].copy_from_slice(&soft.0[..3]);
            }
        }
        sharp => {
            let blurred = imaging::soft_blur(pixels, 1.6);
            let amount = 1.6 * share(sharp);
            for (pixel, soft) in pixels.pixels_mut().zip(blurred.pixels()) {
                for channel in 0..3 {
                    let own = f32::from(pixel[channel]);
                    pixel[channel] = (own + (own - f32::from(soft[channel])) * amount).round().clamp(0.0, 255.0) as u8;
                }
            }
        }
    }
}
