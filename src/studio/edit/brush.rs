//! What a brush does: the base outside of it stays as it is, pixel for pixel.

use std::sync::Arc;

use image::{GrayImage, RgbaImage, imageops};
use serde_json::{Value, json};

use super::{
    EditBase, EditOrder, EditRefusal, EditedPoster, HiddenLayer, PatchPlace, again, masks,
    patch::{self, Redo},
    vocabulary::{self, Stroke},
};
use crate::{
    imaging::{self, EditMask, Isolation, ShadowStyle},
    providers::image::BuiltinPlates,
    studio::{Recipe, SetPlan, Studio, StudioError},
};

/// How far beyond what was painted an edit reaches, and over how much it fades, in thousandths of the
/// picture's short side.
const DILATE: f32 = 3.0;
const FEATHER: f32 = 8.0;
/// The share of a layer that a brush must cover to mean the layer.
const LAYER_COVERED_MIN: f32 = 0.85;

/// An edit under a brush.
pub(super) struct Brushed {
    /// The whole picture, of which only what lies under `alpha` is taken.
    edited: RgbaImage,
    alpha: GrayImage,
    /// The recipe, where layers were taken away instead of pixels being changed.
    recipe: Option<(Value, Vec<u8>)>,
    /// How the pixels were changed.
    strokes: Vec<Stroke>,
    seed: u64,
}

impl Studio {
    /// Does what the prompt asks a brush for. Blocks.
    pub(super) fn brush(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        mask: &Arc<GrayImage>,
    ) -> Result<EditedPoster, StudioError> {
        let strokes =
            vocabulary::read_brush(&order.prompt, order.reference.is_some()).map_err(StudioError::UnsupportedEdit)?;
        let mask = EditMask::from_pixels((**mask).clone())
            .map_err(|_| StudioError::UnsupportedEdit(EditRefusal::NotForBrushes(order.prompt.clone())))?;
        let short = base.pixels.width().min(base.pixels.height()) as f32 / 1000.0;
        let alpha = mask.soft(DILATE * short, FEATHER * short);
        let region = patch::region_of(&alpha);
        if strokes == [Stroke::Remove]
            && let Some(plan) = plan
            && let Some(brushed) = self.without_layers(plan, base, mask.pixels(), &alpha)?
        {
            return self.laid(base, brushed);
        }
        let mut edited = (*base.pixels).clone();
        for stroke in &strokes {
            match stroke {
                Stroke::Replace => {
                    let reference =
                        order.reference.as_deref().ok_or(StudioError::UnsupportedEdit(EditRefusal::NoReference))?;
                    // A product that is a layer leaves the true ground behind it.
                    let bare = match plan {
                        Some(plan) => self.without_layers(plan, base, mask.pixels(), &alpha)?,
                        None => None,
                    };
                    let cleared = match bare {
                        Some(bare) => imaging::laid_in(&edited, &bare.edited, &region),
                        None => imaging::inpaint(&edited, &region, order.seed),
                    };
                    edited = replaced(cleared, reference, &mask);
                }
                here => patch::stroke(&mut edited, *here, &region, order.seed),
            }
        }
        self.laid(base, Brushed { edited, alpha, recipe: None, strokes, seed: order.seed })
    }

    /// The poster without the layers that a mask covers; `None` where it covers none.
    fn without_layers(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        mask: &GrayImage,
        alpha: &GrayImage,
    ) -> Result<Option<Brushed>, StudioError> {
        let Some(json) = base.recipe.clone().filter(|recipe| again::is_composable(recipe)) else { return Ok(None) };
        let recipe: Recipe =
            serde_json::from_value((*json).clone()).map_err(|error| StudioError::Recipe(error.into()))?;
        let sighted = plan.of_poster(&recipe, &recipe.changes)?.seen_for(recipe.dimension);
        let mut changes = recipe.changes.clone();
        for layer in json["layers"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let role = layer["role"].as_str().unwrap_or_default();
            let hidden: &[(&str, Option<&str>)] = match layer["kind"].as_str() {
                Some("text") if role == "letter" => &[("letter", layer["text"].as_str())],
                Some("text") => &[(role, layer["text"].as_str())],
                Some("product") => &[("product", None), ("shadow", None), ("ambient", None), ("mirror", None)],
                Some("crop") => &[(layer["name"].as_str().unwrap_or_default(), None)],
                Some("shape") if role == "cta" => &[("cta", None)],
                _ => continue,
            };
            if masks::covered(mask, &sighted, &json, layer) >= LAYER_COVERED_MIN {
                let layers = hidden
                    .iter()
                    .map(|(role, text)| HiddenLayer { role: (*role).to_owned(), text: text.map(str::to_owned) });
                changes.hidden.extend(layers);
            }
        }
        if changes.hidden == recipe.changes.hidden {
            return Ok(None);
        }
        let again = self.compose_again(plan, base, &recipe, &changes)?;
        let brushed = Brushed {
            edited: again.pixels,
            alpha: alpha.clone(),
            recipe: Some((again.recipe, again.plate_jpeg)),
            strokes: Vec::new(),
            seed: 0,
        };
        // Words on a picture that is no layer may be covered as well: what is not gone is painted over.
        Ok(again::is_seen(&base.pixels, &imaging::laid_in(&base.pixels, &brushed.edited, alpha)).then_some(brushed))
    }

    /// The finished edit: the base, and the edit where the brush was.
    fn laid(&self, base: &EditBase, brushed: Brushed) -> Result<EditedPoster, StudioError> {
        let Brushed { edited, alpha, recipe, strokes, seed } = brushed;
        let pixels = imaging::laid_in(&base.pixels, &edited, &alpha);
        if imaging::visible_change(&base.pixels, &pixels, Some(&alpha)) < imaging::VISIBLE_CHANGE_MIN {
            return Err(StudioError::NoVisibleChange);
        }
        let is_composed = base.recipe.as_ref().is_some_and(|recipe| again::is_composable(recipe));
        let (recipe, plate_jpeg, patch_png) = if let Some((recipe, plate)) = recipe {
            (recipe, Some(plate), None)
        } else {
            let mut recipe =
                base.recipe.as_ref().map_or_else(|| json!({ "composed": false }), |recipe| (**recipe).clone());
            let patch = is_composed.then(|| imaging::patch_of(&edited, &alpha)).flatten();
            let patch_png = patch.map(|(left, top, patch)| {
                let redo = Redo::of(&strokes, seed, &base.pixels, [left, top, patch.width(), patch.height()]);
                let place = PatchPlace { name: String::new(), left, top, redo };
                match recipe["patches"].as_array_mut() {
                    Some(patches) => patches.push(json!(place)),
                    None => recipe["patches"] = json!([place]),
                }
                imaging::encode_png_rgba(&patch)
            });
            (recipe, base.plate.as_ref().filter(|_| is_composed).map(|plate| plate.to_vec()), patch_png)
        };
        Ok(EditedPoster {
            jpeg: imaging::encode_jpeg(&pixels, self.jpeg_quality),
            master_png: imaging::encode_png(&pixels),
            width: pixels.width(),
            height: pixels.height(),
            thumbhash: imaging::thumbhash(&pixels),
            recipe,
            plate_jpeg,
            patch_png,
            provider: BuiltinPlates::NAME.to_owned(),
        })
    }
}

/// The product of a reference picture in the place of what a mask covered, standing on its foot.
fn replaced(mut page: RgbaImage, reference: &imaging::Photo, mask: &EditMask) -> RgbaImage {
    let [left, top, width, height] = mask.bounds();
    let isolation = imaging::isolate(reference);
    let Isolation::CutOut(cut_out) = isolation else {
        // No outline is known: the photo fills the place, cut by the brush.
        let filled = imaging::resize_cover(&reference.pixels, width, height);
        imageops::overlay(&mut page, &filled, i64::from(left), i64::from(top));
        return page;
    };
    let own = cut_out.pixels.dimensions();
    let scale = (width as f32 / own.0 as f32).min(height as f32 / own.1 as f32);
    let size = [own.0, own.1].map(|side| ((side as f32 * scale).round() as u32).max(1));
    let shown = imaging::resize(&cut_out.pixels, size[0], size[1]);
    let (x, y) = (i64::from(left + (width - size[0].min(width)) / 2), i64::from(top + height - size[1].min(height)));
    let shadow =
        imaging::contact_shadow(&shown, &ShadowStyle { opacity: 0.6, ..ShadowStyle::contact(size[0], [24, 20, 18]) });
    imageops::overlay(&mut page, &shadow.pixels, x + i64::from(shadow.left), y + i64::from(shadow.top));
    imageops::overlay(&mut page, &shown, x, y);
    page
}
