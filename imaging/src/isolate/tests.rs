//! Cut-outs of the carried photos against their exact masks, and of made-up scenes.

use image::{GrayImage, Rgba};

use super::*;
use crate::{ImageLimits, decode};

fn fixture(name: &str) -> Photo {
    let path = format!("{}/../tests/fixtures/photos/{name}", env!("CARGO_MANIFEST_DIR"));
    decode(&std::fs::read(path).expect("fixture"), &ImageLimits::default()).expect("a good photo")
}

fn mask(name: &str) -> GrayImage {
    grey(&fixture(name))
}

fn grey(photo: &Photo) -> GrayImage {
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

/// A photo or mask reduced: the network sees the same of it, and the rest takes a fraction of the time.
fn small(photo: &Photo) -> Photo {
    Photo::from_pixels(crate::resize_to_fit(&photo.pixels, 600))
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

/// A cut-out agrees with the mask painted for it, or none is claimed.
///
/// Without optimisation the network takes seconds a photo: then the three that differ most, one of
/// them through the flood as well, stand for all six.
#[test]
fn cut_outs_agree_with_the_masks() {
    const PHOTOS: [(&str, &str); 6] = [
        ("mug-window.jpg", "mug-window.mask.png"),
        ("serum-bathroom.jpg", "serum-bathroom.mask.png"),
        ("headphones.jpg", "headphones.mask.png"),
        ("succulent-small.jpg", "succulent-small.mask.png"),
        ("toycar-phone.jpg", "toycar-phone.mask-upright.png"),
        ("smartwatch-dark.jpg", "smartwatch-dark.mask.png"),
    ];
    let photos = if cfg!(debug_assertions) { &PHOTOS[..3] } else { &PHOTOS[..] };
    let mut agreements = Vec::new();
    for &(name, truth) in photos {
        let (photo, truth) = (small(&fixture(name)), small(&fixture(truth)));
        if let Isolation::CutOut(cut_out) = isolate(&photo) {
            let agreement = agreement(&cut_out, &grey(&truth));
            assert!(agreement >= 0.93, "{name}: torn, {agreement}");
            assert_interior_untouched(&cut_out, &photo);
            agreements.push(agreement);
        }
    }
    if cfg!(feature = "segment") {
        assert!(agreements.len() * 3 >= photos.len() * 2, "only {} of {} were cut out", agreements.len(), photos.len());
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
        RgbaImage::from_pixel(1, 1, Rgba([9, 9, 9, 255])),
        RgbaImage::from_pixel(1, 1, Rgba([9, 9, 9, 0])),
        RgbaImage::from_pixel(0, 0, Rgba([9, 9, 9, 0])),
        RgbaImage::from_pixel(300, 300, Rgba([255, 255, 255, 255])),
        RgbaImage::from_pixel(300, 300, Rgba([0, 0, 0, 255])),
        RgbaImage::from_pixel(300, 300, Rgba([255, 255, 255, 1])),
        RgbaImage::from_fn(400, 300, |x, y| Rgba([(x * y) as u8, (x * 31) as u8, (y * 17) as u8, 255])),
    ] {
        assert!(isolate(&Photo::from_pixels(pixels)).cut_out().is_none());
    }
}

/// The longest sides an upload may have, across and down; a strip only just wide enough.
#[test]
fn the_longest_photos_are_no_trouble() {
    for (width, height) in [(8192, 64), (64, 8192), (8192, 1)] {
        let plain = RgbaImage::from_pixel(width, height, Rgba([230, 230, 230, 255]));
        assert!(isolate(&Photo::from_pixels(plain)).cut_out().is_none());
    }
    let bar = RgbaImage::from_fn(8192, 80, |x, y| {
        let inside = (3000..5000).contains(&x) && (20..60).contains(&y);
        Rgba(if inside { [120, 20, 30, 255] } else { [230, 230, 230, 255] })
    });
    if let Isolation::CutOut(cut_out) = isolate(&Photo::from_pixels(bar)) {
        assert!(cut_out.source_box[2].abs_diff(2000) < 40, "{:?}", cut_out.source_box);
    }
}

#[test]
fn a_grey_photo_is_cut_out_like_any_other() {
    let Isolation::CutOut(cut_out) = isolate(&ring([235, 235, 235], [60, 60, 60], (400.0, 300.0))) else {
        panic!("framed")
    };
    assert_eq!(cut_out.method, CutOutMethod::PlainBackground);
}

#[test]
fn a_cut_out_goes_back_to_its_place() {
    let photo = fixture("lipstick-cutout.png");
    let Isolation::CutOut(cut_out) = isolate(&photo) else { panic!("framed") };
    let canvas = cut_out.on_canvas(photo.pixels.width(), photo.pixels.height());
    assert!(canvas.pixels().zip(photo.pixels.pixels()).all(|(back, was)| back == was || was[3] < 8));
}

/// Sees a disc in the middle of whatever it is shown, as surely as it is told to.
struct Disc(f32);

impl Segmenter for Disc {
    fn salience(&self, _picture: &RgbaImage, side: usize) -> Vec<f32> {
        let centre = side as f32 / 2.0;
        (0..side * side)
            .map(|at| ((at % side) as f32 - centre).hypot((at / side) as f32 - centre))
            .map(|radius| if radius < centre * 0.6 { self.0 } else { 0.02 })
            .collect()
    }
}

fn busy_scene() -> Photo {
    Photo::from_pixels(RgbaImage::from_fn(320, 240, |x, y| {
        let stripe = (x / 16 + y / 16) % 2 == 0;
        Rgba(if stripe { [240, 200, 40, 255] } else { [20, 90, 60, 255] })
    }))
}

#[test]
fn what_nobody_is_sure_of_is_framed() {
    for segmenter in [Disc(0.0), Disc(0.2), Disc(0.45)] {
        assert!(isolate_with(&busy_scene(), Some(&segmenter)).cut_out().is_none());
    }
    // Closer by, the same disc would be another one: the looks contradict each other.
    assert!(isolate_with(&busy_scene(), Some(&Disc(1.0))).cut_out().is_none());
    let Isolation::Framed { reason } = isolate_with(&busy_scene(), None) else { panic!("cut out by nobody") };
    assert_eq!(reason, FrameReason::BusyGround);
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
