//! Design tokens: what a visual and a typography style mean in colours, fonts and measures.
//!
//! Every colour is made here in OKLCH from one seed hue, so a set can never carry a colour that
//! does not belong, and every colour that words use is checked against the ground it stands on.

use serde_json::json;

use crate::{
    domain::{SetStyle, TypographyStyle, VisualStyle},
    imaging::{Oklch, ProductPalette, contrast_ratio, to_hex},
    providers::image::PlatePalette,
};

/// Least contrast of body text with its ground (WCAG 2, AA).
pub(super) const BODY_CONTRAST_MIN: f32 = 4.5;
/// Least contrast of headlines: text of 40 px and more.
pub(super) const LARGE_CONTRAST_MIN: f32 = 3.0;

/// The tokens of one set.
#[derive(Clone, Debug)]
pub(super) struct Theme {
    /// Whether words are light on dark.
    pub(super) is_dark: bool,
    /// The ground most words stand on.
    pub(super) ground: [u8; 3],
    /// Headlines and table values.
    pub(super) ink: [u8; 3],
    /// Supporting lines.
    pub(super) soft: [u8; 3],
    /// Eyebrows, numerals, icons.
    pub(super) accent: [u8; 3],
    /// Filled areas: buttons, the one coloured tile.
    pub(super) fill: [u8; 3],
    /// Words on filled areas.
    pub(super) on_fill: [u8; 3],
    /// A quiet coloured area.
    pub(super) tint: [u8; 3],
    /// Shadows.
    pub(super) shade: [u8; 3],
    /// The far end of gradients in headlines and buttons.
    pub(super) glow: [u8; 3],
    /// The same colours for the background painter.
    pub(super) plate: PlatePalette,
    display_family: &'static str,
    display_weight: u16,
    /// Tracking of headlines, in em.
    display_tracking: f32,
    latin_family: &'static str,
    latin_italic: bool,
    body_family: &'static str,
    radius: f32,
    classes: String,
}

const SANS: &str = "'Noto Sans SC'";
const SERIF: &str = "'Noto Serif SC', 'Noto Sans SC'";
const KAI: &str = "'LXGW WenKai', 'Noto Sans SC'";

impl Theme {
    /// Derives the tokens of a set from its style and the product's colours.
    pub(super) fn new(style: SetStyle, palette: &ProductPalette) -> Self {
        Self::of(style, &Colours::of(style.visual, palette))
    }

    /// The tokens of a set in other colours than its own: the same type and measures.
    pub(super) fn tinted(style: SetStyle, tint: Tint) -> Self {
        Self::of(style, &Colours::tinted(tint))
    }

    fn of(style: SetStyle, colours: &Colours) -> Self {
        let (display_family, display_weight, display_tracking) = match style.typography {
            TypographyStyle::Serif => (SERIF, 900, 0.02),
            TypographyStyle::Glass => (SANS, 800, 0.01),
            TypographyStyle::Embossed => (SANS, 900, 0.01),
            TypographyStyle::Handwritten => (KAI, 700, 0.03),
            TypographyStyle::Neon => (SANS, 900, 0.03),
            TypographyStyle::Thin => (SANS, 250, 0.10),
        };
        let (latin_family, latin_italic) = match (style.visual, style.typography) {
            (_, TypographyStyle::Serif | TypographyStyle::Handwritten) => ("'Playfair Display', 'Noto Serif SC'", true),
            (VisualStyle::Cyber, _) | (_, TypographyStyle::Neon) => ("'Oxanium', 'Noto Sans SC'", false),
            _ => ("'Space Grotesk', 'Noto Sans SC'", false),
        };
        let radius = match style.visual {
            VisualStyle::Magazine | VisualStyle::Vintage => 0.4,
            VisualStyle::Minimal => 0.0,
            VisualStyle::Cyber => 1.0,
            VisualStyle::Tech => 2.4,
            VisualStyle::Watercolor | VisualStyle::Organic => 3.2,
        };
        let classes = format!(
            "v-{} t-{} b-{} {}",
            style.visual.code().to_lowercase(),
            style.typography.code().to_lowercase(),
            style.layout.code().to_lowercase(),
            if colours.is_dark { "dark" } else { "light" },
        );
        Self {
            is_dark: colours.is_dark,
            ground: colours.ground,
            ink: legible(colours.ink, &[colours.ground, colours.tint], 7.0),
            soft: legible(colours.soft, &[colours.ground, colours.tint], BODY_CONTRAST_MIN + 0.4),
            accent: legible(colours.accent, &[colours.ground, colours.tint], BODY_CONTRAST_MIN + 0.2),
            fill: colours.fill,
            on_fill: legible(colours.on_fill, &[colours.fill], BODY_CONTRAST_MIN + 0.5),
            tint: colours.tint,
            shade: colours.shade,
            glow: colours.glow,
            plate: PlatePalette {
                base: colours.ground,
                tint: colours.tint,
                surface: colours.surface,
                accent: colours.light,
                glow: colours.glow,
                shade: colours.shade,
                is_dark: colours.is_dark,
            },
            display_family,
            display_weight,
            display_tracking,
            latin_family,
            latin_italic,
            body_family: if style.typography == TypographyStyle::Handwritten { KAI } else { SANS },
            radius,
            classes,
        }
    }

    /// What templates and style sheets read as `theme`.
    pub(super) fn data(&self) -> serde_json::Value {
        json!({
            "classes": self.classes,
            "is_dark": self.is_dark,
            "ground": to_hex(self.ground),
            "ink": to_hex(self.ink),
            "soft": to_hex(self.soft),
            "accent": to_hex(self.accent),
            "fill": to_hex(self.fill),
            "on_fill": to_hex(self.on_fill),
            "tint": to_hex(self.tint),
            "glow": to_hex(self.glow),
            "line": rgba(self.ink, if self.is_dark { 0.20 } else { 0.18 }),
            "hair": rgba(self.ink, if self.is_dark { 0.12 } else { 0.10 }),
            "veil": rgba(self.ground, 0.78),
            "clear": rgba(self.ground, 0.0),
            "card": if self.is_dark { rgba(mixed(self.ground, [255; 3], 0.16), 0.62) } else { rgba(mixed(self.ground, [255; 3], 0.72), 0.74) },
            "card_line": if self.is_dark { rgba([255; 3], 0.16) } else { rgba([255; 3], 0.85) },
            "shadow": rgba(self.shade, if self.is_dark { 0.55 } else { 0.16 }),
            "halo": rgba(self.plate.accent, 0.70),
            "halo_far": rgba(self.plate.accent, 0.42),
            "display_family": self.display_family,
            "display_weight": self.display_weight,
            "display_tracking": format!("{}em", self.display_tracking),
            "emboss_top": to_hex(self.emboss(0.16)),
            "emboss_mid": to_hex(self.emboss(0.02)),
            "emboss_low": to_hex(self.emboss(-0.10)),
            "emboss_end": to_hex(self.emboss(0.06)),
            "latin_family": self.latin_family,
            "latin_style": if self.latin_italic { "italic" } else { "normal" },
            "latin_tracking": if self.latin_italic { "0.04em" } else { "0.18em" },
            "latin_case": if self.latin_italic { "title" } else { "upper" },
            "body_family": self.body_family,
            "radius": format!("{}rem", self.radius),
            "radius_pill": if self.radius < 0.5 { format!("{}rem", self.radius) } else { "6rem".to_owned() },
        })
    }

    /// A step of the metal that embossed headlines are filled with.
    fn emboss(&self, lift: f32) -> [u8; 3] {
        let mut colour = Oklch::from_rgb(if self.is_dark { self.glow } else { self.fill });
        colour.l = (if self.is_dark { 0.84 } else { colour.l }) + lift;
        colour.c *= 0.8;
        legible(colour.to_rgb(), &[self.ground], LARGE_CONTRAST_MIN)
    }

    /// Tracking of headlines, in em.
    pub(super) const fn tracking(&self) -> f32 {
        self.display_tracking
    }

    /// Whether English lines are set in capitals.
    pub(super) const fn has_latin_capitals(&self) -> bool {
        !self.latin_italic
    }
}

/// The two colours that an edit chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tint {
    /// What most words stand on.
    pub(super) ground: [u8; 3],
    /// Eyebrows, buttons, icons.
    pub(super) accent: [u8; 3],
}

struct Colours {
    is_dark: bool,
    ground: [u8; 3],
    tint: [u8; 3],
    surface: [u8; 3],
    ink: [u8; 3],
    soft: [u8; 3],
    accent: [u8; 3],
    fill: [u8; 3],
    on_fill: [u8; 3],
    light: [u8; 3],
    glow: [u8; 3],
    shade: [u8; 3],
}

impl Colours {
    fn of(visual: VisualStyle, palette: &ProductPalette) -> Self {
        let seed = Oklch::from_rgb(palette.seed);
        let neutral = palette.is_neutral || seed.c < 0.03;
        let c = |l: f32, c: f32, h: f32| Oklch { l, c, h: h.rem_euclid(360.0) }.to_rgb();
        // A grey product takes the style's own hue; a coloured one brings its own.
        let hue = |fallback: f32| if neutral { fallback } else { seed.h };
        let vivid = if neutral { 0.6 } else { (seed.c / 0.13).clamp(0.7, 1.15) };
        match visual {
            VisualStyle::Magazine => {
                // Warm products lie on warm paper: a red one on cream, not on pink.
                let h = match hue(72.0) {
                    h if !(110.0..330.0).contains(&h) => 68.0,
                    h => h,
                };
                let mut own =
                    Self::light(c, h, [0.962, 0.011], [0.900, 0.030 * vivid], [0.925, 0.019], [0.43, 0.105 * vivid]);
                own.accent = c(0.43, 0.105 * vivid, hue(58.0));
                own.fill = c(0.40, 0.100 * vivid, hue(58.0));
                own
            }
            VisualStyle::Minimal => {
                let h = hue(250.0);
                let quiet = if neutral { 0.25 } else { 0.7 };
                Self::light(c, h, [0.978, 0.003], [0.915, 0.026 * quiet], [0.945, 0.006], [0.40, 0.09 * quiet])
            }
            VisualStyle::Vintage => {
                let h = 70.0;
                let mut own = Self::light(c, h, [0.915, 0.038], [0.855, 0.055], [0.845, 0.052], [0.42, 0.105]);
                if !neutral {
                    own.accent = c(0.42, 0.12, seed.h);
                    own.fill = own.accent;
                }
                own
            }
            VisualStyle::Watercolor => {
                let h = hue(220.0);
                Self::light(c, h, [0.980, 0.008], [0.890, 0.055 * vivid], [0.950, 0.016], [0.45, 0.115 * vivid])
            }
            VisualStyle::Organic => {
                let h = hue(125.0);
                // Linen in the light, sage in the shade: one hue for both turns to olive drab.
                let (linen, sage) = (92.0, 142.0);
                let mut own = Self::light(c, linen, [0.966, 0.014], [0.905, 0.034], [0.930, 0.020], [0.42, 0.085]);
                own.tint = c(0.900, 0.029, 128.0);
                own.surface = c(0.925, 0.020, 115.0);
                own.glow = c(0.93, 0.038, 106.0);
                own.shade = c(0.30, 0.040, sage);
                own.accent = c(0.42, 0.095, if (20.0..200.0).contains(&h) { h } else { 135.0 });
                own.fill = own.accent;
                own
            }
            VisualStyle::Tech => {
                // Cool in any case: a warm product glows before a cool ground.
                let base = if !neutral && (165.0..310.0).contains(&seed.h) { seed.h } else { 252.0 };
                let spark = if neutral || (165.0..310.0).contains(&seed.h) { base - 28.0 } else { base - 36.0 };
                Self::dark(c, base, spark, 0.165, 0.040, 0.135)
            }
            VisualStyle::Cyber => {
                let mut own = Self::dark(c, 300.0, 340.0, 0.130, 0.050, 0.215);
                own.glow = c(0.66, 0.16, 205.0);
                own
            }
        }
    }

    /// All colours from a ground and an accent. The ground stays exactly as it was chosen; dark ones carry
    /// light words.
    fn tinted(tint: Tint) -> Self {
        let (ground, accent) = (Oklch::from_rgb(tint.ground), Oklch::from_rgb(tint.accent));
        let c = |l: f32, c: f32, h: f32| Oklch { l: l.clamp(0.0, 1.0), c, h: h.rem_euclid(360.0) }.to_rgb();
        let is_dark = contrast_ratio(tint.ground, [250; 3]) > contrast_ratio(tint.ground, [26; 3]);
        let (h, spark) = (ground.h, accent.h);
        if is_dark {
            let chroma = ground.c.max(0.008);
            return Self {
                is_dark,
                ground: tint.ground,
                tint: c(ground.l + 0.075, chroma * 1.3, h),
                surface: c(ground.l + 0.09, chroma * 1.2, h),
                ink: c(0.972, 0.010, h),
                soft: c(0.84, 0.020, h),
                accent: c(accent.l.max(0.78), accent.c, spark),
                fill: c(accent.l.max(0.74), accent.c, spark),
                on_fill: c(0.17, 0.03, h),
                light: c(accent.l.max(0.74), accent.c, spark),
                glow: c(
                    (ground.l + 0.22).min(0.62),
                    (chroma * 1.4).max(accent.c * 0.5),
                    if accent.c > 0.03 { spark } else { h },
                ),
                shade: c(ground.l * 0.35, chroma * 0.6, h),
            };
        }
        let chroma = ground.c;
        Self {
            is_dark,
            ground: tint.ground,
            tint: c(ground.l - 0.065, chroma * 1.5 + 0.006, h),
            surface: c(ground.l - 0.035, chroma * 1.2 + 0.004, h),
            ink: c(0.235, 0.028, h),
            soft: c(0.42, 0.030, h),
            accent: c(accent.l.min(0.46), accent.c, spark),
            fill: c(accent.l.min(0.44), accent.c, spark),
            on_fill: c(0.975, 0.010, spark),
            light: c(0.70, accent.c, spark),
            glow: c((ground.l + 0.02).min(0.97), chroma * 1.6 + 0.012, h + 8.0),
            shade: c(ground.l * 0.34, 0.040, h),
        }
    }

    fn light(
        c: impl Fn(f32, f32, f32) -> [u8; 3],
        h: f32,
        ground: [f32; 2],
        tint: [f32; 2],
        surface: [f32; 2],
        accent: [f32; 2],
    ) -> Self {
        Self {
            is_dark: false,
            ground: c(ground[0], ground[1], h),
            tint: c(tint[0], tint[1], h),
            surface: c(surface[0], surface[1], h),
            ink: c(0.235, 0.028, h),
            soft: c(0.455, 0.028, h),
            accent: c(accent[0], accent[1], h),
            fill: c(accent[0] - 0.02, accent[1], h),
            on_fill: c(0.975, 0.010, h),
            light: c(0.70, accent[1] * 1.1, h),
            glow: c(0.90, 0.055, h + 14.0),
            shade: c(0.30, 0.040, h),
        }
    }

    fn dark(c: impl Fn(f32, f32, f32) -> [u8; 3], base: f32, spark: f32, l: f32, chroma: f32, vivid: f32) -> Self {
        Self {
            is_dark: true,
            ground: c(l, chroma, base),
            tint: c(l + 0.085, chroma * 1.5, base),
            surface: c(l + 0.10, chroma * 1.3, base),
            ink: c(0.972, 0.010, base),
            soft: c(0.80, 0.030, base),
            accent: c(0.83, vivid * 0.85, spark),
            fill: c(0.80, vivid, spark),
            on_fill: c(0.16, 0.035, base),
            light: c(0.78, vivid, spark),
            glow: c(0.52, vivid * 1.1, base),
            shade: c(0.055, 0.020, base),
        }
    }
}

/// Moves a colour away from its grounds, towards black or white, until it can be read on all of
/// them.
pub(super) fn legible(colour: [u8; 3], grounds: &[[u8; 3]], contrast_min: f32) -> [u8; 3] {
    let worst = |c: [u8; 3]| grounds.iter().map(|ground| contrast_ratio(c, *ground)).fold(f32::MAX, f32::min);
    let start = Oklch::from_rgb(colour);
    let mut best = colour;
    for direction in [-0.02_f32, 0.02] {
        let mut moved = start;
        for _ in 0..50 {
            if worst(moved.to_rgb()) >= contrast_min {
                return moved.to_rgb();
            }
            moved.l = (moved.l + direction).clamp(0.0, 1.0);
        }
        if worst(moved.to_rgb()) > worst(best) {
            best = moved.to_rgb();
        }
    }
    best
}

fn mixed(a: [u8; 3], b: [u8; 3], t: f32) -> [u8; 3] {
    [0, 1, 2].map(|i| (f32::from(a[i]) + (f32::from(b[i]) - f32::from(a[i])) * t).round() as u8)
}

/// `rgba(…)` of a colour we made: the only way a colour reaches a style sheet besides plain hex.
pub(super) fn rgba([r, g, b]: [u8; 3], alpha: f32) -> String {
    format!("rgba({r},{g},{b},{alpha:.3})")
}
