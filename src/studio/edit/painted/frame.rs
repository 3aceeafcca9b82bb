//! How a part of a picture lies on the canvas that a model is sent, and the way back.
//!
//! Models paint in sizes and proportions of their own. A picture that is stretched to them comes back
//! stretched, so it is laid on the canvas as it is and what is left over is filled with its own edges.

use image::{GrayImage, Luma, RgbaImage, imageops};

use crate::imaging::{self, EditMask, EditWindow};

/// How far proportions may be off and still be the canvas's, as a factor.
const RATIO_OFF_MAX: f32 = 1.03;

/// A part of a picture on a canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The part of the picture: left, top, width, height.
    pub(super) part: [u32; 4],
    /// The canvas.
    pub(super) canvas: (u32, u32),
    /// Where the part lies on the canvas.
    inset: [u32; 4],
}

impl Frame {
    /// The whole picture on a canvas of this size.
    pub(super) fn whole(size: (u32, u32), canvas: (u32, u32)) -> Self {
        Self::of([0, 0, size.0, size.1], canvas)
    }

    /// A window around a small place, or the whole picture for a larger one.
    pub(super) fn around(mask: &EditMask, size: (u32, u32), canvas: (u32, u32)) -> Self {
        let ratio = canvas.0 as f32 / canvas.1.max(1) as f32;
        match EditWindow::around(mask, size, ratio) {
            Some(EditWindow { left, top, width, height }) => Self::of([left, top, width, height], canvas),
            None => Self::whole(size, canvas),
        }
    }

    fn of(part: [u32; 4], canvas: (u32, u32)) -> Self {
        let [_, _, w, h] = part.map(|side| side.max(1));
        let scale = (canvas.0 as f32 / w as f32).min(canvas.1 as f32 / h as f32);
        let fit = |side: u32, most: u32| match (side as f32 * scale).round() as u32 {
            // A pixel or two of rounding are no border.
            near if near + 2 >= most => most,
            near => near.max(1),
        };
        let (inset_w, inset_h) = (fit(w, canvas.0), fit(h, canvas.1));
        let inset = [(canvas.0 - inset_w) / 2, (canvas.1 - inset_h) / 2, inset_w, inset_h];
        Self { part, canvas, inset }
    }

    /// Whether a picture of this size has the canvas's proportions.
    pub(super) fn is_canvas(&self, (width, height): (u32, u32)) -> bool {
        let off = (width as f32 * self.canvas.1 as f32) / (height as f32 * self.canvas.0 as f32).max(1.0);
        off.max(off.recip()) <= RATIO_OFF_MAX
    }

    /// A picture of the canvas's proportions in its size.
    pub(super) fn scaled(&self, pixels: RgbaImage) -> RgbaImage {
        if pixels.dimensions() == self.canvas { pixels } else { imaging::resize(&pixels, self.canvas.0, self.canvas.1) }
    }

    /// The part of the picture on its canvas.
    pub(super) fn put(&self, pixels: &RgbaImage) -> RgbaImage {
        let [x, y, w, h] = self.part;
        let [left, top, width, height] = self.inset;
        let part = imageops::crop_imm(pixels, x, y, w, h).to_image();
        let part = if (w, h) == (width, height) { part } else { imaging::resize(&part, width, height) };
        if (width, height) == self.canvas {
            return part;
        }
        RgbaImage::from_fn(self.canvas.0, self.canvas.1, |x, y| {
            *part.get_pixel(x.saturating_sub(left).min(width - 1), y.saturating_sub(top).min(height - 1))
        })
    }

    /// The same of a mask of the picture; nothing is painted beyond the part.
    pub(super) fn put_mask(&self, mask: &GrayImage) -> GrayImage {
        let [x, y, w, h] = self.part;
        let [left, top, width, height] = self.inset;
        let part = imageops::crop_imm(mask, x, y, w, h).to_image();
        let part = imageops::resize(&part, width, height, imageops::FilterType::Triangle);
        GrayImage::from_fn(self.canvas.0, self.canvas.1, |x, y| {
            let is_in = (left..left + width).contains(&x) && (top..top + height).contains(&y);
            Luma([if is_in && part.get_pixel(x - left, y - top)[0] >= 128 { 255 } else { 0 }])
        })
    }

    /// The part back from a canvas, in its own size.
    pub(super) fn back(&self, canvas: &RgbaImage) -> RgbaImage {
        let [_, _, w, h] = self.part;
        let [left, top, width, height] = self.inset;
        let part = imageops::crop_imm(canvas, left, top, width, height).to_image();
        if (w, h) == (width, height) { part } else { imaging::resize(&part, w, h) }
    }
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn ramp(width: u32, height: u32) -> RgbaImage {
        RgbaImage::from_fn(width, height, |x, y| {
            Rgba([(x * 255 / width) as u8, (y * 255 / height) as u8, ((x + y) % 64) as u8, 255])
        })
    }

    #[test]
    fn what_is_put_on_a_canvas_comes_back_in_its_place() {
        let size = (270, 480);
        let picture = ramp(size.0, size.1);
        for canvas in [(270, 480), (540, 960), (1024, 1536), (512, 512), (960, 540)] {
            let frame = Frame::whole(size, canvas);
            let put = frame.put(&picture);
            assert_eq!(put.dimensions(), canvas);
            let back = frame.back(&put);
            assert_eq!(back.dimensions(), size);
            let off = picture.pixels().zip(back.pixels()).map(|(a, b)| a[0].abs_diff(b[0]).max(a[1].abs_diff(b[1])));
            assert!(off.max().unwrap() <= 6, "{canvas:?}");
        }
        let same = Frame::whole(size, size);
        assert_eq!(same.back(&same.put(&picture)), picture);
    }

    #[test]
    fn a_small_place_gets_a_window_of_the_canvass_proportions() {
        let size = (1080, 1920);
        for (left, top) in [(20, 20), (860, 1700), (500, 900)] {
            let painted = |x: u32, y: u32| (left..left + 200).contains(&x) && (top..top + 160).contains(&y);
            let mask = GrayImage::from_fn(size.0, size.1, |x, y| Luma([if painted(x, y) { 255 } else { 0 }]));
            let mask = EditMask::from_pixels(mask).unwrap();
            for canvas in [(1008, 1792), (1024, 1536), (1024, 1024)] {
                let frame = Frame::around(&mask, size, canvas);
                let [x, y, w, h] = frame.part;
                assert!(x + w <= size.0 && y + h <= size.1 && w < size.0, "{frame:?}");
                assert!(x <= left && x + w >= left + 200 && y <= top && y + h >= top + 160, "{frame:?}");
                let off = (w as f32 / h as f32) / (canvas.0 as f32 / canvas.1 as f32);
                assert!((off - 1.0).abs() < 0.02, "{frame:?}");
            }
        }
    }

    #[test]
    fn a_mask_goes_where_the_picture_goes() {
        let mut mask = GrayImage::new(270, 480);
        for (x, y) in (100..140).flat_map(|x| (200..260).map(move |y| (x, y))) {
            mask.put_pixel(x, y, Luma([255]));
        }
        let frame = Frame::whole((270, 480), (512, 512));
        let put = frame.put_mask(&mask);
        let painted = put.pixels().filter(|pixel| pixel[0] > 0).count() as f32;
        let scale = 512.0 / 480.0;
        assert!((painted / (40.0 * 60.0 * scale * scale) - 1.0_f32).abs() < 0.06, "{painted}");
        assert_eq!(put.get_pixel(5, 256)[0], 0, "beyond the picture");
    }
}
