//! What the camera saw: the product cut out, its colours, its details.

use std::sync::Arc;

use image::RgbaImage;

use super::{
    layouts::{Source, Stand},
    sheet::Frame,
};
use crate::imaging::{self, Crop, CutOut, CutOutMethod, Isolation, Photo, ProductPalette};

/// How far a photo is ever enlarged: beyond it softness shows at arm's length.
const ENLARGEMENT_MAX: f32 = 1.6;
/// Details looked for in one photo.
const DETAILS_MAX: usize = 6;
/// The least side of a detail in the photo's own pixels: a smaller one would print as a blur.
const DETAIL_SIDE_MIN: u32 = 150;

/// How much a detail must show, compared with the best one: less is an empty patch of ground.
const DETAIL_MIN: f32 = 0.45;

/// The product without its surroundings.
#[derive(Clone, Debug)]
pub(super) struct Product {
    pub(super) pixels: Arc<RgbaImage>,
}

impl Product {
    /// Width ÷ height.
    pub(super) fn aspect(&self) -> f32 {
        self.pixels.width() as f32 / self.pixels.height().max(1) as f32
    }

    /// Where the outline runs at a height from 0 (top) to 1: its left and right edge as shares of
    /// the width. Heights without product answer the whole width.
    pub(super) fn edges(&self, height: f32) -> (f32, f32) {
        let (w, h) = self.pixels.dimensions();
        let y = ((height.clamp(0.0, 1.0) * h as f32) as u32).min(h.saturating_sub(1));
        let solid = |x: &u32| self.pixels.get_pixel(*x, y)[3] >= 128;
        match ((0..w).find(solid), (0..w).rev().find(solid)) {
            (Some(first), Some(last)) => (first as f32 / w as f32, (last + 1) as f32 / w as f32),
            _ => (0.0, 1.0),
        }
    }
}

/// All that is known about the photos of one set.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) photo: Arc<Photo>,
    pub(super) product: Option<Product>,
    pub(super) palette: ProductPalette,
    /// The most telling parts of the photo, the best first.
    pub(super) details: Vec<Crop>,
    /// Where the product is in the photo, as far as that is known: x, y, width, height.
    pub(super) subject: [u32; 4],
}

impl Sight {
    /// Looks at the main photo. Slow: some tenths of a second on the processor.
    pub(super) fn of(photo: Arc<Photo>) -> Self {
        let isolation = imaging::isolate(&photo);
        let cut_out = isolation.cut_out();
        let palette = imaging::product_palette(cut_out.map_or(&photo.pixels, |cut_out| &cut_out.pixels));
        let details: Vec<Crop> = imaging::detail_crops(&photo, cut_out, 1.0, DETAILS_MAX)
            .into_iter()
            .filter(|crop| crop.source_box[2].min(crop.source_box[3]) >= DETAIL_SIDE_MIN && crop.detail >= DETAIL_MIN)
            .collect();
        let (width, height) = photo.pixels.dimensions();
        let subject = cut_out.map_or([width / 6, height / 6, width * 2 / 3, height * 2 / 3], |cut| cut.source_box);
        let product = match isolation {
            Isolation::CutOut(CutOut {
                pixels, method: CutOutMethod::Alpha | CutOutMethod::PlainBackground, ..
            }) => Some(Product { pixels: Arc::new(pixels) }),
            Isolation::Framed { .. } => None,
        };
        Self { photo, product, palette, details, subject }
    }

    /// The box the product really takes inside a stand: in proportion, and not enlarged too far.
    pub(super) fn placed(&self, stand: Stand) -> Frame {
        let Some(product) = &self.product else { return stand.frame };
        let fitted = stand.frame.contain(product.aspect(), stand.grounded);
        let enlargement = fitted.w / product.pixels.width().max(1) as f32;
        if enlargement > ENLARGEMENT_MAX {
            fitted.scaled(ENLARGEMENT_MAX / enlargement, stand.grounded)
        } else {
            fitted
        }
    }

    /// The part of the photo that a window shows, cut to the window's proportions.
    pub(super) fn part(&self, source: Source, aspect: f32) -> [u32; 4] {
        let (width, height) = self.photo.pixels.dimensions();
        let [x, y, w, h] = match source {
            Source::Photo => [0, 0, width, height],
            Source::Detail(index) => match self.details.get(index).or_else(|| self.details.first()) {
                Some(crop) => crop.source_box,
                None => self.subject,
            },
        };
        let (w, h) = (w.max(1) as f32, h.max(1) as f32);
        let (centre_x, centre_y) = match source {
            // A photo is cropped around the product, not around its own middle.
            Source::Photo => (
                self.subject[0] as f32 + self.subject[2] as f32 * 0.5,
                self.subject[1] as f32 + self.subject[3] as f32 * 0.5,
            ),
            Source::Detail(_) => (x as f32 + w * 0.5, y as f32 + h * 0.5),
        };
        // Cover the window, and grow a detail towards the photo rather than cut it thinner.
        let (mut cut_w, mut cut_h) = match source {
            Source::Photo => (w.min(h * aspect), h.min(w / aspect)),
            Source::Detail(_) => {
                if aspect >= 1.0 {
                    (h * aspect, h)
                } else {
                    (w, w / aspect)
                }
            }
        };
        let shrink = (width as f32 / cut_w).min(height as f32 / cut_h).min(1.0);
        cut_w *= shrink;
        cut_h *= shrink;
        let left = (centre_x - cut_w * 0.5).clamp(0.0, width as f32 - cut_w);
        let top = (centre_y - cut_h * 0.5).clamp(0.0, height as f32 - cut_h);
        [left as u32, top as u32, (cut_w as u32).max(1), (cut_h as u32).max(1)]
    }
}
