//! Drawing the outline along the edges of the photo.
//!
//! A network answers on a small square and knows no outline to better than some pixels. Here its
//! belief is relaxed: each pixel is drawn towards what it was taken for, the more firmly the surer
//! that was, and towards its neighbours, unless an edge of the photo lies between.

use super::morphology::{dilate_by, erode_by};
use super::working::Working;

/// Half width of the strip in which the outline is looked for, as a share of the long side.
const STRIP_SHARE: f32 = 0.008;

/// Colour difference, in OKLab, at which two neighbours are hardly held together any more: a little
/// above the grain of a photo.
const EDGE: f32 = 0.012;

/// How firmly a belief is held: at one half, and what certainty adds.
const HOLD: (f32, f32) = (0.03, 0.2);

/// Rounds of relaxation: after these nothing moves by more than a hundredth.
const ROUNDS: usize = 40;

/// Over-relaxation: reaches the balance several times sooner than plain averaging.
const OVERSHOOT: f32 = 1.6;

/// A pixel that may still change.
struct Open {
    at: usize,
    /// How strongly it is tied to its left, right, upper and lower neighbour.
    ties: [f32; 4],
    hold: f32,
}

/// Sharpens a belief (0 to 1 a pixel) along the edges of the picture.
pub(super) fn refine(working: &Working, belief: &[f32]) -> Vec<f32> {
    let width = working.width;
    let strip = ((width.max(working.height) as f32 * STRIP_SHARE) as usize).max(2);
    let mask: Vec<bool> = belief.iter().map(|&value| value >= 0.5).collect();
    let inside = erode_by(&mask, width, strip);
    let around = dilate_by(&mask, width, strip);
    let mut value = belief.to_vec();
    // Checkerboard order: a pixel's neighbours are all of the other colour.
    let mut boards: [Vec<Open>; 2] = [Vec::new(), Vec::new()];
    for at in 0..belief.len() {
        if inside[at] && belief[at] > 0.9 {
            value[at] = 1.0;
        } else if !around[at] && belief[at] < 0.1 {
            value[at] = 0.0;
        } else {
            let sure = 2.0 * belief[at] - 1.0;
            let hold = HOLD.0 + HOLD.1 * sure * sure;
            boards[(at % width + at / width) % 2].push(Open { at, ties: ties(working, at), hold });
        }
    }
    for _ in 0..ROUNDS {
        for board in &boards {
            for open in board {
                let Open { at, ties, hold } = *open;
                let next = [at.wrapping_sub(1), at + 1, at.wrapping_sub(width), at + width];
                let (mut sum, mut weight) = (belief[at] * hold, hold);
                for (tie, next) in ties.into_iter().zip(next) {
                    if tie > 0.0 {
                        sum += tie * value[next];
                        weight += tie;
                    }
                }
                value[at] += OVERSHOOT * (sum / weight - value[at]);
            }
        }
    }
    for value in &mut value {
        *value = value.clamp(0.0, 1.0);
    }
    value
}

fn ties(working: &Working, at: usize) -> [f32; 4] {
    let (width, height) = (working.width, working.height);
    let (x, y) = (at % width, at / width);
    let tie = |there: bool, next: usize| {
        if !there {
            return 0.0;
        }
        let squared: f32 = (0..3).map(|i| (working.lab[at][i] - working.lab[next][i]).powi(2)).sum();
        // Never quite nothing: a single noisy pixel follows its surroundings.
        0.002 + (-squared / (EDGE * EDGE)).exp()
    };
    [
        tie(x > 0, at.wrapping_sub(1)),
        tie(x + 1 < width, at + 1),
        tie(y > 0, at.wrapping_sub(width)),
        tie(y + 1 < height, at + width),
    ]
}
