//! Laying one picture into another, and whether anybody would notice.

use image::{GrayImage, Rgba, RgbaImage};

use crate::Oklab;

/// What [`visible_change`] must reach for a change to be worth its price. Two hundredths of OKLab are
/// the least that an eye tells apart with both pictures before it.
pub const VISIBLE_CHANGE_MIN: f32 = 2.0;

/// Side of the cells whose means are compared, in pixels: large enough for the noise of a JPEG to
/// cancel out, small enough for the stroke of a letter.
const CELL_SIDE: usize = 4;

/// The share of the cells that must have changed to be seen: a changed digit of a price is that small.
const CHANGED_SHARE: f32 = 0.002;

/// The base with the edit laid in under the alpha.
///
/// Where alpha is 0 the base's bytes come out, where it is 255 the edit's, exactly; between, each
/// channel is `(base * (255 - alpha) + edit * alpha) / 255`, rounded half up. Transparency of the edit
/// itself lessens the alpha. Pixels that the edit or the alpha lacks count as not edited.
#[must_use]
pub fn laid_in(base: &RgbaImage, edit: &RgbaImage, alpha: &GrayImage) -> RgbaImage {
    let mut page = base.clone();
    let (width, height) = common(base.dimensions(), edit.dimensions(), alpha.dimensions());
    for y in 0..height {
        for x in 0..width {
            let weight = alpha.get_pixel(x, y)[0];
            if weight > 0 {
                let [r, g, b, own] = edit.get_pixel(x, y).0;
                cover(page.get_pixel_mut(x, y), [r, g, b], product(weight, own));
            }
        }
    }
    page
}

/// What an edit changed, cut to where its alpha is not 0: left and upper edge on the page, and the
/// pixels with the alpha in their own channel. `None` for an alpha that is 0 everywhere.
///
/// `edited` is what was given to [`laid_in`], not what came out of it: then [`lay_patch`] on the same
/// base gives [`laid_in`]'s bytes again, rounding included, and on another base what [`laid_in`] would
/// have given there.
pub fn patch_of(edited: &RgbaImage, alpha: &GrayImage) -> Option<(u32, u32, RgbaImage)> {
    let (width, height) = common(edited.dimensions(), alpha.dimensions(), alpha.dimensions());
    let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
    for (x, y, value) in alpha.enumerate_pixels() {
        if value[0] > 0 && x < width && y < height {
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1));
        }
    }
    (left < right).then(|| {
        let patch = RgbaImage::from_fn(right - left, bottom - top, |x, y| {
            let [r, g, b, own] = edited.get_pixel(left + x, top + y).0;
            match product(alpha.get_pixel(left + x, top + y)[0], own) {
                // Nothing is to be learnt from a pixel that does not show, and zeros pack well.
                0 => Rgba([0; 4]),
                weight => Rgba([r, g, b, weight]),
            }
        });
        (left, top, patch)
    })
}

/// Lays what [`patch_of`] cut out on a page; what lies beyond the page is dropped.
pub fn lay_patch(page: &mut RgbaImage, left: u32, top: u32, patch: &RgbaImage) {
    let (width, height) = page.dimensions();
    for (x, y, pixel) in patch.enumerate_pixels() {
        let (x, y) = (left.saturating_add(x), top.saturating_add(y));
        if x < width && y < height {
            let [r, g, b, weight] = pixel.0;
            cover(page.get_pixel_mut(x, y), [r, g, b], weight);
        }
    }
}

/// How much of a change an eye would find between two pictures of one size, as OKLab distance times
/// 100: 0 for the same bytes, below [`VISIBLE_CHANGE_MIN`] for what a second encoding does, above 10 for
/// another colour. Infinite for different sizes.
///
/// Means of small cells are compared and the most changed ones speak for the picture, since the mean of
/// everything would call a new price on a large poster no change at all. With an alpha, only cells that
/// lie under it for at least a half count.
pub fn visible_change(base: &RgbaImage, edit: &RgbaImage, alpha: Option<&GrayImage>) -> f32 {
    if base.dimensions() != edit.dimensions() {
        return f32::INFINITY;
    }
    let (width, height) = (base.width() as usize, base.height() as usize);
    let mut changes = Vec::with_capacity((width / CELL_SIDE + 1) * (height / CELL_SIDE + 1));
    for top in (0..height).step_by(CELL_SIDE) {
        for left in (0..width).step_by(CELL_SIDE) {
            let (right, bottom) = ((left + CELL_SIDE).min(width), (top + CELL_SIDE).min(height));
            let (mut sums, mut weight) = ([[0_u32; 3]; 2], 0_u32);
            let count = ((right - left) * (bottom - top)) as u32;
            let mut same = true;
            for y in top..bottom {
                let row = (y * width + left) * 4..(y * width + right) * 4;
                let (old, new) = (&base.as_raw()[row.clone()], &edit.as_raw()[row]);
                same &= old == new;
                add(&mut sums[0], old);
                add(&mut sums[1], new);
                if let Some(alpha) = alpha {
                    weight += (left..right)
                        .map(|x| alpha.get_pixel_checked(x as u32, y as u32).map_or(0, |value| u32::from(value[0])))
                        .sum::<u32>();
                }
            }
            if alpha.is_some() && weight * 2 < count * 255 {
                continue;
            }
            changes.push(if same {
                0.0
            } else {
                let mean = |sum: [u32; 3]| Oklab::from_rgb(sum.map(|sum| ((sum + count / 2) / count) as u8));
                mean(sums[0]).distance(mean(sums[1]))
            });
        }
    }
    let kept = ((changes.len() as f32 * CHANGED_SHARE).ceil() as usize).max(2).min(changes.len());
    if kept == 0 {
        return 0.0;
    }
    changes.select_nth_unstable_by(kept - 1, |one, other| other.total_cmp(one));
    100.0 * changes[..kept].iter().sum::<f32>() / kept as f32
}

fn add(sum: &mut [u32; 3], row: &[u8]) {
    for pixel in row.chunks_exact(4) {
        let alpha = u32::from(pixel[3]);
        for channel in 0..3 {
            let value = u32::from(pixel[channel]);
            sum[channel] += if alpha == 255 { value } else { value * alpha / 255 };
        }
    }
}

fn common(one: (u32, u32), two: (u32, u32), three: (u32, u32)) -> (u32, u32) {
    (one.0.min(two.0).min(three.0), one.1.min(two.1).min(three.1))
}

/// Two shares of 255 multiplied; with 255 the other comes out as it is.
fn product(one: u8, other: u8) -> u8 {
    ((u32::from(one) * u32::from(other) + 127) / 255) as u8
}

/// Covers one pixel by a colour of some weight.
fn cover(page: &mut Rgba<u8>, colour: [u8; 3], weight: u8) {
    match (weight, page[3]) {
        (0, _) => {}
        (255, _) => page.0 = [colour[0], colour[1], colour[2], 255],
        (_, 255) => {
            for channel in 0..3 {
                page[channel] = mixed(page[channel], colour[channel], u32::from(weight), 255);
            }
        }
        (_, under) => {
            let below = u32::from(under) * (255 - u32::from(weight));
            let whole = below + u32::from(weight) * 255;
            for channel in 0..3 {
                page[channel] = mixed(page[channel], colour[channel], u32::from(weight) * 255, whole);
            }
            page[3] = ((whole + 127) / 255) as u8;
        }
    }
}

fn mixed(below: u8, above: u8, weight: u32, whole: u32) -> u8 {
    ((u32::from(below) * (whole - weight) + u32::from(above) * weight + whole / 2) / whole) as u8
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use proptest::prelude::*;

    use super::*;

    fn picture(seed: u32, width: u32, height: u32) -> RgbaImage {
        let mut state = seed | 1;
        RgbaImage::from_fn(width, height, |_, _| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let [r, g, b, _] = state.to_le_bytes();
            Rgba([r, g, b, 255])
        })
    }

    fn alpha(seed: u32, width: u32, height: u32) -> GrayImage {
        let noise = picture(seed, width, height);
        GrayImage::from_fn(width, height, |x, y| {
            let [value, kind, ..] = noise.get_pixel(x, y).0;
            Luma([match kind % 3 {
                0 => 0,
                1 => 255,
                _ => value,
            }])
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn outside_stays_inside_is_the_edit_and_a_patch_says_the_same(
            seed in 1_u32..u32::MAX, width in 1_u32..40, height in 1_u32..40,
        ) {
            let (base, edit) = (picture(seed, width, height), picture(seed ^ 0x5bd1_e995, width, height));
            let alpha = alpha(seed.rotate_left(9), width, height);
            let out = laid_in(&base, &edit, &alpha);
            for (x, y, weight) in alpha.enumerate_pixels() {
                match weight[0] {
                    0 => prop_assert_eq!(out.get_pixel(x, y), base.get_pixel(x, y)),
                    255 => prop_assert_eq!(out.get_pixel(x, y), edit.get_pixel(x, y)),
                    weight => for channel in 0..3 {
                        let (old, new) = (base.get_pixel(x, y)[channel], edit.get_pixel(x, y)[channel]);
                        let exact = f64::from(old) + (f64::from(new) - f64::from(old)) * f64::from(weight) / 255.0;
                        prop_assert!((f64::from(out.get_pixel(x, y)[channel]) - exact).abs() <= 0.5 + 1e-9);
                    }
                }
            }
            let mut page = base.clone();
            if let Some((left, top, patch)) = patch_of(&edit, &alpha) {
                lay_patch(&mut page, left, top, &patch);
            }
            prop_assert_eq!(page, out);
        }
    }

    #[test]
    fn twenty_edits_in_a_row_leave_the_outside_alone() {
        let base = picture(7, 48, 40);
        let mask = GrayImage::from_fn(48, 40, |x, y| Luma([u8::from((10..20).contains(&x) && y > 12) * 255]));
        let soft = super::super::EditMask::from_pixels(mask).unwrap().soft(2.0, 5.0);
        let mut page = base.clone();
        for round in 0..20 {
            page = laid_in(&page, &picture(100 + round, 48, 40), &soft);
        }
        let changed = page.enumerate_pixels().filter(|(x, y, pixel)| *pixel != base.get_pixel(*x, *y));
        assert!(changed.clone().count() > 200);
        assert!(changed.clone().all(|(x, y, _)| soft.get_pixel(x, y)[0] > 0));
    }

    #[test]
    fn an_edit_of_another_size_or_a_see_through_one_harms_nothing() {
        let base = picture(3, 20, 20);
        let out = laid_in(&base, &picture(5, 10, 30), &GrayImage::from_pixel(20, 20, Luma([255])));
        assert_eq!(out.get_pixel(15, 5), base.get_pixel(15, 5));
        let clear = RgbaImage::from_pixel(20, 20, Rgba([255, 0, 0, 0]));
        assert_eq!(laid_in(&base, &clear, &GrayImage::from_pixel(20, 20, Luma([255]))), base);
        assert_eq!(patch_of(&base, &GrayImage::new(20, 20)), None);
    }

    #[test]
    fn a_new_digit_is_seen_and_a_second_encoding_is_not() {
        let base = RgbaImage::from_fn(200, 200, |x, y| Rgba([(x / 2) as u8 + 90, (y / 2) as u8 + 60, 120, 255]));
        assert!(visible_change(&base, &base, None).abs() < f32::EPSILON);
        let again = image::load_from_memory(&crate::encode_jpeg(&base, 85)).unwrap().into_rgba8();
        assert_ne!(again, base);
        let noise = visible_change(&base, &again, None);
        assert!(noise < VISIBLE_CHANGE_MIN, "{noise}");
        let mut digit = base.clone();
        for y in 100..118 {
            for x in 60..64 {
                digit.put_pixel(x, y, Rgba([250, 250, 250, 255]));
            }
        }
        assert!(visible_change(&base, &digit, None) > 2.0 * VISIBLE_CHANGE_MIN);
        let elsewhere = GrayImage::from_fn(200, 200, |x, _| Luma([u8::from(x > 100) * 255]));
        assert!(visible_change(&base, &digit, Some(&elsewhere)).abs() < f32::EPSILON);
        assert!(visible_change(&base, &picture(1, 9, 9), None).is_infinite());
    }
}
