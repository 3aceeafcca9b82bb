//! Colour as people see it: OKLab, its polar form, and legibility.
//!
//! Distances, means and ramps are computed in OKLab, where equal steps look equal; sRGB bytes are
//! only what comes in and goes out.

use std::fmt::Write as _;
use std::sync::LazyLock;

static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|byte| {
        let value = byte as f32 / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    })
});

/// A colour in OKLab.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Oklab {
    /// Lightness, 0 (black) to 1 (white).
    pub l: f32,
    /// Green (negative) to red, about ±0.3.
    pub a: f32,
    /// Blue (negative) to yellow, about ±0.3.
    pub b: f32,
}

impl Oklab {
    /// From sRGB bytes.
    pub fn from_rgb(rgb: [u8; 3]) -> Self {
        let linear = &*LINEAR;
        let [[l], [a], [b]] = from_linear(rgb.map(|byte| [linear[usize::from(byte)]]));
        Self { l, a, b }
    }

    /// The colours of RGBA pixels, alpha aside, as L, a and b: [`Oklab::from_rgb`] for a whole photo, several
    /// pixels at a time.
    pub(super) fn of_pixels(rgba: &[u8]) -> Vec<[f32; 3]> {
        const TOGETHER: usize = 8;
        let linear = &*LINEAR;
        let mut labs = Vec::with_capacity(rgba.len() / 4);
        let (groups, rest) = rgba.as_chunks::<{ 4 * TOGETHER }>();
        for group in groups {
            let [l, a, b] = from_linear::<TOGETHER>(std::array::from_fn(|channel| {
                std::array::from_fn(|at| linear[usize::from(group[4 * at + channel])])
            }));
            labs.extend((0..TOGETHER).map(|at| [l[at], a[at], b[at]]));
        }
        labs.extend(rest.as_chunks::<4>().0.iter().map(|&[r, g, b, _]| {
            let lab = Self::from_rgb([r, g, b]);
            [lab.l, lab.a, lab.b]
        }));
        labs
    }

    /// To sRGB bytes; a colour no screen shows is clipped channel by channel. Prefer
    /// [`Oklch::to_rgb`] for made-up colours, which keeps their hue.
    pub fn to_rgb(self) -> [u8; 3] {
        self.to_linear().map(|value| {
            let value = value.clamp(0.0, 1.0);
            let encoded = if value <= 0.003_130_8 { value * 12.92 } else { 1.055 * value.powf(1.0 / 2.4) - 0.055 };
            (encoded * 255.0 + 0.5) as u8
        })
    }

    /// Chroma: the distance from grey.
    pub fn chroma(self) -> f32 {
        self.a.hypot(self.b)
    }

    /// Perceived difference; about 0.02 is just noticeable.
    pub fn distance(self, other: Self) -> f32 {
        let (l, a, b) = (self.l - other.l, self.a - other.a, self.b - other.b);
        (l * l + a * a + b * b).sqrt()
    }

    fn to_linear(self) -> [f32; 3] {
        let l = (self.l + 0.396_337_78 * self.a + 0.215_803_76 * self.b).powi(3);
        let m = (self.l - 0.105_561_346 * self.a - 0.063_854_17 * self.b).powi(3);
        let s = (self.l - 0.089_484_18 * self.a - 1.291_485_5 * self.b).powi(3);
        [
            4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
            -1.268_438 * l + 2.609_757_4 * m - 0.341_319_38 * s,
            -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
        ]
    }

    fn is_in_gamut(self) -> bool {
        self.to_linear().iter().all(|value| (-0.0005..=1.0005).contains(value))
    }
}

/// A colour in the polar form of OKLab.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Oklch {
    /// Lightness, 0 to 1.
    pub l: f32,
    /// Chroma, 0 (grey) to about 0.32.
    pub c: f32,
    /// Hue, in degrees, 0 to 360; 0 for a grey.
    pub h: f32,
}

impl Oklch {
    /// From sRGB bytes.
    pub fn from_rgb(rgb: [u8; 3]) -> Self {
        Oklab::from_rgb(rgb).into()
    }

    /// To sRGB bytes, lowering chroma until a screen can show the colour; lightness and hue stay.
    pub fn to_rgb(self) -> [u8; 3] {
        if Oklab::from(self).is_in_gamut() {
            return Oklab::from(self).to_rgb();
        }
        let (mut low, mut high) = (0.0, self.c);
        for _ in 0..20 {
            let middle = f32::midpoint(low, high);
            if Oklab::from(Self { c: middle, ..self }).is_in_gamut() { low = middle } else { high = middle }
        }
        Oklab::from(Self { c: low, ..self }).to_rgb()
    }

    /// The same colour with its hue turned by `degrees`.
    #[must_use]
    pub fn rotated(self, degrees: f32) -> Self {
        Self { h: (self.h + degrees).rem_euclid(360.0), ..self }
    }
}

/// Red, green and blue light of some pixels as L, a and b.
#[inline]
fn from_linear<const N: usize>([red, green, blue]: [[f32; N]; 3]) -> [[f32; N]; 3] {
    let root = |r: f32, g: f32, b: f32| -> [f32; N] {
        std::array::from_fn(|i| cube_root(r * red[i] + g * green[i] + b * blue[i]))
    };
    let l = root(0.412_221_47, 0.536_332_55, 0.051_445_993);
    let m = root(0.211_903_5, 0.680_699_5, 0.107_396_96);
    let s = root(0.088_302_46, 0.281_718_85, 0.629_978_7);
    let sum = |x: f32, y: f32, z: f32| -> [f32; N] { std::array::from_fn(|i| x * l[i] + y * m[i] + z * s[i]) };
    [
        sum(0.210_454_26, 0.793_617_8, -0.004_072_047),
        sum(1.977_998_5, -2.428_592_2, 0.450_593_7),
        sum(0.025_904_037, 0.782_771_77, -0.808_675_77),
    ]
}

/// The cube root of a number that is not negative, to the last bit but one.
///
/// It is asked for three times for each pixel of a photo; unlike the library's own this one is done for
/// several numbers at a time, and is the same on every platform. A third of the exponent, then two steps of
/// Halley's method, each of which triples the digits.
#[inline]
fn cube_root(value: f32) -> f32 {
    // Cubes of what is next to nothing are no numbers that a processor is quick with.
    let value = if value > 1e-18 { value } else { 1e-18 };
    let mut root = f32::from_bits(value.to_bits() / 3 + 709_921_077);
    for _ in 0..2 {
        let cube = root * root * root;
        root *= (cube + 2.0 * value) / (2.0 * cube + value);
    }
    root
}

impl From<Oklab> for Oklch {
    fn from(lab: Oklab) -> Self {
        let c = lab.chroma();
        let h = if c < 1e-4 { 0.0 } else { lab.b.atan2(lab.a).to_degrees().rem_euclid(360.0) };
        Self { l: lab.l, c, h }
    }
}

impl From<Oklch> for Oklab {
    fn from(lch: Oklch) -> Self {
        let (sin, cos) = lch.h.to_radians().sin_cos();
        Self { l: lch.l, a: lch.c * cos, b: lch.c * sin }
    }
}

/// Relative luminance as WCAG 2 defines it, 0 to 1.
pub fn relative_luminance(rgb: [u8; 3]) -> f32 {
    let [r, g, b] = rgb.map(|byte| LINEAR[usize::from(byte)]);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

/// Contrast ratio as WCAG 2 defines it, 1 to 21, in whichever order: body text wants 4.5, large
/// text 3.
pub fn contrast_ratio(first: [u8; 3], second: [u8; 3]) -> f32 {
    let (first, second) = (relative_luminance(first), relative_luminance(second));
    (first.max(second) + 0.05) / (first.min(second) + 0.05)
}

/// `#rrggbb`, in lower case.
pub fn to_hex(rgb: [u8; 3]) -> String {
    let mut hex = String::with_capacity(7);
    let _ = write!(hex, "#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_their_published_coordinates() {
        let red = Oklab::from_rgb([255, 0, 0]);
        assert!(red.distance(Oklab { l: 0.62796, a: 0.22486, b: 0.12585 }) < 1e-3, "{red:?}");
        let white = Oklab::from_rgb([255; 3]);
        assert!((white.l - 1.0).abs() < 1e-3 && white.chroma() < 1e-3);
        assert!((Oklch::from_rgb([0, 0, 255]).h - 264.05).abs() < 0.5);
    }

    #[test]
    fn bytes_survive_the_round_trip() {
        for r in (0..=255).step_by(15) {
            for g in (0..=255).step_by(15) {
                for b in (0..=255).step_by(15) {
                    let rgb = [r as u8, g as u8, b as u8];
                    for back in [Oklab::from_rgb(rgb).to_rgb(), Oklch::from_rgb(rgb).to_rgb()] {
                        assert!(rgb.iter().zip(back).all(|(a, b)| a.abs_diff(b) <= 1), "{rgb:?} {back:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_impossible_colour_keeps_its_hue_and_lightness() {
        let wild = Oklch { l: 0.7, c: 0.5, h: 145.0 };
        let shown = Oklch::from_rgb(wild.to_rgb());
        assert!((shown.h - 145.0).abs() < 2.0 && (shown.l - 0.7).abs() < 0.01, "{shown:?}");
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((contrast_ratio([0; 3], [255; 3]) - 21.0).abs() < 0.01);
        assert!((contrast_ratio([255; 3], [0x77; 3]) - 4.48).abs() < 0.01);
        assert!((contrast_ratio([12, 200, 90], [12, 200, 90]) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn hex_is_padded() {
        assert_eq!(to_hex([0, 10, 255]), "#000aff");
    }
}
