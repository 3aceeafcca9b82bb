//! What a brush changed, to be laid on a page that was composed again.

use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{GrayImage, Luma, RgbaImage, imageops};
use serde::{Deserialize, Serialize};

use super::{development, vocabulary::Stroke};
use crate::imaging::{self, retouch};

/// Cells in a row and in a column of [`Redo::under`].
const CELLS: u32 = 8;
/// By how much a cell of the page may differ from what lay there before, of 255: more than a JPEG does, less than other words.
const SAME_WITHIN: u8 = 5;

/// What one brush changed: pixels that are laid on the composed page, whose alpha is the feathered mask.
#[derive(Clone, Debug)]
pub struct EditPatch {
    /// Where they lie, and how they were made.
    pub place: PatchPlace,
    /// The changed pixels; straight alpha.
    pub pixels: Arc<RgbaImage>,
}

/// Where what a brush changed lies on the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatchPlace {
    /// The revision that made it: `edit1`. Empty until the revision has its name.
    pub name: String,
    /// Left edge in pixels.
    pub left: u32,
    /// Upper edge in pixels.
    pub top: u32,
    /// How to make it again; `None` for what a model painted or a reference brought, which is what it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redo: Option<Redo>,
}

/// How the strokes of a brush are made again on another page: a blur of the old background is a stain on a new one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Redo {
    strokes: Vec<Stroke>,
    seed: u64,
    /// What lay there: [`CELLS`] × [`CELLS`] means of red, green and blue, row by row, in base64.
    under: String,
}

impl Redo {
    /// `None` where a stroke needs more than the page.
    pub(super) fn of(strokes: &[Stroke], seed: u64, under: &RgbaImage, place: [u32; 4]) -> Option<Self> {
        let is_possible = !strokes.is_empty() && !strokes.contains(&Stroke::Replace);
        is_possible.then(|| Self {
            strokes: strokes.to_vec(),
            seed,
            under: BASE64_STANDARD.encode(means(under, place)),
        })
    }

    /// Whether the page is still what the strokes were made on.
    fn is_on_same(&self, page: &RgbaImage, place: [u32; 4]) -> bool {
        let now = means(page, place);
        let before = BASE64_STANDARD.decode(&self.under).unwrap_or_default();
        now.len() == before.len() && now.iter().zip(&before).all(|(now, before)| now.abs_diff(*before) <= SAME_WITHIN)
    }
}

impl EditPatch {
    /// Lays the patch on a page; where the page has changed under it, its strokes are made again.
    pub fn lay_on(&self, page: &mut RgbaImage) {
        let PatchPlace { left, top, redo, .. } = &self.place;
        let place = [*left, *top, self.pixels.width(), self.pixels.height()];
        match redo {
            Some(redo) if !redo.is_on_same(page, place) => {
                let mut alpha = GrayImage::new(page.width(), page.height());
                for (x, y, pixel) in self.pixels.enumerate_pixels() {
                    if let Some(value) = alpha.get_pixel_mut_checked(x + left, y + top) {
                        *value = Luma([pixel[3]]);
                    }
                }
                let (mut edited, region) = (page.clone(), region_of(&alpha));
                for made in &redo.strokes {
                    stroke(&mut edited, *made, &region, redo.seed);
                }
                *page = imaging::laid_in(page, &edited, &alpha);
            }
            _ => imaging::lay_patch(page, *left, *top, &self.pixels),
        }
    }
}

/// Where anything of an edit will be seen.
pub(super) fn region_of(alpha: &GrayImage) -> GrayImage {
    GrayImage::from_fn(alpha.width(), alpha.height(), |x, y| Luma([if alpha.get_pixel(x, y)[0] > 0 { 255 } else { 0 }]))
}

/// Makes one stroke on a page, [`Stroke::Replace`] excepted: that one needs a reference.
pub(super) fn stroke(page: &mut RgbaImage, stroke: Stroke, region: &GrayImage, seed: u64) {
    let short = page.width().min(page.height()) as f32 / 1000.0;
    match stroke {
        Stroke::Remove => *page = imaging::inpaint(page, region, seed),
        Stroke::Recolour(colour) => retouch::recolour(page, colour.0, 1.0, Some(region)),
        Stroke::Blur(amount) => retouch::blur(page, (14.0 * amount * short).max(2.0), Some(region)),
        Stroke::Mosaic => retouch::mosaic(page, (24.0 * short) as u32, Some(region)),
        Stroke::Develop(wanted) => development::develop_under(page, wanted, Some(region)),
        Stroke::Replace => {}
    }
}

/// The mean colours of a part of a page.
fn means(page: &RgbaImage, [left, top, width, height]: [u32; 4]) -> Vec<u8> {
    let part = imageops::crop_imm(page, left, top, width, height).to_image();
    if part.width() == 0 || part.height() == 0 {
        return Vec::new();
    }
    let cells = imageops::thumbnail(&part, CELLS.min(part.width()), CELLS.min(part.height()));
    cells.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;
    use crate::studio::Hex;

    /// A page in two colours, with a grid on it.
    fn page(ground: [u8; 3]) -> RgbaImage {
        RgbaImage::from_fn(300, 400, |x, y| {
            let [r, g, b] = if (x / 9 + y / 9) % 3 == 0 { ground.map(|value| value / 2 + 60) } else { ground };
            Rgba([r, g, b, 255])
        })
    }

    fn patch(base: &RgbaImage, strokes: &[Stroke]) -> (EditPatch, RgbaImage) {
        let alpha = GrayImage::from_fn(300, 400, |x, y| {
            Luma([if (60..200).contains(&x) && (100..220).contains(&y) { (x - 60).min(25) as u8 * 10 } else { 0 }])
        });
        let mut edited = base.clone();
        for made in strokes {
            stroke(&mut edited, *made, &region_of(&alpha), 7);
        }
        let (left, top, pixels) = imaging::patch_of(&edited, &alpha).expect("something was painted");
        let redo = Redo::of(strokes, 7, base, [left, top, pixels.width(), pixels.height()]);
        let place = PatchPlace { name: "edit0".to_owned(), left, top, redo };
        (EditPatch { place, pixels: Arc::new(pixels) }, imaging::laid_in(base, &edited, &alpha))
    }

    #[test]
    fn on_the_same_page_a_patch_is_laid_and_on_another_it_is_made_again() {
        let (light, dark) = (page([230, 220, 210]), page([40, 44, 60]));
        let colour = Stroke::Recolour(Hex([20, 60, 200]));
        for strokes in [vec![Stroke::Blur(1.0)], vec![Stroke::Mosaic], vec![colour], vec![Stroke::Remove]] {
            let (patch, edited) = patch(&light, &strokes);
            let (on_dark, anew) = self::patch(&dark, &strokes);
            let mut same = light.clone();
            patch.lay_on(&mut same);
            assert!(same == edited, "{strokes:?}: the very pixels that were paid for");
            let mut other = dark.clone();
            patch.lay_on(&mut other);
            assert!(other == anew, "{strokes:?}: as if it had been painted here");
            // What a JPEG does to a page is no change of it.
            let mut stored = light.clone();
            stored.pixels_mut().for_each(|pixel| pixel[0] = pixel[0].saturating_sub(2));
            let mut kept = stored.clone();
            patch.lay_on(&mut kept);
            imaging::lay_patch(&mut stored, patch.place.left, patch.place.top, &patch.pixels);
            assert!(kept == stored, "{strokes:?}");
            let written = serde_json::to_value(&on_dark.place).expect("JSON");
            assert_eq!(serde_json::from_value::<PatchPlace>(written).expect("a place"), on_dark.place);
        }
    }

    #[test]
    fn what_came_from_elsewhere_stays_what_it_is() {
        let light = page([230, 220, 210]);
        assert_eq!(Redo::of(&[Stroke::Blur(1.0), Stroke::Replace], 7, &light, [0, 0, 9, 9]), None);
        let old: PatchPlace = serde_json::from_str(r#"{"name":"edit1","left":3,"top":4}"#).expect("an older recipe");
        assert_eq!(old.redo, None);
        let patch = EditPatch { place: old, pixels: Arc::new(RgbaImage::from_pixel(2, 2, Rgba([1, 2, 3, 255]))) };
        let mut page = light.clone();
        patch.lay_on(&mut page);
        assert_eq!(page.get_pixel(4, 5).0, [1, 2, 3, 255]);
        // A patch that reaches over the edge of a smaller page, and a list of colours that does not read.
        let strange = Redo { strokes: vec![Stroke::Mosaic], seed: 1, under: "?".to_owned() };
        let place = PatchPlace { name: String::new(), left: 290, top: 390, redo: Some(strange) };
        EditPatch { place, pixels: Arc::new(RgbaImage::from_pixel(40, 40, Rgba([9; 4]))) }.lay_on(&mut page);
    }
}
