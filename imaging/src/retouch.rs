//! Retouching by rule: another colour, more light, less noise, for a whole picture or under an alpha.
//!
//! Every function changes the pixels in place. `alpha` says where and how much (255 is all of it);
//! `None` is the whole picture, and pixels beyond a smaller alpha stay as they are. Where alpha is 0
//! no byte changes. A pixel's own transparency is kept.

use image::{GrayImage, RgbaImage};

use super::tone::{looked_up, table};
use super::{Oklab, Oklch, blur::soft_blur};

mod mood;
mod recolour;

pub use mood::{Mood, duotone, mood};
pub use recolour::recolour;

/// The mean lightness of a picture when nothing is known of it, in OKLab.
const MIDDLE: f32 = 0.6;

/// Blurs like a Gaussian of `sigma_px`.
///
/// Colours come from under the alpha alone, so that a blurred background carries no glow of the sharp
/// product in front of it.
pub fn blur(pixels: &mut RgbaImage, sigma_px: f32, alpha: Option<&GrayImage>) {
    let mut own = pixels.clone();
    if let Some(alpha) = alpha {
        for (x, y, pixel) in own.enumerate_pixels_mut() {
            let weight = alpha.get_pixel_checked(x, y).map_or(0, |value| value[0]);
            pixel[3] = (u32::from(pixel[3]) * u32::from(weight) / 255) as u8;
        }
    }
    let blurred = soft_blur(&own, sigma_px);
    blend(pixels, alpha, |x, y, _| {
        let [r, g, b, weight] = blurred.get_pixel(x, y).0;
        // So little weight holds no colour any more after rounding.
        if weight < 8 { None } else { Some([r, g, b]) }
    });
}

/// Covers with squares of `cell_px`, each of its own mean colour: what lies beneath cannot be read.
///
/// Squares lie on one grid over the whole picture and average only what is under the alpha.
pub fn mosaic(pixels: &mut RgbaImage, cell_px: u32, alpha: Option<&GrayImage>) {
    let cell = cell_px.max(2);
    let (width, height) = pixels.dimensions();
    let (across, down) = (width.div_ceil(cell), height.div_ceil(cell));
    let mut sums = vec![[0_u64; 4]; across as usize * down as usize];
    for (x, y, pixel) in pixels.enumerate_pixels() {
        let weight = alpha.map_or(255, |alpha| alpha.get_pixel_checked(x, y).map_or(0, |value| value[0]));
        let sum = &mut sums[((y / cell) * across + x / cell) as usize];
        for channel in 0..3 {
            sum[channel] += u64::from(pixel[channel]) * u64::from(weight);
        }
        sum[3] += u64::from(weight);
    }
    blend(pixels, alpha, |x, y, _| {
        let [r, g, b, weight] = sums[((y / cell) * across + x / cell) as usize];
        (weight > 0).then(|| [r, g, b].map(|sum| ((sum + weight / 2) / weight) as u8))
    });
}

/// Brightens (`strength` up to 1, about a stop and a third) or darkens (down to -1) as light does it:
/// in linear light, with the highlights rolled off rather than burnt out.
pub fn brighten(pixels: &mut RgbaImage, strength: f32, alpha: Option<&GrayImage>) {
    let gain = (strength.clamp(-1.0, 1.0) * 1.3).exp2();
    by_table(pixels, alpha, |colour| {
        let Oklab { l, a, b } = Oklab::from_rgb(colour);
        // OKLab's lightness is about the cube root of light, so a gain of light is its cube root there; the
        // colour grows alongside, as it does under a brighter lamp.
        let light = l * l * l;
        let lit = if gain > 1.0 { light * gain / (1.0 + light * (gain - 1.0)) } else { light * gain };
        let factor = if l > 1e-4 { lit.cbrt() / l } else { 1.0 };
        in_gamut(Oklab { l: l * factor, a: a * factor, b: b * factor })
    });
}

/// More (up to 1) or less (down to -1) contrast around the mean lightness of what is changed.
pub fn contrast(pixels: &mut RgbaImage, strength: f32, alpha: Option<&GrayImage>) {
    let pivot = mean_lightness(pixels, alpha).clamp(0.3, 0.8);
    let strength = strength.clamp(-1.0, 1.0);
    by_table(pixels, alpha, |colour| {
        let lab = Oklab::from_rgb(colour);
        in_gamut(Oklab { l: s_curve(lab.l, pivot, strength), ..lab })
    });
}

/// More (up to 1, twice the chroma) or less (down to -1, grey) colour; hue and lightness stay.
pub fn saturate(pixels: &mut RgbaImage, strength: f32, alpha: Option<&GrayImage>) {
    let factor = 1.0 + strength.clamp(-1.0, 1.0);
    by_table(pixels, alpha, |colour| {
        let lab = Oklab::from_rgb(colour);
        // What is colourful already needs less, or everything ends at the edge of what a screen shows.
        let room =
            if factor > 1.0 { 1.0 + (factor - 1.0) * (1.0 - lab.chroma() / 0.4).clamp(0.2, 1.0) } else { factor };
        in_gamut(Oklab { a: lab.a * room, b: lab.b * room, ..lab })
    });
}

/// Warmer (up to 1) or cooler (down to -1), as if lit by another lamp: lights move most, black stays.
pub fn warm(pixels: &mut RgbaImage, strength: f32, alpha: Option<&GrayImage>) {
    let strength = strength.clamp(-1.0, 1.0);
    by_table(pixels, alpha, |colour| {
        let lab = Oklab::from_rgb(colour);
        let weight = strength * lab.l.clamp(0.0, 1.0).sqrt();
        in_gamut(Oklab { a: lab.a + 0.016 * weight, b: lab.b + 0.06 * weight, ..lab })
    });
}

/// Sharpens edges by an unsharp mask (`strength` 0 to 1), or softens them (down to -1).
///
/// Lightness alone is sharpened, and by a bounded amount: no coloured fringes, no glowing halos.
pub fn sharpen(pixels: &mut RgbaImage, strength: f32, alpha: Option<&GrayImage>) {
    let strength = strength.clamp(-1.0, 1.0);
    let sigma = if strength < 0.0 { 2.5 } else { 1.4 } * (pixels.width().min(pixels.height()) as f32 / 1080.0).max(0.6);
    let soft = soft_blur(pixels, sigma);
    blend(pixels, alpha, |x, y, [r, g, b]| {
        let [sr, sg, sb, _] = soft.get_pixel(x, y).0;
        if strength < 0.0 {
            return Some(mix([r, g, b], [sr, sg, sb], -strength));
        }
        let luma = |[r, g, b]: [u8; 3]| f32::from(r) * 0.299 + f32::from(g) * 0.587 + f32::from(b) * 0.114;
        let edge = ((luma([r, g, b]) - luma([sr, sg, sb])) * 1.6 * strength).clamp(-36.0, 36.0);
        Some([r, g, b].map(|value| (f32::from(value) + edge).round().clamp(0.0, 255.0) as u8))
    });
}

/// An S through (0,0), (`pivot`,`pivot`) and (1,1): steeper at the pivot for a positive strength.
fn s_curve(value: f32, pivot: f32, strength: f32) -> f32 {
    let value = value.clamp(0.0, 1.0);
    let (from, span) = if value < pivot { (0.0, pivot) } else { (1.0, 1.0 - pivot) };
    let share = ((value - from).abs() / span.max(1e-3)).clamp(0.0, 1.0);
    let bent = share.powf((strength * 0.9).exp2());
    if value < pivot { bent * span } else { 1.0 - bent * span }
}

/// Mean lightness in OKLab under an alpha, of every few pixels.
fn mean_lightness(pixels: &RgbaImage, alpha: Option<&GrayImage>) -> f32 {
    let (sum, weight) = samples(pixels, alpha)
        .into_iter()
        .fold((0.0, 0.0), |(sum, weight), (lab, share)| (sum + lab.l * share, weight + share));
    if weight > 0.0 { sum / weight } else { MIDDLE }
}

/// Some thousands of colours from under an alpha, each with its weight.
fn samples(pixels: &RgbaImage, alpha: Option<&GrayImage>) -> Vec<(Oklab, f32)> {
    let weight = |x: u32, y: u32| {
        let own = f32::from(pixels.get_pixel(x, y)[3]) / 255.0;
        own * alpha.map_or(1.0, |alpha| alpha.get_pixel_checked(x, y).map_or(0.0, |value| f32::from(value[0]) / 255.0))
    };
    let places: Vec<(u32, u32, f32)> = pixels
        .enumerate_pixels()
        .map(|(x, y, _)| (x, y, weight(x, y)))
        .filter(|&(_, _, weight)| weight > 0.0)
        .collect();
    let step = (places.len() / 20_000).max(1);
    places
        .into_iter()
        .step_by(step)
        .map(|(x, y, weight)| {
            let [r, g, b, _] = pixels.get_pixel(x, y).0;
            (Oklab::from_rgb([r, g, b]), weight)
        })
        .collect()
}

/// Changes each colour by a rule that looks at nothing else.
fn by_table(pixels: &mut RgbaImage, alpha: Option<&GrayImage>, change: impl Fn([u8; 3]) -> [u8; 3]) {
    let table = table(change);
    blend(pixels, alpha, |_, _, colour| Some(looked_up(&table, colour)));
}

/// Puts new colours in place of the old ones as far as the alpha goes; `None` keeps the old one.
fn blend(pixels: &mut RgbaImage, alpha: Option<&GrayImage>, change: impl Fn(u32, u32, [u8; 3]) -> Option<[u8; 3]>) {
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        let weight = alpha.map_or(255, |alpha| alpha.get_pixel_checked(x, y).map_or(0, |value| value[0]));
        if weight == 0 {
            continue;
        }
        let [r, g, b, own] = pixel.0;
        if let Some(new) = change(x, y, [r, g, b]) {
            let [r, g, b] = if weight == 255 { new } else { mix([r, g, b], new, f32::from(weight) / 255.0) };
            pixel.0 = [r, g, b, own];
        }
    }
}

fn mix(old: [u8; 3], new: [u8; 3], share: f32) -> [u8; 3] {
    std::array::from_fn(|i| (f32::from(old[i]) + (f32::from(new[i]) - f32::from(old[i])) * share).round() as u8)
}

/// To bytes with lightness and hue kept: a colour beyond the screen loses chroma, not its character.
fn in_gamut(lab: Oklab) -> [u8; 3] {
    Oklch::from(Oklab { l: lab.l.clamp(0.0, 1.0), ..lab }).to_rgb()
}

#[cfg(test)]
mod tests;
