use image::imageops::{self, FilterType};
use image::{Rgba, RgbaImage};
use proptest::prelude::*;

use super::super::{encode_jpeg, encode_jpeg_backdrop};
use super::*;

fn picture(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let lettering = (x / 9 + y / 14) % 5 == 0;
        let [r, g, b] =
            if lettering { [180, 30, 20] } else { [(x * 200 / width) as u8, (y * 220 / height) as u8, 140] };
        Rgba([r, g, b, 255])
    })
}

fn mean_difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let sum: u64 = a.as_raw().iter().zip(b.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / a.as_raw().len() as f64
}

#[test]
fn half_and_quarter_look_like_the_whole_scaled_down() {
    let limits = ImageLimits::default();
    // Sides that end within a block come out wider by what is missing to its end, half a pixel at most.
    for (width, height, most) in [(320, 480, 4.0), (333, 217, 9.0)] {
        let bytes = encode_jpeg(&picture(width, height), 90);
        let whole = decode(&bytes, &limits).unwrap().pixels;
        for (scale, part) in
            [(2, Scan::open(&bytes).unwrap().read::<4>()), (4, Scan::open(&bytes).unwrap().read::<2>())]
        {
            let part = part.unwrap();
            assert_eq!(part.dimensions(), (width.div_ceil(scale), height.div_ceil(scale)));
            let expected = imageops::resize(&whole, part.width(), part.height(), FilterType::CatmullRom);
            let difference = mean_difference(&part, &expected);
            assert!(difference < most, "{width}×{height} over {scale}: {difference}");
        }
    }
}

#[test]
fn colours_kept_at_half_the_resolution_are_read_too() {
    let limits = ImageLimits::default();
    let soft = |width, height| {
        RgbaImage::from_fn(width, height, |x, y| {
            Rgba([(x * 200 / width) as u8, (y * 220 / height) as u8, 140 + ((x / 40 + y / 30) % 2 * 20) as u8, 255])
        })
    };
    for (width, height, most) in [(320, 480, 2.0), (333, 217, 6.0)] {
        let bytes = encode_jpeg_backdrop(&soft(width, height), 90);
        let whole = decode(&bytes, &limits).unwrap().pixels;
        for (scale, part) in
            [(2, Scan::open(&bytes).unwrap().read::<4>()), (4, Scan::open(&bytes).unwrap().read::<2>())]
        {
            let part = part.unwrap();
            assert_eq!(part.dimensions(), (width.div_ceil(scale), height.div_ceil(scale)));
            let expected = imageops::resize(&whole, part.width(), part.height(), FilterType::CatmullRom);
            let difference = mean_difference(&part, &expected);
            assert!(difference < most, "{width}×{height} over {scale}: {difference}");
        }
    }
}

#[test]
fn a_flat_colour_stays_what_it_is() {
    let bytes = encode_jpeg(&RgbaImage::from_pixel(64, 40, Rgba([200, 90, 30, 255])), 95);
    for pixels in [Scan::open(&bytes).unwrap().read::<4>(), Scan::open(&bytes).unwrap().read::<2>()] {
        for pixel in pixels.unwrap().pixels() {
            let near = pixel.0.iter().zip([200, 90, 30, 255]).all(|(a, b): (&u8, u8)| a.abs_diff(b) <= 2);
            assert!(near, "{pixel:?}");
        }
    }
}

#[test]
fn the_smallest_size_that_is_wide_enough_is_chosen() {
    let bytes = encode_jpeg(&picture(400, 200), 90);
    for (wanted, width) in [(90, 100), (100, 100), (101, 200), (200, 200), (201, 400), (800, 400)] {
        let photo = decode_for_width(&bytes, &ImageLimits::default(), wanted).unwrap();
        assert_eq!(photo.pixels.width(), width, "for {wanted}");
    }
}

#[test]
fn other_files_take_the_long_way_to_the_same_size() {
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 90);
    encoder.set_progressive(true);
    encoder.encode(picture(400, 200).as_raw(), 400, 200, jpeg_encoder::ColorType::Rgba).unwrap();
    assert!(Scan::open(&bytes).is_none());
    let photo = decode_for_width(&bytes, &ImageLimits::default(), 100).unwrap();
    assert_eq!(photo.pixels.dimensions(), (100, 50));
    let png = super::super::encode_png_rgba(&picture(400, 200));
    assert_eq!(decode_for_width(&png, &ImageLimits::default(), 190).unwrap().pixels.dimensions(), (200, 100));
}

#[test]
fn a_thumbnail_looks_like_the_whole_scaled_down() {
    let limits = ImageLimits::default();
    // Sides that fill no whole blocks among them, and one that no half has.
    for (width, height) in [(320, 480), (216, 268), (216, 269)] {
        let soft = picture(width, height);
        for bytes in [encode_jpeg(&soft, 90), encode_jpeg_backdrop(&soft, 90)] {
            let whole = decode(&bytes, &limits).unwrap().pixels;
            for part in [2, 4] {
                let small = decode(&thumbnail(&bytes, &limits, width / part, 90).unwrap(), &limits).unwrap().pixels;
                assert_eq!(small.dimensions(), (width / part, height / part));
                let expected = imageops::resize(&whole, width / part, height / part, FilterType::CatmullRom);
                let difference = mean_difference(&small, &expected);
                // The colours of hard lettering are a quarter of what they were, each way.
                assert!(difference < 12.0, "{width}×{height} over {part}: {difference}");
            }
        }
    }
}

#[test]
fn a_thumbnail_is_never_larger_than_its_picture() {
    let limits = ImageLimits::default();
    let png = super::super::encode_png_rgba(&picture(100, 60));
    for (wanted, size) in [(400, (100, 60)), (40, (40, 24)), (50, (50, 30))] {
        let small = thumbnail(&png, &limits, wanted, 84).unwrap();
        assert_eq!(decode(&small, &limits).unwrap().pixels.dimensions(), size, "for {wanted}");
    }
}

#[test]
fn a_file_cut_short_is_refused() {
    let bytes = encode_jpeg(&picture(400, 200), 90);
    assert_eq!(
        decode_for_width(&bytes[..bytes.len() / 2], &ImageLimits::default(), 100).err(),
        Some(ImageRefusal::Undecodable)
    );
}

proptest! {
    #[test]
    fn damage_never_panics(at in 2_usize..4000, value: u8, cut in 0_usize..400) {
        let mut bytes = encode_jpeg(&picture(96, 64), 80);
        let length = bytes.len();
        bytes[at % length] = value;
        bytes.truncate(length - cut);
        let _ = decode_for_width(&bytes, &ImageLimits::default(), 24);
        let _ = decode_for_width(&bytes, &ImageLimits::default(), 48);
        let _ = thumbnail(&bytes, &ImageLimits::default(), 24, 84);
        let _ = thumbnail(&bytes, &ImageLimits::default(), 48, 84);
    }

    #[test]
    fn damage_behind_a_poster_never_panics(at in 2_usize..4000, value: u8, cut in 0_usize..400) {
        let mut bytes = encode_jpeg_backdrop(&picture(100, 64), 80);
        let length = bytes.len();
        bytes[at % length] = value;
        bytes.truncate(length.saturating_sub(cut));
        let _ = decode_for_width(&bytes, &ImageLimits::default(), 24);
        let _ = decode_for_width(&bytes, &ImageLimits::default(), 48);
        let _ = thumbnail(&bytes, &ImageLimits::default(), 25, 84);
        let _ = thumbnail(&bytes, &ImageLimits::default(), 50, 84);
    }
}
