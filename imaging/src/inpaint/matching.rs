//! Which known patch each patch at the hole is most like, and what that makes of the hole.

use super::Random;
use super::level::Level;
use crate::brush::squared_distances;

/// Patches reach this far from their centre: seven pixels square.
pub(super) const RADIUS: usize = 3;
const SIDE: usize = 2 * RADIUS + 1;

/// How far around a good match the finer levels still look, in pixels.
const SEARCH_PX: usize = 24;

/// What one pixel farther from the rim of the hole takes from a patch's word.
const CONFIDENCE: f32 = 0.87;

/// The match of every target of a level.
pub(super) struct Field {
    width: usize,
    height: usize,
    /// The place in the lists below for each centre, or [`NONE`].
    index: Vec<u32>,
    /// Centre of the source for each target.
    source: Vec<u32>,
    difference: Vec<i32>,
    confidence: Vec<f32>,
}

const NONE: u32 = u32::MAX;

impl Field {
    /// Starts from a coarser field, or from chance.
    pub(super) fn new(level: &Level, coarser: Option<&Self>, random: &mut Random) -> Self {
        let (width, height) = (level.width, level.height);
        let mut index = vec![NONE; width * height];
        for (place, &at) in level.targets.iter().enumerate() {
            index[at as usize] = place as u32;
        }
        let source = level
            .targets
            .iter()
            .map(|&at| {
                let (x, y) = (at as usize % width, at as usize / width);
                coarser
                    .and_then(|coarser| coarser.doubled(x, y, width, height))
                    .filter(|&source| level.is_source[source])
                    .map_or_else(|| level.sources[random.below(level.sources.len())], |source| source as u32)
            })
            .collect();
        let known: Vec<bool> = level.hole.iter().map(|&hole| !hole).collect();
        let distances = squared_distances(&known, width);
        let confidence =
            level.targets.iter().map(|&at| CONFIDENCE.powf(distances[at as usize].sqrt().min(60.0))).collect();
        Self { width, height, index, source, difference: vec![0; level.targets.len()], confidence }
    }

    /// What this field says of a place on the level twice its size.
    fn doubled(&self, x: usize, y: usize, width: usize, height: usize) -> Option<usize> {
        let inside = |value: usize, side: usize| value.clamp(RADIUS, side.saturating_sub(RADIUS + 1).max(RADIUS));
        let (cx, cy) = (inside(x / 2, self.width), inside(y / 2, self.height));
        let place = *self.index.get(cy * self.width + cx)?;
        if place == NONE {
            return None;
        }
        let source = self.source[place as usize] as usize;
        // The offset is doubled rather than the place, so that it fits at clamped edges as well.
        let along = |here: usize, coarse: usize, there: usize, side: usize| {
            let moved = here as i64 + 2 * (there as i64 - coarse as i64);
            moved.clamp(RADIUS as i64, side as i64 - RADIUS as i64 - 1) as usize
        };
        let (sx, sy) = (source % self.width, source / self.width);
        Some(along(y, cy, sy, height) * width + along(x, cx, sx, width))
    }

    /// Looks for better matches: at the neighbours' and, ever nearer, by chance.
    pub(super) fn improve(&mut self, level: &Level, random: &mut Random, passes: usize, far: bool) {
        for (place, &at) in level.targets.iter().enumerate() {
            self.difference[place] = difference(level, at as usize, self.source[place] as usize, i32::MAX);
        }
        let (width, height) = (self.width as i64, self.height as i64);
        let reach = if far { self.width.max(self.height) } else { SEARCH_PX };
        for pass in 0..passes {
            let back = pass % 2 == 1;
            let step: i64 = if back { 1 } else { -1 };
            for count in 0..level.targets.len() {
                let place = if back { level.targets.len() - 1 - count } else { count };
                let at = level.targets[place] as usize;
                for offset in [step, step * width] {
                    let Some(&near) = self.index.get((at as i64 + offset) as usize) else { continue };
                    if near != NONE {
                        let source = i64::from(self.source[near as usize]) - offset;
                        self.try_source(level, place, at, source);
                    }
                }
                let mut around = reach as i64;
                while around >= 1 {
                    let source = i64::from(self.source[place]);
                    let (x, y) = (source % width, source / width);
                    let jump = |random: &mut Random| random.below(2 * around as usize + 1) as i64 - around;
                    let (x, y) = (x + jump(random), y + jump(random));
                    if x >= 0 && y >= 0 && x < width && y < height {
                        self.try_source(level, place, at, y * width + x);
                    }
                    around /= 2;
                }
            }
        }
    }

    fn try_source(&mut self, level: &Level, place: usize, at: usize, source: i64) {
        if source < 0 || !level.is_source.get(source as usize).copied().unwrap_or(false) {
            return;
        }
        let found = difference(level, at, source as usize, self.difference[place]);
        if found < self.difference[place] {
            self.difference[place] = found;
            self.source[place] = source as u32;
        }
    }

    /// Fills the hole with what the matches say of it, each as loud as it is alike and near the rim.
    pub(super) fn vote(&self, level: &mut Level) {
        let typical = self.typical();
        let mut sums = vec![[0_f32; 5]; level.colours.len()];
        for (place, &at) in level.targets.iter().enumerate() {
            let weight = self.confidence[place] * ((-self.difference[place] as f32 / (2.0 * typical)).exp() + 1e-4);
            let (to, from) = (corner(at as usize, self.width), corner(self.source[place] as usize, self.width));
            for row in 0..SIDE {
                let (to, from) = (to + row * self.width, from + row * self.width);
                for step in 0..SIDE {
                    if level.hole[to + step] {
                        let (sum, colour) = (&mut sums[to + step], level.colours[from + step]);
                        for channel in 0..4 {
                            sum[channel] += weight * f32::from(colour[channel]);
                        }
                        sum[4] += weight;
                    }
                }
            }
        }
        for (at, sum) in sums.iter().enumerate() {
            if level.hole[at] && sum[4] > 0.0 {
                level.colours[at] = std::array::from_fn(|channel| (sum[channel] / sum[4]).round() as i16);
            }
        }
    }

    /// For each pixel of the hole the one known pixel that the best patch over it has there.
    pub(super) fn sources(&self, level: &Level) -> Vec<u32> {
        let mut best = vec![f32::INFINITY; level.colours.len()];
        let mut from_where = vec![NONE; level.colours.len()];
        for (place, &at) in level.targets.iter().enumerate() {
            let (to, from) = (corner(at as usize, self.width), corner(self.source[place] as usize, self.width));
            for row in 0..SIDE {
                for step in 0..SIDE {
                    let pixel = to + row * self.width + step;
                    // The middle of a patch is what it knows best.
                    let off = row.abs_diff(RADIUS).max(step.abs_diff(RADIUS)) as f32;
                    let cost = self.difference[place] as f32 * (1.0 + 0.25 * off) + 20.0 * off;
                    if level.hole[pixel] && cost < best[pixel] {
                        best[pixel] = cost;
                        from_where[pixel] = (from + row * self.width + step) as u32;
                    }
                }
            }
        }
        from_where
    }

    /// A difference that three quarters of the matches do not exceed.
    fn typical(&self) -> f32 {
        let mut differences = self.difference.clone();
        if differences.is_empty() {
            return 1.0;
        }
        let place = differences.len() * 3 / 4;
        (*differences.select_nth_unstable(place).1).max(1) as f32
    }
}

fn corner(centre: usize, width: usize) -> usize {
    centre - RADIUS * width - RADIUS
}

/// Sum of squared differences of two patches; anything from `limit` on may be cut short.
fn difference(level: &Level, one: usize, other: usize, limit: i32) -> i32 {
    let width = level.width;
    let (one, other) = (corner(one, width), corner(other, width));
    let mut sum = 0;
    for row in 0..SIDE {
        let (p, q) = (&level.colours[one + row * width..][..SIDE], &level.colours[other + row * width..][..SIDE]);
        for (p, q) in p.iter().zip(q) {
            for channel in 0..4 {
                let off = i32::from(p[channel].wrapping_sub(q[channel]));
                sum += off * off;
            }
        }
        if sum >= limit {
            return sum;
        }
    }
    sum
}
