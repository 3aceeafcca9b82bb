//! A painted place told to those who take no mask: as a second picture.

use image::{Rgba, RgbaImage};

use super::EditMask;
use super::distance::squared_distances;
use crate::Oklab;

/// Width of the outline around the white, in pixels.
const OUTLINE_PX: f32 = 2.0;

/// The base with the painted place white and a strong outline of two pixels around it.
///
/// To be sent beside the clean base, never in its stead: what lay under the white is gone from this one.
#[must_use]
pub fn region_overlay(base: &RgbaImage, mask: &EditMask) -> RgbaImage {
    let mut overlay = base.clone();
    let width = base.width().max(1) as usize;
    let painted: Vec<bool> = base
        .enumerate_pixels()
        .map(|(x, y, _)| mask.pixels().get_pixel_checked(x, y).is_some_and(|value| value[0] > 0))
        .collect();
    let distances = squared_distances(&painted, width);
    let is_outline = |squared: f32| squared > 0.0 && squared <= OUTLINE_PX * OUTLINE_PX;
    let (mut ground, mut count) = (Oklab::default(), 0.0);
    for (pixel, &squared) in base.pixels().zip(&distances) {
        if is_outline(squared) {
            let lab = Oklab::from_rgb([pixel[0], pixel[1], pixel[2]]);
            ground = Oklab { l: ground.l + lab.l, a: ground.a + lab.a, b: ground.b + lab.b };
            count += 1.0_f32;
        }
    }
    let count = count.max(1.0);
    let ground = Oklab { l: ground.l / count, a: ground.a / count, b: ground.b / count };
    let outline = [[230, 0, 40], [0, 70, 230], [0, 140, 40]]
        .into_iter()
        .max_by(|&one, &other| {
            let apart = |colour| Oklab::from_rgb(colour).distance(ground);
            apart(one).total_cmp(&apart(other))
        })
        .unwrap_or([230, 0, 40]);
    for (pixel, &squared) in overlay.pixels_mut().zip(&distances) {
        if squared == 0.0 {
            *pixel = Rgba([255; 4]);
        } else if is_outline(squared) {
            *pixel = Rgba([outline[0], outline[1], outline[2], 255]);
        }
    }
    overlay
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, Luma};

    use super::*;

    fn mask([left, top, width, height]: [u32; 4]) -> EditMask {
        EditMask::from_pixels(GrayImage::from_fn(90, 160, |x, y| {
            Luma([u8::from((left..left + width).contains(&x) && (top..top + height).contains(&y)) * 255])
        }))
        .unwrap()
    }

    #[test]
    fn the_place_is_white_within_an_outline_that_stands_out() {
        for ground in [[230, 10, 40], [250, 250, 250], [10, 10, 10], [20, 60, 220]] {
            let base = RgbaImage::from_pixel(90, 160, Rgba([ground[0], ground[1], ground[2], 255]));
            let overlay = region_overlay(&base, &mask([30, 60, 20, 30]));
            assert_eq!(overlay.get_pixel(30, 60).0, [255; 4]);
            assert_eq!(overlay.get_pixel(10, 10), base.get_pixel(10, 10));
            assert_eq!(overlay.get_pixel(27, 70), base.get_pixel(27, 70));
            for x in [28, 29] {
                let [r, g, b, _] = overlay.get_pixel(x, 70).0;
                assert!(Oklab::from_rgb([r, g, b]).distance(Oklab::from_rgb(ground)) > 0.2, "{ground:?}");
                assert!(Oklab::from_rgb([r, g, b]).distance(Oklab::from_rgb([255; 3])) > 0.2, "{ground:?}");
            }
        }
    }
}
