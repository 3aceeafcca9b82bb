//! Finished pictures in other words and other proportions, with everything that edits made of them.

use std::sync::Arc;

use image::RgbaImage;
use serde_json::Value;

use super::{Composed, ExportError, Exports, FinishedSet};
use crate::{
    domain::{Dimension, RevisionName},
    imaging::{self, ImageLimits},
    services::ServiceError,
    studio::{EditPatch, Language, Origin, PatchPlace, Remake, StudioError},
};

/// A picture of a poster as a seller sees it.
pub(super) enum Shown {
    /// Words, product and background are layers.
    Layers(Composed),
    /// A model painted over all of it: it is pixels.
    Pixels(RevisionName),
}

impl Exports {
    /// A picture set anew, with what brushes laid on it.
    ///
    /// What a brush changed has its place on the poster's own page. In other proportions that place does
    /// not exist, so there the whole poster is set into the wished proportions as it is.
    pub(super) async fn set_anew(
        &self,
        set: &FinishedSet,
        composed: &Composed,
        proportions: (u32, u32),
        language: Language,
    ) -> Result<RgbaImage, ExportError> {
        let plan = self.plan_of(set, composed).await?;
        let dimension = composed.dimension;
        let plate = if composed.origin == Origin::AiMade || composed.keeps_ground {
            Some(Arc::new(self.stored(&set.folder.plate(dimension, composed.revision)).await?))
        } else {
            None
        };
        let own = plan.size();
        let is_own = composed.patches.is_empty() || same_shape(own, proportions);
        let remake = Remake {
            dimension,
            proportions: if is_own { proportions } else { own },
            language,
            product_painted: composed.product_painted,
            is_ai_made: composed.origin == Origin::AiMade,
            plate,
        };
        let mut pixels = self.studio.recompose(&plan, remake).await?;
        if composed.patches.is_empty() {
            return Ok(pixels);
        }
        let mut patches = Vec::with_capacity(composed.patches.len());
        for place in &composed.patches {
            let name: RevisionName = place
                .name
                .parse()
                .map_err(|_| ServiceError::Corrupt("the list of patches does not read".to_owned()))?;
            let pixels = Arc::new(self.stored(&set.folder.patch(dimension, name)).await?);
            patches.push(EditPatch { place: place.clone(), pixels });
        }
        let laid = self.studio.work(move || {
            // The page is the poster's own: both are 1080 pixels on the short side.
            for patch in &patches {
                patch.lay_on(&mut pixels);
            }
            if is_own { pixels } else { set_into(&pixels, proportions) }
        });
        Ok(laid.await?)
    }

    /// A picture that is pixels, in other proportions.
    pub(super) async fn set_into(
        &self,
        set: &FinishedSet,
        dimension: Dimension,
        revision: RevisionName,
        proportions: (u32, u32),
    ) -> Result<RgbaImage, ExportError> {
        let pixels = self.stored(&set.folder.picture(dimension, revision)).await?;
        Ok(self.studio.work(move || set_into(&pixels, proportions)).await?)
    }

    /// A stored picture, decoded.
    pub(super) async fn stored(&self, key: &str) -> Result<RgbaImage, ExportError> {
        let bytes = self.context.storage.get(key).await.map_err(ServiceError::from)?;
        let decoded = self.studio.work(move || imaging::decode(&bytes, &ImageLimits::default())).await?;
        Ok(decoded.map_err(|refusal| StudioError::Thread(refusal.to_string()))?.pixels)
    }
}

/// What brushes changed, by a recipe.
///
/// # Errors
/// `Corrupt` for a list that does not read.
pub(super) fn patches_of(recipe: &Value) -> Result<Vec<PatchPlace>, ServiceError> {
    match recipe.get("patches") {
        None => Ok(Vec::new()),
        Some(listed) => serde_json::from_value(listed.clone())
            .map_err(|error| ServiceError::Corrupt(format!("the list of patches: {error}"))),
    }
}

fn same_shape(own: (u32, u32), wished: (u32, u32)) -> bool {
    let aspect = |(width, height): (u32, u32)| width as f32 / height.max(1) as f32;
    (aspect(own) / aspect(wished) - 1.0).abs() < 0.004
}

/// The whole picture in the middle of a page of other proportions; beside it its own colours, out of
/// focus, so that nothing of it is cut off and no bar of a foreign colour stands there.
fn set_into(pixels: &RgbaImage, proportions: (u32, u32)) -> RgbaImage {
    let (own_w, own_h) = pixels.dimensions();
    if same_shape((own_w, own_h), proportions) {
        return pixels.clone();
    }
    let (wide, high) = (proportions.0.max(1) as f32, proportions.1.max(1) as f32);
    // As large as the picture needs to keep its pixels.
    let scale = (own_w as f32 / wide).max(own_h as f32 / high);
    let (width, height) = ((wide * scale).round() as u32, (high * scale).round() as u32);
    let mut small = imaging::resize_cover(pixels, (width / 8).max(1), (height / 8).max(1));
    imaging::retouch::blur(&mut small, width.min(height) as f32 / 8.0 * 0.05, None);
    let mut page = imaging::resize(&small, width, height);
    let (left, top) = ((width - own_w.min(width)) / 2, (height - own_h.min(height)) / 2);
    image::imageops::replace(&mut page, pixels, i64::from(left), i64::from(top));
    page
}

#[cfg(test)]
mod tests {
    use image::Rgba;
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_of_a_picture_is_cut_off_and_its_pixels_stay() {
        let picture = RgbaImage::from_fn(108, 192, |x, y| Rgba([x as u8, y as u8, 90, 255]));
        for proportions in [(1, 1), (800, 1200), (2000, 600), (9, 16)] {
            let page = set_into(&picture, proportions);
            let (width, height) = page.dimensions();
            let wished = proportions.0 as f32 / proportions.1 as f32;
            assert!((width as f32 / height as f32 / wished - 1.0).abs() < 0.02, "{proportions:?}: {width}×{height}");
            let (left, top) = ((width - 108) / 2, (height - 192) / 2);
            for (x, y) in [(0, 0), (50, 100), (107, 191)] {
                assert_eq!(page.get_pixel(left + x, top + y), picture.get_pixel(x, y), "{proportions:?}");
            }
            assert!(page.pixels().all(|pixel| pixel[3] == 255));
        }
    }

    #[test]
    fn patches_are_read_from_a_recipe() {
        assert_eq!(patches_of(&json!({})).expect("none"), []);
        let one = json!({ "patches": [{ "name": "edit1", "left": 3, "top": 4 }] });
        assert_eq!(patches_of(&one).expect("one")[0].name, "edit1");
        assert!(patches_of(&json!({ "patches": 3 })).is_err());
    }
}
