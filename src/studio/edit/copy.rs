//! The words of a poster as lines with ids, and other words in their place.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    EditBase, EditedPoster, again,
    changes::{Changes, LABEL, PRICE, TITLE},
};
use crate::{
    domain::{
        Locale,
        report::{ProductReport, is_hanzi},
    },
    providers::image::BuiltinPlates,
    studio::{Recipe, SetPlan, Studio, StudioError},
};

/// What a line of words is on its poster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CopyRole {
    /// The headline.
    Title,
    /// The set's slogan.
    Slogan,
    /// The brand beside the logo's place.
    Brand,
    /// The product's name.
    Name,
    /// Its size or weight.
    Spec,
    /// The title of a selling point.
    Point,
    /// A supporting line.
    Detail,
    /// The name of a figure.
    FigureName,
    /// A figure with its unit.
    Figure,
    /// A step of the guide.
    Step,
    /// A caution.
    Caution,
    /// The brand's story.
    Story,
    /// For whom it is.
    Audience,
    /// A scene of use.
    Scene,
    /// The price line.
    Price,
    /// A word of the layout, such as the button's.
    Label,
}

impl CopyRole {
    /// A short stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Title => "TITLE",
            Self::Slogan => "SLOGAN",
            Self::Brand => "BRAND",
            Self::Name => "NAME",
            Self::Spec => "SPEC",
            Self::Point => "POINT",
            Self::Detail => "DETAIL",
            Self::FigureName => "FIGURE_NAME",
            Self::Figure => "FIGURE",
            Self::Step => "STEP",
            Self::Caution => "CAUTION",
            Self::Story => "STORY",
            Self::Audience => "AUDIENCE",
            Self::Scene => "SCENE",
            Self::Price => "PRICE",
            Self::Label => "LABEL",
        }
    }

    /// The longest text, in characters, in Chinese and in English.
    const fn chars_max(self) -> [usize; 2] {
        match self {
            Self::Title => [18, 60],
            Self::Slogan => [24, 80],
            Self::Brand | Self::Spec | Self::FigureName | Self::Price | Self::Label => [16, 32],
            Self::Name => [24, 60],
            Self::Point | Self::Scene => [16, 48],
            Self::Figure => [20, 40],
            Self::Detail | Self::Step | Self::Caution | Self::Audience => [48, 120],
            Self::Story => [160, 480],
        }
    }

    /// The longest text in the language that these words are in.
    pub(super) fn chars_max_of(self, text: &str) -> usize {
        self.chars_max()[usize::from(!text.contains(is_hanzi))]
    }

    /// What a line of the report is, by its id.
    fn of(id: &str) -> Self {
        match id.split('.').collect::<Vec<_>>()[..] {
            ["brand", _] => Self::Brand,
            ["product", "slogan", _] => Self::Slogan,
            ["product", "spec"] => Self::Spec,
            ["product", ..] => Self::Name,
            ["sellingPoints", _, "title", _] => Self::Point,
            ["parameters", _, "key", _] => Self::FigureName,
            ["parameters", ..] => Self::Figure,
            ["steps", ..] => Self::Step,
            ["cautions", ..] => Self::Caution,
            ["story", _] => Self::Story,
            ["audience", _] => Self::Audience,
            ["scenes", ..] => Self::Scene,
            _ => Self::Detail,
        }
    }
}

/// One line of words on a poster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyLine {
    /// Stable: the same line has the same id after every edit.
    pub id: String,
    /// What it is.
    pub role: CopyRole,
    /// In which language it is; Chinese where it stands for both.
    pub language: Locale,
    /// Its words; empty for a line that can be added.
    pub text: String,
    /// The longest text that it takes, in characters.
    pub chars_max: usize,
    /// Whether the same id is the same line on all posters of the set.
    pub is_set_wide: bool,
}

/// Other words for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyChange {
    /// Of which line.
    pub id: String,
    /// Its words; empty takes the line away.
    pub text: String,
}

/// Why words cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The picture was painted over as a whole, or its recipe is not known: its words are pixels.
    #[error("the words of this picture are no layers")]
    NotComposed,
    /// No line of this poster has that id.
    #[error("there is no line {0}")]
    UnknownLine(String),
    /// More characters than the line takes.
    #[error("the line {id} takes {chars_max} characters")]
    TooLong {
        /// Which line.
        id: String,
        /// The longest text that it takes.
        chars_max: usize,
    },
    /// The headline cannot be taken away.
    #[error("the line {0} cannot be empty")]
    Empty(String),
    /// All lines say that already.
    #[error("nothing changed")]
    NothingChanged,
    /// The page could not be composed.
    #[error(transparent)]
    Studio(#[from] StudioError),
}

/// Words as they are compared: however broken, in whichever capitals, without punctuation.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || "%℃°+¥￥$€".contains(*c)).flat_map(char::to_lowercase).collect()
}

/// What a poster shows, by its recipe.
struct Shown<'a> {
    recipe: &'a Value,
    report: Option<ProductReport>,
    changes: Changes,
    /// Role and words of every text layer but the headline's.
    texts: Vec<(&'a str, &'a str, String)>,
    /// The headline as it is set, in Chinese and in English.
    title: Option<[String; 2]>,
}

impl<'a> Shown<'a> {
    fn of(recipe: &'a Value) -> Self {
        let changes = serde_json::from_value(recipe["changes"].clone()).unwrap_or_default();
        let report = serde_json::from_value(recipe["report"].clone()).ok();
        let layers = recipe["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut texts: Vec<(&str, &str, String)> = layers
            .iter()
            .filter(|layer| layer["kind"] == "text")
            .filter_map(|layer| Some((layer["role"].as_str().unwrap_or_default(), layer["text"].as_str()?)))
            .map(|(role, text)| (role, text, plain(text)))
            .collect();
        // A vertical headline is set letter by letter.
        let letters: String = texts.iter().filter(|(role, ..)| *role == "letter").map(|(_, text, _)| *text).collect();
        texts.retain(|(role, ..)| !matches!(*role, "letter" | "seal" | "number" | "aside"));
        let lines = recipe["words"]["title"]["lines"].as_array().map(|lines| {
            lines.iter().filter_map(Value::as_str).fold(String::new(), |joined, line| match joined.chars().last() {
                Some(last) if last.is_ascii_alphanumeric() && line.starts_with(|c: char| c.is_ascii_alphanumeric()) => {
                    joined + " " + line
                }
                _ => joined + line,
            })
        });
        let title = lines.map(|zh| [zh, recipe["words"]["title"]["en"].as_str().unwrap_or_default().to_owned()]);
        for set in title.iter().flatten() {
            if let Some(at) = texts.iter().position(|(_, _, shown)| *shown == plain(set)) {
                texts.remove(at);
            }
        }
        if !letters.is_empty() {
            texts.push(("letter", "", plain(&letters)));
        }
        Self { recipe, report, changes, texts, title }
    }

    /// The layer that shows these words.
    fn shows(&self, text: &str) -> Option<usize> {
        let words = plain(text);
        if words.is_empty() {
            return None;
        }
        let is_cut =
            |shown: &str, set: &str| set.ends_with('…') && shown.chars().count() > 1 && words.starts_with(shown);
        let is_joined =
            |role: &str, shown: &str| role == "offer-zh" && (shown.starts_with(&words) || shown.ends_with(&words));
        self.texts
            .iter()
            .position(|(_, _, shown)| *shown == words)
            .or_else(|| self.texts.iter().position(|(role, set, shown)| is_cut(shown, set) || is_joined(role, shown)))
    }

    /// The headline as it was written: layouts leave out its punctuation.
    fn written(&self, index: usize, set: &str) -> String {
        if let Some(own) = self.changes.word(TITLE[index]) {
            return own.to_owned();
        }
        let wanted = plain(set);
        let report = self.report.iter().flat_map(lines_of);
        report.map(|(_, text)| text).find(|text| plain(text) == wanted).unwrap_or_else(|| set.to_owned())
    }

    fn lines(&self) -> Vec<CopyLine> {
        let mut lines = Vec::new();
        for (index, set) in self.title.iter().flatten().enumerate().filter(|(_, set)| !set.is_empty()) {
            lines.push(line(TITLE[index], CopyRole::Title, self.written(index, set)));
        }
        let mut explained = BTreeSet::new();
        let mut said = BTreeSet::new();
        let has_brand = self.recipe["words"]["brand"].is_object();
        for (id, text) in self.report.iter().flat_map(lines_of) {
            let layer = self.shows(&text);
            let can_be_added = has_brand && id.starts_with("brand.") && text.is_empty();
            if layer.is_none() && !can_be_added {
                continue;
            }
            explained.extend(layer);
            // Some lines say the same as others: they are changed together.
            if can_be_added || said.insert((plain(&text), is_english(&id))) {
                lines.push(line(&id, CopyRole::of(&id), text));
            }
        }
        let renamed: Vec<(&str, String)> = self.changes.labels().map(|(was, is)| (was, plain(is))).collect();
        let price = self.changes.price().map(plain);
        for (index, (role, text, words)) in self.texts.iter().enumerate() {
            let is_figure = words.chars().all(|c| c.is_ascii_digit());
            if explained.contains(&index)
                || is_figure
                || text.is_empty()
                || price.as_ref() == Some(words)
                || *role == "price"
            {
                continue;
            }
            let was = renamed.iter().find(|(_, is)| is == words).map_or(*text, |(was, _)| *was);
            lines.push(line(&format!("{LABEL}{was}"), CopyRole::Label, (*text).to_owned()));
        }
        lines.push(line(PRICE, CopyRole::Price, self.changes.price().unwrap_or_default().to_owned()));
        lines
    }
}

/// Whether a line of this id is the English one of its pair.
fn is_english(id: &str) -> bool {
    id.rsplit('.').next() == Some("en")
}

fn line(id: &str, role: CopyRole, text: String) -> CopyLine {
    let is_english = is_english(id) || (role == CopyRole::Label && !text.contains(is_hanzi));
    let language = if is_english { Locale::En } else { Locale::Zh };
    CopyLine {
        id: id.to_owned(),
        role,
        language,
        text,
        chars_max: role.chars_max()[usize::from(is_english)],
        is_set_wide: matches!(role, CopyRole::Brand | CopyRole::Slogan | CopyRole::Price),
    }
}

/// Every line of a report with its id.
fn lines_of(report: &ProductReport) -> Vec<(String, String)> {
    let mut lines = Vec::new();
    let mut pair = |id: &str, zh: &str, en: &str| {
        lines.push((format!("{id}.zh"), zh.to_owned()));
        lines.push((format!("{id}.en"), en.to_owned()));
    };
    let (brand, product) = (&report.brand, &report.product);
    pair("brand", brand.zh.as_deref().unwrap_or_default(), brand.en.as_deref().unwrap_or_default());
    pair("product.slogan", &product.slogan.zh, &product.slogan.en);
    pair("product.title", &product.title.zh, &product.title.en);
    pair("product.name", &product.name.zh, &product.name.en);
    pair("product.noun", &product.noun.zh, &product.noun.en);
    for (index, point) in report.selling_points.iter().enumerate() {
        pair(&format!("sellingPoints.{index}.title"), &point.title.zh, &point.title.en);
        pair(&format!("sellingPoints.{index}.detail"), &point.detail.zh, &point.detail.en);
    }
    for (index, parameter) in report.parameters.iter().enumerate() {
        let value = parameter.display();
        pair(&format!("parameters.{index}.key"), &parameter.key.zh, &parameter.key.en);
        pair(&format!("parameters.{index}.value"), &value.zh, &value.en);
    }
    for (index, step) in report.steps.iter().enumerate() {
        pair(&format!("steps.{index}.text"), &step.text.zh, &step.text.en);
    }
    for (index, caution) in report.cautions.iter().enumerate() {
        pair(&format!("cautions.{index}.text"), &caution.text.zh, &caution.text.en);
    }
    for (index, scene) in report.scenes.iter().enumerate() {
        pair(&format!("scenes.{index}"), &scene.zh, &scene.en);
    }
    if let Some(story) = &report.story {
        pair("story", &story.zh, &story.en);
    }
    pair("audience", &report.audience.zh, &report.audience.en);
    pair("tone", &report.tone.zh, &report.tone.en);
    if let Some(spec) = &product.spec {
        lines.push(("product.spec".to_owned(), spec.clone()));
    }
    lines
}

/// The recipe's changes with these words written into them.
pub(super) fn with_words(recipe: &Value, changes: &Changes, lines: &[CopyChange]) -> Result<Changes, CopyError> {
    let shown = Shown::of(recipe);
    let known = shown.lines();
    let mut changes = changes.clone();
    for change in lines {
        let text = change.text.trim();
        let wide = ["brand.zh", "brand.en", "product.slogan.zh", "product.slogan.en", PRICE];
        let role = known.iter().find(|line| line.id == change.id).map(|line| line.role);
        let role = role.or_else(|| wide.contains(&change.id.as_str()).then(|| CopyRole::of(&change.id)));
        let role = role.ok_or_else(|| CopyError::UnknownLine(change.id.clone()))?;
        let chars_max = line(&change.id, role, String::new()).chars_max.max(
            // A label's language is that of the word it replaces.
            known.iter().find(|line| line.id == change.id).map_or(0, |line| line.chars_max),
        );
        if text.chars().count() > chars_max {
            return Err(CopyError::TooLong { id: change.id.clone(), chars_max });
        }
        if text.is_empty() && role == CopyRole::Title {
            return Err(CopyError::Empty(change.id.clone()));
        }
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if change.id == PRICE && text.is_empty() {
            changes.words.remove(PRICE);
        } else {
            changes.words.insert(change.id.clone(), text);
        }
    }
    Ok(changes)
}

impl Studio {
    /// The lines of a composed poster by its stored recipe, in reading order of their kinds; none for a
    /// picture that is not composed.
    pub fn copy_of(recipe: &Value) -> Vec<CopyLine> {
        if again::is_composable(recipe) { Shown::of(recipe).lines() } else { Vec::new() }
    }

    /// Sets other words on a composed poster: with a plan in hand in a fraction of a second, for nothing.
    ///
    /// # Errors
    /// [`CopyError`]; nothing is changed then.
    pub async fn set_copy(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        lines: &[CopyChange],
    ) -> Result<EditedPoster, CopyError> {
        let json = base.recipe.clone().filter(|recipe| again::is_composable(recipe)).ok_or(CopyError::NotComposed)?;
        let recipe: Recipe = serde_json::from_value((*json).clone()).map_err(|_| CopyError::NotComposed)?;
        let changes = with_words(&json, &recipe.changes, lines)?;
        let known = Self::copy_of(&json);
        let is_said =
            |change: &CopyChange| known.iter().any(|line| line.id == change.id && line.text == change.text.trim());
        if changes == recipe.changes || lines.iter().all(is_said) {
            return Err(CopyError::NothingChanged);
        }
        let (studio, plan, base) = (self.clone(), plan.clone(), base.clone());
        let edited = self.on_core(move || {
            let again = studio.compose_again(&plan, &base, &recipe, &changes)?;
            let is_seen = again::is_seen(&base.pixels, &again.pixels);
            Ok::<_, StudioError>(is_seen.then(|| studio.finished(again, BuiltinPlates::NAME)))
        });
        edited.await??.ok_or(CopyError::NothingChanged)
    }
}
