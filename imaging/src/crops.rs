//! Parts of a photo worth enlarging.

use super::decode::Photo;
use super::isolate::CutOut;
use super::lettering::summed;
use super::resize::{resize, resize_to_fit};

/// Shortest side of a crop, in source pixels: a smaller one turns to mush on a poster.
pub const CROP_SIDE_MIN: u32 = 320;

/// Long side of the copy detail is measured in.
const MEASURE_SIDE: u32 = 400;

/// Share of a crop that must be product, when it is known where the product is.
const INSIDE_SHARE_MIN: f32 = 0.72;

/// Most of a crop that an earlier one may already show.
const OVERLAP_MAX: f32 = 0.12;

/// A part of a photo.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crop {
    /// x, y, width, height in the photo, in pixels.
    pub source_box: [u32; 4],
    /// How much is to be seen there, relative to the first crop's 1.
    pub detail: f32,
}

/// Picks up to `count` crops of the given aspect ratio (width over height), richest first.
///
/// They lie within the product, hardly overlap, and each has at least [`CROP_SIDE_MIN`] source
/// pixels a side. A small or plain photo gives fewer, perhaps none: tell the viewer less rather
/// than enlarge a blur.
pub fn detail_crops(photo: &Photo, cut_out: Option<&CutOut>, aspect: f32, count: usize) -> Vec<Crop> {
    let (width, height) = photo.pixels.dimensions();
    if width < CROP_SIDE_MIN || height < CROP_SIDE_MIN || !(0.05..=20.0).contains(&aspect) {
        return Vec::new();
    }
    let measure = Measure::new(photo, cut_out);
    let [_, _, box_width, box_height] = cut_out.map_or([0, 0, width, height], |cut_out| cut_out.source_box);
    let shorter = box_width.min(box_height) as f32;
    let mut crops = Vec::new();
    for share in [0.42, 0.34, 0.28] {
        let side = (shorter * share).max(CROP_SIDE_MIN as f32);
        let (crop_width, crop_height) = if aspect >= 1.0 { (side * aspect, side) } else { (side, side / aspect) };
        if crop_width > width as f32 || crop_height > height as f32 {
            continue;
        }
        crops = measure.best(crop_width, crop_height, count);
        if crops.len() >= count {
            break;
        }
    }
    let richest = crops.first().map_or(1.0, |crop| crop.detail.max(1e-6));
    for crop in &mut crops {
        crop.detail /= richest;
    }
    crops
}

/// Summed-area tables over the reduced photo.
struct Measure {
    width: usize,
    height: usize,
    /// Source pixels to one of ours.
    scale: f32,
    photo_size: (u32, u32),
    detail: Vec<f32>,
    inside: Vec<f32>,
    has_mask: bool,
}

impl Measure {
    fn new(photo: &Photo, cut_out: Option<&CutOut>) -> Self {
        let small = resize_to_fit(&photo.pixels, MEASURE_SIDE);
        let (width, height) = (small.width() as usize, small.height() as usize);
        let scale = photo.pixels.width() as f32 / width as f32;
        let luma: Vec<f32> = small
            .as_raw()
            .chunks_exact(4)
            .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
            .collect();
        let inside =
            cut_out.map_or_else(|| centre_weight(width, height), |cut_out| mask(cut_out, scale, width, height));
        let mut detail = vec![0.0; width * height];
        for y in 1..height.saturating_sub(1) {
            for x in 1..width.saturating_sub(1) {
                let at = y * width + x;
                // The outline itself is no detail: all five pixels must be product.
                let weight =
                    inside[at].min(inside[at - 1]).min(inside[at + 1]).min(inside[at - width]).min(inside[at + width]);
                let (across, down) = (luma[at + 1] - luma[at - 1], luma[at + width] - luma[at - width]);
                // The root keeps one hard edge from outweighing a whole texture.
                detail[at] = (across * across + down * down).sqrt().sqrt() * weight;
            }
        }
        Self {
            width,
            height,
            scale,
            photo_size: photo.pixels.dimensions(),
            detail: summed(&detail, width, height),
            inside: summed(&inside, width, height),
            has_mask: cut_out.is_some(),
        }
    }

    fn best(&self, crop_width: f32, crop_height: f32, count: usize) -> Vec<Crop> {
        let wide = ((crop_width / self.scale).round() as usize).clamp(1, self.width);
        let high = ((crop_height / self.scale).round() as usize).clamp(1, self.height);
        let area = (wide * high) as f32;
        let mut candidates = Vec::new();
        for y in (0..=self.height - high).step_by(4) {
            for x in (0..=self.width - wide).step_by(4) {
                let inside = self.sum(&self.inside, x, y, wide, high) / area;
                if !self.has_mask || inside >= INSIDE_SHARE_MIN {
                    candidates.push((self.sum(&self.detail, x, y, wide, high) / area, x, y));
                }
            }
        }
        candidates.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut chosen: Vec<(f32, usize, usize)> = Vec::new();
        for candidate in candidates {
            if chosen.len() == count {
                break;
            }
            let overlaps = chosen.iter().any(|kept| {
                let across = wide.saturating_sub(kept.1.abs_diff(candidate.1));
                let down = high.saturating_sub(kept.2.abs_diff(candidate.2));
                (across * down) as f32 > OVERLAP_MAX * area
            });
            let flat = chosen.first().is_some_and(|first| candidate.0 < first.0 * 0.25);
            if !overlaps && !flat {
                chosen.push(candidate);
            }
        }
        let side = |value: f32, limit: u32| (value.round() as u32).clamp(CROP_SIDE_MIN, limit);
        let (source_width, source_height) = (side(crop_width, self.photo_size.0), side(crop_height, self.photo_size.1));
        chosen
            .into_iter()
            .map(|(detail, x, y)| Crop {
                source_box: [
                    ((x as f32 * self.scale) as u32).min(self.photo_size.0 - source_width),
                    ((y as f32 * self.scale) as u32).min(self.photo_size.1 - source_height),
                    source_width,
                    source_height,
                ],
                detail,
            })
            .collect()
    }

    fn sum(&self, table: &[f32], x: usize, y: usize, wide: usize, high: usize) -> f32 {
        let row = self.width + 1;
        table[(y + high) * row + x + wide] - table[y * row + x + wide] - table[(y + high) * row + x]
            + table[y * row + x]
    }
}

/// What is in the middle is probably meant.
fn centre_weight(width: usize, height: usize) -> Vec<f32> {
    let mut weights = Vec::with_capacity(width * height);
    for y in 0..height {
        let v = 2.0 * (y as f32 + 0.5) / height as f32 - 1.0;
        for x in 0..width {
            let u = 2.0 * (x as f32 + 0.5) / width as f32 - 1.0;
            weights.push((-1.6 * (u * u + v * v)).exp());
        }
    }
    weights
}

/// How much of each cell is product.
pub(super) fn mask(cut_out: &CutOut, scale: f32, width: usize, height: usize) -> Vec<f32> {
    let [left, top, box_width, box_height] = cut_out.source_box;
    let to_small = |value: u32| (value as f32 / scale).round() as usize;
    let (x0, y0) = (to_small(left), to_small(top));
    let small =
        resize(&cut_out.pixels, (box_width as f32 / scale).round() as u32, (box_height as f32 / scale).round() as u32);
    let mut mask = vec![0.0; width * height];
    for (y, row) in small.as_raw().chunks_exact(small.width() as usize * 4).enumerate().take(height.saturating_sub(y0))
    {
        for (x, pixel) in row.chunks_exact(4).enumerate().take(width.saturating_sub(x0)) {
            mask[(y0 + y) * width + x0 + x] = f32::from(pixel[3]) / 255.0;
        }
    }
    mask
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    /// Grey, with fine checks in two places.
    fn photo() -> Photo {
        Photo::from_pixels(RgbaImage::from_fn(1600, 1200, |x, y| {
            let checked = ((300..660).contains(&x) && (200..560).contains(&y))
                || ((1000..1360).contains(&x) && (700..1060).contains(&y));
            let value = if checked && (x / 12 + y / 12) % 2 == 0 { 40 } else { 180 };
            Rgba([value, value, value, 255])
        }))
    }

    #[test]
    fn crops_find_the_detail_and_do_not_overlap() {
        let crops = detail_crops(&photo(), None, 1.0, 4);
        assert_eq!(crops.len(), 2, "flat places are not offered: {crops:?}");
        for (crop, centre) in crops.iter().zip([(480, 380), (1180, 880)]) {
            let [x, y, width, height] = crop.source_box;
            assert!(width >= CROP_SIDE_MIN && height >= CROP_SIDE_MIN);
            assert!(x + width <= 1600 && y + height <= 1200);
            let near = |centre: (u32, u32)| {
                (x + width / 2).abs_diff(centre.0) < 140 && (y + height / 2).abs_diff(centre.1) < 140
            };
            assert!(near(centre) || near((480, 380)) || near((1180, 880)), "{crop:?}");
        }
        assert!((crops[0].detail - 1.0).abs() < 1e-6);
    }

    #[test]
    fn crops_have_the_aspect_asked_for() {
        for aspect in [0.5, 1.0, 1.5, 16.0 / 9.0] {
            for crop in detail_crops(&photo(), None, aspect, 2) {
                let [_, _, width, height] = crop.source_box;
                assert!((width as f32 / height as f32 - aspect).abs() < 0.02, "{crop:?}");
            }
        }
    }

    #[test]
    fn a_photo_too_small_for_a_crop_gives_none() {
        let small = Photo::from_pixels(RgbaImage::from_pixel(300, 300, Rgba([9, 9, 9, 255])));
        assert!(detail_crops(&small, None, 1.0, 3).is_empty());
        assert!(detail_crops(&photo(), None, f32::NAN, 3).is_empty());
    }
}
