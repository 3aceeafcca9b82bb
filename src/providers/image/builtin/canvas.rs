//! A floating-point canvas with the few strokes that backgrounds need.
//!
//! A picture is painted strip by strip, from top to bottom: each strip gets all strokes, becomes bytes and
//! makes room for the next. So the canvas stays in the processor's cache, where the whole picture would
//! take 25 megabytes, and every stroke is cut to the rows at hand.

use image::RgbaImage;

use super::noise;

/// A colour with components from 0 to 255.
pub(super) type Colour = [f32; 3];

pub(super) fn colour(bytes: [u8; 3]) -> Colour {
    bytes.map(f32::from)
}

pub(super) fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    let t = t.clamp(0.0, 1.0);
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t)
}

/// Multiplies the brightness; above 1 it moves towards white instead of clipping.
pub(super) fn lit(c: Colour, factor: f32) -> Colour {
    if factor <= 1.0 { c.map(|v| v * factor) } else { mix(c, [255.0; 3], factor - 1.0) }
}

pub(super) fn smooth(from: f32, to: f32, value: f32) -> f32 {
    let t = ((value - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell around 0 that is 1 in the middle and nearly 0 at `width`.
pub(super) fn bell(distance: f32, width: f32) -> f32 {
    let t = distance / width;
    (-3.0 * t * t).exp()
}

/// Rows of a strip: a multiple of the steps below, and a megabyte at the width of a poster.
const STRIP_ROWS: usize = 48;

/// How coarsely [`Canvas::soft`] asks, in pixels.
const SOFT_STEP: usize = 4;

/// How coarsely [`Canvas::multiply_soft`] and [`Canvas::screen_soft`] ask, in pixels.
const COVER_STEP: usize = 3;

/// A pixel under work; the fourth value is unused and makes it one machine word wide.
type Pixel = [f32; 4];

/// The strip of a picture that is being painted.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    width: usize,
    height: usize,
    /// The picture's rows in this strip.
    rows: std::ops::Range<usize>,
    pixels: Vec<Pixel>,
    /// Colours asked for along the lower edge of the last strip: the next one starts with them.
    seam: Vec<Pixel>,
}

impl Canvas {
    /// Paints a picture: `scene` is called for each strip, must first lay a ground with
    /// [`Canvas::soft`], and must do the same every time.
    pub(super) fn paint(width: u32, height: u32, film: &Film, scene: impl Fn(&mut Self)) -> RgbaImage {
        let (across, down) = (width as usize, height as usize);
        let mut canvas = Self { width: across, height: down, rows: 0..0, pixels: Vec::new(), seam: Vec::new() };
        let mut bytes = Vec::with_capacity(across * down * 4);
        for top in (0..down).step_by(STRIP_ROWS) {
            canvas.rows = top..(top + STRIP_ROWS).min(down);
            scene(&mut canvas);
            film.expose(&canvas, &mut bytes);
        }
        RgbaImage::from_raw(width, height, bytes).unwrap_or_else(|| RgbaImage::new(width, height))
    }

    /// Lays the ground: paints soft things at a quarter of the resolution and enlarges them smoothly,
    /// sixteen times cheaper, and nothing soft looks different for it. `paint` is given full-size
    /// coordinates.
    pub(super) fn soft(&mut self, paint: impl Fn(f32, f32) -> Colour) {
        const STEP: usize = SOFT_STEP;
        let small_w = self.width.div_ceil(STEP) + 1;
        let (first, last) = (self.rows.start / STEP, (self.rows.end - 1) / STEP + 1);
        let mut small = std::mem::take(&mut self.seam);
        let asked = if small.is_empty() { first } else { first + 1 };
        for y in asked..=last {
            for x in 0..small_w {
                let [r, g, b] = paint((x * STEP) as f32, (y * STEP) as f32);
                small.push([r, g, b, 0.0]);
            }
        }
        self.pixels.clear();
        let mut row = vec![[0.0; 4]; small_w];
        for y in self.rows.clone() {
            let (y0, fy) = (y / STEP - first, ((y % STEP) as f32 + 0.5) / STEP as f32);
            // Down first, once for the whole row; then across in four fixed steps.
            let (upper, lower) = (&small[y0 * small_w..], &small[(y0 + 1) * small_w..]);
            for (at, (top, bottom)) in row.iter_mut().zip(upper.iter().zip(lower)) {
                *at = between(*top, *bottom, fy);
            }
            let end = self.pixels.len() + self.width;
            for pair in row.windows(2) {
                for step in 0..STEP {
                    self.pixels.push(between(pair[0], pair[1], (step as f32 + 0.5) / STEP as f32));
                }
            }
            self.pixels.truncate(end);
        }
        small.drain(..small.len() - small_w);
        self.seam = small;
    }

    /// Multiplies a rectangle by a colour, as paint does; `cover` says how much of it, 0–1, and is
    /// asked at a third of the resolution.
    pub(super) fn multiply_soft(&mut self, area: [f32; 4], c: Colour, cover: impl Fn(f32, f32) -> f32) {
        let [r, g, b] = c.map(|v| v / 255.0 - 1.0);
        let change = [r, g, b, 0.0];
        self.covered_soft(area, cover, |pixel, alpha| [0, 1, 2, 3].map(|i| pixel[i] * (1.0 + change[i] * alpha)));
    }

    /// Lightens a rectangle, as light does; `light` says by how much, 0–1, and is asked at a third of
    /// the resolution.
    pub(super) fn screen_soft(&mut self, area: [f32; 4], light: impl Fn(f32, f32) -> f32) {
        self.covered_soft(area, light, |pixel, alpha| pixel.map(|v| v + (255.0 - v) * alpha));
    }

    fn covered_soft(&mut self, area: [f32; 4], cover: impl Fn(f32, f32) -> f32, change: impl Fn(Pixel, f32) -> Pixel) {
        const STEP: usize = COVER_STEP;
        let (columns, rows) = self.clip(area);
        if columns.is_empty() || rows.is_empty() {
            return;
        }
        let (left, top) = (columns.start, clipped(area[1].floor(), self.height));
        let small_w = columns.len().div_ceil(STEP) + 1;
        let (first, last) = ((rows.start - top) / STEP, (rows.end - 1 - top) / STEP + 1);
        let mut small = Vec::with_capacity(small_w * (last - first + 1));
        for y in first..=last {
            for x in 0..small_w {
                small.push(cover((left + x * STEP) as f32, (top + y * STEP) as f32));
            }
        }
        let mut line = vec![0.0; small_w];
        for y in rows {
            let (y0, fy) = ((y - top) / STEP - first, ((y - top) % STEP) as f32 / STEP as f32);
            let (upper, lower) = (&small[y0 * small_w..], &small[(y0 + 1) * small_w..]);
            for (at, (top, bottom)) in line.iter_mut().zip(upper.iter().zip(lower)) {
                *at = top + (bottom - top) * fy;
            }
            let row = &mut self.pixels[(y - self.rows.start) * self.width..][columns.clone()];
            for (pixels, pair) in row.chunks_mut(STEP).zip(line.windows(2)) {
                if pair[0] <= 0.0 && pair[1] <= 0.0 {
                    continue;
                }
                for (step, pixel) in pixels.iter_mut().enumerate() {
                    let alpha = pair[0] + (pair[1] - pair[0]) * (step as f32 / STEP as f32);
                    *pixel = change(*pixel, alpha.clamp(0.0, 1.0));
                }
            }
        }
    }

    /// Blends over a rectangle (clipped to the canvas): `paint` answers a colour and how much of
    /// it, 0–1.
    pub(super) fn blend(&mut self, area: [f32; 4], paint: impl Fn(f32, f32, Colour) -> (Colour, f32)) {
        let (columns, rows) = self.clip(area);
        for y in rows {
            let row = &mut self.pixels[(y - self.rows.start) * self.width..][columns.clone()];
            for (x, pixel) in columns.clone().zip(row) {
                let [r, g, b, _] = *pixel;
                let ([red, green, blue], alpha) = paint(x as f32 + 0.5, y as f32 + 0.5, [r, g, b]);
                if alpha > 0.0 {
                    *pixel = between(*pixel, [red, green, blue, 0.0], alpha.min(1.0));
                }
            }
        }
    }

    /// Darkens the corners towards a colour.
    pub(super) fn vignette(&mut self, shade: [u8; 3], strength: f32) {
        let (w, h) = (self.width as f32, self.height as f32);
        let shade = colour(shade);
        self.blend([0.0, 0.0, w, h], |x, y, _| {
            let (dx, dy) = (x / w - 0.5, y / h - 0.5);
            let squared = dx * dx + dy * dy;
            // The middle of the picture, where nothing darkens, is left without a root.
            let amount = if squared < 0.38 * 0.38 { 0.0 } else { strength * smooth(0.38, 0.78, squared.sqrt()) };
            (shade, amount)
        });
    }

    /// Columns and rows of an area that lie in this strip.
    fn clip(&self, [x0, y0, x1, y1]: [f32; 4]) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let columns = clipped(x0.floor(), self.width)..clipped(x1.ceil(), self.width);
        let rows =
            clipped(y0.floor(), self.height).max(self.rows.start)..clipped(y1.ceil(), self.height).min(self.rows.end);
        (columns, rows)
    }
}

fn clipped(v: f32, most: usize) -> usize {
    v.max(0.0).min(most as f32) as usize
}

fn between(from: Pixel, to: Pixel, t: f32) -> Pixel {
    [0, 1, 2, 3].map(|i| from[i] + (to[i] - from[i]) * t)
}

/// Film grain, which also hides banding.
///
/// The grain is one tile, laid at another offset in each row of tiles and columns, so that no
/// repetition shows and no pixel needs a hash of its own.
pub(super) struct Film {
    seed: u64,
    /// Each row twice, so that a row from any offset on lies in one piece.
    tile: Vec<f32>,
}

/// Side of the tile of grain, in pixels.
const TILE: usize = 256;

impl Film {
    pub(super) fn new(seed: u64, grain: f32) -> Self {
        let tile = (0..TILE * 2 * TILE)
            .map(|index| {
                let index = index / (2 * TILE) * TILE + index % TILE;
                let h = noise::hash(index as u32, 7, seed);
                // The sum of four bytes is close enough to a normal distribution.
                let sum = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24);
                (sum as f32 - 510.0) / 147.8 * grain
            })
            .collect();
        Self { seed, tile }
    }

    /// Appends a strip as bytes.
    fn expose(&self, canvas: &Canvas, bytes: &mut Vec<u8>) {
        let mut at = bytes.len();
        bytes.resize(at + canvas.pixels.len() * 4, 255);
        for (y, row) in canvas.rows.clone().zip(canvas.pixels.chunks_exact(canvas.width.max(1))) {
            // Another start for every row: neighbouring tiles never line up.
            let shift = noise::hash((y / TILE) as u32, 19, self.seed) as usize
                + noise::hash(y as u32, 23, self.seed) as usize % 61;
            let line = &self.tile[(y % TILE) * 2 * TILE + shift % TILE..][..TILE];
            for pixels in row.chunks(TILE) {
                let strip = &mut bytes[at..at + pixels.len() * 4];
                for ((target, pixel), noise) in strip.chunks_exact_mut(4).zip(pixels).zip(line) {
                    let [r, g, b, _] = pixel.map(|v| byte(v + noise));
                    target.copy_from_slice(&[r, g, b, 255]);
                }
                at += pixels.len() * 4;
            }
        }
    }
}

/// The nearest byte. In a number this large the lowest bits count whole steps, and reading them is what
/// the compiler turns into one instruction for four numbers.
fn byte(v: f32) -> u8 {
    (v.clamp(0.0, 255.0) + 8_388_608.0).to_bits() as u8
}
