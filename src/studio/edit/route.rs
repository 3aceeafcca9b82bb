//! From a prompt to the next picture: what is done here, what a model is asked for, what is refused.

use image::RgbaImage;
use serde_json::json;

use super::{
    Development, EditBase, EditOrder, EditRefusal, EditedPoster, again,
    apply::{Applied, Bench},
    development,
    price::From,
    vocabulary::{self, Intent, Mood, ReferenceUse},
};
use crate::{
    domain::PosterStage,
    imaging::{self, Isolation, Photo, retouch},
    providers::image::BuiltinPlates,
    studio::{
        Commission, Language, Origin, PatchPlace, Recipe, SetPlan, Studio, StudioError, compose::Press, workshop::Page,
    },
};

impl Studio {
    /// Makes the next picture. What the vocabulary of this program understands is done by rules, crisp and
    /// offline; what it does not understand a text model may say again in its words; the rest is a painter's,
    /// where there is one.
    ///
    /// `plan` is the set's, for composed posters; without it only pixels can be edited.
    ///
    /// # Errors
    /// [`StudioError::UnsupportedEdit`], [`StudioError::NoVisibleChange`] and what painting and composing
    /// can fail with. Nothing is changed then.
    pub async fn edit(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
        commission: &Commission,
        progress: &(dyn Fn(PosterStage) + Send + Sync),
    ) -> Result<EditedPoster, StudioError> {
        progress(PosterStage::Planning);
        progress(PosterStage::Composing);
        let refusal = match self.edit_by_rules(plan, base, order).await? {
            Err(StudioError::UnsupportedEdit(refusal)) => refusal,
            made => return made,
        };
        if let Some(order) = self.interpreted(&refusal, base, order, commission).await {
            match self.edit_by_rules(plan, base, &order).await? {
                // What was made of the wish does not fit this poster; the wish itself may still be painted.
                Err(StudioError::UnsupportedEdit(_)) => {}
                made => return made,
            }
        }
        self.edit_beyond(refusal, plan, base, order, commission, progress).await
    }

    async fn edit_by_rules(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
    ) -> Result<Result<EditedPoster, StudioError>, StudioError> {
        let (studio, plan, base, order) = (self.clone(), plan.cloned(), base.clone(), order.clone());
        self.on_core(move || studio.edit_builtin(plan.as_ref(), &base, &order)).await
    }

    /// The edit by rules alone. Blocks.
    fn edit_builtin(
        &self,
        plan: Option<&SetPlan>,
        base: &EditBase,
        order: &EditOrder,
    ) -> Result<EditedPoster, StudioError> {
        if let Some(mask) = &order.mask {
            return self.brush(plan, base, order, mask);
        }
        let intents = vocabulary::read(&order.prompt).map_err(StudioError::UnsupportedEdit)?;
        let json = base.recipe.clone().filter(|recipe| again::is_composable(recipe));
        let (Some(plan), Some(json)) = (plan, json) else { return self.developed(base, order, &intents) };
        let recipe: Recipe =
            serde_json::from_value((*json).clone()).map_err(|error| StudioError::Recipe(error.into()))?;
        let reference = order.reference.as_deref();
        let bench = Bench { studio: self, plan, recipe: &recipe, json: &json, reference };
        let applied = bench.apply(&intents)?;
        if applied.changes == recipe.changes && applied.inset.is_none() && !applied.is_reference_ground {
            return Err(StudioError::NoVisibleChange);
        }
        self.recomposed(plan, base, &recipe, &applied, reference)
    }

    fn recomposed(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        recipe: &Recipe,
        applied: &Applied,
        reference: Option<&Photo>,
    ) -> Result<EditedPoster, StudioError> {
        let changes = &applied.changes;
        let mut grounded = base.clone();
        if let Some(photo) = reference.filter(|_| applied.is_reference_ground) {
            let (width, height) = recipe.format.size();
            let mut plate = imaging::resize_cover(&photo.pixels, width, height);
            veiled(&mut plate, changes.palette.map_or([244; 3], |palette| palette.ground.0));
            grounded.plate = Some(imaging::encode_jpeg_backdrop(&plate, self.jpeg_quality).into());
        }
        let mut again = self.compose_again(plan, &grounded, recipe, changes)?;
        let inset = match (applied.inset, reference) {
            (Some(used), Some(photo)) => {
                let page = Page::new(&plan.of_poster(recipe, changes)?, recipe.dimension);
                let press = self.press(&page, recipe, changes.language(Language::Both));
                let taken = press.taken(&page.draft, &again.placed);
                Some(inset(photo, used, &taken, again.pixels.dimensions())?)
            }
            _ => None,
        };
        if let Some((left, top, pixels)) = &inset {
            imaging::lay_patch(&mut again.pixels, *left, *top, pixels);
            let place = PatchPlace { name: String::new(), left: *left, top: *top, redo: None };
            let mut patches = recipe.patches.clone();
            patches.push(place);
            again.recipe["patches"] = json!(patches);
        }
        if !again::is_seen(&base.pixels, &again.pixels) {
            return Err(StudioError::NoVisibleChange);
        }
        let mut edited = self.finished(again, BuiltinPlates::NAME);
        edited.patch_png = inset.map(|(_, _, pixels)| imaging::encode_png_rgba(&pixels));
        Ok(edited)
    }

    /// Light and mood of a picture whose words are pixels.
    fn developed(&self, base: &EditBase, order: &EditOrder, intents: &[Intent]) -> Result<EditedPoster, StudioError> {
        let mut pixels = (*base.pixels).clone();
        for intent in intents {
            match intent {
                Intent::Develop(wanted) => develop(&mut pixels, *wanted),
                Intent::Mood(mood) => {
                    retouch::mood(&mut pixels, picture_mood(*mood).ok_or_else(|| not_composed(order))?, 0.9, None);
                }
                _ => return Err(not_composed(order)),
            }
        }
        if !again::is_seen(&base.pixels, &pixels) {
            return Err(StudioError::NoVisibleChange);
        }
        let mut recipe = base.recipe.as_ref().map_or_else(|| json!({}), |recipe| (**recipe).clone());
        recipe["composed"] = json!(false);
        Ok(EditedPoster {
            jpeg: imaging::encode_jpeg(&pixels, self.jpeg_quality),
            master_png: imaging::encode_png(&pixels),
            width: pixels.width(),
            height: pixels.height(),
            thumbhash: imaging::thumbhash(&pixels),
            recipe,
            plate_jpeg: None,
            patch_png: None,
            provider: BuiltinPlates::NAME.to_owned(),
        })
    }

    /// What a page of a recipe is set with.
    pub(super) fn press<'a>(&'a self, page: &'a Page, recipe: &'a Recipe, language: Language) -> Press<'a> {
        let is_own = page.plan.changes.ground.is_some();
        let provider = if is_own { BuiltinPlates::NAME } else { recipe.provider.name.as_str() };
        Press {
            composer: &*self.composer,
            templates: &self.templates,
            plan: &page.plan,
            sheet: &page.sheet,
            dimension: page.dimension,
            provider,
            request_id: recipe.provider.request_id.as_deref().filter(|_| !is_own),
            consistency_percent: recipe.consistency_percent.filter(|_| !is_own),
            product_painted: recipe.product_painted,
            jpeg_quality: self.jpeg_quality,
            language,
            is_marked: self.labels.is_visible_on(match recipe.painted_edits.as_slice() {
                [] => Origin::of_painter(provider),
                _ => Origin::AiMade,
            }),
        }
    }
}

/// Calms the parts of a photo that words usually stand on: its head and its foot, evenly, so that no
/// patch has to be laid under each line.
fn veiled(plate: &mut RgbaImage, ground: [u8; 3]) {
    let height = plate.height().max(1) as f32;
    for (_, y, pixel) in plate.enumerate_pixels_mut() {
        let at = y as f32 / height;
        let near = ((0.52 - at) / 0.24).max((at - 0.66) / 0.16).clamp(0.0, 1.0);
        let veil = 0.10 + 0.66 * near * near * (3.0 - 2.0 * near);
        for channel in 0..3 {
            let own = f32::from(pixel[channel]);
            pixel[channel] = (own + (f32::from(ground[channel]) - own) * veil).round() as u8;
        }
    }
}

fn develop(pixels: &mut RgbaImage, wanted: Development) {
    development::develop(pixels, Some(wanted));
}

fn not_composed(order: &EditOrder) -> StudioError {
    StudioError::UnsupportedEdit(EditRefusal::NotComposed(order.prompt.clone()))
}

/// The mood of a whole picture, where pixels alone can have it.
const fn picture_mood(mood: Mood) -> Option<retouch::Mood> {
    Some(match mood {
        Mood::Warm | Mood::Autumn | Mood::Cream => retouch::Mood::Warm,
        Mood::Cool | Mood::Winter | Mood::Tech => retouch::Mood::Cool,
        Mood::Vintage => retouch::Mood::Vintage,
        Mood::BlackGold => retouch::Mood::BlackGold,
        Mood::Morandi | Mood::Premium => retouch::Mood::Morandi,
        Mood::Cyber => retouch::Mood::Cyber,
        Mood::Fresh | Mood::Spring | Mood::Summer => retouch::Mood::Fresh,
        Mood::Macaron => retouch::Mood::Romantic,
        Mood::Festive => retouch::Mood::Festive,
        Mood::Dark | Mood::Light => return None,
    })
}

/// A reference picture on the page: as a logo without its ground, as a small picture with a rim.
fn inset(
    photo: &Photo,
    used: ReferenceUse,
    taken: &super::price::Taken,
    (width, height): (u32, u32),
) -> Result<(u32, u32, RgbaImage), StudioError> {
    let short = width.min(height) as f32;
    let (own, shares, from) = match (used, imaging::isolate(photo)) {
        (ReferenceUse::Logo, Isolation::CutOut(cut_out)) => (cut_out.pixels, [0.15, 0.12, 0.09], From::Head),
        (ReferenceUse::Logo, _) => (photo.pixels.clone(), [0.15, 0.12, 0.09], From::Head),
        _ => (photo.pixels.clone(), [0.34, 0.26, 0.20], From::Foot),
    };
    let aspect = own.width() as f32 / own.height().max(1) as f32;
    for share in shares {
        // Of the same area, whatever its shape.
        let (w, h) = (short * share * aspect.sqrt().clamp(0.5, 2.0), short * share / aspect.sqrt().clamp(0.5, 2.0));
        let w = w.min(h * aspect);
        let h = w / aspect;
        if let Some(place) = taken.room(w, h, from) {
            let mut shown = imaging::resize(&own, (w.round() as u32).max(1), (h.round() as u32).max(1));
            if used == ReferenceUse::Inset {
                rounded(&mut shown, short * 0.012);
            }
            return Ok((place.x.round() as u32, place.y.round() as u32, shown));
        }
    }
    Err(StudioError::UnsupportedEdit(EditRefusal::NoRoom))
}

/// Rounds the corners and lays a light rim on the edge.
fn rounded(pixels: &mut RgbaImage, radius: f32) {
    let (w, h) = (pixels.width() as f32, pixels.height() as f32);
    let rim = (radius * 0.35).max(2.0);
    for (x, y, pixel) in pixels.enumerate_pixels_mut() {
        let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
        let (dx, dy) = ((radius - px).max(px - (w - radius)).max(0.0), (radius - py).max(py - (h - radius)).max(0.0));
        let inside = (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0);
        let edge =
            px.min(w - px).min(py).min(h - py).min(if dx > 0.0 && dy > 0.0 { radius - dx.hypot(dy) } else { f32::MAX });
        if edge < rim {
            pixel.0[..3].copy_from_slice(&[250, 249, 246]);
        }
        pixel[3] = (f32::from(pixel[3]) * inside).round() as u8;
    }
}
