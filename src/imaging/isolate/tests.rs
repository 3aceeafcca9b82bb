//! Cut-outs of the carried photos against their exact masks, and of made-up scenes.

use image::{GrayImage, Rgba};

use super::*;
use crate::imaging::{ImageLimits, decode};

fn fixture(name: &str) -> Photo {
    let path = format!("{}/tests/fixtures/photos/{name}", env!("CARGO_MANIFEST_DIR"));
    decode(&std::fs::read(path).expect("fixture"), &ImageLimits::default()).expect("a good photo")
}

fn mask(name: &str) -> GrayImage {
    let photo = fixture(name);
    GrayImage::from_fn(photo.pixels.width(), photo.pixels.height(), |x, y| {
        image::Luma([photo.pixels.get_pixel(x, y)[0]])
    })
}

/// Intersection over union at half coverage.
fn agreement(cut_out: &CutOut, truth: &GrayImage) -> f32 {
    let [left, top, width, height] = cut_out.source_box;
    let (mut both, mut either) = (0_u32, 0_u32);
    for (x, y, pixel) in truth.enumerate_pixels() {
        let inside = (left..left + width).contains(&x) && (top..top + height).contains(&y);
        let found = inside && cut_out.pixels.get_pixel(x - left, y - top)[3] >= 128;
        let wanted = pixel[0] >= 128;
        both += u32::from(found && wanted);
        either += u32::from(found || wanted);
    }
    both as f32 / either as f32
}

fn assert_interior_untouched(cut_out: &CutOut, photo: &Photo) {
    let [left, top, _, _] = cut_out.source_box;
    let mut interior = 0_u32;
    for (x, y, pixel) in cut_out.pixels.enumerate_pixels() {
        if pixel[3] == 255 {
            assert_eq!(pixel, photo.pixels.get_pixel(left + x, top + y), "{x},{y}");
            interior += 1;
        }
    }
    assert!(interior > cut_out.pixels.len() as u32 / 16);
}

#[test]
fn products_on_plain_grounds_are_cut_out() {
    for name in ["serum-studio", "coffee-pouch"] {
        let photo = fixture(&format!("{name}.jpg"));
        let Isolation::CutOut(cut_out) = isolate(&photo) else { panic!("{name} was framed") };
        let agreement = agreement(&cut_out, &mask(&format!("{name}.mask.png")));
        assert!(agreement >= 0.97, "{name}: {agreement}");
        assert_eq!(cut_out.method, CutOutMethod::PlainBackground);
        assert!(!cut_out.touches.any());
        assert_interior_untouched(&cut_out, &photo);
    }
}

#[test]
fn transparency_is_taken_as_it_is() {
    let photo = fixture("lipstick-cutout.png");
    let Isolation::CutOut(cut_out) = isolate(&photo) else { panic!("framed") };
    assert_eq!(cut_out.method, CutOutMethod::Alpha);
    let [left, top, width, height] = cut_out.source_box;
    assert_eq!(cut_out.pixels, crop(&photo.pixels, [left, top, width, height]));
    assert!(width < photo.pixels.width() && height < photo.pixels.height());
}

/// Every carried photo: a cut-out agrees with the mask painted for it, or none is claimed.
#[test]
fn cut_outs_agree_with_the_masks() {
    let mut agreements = Vec::new();
    for (name, truth) in [
        ("mug-window.jpg", "mug-window.mask.png"),
        ("serum-bathroom.jpg", "serum-bathroom.mask.png"),
        ("headphones.jpg", "headphones.mask.png"),
        ("succulent-small.jpg", "succulent-small.mask.png"),
        ("toycar-phone.jpg", "toycar-phone.mask-upright.png"),
        ("smartwatch-dark.jpg", "smartwatch-dark.mask.png"),
    ] {
        let photo = fixture(name);
        if let Isolation::CutOut(cut_out) = isolate(&photo) {
            let agreement = agreement(&cut_out, &mask(truth));
            assert!(agreement >= 0.93, "{name}: torn, {agreement}");
            assert_interior_untouched(&cut_out, &photo);
            agreements.push(agreement);
        }
    }
    if cfg!(feature = "segment") {
        assert!(agreements.len() >= 4, "only {} of six were cut out", agreements.len());
        let mean = agreements.iter().sum::<f32>() / agreements.len() as f32;
        assert!(mean >= 0.97, "mean {mean}");
    }
}

/// A disc before a graded ground, with a hole right through it.
fn ring(ground: [u8; 3], figure: [u8; 3], centre: (f32, f32)) -> Photo {
    Photo::from_pixels(RgbaImage::from_fn(800, 600, |x, y| {
        let radius = (x as f32 - centre.0).hypot(y as f32 - centre.1);
        let cover = (170.5 - radius).clamp(0.0, 1.0) * (radius - 69.5).clamp(0.0, 1.0);
        let grain = ((x * 7 + y * 13) % 5) as f32 - 2.0;
        let light = 1.0 - 0.12 * (y as f32 / 600.0);
        let value = |channel: usize| {
            let back = f32::from(ground[channel]) * light;
            (back + (f32::from(figure[channel]) - back) * cover + grain).round().clamp(0.0, 255.0) as u8
        };
        Rgba([value(0), value(1), value(2), 255])
    }))
}

#[test]
fn a_hole_through_the_product_shows_no_ground() {
    let Isolation::CutOut(cut_out) = isolate(&ring([225, 215, 200], [40, 60, 120], (400.0, 300.0))) else {
        panic!("framed")
    };
    let [left, top, width, height] = cut_out.source_box;
    assert!(width.abs_diff(341) <= 4 && height.abs_diff(341) <= 4, "{:?}", cut_out.source_box);
    let alpha = |x: u32, y: u32| cut_out.pixels.get_pixel(x - left, y - top)[3];
    assert_eq!(alpha(400, 300), 0);
    assert_eq!(alpha(400, 180), 255);
}

#[test]
fn the_edge_keeps_nothing_of_the_old_ground() {
    let Isolation::CutOut(cut_out) = isolate(&ring([240, 240, 240], [150, 20, 30], (400.0, 300.0))) else {
        panic!("framed")
    };
    let halo = cut_out.pixels.pixels().filter(|pixel| (60..250).contains(&pixel[3]) && pixel[1] > 110).count();
    let edge = cut_out.pixels.pixels().filter(|pixel| (60..250).contains(&pixel[3])).count();
    assert!(edge > 100 && halo * 20 < edge, "{halo} of {edge} edge pixels are pale");
}

#[test]
fn a_product_over_the_edge_says_so() {
    let Isolation::CutOut(cut_out) = isolate(&ring([225, 215, 200], [40, 60, 120], (400.0, 500.0))) else {
        panic!("framed")
    };
    assert_eq!(cut_out.touches, Edges { bottom: true, ..Edges::default() });
    let [_, top, _, height] = cut_out.source_box;
    assert_eq!(top + height, 600);
}

#[test]
fn nothing_to_see_is_framed() {
    for pixels in [
        RgbaImage::from_pixel(400, 300, Rgba([200, 190, 180, 255])),
        RgbaImage::from_pixel(400, 300, Rgba([0, 0, 0, 0])),
        RgbaImage::from_pixel(3, 3, Rgba([9, 9, 9, 255])),
        RgbaImage::from_pixel(1, 2000, Rgba([9, 9, 9, 255])),
        RgbaImage::from_fn(400, 300, |x, y| Rgba([(x * y) as u8, (x * 31) as u8, (y * 17) as u8, 255])),
    ] {
        assert!(isolate(&Photo::from_pixels(pixels)).cut_out().is_none());
    }
}

#[test]
fn rounded_corners_are_no_cut_out() {
    let mut photo = ring([225, 215, 200], [40, 60, 120], (400.0, 300.0)).pixels;
    for (x, y) in [(0, 0), (799, 0), (0, 599), (799, 599)] {
        photo.put_pixel(x, y, Rgba([0, 0, 0, 0]));
    }
    let Isolation::CutOut(cut_out) = isolate(&Photo::from_pixels(photo)) else { panic!("framed") };
    assert_eq!(cut_out.method, CutOutMethod::PlainBackground);
}
