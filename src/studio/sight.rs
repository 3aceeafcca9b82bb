//! What one poster can show: the product alone or in its photo, its colours, its details.

use std::sync::Arc;

use image::RgbaImage;

use super::{
    layouts::{Source, Stand},
    sheet::Frame,
};
use crate::imaging::{Crop, Photo, ProductPalette};

/// How far a photo is ever enlarged: beyond it softness shows at arm's length.
const ENLARGEMENT_MAX: f32 = 1.6;
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

/// A part of a photo worth showing close.
#[derive(Clone, Debug)]
pub(super) struct Detail {
    pub(super) photo: Arc<Photo>,
    pub(super) crop: Crop,
}

/// What one poster can show: one photo of the product, and details of all its photos.
#[derive(Clone, Debug)]
pub(super) struct Sight {
    pub(super) photo: Arc<Photo>,
    pub(super) product: Option<Product>,
    pub(super) palette: ProductPalette,
    /// The most telling parts of the photos, the best first.
    pub(super) details: Vec<Detail>,
    /// Where the product is in the photo, as far as that is known: x, y, width, height.
    pub(super) subject: [u32; 4],
}

impl Sight {
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

    /// The photo that a window shows a part of, and which part: cut to the window's proportions.
    pub(super) fn part(&self, source: Source, aspect: f32) -> (&Photo, [u32; 4]) {
        let detail = match source {
            Source::Photo => None,
            Source::Detail(index) => self.details.get(index).or_else(|| self.details.first()),
        };
        let photo = detail.map_or(&*self.photo, |detail| &*detail.photo);
        let (width, height) = photo.pixels.dimensions();
        let [x, y, w, h] = match (source, detail) {
            (Source::Photo, _) => [0, 0, width, height],
            (Source::Detail(_), Some(detail)) => detail.crop.source_box,
            (Source::Detail(_), None) => self.subject,
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
        (photo, [left as u32, top as u32, (cut_w as u32).max(1), (cut_h as u32).max(1)])
    }
}
