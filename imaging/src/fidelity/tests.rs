//! Both sides of the line, on real products.

use image::imageops;

use super::*;
use crate::{ImageLimits, blur::soft_blur, decode, encode_jpeg, resize};

fn cut_out(name: &str) -> RgbaImage {
    let folder = format!("{}/../tests/fixtures/photos", env!("CARGO_MANIFEST_DIR"));
    let read = |file: String| std::fs::read(format!("{folder}/{file}")).expect("fixture");
    if name.ends_with("cutout") {
        let whole = decode(&read(format!("{name}.png")), &ImageLimits::default()).expect("a picture").pixels;
        return cropped(&whole);
    }
    let photo = decode(&read(format!("{name}.jpg")), &ImageLimits::default()).expect("a picture").pixels;
    let mask = decode(&read(format!("{name}.mask.png")), &ImageLimits::default()).expect("a mask").pixels;
    let mut pixels = photo;
    for (pixel, mask) in pixels.pixels_mut().zip(mask.pixels()) {
        pixel[3] = mask[0];
    }
    cropped(&pixels)
}

/// The opaque part, at a size that keeps tests quick.
fn cropped(pixels: &RgbaImage) -> RgbaImage {
    let opaque: Vec<(u32, u32)> =
        pixels.enumerate_pixels().filter(|(_, _, p)| p[3] >= OPAQUE).map(|(x, y, _)| (x, y)).collect();
    let (x0, x1) = (opaque.iter().map(|p| p.0).min().unwrap(), opaque.iter().map(|p| p.0).max().unwrap());
    let (y0, y1) = (opaque.iter().map(|p| p.1).min().unwrap(), opaque.iter().map(|p| p.1).max().unwrap());
    let cut = imageops::crop_imm(pixels, x0, y0, x1 - x0 + 1, y1 - y0 + 1).to_image();
    let scale = 240.0 / cut.width().max(cut.height()) as f32;
    resize(&cut, (cut.width() as f32 * scale) as u32, (cut.height() as f32 * scale) as u32)
}

/// A product on a ground with a gradient, somewhat larger and off its place.
fn staged(product: &RgbaImage, scale: f32, shift: (i64, i64)) -> (RgbaImage, [f32; 4]) {
    let mut scene =
        RgbaImage::from_fn(360, 480, |x, y| image::Rgba([(150 + x / 6) as u8, (160 + y / 8) as u8, 150, 255]));
    let (w, h) = ((product.width() as f32 * scale) as u32, (product.height() as f32 * scale) as u32);
    let (left, top) = ((360 - i64::from(w)) / 2 + shift.0, (480 - i64::from(h)) / 2 + shift.1);
    imageops::overlay(&mut scene, &resize(product, w, h), left, top);
    let (w, h) = (product.width() as f32, product.height() as f32);
    (scene, [(360.0 - w) / 2.0, (480.0 - h) / 2.0, w, h])
}

fn changed(pixels: &RgbaImage, change: impl Fn([u8; 3]) -> [u8; 3]) -> RgbaImage {
    let mut pixels = pixels.clone();
    for pixel in pixels.pixels_mut() {
        let rgb = change([pixel[0], pixel[1], pixel[2]]);
        pixel.0[..3].copy_from_slice(&rgb);
    }
    pixels
}

const PRODUCTS: [&str; 4] = ["coffee-pouch", "serum-studio", "mug-window", "lipstick-cutout"];

#[test]
fn the_same_product_in_other_light_place_and_size_is_recognised() {
    for name in PRODUCTS {
        let product = cut_out(name);
        let lit = changed(&product, |rgb| rgb.map(|v| (f32::from(v) * 0.9 + 14.0) as u8));
        let warm = changed(&product, |[r, g, b]| [r.saturating_add(10), g, b.saturating_sub(8)]);
        for (what, shown, scale, shift) in [
            ("larger and moved", product.clone(), 1.12, (18, -14)),
            ("smaller", product.clone(), 0.85, (-12, 20)),
            ("in other light", lit, 1.0, (4, 4)),
            ("in warm light", warm, 1.05, (0, 8)),
        ] {
            let (scene, expected) = staged(&shown, scale, shift);
            let scene = decode(&encode_jpeg(&scene, 80), &ImageLimits::default()).unwrap().pixels;
            let found = fidelity(&product, &scene, expected).unwrap();
            assert!(found.is_preserved(), "{name} {what}: {:.2} {found:?}", found.score());
        }
        let (scene, expected) = staged(&product, 1.0, (0, 0));
        let soft = soft_blur(&scene, 1.0);
        assert!(fidelity(&product, &soft, expected).unwrap().is_preserved(), "{name} soft");
    }
}

#[test]
fn an_even_ground_hides_no_product() {
    // A tall one: the search begins on ground alone, whose variance must not come out below zero.
    let product = RgbaImage::from_fn(60, 240, |x, y| {
        let is_inside = (x as i32 - 30).pow(2) * 16 + (y as i32 - 120).pow(2) < 118 * 118;
        let rgb = if (100..140).contains(&y) { [60, 70, 90] } else { [210, 206, 200] };
        image::Rgba([rgb[0], rgb[1], rgb[2], if is_inside { 255 } else { 0 }])
    });
    let template = Template::of(&resize(&product, 17, 69)).unwrap();
    for grey in 0..=255 {
        let mut scene = RgbaImage::from_pixel(360, 480, image::Rgba([grey, grey, grey, 255]));
        let even = template.0.structure(&Field::of(&resize(&scene, 144, 192)), 3, 5, 1).unwrap();
        assert!(even.abs() < f32::EPSILON, "{even} on an even {grey}");
        imageops::overlay(&mut scene, &product, 160, 130);
        if grey % 16 == 5 {
            let found = fidelity(&product, &scene, [150.0, 120.0, 60.0, 240.0]).unwrap();
            assert!(found.is_preserved(), "on {grey}: {found:?}");
        }
    }
}

#[test]
fn another_product_another_colour_and_a_redrawn_front_are_seen() {
    for (place, name) in PRODUCTS.into_iter().enumerate() {
        let product = cut_out(name);
        let other = cut_out(PRODUCTS[(place + 1) % PRODUCTS.len()]);
        let other = resize(&other, product.width(), product.height());
        let recoloured = changed(&product, |[r, g, b]| [b, r, g.saturating_add(40)]);
        let upside_down = imageops::rotate180(&product);
        let mut blank = product.clone();
        let mean = [0, 1, 2].map(|channel| {
            let opaque: Vec<u32> = product.pixels().filter(|p| p[3] >= OPAQUE).map(|p| u32::from(p[channel])).collect();
            (opaque.iter().sum::<u32>() / opaque.len() as u32) as u8
        });
        for pixel in blank.pixels_mut() {
            pixel.0[..3].copy_from_slice(&mean);
        }
        for (what, shown) in [
            ("another product", other),
            ("recoloured", recoloured),
            ("upside down", upside_down),
            ("a blank front", blank),
        ] {
            let (scene, expected) = staged(&shown, 1.0, (0, 0));
            let found = fidelity(&product, &scene, expected).unwrap();
            assert!(!found.is_preserved(), "{name} {what}: {:.2} {found:?}", found.score());
        }
        let empty = RgbaImage::from_pixel(360, 480, image::Rgba([200, 196, 190, 255]));
        let found = fidelity(&product, &empty, [60.0, 120.0, 240.0, 240.0]).unwrap();
        assert!(!found.is_preserved(), "{name} left out");
    }
    assert!(fidelity(&RgbaImage::new(8, 8), &RgbaImage::new(64, 64), [0.0, 0.0, 8.0, 8.0]).is_none());
}
