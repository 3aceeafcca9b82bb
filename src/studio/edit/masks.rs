//! Masks that nobody has to paint: what a composed poster consists of is known.

use image::{GrayImage, Luma, imageops};
use serde_json::Value;

use super::{EditBase, again};
use crate::{
    imaging,
    studio::{Recipe, SetPlan, Studio, StudioError},
};

/// A part of a composed poster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KnownMask {
    /// The product as it was cut out.
    Product,
    /// Everything that is neither product nor words nor a picture in its window.
    Background,
    /// All words, with what is nothing without them: rings, seals, buttons, price tags.
    Text,
}

/// The parts of a picture that have a ready-made mask, by its stored recipe; none where it was not composed.
pub fn known_masks_of(recipe: &Value) -> Vec<KnownMask> {
    if !again::is_composable(recipe) {
        return Vec::new();
    }
    let has = |kind: &str| recipe["layers"].as_array().is_some_and(|all| all.iter().any(|layer| layer["kind"] == kind));
    let parts = [(has("product"), KnownMask::Product), (true, KnownMask::Background), (has("text"), KnownMask::Text)];
    parts.into_iter().filter(|(is_there, _)| *is_there).map(|(_, part)| part).collect()
}

/// Air around words, as a share of the page's short side: a brush over them leaves no rim.
const TEXT_AIR: f32 = 0.007;

/// Roles of words that stand in a ring or on a seal, which is nothing without them.
const RINGED: [&str; 2] = ["note-n", "seal"];
/// Such a ring's size over that of its words.
const RING_SIZE: f32 = 1.6;
/// Roles of words that stand on a surface of their own, which is an empty blot without them.
const ON_SURFACES: [&str; 3] = ["cta", "cta-en", "price"];

impl Studio {
    /// A ready-made mask of a composed poster, 255 on the part, in the size of its picture. What brushes
    /// changed belongs to no part any more. `None` where the poster has no such part.
    ///
    /// # Errors
    /// [`StudioError::Recipe`] for a recipe of other photos.
    pub async fn known_mask(
        &self,
        plan: &SetPlan,
        base: &EditBase,
        part: KnownMask,
    ) -> Result<Option<GrayImage>, StudioError> {
        let Some(json) = base.recipe.clone().filter(|recipe| again::is_composable(recipe)) else { return Ok(None) };
        let recipe: Recipe =
            serde_json::from_value((*json).clone()).map_err(|error| StudioError::Recipe(error.into()))?;
        let (plan, base) = (plan.of_poster(&recipe, &recipe.changes)?.seen_for(recipe.dimension), base.clone());
        self.on_core(move || {
            let size = base.pixels.dimensions();
            let mut mask = match part {
                KnownMask::Product => product(&plan, &json, size)?,
                KnownMask::Text => text(&json, size)?,
                KnownMask::Background => {
                    let mut ground = GrayImage::from_pixel(size.0, size.1, Luma([255]));
                    for known in [product(&plan, &json, size), text(&json, size)].into_iter().flatten() {
                        without(&mut ground, &known);
                    }
                    for place in boxes(&json, |layer| {
                        matches!(layer["kind"].as_str(), Some("crop" | "shape")) && !is_shadow(layer)
                    }) {
                        fill(&mut ground, place, 0);
                    }
                    ground
                }
            };
            for patch in &base.patches {
                for (x, y, pixel) in patch.pixels.enumerate_pixels().filter(|(.., pixel)| pixel[3] > 127) {
                    let _ = pixel;
                    if let Some(value) = mask.get_pixel_mut_checked(x + patch.place.left, y + patch.place.top) {
                        *value = Luma([0]);
                    }
                }
            }
            mask.pixels().any(|value| value[0] > 0).then_some(mask)
        })
        .await
    }
}

fn is_shadow(layer: &Value) -> bool {
    matches!(layer["name"].as_str(), Some("shadow" | "ambient" | "mirror"))
}

/// Boxes of the recipe's layers: left, top, width, height.
fn boxes(recipe: &Value, picked: impl Fn(&Value) -> bool) -> Vec<[i64; 4]> {
    let layers = recipe["layers"].as_array().map(Vec::as_slice).unwrap_or_default();
    layers
        .iter()
        .filter(|layer| picked(layer))
        .filter_map(|layer| {
            let place: Vec<i64> = layer["box"].as_array()?.iter().filter_map(Value::as_i64).collect();
            <[i64; 4]>::try_from(place).ok()
        })
        .collect()
}

/// The product's own outline where it stands.
pub(super) fn product(plan: &SetPlan, recipe: &Value, size: (u32, u32)) -> Option<GrayImage> {
    let cut_out = &plan.sight.product.as_ref()?.pixels;
    let [left, top, width, height] = *boxes(recipe, |layer| layer["kind"] == "product").first()?;
    let shown = imaging::resize(cut_out, u32::try_from(width).ok()?.max(1), u32::try_from(height).ok()?.max(1));
    let alpha = GrayImage::from_fn(shown.width(), shown.height(), |x, y| {
        Luma([if shown.get_pixel(x, y)[3] >= 128 { 255 } else { 0 }])
    });
    let mut mask = GrayImage::new(size.0, size.1);
    imageops::replace(&mut mask, &alpha, left, top);
    Some(mask)
}

fn text(recipe: &Value, size: (u32, u32)) -> Option<GrayImage> {
    let air = (size.0.min(size.1) as f32 * TEXT_AIR).round() as i64;
    let places = boxes(recipe, |layer| layer["kind"] == "text");
    let ringed = boxes(recipe, |layer| {
        layer["kind"] == "text" && RINGED.iter().any(|role| layer["role"].as_str() == Some(role))
    });
    let on_surfaces = boxes(recipe, |layer| {
        layer["kind"] == "text" && ON_SURFACES.iter().any(|role| layer["role"].as_str() == Some(role))
    });
    let surfaces =
        boxes(recipe, |layer| layer["kind"] == "shape" && matches!(layer["role"].as_str(), Some("cta" | "filled")));
    let carrying = surfaces.iter().filter(|surface| on_surfaces.iter().any(|words| holds(**surface, *words)));
    let mut mask = GrayImage::new(size.0, size.1);
    for [x, y, w, h] in places.iter().chain(carrying) {
        fill(&mut mask, [x - air, y - air, w + 2 * air, h + 2 * air], 255);
    }
    for [x, y, w, h] in ringed {
        let side = (w.max(h) as f32 * RING_SIZE).round() as i64;
        fill(&mut mask, [x + (w - side) / 2, y + (h - side) / 2, side, side], 255);
    }
    (!places.is_empty()).then_some(mask)
}

/// Whether the middle of a box lies in another.
fn holds([x, y, w, h]: [i64; 4], [left, top, width, height]: [i64; 4]) -> bool {
    (x..x + w).contains(&(left + width / 2)) && (y..y + h).contains(&(top + height / 2))
}

fn fill(mask: &mut GrayImage, [x, y, w, h]: [i64; 4], value: u8) {
    let (width, height) = (i64::from(mask.width()), i64::from(mask.height()));
    for row in y.max(0)..(y + h).min(height) {
        for column in x.max(0)..(x + w).min(width) {
            mask.put_pixel(column as u32, row as u32, Luma([value]));
        }
    }
}

fn without(mask: &mut GrayImage, other: &GrayImage) {
    for (value, gone) in mask.pixels_mut().zip(other.pixels()) {
        if gone[0] > 0 {
            *value = Luma([0]);
        }
    }
}

/// What share of a layer a mask covers: of the product's outline, of a box for all others.
pub(super) fn covered(mask: &GrayImage, plan: &SetPlan, recipe: &Value, layer: &Value) -> f32 {
    let single = serde_json::json!({ "layers": [layer] });
    let own = if layer["kind"] == "product" { product(plan, recipe, mask.dimensions()) } else { None };
    let own = own.unwrap_or_else(|| {
        let mut own = GrayImage::new(mask.width(), mask.height());
        for place in boxes(&single, |_| true) {
            fill(&mut own, place, 255);
        }
        own
    });
    let (mut all, mut hit) = (0_u32, 0_u32);
    for (own, painted) in own.pixels().zip(mask.pixels()) {
        if own[0] > 0 {
            all += 1;
            hit += u32::from(painted[0] > 0);
        }
    }
    if all == 0 { 0.0 } else { hit as f32 / all as f32 }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_take_their_ring_along() {
        let layers = json!({ "layers": [
            { "kind": "text", "role": "note-n", "text": "1", "box": [100, 100, 20, 40] },
            { "kind": "text", "role": "note-zh", "text": "琥珀", "box": [300, 100, 80, 40] },
        ] });
        let mask = text(&layers, (1080, 1920)).unwrap();
        let is_in = |x: u32, y: u32| mask.get_pixel(x, y)[0] > 0;
        assert!(is_in(80, 120) && is_in(140, 120) && is_in(110, 90), "the ring around the number");
        assert!(is_in(295, 95) && !is_in(285, 120), "plain words have a little air");
    }

    #[test]
    fn words_take_their_button_along_and_leave_a_tile() {
        let layers = json!({ "layers": [
            { "kind": "shape", "role": "cta", "box": [600, 1700, 360, 80] },
            { "kind": "text", "role": "cta", "text": "立即选购", "box": [640, 1720, 120, 40] },
            { "kind": "shape", "role": "filled", "box": [40, 400, 300, 300] },
            { "kind": "text", "role": "tile-zh", "text": "自在", "box": [80, 600, 80, 40] },
        ] });
        let mask = text(&layers, (1080, 1920)).unwrap();
        assert!(mask.get_pixel(955, 1705)[0] > 0, "the button's corner");
        assert_eq!(mask.get_pixel(60, 420)[0], 0, "a tile is a part of the picture");
    }
}
