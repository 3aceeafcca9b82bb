use image::{Luma, Rgba, imageops};

use super::*;
use crate::EditMask;

const SIDE: (u32, u32) = (90, 160);

/// Soft blobs and hard bars: something to align by.
fn base() -> RgbaImage {
    RgbaImage::from_fn(SIDE.0, SIDE.1, |x, y| {
        let wave = ((x as f32 / 7.0).sin() + (y as f32 / 11.0).cos() + ((x * y) as f32 / 260.0).sin()) * 30.0 + 120.0;
        let bar = if (x / 9 + y / 13) % 3 == 0 { 40.0 } else { 0.0 };
        Rgba([(wave + bar) as u8, (wave * 0.8) as u8 + 20, (200.0 - wave * 0.6 + bar * 0.5) as u8, 255])
    })
}

/// A hole in the middle.
fn alpha() -> GrayImage {
    let mask = GrayImage::from_fn(SIDE.0, SIDE.1, |x, y| {
        Luma([u8::from((32..58).contains(&x) && (60..96).contains(&y)) * 255])
    });
    EditMask::from_pixels(mask).unwrap().soft(2.0, 4.0)
}

/// The base with a red block where the brush went.
fn honest() -> RgbaImage {
    let mut edit = base();
    for y in 60..96 {
        for x in 32..58 {
            edit.put_pixel(x, y, Rgba([220, 30, 40, 255]));
        }
    }
    edit
}

fn moved(pixels: &RgbaImage, dx: i64, dy: i64) -> RgbaImage {
    RgbaImage::from_fn(pixels.width(), pixels.height(), |x, y| {
        let from = |at: u32, by: i64, side: u32| (i64::from(at) - by).clamp(0, i64::from(side) - 1) as u32;
        *pixels.get_pixel(from(x, dx, pixels.width()), from(y, dy, pixels.height()))
    })
}

fn differing_outside(settled: &Settled) -> usize {
    let (base, alpha) = (base(), alpha());
    settled
        .pixels
        .enumerate_pixels()
        .filter(|(x, y, pixel)| alpha.get_pixel(*x, *y)[0] == 0 && *pixel != base.get_pixel(*x, *y))
        .count()
}

#[test]
fn an_honest_edit_is_laid_in_as_it_is() {
    let settled = settle_edit(&base(), &honest(), &alpha());
    assert_eq!(settled.drift.kind, DriftKind::None, "{:?}", settled.drift);
    assert_eq!(differing_outside(&settled), 0);
    assert_eq!(settled.pixels.get_pixel(45, 78).0, [220, 30, 40, 255]);
}

#[test]
fn a_shift_is_found_and_undone() {
    for (dx, dy) in [(5, 0), (-5, 5), (8, -8), (1, 0), (0, -3)] {
        let settled = settle_edit(&base(), &moved(&honest(), dx, dy), &alpha());
        assert_eq!(settled.drift.shift, (dx as i32, dy as i32), "{:?}", settled.drift);
        assert_eq!(settled.drift.kind, DriftKind::Undone);
        assert!(settled.drift.ring_difference_before > settled.drift.ring_difference);
        assert_eq!(differing_outside(&settled), 0);
        // The block lies where it was asked for.
        assert_eq!(settled.pixels.get_pixel(33, 61).0, [220, 30, 40, 255]);
        assert_eq!(settled.pixels.get_pixel(56, 94).0, [220, 30, 40, 255]);
    }
}

#[test]
fn another_light_is_undone() {
    let mut edit = moved(&honest(), 3, -2);
    for pixel in edit.pixels_mut() {
        let tinted = |value: u8, gain: f32, offset: f32| (f32::from(value) * gain + offset) as u8;
        *pixel = Rgba([tinted(pixel[0], 0.8, 25.0), tinted(pixel[1], 0.8, 10.0), tinted(pixel[2], 0.9, 0.0), 255]);
    }
    let settled = settle_edit(&base(), &edit, &alpha());
    assert_eq!(settled.drift.shift, (3, -2), "{:?}", settled.drift);
    assert!(settled.drift.gain[0] > 1.15 && settled.drift.ring_difference < 1.5, "{:?}", settled.drift);
    let middle = settled.pixels.get_pixel(45, 78);
    assert!((0..3).all(|i| middle[i].abs_diff([220, 30, 40][i]) < 8), "{middle:?}");
    assert_eq!(differing_outside(&settled), 0);
}

#[test]
fn other_sizes_and_shapes_come_home() {
    let edit = honest();
    for (width, height, reshaped) in [(180, 320, false), (45, 80, false), (91, 160, false), (120, 160, true)] {
        let back = resize(&edit, width, height);
        let settled = settle_edit(&base(), &back, &alpha());
        assert_eq!(settled.drift.reshaped, reshaped);
        assert!(matches!(settled.drift.kind, DriftKind::None | DriftKind::Undone), "{width}: {:?}", settled.drift);
        assert_eq!(differing_outside(&settled), 0);
        let middle = settled.pixels.get_pixel(45, 78);
        assert!(middle[0] > 180 && middle[1] < 80, "{width}x{height}: {middle:?}");
    }
    // More on both sides, as of one who paints 2:3 whatever is asked for.
    let mut wide = RgbaImage::from_pixel(106, 160, Rgba([90, 90, 90, 255]));
    imageops::replace(&mut wide, &edit, 8, 0);
    let settled = settle_edit(&base(), &wide, &alpha());
    assert!(settled.drift.reshaped && settled.drift.likeness > 0.95, "{:?}", settled.drift);
    assert_eq!(differing_outside(&settled), 0);
}

#[test]
fn what_was_repainted_is_said_to_be() {
    let grey = RgbaImage::from_pixel(SIDE.0, SIDE.1, Rgba([128, 128, 128, 255]));
    let under = alpha();
    let mask = RgbaImage::from_fn(SIDE.0, SIDE.1, |x, y| {
        let value = u8::from(under.get_pixel(x, y)[0] > 127) * 255;
        Rgba([value, value, value, 255])
    });
    let other = imageops::rotate180(&RgbaImage::from_fn(SIDE.0, SIDE.1, |x, y| {
        let value = (((x * x + y * 17) / 40) % 200) as u8;
        Rgba([value, 255 - value, value / 2, 255])
    }));
    let empty = RgbaImage::new(0, 0);
    for (name, edit) in [("grey", grey), ("mask", mask), ("other", other)] {
        let settled = settle_edit(&base(), &edit, &alpha());
        assert_eq!(settled.drift.kind, DriftKind::Repainted, "{name}: {:?}", settled.drift);
        assert_eq!(settled.drift.shift, (0, 0), "{name}");
        assert_eq!(differing_outside(&settled), 0, "{name}");
    }
    assert_eq!(differing_outside(&settle_edit(&base(), &empty, &alpha())), 0);
}

#[test]
fn without_a_ring_nothing_is_claimed() {
    let everywhere = GrayImage::from_pixel(SIDE.0, SIDE.1, Luma([255]));
    let settled = settle_edit(&base(), &moved(&honest(), 5, 5), &everywhere);
    assert_eq!((settled.drift.kind, settled.drift.shift), (DriftKind::Unknown, (0, 0)));
    let plain = RgbaImage::from_pixel(SIDE.0, SIDE.1, Rgba([200, 190, 180, 255]));
    let settled = settle_edit(&plain, &plain, &alpha());
    assert_eq!(settled.drift.kind, DriftKind::Unknown);
    assert_eq!(settled.pixels, plain);
}

#[test]
fn twenty_drifting_edits_leave_the_outside_alone() {
    let (mut page, under) = (base(), alpha());
    for round in 0..20_i64 {
        let mut edit = moved(&page, round % 7 - 3, round % 5 - 2);
        for y in 64..90 {
            for x in 36..54 {
                edit.put_pixel(x, y, Rgba([(round * 11) as u8, 90, 160, 255]));
            }
        }
        page = settle_edit(&page, &edit, &under).pixels;
    }
    let (base, alpha) = (base(), alpha());
    let changed = page.enumerate_pixels().filter(|(x, y, pixel)| *pixel != base.get_pixel(*x, *y));
    assert!(changed.map(|(x, y, _)| alpha.get_pixel(x, y)[0]).all(|weight| weight > 0));
}
