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
        Language, Origin, Recipe, SetPlan, Studio, StudioError, compose::Set, reading::Thought, recipe, sheet::Sheet,
        theme::Theme, workshop::Page,
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
        patch.lay_on(page);
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
        let press = self.press(&page, recipe, changes.language(Language::Both));
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
        if !recipe.painted_edits.is_empty() {
            written["paintedEdits"] = json!(recipe.painted_edits);
        }
        Ok(Again { pixels, placed, recipe: written, plate_jpeg })
    }

    /// The finished edit of a poster that was composed again.
    pub(super) fn finished(&self, again: Again, provider: &str) -> EditedPoster {
        EditedPoster {
            jpeg: imaging::encode_jpeg(&again.pixels, self.jpeg_quality),
            master_png: imaging::encode_png(&again.pixels),
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

/// Whether somebody who looks at both pictures sees a difference.
pub(super) fn is_seen(before: &RgbaImage, after: &RgbaImage) -> bool {
    imaging::visible_change(before, after, None) >= imaging::VISIBLE_CHANGE_MIN
}
