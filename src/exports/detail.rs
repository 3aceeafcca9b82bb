//! The long page below a product's offer, cut where it does not hurt.

use image::RgbaImage;

use crate::imaging;

/// How far above the greatest height a calm place is looked for, as a share of it.
const SEARCH_SHARE: f32 = 0.35;

/// Stacks pictures into slices of one width, none higher than `height_max`.
///
/// A slice ends between two pictures wherever that is possible. Only a picture that is higher than a
/// slice by itself is cut, at the calmest row of the last third before the limit.
pub fn slices(pictures: &[RgbaImage], width: u32, height_max: u32) -> Vec<RgbaImage> {
    let (width, height_max) = (width.max(1), height_max.max(2));
    let mut slices = Vec::new();
    let mut open: Vec<RgbaImage> = Vec::new();
    for picture in pictures {
        let height = (u64::from(picture.height()) * u64::from(width) / u64::from(picture.width().max(1))).max(1) as u32;
        let mut rest = imaging::resize(picture, width, height);
        let open_height: u32 = open.iter().map(RgbaImage::height).sum();
        if open_height + rest.height() > height_max && !open.is_empty() {
            slices.push(imaging::stack(&open));
            open.clear();
        }
        while rest.height() > height_max {
            let from = (height_max as f32 * (1.0 - SEARCH_SHARE)) as u32;
            let cut = imaging::calmest_row(&rest, from.max(1), height_max + 1).clamp(1, height_max);
            slices.push(imaging::crop(&rest, [0, 0, width, cut]));
            rest = imaging::crop(&rest, [0, cut, width, rest.height() - cut]);
        }
        open.push(rest);
    }
    if !open.is_empty() {
        slices.push(imaging::stack(&open));
    }
    slices
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    fn heights(pictures: &[RgbaImage], height_max: u32) -> Vec<u32> {
        let slices = slices(pictures, 75, height_max);
        assert!(slices.iter().all(|slice| slice.width() == 75));
        slices.iter().map(RgbaImage::height).collect()
    }

    #[test]
    fn slices_end_between_posters() {
        let posters = vec![RgbaImage::new(108, 192); 3];
        assert_eq!(heights(&posters, 154), [133, 133, 133]);
        let wide = vec![RgbaImage::new(192, 108); 5];
        assert_eq!(heights(&wide, 154), [126, 84], "three of 42 px each fit into one slice");
        assert!(heights(&[], 154).is_empty());
    }

    #[test]
    fn a_poster_higher_than_a_slice_is_cut_at_its_calm_place() {
        let tall = RgbaImage::from_fn(75, 300, |x, y| {
            if (118..124).contains(&y) {
                Rgba([9, 9, 9, 255])
            } else {
                Rgba([(x * 31 % 251) as u8, (y * 57 % 253) as u8, 3, 255])
            }
        });
        let cut = heights(&[tall], 150);
        assert_eq!(cut.iter().sum::<u32>(), 300);
        assert!((119..=124).contains(&cut[0]), "{cut:?}");
        assert!(cut.iter().all(|height| *height <= 150));
    }
}
