//! A painted place told to those who take no mask: as a picture and in words.

use image::{Rgba, RgbaImage};

use super::EditMask;
use super::distance::squared_distances;
use crate::{Bilingual, Oklab};

/// Width of the outline around the white, in pixels.
const OUTLINE_PX: f32 = 2.0;

/// Share of a side from which a place spans it rather than lying in a third of it.
const SPAN: f32 = 0.6;

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

/// Where a painted place lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegionPlace {
    /// Third of the width in which its middle lies: 0 left, 1 middle, 2 right; `None` when it spans the width.
    pub column: Option<u8>,
    /// Third of the height: 0 upper, 1 middle, 2 lower; `None` when it spans the height.
    pub row: Option<u8>,
    /// Its box in whole per cent of the picture: left, top, right, bottom.
    pub percent: [u8; 4],
}

/// Where the painted place lies, for telling it in words.
pub fn region_in_words(mask: &EditMask) -> RegionPlace {
    let (width, height) = mask.dimensions();
    let [x, y, w, h] = mask.bounds();
    let third = |from: u32, length: u32, side: u32| {
        let spans = length as f32 >= SPAN * side as f32;
        (!spans).then(|| ((2 * from + length) * 3 / (2 * side.max(1))).min(2) as u8)
    };
    let percent = |value: u32, side: u32| ((value * 100 + side / 2) / side.max(1)).min(100) as u8;
    RegionPlace {
        column: third(x, w, width),
        row: third(y, h, height),
        percent: [percent(x, width), percent(y, height), percent(x + w, width), percent(y + h, height)],
    }
}

impl RegionPlace {
    /// The place as half a sentence for an instruction.
    pub fn words(&self) -> Bilingual {
        let [left, top, right, bottom] = self.percent;
        let (column, row) = (self.column.map(usize::from), self.row.map(usize::from));
        let (zh, en) = match (row, column) {
            (None, None) => ("画面大部分区域".to_owned(), "most of the picture".to_owned()),
            (None, Some(column)) => (
                format!("画面{}侧整列", ["左", "中", "右"][column]),
                format!("the {} column of the picture", ["left", "centre", "right"][column]),
            ),
            (Some(row), None) => (
                format!("画面{}部整行", ["上", "中", "下"][row]),
                format!("the {} band of the picture", ["upper", "middle", "lower"][row]),
            ),
            (Some(1), Some(1)) => ("画面正中".to_owned(), "the centre of the picture".to_owned()),
            (Some(row), Some(column)) => (
                format!("画面{}{}", ["左", "中", "右"][column], ["上部", "部", "下部"][row]),
                format!(
                    "the {} {} of the picture",
                    ["upper", "middle", "lower"][row],
                    ["left", "centre", "right"][column]
                ),
            ),
        };
        Bilingual::new(
            format!("{zh}（横向 {left}%–{right}%，纵向 {top}%–{bottom}%）"),
            format!("{en} (x {left}%–{right}%, y {top}%–{bottom}%, from the upper left corner)"),
        )
    }
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

    #[test]
    fn places_have_names_in_both_languages() {
        let upper_left = region_in_words(&mask([5, 10, 20, 20]));
        assert_eq!((upper_left.column, upper_left.row), (Some(0), Some(0)));
        assert_eq!(upper_left.percent, [6, 6, 28, 19]);
        assert_eq!(upper_left.words().zh, "画面左上部（横向 6%–28%，纵向 6%–19%）");
        let words = upper_left.words().en;
        assert_eq!(words, "the upper left of the picture (x 6%–28%, y 6%–19%, from the upper left corner)");
        let band = region_in_words(&mask([0, 130, 90, 20]));
        assert_eq!((band.column, band.row), (None, Some(2)));
        assert!(band.words().en.starts_with("the lower band"));
        assert!(region_in_words(&mask([35, 70, 20, 20])).words().zh.starts_with("画面正中"));
        assert!(region_in_words(&mask([5, 5, 80, 140])).words().en.starts_with("most of"));
    }
}
