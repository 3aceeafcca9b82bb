//! Flooding the ground from the rim inwards, soft shadows included.

use super::border::{Rim, Surface};
use super::morphology::{dilate, islands, pieces, reach, rim};
use super::working::Working;

/// Darkest soft shadow, as a share of the ground's OKLab lightness. Below it is a thing, not a
/// shadow.
const SHADOW_DEPTH_MIN: f32 = 0.45;

/// How far a shadow's colour may stray from the darkened ground's, in OKLab: light bounced off the
/// product tints it.
const SHADOW_TINT_MAX: f32 = 0.022;

/// Bounds of the slope, in OKLab a working pixel, that the ground itself may have. Between them it
/// is taken from the photo: an even backdrop gives away even a cream edge before beige.
const SLOPE_MAX: (f32, f32) = (0.0024, 0.006);

/// Half width of the window slopes are taken over, in working pixels: an edge shows up that far
/// before it is reached.
const SLOPE_REACH: usize = 2;

/// How far up a contact shadow is followed, as a share of the height.
const CONTACT_SHARE: f32 = 0.05;

/// What a working pixel could be by its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    /// As bright and coloured as the bare ground.
    Bare,
    /// The ground's colour, darker.
    Shadow,
}

/// `true` where the ground is, row by row.
pub(super) fn flood(working: &Working, rim: &Rim) -> Vec<bool> {
    let bare_max = (4.0 * rim.noise).clamp(0.022, 0.04);
    let slopes = slopes(working);
    let mut surface = rim.surface.clone();
    let mut classes = classify(working, &surface, bare_max);
    let slope_max = quiet_slope(&classes, &slopes);
    let mut ground = flood_once(working, &classes, &slopes, slope_max);
    // The rim says little about the middle: learn again from all the ground found so far.
    for _ in 0..2 {
        let Some(refined) = Surface::fit_where(working, &ground, &surface) else { break };
        surface = refined;
        classes = classify(working, &surface, bare_max);
        ground = flood_once(working, &classes, &slopes, slope_max);
    }
    open_holes(working, &classes, &slopes, slope_max, &mut ground);
    clear_contact_shadow(working, &surface, &mut ground);
    ground
}

/// Twice the slope that nineteen of twenty bare pixels stay below.
fn quiet_slope(classes: &[Class], slopes: &[f32]) -> f32 {
    let mut bare: Vec<f32> =
        classes.iter().zip(slopes).filter(|(class, _)| **class == Class::Bare).map(|(_, &slope)| slope).collect();
    if bare.is_empty() {
        return SLOPE_MAX.0;
    }
    let rank = bare.len() * 19 / 20;
    let quiet = *bare.select_nth_unstable_by(rank, f32::total_cmp).1;
    (2.0 * quiet).clamp(SLOPE_MAX.0, SLOPE_MAX.1)
}

/// Colour alone would let the flood enter a label that happens to match the ground; so it also
/// stops at every edge the even ground cannot have by itself.
fn flood_once(working: &Working, classes: &[Class], slopes: &[f32], slope_max: f32) -> Vec<bool> {
    let quiet: Vec<bool> =
        classes.iter().zip(slopes).map(|(&class, &slope)| class != Class::Other && slope < slope_max).collect();
    // From the rim only bare ground may start: a product cut by the frame must not be entered.
    let starts = rim(working.width, working.height).filter(|&at| classes[at] == Class::Bare);
    let mut ground = reach(&quiet, starts, working.width);
    for _ in 0..SLOPE_REACH {
        ground = dilate(&ground, working.width);
    }
    ground
}

fn classify(working: &Working, surface: &Surface, bare_max: f32) -> Vec<Class> {
    let mut classes = Vec::with_capacity(working.lab.len());
    let mut model = vec![[0.0; 3]; working.width];
    for (y, row) in working.lab.chunks_exact(working.width).enumerate() {
        surface.row(y, working, &mut model);
        for (&lab, &ground) in row.iter().zip(&model) {
            let squared: f32 = (0..3).map(|i| (lab[i] - ground[i]) * (lab[i] - ground[i])).sum();
            let (depth, tint) = shade(lab, ground);
            classes.push(if squared < bare_max * bare_max {
                Class::Bare
            } else if (SHADOW_DEPTH_MIN..1.03).contains(&depth) && tint < SHADOW_TINT_MAX {
                Class::Shadow
            } else {
                Class::Other
            });
        }
    }
    classes
}

/// A colour seen as shaded ground: how bright it is against the ground, and how far its hue strays.
/// In OKLab a shadow shrinks all three coordinates by the same factor.
fn shade(lab: [f32; 3], ground: [f32; 3]) -> (f32, f32) {
    let depth = lab[0] / ground[0].max(0.05);
    (depth, (lab[1] - depth * ground[1]).hypot(lab[2] - depth * ground[2]))
}

/// Change of colour a pixel, over a 5 × 5 window so that noise averages out.
fn slopes(working: &Working) -> Vec<f32> {
    let (width, height) = (working.width, working.height);
    let mut slopes = vec![0.0; width * height];
    for y in SLOPE_REACH..height.saturating_sub(SLOPE_REACH) {
        let rows: [&[[f32; 3]]; 5] = std::array::from_fn(|i| &working.lab[(y + i - 2) * width..][..width]);
        for x in SLOPE_REACH..width - SLOPE_REACH {
            let mut squared = 0.0;
            for channel in 0..3 {
                let (mut across, mut down) = (0.0, 0.0);
                for i in 0..5 {
                    across += rows[i][x + 2][channel] - rows[i][x - 2][channel];
                    down += rows[4][x + i - 2][channel] - rows[0][x + i - 2][channel];
                }
                squared += across * across + down * down;
            }
            slopes[y * width + x] = squared.sqrt() / 20.0;
        }
    }
    slopes
}

/// Ground seen through the product (a handle, a ring) is not connected to the rim.
///
/// It is told from a part of the product in the ground's colour, such as a label, by its size, by
/// being bare ground for the most part, and by having nothing printed on it.
fn open_holes(working: &Working, classes: &[Class], slopes: &[f32], slope_max: f32, ground: &mut [bool]) {
    let enclosed: Vec<bool> =
        (0..ground.len()).map(|at| !ground[at] && classes[at] != Class::Other && slopes[at] < slope_max).collect();
    let area_min = ground.len() / 2500;
    for hole in pieces(&enclosed, working.width) {
        let bare = hole.iter().filter(|&&at| classes[at] == Class::Bare).count();
        if hole.len() < area_min || bare * 10 < hole.len() * 7 || islands(&hole, working.width, ground.len()) > 1 {
            continue;
        }
        let mut region = vec![false; ground.len()];
        for at in hole {
            region[at] = true;
        }
        for _ in 0..SLOPE_REACH {
            region = dilate(&region, working.width);
        }
        for (ground, hole) in ground.iter_mut().zip(region) {
            *ground |= hole;
        }
    }
}

/// Takes away the steep, dark part of the shadow just below the product.
///
/// Followed upwards from the ground under each column for as long as it only grows darker and keeps
/// the hue of shaded ground; then evened out across columns, or the base would be combed.
fn clear_contact_shadow(working: &Working, surface: &Surface, ground: &mut [bool]) {
    let (width, height) = (working.width, working.height);
    let steps_max = (height as f32 * CONTACT_SHARE) as usize;
    let mut models = vec![[0.0; 3]; width * height];
    for (y, row) in models.chunks_exact_mut(width).enumerate() {
        surface.row(y, working, row);
    }
    for base in (1..height).rev() {
        let starts: Vec<bool> =
            (0..width).map(|x| ground[base * width + x] && !ground[(base - 1) * width + x]).collect();
        if !starts.contains(&true) {
            continue;
        }
        let climbed: Vec<usize> = (0..width)
            .map(|x| if starts[x] { climb(working, &models, ground, x, base, steps_max) } else { 0 })
            .collect();
        for x in 0..width {
            for step in 1..=climbed[x] {
                ground[(base - step) * width + x] = true;
            }
        }
    }
}

fn climb(working: &Working, models: &[[f32; 3]], ground: &[bool], x: usize, base: usize, steps_max: usize) -> usize {
    let width = working.width;
    let mut lightness = working.lab[base * width + x][0];
    let mut steps = 0;
    while steps < steps_max && steps < base {
        let at = (base - steps - 1) * width + x;
        let (depth, tint) = shade(working.lab[at], models[at]);
        let here = working.lab[at][0];
        if ground[at] || depth < 0.2 || tint > SHADOW_TINT_MAX + 0.04 * (1.0 - depth) || here > lightness + 0.006 {
            break;
        }
        lightness = lightness.min(here);
        steps += 1;
    }
    steps
}
