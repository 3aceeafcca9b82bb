//! Flooding the ground from the rim inwards, soft shadows included.

use super::super::blur::box_blur;
use super::border::{Rim, Surface};
use super::bounds::Bounds;
use super::morphology::{dilate_by, erode_by, islands, pieces, reach, rim};
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

/// Share of what bare ground may stray by that still leaves no doubt.
const EXACT_SHARE: f32 = 0.55;

/// Half side of the square over which departures are taken, in working pixels.
pub(super) const DEPARTURE_REACH: usize = 2;

/// Half the distance over which slopes are measured, in working pixels.
const SLOPE_REACH: usize = 2;

/// How far from an edge its slope shows, and so how far the flood stops short of it.
const SLOPE_FOOTPRINT: usize = SLOPE_REACH + 1;

/// Steepest penumbra, in OKLab a working pixel: far steeper than the bare ground, and well below
/// the edge of anything that stands out from it.
const PENUMBRA_SLOPE_MAX: f32 = 0.012;

/// Shadows on the ground lie beside the lower part of the product, this share of its height.
const PENUMBRA_ZONE: f32 = 0.22;

/// Doors narrower than this share of the long side make a room of what lies behind them.
const DOOR_SHARE: f32 = 0.09;

/// How far up a contact shadow is followed, as a share of the height.
const CONTACT_SHARE: f32 = 0.05;

/// What a working pixel could be by its colour.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Other,
    /// The ground's colour, darker.
    Shadow,
    /// As bright and coloured as the bare ground.
    Bare,
    /// Bare, and so close to it that it is the ground wherever it is seen.
    Exact,
}

impl Class {
    const fn is_bare(self) -> bool {
        matches!(self, Self::Bare | Self::Exact)
    }
}

/// The ground, as far as its colour and its evenness give it away.
pub(super) struct Ground {
    /// `true` where it is, row by row.
    pub(super) mask: Vec<bool>,
    surface: Surface,
}

impl Ground {
    /// How far each pixel is from the ground's colour, in OKLab: the whole distance and the
    /// lightness alone. Taken over five by five pixels, so that grain counts for little and a tint
    /// far weaker than any single pixel shows.
    /// Of the part alone; along its sides, over what lies within.
    pub(super) fn departures(&self, working: &Working, part: Bounds) -> (Vec<f32>, Vec<f32>) {
        let (width, height) = (part.width(), part.height());
        let mut planes: [Vec<f32>; 3] = std::array::from_fn(|_| Vec::with_capacity(width * height));
        let mut model = vec![[0.0; 3]; width];
        for (y, row) in (part.top..).zip(part.rows(working.width)) {
            self.surface.row(y, part.left, working, &mut model);
            for (lab, ground) in working.lab[row].iter().zip(&model) {
                for (channel, plane) in planes.iter_mut().enumerate() {
                    plane.push(lab[channel] - ground[channel]);
                }
            }
        }
        let mut scratch = vec![0.0; width * height];
        for plane in &mut planes {
            box_blur(plane, &mut scratch, width, height, DEPARTURE_REACH);
        }
        let [lightness, a, b] = planes;
        let length = |at: usize| (lightness[at] * lightness[at] + a[at] * a[at] + b[at] * b[at]).sqrt();
        let whole = (0..lightness.len()).map(length).collect();
        (whole, lightness)
    }
}

/// Finds the ground.
pub(super) fn flood(working: &Working, rim: &Rim) -> Ground {
    let bare_max = (4.0 * rim.noise).clamp(0.022, 0.04);
    let slopes = slopes(working);
    let mut surface = rim.surface.clone();
    let mut classes = classify(working, &surface, bare_max);
    let slope_max = quiet_slope(&classes, &slopes);
    let mut ground = flood_once(working, &classes, &quiet(&classes, &slopes, slope_max, usize::MAX));
    // The rim says little about the middle: learn again from all the ground found so far. Only then
    // is it known where the product ends, and with that where a shadow may lie.
    let mut zone = usize::MAX;
    for round in 0..2 {
        let Some(refined) = Surface::fit_where(working, &ground, &surface) else { break };
        surface = refined;
        classes = classify(working, &surface, bare_max);
        if round == 1 {
            zone = penumbra_zone(&ground, working.width) * working.width;
        }
        ground = flood_once(working, &classes, &quiet(&classes, &slopes, slope_max, zone));
    }
    let exact: Vec<bool> = classes.iter().map(|&class| class == Class::Exact).collect();
    close_rooms(working, &exact, zone, &mut ground);
    open_holes(working, &quiet(&classes, &slopes, slope_max, usize::MAX), &exact, &mut ground);
    clear_contact_shadow(working, &surface, &mut ground);
    Ground { mask: ground, surface }
}

/// First row beside the lower part of the product.
fn penumbra_zone(ground: &[bool], width: usize) -> usize {
    // A row counts once a fiftieth of it is product: specks do not stretch the product's height.
    let busy = |row: &[bool]| row.iter().filter(|&&ground| !ground).count() * 50 > width;
    let first = ground.chunks_exact(width).position(busy).unwrap_or(0);
    let last = ground.chunks_exact(width).rposition(busy).unwrap_or(0);
    last - ((last - first) as f32 * PENUMBRA_ZONE) as usize
}

/// Twice the slope that nineteen of twenty bare pixels stay below.
fn quiet_slope(classes: &[Class], slopes: &[f32]) -> f32 {
    let mut bare: Vec<f32> =
        classes.iter().zip(slopes).filter(|(class, _)| class.is_bare()).map(|(_, &slope)| slope).collect();
    if bare.is_empty() {
        return SLOPE_MAX.0;
    }
    let rank = bare.len() * 19 / 20;
    let quiet = *bare.select_nth_unstable_by(rank, f32::total_cmp).1;
    (2.0 * quiet).clamp(SLOPE_MAX.0, SLOPE_MAX.1)
}

/// Where nothing speaks against ground: the colour fits and there is no edge.
///
/// Colour alone would let the flood enter a label that happens to match the ground; so it also
/// stops at every edge the even ground cannot have by itself. From pixel `zone` on, the slope of a
/// penumbra is let through.
fn quiet(classes: &[Class], slopes: &[f32], slope_max: f32, zone: usize) -> Vec<bool> {
    (0..classes.len())
        .map(|at| {
            let close = slopes[at];
            match classes[at] {
                Class::Other => false,
                _ if close < slope_max => true,
                // The narrow gaps between crumbs and product are bare, but full of edges.
                Class::Bare | Class::Exact => at >= zone && close < 2.0 * PENUMBRA_SLOPE_MAX,
                Class::Shadow => at >= zone && close < PENUMBRA_SLOPE_MAX,
            }
        })
        .collect()
}

fn flood_once(working: &Working, classes: &[Class], quiet: &[bool]) -> Vec<bool> {
    // From the rim only bare ground may start: a product cut by the frame must not be entered.
    let starts = rim(working.width, working.height).filter(|&at| classes[at].is_bare());
    dilate_by(&reach(quiet, starts, working.width), working.width, SLOPE_FOOTPRINT)
}

fn classify(working: &Working, surface: &Surface, bare_max: f32) -> Vec<Class> {
    let exact_max = bare_max * EXACT_SHARE;
    let mut classes = Vec::with_capacity(working.lab.len());
    let mut model = vec![[0.0; 3]; working.width];
    for (y, row) in working.lab.chunks_exact(working.width).enumerate() {
        surface.row(y, 0, working, &mut model);
        for (&lab, &ground) in row.iter().zip(&model) {
            let squared: f32 = (0..3).map(|i| (lab[i] - ground[i]) * (lab[i] - ground[i])).sum();
            if squared < bare_max * bare_max {
                let is_exact = squared < exact_max * exact_max;
                classes.push(if is_exact { Class::Exact } else { Class::Bare });
                continue;
            }
            let (depth, tint) = shade(lab, ground);
            classes.push(if (SHADOW_DEPTH_MIN..1.03).contains(&depth) && tint < SHADOW_TINT_MAX {
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
    let (a, b) = (lab[1] - depth * ground[1], lab[2] - depth * ground[2]);
    (depth, (a * a + b * b).sqrt())
}

/// Change of colour a pixel, in OKLab, over a 5 × 5 window so that noise averages out; zero along
/// the rim, where there is nothing to compare with.
fn slopes(working: &Working) -> Vec<f32> {
    let (width, height, reach) = (working.width, working.height, SLOPE_REACH);
    let mut scratch = vec![0.0; width * height];
    let mut squared = vec![0.0; width * height];
    for channel in 0..3 {
        let mut plane: Vec<f32> = working.lab.iter().map(|lab| lab[channel]).collect();
        box_blur(&mut plane, &mut scratch, width, height, 1);
        for y in reach..height.saturating_sub(reach) {
            for x in reach..width.saturating_sub(reach) {
                let at = y * width + x;
                let across = plane[at + reach] - plane[at - reach];
                let down = plane[at + reach * width] - plane[at - reach * width];
                squared[at] += across * across + down * down;
            }
        }
    }
    squared.iter().map(|squared| squared.sqrt() / (2 * reach) as f32).collect()
}

/// Shuts the flood out of places it reached through a narrow gap, unless they are real openings: a
/// gap in an outline is where product and ground happen to look the same.
///
/// Beside the product's foot a shaded nook between it and its crumbs looks much like such a place;
/// there only print gives the product away.
fn close_rooms(working: &Working, exact: &[bool], zone: usize, ground: &mut [bool]) {
    let width = working.width;
    let radius = (width.max(working.height) as f32 * DOOR_SHARE / 2.0) as usize;
    let core = erode_by(ground, width, radius);
    let outside = dilate_by(&reach(&core, rim(width, working.height), width), width, radius);
    let behind: Vec<bool> = ground.iter().zip(&outside).map(|(&ground, &outside)| ground && !outside).collect();
    // A slit along the product is no room: it has no place wide enough to stand in.
    let roomy = erode_by(&behind, width, radius / 3);
    for room in pieces(&behind, width) {
        if !room.iter().any(|&at| roomy[at]) {
            continue;
        }
        let middle = room.iter().sum::<usize>() / room.len();
        let printed = islands(&room, width, ground.len(), 12) > 1;
        if printed || (middle < zone && !is_exact(&room, exact)) {
            for at in room {
                ground[at] = false;
            }
        }
    }
}

/// Whether a piece matches the bare ground closely for the most part.
fn is_exact(piece: &[usize], exact: &[bool]) -> bool {
    piece.iter().filter(|&&at| exact[at]).count() * 10 >= piece.len() * 7
}

/// Adds the ground seen through the product (a handle, a ring), which no flood from the rim reaches.
///
/// It is told from a part of the product in the ground's colour by matching it closely, and by
/// having nothing printed on it.
fn open_holes(working: &Working, quiet: &[bool], exact: &[bool], ground: &mut [bool]) {
    let enclosed: Vec<bool> = quiet.iter().zip(ground.iter()).map(|(&quiet, &ground)| quiet && !ground).collect();
    let area_min = ground.len() / 2500;
    for hole in pieces(&enclosed, working.width) {
        if hole.len() < area_min || !is_exact(&hole, exact) || islands(&hole, working.width, ground.len(), 12) > 0 {
            continue;
        }
        let mut region = vec![false; ground.len()];
        for at in hole {
            region[at] = true;
        }
        for (ground, hole) in ground.iter_mut().zip(dilate_by(&region, working.width, SLOPE_FOOTPRINT)) {
            *ground |= hole;
        }
    }
}

/// Takes away the steep, dark part of the shadow under the product.
///
/// Below each column's lowest product pixel, where the ground is already shaded, the shadow is
/// followed upwards for as long as it only grows darker and keeps the hue of shaded ground.
fn clear_contact_shadow(working: &Working, surface: &Surface, ground: &mut [bool]) {
    let (width, height) = (working.width, working.height);
    let steps_max = (height as f32 * CONTACT_SHARE) as usize;
    let mut models = vec![[0.0; 3]; width * height];
    for (y, row) in models.chunks_exact_mut(width).enumerate() {
        surface.row(y, 0, working, row);
    }
    let climbed: Vec<(usize, usize)> = (0..width)
        .map(|x| {
            let sole = (0..height).rev().find(|&y| !ground[y * width + x]);
            match sole {
                Some(sole) if sole + 1 < height => (sole + 1, climb(working, &models, x, sole + 1, steps_max)),
                _ => (0, 0),
            }
        })
        .collect();
    for x in 0..width {
        let (base, _) = climbed[x];
        // The median of the neighbours, or single columns would comb the base.
        let mut nearby: Vec<usize> =
            climbed[x.saturating_sub(4)..(x + 5).min(width)].iter().map(|&(_, steps)| steps).collect();
        nearby.sort_unstable();
        for step in 1..=nearby[nearby.len() / 2].min(base) {
            ground[(base - step) * width + x] = true;
        }
    }
}

fn climb(working: &Working, models: &[[f32; 3]], x: usize, base: usize, steps_max: usize) -> usize {
    let width = working.width;
    let mut lightness = working.lab[base * width + x][0];
    // Under a part held in the air the ground is bare: there only a faint shade is ground.
    let shaded = lightness < models[base * width + x][0] * 0.94;
    let depth_min = if shaded { 0.3 } else { 0.7 };
    let mut steps = 0;
    while steps < steps_max && steps < base {
        let at = (base - steps - 1) * width + x;
        let (depth, tint) = shade(working.lab[at], models[at]);
        let here = working.lab[at][0];
        if depth < depth_min || tint > SHADOW_TINT_MAX + 0.04 * (1.0 - depth) || here > lightness + 0.01 {
            break;
        }
        lightness = lightness.min(here);
        steps += 1;
    }
    steps
}
