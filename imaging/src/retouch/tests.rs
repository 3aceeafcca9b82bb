use image::{Luma, Rgba};

use super::*;

/// Cloth: a red ground with folds and grain.
fn cloth() -> RgbaImage {
    RgbaImage::from_fn(48, 48, |x, y| {
        let fold = ((x as f32 / 5.0).sin() * 30.0) as i32 + ((x * 7 + y * 13) % 9) as i32;
        let value = |base: i32| (base + fold).clamp(0, 255) as u8;
        Rgba([value(170), value(60), value(50), 255])
    })
}

fn left_half() -> GrayImage {
    GrayImage::from_fn(48, 48, |x, _| Luma([if x < 20 { 255 } else { ((28 - x.min(28)) * 30) as u8 }]))
}

fn lab(pixel: Rgba<u8>) -> Oklab {
    Oklab::from_rgb([pixel[0], pixel[1], pixel[2]])
}

fn mean(pixels: &RgbaImage) -> Oklab {
    let count = pixels.pixels().len() as f32;
    pixels.pixels().copied().map(lab).fold(Oklab::default(), |sum, lab| Oklab {
        l: sum.l + lab.l / count,
        a: sum.a + lab.a / count,
        b: sum.b + lab.b / count,
    })
}

fn spread(pixels: &RgbaImage) -> f32 {
    let middle = mean(pixels).l;
    let count = pixels.pixels().len() as f32;
    (pixels.pixels().map(|pixel| (lab(*pixel).l - middle).powi(2)).sum::<f32>() / count).sqrt()
}

fn changed(change: impl Fn(&mut RgbaImage)) -> RgbaImage {
    let mut pixels = cloth();
    change(&mut pixels);
    pixels
}

#[test]
fn nothing_changes_outside_the_alpha_or_at_strength_nought() {
    type Change = Box<dyn Fn(&mut RgbaImage, f32, Option<&GrayImage>)>;
    let changes: [Change; 9] = [
        Box::new(|pixels, strength, alpha| recolour(pixels, [20, 90, 200], strength, alpha)),
        Box::new(|pixels, strength, alpha| blur(pixels, 4.0 * strength, alpha)),
        Box::new(brighten),
        Box::new(contrast),
        Box::new(saturate),
        Box::new(warm),
        Box::new(sharpen),
        Box::new(|pixels, strength, alpha| duotone(pixels, [10, 10, 60], [250, 220, 180], strength, alpha)),
        Box::new(|pixels, strength, alpha| mood(pixels, Mood::Cyber, strength, alpha)),
    ];
    let (alpha, before) = (left_half(), cloth());
    for (index, change) in changes.iter().enumerate() {
        let kept = changed(|pixels| change(pixels, 0.0, None));
        let most = kept.as_raw().iter().zip(cloth().as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(most <= 1, "{index}: {most}");
        let partly = changed(|pixels| change(pixels, 0.8, Some(&alpha)));
        let inside = partly.enumerate_pixels().filter(|(x, y, pixel)| *x < 20 && *pixel != before.get_pixel(*x, *y));
        assert!(inside.count() > 300, "{index}");
        for (x, y, pixel) in partly.enumerate_pixels() {
            assert!(alpha.get_pixel(x, y)[0] > 0 || pixel == before.get_pixel(x, y), "{index}: {x},{y}");
        }
    }
}

#[test]
fn dyed_cloth_has_the_colour_and_its_folds() {
    let before = cloth();
    for colour in [[30, 90, 200], [240, 240, 240], [255, 255, 255], [10, 10, 10], [128, 128, 128], [250, 210, 40]] {
        let after = changed(|pixels| recolour(pixels, colour, 1.0, None));
        let (wanted, got) = (Oklch::from_rgb(colour), Oklch::from(mean(&after)));
        assert!((wanted.l.clamp(0.16, 0.95) - got.l).abs() < 0.06, "{colour:?}: {got:?}");
        if wanted.c > 0.05 {
            let turn = (wanted.h - got.h).abs();
            assert!(turn.min(360.0 - turn) < 8.0, "{colour:?}: {got:?}");
        } else {
            assert!(got.c < 0.02, "{colour:?}: {got:?}");
        }
        assert!(spread(&after) > 0.2 * spread(&before), "{colour:?}: {} of {}", spread(&after), spread(&before));
        // What was lighter is not darker now.
        for (old, new) in before.pixels().zip(before.pixels().skip(7)).zip(after.pixels().zip(after.pixels().skip(7))) {
            if lab(*old.0).l > lab(*old.1).l + 0.06 {
                assert!(lab(*new.0).l >= lab(*new.1).l - 0.004, "{colour:?}");
            }
        }
    }
}

#[test]
fn light_contrast_colour_and_warmth_go_where_they_are_sent() {
    let before = mean(&cloth());
    assert!(mean(&changed(|pixels| brighten(pixels, 0.6, None))).l > before.l + 0.05);
    assert!(mean(&changed(|pixels| brighten(pixels, -0.6, None))).l < before.l - 0.05);
    assert!(spread(&changed(|pixels| contrast(pixels, 0.6, None))) > 1.2 * spread(&cloth()));
    assert!(spread(&changed(|pixels| contrast(pixels, -0.6, None))) < 0.9 * spread(&cloth()));
    assert!(mean(&changed(|pixels| saturate(pixels, 0.5, None))).chroma() > 1.1 * before.chroma());
    let grey = changed(|pixels| saturate(pixels, -1.0, None));
    assert!(mean(&grey).chroma() < 0.01 && (mean(&grey).l - before.l).abs() < 0.02);
    assert!(mean(&changed(|pixels| warm(pixels, 1.0, None))).b > before.b + 0.02);
    assert!(mean(&changed(|pixels| warm(pixels, -1.0, None))).b < before.b - 0.02);
}

#[test]
fn light_does_not_burn_out() {
    let mut pale = RgbaImage::from_fn(32, 8, |x, _| Rgba([200 + x as u8, 196 + x as u8, 190 + x as u8, 255]));
    brighten(&mut pale, 1.0, None);
    let row: Vec<u8> = (0..32).map(|x| pale.get_pixel(x, 4)[0]).collect();
    assert!(row.windows(2).all(|pair| pair[0] <= pair[1]), "{row:?}");
    assert!(row[31] - row[0] > 8, "{row:?}");
}

#[test]
fn a_blur_takes_nothing_from_beyond_its_alpha() {
    let mut pixels = RgbaImage::from_fn(48, 48, |x, y| {
        Rgba(if x < 24 { [(((x + y) % 2) * 60) as u8, 100, 0, 255] } else { [255, 255, 255, 255] })
    });
    let alpha = GrayImage::from_fn(48, 48, |x, _| Luma([u8::from(x < 24) * 255]));
    blur(&mut pixels, 4.0, Some(&alpha));
    for y in 0..48 {
        assert!(pixels.get_pixel(23, y)[2] < 12, "{:?}", pixels.get_pixel(23, y));
        assert!(pixels.get_pixel(12, y)[0].abs_diff(30) < 8);
    }
}

#[test]
fn a_mosaic_is_flat_within_its_squares() {
    let tiles = changed(|pixels| mosaic(pixels, 8, None));
    for (x, y, pixel) in tiles.enumerate_pixels() {
        assert_eq!(pixel, tiles.get_pixel(x / 8 * 8, y / 8 * 8));
    }
    assert!(mean(&tiles).distance(mean(&cloth())) < 0.02);
}

#[test]
fn sharpening_steepens_an_edge_and_softening_flattens_it() {
    let edge = RgbaImage::from_fn(24, 24, |x, _| {
        let value = [80, 80, 80, 100, 140, 180, 200, 200][(x.clamp(8, 15) - 8) as usize];
        Rgba([value, value, value, 255])
    });
    let step = |pixels: &RgbaImage| i32::from(pixels.get_pixel(13, 12)[0]) - i32::from(pixels.get_pixel(11, 12)[0]);
    let (mut sharp, mut soft) = (edge.clone(), edge.clone());
    sharpen(&mut sharp, 1.0, None);
    sharpen(&mut soft, -1.0, None);
    assert!(step(&sharp) > step(&edge) && step(&soft) < step(&edge), "{} {}", step(&sharp), step(&soft));
    assert!(sharp.pixels().all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]));
}

#[test]
fn moods_differ_from_each_other_and_lean_as_named() {
    let grey = RgbaImage::from_fn(32, 32, |x, _| Rgba([x as u8 * 8, x as u8 * 8, x as u8 * 8, 255]));
    let in_mood = |of: Mood| {
        let mut pixels = grey.clone();
        mood(&mut pixels, of, 1.0, None);
        pixels
    };
    let moods = [
        Mood::Warm,
        Mood::Cool,
        Mood::Vintage,
        Mood::BlackGold,
        Mood::Morandi,
        Mood::Cyber,
        Mood::Fresh,
        Mood::Romantic,
        Mood::Festive,
        Mood::Cinematic,
        Mood::Monochrome,
    ];
    let pictures = moods.map(in_mood);
    for (index, (first, one)) in moods.iter().zip(&pictures).enumerate() {
        for (second, other) in moods.iter().zip(&pictures).skip(index + 1) {
            let apart = one.pixels().zip(other.pixels()).map(|(a, b)| lab(*a).distance(lab(*b))).fold(0.0, f32::max);
            assert!(apart > 0.015, "{first:?} {second:?}: {apart}");
        }
    }
    assert!(mean(&in_mood(Mood::Warm)).b > 0.01);
    assert!(mean(&in_mood(Mood::Cool)).b < -0.01);
    assert!(in_mood(Mood::Monochrome).pixels().all(|pixel| pixel[0].abs_diff(pixel[2]) <= 1));
    assert!(in_mood(Mood::Vintage).get_pixel(0, 0)[0] > 5);
}

#[test]
fn two_tones_are_those_asked_for() {
    let mut ends = RgbaImage::from_fn(2, 1, |x, _| Rgba([x as u8 * 255, x as u8 * 255, x as u8 * 255, 255]));
    duotone(&mut ends, [20, 10, 60], [255, 220, 150], 1.0, None);
    for (x, wanted) in [(0, [20, 10, 60]), (1, [255, 220, 150])] {
        let got = ends.get_pixel(x, 0).0;
        assert!((0..3).all(|i| got[i].abs_diff(wanted[i]) <= 3), "{got:?}");
    }
}
