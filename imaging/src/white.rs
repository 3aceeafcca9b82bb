//! The product alone on pure white, and what a marketplace looks at on such a picture.

use image::{Rgba, RgbaImage, imageops};

use super::resize::resize;

const WHITE: Rgba<u8> = Rgba([255, 255, 255, 255]);

/// Channels from here on count as ground when a product's extent is measured: compression leaves
/// faint ripples around an edge that no eye sees.
const GROUND_MIN: u8 = 246;

/// A cut-out laid on a white canvas.
#[derive(Clone, Debug)]
pub struct OnWhite {
    /// Opaque pixels; every pixel that the cut-out does not cover is 255, 255, 255.
    pub pixels: RgbaImage,
    /// How far the cut-out was enlarged; above 1 the picture holds less than its size promises.
    pub enlargement: f32,
}

/// Lays a cut-out on white so that its longer side takes the share `fill` (0 to 1) of the canvas side
/// it runs along, or as much as the other side allows.
pub fn on_white(cut_out: &RgbaImage, width: u32, height: u32, fill: f32) -> OnWhite {
    let (width, height) = (width.max(1), height.max(1));
    let (own_width, own_height) = (cut_out.width().max(1) as f32, cut_out.height().max(1) as f32);
    let enlargement = (width as f32 * fill / own_width).min(height as f32 * fill / own_height);
    let scaled_side = |own: f32, canvas: u32| ((own * enlargement).round() as u32).clamp(1, canvas);
    let scaled = resize(cut_out, scaled_side(own_width, width), scaled_side(own_height, height));
    let mut pixels = RgbaImage::from_pixel(width, height, WHITE);
    let (left, top) = ((width - scaled.width()) / 2, (height - scaled.height()) / 2);
    for (x, y, pixel) in scaled.enumerate_pixels() {
        pixels.put_pixel(left + x, top + y, over_white(*pixel));
    }
    OnWhite { pixels, enlargement }
}

/// Lays a picture on a white canvas of this size, whole and centred.
pub fn contain_on_white(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    on_white(picture, width, height, 1.0).pixels
}

/// Stacks pictures of the same width from top to bottom.
pub fn stack(pictures: &[RgbaImage]) -> RgbaImage {
    let width = pictures.iter().map(RgbaImage::width).max().unwrap_or(1);
    let height = pictures.iter().map(RgbaImage::height).sum::<u32>().max(1);
    let mut stacked = RgbaImage::from_pixel(width, height, WHITE);
    let mut top = 0;
    for picture in pictures {
        imageops::replace(&mut stacked, picture, 0, top);
        top += i64::from(picture.height());
    }
    stacked
}

/// The row between `from` and `to` (exclusive) where the picture changes least from left to right and
/// from the row above: the best place to cut through.
pub fn calmest_row(picture: &RgbaImage, from: u32, to: u32) -> u32 {
    let (width, height) = picture.dimensions();
    if height < 2 {
        return 0;
    }
    let (from, to) = (from.clamp(1, height - 1), to.clamp(2, height));
    let step = (width / 250).max(1) as usize;
    let energy = |y: u32| -> u64 {
        (1..width)
            .step_by(step)
            .map(|x| {
                let here = picture.get_pixel(x, y);
                let beside = picture.get_pixel(x - 1, y);
                let above = picture.get_pixel(x, y - 1);
                (0..3)
                    .map(|c| u64::from(here[c].abs_diff(beside[c])) + u64::from(here[c].abs_diff(above[c])))
                    .sum::<u64>()
            })
            .sum()
    };
    // Of rows that are equally calm the last is taken: slices then are as long as they may be.
    (from..to).min_by_key(|y| (energy(*y), u32::MAX - y)).unwrap_or(from)
}

/// What is measured on a finished picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WhiteGround {
    /// Share of the outermost two pixels on all four sides that is exactly 255, 255, 255.
    pub border_share: f32,
    /// How much of the canvas the product takes along the side it fills more of, 0 to 1.
    pub fill: f32,
}

/// Measures border and fill of a picture that should show one thing on white.
pub fn measure_white(pixels: &RgbaImage) -> WhiteGround {
    let (width, height) = pixels.dimensions();
    let (mut border, mut white) = (0_u32, 0_u32);
    let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
    for (x, y, pixel) in pixels.enumerate_pixels() {
        if x < 2 || y < 2 || x + 2 >= width || y + 2 >= height {
            border += 1;
            white += u32::from(pixel.0[..3] == [255, 255, 255]);
        }
        if pixel.0[..3].iter().any(|channel| *channel < GROUND_MIN) {
            (left, right) = (left.min(x), right.max(x + 1));
            (top, bottom) = (top.min(y), bottom.max(y + 1));
        }
    }
    let share = |from: u32, to: u32, side: u32| to.saturating_sub(from) as f32 / side.max(1) as f32;
    WhiteGround {
        border_share: white as f32 / border.max(1) as f32,
        fill: share(left, right, width).max(share(top, bottom, height)),
    }
}

fn over_white(pixel: Rgba<u8>) -> Rgba<u8> {
    let alpha = u32::from(pixel[3]);
    let mixed = |channel: u8| ((u32::from(channel) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
    Rgba([mixed(pixel[0]), mixed(pixel[1]), mixed(pixel[2]), 255])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ImageLimits, decode, encode_jpeg};

    fn bottle() -> RgbaImage {
        RgbaImage::from_fn(100, 300, |x, y| {
            let inside = (5..95).contains(&x) && (5..295).contains(&y);
            Rgba([40, (x * 2) as u8, (y / 2) as u8, if inside { 255 } else { 0 }])
        })
    }

    #[test]
    fn the_ground_is_pure_white_and_the_product_fills_its_share() {
        let laid = on_white(&bottle(), 800, 800, 0.9);
        assert_eq!(laid.pixels.dimensions(), (800, 800));
        assert!((laid.enlargement - 2.4).abs() < 0.01);
        let jpeg = encode_jpeg(&laid.pixels, 92);
        let shown = decode(&jpeg, &ImageLimits::default()).expect("a picture of ours").pixels;
        let measured = measure_white(&shown);
        assert!((measured.border_share - 1.0).abs() < f32::EPSILON, "{measured:?}");
        assert!((0.85..=0.91).contains(&measured.fill), "{measured:?}");
        // A block of the compression away from the product nothing but white is left.
        assert!((0..200).all(|x| (0..800).all(|y| shown.get_pixel(x, y).0 == [255, 255, 255, 255])));
    }

    #[test]
    fn a_picture_without_white_is_measured_as_such() {
        let grey = RgbaImage::from_pixel(60, 40, Rgba([254, 254, 254, 255]));
        assert!(measure_white(&grey).border_share < f32::EPSILON);
        assert!(measure_white(&grey).fill < f32::EPSILON, "254 is ground, only not pure");
        let dark = RgbaImage::from_pixel(60, 40, Rgba([20, 20, 20, 255]));
        assert!((measure_white(&dark).fill - 1.0).abs() < f32::EPSILON);
        measure_white(&RgbaImage::new(0, 0));
    }

    #[test]
    fn odd_sizes_are_no_reason_to_panic() {
        for (width, height) in [(1, 1), (1, 5000), (3000, 1)] {
            let laid = on_white(&RgbaImage::new(width, height), 64, 64, 0.88);
            assert_eq!(laid.pixels.dimensions(), (64, 64));
        }
        assert_eq!(stack(&[]).dimensions(), (1, 1));
        assert_eq!(calmest_row(&RgbaImage::new(9, 1), 0, 9), 0);
    }

    #[test]
    fn a_cut_goes_through_the_calm_band() {
        let striped = RgbaImage::from_fn(60, 100, |x, y| {
            if (40..50).contains(&y) { WHITE } else { Rgba([((x * 37 + y * 91) % 256) as u8, 0, 0, 255]) }
        });
        assert_eq!(calmest_row(&striped, 10, 90), 49);
        assert_eq!(stack(&[striped.clone(), striped]).dimensions(), (60, 200));
    }
}
