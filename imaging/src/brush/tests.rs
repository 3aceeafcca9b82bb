use image::{Rgba, RgbaImage};

use super::*;
use crate::{encode_jpeg, encode_png_rgba};

fn limits() -> ImageLimits {
    ImageLimits { bytes_max: 1 << 20, pixels_max: 1 << 20, side_max: 2048 }
}

/// A white disc on black.
fn disc(width: u32, height: u32, radius: i64) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (i64::from(x) - i64::from(width / 2), i64::from(y) - i64::from(height / 2));
        let value = u8::from(dx * dx + dy * dy <= radius * radius) * 255;
        Rgba([value, value, value, 255])
    })
}

#[test]
fn a_disc_is_taken_from_png_and_from_noisy_jpeg() {
    let painted = disc(160, 120, 30);
    let png = EditMask::from_upload(&encode_png_rgba(&painted), (160, 120), &limits()).unwrap();
    assert_eq!(png.bounds(), [50, 30, 61, 61]);
    assert!((png.coverage() - 0.147).abs() < 0.003, "{}", png.coverage());
    assert!(png.pixels().pixels().all(|value| value[0] == 0 || value[0] == 255));
    let jpeg = EditMask::from_upload(&encode_jpeg(&painted, 40), (160, 120), &limits()).unwrap();
    let differing = png.pixels().iter().zip(jpeg.pixels().iter()).filter(|(a, b)| a != b).count();
    assert!(differing < 60, "{differing}");
}

#[test]
fn half_brightness_decides_and_see_through_is_not_painted() {
    let picture = RgbaImage::from_fn(40, 10, |x, _| {
        Rgba(match x / 10 {
            0 => [127, 127, 127, 255],
            1 => [128, 128, 128, 255],
            2 => [255, 255, 255, 0],
            _ => [0, 0, 0, 255],
        })
    });
    let mask = EditMask::from_upload(&encode_png_rgba(&picture), (40, 10), &limits()).unwrap();
    assert_eq!(mask.bounds(), [10, 0, 10, 10]);
}

#[test]
fn other_sizes_are_refused_with_both() {
    let png = encode_png_rgba(&disc(60, 50, 20));
    let refusal = EditMask::from_upload(&png, (50, 60), &limits()).unwrap_err();
    assert_eq!(refusal, MaskRefusal::Size { mask: (60, 50), base: (50, 60) });
    let Message { zh, en } = refusal.message();
    assert!(zh.contains("60×50") && zh.contains("50×60"), "{zh}");
    assert!(en.contains("60×50") && en.contains("50×60"), "{en}");
}

#[test]
fn too_little_and_too_much_are_refused() {
    let empty = encode_png_rgba(&RgbaImage::from_pixel(50, 50, Rgba([0, 0, 0, 255])));
    let refusal = EditMask::from_upload(&empty, (50, 50), &limits()).unwrap_err();
    assert_eq!(refusal, MaskRefusal::TooSmall { coverage: 0.0 });
    let full = encode_png_rgba(&RgbaImage::from_pixel(50, 50, Rgba([255; 4])));
    let refusal = EditMask::from_upload(&full, (50, 50), &limits()).unwrap_err();
    assert_eq!(refusal, MaskRefusal::TooLarge { coverage: 1.0 });
    let single = encode_png_rgba(&RgbaImage::from_pixel(1, 1, Rgba([255; 4])));
    assert!(matches!(EditMask::from_upload(&single, (1, 1), &limits()), Err(MaskRefusal::TooLarge { .. })));
    assert!(matches!(EditMask::from_pixels(GrayImage::new(0, 0)), Err(MaskRefusal::TooSmall { .. })));
}

#[test]
fn hostile_files_are_refused_by_name() {
    let whole = encode_png_rgba(&disc(64, 64, 20));
    let cut = EditMask::from_upload(&whole[..whole.len() - 30], (64, 64), &limits()).unwrap_err();
    assert_eq!(cut, MaskRefusal::Unreadable(ImageRefusal::Undecodable));
    let junk = EditMask::from_upload(b"GIF89a....", (64, 64), &limits()).unwrap_err();
    assert_eq!(junk, MaskRefusal::Unreadable(ImageRefusal::UnsupportedFormat));
    assert_eq!(EditMask::from_upload(&[], (1, 1), &limits()), Err(MaskRefusal::Unreadable(ImageRefusal::Empty)));
    // A header that promises what no memory holds.
    let mut huge = whole;
    huge[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
    assert!(matches!(
        EditMask::from_upload(&huge, (65_536, 65_536), &limits()),
        Err(MaskRefusal::Unreadable(ImageRefusal::SideTooLong { .. }))
    ));
}

#[test]
fn sixteen_bits_and_palettes_are_read() {
    use image::codecs::png::PngEncoder;
    use image::{ExtendedColorType, ImageEncoder};

    let mut deep = Vec::new();
    let samples: Vec<u8> = disc(40, 40, 12).pixels().flat_map(|pixel| [pixel[0], pixel[0]]).collect();
    PngEncoder::new(&mut deep).write_image(&samples, 40, 40, ExtendedColorType::L16).unwrap();
    let deep = EditMask::from_upload(&deep, (40, 40), &limits()).unwrap();
    assert_eq!(deep.bounds(), [8, 8, 25, 25]);
    // Eight by eight, one bit a pixel, the colours in a palette: the left half white.
    let mut palette = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], body: &[u8]| {
        palette.extend((body.len() as u32).to_be_bytes());
        palette.extend(kind);
        palette.extend(body);
        palette.extend(crc32(&[&kind[..], body].concat()).to_be_bytes());
    };
    chunk(b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 1, 3, 0, 0, 0]);
    chunk(b"PLTE", &[0, 0, 0, 255, 255, 255]);
    let rows: Vec<u8> = (0..8).flat_map(|_| [0, 0xF0]).collect();
    let mut packed = vec![0x78, 0x01, 1, 16, 0, !16, 0xFF];
    packed.extend(&rows);
    packed.extend(adler32(&rows).to_be_bytes());
    chunk(b"IDAT", &packed);
    chunk(b"IEND", &[]);
    assert_eq!(EditMask::from_upload(&palette, (8, 8), &limits()).unwrap().bounds(), [0, 0, 4, 8]);
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn adler32(bytes: &[u8]) -> u32 {
    let (low, high) = bytes.iter().fold((1, 0), |(low, high), &byte| {
        let low = (low + u32::from(byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    high << 16 | low
}

#[test]
fn specks_go_and_strokes_stay() {
    // Two hundred by four hundred: a piece of one pixel is below the limit of two.
    let mut painted = RgbaImage::from_pixel(200, 400, Rgba([0, 0, 0, 255]));
    for y in 50..150 {
        painted.put_pixel(80, y, Rgba([255; 4]));
        // A line of corners hangs together too.
        painted.put_pixel(y, y + 200, Rgba([255; 4]));
    }
    painted.put_pixel(3, 3, Rgba([255; 4]));
    painted.put_pixel(199, 399, Rgba([255; 4]));
    let mask = EditMask::from_upload(&encode_png_rgba(&painted), (200, 400), &limits()).unwrap();
    assert_eq!(mask.pixels().pixels().filter(|value| value[0] == 255).count(), 200);
    assert_eq!(mask.bounds(), [50, 50, 100, 300]);
}

#[test]
fn a_chequerboard_costs_no_more_than_a_field() {
    let board = GrayImage::from_fn(300, 300, |x, y| Luma([((x + y) % 2) as u8 * 255]));
    let mut specks = board.clone();
    drop_specks(&mut specks);
    assert_eq!(specks, board, "corners touch: one piece");
    let mut dots = GrayImage::from_fn(300, 300, |x, y| Luma([u8::from(x % 2 == 0 && y % 2 == 0) * 255]));
    drop_specks(&mut dots);
    assert!(dots.iter().all(|&value| value == 0), "each alone: all specks");
}

#[test]
fn the_universal_mask_says_it_twice() {
    let mask = EditMask::from_upload(&encode_png_rgba(&disc(40, 40, 12)), (40, 40), &limits()).unwrap();
    let universal = image::load_from_memory(&mask.universal_png()).unwrap().into_rgba8();
    assert_eq!(universal.get_pixel(20, 20).0, [255, 255, 255, 0]);
    assert_eq!(universal.get_pixel(1, 1).0, [0, 0, 0, 255]);
}

#[test]
fn a_soft_mask_is_whole_on_the_paint_and_nothing_far_away() {
    let mask = EditMask::from_upload(&encode_png_rgba(&disc(120, 120, 20)), (120, 120), &limits()).unwrap();
    let soft = mask.soft(6.0, 12.0);
    for (x, y, painted) in mask.pixels().enumerate_pixels() {
        let far = (f64::from(x) - 60.0).hypot(f64::from(y) - 60.0);
        let alpha = soft.get_pixel(x, y)[0];
        assert!(painted[0] == 0 || alpha == 255);
        assert!(far > 25.0 || alpha == 255, "{x},{y}");
        assert!(far < 39.0 || alpha == 0, "{x},{y}: {alpha}");
    }
    let row: Vec<u8> = (60..120).map(|x| soft.get_pixel(x, 60)[0]).collect();
    assert!(row.windows(2).all(|pair| pair[0] >= pair[1]));
    assert!(row.windows(2).all(|pair| pair[0] - pair[1] < 48), "{row:?}");
    assert_eq!(&mask.soft(0.0, 0.0), mask.pixels());
}
