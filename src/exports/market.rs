//! Marketplaces and their slots, as the data files tell them.

use std::sync::LazyLock;

use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::domain::Dimension;

/// The files of `data/assets/markets`.
#[derive(RustEmbed)]
#[folder = "data/assets/markets"]
#[include = "*.toml"]
struct MarketFiles;

/// One marketplace: the pictures it takes and what it asks of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Market {
    /// The stable code, also in addresses: lower case.
    pub code: String,
    /// The name in Chinese.
    pub title_zh: String,
    /// The name in English.
    pub title_en: String,
    /// Whose buyers it has.
    pub region: Region,
    /// When the rules were last held against their sources, `YYYY-MM-DD`. A seller console overrules
    /// all of them.
    pub checked_on: String,
    /// Its slots, in the order a seller fills them.
    pub slots: Vec<Slot>,
}

/// Whose buyers a marketplace has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// Buyers in China.
    China,
    /// Buyers elsewhere.
    Abroad,
}

/// One place for pictures on a marketplace.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    /// The stable code within the marketplace.
    pub code: String,
    /// The name in Chinese.
    pub title_zh: String,
    /// The name in English.
    pub title_en: String,
    /// Path within the pack; `{n}` and `{n2}` are the number, the latter with two digits.
    pub file: String,
    /// The first number that `file` gets.
    #[serde(default = "one")]
    pub first_number: usize,
    /// What is shown.
    pub picture: PictureKind,
    /// Which posters are shown, by index, in this order; only for `poster`.
    #[serde(default)]
    pub dimensions: Vec<i32>,
    /// Which words may stand on it.
    pub words: Words,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels; of a detail page the greatest height of one slice.
    pub height: u32,
    /// Bytes of one file at most.
    pub bytes_max: u32,
    /// How sure size and bytes are.
    pub source: SourceClass,
    /// What else is asked.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl Slot {
    /// The posters of this slot.
    pub fn dimensions(&self) -> impl Iterator<Item = Dimension> + '_ {
        self.dimensions.iter().filter_map(|index| Dimension::from_index(*index))
    }
}

/// One thing that a marketplace asks of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What is asked.
    pub kind: RuleKind,
    /// The number in it: pixels, bytes, per cent or files, by kind.
    #[serde(default)]
    pub value: u32,
    /// What follows when it is broken.
    pub severity: Severity,
    /// How sure it is.
    pub source: SourceClass,
}

/// What a rule asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RuleKind {
    /// The file could be made at all.
    Available,
    /// Exactly the slot's size in pixels.
    Size,
    /// Bytes at most.
    BytesMax,
    /// Bytes at least.
    BytesMin,
    /// Both sides have at least so many pixels.
    SideMin,
    /// The outermost pixels are exactly 255, 255, 255.
    WhiteBorder,
    /// The product takes at least so many per cent of the side it fills more of.
    FillMin,
    /// The product takes at least so many pixels in a square around it.
    SubjectMin,
    /// No words, logos or marks.
    NoText,
    /// A photograph, no drawn scene.
    PhotoOnly,
    /// The product looks as it is: its pixels are those of the seller's photo.
    TrueProduct,
    /// Not enlarged so far that it looks soft; the value is in per cent.
    EnlargementMax,
    /// Files in the slot at most.
    CountMax,
    /// Files in the slot at least.
    CountMin,
}

/// What is shown in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureKind {
    /// Posters, set anew in the slot's proportions.
    Poster,
    /// The product alone on pure white.
    WhiteMain,
    /// The posters below one another as one long page, cut into slices.
    Detail,
}

/// Which words may stand on a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Words {
    /// Chinese and English.
    Both,
    /// Chinese.
    Zh,
    /// English.
    En,
    /// None.
    None,
}

/// What follows when a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// The marketplace may take it, or takes it and sells less.
    Warn,
    /// The marketplace turns it down.
    Fail,
}

/// How sure a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum SourceClass {
    /// The marketplace's own published rule.
    #[serde(rename = "A")]
    Official,
    /// A page about the marketplace.
    #[serde(rename = "S")]
    Secondary,
    /// Common practice without a source.
    #[serde(rename = "B")]
    Belief,
}

impl SourceClass {
    /// The letter in data files and on check pages.
    pub const fn letter(self) -> char {
        match self {
            Self::Official => 'A',
            Self::Secondary => 'S',
            Self::Belief => 'B',
        }
    }
}

const fn one() -> usize {
    1
}

static MARKETS: LazyLock<Vec<Market>> = LazyLock::new(|| {
    let mut markets: Vec<Market> = MarketFiles::iter()
        .filter_map(|name| MarketFiles::get(&name).map(|file| (name, file)))
        .map(|(name, file)| {
            let text = String::from_utf8_lossy(&file.data).into_owned();
            toml::from_str(&text).unwrap_or_else(|error| unreadable(&name, &error))
        })
        .collect();
    // Chinese marketplaces first, each group in the order of its codes.
    markets.sort_by_key(|market| (market.region, market.code.clone()));
    markets
});

/// A test reads every file of the binary, so this cannot be reached in a released one.
fn unreadable(name: &str, error: &toml::de::Error) -> Market {
    tracing::error!(name, %error, "a marketplace's file does not read");
    Market {
        code: name.trim_end_matches(".toml").to_owned(),
        title_zh: name.to_owned(),
        title_en: name.to_owned(),
        region: Region::Abroad,
        checked_on: String::new(),
        slots: Vec::new(),
    }
}

/// Every marketplace of this binary.
pub fn markets() -> &'static [Market] {
    &MARKETS
}

/// A marketplace by its code.
pub fn market(code: &str) -> Option<&'static Market> {
    markets().iter().find(|market| market.code == code)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_file_reads_and_makes_sense() {
        let codes: Vec<&str> = markets().iter().map(|market| market.code.as_str()).collect();
        for wanted in [
            "taobao",
            "jd",
            "pinduoduo",
            "douyin",
            "xiaohongshu",
            "amazon",
            "shopify",
            "ebay",
            "etsy",
            "walmart",
            "tiktok-shop",
            "temu",
            "shopee",
            "lazada",
        ] {
            assert!(codes.contains(&wanted), "{wanted}");
        }
        for name in MarketFiles::iter() {
            let market = market(name.trim_end_matches(".toml")).expect("a file is named after its code");
            let code = &market.code;
            let day: Vec<&str> = market.checked_on.split('-').collect();
            assert!(
                day.len() == 3 && day[0].len() == 4 && day.iter().all(|part| part.parse::<u16>().is_ok()),
                "{code}"
            );
            assert!(code.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{code} stands in addresses");
            assert!(!market.slots.is_empty());
            let slots: HashSet<&str> = market.slots.iter().map(|slot| slot.code.as_str()).collect();
            assert_eq!(slots.len(), market.slots.len(), "{code}: a slot's code is used twice");
            for slot in &market.slots {
                let name = format!("{code}.{}", slot.code);
                assert_eq!(slot.dimensions().count(), slot.dimensions.len(), "{name}: an unknown dimension");
                assert_eq!(slot.dimensions.is_empty(), slot.picture != PictureKind::Poster, "{name}");
                let aspect = f64::from(slot.width) / f64::from(slot.height);
                assert!((0.5..=3.34).contains(&aspect) || slot.picture == PictureKind::Detail, "{name}: {aspect}");
                assert!((200..=5000).contains(&slot.width) && slot.bytes_max >= 50_000, "{name}");
                assert!(slot.picture != PictureKind::WhiteMain || slot.words == Words::None, "{name}");
                let is_numbered = slot.file.contains("{n}") || slot.file.contains("{n2}");
                assert!(is_numbered || slot.dimensions.len() <= 1, "{name}: several files of one name");
                assert!(slot.picture != PictureKind::Detail || is_numbered, "{name}");
                for rule in &slot.rules {
                    let counts = !matches!(
                        rule.kind,
                        RuleKind::WhiteBorder | RuleKind::NoText | RuleKind::PhotoOnly | RuleKind::TrueProduct
                    );
                    assert_eq!(rule.value > 0, counts, "{name}: {rule:?}");
                    assert!(
                        !matches!(rule.kind, RuleKind::Available | RuleKind::Size | RuleKind::BytesMax),
                        "{name}: the slot says that itself"
                    );
                }
            }
        }
        assert!(market("nowhere").is_none());
    }
}
