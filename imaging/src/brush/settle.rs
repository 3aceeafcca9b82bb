//! Settling a foreign picture on its base.
//!
//! Who repaints part of a picture often sends back a whole one: of another size, a few pixels off,
//! a little warmer. Around the painted place both pictures show the same things, and from that ring
//! shift and colour are measured and undone before the edit is laid in. What cannot be undone is said.

use image::{GrayImage, RgbaImage};

use super::distance::squared_distances;
use super::lay::laid_in;
use crate::{Oklab, resize, resize_cover};

/// The farthest shift that is looked for, in pixels either way.
pub const SHIFT_MAX_PX: i32 = 8;

/// Ratios of width to height that differ by less are one, stretched by rounding to some multiple.
const RATIO_SAME: f32 = 0.02;

/// Width of the ring that is compared, as a share of the shorter side, and at least so many pixels.
const RING_SHARE: f32 = 0.06;
const RING_MIN_PX: f32 = 24.0;

/// Pixels of the ring that are compared for shift and for colour.
const EDGES_MAX: usize = 3000;
const SAMPLES_MAX: usize = 8000;
/// Fewer than this say nothing.
const SAMPLES_MIN: usize = 32;

/// Mean step of lightness at the ring's edges, in levels, from which there is something to align by.
const STRUCTURE_MIN: f32 = 5.0;

/// Correlation from which two rings show the same things.
const LIKENESS_MIN: f32 = 0.6;

/// By how much another shift must fit better than none.
const BETTER_BY: f32 = 0.01;

/// A difference of a ring without structure (OKLab distance times 100) that no change of light explains.
const DIFFERENCE_FOREIGN: f32 = 20.0;

/// What became of a picture on its way back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriftKind {
    /// It lay where it belongs, in the same colours.
    None,
    /// It was shifted or coloured otherwise, which is undone.
    Undone,
    /// Around the painted place it shows something else: there is nothing to align by, and the edit is
    /// laid in as it came. Worth one more try.
    Repainted,
    /// Around the painted place there is nothing to compare, or too little.
    Unknown,
}

/// How a foreign picture differed from its base around the painted place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drift {
    /// What it comes to.
    pub kind: DriftKind,
    /// How far it was shifted to the right and down, in pixels of the base; undone.
    pub shift: (i32, i32),
    /// By what each channel was multiplied to match the base, 1 for nothing.
    pub gain: [f32; 3],
    /// What was added to each channel after that, in levels.
    pub offset: [f32; 3],
    /// Correlation of the two rings as laid in, -1 to 1; from 0.6 on they show the same.
    pub likeness: f32,
    /// Mean difference of the rings as they came, as OKLab distance times 100.
    pub ring_difference_before: f32,
    /// The same, once shift and colour were undone: from about 6 on a seam may be seen.
    pub ring_difference: f32,
    /// Whether it came in another shape, so that part of it had to be cut off or stretched.
    pub reshaped: bool,
}

/// A foreign picture brought home.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The base with the edit laid in: outside the alpha the base's bytes.
    pub pixels: RgbaImage,
    /// The edit itself in the base's size, place and colours: what [`patch_of`](super::patch_of) wants.
    pub edit: RgbaImage,
    /// What had to be undone, and what could not be.
    pub drift: Drift,
}

/// Brings an edit to its base's size, place and colours and lays it in under the alpha.
///
/// Whatever comes back, where alpha is 0 the result is the base byte for byte. A shift of up to
/// [`SHIFT_MAX_PX`] pixels either way is found where the surroundings of the painted place have
/// structure, and a change of light or colour is matched channel by channel, outliers left aside.
pub fn settle_edit(base: &RgbaImage, edit: &RgbaImage, alpha: &GrayImage) -> Settled {
    let ring = Ring::around(base, alpha);
    let (fitted, reshaped) = fitted(base, edit, &ring);
    let (shift, likeness) = ring.shift(&fitted);
    let samples = ring.pairs(base, &fitted, shift);
    let before = mean_difference(&ring.pairs(base, &fitted, (0, 0)));
    let mut drift = Drift {
        kind: DriftKind::None,
        shift: (0, 0),
        gain: [1.0; 3],
        offset: [0.0; 3],
        likeness,
        ring_difference_before: before,
        ring_difference: before,
        reshaped,
    };
    let comparable = samples.len() >= SAMPLES_MIN;
    let structured = ring.is_structured();
    if !comparable {
        drift.kind = DriftKind::Unknown;
    } else if structured && likeness < LIKENESS_MIN || !structured && before > DIFFERENCE_FOREIGN {
        drift.kind = DriftKind::Repainted;
    } else {
        drift.shift = shift;
        let match_of: [(f32, f32); 3] = std::array::from_fn(|channel| colour_match(&samples, channel));
        let matched: Vec<([u8; 3], [u8; 3])> =
            samples.iter().map(|&(old, new)| (old, std::array::from_fn(|i| apply(match_of[i], new[i])))).collect();
        let (plain, after) = (mean_difference(&samples), mean_difference(&matched));
        drift.ring_difference = plain;
        if plain > 1.0 && after < 0.9 * plain {
            drift.gain = match_of.map(|(gain, _)| gain);
            drift.offset = match_of.map(|(_, offset)| offset);
            drift.ring_difference = after;
        }
        let moved = shift != (0, 0) || drift.ring_difference < plain;
        drift.kind = match (moved, structured) {
            (true, _) => DriftKind::Undone,
            (false, true) => DriftKind::None,
            (false, false) => DriftKind::Unknown,
        };
    }
    let edit = brought_home(base, &fitted, alpha, &drift);
    Settled { pixels: laid_in(base, &edit, alpha), edit, drift }
}

/// The edit in the base's size. A picture of another shape may have been stretched or cut; the reading
/// whose ring is most like the base's wins.
fn fitted(base: &RgbaImage, edit: &RgbaImage, ring: &Ring) -> (RgbaImage, bool) {
    let (width, height) = base.dimensions();
    if edit.dimensions() == (width, height) {
        return (edit.clone(), false);
    }
    if edit.is_empty() {
        return (base.clone(), true);
    }
    let ratio = |(width, height): (u32, u32)| width as f32 / height.max(1) as f32;
    if (ratio(edit.dimensions()) / ratio((width, height)) - 1.0).abs() < RATIO_SAME {
        return (resize(edit, width, height), false);
    }
    let (cut, stretched) = (resize_cover(edit, width, height), resize(edit, width, height));
    let better = ring.shift(&stretched).1 > ring.shift(&cut).1 + BETTER_BY;
    (if better { stretched } else { cut }, true)
}

/// The edit moved and matched under the alpha, the base elsewhere.
fn brought_home(base: &RgbaImage, fitted: &RgbaImage, alpha: &GrayImage, drift: &Drift) -> RgbaImage {
    let table: [[u8; 256]; 3] = std::array::from_fn(|channel| {
        std::array::from_fn(|value| apply((drift.gain[channel], drift.offset[channel]), value as u8))
    });
    let mut edit = base.clone();
    let (width, height) = (base.width() as i32, base.height() as i32);
    for (x, y, weight) in alpha.enumerate_pixels() {
        let (x, y) = (x as i32, y as i32);
        if weight[0] == 0 || x >= width || y >= height {
            continue;
        }
        let from = ((x + drift.shift.0).clamp(0, width - 1), (y + drift.shift.1).clamp(0, height - 1));
        let [r, g, b, own] = fitted.get_pixel(from.0 as u32, from.1 as u32).0;
        let colour = [table[0][usize::from(r)], table[1][usize::from(g)], table[2][usize::from(b)], own];
        edit.put_pixel(x as u32, y as u32, image::Rgba(colour));
    }
    edit
}

/// Places around the painted one where base and edit should show the same.
struct Ring {
    /// All over the ring.
    samples: Vec<(i32, i32)>,
    /// Those with the steepest lightness, and the base's lightness there.
    edges: Vec<(i32, i32)>,
    lightness: Vec<f32>,
    /// Mean step of lightness at the edges.
    structure: f32,
}

impl Ring {
    fn around(base: &RgbaImage, alpha: &GrayImage) -> Self {
        let (width, height) = base.dimensions();
        let painted: Vec<bool> = (0..height)
            .flat_map(|y| (0..width).map(move |x| (x, y)))
            .map(|(x, y)| alpha.get_pixel_checked(x, y).is_some_and(|value| value[0] > 0))
            .collect();
        let reach = (width.min(height) as f32 * RING_SHARE).max(RING_MIN_PX);
        let near: Vec<(i32, i32)> = squared_distances(&painted, width as usize)
            .into_iter()
            .enumerate()
            .filter(|(_, squared)| (1.0..=reach * reach).contains(squared))
            .map(|(at, _)| ((at % width as usize) as i32, (at / width as usize) as i32))
            .collect();
        let step = |&(x, y): &(i32, i32)| {
            let across = luma(base, x + 1, y) - luma(base, x - 1, y);
            let down = luma(base, x, y + 1) - luma(base, x, y - 1);
            f32::midpoint(across.abs(), down.abs())
        };
        // Nothing within the shift of the rim, or the search would compare what was clamped.
        let (right, bottom) = (width as i32 - SHIFT_MAX_PX, height as i32 - SHIFT_MAX_PX);
        let inner = |&(x, y): &(i32, i32)| x >= SHIFT_MAX_PX && y >= SHIFT_MAX_PX && x < right && y < bottom;
        let mut steep: Vec<((i32, i32), f32)> =
            near.iter().copied().filter(inner).map(|place| (place, step(&place))).collect();
        let kept = steep.len().min(EDGES_MAX.min(steep.len() / 4 + SAMPLES_MIN));
        if kept > 0 && kept < steep.len() {
            steep.select_nth_unstable_by(kept - 1, |one, other| {
                other.1.total_cmp(&one.1).then_with(|| one.0.cmp(&other.0))
            });
        }
        steep.truncate(kept);
        let structure = steep.iter().map(|(_, step)| step).sum::<f32>() / steep.len().max(1) as f32;
        let edges: Vec<(i32, i32)> = steep.into_iter().map(|(place, _)| place).collect();
        let lightness = edges.iter().map(|&(x, y)| luma(base, x, y)).collect();
        let every = (near.len() / SAMPLES_MAX).max(1);
        Self { samples: near.into_iter().step_by(every).collect(), edges, lightness, structure }
    }

    fn is_structured(&self) -> bool {
        self.edges.len() >= SAMPLES_MIN && self.structure >= STRUCTURE_MIN
    }

    /// How far a picture is off to the right and down, and its correlation with the base there.
    fn shift(&self, edit: &RgbaImage) -> ((i32, i32), f32) {
        if !self.is_structured() {
            return ((0, 0), 0.0);
        }
        let mut best = ((0, 0), self.correlation(edit, (0, 0)));
        let unmoved = best.1;
        for dy in -SHIFT_MAX_PX..=SHIFT_MAX_PX {
            for dx in -SHIFT_MAX_PX..=SHIFT_MAX_PX {
                let found = self.correlation(edit, (dx, dy));
                if found > best.1 && found > unmoved + BETTER_BY {
                    best = ((dx, dy), found);
                }
            }
        }
        best
    }

    fn correlation(&self, edit: &RgbaImage, (dx, dy): (i32, i32)) -> f32 {
        let (mut sums, count) = ([0.0_f64; 5], self.edges.len() as f64);
        for (&(x, y), &old) in self.edges.iter().zip(&self.lightness) {
            let (old, new) = (f64::from(old), f64::from(luma(edit, x + dx, y + dy)));
            for (sum, value) in sums.iter_mut().zip([old, new, old * old, new * new, old * new]) {
                *sum += value;
            }
        }
        let [old, new, old_squared, new_squared, product] = sums.map(|sum| sum / count);
        let (of_old, of_new) = (old_squared - old * old, new_squared - new * new);
        // A flat picture is like nothing.
        if of_old < 1.0 || of_new < 1.0 { 0.0 } else { ((product - old * new) / (of_old * of_new).sqrt()) as f32 }
    }

    fn pairs(&self, base: &RgbaImage, edit: &RgbaImage, (dx, dy): (i32, i32)) -> Vec<([u8; 3], [u8; 3])> {
        let at = |pixels: &RgbaImage, x: i32, y: i32| {
            let (x, y) = (u32::try_from(x).ok()?, u32::try_from(y).ok()?);
            pixels.get_pixel_checked(x, y).map(|pixel| [pixel[0], pixel[1], pixel[2]])
        };
        self.samples.iter().filter_map(|&(x, y)| Some((at(base, x, y)?, at(edit, x + dx, y + dy)?))).collect()
    }
}

fn luma(pixels: &RgbaImage, x: i32, y: i32) -> f32 {
    let (x, y) = (x.clamp(0, pixels.width() as i32 - 1), y.clamp(0, pixels.height() as i32 - 1));
    let [r, g, b, _] = pixels.get_pixel(x as u32, y as u32).0;
    f32::from(r) * 0.299 + f32::from(g) * 0.587 + f32::from(b) * 0.114
}

/// Gain and offset that bring the second of each pair to the first; the third that fits worst is left
/// out, since part of the ring may well have been repainted.
fn colour_match(pairs: &[([u8; 3], [u8; 3])], channel: usize) -> (f32, f32) {
    let mut values: Vec<(f32, f32)> =
        pairs.iter().map(|(old, new)| (f32::from(old[channel]), f32::from(new[channel]))).collect();
    let mut fit = (1.0, 0.0);
    for round in 0..3 {
        if round > 0 {
            let off = |&(old, new): &(f32, f32)| (fit.0 * new + fit.1 - old).abs();
            let kept = (values.len() * 85 / 100).max(1);
            values.select_nth_unstable_by(kept - 1, |one, other| off(one).total_cmp(&off(other)));
            values.truncate(kept);
        }
        let count = values.len().max(1) as f32;
        let old = values.iter().map(|pair| pair.0).sum::<f32>() / count;
        let new = values.iter().map(|pair| pair.1).sum::<f32>() / count;
        let joint = values.iter().map(|pair| (pair.0 - old) * (pair.1 - new)).sum::<f32>() / count;
        let own = values.iter().map(|pair| (pair.1 - new).powi(2)).sum::<f32>() / count;
        // The constant says: with next to no structure, the light changed and not the contrast.
        let gain = ((joint + 40.0) / (own + 40.0)).clamp(0.5, 2.0);
        fit = (gain, (old - gain * new).clamp(-96.0, 96.0));
    }
    fit
}

fn apply((gain, offset): (f32, f32), value: u8) -> u8 {
    (f32::from(value) * gain + offset).round().clamp(0.0, 255.0) as u8
}

fn mean_difference(pairs: &[([u8; 3], [u8; 3])]) -> f32 {
    let sum: f32 = pairs.iter().map(|&(old, new)| Oklab::from_rgb(old).distance(Oklab::from_rgb(new))).sum();
    100.0 * sum / pairs.len().max(1) as f32
}

#[cfg(test)]
mod tests;
