//! One size of the picture, and how it is made smaller.

use super::RADIUS;

/// Weight of busyness beside lightness.
const TEXTURE_WEIGHT: i32 = 2;

/// Rounds of smoothing after a hole has been grown shut.
const SMOOTHING_ROUNDS: usize = 40;

/// A picture with a hole, of one size.
pub(super) struct Level {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Lightness, two differences of colour (`YCoCg`, reversible) and busyness.
    pub(super) colours: Vec<[i16; 4]>,
    pub(super) hole: Vec<bool>,
    /// Centres whose whole patch is known, as a map and as a list.
    pub(super) is_source: Vec<bool>,
    pub(super) sources: Vec<u32>,
    /// Centres whose patch reaches into the hole.
    pub(super) targets: Vec<u32>,
}

impl Level {
    pub(super) fn of(rgb: &[[u8; 3]], hole: Vec<bool>, width: usize, height: usize) -> Self {
        let colours = rgb.iter().map(|&colour| ycocg(colour)).collect();
        let mut level = Self::with(colours, hole, width, height);
        level.measure_texture();
        level
    }

    fn with(colours: Vec<[i16; 4]>, hole: Vec<bool>, width: usize, height: usize) -> Self {
        // Holes summed up from the upper left corner, so that a patch is looked up at four places.
        let mut sums = vec![0_u32; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0;
            for x in 0..width {
                row += u32::from(hole[y * width + x]);
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        let mut is_source = vec![false; width * height];
        let (mut sources, mut targets) = (Vec::new(), Vec::new());
        let side = 2 * RADIUS + 1;
        for y in RADIUS..height.saturating_sub(RADIUS) {
            for x in RADIUS..width.saturating_sub(RADIUS) {
                let corner = (y - RADIUS) * (width + 1) + x - RADIUS;
                let below = corner + side * (width + 1);
                let holes = sums[below + side] + sums[corner] - sums[corner + side] - sums[below];
                let at = y * width + x;
                if holes == 0 {
                    is_source[at] = true;
                    sources.push(at as u32);
                } else {
                    targets.push(at as u32);
                }
            }
        }
        Self { width, height, colours, hole, is_source, sources, targets }
    }

    pub(super) fn has_sources(&self) -> bool {
        !self.sources.is_empty()
    }

    /// Half the size; what is a hole in part becomes a hole, so that nothing of it leaks into a source.
    pub(super) fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut colours = Vec::with_capacity(width * height);
        let mut hole = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let at = 2 * y * self.width + 2 * x;
                let four = [at, at + 1, at + self.width, at + self.width + 1];
                let (mut sum, mut known) = ([0_i32; 4], 0);
                for at in four.into_iter().filter(|&at| !self.hole[at]) {
                    known += 1;
                    for (sum, &value) in sum.iter_mut().zip(&self.colours[at]) {
                        *sum += i32::from(value);
                    }
                }
                colours.push(if known > 0 {
                    sum.map(|sum| (sum as f32 / known as f32).round() as i16)
                } else {
                    [0; 4]
                });
                hole.push(known < 4);
            }
        }
        Self::with(colours, hole, width, height)
    }

    /// How much lightness jumps from pixel to pixel around each known one.
    fn measure_texture(&mut self) {
        let (width, height) = (self.width, self.height);
        let jumps: Vec<i32> = (0..self.colours.len())
            .map(|at| {
                let jump = |to: usize| {
                    if self.hole[at] || self.hole[to] {
                        0
                    } else {
                        i32::from(self.colours[at][0] - self.colours[to][0]).abs()
                    }
                };
                let across = if at % width + 1 < width { jump(at + 1) } else { 0 };
                across + if at + width < self.colours.len() { jump(at + width) } else { 0 }
            })
            .collect();
        let mut across = vec![0; jumps.len()];
        for (row, out) in jumps.chunks_exact(width).zip(across.chunks_exact_mut(width)) {
            for (x, out) in out.iter_mut().enumerate() {
                *out = row[x.saturating_sub(2)..(x + 3).min(width)].iter().sum::<i32>();
            }
        }
        for y in 0..height {
            let rows = y.saturating_sub(2)..(y + 3).min(height);
            for x in 0..width {
                let sum: i32 = rows.clone().map(|row| across[row * width + x]).sum();
                self.colours[y * width + x][3] = (TEXTURE_WEIGHT * sum / 25).min(255) as i16;
            }
        }
    }

    /// Fills the hole from its rim inwards and smooths it: nothing but a first guess.
    pub(super) fn diffuse(&mut self) {
        let (width, length) = (self.width, self.colours.len());
        let around = |at: usize| {
            let x = at % width;
            [
                (x > 0).then(|| at - 1),
                (x + 1 < width).then(|| at + 1),
                (at >= width).then(|| at - width),
                (at + width < length).then(|| at + width),
            ]
            .into_iter()
            .flatten()
        };
        let mut open: Vec<bool> = self.hole.clone();
        let mut rest: Vec<usize> = (0..length).filter(|&at| open[at]).collect();
        let inside = rest.clone();
        while !rest.is_empty() {
            let mut grown = Vec::new();
            for &at in &rest {
                let known: Vec<usize> = around(at).filter(|&other| !open[other]).collect();
                if !known.is_empty() {
                    grown.push((at, self.mean(&known)));
                }
            }
            if grown.is_empty() {
                break;
            }
            for (at, colour) in grown {
                self.colours[at] = colour;
                open[at] = false;
            }
            rest.retain(|&at| open[at]);
        }
        for _ in 0..SMOOTHING_ROUNDS {
            for &at in &inside {
                let near: Vec<usize> = around(at).collect();
                self.colours[at] = self.mean(&near);
            }
        }
    }

    fn mean(&self, places: &[usize]) -> [i16; 4] {
        std::array::from_fn(|channel| {
            let sum: i32 = places.iter().map(|&at| i32::from(self.colours[at][channel])).sum();
            (sum as f32 / places.len() as f32).round() as i16
        })
    }

    pub(super) fn rgb(&self) -> Vec<[u8; 3]> {
        self.colours.iter().map(|&colour| rgb(colour)).collect()
    }
}

fn ycocg([r, g, b]: [u8; 3]) -> [i16; 4] {
    let [r, g, b] = [i16::from(r), i16::from(g), i16::from(b)];
    let orange = r - b;
    let middle = b + (orange >> 1);
    let green = g - middle;
    [middle + (green >> 1), orange, green, 0]
}

pub(super) fn rgb([light, orange, green, _]: [i16; 4]) -> [u8; 3] {
    let middle = light - (green >> 1);
    let blue = middle - (orange >> 1);
    [blue + orange, green + middle, blue].map(|value| value.clamp(0, 255) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_come_back_as_they_were() {
        for r in (0..=255).step_by(17) {
            for g in (0..=255).step_by(5) {
                for b in (0..=255).step_by(3) {
                    let colour = [r as u8, g as u8, b as u8];
                    assert_eq!(rgb(ycocg(colour)), colour);
                }
            }
        }
    }
}
