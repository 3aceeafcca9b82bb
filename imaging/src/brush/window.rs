//! Cutting out, editing and pasting back: a small place at a model's best size.

use image::{GrayImage, RgbaImage, imageops};

use super::EditMask;
use crate::{crop, resize};

/// A larger share of the picture is edited with the whole of it in view.
const COVERAGE_MAX: f32 = 0.15;

/// What is shown around the painted place, as a share of its longer side, and at least in pixels.
const PADDING_SHARE: f32 = 0.6;
const PADDING_MIN_PX: f32 = 48.0;

/// No side is shorter than this share of the picture's shorter side: a model needs to see what it is at.
const SIDE_MIN_SHARE: f32 = 0.35;

/// A window that is nearly the picture is not worth the seams.
const AREA_MAX: f32 = 0.75;

/// The part of a picture that is sent away to be edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EditWindow {
    /// Left edge, in pixels of the picture.
    pub left: u32,
    /// Upper edge, in pixels.
    pub top: u32,
    /// Width, in pixels.
    pub width: u32,
    /// Height, in pixels.
    pub height: u32,
}

impl EditWindow {
    /// The window around a small mask, of about the wanted ratio of width to height; `None` when the
    /// painted share is 15 % or more, or the window would be nearly the whole picture.
    pub fn around(mask: &EditMask, base_size: (u32, u32), ratio: f32) -> Option<Self> {
        if mask.coverage() >= COVERAGE_MAX || mask.dimensions() != base_size {
            return None;
        }
        let (base_width, base_height) = (base_size.0 as f32, base_size.1 as f32);
        let [x, y, w, h] = mask.bounds().map(|value| value as f32);
        let padding = (w.max(h) * PADDING_SHARE).max(PADDING_MIN_PX);
        let side_min = base_width.min(base_height) * SIDE_MIN_SHARE;
        let (mut width, mut height) = ((w + 2.0 * padding).max(side_min), (h + 2.0 * padding).max(side_min));
        let ratio = if ratio.is_finite() && ratio > 0.0 { ratio.clamp(0.25, 4.0) } else { base_width / base_height };
        if width / height < ratio {
            width = height * ratio;
        } else {
            height = width / ratio;
        }
        // Where the picture ends the ratio gives way, never the mask.
        let (width, height) = (width.round().min(base_width), height.round().min(base_height));
        if width * height > AREA_MAX * base_width * base_height {
            return None;
        }
        let place = |middle: f32, side: f32, whole: f32| (middle - side / 2.0).round().clamp(0.0, whole - side) as u32;
        Some(Self {
            left: place(x + w / 2.0, width, base_width),
            top: place(y + h / 2.0, height, base_height),
            width: width as u32,
            height: height as u32,
        })
    }

    /// The part of the picture in the window.
    #[must_use]
    pub fn cut(&self, pixels: &RgbaImage) -> RgbaImage {
        crop(pixels, [self.left, self.top, self.width, self.height])
    }

    /// The part of a mask or of a soft alpha in the window.
    #[must_use]
    pub fn cut_mask(&self, mask: &GrayImage) -> GrayImage {
        imageops::crop_imm(mask, self.left, self.top, self.width, self.height).to_image()
    }

    /// The picture with the window replaced, scaled to it if need be. Settle the edit on the cut-out
    /// part first ([`settle_edit`](super::settle_edit)): then nothing outside the alpha changes here.
    #[must_use]
    pub fn paste(&self, base: &RgbaImage, edit: &RgbaImage) -> RgbaImage {
        let mut page = base.clone();
        let edit = resize(edit, self.width, self.height);
        imageops::replace(&mut page, &edit, i64::from(self.left), i64::from(self.top));
        page
    }
}

#[cfg(test)]
mod tests {
    use image::{Luma, Rgba};

    use super::*;

    fn mask([left, top, width, height]: [u32; 4]) -> EditMask {
        EditMask::from_pixels(GrayImage::from_fn(270, 480, |x, y| {
            Luma([u8::from((left..left + width).contains(&x) && (top..top + height).contains(&y)) * 255])
        }))
        .unwrap()
    }

    #[test]
    fn a_window_holds_its_mask_with_air_and_stays_inside() {
        for bounds in [[100, 200, 30, 40], [0, 0, 20, 20], [240, 450, 30, 30], [5, 300, 60, 10]] {
            for ratio in [1.0, 0.5625, 1.5, f32::NAN] {
                let window = EditWindow::around(&mask(bounds), (270, 480), ratio).unwrap();
                assert!(window.left <= bounds[0] && window.top <= bounds[1], "{window:?}");
                assert!(window.left + window.width >= bounds[0] + bounds[2], "{window:?}");
                assert!(window.top + window.height >= bounds[1] + bounds[3], "{window:?}");
                assert!(window.left + window.width <= 270 && window.top + window.height <= 480, "{window:?}");
                assert!(window.width >= bounds[2] + 48 && window.height >= bounds[3] + 48, "{window:?}");
            }
        }
        let square = EditWindow::around(&mask([100, 200, 30, 40]), (270, 480), 1.0).unwrap();
        assert!(square.width.abs_diff(square.height) <= 1, "{square:?}");
    }

    #[test]
    fn large_masks_have_no_window() {
        assert_eq!(EditWindow::around(&mask([10, 10, 200, 200]), (270, 480), 1.0), None);
        assert_eq!(EditWindow::around(&mask([2, 2, 4, 470]), (270, 480), 1.0), None);
        assert_eq!(EditWindow::around(&mask([100, 200, 30, 40]), (271, 480), 1.0), None);
    }

    #[test]
    fn what_is_cut_and_pasted_is_the_picture_again() {
        let picture = RgbaImage::from_fn(270, 480, |x, y| Rgba([x as u8, y as u8, (x ^ y) as u8, 255]));
        let mask = mask([100, 200, 30, 40]);
        let window = EditWindow::around(&mask, (270, 480), 1.0).unwrap();
        let part = window.cut(&picture);
        assert_eq!(part.dimensions(), window.cut_mask(mask.pixels()).dimensions());
        assert_eq!(window.paste(&picture, &part), picture);
        let larger = window.paste(&picture, &RgbaImage::from_pixel(512, 512, Rgba([9, 9, 9, 255])));
        assert_eq!(larger.get_pixel(window.left, window.top).0, [9, 9, 9, 255]);
        assert_eq!(larger.get_pixel(window.left - 1, window.top), picture.get_pixel(window.left - 1, window.top));
    }
}
