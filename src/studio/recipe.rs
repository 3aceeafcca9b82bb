//! The recipe beside every poster: how it was made, and what stands where on it.

use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Value, json};

use super::{BriefPhoto, Changes, PatchPlace, bible::SetBible, compose::Press, layouts::Draft, slots::SlotPlan};
use crate::{
    composer::{COMPOSER_VERSION, Placed, PlacedKind, Unprintable},
    domain::{Dimension, PictureNote, PosterFormat, SetStyle, report::ProductReport},
};

/// The version of the recipe's form.
const RECIPE_VERSION: u32 = 2;

/// What has to be known to make a poster again.
///
/// The rest of a stored recipe, its `words` and `layers`, follows from this and is there for
/// editors and people.
#[derive(Clone, Debug, Deserialize)]
pub struct Recipe {
    /// Which poster.
    #[serde(deserialize_with = "dimension")]
    pub dimension: Dimension,
    /// Its proportions.
    #[serde(deserialize_with = "format")]
    pub format: PosterFormat,
    /// Decides what was left to chance.
    pub seed: u64,
    /// The look of the set.
    pub style: SetStyle,
    /// Whether a model painted the product into the background.
    #[serde(default, rename = "productPainted")]
    pub product_painted: bool,
    /// All that the poster may say.
    pub report: ProductReport,
    /// What all pictures of the set shared; older recipes have none.
    #[serde(default)]
    pub bible: Option<Box<SetBible>>,
    /// What the picture was to show; older recipes have none.
    #[serde(default)]
    pub slot: Option<Box<SlotPlan>>,
    photos: Vec<RecipePhoto>,
    /// What edits changed.
    #[serde(default)]
    pub changes: Changes,
    /// What brushes changed, in the order in which it is laid on the page.
    #[serde(default)]
    pub patches: Vec<PatchPlace>,
    /// Whether the picture can be composed again: not after a model painted over all of it.
    #[serde(default = "composed")]
    pub composed: bool,
    #[serde(default)]
    pub(super) provider: RecipeProvider,
    #[serde(default, rename = "consistencyPercent")]
    pub(super) consistency_percent: Option<u8>,
    /// Which models changed what in edits: their pixels stay in the picture, and so does the mark.
    #[serde(default, rename = "paintedEdits")]
    pub(super) painted_edits: Vec<Value>,
}

const fn composed() -> bool {
    true
}

/// Who painted the backdrop.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct RecipeProvider {
    pub(super) name: String,
    pub(super) request_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct RecipePhoto {
    sha256: String,
}

/// Why a poster cannot be made again.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    /// Not a recipe.
    #[error("this is no recipe: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// Written by a program whose recipes this one does not read.
    #[error("the recipe has version {0}; this program reads version {RECIPE_VERSION}")]
    Version(u32),
    /// Other photos than the recipe names, or in another order.
    #[error("the recipe was made with other photos: {0}")]
    Photos(String),
}

impl Recipe {
    /// Reads a stored recipe.
    ///
    /// # Errors
    /// `Unreadable` or `Version`.
    pub fn parse(json: &[u8]) -> Result<Self, RecipeError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        match serde_json::from_slice::<Versioned>(json)?.version {
            RECIPE_VERSION => Ok(serde_json::from_slice(json)?),
            other => Err(RecipeError::Version(other)),
        }
    }

    /// Makes sure that the photos of these names are the recipe's, in its order.
    pub(super) fn require_names(&self, given: &[String]) -> Result<(), RecipeError> {
        let wanted = self.photos.iter().map(|photo| photo.sha256.as_str());
        if given.iter().map(String::as_str).eq(wanted.clone()) {
            Ok(())
        } else {
            Err(RecipeError::Photos(format!("expected SHA-256 {}", wanted.collect::<Vec<_>>().join(", "))))
        }
    }

    /// Makes sure that these are the photos of the recipe, in its order.
    pub(super) fn require_photos(&self, given: &[BriefPhoto]) -> Result<(), RecipeError> {
        let wanted: Vec<&str> = self.photos.iter().map(|photo| photo.sha256.as_str()).collect();
        if given.iter().map(|photo| photo.sha256.as_str()).eq(wanted.iter().copied()) {
            Ok(())
        } else {
            Err(RecipeError::Photos(format!("expected SHA-256 {}", wanted.join(", "))))
        }
    }
}

fn dimension<'de, D: Deserializer<'de>>(from: D) -> Result<Dimension, D::Error> {
    let code = String::deserialize(from)?;
    Dimension::ALL.into_iter().find(|known| known.code() == code).ok_or_else(|| D::Error::custom("no such dimension"))
}

fn format<'de, D: Deserializer<'de>>(from: D) -> Result<PosterFormat, D::Error> {
    PosterFormat::from_code(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("no such format"))
}

/// What a seller should know about the picture that a stored recipe belongs to. A recipe that says
/// nothing about it (older ones do not) has no notes.
pub fn notes_of(recipe: &Value) -> Vec<PictureNote> {
    serde_json::from_value(recipe["notes"].clone()).unwrap_or_default()
}

/// What did not reach this page, and what the reading of the seller's text dropped before any page was
/// set. Decoration that a font could draw is no loss and is not told.
fn notes(press: &Press<'_>, unprintable: &Unprintable) -> Vec<PictureNote> {
    let mut characters = unprintable.left_out.clone();
    let lost = press.plan.report.dropped.iter().filter(|c| !press.composer.fonts().covers(**c));
    for c in lost {
        if !characters.contains(c) {
            characters.push(*c);
        }
    }
    let replaced = unprintable.replaced.clone();
    let told = [
        (characters.is_empty(), PictureNote::CharactersLeftOut { characters }),
        (replaced.is_empty(), PictureNote::CharactersReplaced { characters: replaced }),
    ];
    told.into_iter().filter(|(is_empty, _)| !is_empty).map(|(_, note)| note).collect()
}

/// Classes of elements that are surfaces of their own.
const SHAPES: [&str; 4] = ["card", "cta", "filled", "seal"];

/// Writes down how a poster was made.
pub(super) fn write(press: &Press<'_>, draft: &Draft, placed: &[Placed], unprintable: &Unprintable) -> Value {
    let plan = press.plan;
    let mut recipe = json!({
        "version": RECIPE_VERSION,
        "dimension": press.dimension.code(),
        "template": draft.template,
        "format": plan.format.code(),
        "width": press.sheet.width,
        "height": press.sheet.height,
        "seed": plan.seed,
        "style": plan.style,
        "photos": plan.photo_sha256s.iter().map(|sha256| json!({ "sha256": sha256 })).collect::<Vec<_>>(),
        "software": {
            "haibao": env!("CARGO_PKG_VERSION"),
            "composer": COMPOSER_VERSION,
            "fonts": press.composer.fonts().digest(),
        },
        "provider": { "name": press.provider, "requestId": press.request_id },
        "consistencyPercent": press.consistency_percent,
        "productPainted": press.product_painted,
        "report": plan.report,
        "bible": plan.bible(),
        "slot": plan.slot(press.dimension),
        "words": draft.words,
        "notes": notes(press, unprintable),
        "layers": placed.iter().filter_map(layer).collect::<Vec<_>>(),
    });
    if *plan.changes != Changes::default() {
        recipe["changes"] = json!(*plan.changes);
    }
    recipe
}

/// One placed box as a layer; plain layout boxes are none.
fn layer(placed: &Placed) -> Option<Value> {
    let place = [placed.x, placed.y, placed.width, placed.height].map(f32::round).map(|v| v as i32);
    Some(match &placed.kind {
        PlacedKind::Text(text) => json!({ "kind": "text", "box": place, "text": text, "role": placed.classes.first() }),
        PlacedKind::Picture(name) => {
            let kind = match name.as_str() {
                "plate" => "plate",
                "product" => "product",
                "shadow" | "ambient" | "mirror" => "shape",
                _ => "crop",
            };
            json!({ "kind": kind, "box": place, "name": name })
        }
        PlacedKind::Shape => {
            let own = placed.classes.iter().take_while(|class| *class != "slot");
            let role = own.clone().find(|class| SHAPES.contains(&class.as_str()))?;
            json!({ "kind": "shape", "box": place, "role": role })
        }
    })
}
