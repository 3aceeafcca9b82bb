//! Pictures from outside, most of them hostile.

use image::{ExtendedColorType, ImageBuffer, ImageEncoder, ImageFormat, Rgb, Rgba, RgbaImage};

use super::*;
use crate::{
    ImageHeader, NormalisedUpload, UPLOAD_SIDE_MAX, encode_jpeg, encode_png_rgba, normalise, normalise_mask, probe,
};

fn limits() -> ImageLimits {
    ImageLimits::default()
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../tests/fixtures/photos/{name}", env!("CARGO_MANIFEST_DIR"))).expect("fixture")
}

/// Something with a gradient, a hard edge and noise, so that no codec finds it trivial.
fn scene(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let noise = (x * 31 + y * 17 + x * y) % 13;
        let red = if x > width / 2 { 220 } else { 40 };
        Rgba([red, ((y * 255) / height) as u8, (120 + noise) as u8, 255])
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn png_chunk(name: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut body = name.to_vec();
    body.extend_from_slice(payload);
    let mut chunk = (payload.len() as u32).to_be_bytes().to_vec();
    chunk.extend_from_slice(&body);
    chunk.extend_from_slice(&crc(&body).to_be_bytes());
    chunk
}

fn png_of_size(width: u32, height: u32) -> Vec<u8> {
    let mut header = width.to_be_bytes().to_vec();
    header.extend_from_slice(&height.to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(png_chunk(*b"IHDR", &header));
    bytes.extend(png_chunk(*b"IDAT", &[0x78, 0x9C, 3, 0, 0, 0, 0, 1]));
    bytes.extend(png_chunk(*b"IEND", &[]));
    bytes
}

fn tiff_with_orientation(orientation: u8) -> Vec<u8> {
    let mut tiff = b"II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend_from_slice(&[0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
    tiff
}

fn jpeg_with_orientation(pixels: &RgbaImage, orientation: u8) -> Vec<u8> {
    let plain = encode_jpeg(pixels, 95);
    let mut exif = b"Exif\0\0".to_vec();
    exif.extend(tiff_with_orientation(orientation));
    let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
    bytes.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
    bytes.extend_from_slice(&exif);
    bytes.extend_from_slice(&plain[2..]);
    bytes
}

#[test]
fn a_bomb_is_refused_by_its_header_alone() {
    let bomb = png_of_size(20_000, 20_000);
    let refusal = ImageRefusal::SideTooLong { width: 20_000, height: 20_000, side_max: 8192 };
    assert_eq!(probe(&bomb, &limits()), Err(refusal));
    assert_eq!(decode(&bomb, &limits()).map(|_| ()), Err(refusal));
    let many = png_of_size(8000, 8000);
    assert!(matches!(probe(&many, &limits()), Err(ImageRefusal::TooManyPixels { width: 8000, .. })));
}

#[test]
fn foreign_formats_and_nothing_are_named() {
    assert_eq!(probe(b"", &limits()), Err(ImageRefusal::Empty));
    for foreign in [
        &b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"[..],
        b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        b"<?xml version=\"1.0\"?><svg/>",
        b"%PDF-1.7",
        b"II*\0\x08\0\0\0",
        b"8BPS\0\x01",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"\x89PNG",
        b"\xFF\xD8",
        b"x",
    ] {
        assert_eq!(probe(foreign, &limits()), Err(ImageRefusal::UnsupportedFormat), "{foreign:?}");
        assert_eq!(decode(foreign, &limits()).map(|_| ()), Err(ImageRefusal::UnsupportedFormat));
    }
}

#[test]
fn a_file_over_the_byte_limit_is_refused_before_it_is_looked_at() {
    let tight = ImageLimits { bytes_max: 8, ..limits() };
    assert_eq!(probe(b"123456789", &tight), Err(ImageRefusal::TooManyBytes { bytes: 9, bytes_max: 8 }));
}

#[test]
fn a_cut_file_is_never_half_a_picture() {
    let pixels = scene(320, 240);
    let mut webp = Vec::new();
    image::codecs::webp::WebPEncoder::new_lossless(&mut webp)
        .write_image(pixels.as_raw(), 320, 240, ExtendedColorType::Rgba8)
        .unwrap();
    for whole in [encode_jpeg(&pixels, 90), encode_png_rgba(&pixels), webp] {
        assert!(decode(&whole, &limits()).is_ok());
        for kept in [30, 60, whole.len() / 4, whole.len() / 2, whole.len() * 9 / 10, whole.len() - 3, whole.len() - 1] {
            assert!(decode(&whole[..kept], &limits()).is_err(), "{kept} of {}", whole.len());
        }
    }
    // An interrupted transfer may leave the right length, filled with zeroes.
    for mut zeroed in [encode_jpeg(&pixels, 90), encode_png_rgba(&pixels)] {
        let middle = zeroed.len() / 2;
        zeroed[middle..].fill(0);
        assert!(decode(&zeroed, &limits()).is_err());
    }
}

#[test]
fn random_damage_never_panics() {
    let pixels = scene(64, 48);
    let mut state = 0x2545_F491_u32;
    for whole in [jpeg_with_orientation(&pixels, 6), encode_png_rgba(&pixels), png_of_size(64, 64)] {
        for _ in 0..400 {
            let mut damaged = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % damaged.len();
                damaged[at] = (state >> 3) as u8;
            }
            let _ = probe(&damaged, &limits());
            let _ = decode(&damaged, &limits());
        }
    }
}

#[test]
fn all_eight_orientations_come_out_upright() {
    // Red where the stored picture's top left corner is.
    let mut stored = RgbaImage::from_pixel(48, 32, Rgba([20, 20, 220, 255]));
    for y in 0..16 {
        for x in 0..16 {
            stored.put_pixel(x, y, Rgba([230, 20, 20, 255]));
        }
    }
    for (orientation, size, corner) in [
        (1, (48, 32), (4, 4)),
        (2, (48, 32), (43, 4)),
        (3, (48, 32), (43, 27)),
        (4, (48, 32), (4, 27)),
        (5, (32, 48), (4, 4)),
        (6, (32, 48), (27, 4)),
        (7, (32, 48), (27, 43)),
        (8, (32, 48), (4, 43)),
    ] {
        let bytes = jpeg_with_orientation(&stored, orientation);
        let header = probe(&bytes, &limits()).unwrap();
        assert_eq!((header.width, header.height), size, "{orientation}");
        let photo = decode(&bytes, &limits()).unwrap();
        assert_eq!(photo.pixels.dimensions(), size, "{orientation}");
        assert!(photo.pixels.get_pixel(corner.0, corner.1)[0] > 180, "{orientation}");
        assert!(!photo.has_alpha);
    }
}

#[test]
fn a_phone_photo_loses_its_position_and_keeps_its_way_up() {
    let phone = fixture("toycar-phone.jpg");
    assert!(contains(&phone, b"Exif\0\0"), "the fixture must carry what we strip");
    let header = probe(&phone, &limits()).unwrap();
    assert_eq!(header, ImageHeader { kind: ImageKind::Jpeg, width: 1200, height: 1600 });
    let stored = normalise(&phone, &limits()).unwrap();
    assert_eq!((stored.kind, stored.width, stored.height), (ImageKind::Jpeg, 1200, 1600));
    for trace in [&b"Exif"[..], b"GPS", b"http://ns.adobe.com", b"ICC_PROFILE", b"II*\0", b"MM\0*"] {
        assert!(!contains(&stored.bytes, trace), "{trace:?}");
    }
    assert_eq!(probe(&stored.bytes, &limits()).unwrap(), header);
}

#[test]
fn what_is_hidden_behind_the_picture_is_dropped() {
    let mut bytes = encode_jpeg(&scene(40, 30), 90);
    bytes.extend_from_slice(b"PK\x03\x04<script>");
    let stored = normalise(&bytes, &limits()).unwrap();
    assert!(!contains(&stored.bytes, b"<script>"));
}

#[test]
fn orientation_in_a_png_counts_too() {
    let mut bytes = encode_png_rgba(&scene(40, 20));
    let chunk = png_chunk(*b"eXIf", &tiff_with_orientation(6));
    bytes.splice(33..33, chunk);
    assert_eq!(decode(&bytes, &limits()).unwrap().pixels.dimensions(), (20, 40));
}

#[test]
fn a_large_photo_is_shrunk_and_a_small_one_kept() {
    let large = normalise(&encode_jpeg(&scene(3000, 1000), 85), &limits()).unwrap();
    assert_eq!((large.width, large.height), (UPLOAD_SIDE_MAX, 800));
    let small = normalise(&encode_jpeg(&scene(31, 17), 85), &limits()).unwrap();
    assert_eq!((small.width, small.height), (31, 17));
}

#[test]
fn transparency_decides_between_png_and_jpeg() {
    let opaque = scene(50, 40);
    assert_eq!(normalise(&encode_png_rgba(&opaque), &limits()).unwrap().kind, ImageKind::Jpeg);
    let mut translucent = opaque;
    translucent.put_pixel(3, 3, Rgba([9, 9, 9, 100]));
    let stored = normalise(&encode_png_rgba(&translucent), &limits()).unwrap();
    assert_eq!(stored.kind, ImageKind::Png);
    let photo = decode(&stored.bytes, &limits()).unwrap();
    assert!(photo.has_alpha);
    assert_eq!(photo.pixels, translucent);
}

#[test]
fn sixteen_bits_grey_and_cmyk_become_eight_bit_rgb() {
    let deep = ImageBuffer::<Rgb<u16>, _>::from_fn(20, 10, |x, _| Rgb([x as u16 * 3000, 0, 65_535]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    deep.write_to(&mut bytes, ImageFormat::Png).unwrap();
    let photo = decode(bytes.get_ref(), &limits()).unwrap();
    assert_eq!(photo.pixels.get_pixel(19, 0).0, [222, 0, 255, 255]);

    let mut grey = Vec::new();
    jpeg_encoder::Encoder::new(&mut grey, 95).encode(&[90; 400], 20, 20, jpeg_encoder::ColorType::Luma).unwrap();
    let centre = *decode(&grey, &limits()).unwrap().pixels.get_pixel(10, 10);
    assert!(centre.0[..3].iter().all(|&value| value.abs_diff(90) < 3), "{centre:?}");

    let ink: Vec<u8> = [0_u8, 255, 255, 0].repeat(400);
    for color in [jpeg_encoder::ColorType::Cmyk, jpeg_encoder::ColorType::CmykAsYcck] {
        let mut cmyk = Vec::new();
        jpeg_encoder::Encoder::new(&mut cmyk, 95).encode(&ink, 20, 20, color).unwrap();
        match decode(&cmyk, &limits()) {
            Ok(photo) => {
                let centre = photo.pixels.get_pixel(10, 10);
                assert!(centre[0] > 200 && centre[1] < 60 && centre[2] < 60, "{color:?} {centre:?}");
            }
            Err(refusal) => assert_eq!(refusal, ImageRefusal::Undecodable),
        }
    }
}

#[test]
fn an_animated_png_gives_its_still_picture() {
    let pixels = scene(24, 16);
    let mut bytes = encode_png_rgba(&pixels);
    let control: Vec<u8> = [2_u32, 0].iter().flat_map(|value| value.to_be_bytes()).collect();
    bytes.splice(33..33, png_chunk(*b"acTL", &control));
    assert_eq!(decode(&bytes, &limits()).unwrap().pixels, pixels);
}

#[test]
fn an_animated_webp_gives_its_first_frame() {
    let pixels = scene(24, 16);
    let mut still = Vec::new();
    image::codecs::webp::WebPEncoder::new_lossless(&mut still)
        .write_image(pixels.as_raw(), 24, 16, ExtendedColorType::Rgba8)
        .unwrap();
    let chunk = |name: &[u8; 4], payload: &[u8]| {
        let mut chunk = name.to_vec();
        chunk.extend_from_slice(&(payload.len() as u32).to_le_bytes());
        chunk.extend_from_slice(payload);
        chunk.resize(chunk.len() + payload.len() % 2, 0);
        chunk
    };
    let mut frame = vec![0; 16];
    frame[6] = 23;
    frame[9] = 15;
    frame[12] = 100;
    frame.extend_from_slice(&still[12..]);
    let mut body = b"WEBP".to_vec();
    body.extend(chunk(b"VP8X", &[0x12, 0, 0, 0, 23, 0, 0, 15, 0, 0]));
    body.extend(chunk(b"ANIM", &[0; 6]));
    body.extend(chunk(b"ANMF", &frame));
    body.extend(chunk(b"ANMF", &frame));
    let mut bytes = b"RIFF".to_vec();
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    bytes.extend(body);
    assert_eq!(probe(&bytes, &limits()).unwrap(), ImageHeader { kind: ImageKind::Webp, width: 24, height: 16 });
    // The decoder blends frames over its canvas, which may cost one step of rounding.
    let first = decode(&bytes, &limits()).unwrap().pixels;
    assert_eq!(first.dimensions(), (24, 16));
    assert!(first.as_raw().iter().zip(pixels.as_raw()).all(|(a, b)| a.abs_diff(*b) <= 1));
}

#[test]
fn a_mask_becomes_black_and_white() {
    let mut painted = RgbaImage::from_pixel(8, 4, Rgba([0, 0, 0, 255]));
    painted.put_pixel(1, 1, Rgba([255, 255, 255, 255]));
    painted.put_pixel(2, 1, Rgba([127, 127, 127, 255]));
    painted.put_pixel(3, 1, Rgba([128, 128, 128, 255]));
    painted.put_pixel(4, 1, Rgba([255, 255, 255, 60]));
    let NormalisedUpload { bytes, kind, width, height } =
        normalise_mask(&encode_png_rgba(&painted), &limits()).unwrap();
    assert_eq!((kind, width, height), (ImageKind::Png, 8, 4));
    let grey = image::load_from_memory(&bytes).unwrap();
    assert_eq!(grey.color(), image::ColorType::L8);
    let grey = grey.into_luma8();
    let chosen: Vec<u8> = (0..8).map(|x| grey.get_pixel(x, 1)[0]).collect();
    assert_eq!(chosen, [0, 255, 0, 255, 0, 0, 0, 0]);
}
