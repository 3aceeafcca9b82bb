use image::{Luma, Rgba};

use super::*;

fn hole(width: u32, height: u32, [left, top, right, bottom]: [u32; 4]) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        Luma([u8::from((left..right).contains(&x) && (top..bottom).contains(&y)) * 255])
    })
}

fn mean_error(one: &RgbaImage, other: &RgbaImage, hole: &GrayImage) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (x, y, value) in hole.enumerate_pixels().filter(|(_, _, value)| value[0] > 0) {
        let _ = value;
        let (a, b) = (one.get_pixel(x, y), other.get_pixel(x, y));
        sum += (0..3).map(|i| f32::from(a[i].abs_diff(b[i]))).sum::<f32>() / 3.0;
        count += 1.0;
    }
    sum / count
}

fn stripes(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let value = if (x + 2 * y) / 6 % 2 == 0 { 60 } else { 190 };
        Rgba([value, value / 2 + 40, 90, 255])
    })
}

/// A flat ground with a grain of its own.
fn grain(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let noise = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77)).wrapping_mul(0xc2b2_ae3d) >> 27;
        let value = 110 + noise as u8;
        Rgba([value, value, value - 20, 255])
    })
}

#[test]
fn outside_stays_and_the_hole_is_not_what_it_was() {
    let mut picture = stripes(72, 64);
    let hole = hole(72, 64, [28, 24, 44, 38]);
    for (x, y, value) in hole.enumerate_pixels() {
        if value[0] > 0 {
            picture.put_pixel(x, y, Rgba([255, 0, 255, 255]));
        }
    }
    let filled = inpaint(&picture, &hole, 1);
    for (x, y, pixel) in filled.enumerate_pixels() {
        if hole.get_pixel(x, y)[0] == 0 {
            assert_eq!(pixel, picture.get_pixel(x, y));
        } else {
            assert!(pixel[2] < 160, "{x},{y}: {pixel:?}");
        }
    }
    assert_eq!(filled, inpaint(&picture, &hole, 1), "the same seed, the same picture");
}

#[test]
fn a_pattern_goes_on() {
    let picture = stripes(80, 80);
    let hole = hole(80, 80, [32, 32, 50, 46]);
    let mut flat = picture.clone();
    for (x, y, value) in hole.enumerate_pixels() {
        if value[0] > 0 {
            flat.put_pixel(x, y, Rgba([120, 100, 90, 255]));
        }
    }
    let error = mean_error(&inpaint(&flat, &hole, 3), &picture, &hole);
    assert!(error < 12.0, "{error}: a plain fill would have {}", mean_error(&flat, &picture, &hole));
}

#[test]
fn grain_stays_grain() {
    let picture = grain(80, 80);
    let hole = hole(80, 80, [30, 30, 52, 52]);
    let filled = inpaint(&picture, &hole, 5);
    let spread = |pixels: &RgbaImage| {
        let inside: Vec<f32> = hole
            .enumerate_pixels()
            .filter(|(_, _, value)| value[0] > 0)
            .map(|(x, y, _)| f32::from(pixels.get_pixel(x, y)[0]))
            .collect();
        let mean = inside.iter().sum::<f32>() / inside.len() as f32;
        (inside.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / inside.len() as f32).sqrt()
    };
    let (before, after) = (spread(&picture), spread(&filled));
    assert!(after > 0.75 * before && after < 1.25 * before, "{before} → {after}");
}

#[test]
fn a_ramp_has_no_step_at_the_rim() {
    let picture = RgbaImage::from_fn(80, 80, |x, y| Rgba([(x * 2) as u8 + 40, (y * 2) as u8 + 30, 100, 255]));
    let hole = hole(80, 80, [30, 30, 50, 50]);
    let filled = inpaint(&picture, &hole, 9);
    for y in 30..50 {
        for (inside, outside) in [(30, 29), (49, 50)] {
            for channel in 0..3 {
                let step = filled.get_pixel(inside, y)[channel].abs_diff(filled.get_pixel(outside, y)[channel]);
                assert!(step < 12, "{inside},{y}: {step}");
            }
        }
    }
    assert!(mean_error(&filled, &picture, &hole) < 6.0);
}

#[test]
fn odd_holes_and_sizes_do_no_harm() {
    for (width, height, place) in [
        (1, 1, [0, 0, 1, 1]),
        (5, 5, [1, 1, 3, 3]),
        (30, 8, [0, 0, 30, 7]),
        (40, 40, [0, 0, 20, 40]),
        (40, 40, [35, 35, 40, 40]),
        (64, 20, [2, 2, 62, 18]),
    ] {
        let picture = stripes(width, height);
        let hole = hole(width, height, place);
        let filled = inpaint(&picture, &hole, 2);
        assert_eq!(filled.dimensions(), picture.dimensions());
        for (x, y, pixel) in filled.enumerate_pixels() {
            assert!(hole.get_pixel(x, y)[0] > 0 || pixel == picture.get_pixel(x, y));
        }
    }
    let picture = stripes(20, 20);
    assert_eq!(inpaint(&picture, &GrayImage::new(20, 20), 1), picture);
    assert_eq!(inpaint(&picture, &GrayImage::from_pixel(20, 20, Luma([255])), 1), picture);
    assert_eq!(inpaint(&picture, &GrayImage::new(3, 90), 1), picture);
}
