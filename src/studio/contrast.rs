//! Legibility, judged on the pixels that words really stand on.

use std::sync::LazyLock;

use image::RgbaImage;

use super::theme::{BODY_CONTRAST_MIN, LARGE_CONTRAST_MIN, Theme};
use crate::{
    composer::{Placed, PlacedKind},
    imaging::relative_luminance,
};

/// Lines at least this high count as large: 40 px type has lines of about this height.
const LARGE_LINE_PX: f32 = 46.0;
/// How far a scrim reaches beyond the words, in pixels.
const REACH_PX: f32 = 56.0;

/// Classes whose words stand on a surface of their own, not on the plate.
pub(super) const SURFACES: [&str; 4] = ["card", "cta", "filled", "decor"];

/// Lays a soft scrim of the ground colour under every text that the plate would swallow.
pub(super) fn calm(plate: &mut RgbaImage, placed: &[Placed], theme: &Theme) {
    for text in placed {
        let is_text = matches!(text.kind, PlacedKind::Text(_));
        if !is_text || SURFACES.iter().any(|class| text.within(class)) {
            continue;
        }
        for strength in [0.35, 0.6, 0.85] {
            if holds(plate, text, theme) {
                break;
            }
            scrim(plate, text, theme.ground, strength);
        }
    }
}

/// Whether a text can be read where it stands, whichever of the set's colours it is set in.
pub(super) fn holds(plate: &RgbaImage, text: &Placed, theme: &Theme) -> bool {
    let large = text.line_height >= LARGE_LINE_PX * 1.3;
    let (colours, least) = if large {
        ([theme.ink, theme.accent], LARGE_CONTRAST_MIN)
    } else {
        ([theme.soft, theme.accent], BODY_CONTRAST_MIN)
    };
    colours.into_iter().all(|colour| worst_contrast(plate, text, colour) >= least)
}

/// The contrast at the worst twentieth of the pixels under a text: one bright speck does not make
/// a line illegible, a bright patch does.
fn worst_contrast(plate: &RgbaImage, text: &Placed, colour: [u8; 3]) -> f32 {
    let (x0, y0) = (text.x.max(0.0) as u32, text.y.max(0.0) as u32);
    let x1 = ((text.x + text.width) as u32).min(plate.width());
    let y1 = ((text.y + text.height) as u32).min(plate.height());
    let own = relative_luminance(colour);
    let mut ratios = Vec::new();
    for y in (y0..y1).step_by(4) {
        for x in (x0..x1).step_by(4) {
            let under = luminance(plate.get_pixel(x, y).0);
            ratios.push((own.max(under) + 0.05) / (own.min(under) + 0.05));
        }
    }
    if ratios.is_empty() {
        return f32::MAX;
    }
    let worst = ratios.len() / 20;
    *ratios.select_nth_unstable_by(worst, f32::total_cmp).1
}

/// The relative luminance of a pixel, its channels looked up: this is asked for thousands of them.
fn luminance([r, g, b, _]: [u8; 4]) -> f32 {
    static CHANNELS: LazyLock<[[f32; 256]; 3]> = LazyLock::new(|| {
        [0, 1, 2].map(|channel| {
            std::array::from_fn(|value| {
                let mut rgb = [0; 3];
                rgb[channel] = value as u8;
                relative_luminance(rgb)
            })
        })
    });
    let [reds, greens, blues] = &*CHANNELS;
    reds[usize::from(r)] + greens[usize::from(g)] + blues[usize::from(b)]
}

fn scrim(plate: &mut RgbaImage, text: &Placed, ground: [u8; 3], strength: f32) {
    let (left, top) = ((text.x - REACH_PX).max(0.0) as u32, (text.y - REACH_PX).max(0.0) as u32);
    let right = ((text.x + text.width + REACH_PX) as u32).min(plate.width());
    let bottom = ((text.y + text.height + REACH_PX) as u32).min(plate.height());
    if right <= left {
        // A text beside the page has no ground on it.
        return;
    }
    let outside = |v: f32, from: f32, to: f32| (from - v).max(v - to).max(0.0);
    let alpha = |aside: f32, below: f32| {
        let t = (1.0 - (aside * aside + below * below).sqrt() / REACH_PX).max(0.0);
        strength * t * t * (3.0 - 2.0 * t)
    };
    let ground = ground.map(f32::from);
    let asides: Vec<f32> = (left..right).map(|x| outside(x as f32, text.x, text.x + text.width)).collect();
    // Beside the words' own rows all are alike.
    let level: Vec<f32> = asides.iter().map(|&aside| alpha(aside, 0.0)).collect();
    let mut sloping = level.clone();
    let stride = plate.width() as usize * 4;
    let pixels: &mut [u8] = plate.as_mut();
    for y in top..bottom {
        let below = outside(y as f32, text.y, text.y + text.height);
        let alphas = if below > 0.0 {
            for (value, &aside) in sloping.iter_mut().zip(&asides) {
                *value = alpha(aside, below);
            }
            &sloping
        } else {
            &level
        };
        let row = &mut pixels[y as usize * stride..][left as usize * 4..right as usize * 4];
        for (pixel, &alpha) in row.as_chunks_mut::<4>().0.iter_mut().zip(alphas) {
            for (value, ground) in pixel.iter_mut().zip(ground) {
                let own = f32::from(*value);
                *value = (own + (ground - own) * alpha + 0.5) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scrim_is_full_under_the_words_fades_around_them_and_may_lie_beside_the_page() {
        let white = RgbaImage::from_pixel(400, 300, image::Rgba([255; 4]));
        let scrimmed = |x: f32, y: f32| {
            let text = Placed {
                kind: PlacedKind::Text("words".to_owned()),
                classes: Vec::new(),
                x,
                y,
                width: 120.0,
                height: 40.0,
                line_height: 40.0,
                lines: 1,
            };
            let mut plate = white.clone();
            scrim(&mut plate, &text, [0, 0, 0], 0.6);
            plate
        };
        let plate = scrimmed(150.0, 120.0);
        assert_eq!(plate.get_pixel(200, 140).0, [102, 102, 102, 255]);
        let [near, far] = [plate.get_pixel(140, 140)[0], plate.get_pixel(110, 140)[0]];
        assert!(102 < near && near < far && far < 255, "{near} {far}");
        assert_eq!(plate.get_pixel(140, 140), plate.get_pixel(200, 110), "as far aside as above");
        for (x, y) in [(90, 140), (200, 60), (110, 80)] {
            assert_eq!(plate.get_pixel(x, y)[0], 255, "{x},{y}");
        }
        for (x, y) in [(900.0, 10.0), (-900.0, 10.0), (10.0, 900.0), (10.0, -900.0)] {
            assert!(scrimmed(x, y) == white, "{x},{y}");
        }
    }
}
