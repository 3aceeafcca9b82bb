//! The tone of a picture, how near two tones are, and a gentle grade from one to the other.
//!
//! Backdrops that a model paints one by one differ in warmth and brightness although they were asked
//! for alike. Moving the mean and the spread of each channel in OKLab part of the way to a common
//! tone (after Reinhard et al., "Color Transfer between Images", 2001, there in lαβ) ties a set
//! together without repainting anything.

use image::RgbaImage;

use super::{Oklab, resize::probe};

/// The side of the copy on which a tone is measured.
const PROBE_SIDE: u32 = 64;
/// A difference of mean colour (OKLab distance) at which two pictures share nothing.
const DISTANCE_FULL: f32 = 0.35;
/// Limits of the spread's change, so that a flat picture is not blown up into noise.
const SPREAD_CHANGE: (f32, f32) = (0.8, 1.25);

/// Mean and spread (standard deviation) of a picture's L, a and b in OKLab.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tone {
    /// Means.
    pub mean: [f32; 3],
    /// Standard deviations.
    pub spread: [f32; 3],
}

impl Tone {
    /// The tone of a picture.
    pub fn of(pixels: &RgbaImage) -> Self {
        let probe = probe(pixels, PROBE_SIDE);
        let colours: Vec<[f32; 3]> = probe.pixels().map(|p| lab([p[0], p[1], p[2]])).collect();
        let count = colours.len().max(1) as f32;
        let mut mean = [0.0; 3];
        for colour in &colours {
            for channel in 0..3 {
                mean[channel] += colour[channel] / count;
            }
        }
        let mut spread = [0.0; 3];
        for colour in &colours {
            for channel in 0..3 {
                spread[channel] += (colour[channel] - mean[channel]).powi(2) / count;
            }
        }
        Self { mean, spread: spread.map(f32::sqrt) }
    }

    /// How near two tones are, 0 (nothing in common) to 100 (the same).
    pub fn nearness(&self, other: &Self) -> u8 {
        let mean: f32 = (0..3).map(|i| (self.mean[i] - other.mean[i]).powi(2)).sum::<f32>().sqrt();
        let spread: f32 = (0..3).map(|i| (self.spread[i] - other.spread[i]).powi(2)).sum::<f32>().sqrt();
        let off = (mean + 0.5 * spread) / DISTANCE_FULL;
        (100.0 * (1.0 - off.min(1.0))).round() as u8
    }
}

fn lab([r, g, b]: [u8; 3]) -> [f32; 3] {
    let colour = Oklab::from_rgb([r, g, b]);
    [colour.l, colour.a, colour.b]
}

/// Moves a picture's tone towards another: `strength` 0 changes nothing, 1 goes the whole way.
pub fn grade(pixels: &mut RgbaImage, target: &Tone, strength: f32) {
    grade_by(pixels, &Tone::of(pixels), target, strength);
}

fn grade_by(pixels: &mut RgbaImage, own: &Tone, target: &Tone, strength: f32) {
    let strength = strength.clamp(0.0, 1.0);
    let factor: [f32; 3] = std::array::from_fn(|i| {
        let wanted = if own.spread[i] > 1e-4 { target.spread[i] / own.spread[i] } else { 1.0 };
        1.0 + (wanted.clamp(SPREAD_CHANGE.0, SPREAD_CHANGE.1) - 1.0) * strength
    });
    let shift: [f32; 3] = std::array::from_fn(|i| (target.mean[i] - own.mean[i]) * strength);
    let table = table(|colour| {
        let [l, a, b] = lab(colour);
        let moved = |value: f32, i: usize| own.mean[i] + (value - own.mean[i]) * factor[i] + shift[i];
        Oklab { l: moved(l, 0), a: moved(a, 1), b: moved(b, 2) }.to_rgb()
    });
    let changes = changes(&table);
    let change = |[r, g, b, _]: [u8; 4]| {
        let [r, g, b] = [r, g, b].map(|value| usize::from(value / CELL));
        changes[(r * CELLS + g) * CELLS + b]
    };
    let (fours, rest) = pixels.as_mut().as_chunks_mut::<4>().0.as_chunks_mut::<4>();
    for pixels in fours {
        // First the four look-ups, then sixteen sums that the compiler does at once.
        let changes = pixels.map(change);
        add(pixels.as_flattened_mut(), changes.as_flattened());
    }
    for pixel in rest {
        let change = change(*pixel);
        add(pixel, &change);
    }
}

fn add(values: &mut [u8], changes: &[i16]) {
    for (value, change) in values.iter_mut().zip(changes) {
        *value = (i16::from(*value) + change).clamp(0, 255) as u8;
    }
}

/// Levels of a channel that are changed alike, and how many such cells a channel has. Over so few levels a gentle
/// change differs by less than half of one.
const CELL: u8 = 4;
const CELLS: usize = 256 / CELL as usize;

/// What a change adds to every colour of each cell: a page has eight times as many pixels as there are cells, and
/// then each costs one step instead of an interpolation. The fourth number is what it does to alpha: nothing.
fn changes(table: &Grid) -> Vec<[i16; 4]> {
    let middle = |cell: usize| cell as u8 * CELL + CELL / 2;
    let mut changes = Vec::with_capacity(CELLS * CELLS * CELLS);
    for r in 0..CELLS {
        for g in 0..CELLS {
            for b in 0..CELLS {
                let from = [middle(r), middle(g), middle(b)];
                let to = looked_up(table, from);
                let change = |i: usize| i16::from(to[i]) - i16::from(from[i]);
                changes.push([change(0), change(1), change(2), 0]);
            }
        }
    }
    changes
}

/// Grid points a channel.
const GRID: usize = 33;

/// What a change of colours does, on a grid: evaluated once, whatever the picture's size.
pub(super) struct Grid(Vec<[f32; 4]>);

/// What a change of colours adds to each channel; the fourth number is unused and makes a grid point one
/// machine word wide.
pub(super) fn table(change: impl Fn([u8; 3]) -> [u8; 3]) -> Grid {
    let level = |step: usize| (step * 8).min(255) as u8;
    let mut differences = Vec::with_capacity(GRID * GRID * GRID);
    for r in 0..GRID {
        for g in 0..GRID {
            for b in 0..GRID {
                let from = [level(r), level(g), level(b)];
                let [r, g, b] = change(from);
                let differ = |to: u8, from: u8| f32::from(to) - f32::from(from);
                differences.push([differ(r, from[0]), differ(g, from[1]), differ(b, from[2]), 0.0]);
            }
        }
    }
    Grid(differences)
}

/// Between the four grid points of the tetrahedron around a colour, so that gradients stay smooth and greys
/// stay what the grid makes of greys. Every number on the way is a whole one and small enough to be exact.
pub(super) fn looked_up(Grid(differences): &Grid, colour: [u8; 3]) -> [u8; 3] {
    const STRIDES: [u32; 3] = [(GRID * GRID) as u32, GRID as u32, 1];
    // How far into the cell, and behind it which way that is: sorted together, the farthest first.
    let [x, y, z] = std::array::from_fn(|i| u32::from(colour[i] % 8) << 16 | STRIDES[i]);
    let (x, y) = (x.max(y), x.min(y));
    let (x, z) = (x.max(z), x.min(z));
    let (y, z) = (y.max(z), y.min(z));
    let [far, middle, near] = [x, y, z].map(|way| (way >> 16) as f32);
    let [r, g, b] = colour.map(|value| usize::from(value / 8));
    let first = (r * GRID + g) * GRID + b;
    let second = first + (x & 0xFFFF) as usize;
    let third = second + (y & 0xFFFF) as usize;
    let fourth = third + (z & 0xFFFF) as usize;
    let points = [(first, 8.0 - far), (second, far - middle), (third, middle - near), (fourth, near)];
    let mut sum = [0.5; 4];
    for (at, weight) in points {
        for (sum, difference) in sum.iter_mut().zip(&differences[at]) {
            *sum += weight * difference;
        }
    }
    // The half of a step of the sum makes halves go up.
    std::array::from_fn(|i| byte(f32::from(colour[i]) + sum[i] / 8.0))
}

/// The nearest byte: in a number this large the lowest bits count whole steps.
fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(base: [u8; 3]) -> RgbaImage {
        RgbaImage::from_fn(64, 64, |x, y| {
            let light = (x + y) as u8 / 4;
            image::Rgba([base[0] + light, base[1] + light, base[2] + light, 255])
        })
    }

    #[test]
    fn every_pixel_is_graded_as_its_colour_is_and_keeps_its_alpha() {
        let picture =
            RgbaImage::from_fn(256, 256, |x, y| image::Rgba([x as u8, y as u8, (x * y / 300) as u8, x as u8]));
        let (own, target) = (Tone::of(&picture), Tone { mean: [0.7, 0.05, 0.08], spread: [0.2, 0.05, 0.06] });
        let mut graded = picture.clone();
        grade_by(&mut graded, &own, &target, 0.4);
        let (mut most, mut sum) = (0, 0_u32);
        for (before, after) in picture.pixels().zip(graded.pixels()) {
            assert_eq!(before[3], after[3]);
            let colour = lab([before[0], before[1], before[2]]);
            let moved: [f32; 3] = std::array::from_fn(|i| {
                let wanted = (target.spread[i] / own.spread[i]).clamp(SPREAD_CHANGE.0, SPREAD_CHANGE.1);
                let factor = 1.0 + (wanted - 1.0) * 0.4;
                own.mean[i] + (colour[i] - own.mean[i]) * factor + (target.mean[i] - own.mean[i]) * 0.4
            });
            let exact = Oklab { l: moved[0], a: moved[1], b: moved[2] }.to_rgb();
            for (exact, value) in exact.into_iter().zip(after.0) {
                most = most.max(exact.abs_diff(value));
                sum += u32::from(exact.abs_diff(value));
            }
        }
        let mean = f64::from(sum) / (256.0 * 256.0 * 3.0);
        assert!(most <= 9 && mean < 0.6, "off by {mean} levels, {most} at most");
    }

    #[test]
    fn grading_brings_tones_nearer_and_the_same_tone_changes_nothing() {
        let (warm, cool) = (ramp([180, 150, 110]), ramp([110, 140, 180]));
        let target = Tone::of(&cool);
        let before = Tone::of(&warm).nearness(&target);
        let mut graded = warm.clone();
        grade(&mut graded, &target, 0.5);
        let after = Tone::of(&graded).nearness(&target);
        assert!(after > before + 10, "{before} → {after}");
        assert!(graded.pixels().all(|pixel| pixel[3] == 255));
        let mut same = cool.clone();
        grade(&mut same, &target, 1.0);
        let most = same.as_raw().iter().zip(cool.as_raw()).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(most <= 1, "{most}");
        assert_eq!(target.nearness(&target), 100);
    }
}
