//! What one poster can show: the product alone or in its photo, its colours, its details.

use std::sync::Arc;

use image::{RgbaImage, imageops};

use super::{
    edit::Placing,
    layouts::{Source, Stand},
    sheet::Frame,
};
use crate::imaging::{self, Crop, Lettering, Photo, ProductPalette, ViewRule};

/// How far a photo is ever enlarged: beyond it softness shows at arm's length.
pub(super) const ENLARGEMENT_MAX: f32 = 1.6;

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
    /// Where words are printed: a close view does not cut them.
    pub(super) lettering: Arc<Lettering>,
    /// The product without its photo, where it was cut out surely.
    pub(super) alone: Option<Alone>,
}

/// A product that close views show on the set's own ground.
#[derive(Clone, Debug)]
pub(super) struct Alone {
    pub(super) product: Product,
    /// Its place in the photo: x, y, width, height.
    pub(super) place: [u32; 4],
    /// Whether the photo's ground is a bare studio wall. Such a ground tells nothing and suits no
    /// set; a real scene is left out of dark sets only, in which it would be a bright patch.
    pub(super) is_bare: bool,
}

/// A part of a photo as pixels.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) pixels: RgbaImage,
    /// Which part: x, y, width, height.
    pub(super) part: [u32; 4],
    /// Whether the ground around the product is missing.
    pub(super) is_see_through: bool,
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
    /// Where words are printed on the photo of this poster.
    pub(super) lettering: Arc<Lettering>,
    /// How far pixels of a photo may be enlarged on the page: [`ENLARGEMENT_MAX`], and less where the
    /// finished page is enlarged in turn.
    pub(super) enlargement_max: f32,
    /// How an edit moved the product from where layouts stand it.
    pub(super) placing: Placing,
    /// The page that it is moved on, in pixels.
    pub(super) page: (u32, u32),
}

impl Sight {
    /// The box the product really takes inside a stand: in proportion, and not enlarged too far.
    pub(super) fn placed(&self, stand: Stand) -> Frame {
        let Some(product) = &self.product else { return stand.frame };
        let fitted = self.moved(stand.frame.contain(product.aspect(), stand.grounded), stand.grounded);
        let enlargement = fitted.w / product.pixels.width().max(1) as f32;
        if enlargement > self.enlargement_max {
            fitted.scaled(self.enlargement_max / enlargement, stand.grounded)
        } else {
            fitted
        }
    }

    /// A place on the page as an edit moved it.
    fn moved(&self, frame: Frame, grounded: bool) -> Frame {
        if self.placing.is_plain() {
            return frame;
        }
        let scaled = frame.scaled(self.placing.scale, grounded);
        let (across, down) = (self.placing.right * self.page.0 as f32, self.placing.down * self.page.1 as f32);
        Frame { x: scaled.x + across, y: scaled.y + down, ..scaled }
    }

    /// What a window of this size shows: a photo around the product, or a close view that neither
    /// cuts words nor is enlarged too far.
    pub(super) fn shown(&self, source: Source, window: Frame, rule: &ViewRule<'_>, on_dark: bool) -> Shown {
        let first = match source {
            Source::Detail(index) if !self.details.is_empty() => index,
            _ => {
                let (photo, part) = self.sharp_part(source, window);
                return Shown { pixels: imaging::crop(&photo.pixels, part), part, is_see_through: photo.has_alpha };
            }
        };
        let (detail, part) = self.settled(first, window, rule);
        let photo = &detail.photo;
        let alone = detail.alone.as_ref().filter(|alone| on_dark || alone.is_bare);
        let Some(Alone { product, place, .. }) = alone else {
            return Shown { pixels: imaging::crop(&photo.pixels, part), part, is_see_through: photo.has_alpha };
        };
        let mut pixels = RgbaImage::new(part[2], part[3]);
        let (left, top) = (i64::from(place[0]) - i64::from(part[0]), i64::from(place[1]) - i64::from(part[1]));
        imageops::replace(&mut pixels, &*product.pixels, left, top);
        Shown { pixels, part, is_see_through: true }
    }

    /// What share of the product a close view in this window would show: words that may not be cut can
    /// make it nearly the whole product. `None` for a window on the photo.
    pub(super) fn seen_share(&self, source: Source, window: Frame) -> Option<f32> {
        let Source::Detail(first) = source else { return None };
        if self.details.is_empty() {
            return None;
        }
        let rule = ViewRule { width_min: 0.0, is_round: false, fades: [0.0; 2], taken: &[] };
        let (detail, part) = self.settled(first, window, &rule);
        let [x, y, w, h] = detail.alone.as_ref().map_or(self.subject, |alone| alone.place).map(|v| v as f32);
        let [left, top, wide, high] = part.map(|v| v as f32);
        let across = (x + w).min(left + wide) - x.max(left);
        let down = (y + h).min(top + high) - y.max(top);
        Some(across.max(0.0) * down.max(0.0) / (w * h).max(1.0))
    }

    /// The detail that a window shows and its part of the photo: the one asked for, unless another one
    /// needs much less moving about.
    fn settled(&self, first: usize, window: Frame, rule: &ViewRule<'_>) -> (&Detail, [u32; 4]) {
        let rule = ViewRule { width_min: window.w / self.enlargement_max, ..*rule };
        let count = self.details.len();
        let tries = (0..count).map(|step| {
            let index = (first + step) % count;
            let detail = &self.details[index];
            let (photo, part) = self.sharp_part(Source::Detail(index), window);
            let (part, cost) = detail.lettering.settled(part, photo.pixels.dimensions(), &rule);
            (detail, part, cost + 0.12 * step as f32)
        });
        let (detail, part, _) = tries.min_by(|a, b| a.2.total_cmp(&b.2)).expect("callers have at least one detail");
        (detail, part)
    }

    /// The photo and its part that a window asks for, with pixels enough to fill it where there are.
    fn sharp_part(&self, source: Source, window: Frame) -> (&Photo, [u32; 4]) {
        let (photo, part) = self.part(source, window.w / window.h.max(1.0));
        (photo, sharp(part, window.w / self.enlargement_max, photo.pixels.dimensions()))
    }

    /// The window, made smaller around its middle where the part it shows has too few pixels to fill it
    /// sharply.
    pub(super) fn filled(&self, window: Frame, [_, _, w, h]: [u32; 4]) -> Frame {
        let enlargement = (window.w / w.max(1) as f32).max(window.h / h.max(1) as f32);
        // A part is cut in whole pixels: a hair more than the limit is rounding.
        if enlargement > self.enlargement_max * 1.01 {
            window.scaled(self.enlargement_max / enlargement, false)
        } else {
            window
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

/// A part of a photo grown around its middle until it is as wide as a window needs to look sharp; the
/// photo's own edges end the growth.
fn sharp([x, y, w, h]: [u32; 4], least: f32, (width, height): (u32, u32)) -> [u32; 4] {
    if w as f32 >= least || w == 0 || h == 0 {
        return [x, y, w, h];
    }
    let growth = (least / w as f32).min(width as f32 / w as f32).min(height as f32 / h as f32).max(1.0);
    let (grown_w, grown_h) = ((w as f32 * growth) as u32, (h as f32 * growth) as u32);
    let shifted = |start: u32, length: u32, grown: u32, limit: u32| {
        (start + length / 2).saturating_sub(grown / 2).min(limit.saturating_sub(grown))
    };
    [shifted(x, w, grown_w, width), shifted(y, h, grown_h, height), grown_w.max(1), grown_h.max(1)]
}
