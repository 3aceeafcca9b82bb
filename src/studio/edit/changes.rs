//! What edits changed on a composed poster: kept in its recipe, added to by every further edit.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use super::super::{
    Language, SetPlan,
    theme::{Theme, Tint},
};
use crate::{
    domain::report::{Bilingual, ProductReport},
    imaging::to_hex,
};

/// A colour, stored as `#rrggbb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hex(pub [u8; 3]);

impl Hex {
    /// Reads `#rgb` or `#rrggbb`, with or without the sign.
    pub fn parse(text: &str) -> Option<Self> {
        let digits: Vec<u8> =
            text.trim_start_matches('#').chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
        match digits[..] {
            [r, g, b] => Some(Self([r * 17, g * 17, b * 17])),
            [r1, r0, g1, g0, b1, b0] => Some(Self([r1 * 16 + r0, g1 * 16 + g0, b1 * 16 + b0])),
            _ => None,
        }
    }
}

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&to_hex(self.0))
    }
}

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("no colour"))
    }
}

/// Another set of colours: all tokens are derived from these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PaletteChange {
    /// What most words stand on.
    pub ground: Hex,
    /// Eyebrows, buttons, icons.
    pub accent: Hex,
}

/// A background of ours in place of the poster's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ground {
    /// One even colour.
    Plain,
    /// From one colour to another.
    Gradient,
    /// Veined stone.
    Marble,
    /// Boards with grain.
    Wood,
    /// Handmade paper.
    Paper,
    /// A wall, a floor and soft light.
    Studio,
    /// Lights out of focus.
    Festive,
    /// The picture stored beside the recipe: there is nothing to draw it again from.
    Stored,
}

/// How photos and background are developed; words keep their colours. All in steps of the eye, −100 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Development {
    /// Brighter or darker.
    pub brightness: i32,
    /// More or less contrast.
    pub contrast: i32,
    /// More or less colour.
    pub saturation: i32,
    /// Sharper or softer.
    pub sharpness: i32,
    /// Warmer or cooler.
    pub warmth: i32,
}

impl Development {
    /// Whether nothing is changed.
    pub fn is_plain(self) -> bool {
        self == Self::default()
    }

    /// Both, one after the other, within the range.
    #[must_use]
    pub fn and(self, more: Self) -> Self {
        let sum = |a: i32, b: i32| (a + b).clamp(-100, 100);
        Self {
            brightness: sum(self.brightness, more.brightness),
            contrast: sum(self.contrast, more.contrast),
            saturation: sum(self.saturation, more.saturation),
            sharpness: sum(self.sharpness, more.sharpness),
            warmth: sum(self.warmth, more.warmth),
        }
    }
}

/// How the product stands differently from what its layout says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Placing {
    /// Of its size.
    pub scale: f32,
    /// To the right, as a share of the page's width.
    pub right: f32,
    /// Downwards, as a share of the page's height.
    pub down: f32,
}

impl Default for Placing {
    fn default() -> Self {
        Self { scale: 1.0, right: 0.0, down: 0.0 }
    }
}

impl Placing {
    /// Whether the product stands where its layout puts it.
    pub fn is_plain(&self) -> bool {
        (self.scale - 1.0).abs() < 0.001 && self.right.abs() < 0.001 && self.down.abs() < 0.001
    }

    /// A part of the way from the layout's place to this one.
    #[must_use]
    pub fn part(self, share: f32) -> Self {
        Self { scale: 1.0 + (self.scale - 1.0) * share, right: self.right * share, down: self.down * share }
    }
}

/// Which of a poster's languages are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LanguageChange {
    /// Chinese alone.
    Zh,
    /// English alone.
    En,
    /// No words.
    None,
}

/// A layer that is not drawn any more; its place stays empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HiddenLayer {
    /// Its role in the recipe's layers: a class of the page, or `product`.
    pub role: String,
    /// Its words; absent hides all layers of this role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// All that edits changed.
///
/// A field that this program does not know is refused: a poster composed without it would silently lose
/// an edit that was paid for.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Changes {
    /// Other words, by the id of their line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub words: BTreeMap<String, String>,
    /// What is not drawn.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden: BTreeSet<HiddenLayer>,
    /// Other colours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub palette: Option<PaletteChange>,
    /// Another background.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ground: Option<Ground>,
    /// Photos and background developed otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub development: Option<Development>,
    /// The product stands elsewhere or in another size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Placing>,
    /// The background alone developed otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backdrop: Option<Development>,
    /// The headline in another colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_colour: Option<Hex>,
    /// One language alone, or no words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<LanguageChange>,
    /// All type larger or smaller, in hundredths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub type_percent: Option<u32>,
    /// The headline larger or smaller, in hundredths.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_percent: Option<u32>,
}

/// The id of the line that edits add to a page: one price line for the whole set.
pub(super) const PRICE: &str = "price";
/// The ids of a page's headline.
pub(super) const TITLE: [&str; 2] = ["title.zh", "title.en"];
/// How ids of words begin that a template prints by itself.
pub(super) const LABEL: &str = "label:";

impl Changes {
    /// The words of one line, where an edit wrote them.
    pub(in crate::studio) fn word(&self, id: &str) -> Option<&str> {
        self.words.get(id).map(String::as_str)
    }

    /// The line that was added to the page.
    pub(in crate::studio) fn price(&self) -> Option<&str> {
        self.word(PRICE).filter(|text| !text.trim().is_empty())
    }

    /// The headline of a page with what edits made of it.
    pub(in crate::studio) fn title(&self, text: &Bilingual) -> Bilingual {
        let pick = |id, own: &str| self.word(id).unwrap_or(own).to_owned();
        Bilingual::new(pick(TITLE[0], &text.zh), pick(TITLE[1], &text.en))
    }

    /// Words that a template prints, and what they are now.
    pub(in crate::studio) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.words.iter().filter_map(|(id, text)| Some((id.strip_prefix(LABEL)?, text.as_str())))
    }

    /// Whether the whole role is hidden: pictures have no words to tell them apart by.
    pub(in crate::studio) fn hides(&self, role: &str) -> bool {
        self.hidden.iter().any(|layer| layer.role == role && layer.text.is_none())
    }

    /// The languages that are set, where all that is left is asked for.
    pub(in crate::studio) const fn language(&self, asked: Language) -> Language {
        match (asked, self.language) {
            (Language::Both, Some(LanguageChange::Zh)) => Language::ZhOnly,
            (Language::Both, Some(LanguageChange::En)) => Language::EnOnly,
            (Language::Both, Some(LanguageChange::None)) => Language::Wordless,
            (asked, _) => asked,
        }
    }

    /// The size of the headline, of what its layout gives it.
    pub(in crate::studio) fn title_share(&self) -> f32 {
        self.title_percent.unwrap_or(100) as f32 / 100.0
    }

    /// The size of all type, of what the page gives it.
    pub(in crate::studio) fn type_share(&self) -> f32 {
        self.type_percent.unwrap_or(100) as f32 / 100.0
    }

    /// The report with its lines as edits left them.
    pub(in crate::studio) fn onto(&self, report: &ProductReport) -> ProductReport {
        let mut changed = report.clone();
        for (id, text) in &self.words {
            if let Some(with) = with_line(&changed, id, text) {
                changed = with;
            }
        }
        changed
    }

    /// The colours that edits chose.
    pub(in crate::studio) fn tint(&self) -> Option<Tint> {
        self.palette.map(|palette| Tint { ground: palette.ground.0, accent: palette.accent.0 })
    }
}

/// The report with another text in the line of this id; `None` where the report has no such line.
///
/// Fields that said the same keep saying the same: a page shows one of them, and which one is its
/// layout's affair.
fn with_line(report: &ProductReport, id: &str, text: &str) -> Option<ProductReport> {
    let mut value = serde_json::to_value(report).ok()?;
    let (row, is_value) = match id.split('.').collect::<Vec<_>>()[..] {
        ["parameters", index, "value", _] => (index.parse::<usize>().ok(), true),
        _ => (None, false),
    };
    if is_value {
        // A figure and its unit are one line on the page.
        let parameter = report.parameters.get(row?)?;
        let shown = parameter.display();
        let row = value.pointer_mut(&format!("/parameters/{}", row?))?;
        row["value"] = serde_json::to_value(shown).ok()?;
        row["unit"] = Value::Null;
    }
    let slot = value.pointer_mut(&format!("/{}", id.replace('.', "/")))?;
    if !(slot.is_string() || slot.is_null()) {
        return None;
    }
    let is_optional = id.starts_with("brand.") || id == "product.spec";
    *slot = if is_optional && text.is_empty() { Value::Null } else { text.into() };
    serde_json::from_value(value).ok()
}

impl SetPlan {
    /// The plan of one edited poster: its words, colours and places as edits left them.
    pub(in crate::studio) fn changed(&self, changes: &Changes) -> Self {
        let mut plan = self.clone();
        plan.report = changes.onto(&plan.report);
        if let Some(tint) = changes.tint() {
            plan.theme = Theme::tinted(plan.style, tint);
        }
        plan.changes = std::sync::Arc::new(changes.clone());
        plan
    }
}
