//! Filling a hole with what surrounds it.
//!
//! A pyramid is filled from its top: by diffusion where the hole is a few pixels wide, then on every
//! level by patches found elsewhere in the picture (after Barnes et al., "`PatchMatch`", 2009, voting as in
//! Wexler et al., "Space-Time Completion of Video", 2007). A patch also carries how busy its surroundings
//! are (after Newson et al., "Non-Local Patch-Based Image Inpainting", 2017), without which fine grain
//! loses against flat colour on the coarse levels. At the end every pixel is one real pixel of the
//! picture, not a mean of many, and the seams are drawn in the gradient domain, so that grain stays grain.

use image::{GrayImage, RgbaImage};

use super::brush::squared_distances;

mod level;
mod matching;
mod seam;

use level::Level;
use matching::{Field, RADIUS};

/// The nearest surroundings a patch may come from, in pixels, however small the hole.
const SURROUNDINGS_MIN_PX: u32 = 72;

/// How deep a hole may be on the level that is filled by diffusion, in pixels from its rim.
const DEPTH_AT_TOP_PX: f32 = 5.0;

/// No level's shorter side is below this.
const SIDE_MIN: usize = 28;

/// Rounds of matching and voting on the top level, below it, and on the full picture.
const ROUNDS: [usize; 3] = [10, 4, 2];

/// Fills every pixel whose `hole` is not 0; the others come out byte for byte as they were, and so does
/// a picture that is all hole. The same seed gives the same picture.
///
/// Sources are taken from a box of three times the hole's width and height around it: what is farther
/// away rarely belongs there, and the price stays that of the hole. For a soft seam give a mask grown by
/// some pixels as the hole, and lay the result in under [`EditMask::soft`](super::EditMask::soft).
#[must_use]
pub fn inpaint(pixels: &RgbaImage, hole: &GrayImage, seed: u64) -> RgbaImage {
    let mut out = pixels.clone();
    let Some([left, top, right, bottom]) = working_box(pixels.dimensions(), hole) else {
        return out;
    };
    let (width, height) = ((right - left) as usize, (bottom - top) as usize);
    let is_hole: Vec<bool> = (top..bottom)
        .flat_map(|y| (left..right).map(move |x| (x, y)))
        .map(|(x, y)| hole.get_pixel_checked(x, y).is_some_and(|value| value[0] > 0))
        .collect();
    let colours: Vec<[u8; 3]> = (top..bottom)
        .flat_map(|y| (left..right).map(move |x| (x, y)))
        .map(|(x, y)| {
            let [r, g, b, _] = pixels.get_pixel(x, y).0;
            [r, g, b]
        })
        .collect();
    if is_hole.iter().all(|&hole| hole) {
        return out;
    }
    let filled = fill(&colours, is_hole.clone(), width, height, seed);
    for (at, colour) in filled.into_iter().enumerate().filter(|&(at, _)| is_hole[at]) {
        let place = out.get_pixel_mut(left + (at % width) as u32, top + (at / width) as u32);
        place.0 = [colour[0], colour[1], colour[2], 255];
    }
    out
}

/// The hole's bounds, three times as wide and as high, within the picture: left, top, right, bottom.
fn working_box((width, height): (u32, u32), hole: &GrayImage) -> Option<[u32; 4]> {
    let (mut left, mut top, mut right, mut bottom) = (width, height, 0, 0);
    for (x, y, value) in hole.enumerate_pixels() {
        if value[0] > 0 && x < width && y < height {
            (left, top, right, bottom) = (left.min(x), top.min(y), right.max(x + 1), bottom.max(y + 1));
        }
    }
    (left < right).then(|| {
        let around = |from: u32, to: u32| (to - from).max(SURROUNDINGS_MIN_PX);
        let (dx, dy) = (around(left, right), around(top, bottom));
        [left.saturating_sub(dx), top.saturating_sub(dy), (right + dx).min(width), (bottom + dy).min(height)]
    })
}

fn fill(colours: &[[u8; 3]], hole: Vec<bool>, width: usize, height: usize, seed: u64) -> Vec<[u8; 3]> {
    let known: Vec<bool> = hole.iter().map(|&hole| !hole).collect();
    let depth =
        squared_distances(&known, width).into_iter().filter(|distance| distance.is_finite()).fold(0.0, f32::max).sqrt();
    let mut levels = vec![Level::of(colours, hole, width, height)];
    let mut depth_there = depth;
    while depth_there > DEPTH_AT_TOP_PX {
        let last = &levels[levels.len() - 1];
        if last.width.min(last.height) / 2 < SIDE_MIN {
            break;
        }
        let next = last.halved();
        // A level without a single source has nothing to teach.
        if !next.has_sources() {
            break;
        }
        levels.push(next);
        depth_there /= 2.0;
    }
    let top = levels.len() - 1;
    levels[top].diffuse();
    if !levels[top].has_sources() {
        return levels[0].rgb();
    }
    let mut random = Random(seed ^ 0x9e37_79b9_7f4a_7c15 | 1);
    let mut field: Option<Field> = None;
    for (index, level) in levels.iter_mut().enumerate().rev() {
        let rounds = if index == top {
            ROUNDS[0]
        } else if index == 0 {
            ROUNDS[2]
        } else {
            ROUNDS[1]
        };
        let mut finer = Field::new(level, field.as_ref(), &mut random);
        if field.is_some() {
            finer.vote(level);
        }
        for round in 0..rounds {
            finer.improve(level, &mut random, if index == 0 { 2 } else { 3 }, index == top);
            if index > 0 || round + 1 < rounds {
                finer.vote(level);
            }
        }
        field = Some(finer);
    }
    match field {
        Some(field) => seam::drawn(&levels[0], &field.sources(&levels[0])),
        None => levels[0].rgb(),
    }
}

/// Xorshift: what is left to chance, the same for the same seed.
struct Random(u64);

impl Random {
    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 33) as usize) % end
    }
}

#[cfg(test)]
mod tests;
