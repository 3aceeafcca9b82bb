//! Giving back what the flood took from the product by mistake.

use super::bounds::Bounds;
use super::components::Figure;
use super::ground::{DEPARTURE_REACH, Ground};
use super::morphology::{dilate_by, erode_by, pieces};
use super::working::Working;

/// Departure from the ground, in OKLab over a few pixels, that grain alone never reaches.
const DEPARTURE_MIN: f32 = 0.008;

/// Departure up to which it is bare ground beyond doubt.
const BARE_MAX: f32 = 0.005;

/// A shadow only darkens: what is lighter than the ground by this much is no ground.
const LIGHTER: f32 = 0.004;

/// Deepest bite that is filled, as a share of the long side: light that runs out further than that
/// is a glow on the backdrop.
const DEPTH_SHARE: f32 = 0.016;

/// How far such a bite is drawn on where the colours become one, as a share of the long side.
const DRAWN_ON_SHARE: f32 = 0.04;

/// What it is worth that the flood stopped before a pixel the network does not see.
const FLOOD_SHARE: f32 = 0.4;

/// Half width of the narrowest opening through a product that is told by colour alone, as a share of
/// the long side.
const OPENING_SHARE: f32 = 0.012;

/// How far the outline itself blurs into its surroundings, in working pixels.
const BLUR: usize = 3;

/// Fills bites along the outline whose colour is close to the ground's, but lighter: a pale label
/// fades into a pale backdrop for a hand's breadth, and no single pixel there tells them apart.
pub(super) fn fill_bites(working: &Working, ground: &Ground, mut figure: Figure) -> Option<Figure> {
    let long_side = working.width.max(working.height);
    let depth = ((long_side as f32 * DEPTH_SHARE) as usize).max(BLUR + 1);
    let reach = (long_side as f32 * DRAWN_ON_SHARE) as usize;
    // As far as anything below looks: a piece of light that runs out of it is no bite.
    let air = depth.max(reach) + 1 + DEPARTURE_REACH;
    let part = Bounds::of_mask(&figure.mask, working.width).grown(air, working.width, working.height);
    let mut mask = part.part(&figure.mask, working.width);
    if !fill_bites_within(&mut mask, part.width(), (depth, reach), &ground.departures(working, part)) {
        return Some(figure);
    }
    for (place, row) in part.rows(working.width).zip(mask.chunks_exact(part.width())) {
        figure.mask[place].copy_from_slice(row);
    }
    figure.measured_anew(working.width)
}

/// Fills the bites of a mask; `false` when it has none.
fn fill_bites_within(
    mask: &mut [bool],
    width: usize,
    (depth, reach): (usize, usize),
    (departure, lightness): &(Vec<f32>, Vec<f32>),
) -> bool {
    let beside = dilate_by(mask, width, BLUR);
    let shallow = dilate_by(mask, width, depth);
    // Sharpening leaves a bright line along every dark edge; no bite is as thin as that.
    let halo = dilate_by(mask, width, 2 * BLUR + 1);
    let light: Vec<bool> =
        (0..mask.len()).map(|at| !mask[at] && departure[at] > DEPARTURE_MIN && lightness[at] > LIGHTER).collect();
    let mut core = vec![false; light.len()];
    let is_bite = |bite: &Vec<usize>| bite.iter().all(|&at| shallow[at]) && bite.iter().any(|&at| !halo[at]);
    for bite in pieces(&light, width).into_iter().filter(is_bite) {
        for at in bite {
            core[at] = !beside[at];
        }
    }
    if !core.contains(&true) {
        return false;
    }
    let bites: Vec<bool> =
        dilate_by(&core, width, BLUR).iter().zip(&light).map(|(&near, &light)| near && light).collect();
    for (set, bite) in mask.iter_mut().zip(&bites) {
        *set |= bite;
    }
    // Where a fading side has become the ground's very colour, its outline goes on straight.
    let closed = erode_by(&dilate_by(mask, width, reach), width, reach);
    let gaps: Vec<bool> = (0..closed.len()).map(|at| closed[at] && !mask[at] && shallow[at]).collect();
    let touched = dilate_by(&bites, width, BLUR);
    for gap in pieces(&gaps, width).into_iter().filter(|gap| gap.iter().any(|&at| touched[at])) {
        for at in gap {
            mask[at] = true;
        }
    }
    true
}

/// Joins what the flood found with what stands out, as a belief from 0 to 1.
///
/// The flood knows bare ground for certain, but lets a product of nearly the same colour go; the
/// network sees the product as a whole, but fills its openings. So bare ground is ground, and where
/// the flood went over anything else the network decides.
pub(super) fn joined(working: &Working, ground: &Ground, figure: &Figure, salience: &[f32]) -> Vec<f32> {
    let (departure, _) = ground.departures(working, Bounds::whole(working.width, working.height));
    // A narrow spot of the ground's colour is a shade on the product that happens to match it.
    let (width, reach) = (working.width, (working.width.max(working.height) as f32 * OPENING_SHARE) as usize);
    let plain: Vec<bool> = departure.iter().map(|&departure| departure < BARE_MAX).collect();
    let bare = dilate_by(&erode_by(&plain, width, reach), width, reach + BLUR);
    (0..salience.len())
        .map(|at| {
            let seen = salience[at];
            if figure.mask[at] {
                FLOOD_SHARE + (1.0 - FLOOD_SHARE) * seen
            } else if bare[at] && plain[at] {
                seen.min(0.1)
            } else {
                seen
            }
        })
        .collect()
}
