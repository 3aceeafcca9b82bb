//! What the pixel part of an edit costs on a page of 1080 by 1920: a painted mask read, a foreign picture
//! brought home, an edit laid in, a hole filled, colours changed. Prints processor milliseconds.
//!
//! ```sh
//! cargo bench --bench edits
//! ```

use std::{fs, hint::black_box, time::Instant};

use haibao::imaging::{
    self, EditMask, ImageLimits, encode_png_grey, inpaint, laid_in, resize_cover,
    retouch::{self, Mood},
    settle_edit, visible_change,
};
use image::{GrayImage, Luma, Rgba, RgbaImage};

const WIDTH: u32 = 1080;
const HEIGHT: u32 = 1920;
const ROUNDS: usize = 7;

fn main() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average {}\n", load.split_whitespace().next().unwrap_or("unknown"));
    println!("| what | processor ms, median of {ROUNDS} (by the clock) |\n|---|---|");
    let photo = photo();
    let disc = |share: f64| {
        let radius = (f64::from(WIDTH * HEIGHT) * share / std::f64::consts::PI).sqrt();
        GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
            Luma([u8::from((f64::from(x) - 520.0).hypot(f64::from(y) - 900.0) < radius) * 255])
        })
    };
    let png = encode_png_grey(&disc(0.055));
    let mask = EditMask::from_upload(&png, (WIDTH, HEIGHT), &ImageLimits::default()).expect("a disc is a mask");
    let alpha = mask.soft(8.0, 10.0);
    let hole = disc(0.07);
    let mut edit = photo.clone();
    retouch::warm(&mut edit, 0.5, None);

    measured("mask from PNG", || EditMask::from_upload(&png, (WIDTH, HEIGHT), &ImageLimits::default()));
    measured("soft alpha", || mask.soft(8.0, 10.0));
    measured("laid_in", || laid_in(&photo, &edit, &alpha));
    measured("settle_edit, another warmth", || settle_edit(&photo, &edit, &alpha));
    measured("visible_change", || visible_change(&photo, &edit, None));
    measured("inpaint, a hole of 7 %", || inpaint(&photo, &hole, 7));
    measured("inpaint, a hole of 1 %", || inpaint(&photo, &disc(0.01), 7));
    let retouched = |change: &dyn Fn(&mut RgbaImage)| {
        let mut pixels = photo.clone();
        change(&mut pixels);
        pixels
    };
    measured("recolour under an alpha", || {
        retouched(&|pixels| retouch::recolour(pixels, [30, 90, 200], 1.0, Some(&alpha)))
    });
    measured("mood, everywhere", || retouched(&|pixels| retouch::mood(pixels, Mood::Vintage, 1.0, None)));
    measured("brighten, everywhere", || retouched(&|pixels| retouch::brighten(pixels, 0.4, None)));
    measured("blur under an alpha", || retouched(&|pixels| retouch::blur(pixels, 12.0, Some(&alpha))));
    measured("mosaic under an alpha", || retouched(&|pixels| retouch::mosaic(pixels, 24, Some(&alpha))));
    measured("sharpen, everywhere", || retouched(&|pixels| retouch::sharpen(pixels, 0.6, None)));
}

/// A poster to work on: one of the samples at full size, with a grain like a camera's.
fn photo() -> RgbaImage {
    let bytes = include_bytes!("../data/assets/samples/serum.jpg");
    let photo = imaging::decode(bytes, &ImageLimits::default()).expect("the sample is a picture");
    let mut page = resize_cover(&photo.pixels, WIDTH, HEIGHT);
    for (x, y, pixel) in page.enumerate_pixels_mut() {
        let noise = (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77)).wrapping_mul(0xc2b2_ae3d) >> 29;
        let Rgba([r, g, b, _]) = *pixel;
        *pixel = Rgba([r, g, b, 0].map(|value| value.saturating_add(noise as u8)));
        pixel[3] = 255;
    }
    page
}

fn measured<T>(what: &str, work: impl Fn() -> T) {
    let mut samples: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let (began, before) = (Instant::now(), cpu_ms());
            black_box(work());
            (cpu_ms() - before, began.elapsed().as_secs_f64() * 1000.0)
        })
        .collect();
    samples.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (cpu, wall) = samples[ROUNDS / 2];
    println!("| {what} | {cpu:.1} ({wall:.1}) |");
}

/// Processor time of this thread so far, in milliseconds, as Linux counts it.
fn cpu_ms() -> f64 {
    let text = fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1e6
}
