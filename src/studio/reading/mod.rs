//! The tasks put to text models, and what becomes of their answers.
//!
//! A [`Thought`] is made once a set, stored as JSON and given to every poster. It begins as what the
//! rules say; models may better it line by line, and each line has to pass the [`guard::Guard`]. So a model
//! that is missing, slow, wrong or misled by a hostile text costs quality, never a poster.
//!
//! To add a task, write a file with its `schema`, its `task` and its `merge` or `read`, and ask it here.

mod claims;
mod dossier;
pub(super) mod form;
pub(super) mod guard;
pub(super) mod inspection;
mod name;
mod set;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use image::RgbaImage;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    Brief, BriefPhoto, Recipe, SetPlan, Studio, StudioError, bible::SetBible, report, slots::SlotPlan, style,
    theme::Theme, views::Views,
};
use crate::{
    domain::{Dimension, StyleChoice, report::ProductReport, validation},
    imaging::{self, ProductPalette},
    providers::{
        AttemptLog,
        text::{JsonTask, SeenImage, TextPurpose},
    },
};
use guard::Guard;

/// The version of [`Thought`]'s stored form.
pub const THOUGHT_VERSION: u32 = 1;

/// Photos that a model is shown, and their longer side in pixels: print on a label is still legible.
const SEEN_MAX: usize = 3;
const SEEN_SIDE: u32 = 1024;
const SEEN_QUALITY: u8 = 85;
/// How long thinking about a set may take altogether: its posters wait for it, and a good report in a
/// minute and a half is worth more to a seller than a better one in four.
const BUDGET: Duration = Duration::from_secs(90);
/// Faults that one repair turn is told.
const FAULTS_TOLD_MAX: usize = 8;

/// What was thought about a set before anything was painted: the same for all its posters and for every
/// later edit, so it is stored with the set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thought {
    /// [`THOUGHT_VERSION`] when written by this program.
    pub version: u32,
    /// What `productname.txt` holds.
    pub product_name: String,
    /// All that the posters may say.
    pub report: ProductReport,
    /// What all pictures share.
    pub bible: SetBible,
    /// What each ordered picture shows.
    pub slots: Vec<SlotPlan>,
}

impl Thought {
    /// What the rules alone make of a report.
    pub(super) fn by_rules(
        report: ProductReport,
        choice: StyleChoice,
        palette: &ProductPalette,
        dimensions: &[Dimension],
    ) -> Self {
        let style = style::settle(choice, report.product.category, palette);
        let bible = SetBible::by_rules(style, report.product.category, &Theme::new(style, palette));
        let slots = SlotPlan::all_by_rules(dimensions, &report, &bible);
        Self { version: THOUGHT_VERSION, product_name: report.product.name.zh.clone(), report, bible, slots }
    }

    /// What a recipe was painted from.
    pub(super) fn of_recipe(recipe: &Recipe, palette: &ProductPalette) -> Self {
        let report = recipe.report.clone();
        let bible = recipe.bible.as_deref().cloned().unwrap_or_else(|| {
            SetBible::by_rules(recipe.style, report.product.category, &Theme::new(recipe.style, palette))
        });
        Self {
            version: THOUGHT_VERSION,
            product_name: report.product.name.zh.clone(),
            slots: recipe.slot.as_deref().cloned().into_iter().collect(),
            report,
            bible,
        }
    }
}

/// What the questions about one set share: where their calls are written down, and how long they may take.
#[derive(Clone, Copy)]
struct Asking<'a> {
    log: &'a dyn AttemptLog,
    until: Instant,
}

impl Studio {
    /// Thinks about a set: with the text models where there are some, with the rules where there are none
    /// or where they fail or take too long. Takes up to a minute and a half.
    pub async fn think(&self, brief: &Brief, dimensions: &[Dimension], log: &dyn AttemptLog) -> Thought {
        let views = self.look_at(&brief.photos).await;
        self.think_over(brief, dimensions, views.as_ref().ok(), log).await
    }

    /// The thought and the plan that follows from it, looking at the photos only once.
    ///
    /// # Errors
    /// [`StudioError::NoPhoto`] or `Thread`; never for what a model did.
    pub async fn think_and_plan(
        &self,
        brief: &Brief,
        dimensions: &[Dimension],
        log: &dyn AttemptLog,
    ) -> Result<(Thought, SetPlan), StudioError> {
        let views = self.look_at(&brief.photos).await?;
        let thought = self.think_over(brief, dimensions, Some(&views), log).await;
        Ok((thought.clone(), Self::planned(brief, thought, views)))
    }

    async fn think_over(
        &self,
        brief: &Brief,
        dimensions: &[Dimension],
        views: Option<&Views>,
        log: &dyn AttemptLog,
    ) -> Thought {
        let asking = Asking { log, until: Instant::now() + BUDGET };
        let neutral =
            ProductPalette { swatches: Vec::new(), seed: [128, 128, 128], is_neutral: true, mean_lightness: 0.5 };
        let palette = views.map_or(&neutral, Views::palette);
        let given = brief.product_name.as_deref().and_then(|name| validation::product_name(name).ok());
        let rules = report::report(&brief.description, given.as_deref());
        let guard = Guard::new(&brief.description, given.as_deref());
        let (read, name) = tokio::join!(
            self.read_product(brief, given.as_deref(), &rules, &guard, asking),
            self.name_product(brief, given.is_some(), &guard, asking)
        );
        let thought = Thought::by_rules(read.unwrap_or(rules), brief.style, palette, dimensions);
        let product_name = given.or(name).unwrap_or_else(|| thought.product_name.clone());
        let thought = Thought { product_name, ..thought };
        let style = style::settle(brief.style, thought.report.product.category, palette);
        let task = || set::task(&thought.report, style, &thought.bible, &thought.slots);
        let planned = self
            .asked(TextPurpose::Plan, asking, task, |proposal: &set::Proposal| {
                let (bible, slots, faults) = set::merge(&thought.bible, &thought.slots, proposal, &guard);
                ((bible, slots), faults)
            })
            .await;
        match planned {
            Some((bible, slots)) => Thought { bible, slots, ..thought },
            None => thought,
        }
    }

    async fn read_product(
        &self,
        brief: &Brief,
        given: Option<&str>,
        rules: &ProductReport,
        guard: &Guard,
        asking: Asking<'_>,
    ) -> Option<ProductReport> {
        if !self.readers.serves(TextPurpose::Report) {
            return None;
        }
        let images = self.seen(&brief.photos).await;
        let task = || dossier::task(&brief.description, given, images.clone());
        self.asked(TextPurpose::Report, asking, task, |dossier: &dossier::Dossier| {
            dossier::merge(rules, dossier, guard, given.is_some())
        })
        .await
    }

    async fn name_product(&self, brief: &Brief, is_given: bool, guard: &Guard, asking: Asking<'_>) -> Option<String> {
        if is_given || !self.readers.serves(TextPurpose::Name) {
            return None;
        }
        let task = name::task(&brief.description);
        self.readers.ask_until(&task, asking.until, asking.log, |reply| name::read(&reply.value, guard)).await.ok()
    }

    /// The first photos as a model is shown them.
    async fn seen(&self, photos: &[BriefPhoto]) -> Vec<SeenImage> {
        let mut seen = Vec::new();
        for given in photos.iter().take(SEEN_MAX) {
            let photo = std::sync::Arc::clone(&given.photo);
            let encoded = self.on_core(move || {
                let mut small = imaging::resize_to_fit(&photo.pixels, SEEN_SIDE);
                on_white(&mut small);
                imaging::encode_jpeg(&small, SEEN_QUALITY)
            });
            if let Ok(jpeg) = encoded.await {
                seen.push(SeenImage { bytes: jpeg.into(), media_type: "image/jpeg" });
            }
        }
        seen
    }

    /// Asks, gives the model one turn to mend what did not pass, and takes what passed in the end. An
    /// answer that only half passed is better than none, also when the second call fails.
    async fn asked<A: DeserializeOwned, T: Clone + Send>(
        &self,
        purpose: TextPurpose,
        asking: Asking<'_>,
        task: impl Fn() -> JsonTask,
        merge: impl Fn(&A) -> (T, Vec<String>) + Send + Sync,
    ) -> Option<T> {
        if !self.readers.serves(purpose) {
            return None;
        }
        let task = task();
        let (is_second, kept) = (AtomicBool::new(false), Mutex::new(None));
        let read = |value: &Value| -> Result<T, String> {
            if let Some(fault) = form::fault(&task.schema, value) {
                return Err(fault);
            }
            let answer: A = A::deserialize(value).map_err(|_| "the answer does not follow the schema".to_owned())?;
            let (merged, faults) = merge(&answer);
            if faults.is_empty() || is_second.swap(true, Ordering::Relaxed) {
                return Ok(merged);
            }
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(merged);
            Err(faults.into_iter().take(FAULTS_TOLD_MAX).collect::<Vec<_>>().join("; "))
        };
        match self.readers.ask_until(&task, asking.until, asking.log, |reply| read(&reply.value)).await {
            Ok(answer) => Some(answer),
            Err(_logged) => kept.into_inner().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// JPEG knows no alpha: what is cut out stands on white.
fn on_white(pixels: &mut RgbaImage) {
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            pixel[channel] = ((u32::from(pixel[channel]) * alpha + 255 * (255 - alpha)) / 255) as u8;
        }
    }
}
