//! The product report: everything the posters of one set may say, in Chinese and in English.
//!
//! A report is data, not prose: layouts pick from it and never write a word of their own. Every
//! list may be shorter than its limit, and a layout drops what is missing; it never prints a
//! placeholder. The limits below are what the type scale of the posters can carry.

use serde::{Deserialize, Serialize};

pub use super::category::Category;

/// The version of [`ProductReport`]'s stored form; raised when a field changes meaning.
pub const REPORT_SCHEMA_VERSION: u32 = 1;
/// Selling points in one report.
pub const SELLING_POINTS_MAX: usize = 5;
/// Rows of the specification table.
pub const PARAMETERS_MAX: usize = 16;
/// Steps of the usage guide.
pub const STEPS_MAX: usize = 6;
/// Cautions under the usage guide.
pub const CAUTIONS_MAX: usize = 4;
/// Scenes of use.
pub const SCENES_MAX: usize = 3;
/// The widest Chinese headline, in full-width columns (see [`zh_columns`]).
pub const TITLE_ZH_COLUMNS_MAX: usize = 12;
/// The longest English headline, in words.
pub const TITLE_EN_WORDS_MAX: usize = 6;
/// The widest Chinese supporting line, in full-width columns.
pub const DETAIL_ZH_COLUMNS_MAX: usize = 30;
/// The longest English supporting line, in words.
pub const DETAIL_EN_WORDS_MAX: usize = 14;

/// The width of a Chinese line in full-width columns: a Latin letter or digit counts half.
///
/// This is what decides whether a headline fits, not the number of characters: `48 dB` is as wide
/// as two and a half hanzi.
pub fn zh_columns(text: &str) -> usize {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>().div_ceil(2)
}

/// The number of words of an English line.
pub fn en_words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Whether a character is a Chinese ideograph.
pub const fn is_hanzi(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

/// The same thing said in Chinese and in English. Both sides are always filled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English; never contains hanzi.
    pub en: String,
}

impl Bilingual {
    /// Pairs the two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }
}

/// Where a statement comes from, which decides how boldly a poster may say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The seller wrote it.
    User,
    /// It can be seen in the photo.
    Photo,
    /// Derived from the category; never carries a number.
    Inferred,
    /// A general template of the category that the seller should confirm.
    Template,
}

/// The pictogram beside a selling point; the composer draws one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Icon {
    /// Battery, charging.
    Battery,
    /// Speed, power, instant effect.
    Bolt,
    /// Tested, certified, guaranteed.
    Check,
    /// Duration, freshness, timing.
    Clock,
    /// Water, moisture, liquid.
    Drop,
    /// Lightness, softness.
    Feather,
    /// Heat, roasting, firing.
    Flame,
    /// Presents, packaging.
    Gift,
    /// Handmade, grip, comfort in the hand.
    Hand,
    /// Care, gentleness, health.
    Heart,
    /// Material, layers, structure.
    Layers,
    /// Natural, plant, eco-friendly.
    Leaf,
    /// Origin, position, altitude.
    Mountain,
    /// Colour, pattern, glaze.
    Palette,
    /// Size, weight, measure.
    Ruler,
    /// Display, brightness.
    Screen,
    /// Safe, protected, durable.
    Shield,
    /// Wireless, connection, positioning.
    Signal,
    /// Cold, cooling, frozen.
    Snow,
    /// Sound, noise cancelling.
    Sound,
    /// Radiance, shine, cleanliness.
    Sparkle,
    /// Quality, design.
    Star,
    /// Light, sun, outdoors.
    Sun,
    /// Flavour, aroma.
    Taste,
}

impl Icon {
    /// Every icon, in declaration order.
    pub const ALL: [Self; 24] = [
        Self::Battery,
        Self::Bolt,
        Self::Check,
        Self::Clock,
        Self::Drop,
        Self::Feather,
        Self::Flame,
        Self::Gift,
        Self::Hand,
        Self::Heart,
        Self::Layers,
        Self::Leaf,
        Self::Mountain,
        Self::Palette,
        Self::Ruler,
        Self::Screen,
        Self::Shield,
        Self::Signal,
        Self::Snow,
        Self::Sound,
        Self::Sparkle,
        Self::Star,
        Self::Sun,
        Self::Taste,
    ];

    /// The stable code, equal to the stored form; also the name of the drawing.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Battery => "battery",
            Self::Bolt => "bolt",
            Self::Check => "check",
            Self::Clock => "clock",
            Self::Drop => "drop",
            Self::Feather => "feather",
            Self::Flame => "flame",
            Self::Gift => "gift",
            Self::Hand => "hand",
            Self::Heart => "heart",
            Self::Layers => "layers",
            Self::Leaf => "leaf",
            Self::Mountain => "mountain",
            Self::Palette => "palette",
            Self::Ruler => "ruler",
            Self::Screen => "screen",
            Self::Shield => "shield",
            Self::Signal => "signal",
            Self::Snow => "snow",
            Self::Sound => "sound",
            Self::Sparkle => "sparkle",
            Self::Star => "star",
            Self::Sun => "sun",
            Self::Taste => "taste",
        }
    }

    /// Reads a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|icon| icon.code() == code)
    }
}

/// The brand, as far as the seller named it; both absent means no brand line on the posters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// The Chinese name.
    pub zh: Option<String>,
    /// The Latin name; never a transliteration made up here.
    pub en: Option<String>,
}

impl Brand {
    /// What to print where there is room for one name only.
    pub fn display(&self) -> Option<&str> {
        self.zh.as_deref().or(self.en.as_deref())
    }
}

/// What is being sold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// The kind of product.
    pub category: Category,
    /// The whole name on one line, brand included where the seller wrote it so: the seller's own
    /// words on the side of the seller's language, a translation on the other. What
    /// `productname.txt` holds is the text model's `product_name`, always in the seller's words.
    pub name: Bilingual,
    /// The name without the brand, short enough for a headline: Chinese at most
    /// [`TITLE_ZH_COLUMNS_MAX`] columns, English at most [`TITLE_EN_WORDS_MAX`] words.
    pub title: Bilingual,
    /// The bare noun, such as 精华液 / Serum.
    pub noun: Bilingual,
    /// Net content or model, such as `100 mL`; absent when the seller gave none.
    pub spec: Option<String>,
    /// A line of mood for the category, without any claim or number.
    pub slogan: Bilingual,
}

/// One reason to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SellingPoint {
    /// The headline, within the title limits.
    pub title: Bilingual,
    /// The supporting line, within the detail limits.
    pub detail: Bilingual,
    /// The pictogram beside it.
    pub icon: Icon,
    /// Where it comes from.
    pub evidence: Evidence,
}

/// One row of the specification table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// What is measured, such as 净含量 / Net content.
    pub key: Bilingual,
    /// The value without its unit; the same on both sides when it is a number.
    pub value: Bilingual,
    /// The unit, such as `mL` or 天 / days; absent for ratios, grades and words.
    pub unit: Option<Bilingual>,
    /// Where it comes from.
    pub source: Evidence,
}

impl Parameter {
    /// The value with its unit, as it is printed: a sign hugs the number, a word stands off.
    pub fn display(&self) -> Bilingual {
        let join = |value: &str, unit: &str| {
            if unit.is_empty() || matches!(unit, "%" | "℃" | "°" | "″") {
                format!("{value}{unit}")
            } else {
                format!("{value} {unit}")
            }
        };
        match &self.unit {
            Some(unit) => Bilingual::new(join(&self.value.zh, &unit.zh), join(&self.value.en, &unit.en)),
            None => self.value.clone(),
        }
    }
}

/// One step of the usage guide, or one caution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// What to do (or to mind).
    pub text: Bilingual,
    /// Where it comes from; [`Evidence::Template`] asks the seller to confirm.
    pub source: Evidence,
}

/// What a picture model must leave as it is, and what it must never add.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Locks {
    /// Parts of the product that stay untouched.
    pub must_keep: Vec<Bilingual>,
    /// Things that may not appear.
    pub must_not: Vec<Bilingual>,
}

/// A sentence of the seller's that carries a number or a claim: the guard against invented facts
/// compares every printed number with these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The words as written.
    pub text: String,
    /// Where they stand in the description: first and past-the-end position, in Unicode scalar
    /// values.
    pub span: (usize, usize),
}

/// How sure the report is of its parts, each from 0 to 1; a form marks what is below 0.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Confidence {
    /// Of the product name.
    pub name: f32,
    /// Of the brand (also of its absence).
    pub brand: f32,
    /// Of the category.
    pub category: f32,
    /// Of the selling points: the share that rests on the seller's words.
    pub selling_points: f32,
    /// Of the translation: the share of lines translated rather than replaced by a safe phrase.
    pub translation: f32,
}

/// All that the posters of one set may say about a product.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductReport {
    /// The version of this form: [`REPORT_SCHEMA_VERSION`] when written by this program.
    pub schema_version: u32,
    /// Who makes it.
    pub brand: Brand,
    /// What it is.
    pub product: Product,
    /// Three to five reasons to buy, the strongest first.
    pub selling_points: Vec<SellingPoint>,
    /// The specification table; empty when the seller named no figures.
    pub parameters: Vec<Parameter>,
    /// How to use it.
    pub steps: Vec<Instruction>,
    /// What to mind.
    pub cautions: Vec<Instruction>,
    /// The brand's story, only ever in the seller's own words.
    pub story: Option<Bilingual>,
    /// Whom it is for.
    pub audience: Bilingual,
    /// Where it is used.
    pub scenes: Vec<Bilingual>,
    /// How the posters should sound and look.
    pub tone: Bilingual,
    /// What picture models must respect.
    pub locks: Locks,
    /// The seller's sentences that carry facts.
    pub facts: Vec<Fact>,
    /// Characters of the seller's text that no line of the report quotes, such as emoji: each once, in
    /// reading order. Kept so that the seller can be told; older reports do not have them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<char>,
    /// How sure all this is.
    pub confidence: Confidence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_back_and_equal_the_stored_form() {
        for icon in Icon::ALL {
            assert_eq!(Icon::from_code(icon.code()), Some(icon));
            assert_eq!(serde_json::to_value(icon).unwrap(), icon.code());
        }
    }

    #[test]
    fn widths_count_what_the_eye_sees() {
        assert_eq!(zh_columns("五分钟"), 3);
        assert_eq!(zh_columns("48 dB"), 3);
        assert_eq!(zh_columns(""), 0);
        assert_eq!(en_words("60 h battery life"), 4);
        assert!(is_hanzi('杯') && !is_hanzi('A') && !is_hanzi('，'));
    }

    #[test]
    fn a_sign_hugs_the_number_and_a_word_stands_off() {
        let row = |value: &str, unit: Option<(&str, &str)>| Parameter {
            key: Bilingual::new("键", "Key"),
            value: Bilingual::new(value, value),
            unit: unit.map(|(zh, en)| Bilingual::new(zh, en)),
            source: Evidence::User,
        };
        assert_eq!(row("5", Some(("%", "%"))).display(), Bilingual::new("5%", "5%"));
        assert_eq!(row("14", Some(("天", "days"))).display(), Bilingual::new("14 天", "14 days"));
        assert_eq!(row("1:15", None).display(), Bilingual::new("1:15", "1:15"));
    }
}
