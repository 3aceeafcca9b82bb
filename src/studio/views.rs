//! What the camera saw: every photo looked at once, and which of them serves which poster.

use std::{cmp::Reverse, sync::Arc};

use super::{
    edit::Placing,
    sight::{Alone, Detail, ENLARGEMENT_MAX, Product, Sight},
};
use crate::{
    domain::Dimension,
    imaging::{self, Crop, CutOutMethod, Lettering, Photo, ProductPalette},
};

/// Details looked for in one photo.
const DETAILS_MAX: usize = 6;
/// The least side of a detail in the photo's own pixels: a smaller one would print as a blur.
const DETAIL_SIDE_MIN: u32 = 150;
/// How much a detail must show, compared with the best one: less is an empty patch of ground.
const DETAIL_MIN: f32 = 0.45;

/// Long side of the copy in which a ground is looked at, and the air kept to the product there, in pixels.
const EVEN_SIDE: u32 = 200;
const EVEN_AIR: f32 = 4.0;
/// The least step of brightness between neighbours that is not soft light, in sRGB steps, and the share of
/// such steps that a bare ground stays under: studios have a thousandth, rooms more than a tenth.
const EVEN_STEP_MAX: f32 = 5.0;
const EVEN_SHARE_MAX: f32 = 0.01;

/// How sure a cut-out must be before its edge is shown enlarged.
const ALONE_CONFIDENCE_MIN: f32 = 0.9;

/// One photo, looked at.
#[derive(Debug)]
pub(super) struct View {
    photo: Arc<Photo>,
    product: Option<Product>,
    /// Of the cut-out, 0 to 1; 0 without one.
    confidence: f32,
    /// Whether the product runs over a side of the photo: such a cut-out shows only a part of it.
    is_partial: bool,
    palette: ProductPalette,
    details: Vec<Crop>,
    subject: [u32; 4],
    lettering: Arc<Lettering>,
    /// Whether the ground around the product is a bare wall that says nothing.
    is_bare: bool,
}

impl View {
    /// Looks at a photo. Slow: some tenths of a second on the processor.
    pub(super) fn of(photo: Arc<Photo>) -> Self {
        let isolation = imaging::isolate(&photo);
        let cut_out = isolation.cut_out();
        let palette = imaging::product_palette(cut_out.map_or(&photo.pixels, |cut_out| &cut_out.pixels));
        let details = imaging::detail_crops(&photo, cut_out, 1.0, DETAILS_MAX)
            .into_iter()
            .filter(|crop| crop.source_box[2].min(crop.source_box[3]) >= DETAIL_SIDE_MIN && crop.detail >= DETAIL_MIN)
            .collect();
        let (width, height) = photo.pixels.dimensions();
        let subject = cut_out.map_or([width / 6, height / 6, width * 2 / 3, height * 2 / 3], |cut| cut.source_box);
        Self {
            product: cut_out.map(|cut_out| Product { pixels: Arc::new(cut_out.pixels.clone()) }),
            confidence: cut_out.map_or(0.0, |cut_out| cut_out.confidence),
            is_partial: cut_out.is_some_and(|cut_out| cut_out.touches.any()),
            palette,
            details,
            subject,
            lettering: Arc::new(Lettering::of(&photo, cut_out)),
            is_bare: cut_out.is_some_and(|cut| {
                let is_plain = cut.method == CutOutMethod::PlainBackground;
                !cut.touches.any() && (is_plain || is_even_around(&photo, cut.source_box))
            }),
            photo,
        }
    }
}

/// Whether a photo shows nothing but soft light around this part: a studio whose colour is too near the
/// product's for a plain-ground cut is as bare as any other.
fn is_even_around(photo: &Photo, source_box: [u32; 4]) -> bool {
    let small = imaging::resize_to_fit(&photo.pixels, EVEN_SIDE);
    let scale = small.width() as f32 / photo.pixels.width().max(1) as f32;
    let [x, y, w, h] = source_box.map(|v| v as f32 * scale);
    let luma = |x: u32, y: u32| {
        let [r, g, b, _] = small.get_pixel(x, y).0.map(f32::from);
        0.299 * r + 0.587 * g + 0.114 * b
    };
    let (mut seen, mut steps) = (0_u32, 0_u32);
    for row in 0..small.height().saturating_sub(1) {
        for column in 0..small.width().saturating_sub(1) {
            let is_product = (x - EVEN_AIR..=x + w + EVEN_AIR).contains(&(column as f32))
                && (y - EVEN_AIR..=y + h + EVEN_AIR).contains(&(row as f32));
            if is_product {
                continue;
            }
            let here = luma(column, row);
            let step = (luma(column + 1, row) - here).abs().max((luma(column, row + 1) - here).abs());
            seen += 1;
            steps += u32::from(step > EVEN_STEP_MAX);
        }
    }
    seen > 0 && (steps as f32) < EVEN_SHARE_MAX * seen as f32
}

/// All photos of one set, in the seller's order. Never empty.
#[derive(Debug)]
pub(super) struct Views {
    all: Vec<View>,
    /// The product alone, the best view first.
    alone: Vec<usize>,
    /// The product in its surroundings: photos that could not or should not be cut out.
    scenes: Vec<usize>,
}

impl Views {
    /// Ranks the views; `None` when there is none.
    pub(super) fn new(views: Vec<View>) -> Option<Self> {
        if views.is_empty() {
            return None;
        }
        let (mut alone, scenes): (Vec<usize>, Vec<usize>) =
            (0..views.len()).partition(|&index| views[index].product.is_some());
        // The seller put the most telling photo first: only a product cut off by its photo's edge
        // loses that place.
        alone.sort_by_key(|&index| {
            let view = &views[index];
            (view.is_partial, index != 0, Reverse((view.confidence * 20.0) as i32), index)
        });
        Some(Self { all: views, alone, scenes })
    }

    /// What the poster of a dimension shows. With one photo that is the same for all ten; with
    /// several, the front view sells, the real scene tells, the other sides explain.
    pub(super) fn sight(&self, dimension: Dimension) -> Sight {
        let main = self.main();
        let sides = if self.alone.is_empty() { &self.scenes } else { &self.alone };
        let other_side = |n: usize| match sides.len() {
            0 | 1 => main,
            several => sides[1 + n % (several - 1)],
        };
        // A scene beside a cut-out was taken to show the product in use.
        let scene = |n: usize| self.scenes.get(n).copied();
        let index = match dimension {
            Dimension::Lifestyle => scene(0).unwrap_or(main),
            Dimension::BrandStory => scene(1).unwrap_or(main),
            Dimension::DetailFunction => other_side(0),
            Dimension::DetailTrust => other_side(1),
            Dimension::Guide => other_side(2),
            Dimension::Hero
            | Dimension::Concept
            | Dimension::DetailDesign
            | Dimension::DetailMaterial
            | Dimension::Specifications => main,
        };
        let view = &self.all[index];
        Sight {
            photo: Arc::clone(&view.photo),
            product: view.product.clone(),
            palette: self.palette().clone(),
            details: self.details(index),
            subject: view.subject,
            lettering: Arc::clone(&view.lettering),
            enlargement_max: ENLARGEMENT_MAX,
            placing: Placing::default(),
            page: (1, 1),
        }
    }

    /// The colours of the product as its main photo shows it: one palette for the whole set.
    pub(super) fn palette(&self) -> &ProductPalette {
        &self.all[self.main()].palette
    }

    fn main(&self) -> usize {
        self.alone.first().copied().unwrap_or(0)
    }

    /// The details of all photos, the best of each in turn, beginning with this one.
    fn details(&self, first: usize) -> Vec<Detail> {
        let count = self.all.len();
        (0..DETAILS_MAX)
            .flat_map(|rank| (0..count).map(move |step| (rank, (first + step) % count)))
            .filter_map(|(rank, index)| {
                let view = &self.all[index];
                view.details.get(rank).map(|crop| Detail {
                    photo: Arc::clone(&view.photo),
                    crop: *crop,
                    lettering: Arc::clone(&view.lettering),
                    alone: view
                        .product
                        .clone()
                        .filter(|_| view.confidence >= ALONE_CONFIDENCE_MIN)
                        .map(|product| Alone { product, place: view.subject, is_bare: view.is_bare }),
                })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    #[test]
    fn soft_light_is_bare_and_a_room_is_not() {
        let photo = |room: bool| {
            Photo::from_pixels(RgbaImage::from_fn(400, 300, |x, y| {
                let product = (150..250).contains(&x) && (100..200).contains(&y);
                let tile = room && (x / 20 + y / 20) % 2 == 0;
                let value = if product && x % 8 < 4 {
                    20
                } else if tile {
                    120
                } else {
                    150 + (x / 8) as u8
                };
                Rgba([value, value, value, 255])
            }))
        };
        assert!(is_even_around(&photo(false), [150, 100, 100, 100]));
        assert!(!is_even_around(&photo(true), [150, 100, 100, 100]));
        assert!(!is_even_around(&photo(false), [0, 0, 400, 300]), "nothing of the ground is to be seen");
    }
}
