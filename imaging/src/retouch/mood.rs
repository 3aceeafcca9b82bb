//! Moods: the colours that a whole picture leans to.

use image::{GrayImage, RgbaImage};

use super::{by_table, in_gamut, mean_lightness, mix, s_curve};
use crate::{Oklab, Oklch};

/// A named look of a whole picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mood {
    /// Low sun: amber lights, brown shadows.
    Warm,
    /// Overcast: bluish lights, steel shadows.
    Cool,
    /// An old print: faded blacks, cream whites, tired colours.
    Vintage,
    /// Black and gold: deep neutral shadows, golden lights.
    BlackGold,
    /// Dusty, greyish colours of near lightness.
    Morandi,
    /// Neon night: violet shadows, cyan lights.
    Cyber,
    /// Morning: lifted lights, a breath of green, clear colours.
    Fresh,
    /// Sweet: pink lights, soft contrast.
    Romantic,
    /// Festive: red shadows, golden lights.
    Festive,
    /// Cinema: teal shadows, orange lights.
    Cinematic,
    /// Black and white.
    Monochrome,
}

/// What makes a mood.
struct Look {
    /// Hue in degrees and chroma that shadows lean to.
    shadow: (f32, f32),
    /// Hue in degrees and chroma that lights lean to.
    light: (f32, f32),
    /// What is left of the picture's own chroma, 1 for all.
    own: f32,
    /// As for [`super::contrast`].
    contrast: f32,
    /// Where black and white end up, in OKLab lightness.
    ends: (f32, f32),
}

impl Mood {
    fn look(self) -> Look {
        let look = |shadow, light, own, contrast, ends| Look { shadow, light, own, contrast, ends };
        match self {
            Self::Warm => look((50.0, 0.022), (75.0, 0.045), 1.04, 0.05, (0.0, 1.0)),
            Self::Cool => look((260.0, 0.028), (235.0, 0.035), 0.96, 0.05, (0.0, 1.0)),
            Self::Vintage => look((60.0, 0.03), (88.0, 0.05), 0.62, -0.1, (0.14, 0.95)),
            Self::BlackGold => look((80.0, 0.008), (84.0, 0.095), 0.35, 0.38, (0.0, 0.96)),
            Self::Morandi => look((70.0, 0.012), (85.0, 0.014), 0.42, -0.22, (0.16, 0.94)),
            Self::Cyber => look((295.0, 0.085), (205.0, 0.07), 0.85, 0.3, (0.0, 0.98)),
            Self::Fresh => look((190.0, 0.014), (140.0, 0.016), 1.12, -0.04, (0.04, 1.0)),
            Self::Romantic => look((350.0, 0.03), (5.0, 0.032), 0.88, -0.12, (0.08, 0.99)),
            Self::Festive => look((25.0, 0.06), (82.0, 0.055), 1.05, 0.15, (0.0, 0.99)),
            Self::Cinematic => look((215.0, 0.04), (65.0, 0.045), 0.9, 0.2, (0.01, 0.98)),
            Self::Monochrome => look((0.0, 0.0), (0.0, 0.0), 0.0, 0.1, (0.0, 1.0)),
        }
    }
}

/// Leans a picture to a mood, at `strength` 0 to 1.
pub fn mood(pixels: &mut RgbaImage, mood: Mood, strength: f32, alpha: Option<&GrayImage>) {
    let look = mood.look();
    let pivot = mean_lightness(pixels, alpha).clamp(0.35, 0.75);
    let strength = strength.clamp(0.0, 1.0);
    let tint = |(h, c): (f32, f32)| Oklab::from(Oklch { l: 0.0, c, h });
    let (shadow, light) = (tint(look.shadow), tint(look.light));
    by_table(pixels, alpha, |old| {
        let lab = Oklab::from_rgb(old);
        let bent = s_curve(lab.l, pivot, look.contrast);
        let l = look.ends.0 + bent * (look.ends.1 - look.ends.0);
        // Neither black nor white carries colour, so a tint ends where they begin.
        let (dark, bright) = ((1.0 - bent).powi(2), bent * bent);
        let (low, high) = (dark * (bent * 6.0).min(1.0), bright * ((1.0 - bent) * 6.0).clamp(0.35, 1.0));
        let leaning = |own: f32, shadow: f32, light: f32| own * look.own + shadow * low * 1.6 + light * high * 1.6;
        let moved = Oklab { l, a: leaning(lab.a, shadow.a, light.a), b: leaning(lab.b, shadow.b, light.b) };
        mix(old, in_gamut(moved), strength)
    });
}

/// Draws the picture in two colours by its lightness: `dark` for black, `light` for white, and what
/// lies between them in OKLab for the rest. `strength` 0 to 1.
pub fn duotone(pixels: &mut RgbaImage, dark: [u8; 3], light: [u8; 3], strength: f32, alpha: Option<&GrayImage>) {
    let (from, to) = (Oklab::from_rgb(dark), Oklab::from_rgb(light));
    let strength = strength.clamp(0.0, 1.0);
    by_table(pixels, alpha, |old| {
        let share = Oklab::from_rgb(old).l.clamp(0.0, 1.0);
        let between = |from: f32, to: f32| from + (to - from) * share;
        let tone = Oklab { l: between(from.l, to.l), a: between(from.a, to.a), b: between(from.b, to.b) };
        mix(old, in_gamut(tone), strength)
    });
}
