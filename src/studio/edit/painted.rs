//! Edits that a model paints: on the background of a composed poster, in a place that a brush marked, or
//! over a whole picture.
//!
//! Where a poster is composed, only its background is painted anew and words and product are set on it
//! again, so they stay sharp and true. A brush's edit is laid in by us, so nothing outside it changes,
//! whoever painted it.

mod frame;
mod order;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use image::RgbaImage;
use serde_json::{Value, json};

use super::{Changes, EditBase, EditOrder, EditRefusal, EditedPoster, again};
use crate::{
    domain::{FailureCode, PosterStage},
    imaging::{self, EditMask, ImageLimits},
    providers::{
        ProviderError,
        image::{ImageRole, InputImage, PaintError, Painted, Purpose},
    },
    studio::{
        Commission, Origin, PatchPlace, Recipe, SetPlan, Studio, StudioError, label, order::preserved,
        prompt::EditScope, workshop::Page,
    },
};
use order::{Anew, Brush, Came, EditJob, EditPicture, Kept, Wish, shown};

/// The side of the pictures that are sent beside the one to change, in pixels.
const BESIDE_SIDE: u32 = 1024;
/// What a cut-out stands on when it is sent: a ground of no colour of its own.
const NEUTRAL: [u8; 3] = [244, 244, 244];

/// A poster that can be composed again, with what that takes.
struct Composed<'a> {
    plan: &'a SetPlan,
    recipe: Recipe,
}

impl<'a> Composed<'a> {
    fn of(plan: Option<&'a SetPlan>, base: &EditBase) -> Option<Self> {
        let json = base.recipe.as_deref().filter(|recipe| again::is_composable(recipe))?;
        base.plate.as_ref()?;
        Some(Self { plan: plan?, recipe: serde_json::from_value(json.clone()).ok()? })
    }
}

impl Studio {
    /// Whether a model can be asked for this edit.
    pub(super) fn paints_edit(&self, plan: Option<&SetPlan>, base: &EditBase, order: &EditOrder) -> bool {
        let serves = |purpose| self.painters.list().iter().any(|painter| painter.serves(purpose));
        match &order.mask {
            Some(_) => serves(Purpose::EditMasked),
            None => {
                serves(Purpose::EditWhole)
                    || (self.painters.has_vendor_for(Purpose::Plate) && Composed::of(plan, base).is_some())
            }
        }
    }

    /// What the rules declined: a model's, where one can be asked for it.
    ///
    /// # Errors
    /// [`StudioError::UnsupportedEdit`] with this refusal where no model helps; else as for
    /// [`Studio::edit_painted`].
    pub(super) async fn edit_beyond(
        &self,
        refusal: EditRefusal,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<EditedPoster, StudioError> {
        use EditRefusal::{NeedsModel, NotComposed, NotForBrushes, Unknown};
        // What is missing in the others, no model can know.
        let is_open = matches!(refusal, Unknown(_) | NeedsModel(_) | NotComposed(_) | NotForBrushes(_));
        if is_open && self.paints_edit(plan, base, order) {
            return self.edit_painted(plan, base, order, commission, progress).await;
        }
        Err(StudioError::UnsupportedEdit(refusal))
    }

    /// Lets a model make the edit. Ask [`Studio::paints_edit`] first.
    ///
    /// # Errors
    /// [`StudioError::Image`] when no usable picture came, also for one that shows no change; what
    /// composing can fail with.
    pub(super) async fn edit_painted(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<EditedPoster, StudioError> {
        progress(PosterStage::Painting);
        match (&order.mask, Composed::of(plan, base)) {
            (Some(mask), composed) => {
                let mask = EditMask::from_pixels((**mask).clone()).map_err(|refusal| unusable(&refusal.to_string()))?;
                self.place_painted(plan, composed, base, order, mask, commission).await
            }
            (None, Some(composed)) => self.background_painted(composed, base, order, commission, progress).await,
            (None, None) => self.picture_painted(plan, base, order, commission).await,
        }
    }

    /// The base changed where a brush went.
    async fn place_painted(
        &self,
        plan: Option<&SetPlan>,
        composed: Option<Composed<'_>>,
        base: &EditBase,
        order: &EditOrder,
        mask: EditMask,
        commission: &Commission,
    ) -> Result<EditedPoster, StudioError> {
        let brush = Arc::new(self.on_core(move || Brush::of(mask)).await?);
        let product = plan.and_then(|plan| Standing::of(plan, base));
        // The product is shown only to those who paint where it stands: elsewhere it would be painted twice.
        let product = product.filter(|product| touches(product.expected, brush.mask.bounds()));
        let beside = self.beside(product.as_ref().map(|product| Arc::clone(&product.cut_out)), order).await?;
        let job = EditJob {
            purpose: Purpose::EditMasked,
            base: Arc::clone(&base.pixels),
            beside,
            wish: wish(plan, order, EditScope::Place { has_mask: false }),
            brush: Some(Arc::clone(&brush)),
            kept: None,
            anew: None,
            seed: order.seed,
        };
        let picture = EditPicture::new(self, commission, job).await?;
        let painted = self.picture(&picture, commission).await?;
        let came = picture.came();
        let (base, is_composed, quality) = (base.clone(), composed.is_some(), self.jpeg_quality);
        self.on_core(move || {
            let patch =
                came.edit.as_deref().filter(|_| is_composed).and_then(|edit| imaging::patch_of(edit, &brush.alpha));
            let mut recipe = recipe_of(&base);
            record(&mut recipe, "place", &painted, &came);
            if let Some((left, top, _)) = &patch {
                let place = PatchPlace { name: String::new(), left: *left, top: *top, redo: None };
                push(&mut recipe, "patches", json!(place));
            }
            let plate = base.plate.as_ref().filter(|_| is_composed).map(|plate| plate.to_vec());
            let patch = patch.map(|(_, _, pixels)| imaging::encode_png_rgba(&pixels));
            finished(&painted, recipe, plate, patch, quality)
        })
        .await
    }

    /// A composed poster on a new background.
    async fn background_painted(
        &self,
        composed: Composed<'_>,
        base: &EditBase,
        order: &EditOrder,
        commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<EditedPoster, StudioError> {
        let Composed { plan, recipe } = composed;
        let plan_of_poster = plan.of_poster(&recipe, &recipe.changes)?;
        let page = Page::new(&plan_of_poster, recipe.dimension);
        let stored = base.plate.clone().unwrap_or_default();
        let plate = self.on_core(move || imaging::decode(&stored, &ImageLimits::default())).await?;
        let plate = plate.map_err(|refusal| unusable(&format!("the stored background: {refusal:?}")))?.pixels;
        let product = Standing::of(&plan_of_poster, base);
        let has_editor = self.painters.list().iter().any(|painter| painter.serves(Purpose::EditWhole));
        let beside = self.beside(product.as_ref().map(|product| Arc::clone(&product.cut_out)), order).await?;
        let mut wish = wish(Some(&plan_of_poster), order, EditScope::Background);
        if recipe.product_painted {
            // The product stands in this background, and there it stays.
            wish.scope = EditScope::Picture;
        }
        wish.calm = page.scene().calm;
        let kept = product
            .filter(|_| recipe.product_painted)
            .map(|product| Kept { cut_out: product.cut_out, expected: product.expected });
        let anew = (!has_editor).then(|| Anew::of(page, &order.prompt));
        let job = EditJob {
            purpose: if has_editor { Purpose::EditWhole } else { Purpose::Plate },
            base: Arc::new(plate),
            beside: if has_editor { beside } else { Vec::new() },
            wish,
            brush: None,
            kept,
            anew,
            seed: order.seed,
        };
        let picture = EditPicture::new(self, commission, job).await?;
        let painted = self.picture(&picture, commission).await?;
        progress(PosterStage::Composing);
        let (studio, plan, mut base, mut recipe) = (self.clone(), plan.clone(), base.clone(), recipe);
        self.on_core(move || {
            base.plate = Some(imaging::encode_jpeg_backdrop(&painted.pixels, studio.jpeg_quality).into());
            recipe.provider.name.clone_from(&painted.provider);
            recipe.provider.request_id.clone_from(&painted.request_id);
            recipe.consistency_percent = None;
            // What was painted now takes the place of a background that was drawn by rules.
            let changes = Changes { ground: None, ..recipe.changes.clone() };
            let mut composed = studio.compose_again(&plan, &base, &recipe, &changes)?;
            record(&mut composed.recipe, "background", &painted, &Came::default());
            Ok::<_, StudioError>(studio.finished(composed, &painted.provider))
        })
        .await?
    }

    /// A whole picture painted anew: it is pixels from then on.
    async fn picture_painted(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        commission: &Commission,
    ) -> Result<EditedPoster, StudioError> {
        let product = plan.and_then(|plan| Standing::of(plan, base));
        let shown = product.as_ref().map(|product| Arc::clone(&product.cut_out));
        let shown =
            shown.or_else(|| plan.map(|plan| Arc::new(plan.seen_for(base.dimension).sight.photo.pixels.clone())));
        let beside = self.beside(shown, order).await?;
        let pixels = Arc::clone(&base.pixels);
        // Only a product that is in the picture now can be asked for afterwards.
        let kept = self.on_core(move || {
            let product = product?;
            let is_there = preserved(&product.cut_out, &pixels, product.expected).is_ok();
            is_there.then_some(Kept { cut_out: product.cut_out, expected: product.expected })
        });
        let job = EditJob {
            purpose: Purpose::EditWhole,
            base: Arc::clone(&base.pixels),
            beside,
            wish: wish(plan, order, EditScope::Picture),
            brush: None,
            kept: kept.await?,
            anew: None,
            seed: order.seed,
        };
        let picture = EditPicture::new(self, commission, job).await?;
        let painted = self.picture(&picture, commission).await?;
        let (base, quality, studio) = (base.clone(), self.jpeg_quality, self.clone());
        self.on_core(move || {
            let mut painted = painted;
            if studio.labels.is_visible_on(Origin::AiMade) {
                painted.pixels = label::onto_picture(&*studio.composer, painted.pixels)?;
            }
            let mut recipe = recipe_of(&base);
            recipe["composed"] = json!(false);
            recipe["provider"] = json!({ "name": painted.provider, "requestId": painted.request_id });
            if let Some(fields) = recipe.as_object_mut() {
                fields.remove("patches");
            }
            record(&mut recipe, "picture", &painted, &Came::default());
            Ok(finished(&painted, recipe, None, None, quality))
        })
        .await?
    }

    /// The pictures that are sent beside the one to change.
    async fn beside(&self, product: Option<Arc<RgbaImage>>, order: &EditOrder) -> Result<Vec<InputImage>, StudioError> {
        let reference = order.reference.clone();
        self.on_core(move || {
            let small = |role, pixels: &RgbaImage| {
                let mut small = imaging::resize_to_fit(pixels, BESIDE_SIDE);
                on_neutral(&mut small);
                shown(role, &small)
            };
            let product = product.map(|product| small(ImageRole::Product, &product));
            let reference = reference.map(|reference| small(ImageRole::Reference, &reference.pixels));
            product.into_iter().chain(reference).collect()
        })
        .await
    }
}

/// The product where it stands on the poster of an edit.
struct Standing {
    cut_out: Arc<RgbaImage>,
    /// Left, top, width, height in pixels of the base.
    expected: [f32; 4],
}

impl Standing {
    fn of(plan: &SetPlan, base: &EditBase) -> Option<Self> {
        let page = Page::new(plan, base.dimension);
        let product = page.plan.sight.product.as_ref()?;
        let frame = page.plan.sight.placed(page.draft.stand?);
        let scale = base.pixels.width() as f32 / page.sheet.width.max(1) as f32;
        let expected = [frame.x, frame.y, frame.w, frame.h].map(|side| side * scale);
        Some(Self { cut_out: Arc::clone(&product.pixels), expected })
    }
}

impl Anew {
    /// The page's background, painted from words: the wish takes the place of its scene.
    fn of(page: Page, prompt: &str) -> Self {
        let (dimension, scene) = (page.dimension, page.scene());
        Self { plan: page.plan.with_scene(dimension, prompt), dimension, scene }
    }
}

fn wish(plan: Option<&SetPlan>, order: &EditOrder, scope: EditScope) -> Wish {
    let product = plan.map(|plan| (&plan.report.product, &plan.report.locks.must_keep));
    Wish {
        text: order.prompt.clone(),
        scope,
        noun: product.map(|(product, _)| product.noun.clone()),
        must_keep: product.map(|(_, kept)| kept.clone()).unwrap_or_default(),
        calm: Vec::new(),
    }
}

fn touches([x, y, w, h]: [f32; 4], bounds: [u32; 4]) -> bool {
    let [left, top, width, height] = bounds.map(|side| side as f32);
    x < left + width && left < x + w && y < top + height && top < y + h
}

fn on_neutral(pixels: &mut RgbaImage) {
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            let over = u32::from(pixel[channel]) * alpha + u32::from(NEUTRAL[channel]) * (255 - alpha);
            pixel[channel] = (over / 255) as u8;
        }
        pixel[3] = 255;
    }
}

/// A stored thing that an edit needs and that cannot be used.
fn unusable(what: &str) -> StudioError {
    let error = ProviderError::misconfigured(what).told_as(FailureCode::Internal);
    StudioError::Image(PaintError { error, is_retryable: false })
}

fn recipe_of(base: &EditBase) -> Value {
    let kept = base.recipe.as_deref().filter(|recipe| recipe.is_object()).cloned();
    kept.unwrap_or_else(|| json!({ "composed": false }))
}

/// Writes down who changed what: a picture says how it was made.
fn record(recipe: &mut Value, kind: &str, painted: &Painted, came: &Came) {
    let drift = came.drift.as_ref().map(|drift| {
        json!({
            "kind": format!("{:?}", drift.kind).to_lowercase(),
            "shift": [drift.shift.0, drift.shift.1],
            "likeness": drift.likeness,
            "ringDifference": drift.ring_difference,
        })
    });
    let edit = json!({
        "kind": kind,
        "provider": painted.provider,
        "model": painted.model,
        "requestId": painted.request_id,
        "drift": drift,
    });
    push(recipe, "paintedEdits", edit);
}

fn push(recipe: &mut Value, list: &str, item: Value) {
    match recipe.get_mut(list).and_then(Value::as_array_mut) {
        Some(items) => items.push(item),
        None => recipe[list] = json!([item]),
    }
}

fn finished(
    painted: &Painted,
    recipe: Value,
    plate_jpeg: Option<Vec<u8>>,
    patch_png: Option<Vec<u8>>,
    jpeg_quality: u8,
) -> EditedPoster {
    EditedPoster {
        jpeg: imaging::encode_jpeg(&painted.pixels, jpeg_quality),
        master_png: imaging::encode_png(&painted.pixels),
        width: painted.pixels.width(),
        height: painted.pixels.height(),
        thumbhash: imaging::thumbhash(&painted.pixels),
        recipe,
        plate_jpeg,
        patch_png,
        provider: painted.provider.clone(),
    }
}
