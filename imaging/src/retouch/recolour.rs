//! Dyeing: another colour on the same cloth.

use image::{GrayImage, RgbaImage};

use super::{by_table, in_gamut, mix, samples};
use crate::{Oklab, Oklch};

/// The lightest and the darkest that a dyed thing becomes at its middle. On pure white and pure black
/// nothing could be seen of its folds.
const LIGHTNESS: (f32, f32) = (0.16, 0.95);

/// Chroma below which a thing counts as grey, and its pixels' differences in chroma as noise.
const GREY: f32 = 0.04;

/// Gives everything under the alpha the hue and the chroma of `colour`, at `strength` 0 to 1.
///
/// The middle lightness of the place becomes that of the colour, and what was lighter or darker stays so
/// by as much as there is room for: folds, grain and shine survive, towards white and black as well.
/// What was less colourful than its surroundings (a highlight, a print) stays so in proportion.
pub fn recolour(pixels: &mut RgbaImage, colour: [u8; 3], strength: f32, alpha: Option<&GrayImage>) {
    let mut seen = samples(pixels, alpha);
    if seen.is_empty() {
        return;
    }
    let target = Oklch::from_rgb(colour);
    let mut chroma: Vec<f32> = seen.iter().map(|(lab, _)| lab.chroma()).collect();
    chroma.sort_unstable_by(f32::total_cmp);
    let typical = chroma[chroma.len() / 2];
    seen.sort_unstable_by(|one, other| one.0.l.total_cmp(&other.0.l));
    let quantile = |share: f32| seen[((seen.len() - 1) as f32 * share) as usize].0.l;
    let (dark, middle, light) = (quantile(0.02), quantile(0.5), quantile(0.98));
    let goal = target.l.clamp(LIGHTNESS.0, LIGHTNESS.1);
    let slope = |room: f32, needed: f32| if needed > 1e-3 { (room / needed).min(1.0) } else { 1.0 };
    let up = slope(0.995 - goal, light - middle);
    let down = slope(goal - 0.02, middle - dark);
    let strength = strength.clamp(0.0, 1.0);
    by_table(pixels, alpha, |old| {
        let lab = Oklab::from_rgb(old);
        let off = lab.l - middle;
        let l = (goal + off * if off > 0.0 { up } else { down }).clamp(0.0, 1.0);
        let share = if typical < GREY { 1.0 } else { (lab.chroma() / typical).min(1.15) };
        let dyed = Oklch { l, c: target.c * (0.4 + 0.6 * share), h: target.h };
        mix(old, in_gamut(Oklab::from(dyed)), strength)
    });
}
