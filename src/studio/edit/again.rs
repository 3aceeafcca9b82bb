//! A poster composed again: recipe, photos, background and changes in, pixels out.

use std::sync::Arc;

use image::RgbaImage;
use serde_json::{Value, json};

use super::{
    Changes, EditBase, EditPatch, EditedPoster, Ground,
    grounds::{self, GroundScene},
};
use crate::{
    composer::{ComposeError, Placed},
    imaging::{self, ImageLimits, Tone},
    providers::image::{BuiltinPlates, PaintError},
    studio::{
        Language, Origin, Recipe, SetPlan, Studio, StudioError,
        compose::{Press, Set},
        reading::Thought,
        recipe,
        sheet::Sheet,
        theme::Theme,
        workshop::Page,
    },
};

/// How far a painted background follows colours that an edit chose.
const FOLLOW: f32 = 0.72;

/// A poster composed again.
pub(super) struct Again {
    pub(super) pixels: RgbaImage,
    pub(super) placed: Vec<Placed>,
    pub(super) recipe: Value,
    pub(super) plate_jpeg: Vec<u8>,
}

/// Whether a stored recipe can be composed again: words and product of its picture are layers still.
pub fn is_composable(recipe: &Value) -> bool {
    recipe["version"] == 2 && recipe["composed"] != false && recipe["layers"].is_array()
}

impl SetPlan {
    /// The plan of one poster of this set by its own recipe, with these changes instead of the recipe's.
    ///
    /// # Errors
    /// [`StudioError::Recipe`] when the recipe is of other photos.
    pub(in crate::studio) fn of_poster(&self, recipe: &Recipe, changes: &Changes) -> Result<Self, StudioError> {
        recipe.require_names(&self.photo_sha256s)?;
        let thought = Thought::of_recipe(recipe, self.views.palette());
        let plan = Self {
            report: thought.report,
            bible: Arc::new(thought.bible),
            style: recipe.style,
            format: recipe.format,
            seed: recipe.seed,
            theme: Theme::new(recipe.style, self.views.palette()),
            changes: Arc::default(),
            ..self.clone()
        };
        Ok(plan.changed(changes))
    }
}

/// The background that an edit chose instead of the poster's own; `None` where it is kept.
pub(in crate::studio) fn ground_of(plan: &SetPlan, sheet: &Sheet, focus: Option<[f32; 4]>) -> Option<RgbaImage> {
    let ground = plan.changes.ground.filter(|ground| *ground != Ground::Stored)?;
    let (size, seed) = ((sheet.width, sheet.height), plan.seed);
    Some(grounds::paint(&GroundScene { ground, palette: plan.theme.plate, size, focus, seed }))
}

/// A stored background in the colours that an edit chose.
pub(in crate::studio) fn follow(plate: &mut RgbaImage, plan: &SetPlan) {
    if plan.changes.palette.is_none() || plan.changes.ground == Some(Ground::Stored) {
        return;
    }
    let colours = &plan.theme.plate;
    let ground = RgbaImage::from_fn(4, 1, |x, _| {
        let [r, g, b] = [colours.base, colours.base, colours.tint, colours.surface][x as usize];
        image::Rgba([r, g, b, 255])
    });
    let target = Tone { spread: Tone::of(plate).spread, ..Tone::of(&ground) };
    imaging::grade(plate, &target, FOLLOW);
}

/// Where the background of a recipe comes from.
pub(in crate::studio) fn keeps_plate(recipe: &Recipe, changes: &Changes) -> bool {
    match changes.ground {
        Some(ground) => ground == Ground::Stored,
        None => Origin::of_painter(&recipe.provider.name) == Origin::AiMade,
    }
}

/// Lays what brushes changed on a page.
pub(super) fn patched(page: &mut RgbaImage, patches: &[EditPatch]) {
    for patch in patches {
        let (left, top) = (i64::from(patch.left), i64::from(patch.top));
        image::imageops::overlay(page, &*patch.pixels, left, top);
    }
}

impl Studio {
    /// Composes a poster again with these changes. Blocks for about a tenth of a second.
    pub(super) fn compose_again(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        recipe: &Recipe,
        changes: &Changes,
    ) -> Result<Again, StudioError> {
        let plan = plan.of_poster(recipe, changes)?;
        let page = Page::new(&plan, recipe.dimension);
        let is_kept = keeps_plate(recipe, changes);
        let focus = page.draft.stand.map(|stand| {
            let frame = page.plan.sight.placed(stand);
            [frame.x, frame.y, frame.w, frame.h]
        });
        let plate = if is_kept {
            let stored = base.plate.as_ref().ok_or_else(|| lost("the background of this poster is not stored"))?;
            let decoded =
                imaging::decode(stored, &ImageLimits::default()).map_err(|refusal| lost(&refusal.to_string()))?;
            let mut plate = match decoded.pixels {
                same if same.dimensions() == (page.sheet.width, page.sheet.height) => same,
                other => imaging::resize_cover(&other, page.sheet.width, page.sheet.height),
            };
            follow(&mut plate, &page.plan);
            plate
        } else if let Some(ground) = ground_of(&page.plan, &page.sheet, focus) {
            ground
        } else {
            let drawn = BuiltinPlates.draw(&page.scene());
            drawn.map_err(|error| PaintError { error, is_retryable: false })?
        };
        let provider = if changes.ground.is_some() { BuiltinPlates::NAME } else { recipe.provider.name.as_str() };
        let press = Press {
            composer: &*self.composer,
            templates: &self.templates,
            plan: &page.plan,
            sheet: &page.sheet,
            dimension: page.dimension,
            provider,
            request_id: recipe.provider.request_id.as_deref().filter(|_| changes.ground.is_none()),
            consistency_percent: recipe.consistency_percent.filter(|_| changes.ground.is_none()),
            product_painted: recipe.product_painted,
            jpeg_quality: self.jpeg_quality,
            language: Language::Both,
            is_marked: self.labels.is_visible_on(Origin::of_painter(provider)),
        };
        // A background that is kept is kept byte for byte: it never wears out.
        let mut plate_jpeg = base.plate.as_ref().filter(|_| is_kept).map(|bytes| bytes.to_vec()).unwrap_or_default();
        let Set { mut pixels, placed, unprintable } = press.set_after(&page.draft, plate, |plate| {
            if plate_jpeg.is_empty() {
                plate_jpeg = imaging::encode_jpeg_backdrop(plate, self.jpeg_quality);
            }
        })?;
        let mut written = recipe::write(&press, &page.draft, &placed, &unprintable);
        patched(&mut pixels, &base.patches);
        if !recipe.patches.is_empty() {
            written["patches"] = json!(recipe.patches);
        }
        Ok(Again { pixels, placed, recipe: written, plate_jpeg })
    }

    /// The finished edit of a poster that was composed again.
    pub(super) fn finished(&self, again: Again, provider: &str) -> EditedPoster {
        EditedPoster {
            jpeg: imaging::encode_jpeg(&again.pixels, self.jpeg_quality),
            master_png: imaging::encode_png_rgba(&again.pixels),
            width: again.pixels.width(),
            height: again.pixels.height(),
            thumbhash: imaging::thumbhash(&again.pixels),
            recipe: again.recipe,
            plate_jpeg: Some(again.plate_jpeg),
            patch_png: None,
            provider: provider.to_owned(),
        }
    }
}

/// A stored file that should be there and is not.
fn lost(what: &str) -> StudioError {
    StudioError::Compose(ComposeError::Drawing(what.to_owned()))
}

impl Studio {
    /// Whether an edit of a composed poster is seen. The base may have been a JPEG, which differs a little
    /// everywhere: where that could be all, what it was composed from is composed as well.
    pub(super) fn is_seen(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        recipe: &Recipe,
        after: &RgbaImage,
    ) -> Result<bool, StudioError> {
        let (strong, mean) = difference(&base.pixels, after);
        if strong >= CLEARLY_SEEN_PIXELS || mean >= CLEARLY_SEEN_MEAN {
            return Ok(true);
        }
        let before = self.compose_again(plan, base, recipe, &recipe.changes)?;
        Ok(is_visible(&before.pixels, after))
    }
}

/// Differences that no JPEG makes.
const CLEARLY_SEEN_PIXELS: u32 = 12_000;
const CLEARLY_SEEN_MEAN: f32 = 5.0;

/// Pixels that differ so much count as changed: more than storing a JPEG changes.
const SEEN_STEP: u8 = 26;
/// So many changed pixels of a page of 1080 × 1080 are seen: a few strokes of one character.
const SEEN_PIXELS_MIN: u32 = 60;

/// Whether somebody who looks at both pictures sees a difference.
pub(super) fn is_visible(before: &RgbaImage, after: &RgbaImage) -> bool {
    let (strong, mean) = difference(before, after);
    // A whole page a little warmer has no strong pixel.
    strong >= SEEN_PIXELS_MIN || mean >= SEEN_MEAN_MIN
}

/// Mean difference in sRGB steps from which a whole page looks different.
const SEEN_MEAN_MIN: f32 = 1.2;

/// How many pixels differ strongly, and the mean difference of all, in sRGB steps.
fn difference(before: &RgbaImage, after: &RgbaImage) -> (u32, f32) {
    if before.dimensions() != after.dimensions() {
        return (u32::MAX, f32::MAX);
    }
    let mut strong = 0_u32;
    let mut total = 0_u64;
    for (a, b) in before.pixels().zip(after.pixels()) {
        let step = (0..3).map(|channel| a[channel].abs_diff(b[channel])).max().unwrap_or_default();
        strong += u32::from(step >= SEEN_STEP);
        total += u64::from(step);
    }
    (strong, total as f32 / (before.width() * before.height()).max(1) as f32)
}
