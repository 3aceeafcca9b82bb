//! A floating-point canvas with the few strokes that backgrounds need.

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

/// Pixels under work.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    /// A canvas whose every pixel is asked for once, at the centre of the pixel.
    pub(super) fn from_fn(width: usize, height: usize, paint: impl Fn(f32, f32) -> Colour) -> Self {
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                pixels.push(paint(x as f32 + 0.5, y as f32 + 0.5));
            }
        }
        Self { width, height, pixels }
    }

    /// Paints soft things at a quarter of the resolution and enlarges them smoothly: sixteen times
    /// cheaper, and nothing soft looks different for it. `paint` is given full-size coordinates.
    pub(super) fn soft(width: u32, height: u32, paint: impl Fn(f32, f32) -> Colour) -> Self {
        const STEP: usize = 4;
        let (width, height) = (width as usize, height as usize);
        let (small_w, small_h) = (width.div_ceil(STEP) + 1, height.div_ceil(STEP) + 1);
        let small = Self::from_fn(small_w, small_h, |x, y| paint((x - 0.5) * STEP as f32, (y - 0.5) * STEP as f32));
        let mut pixels = Vec::with_capacity(width * height);
        let mut row = vec![[0.0; 3]; small_w];
        for y in 0..height {
            let sy = (y as f32 + 0.5) / STEP as f32;
            let y0 = (sy as usize).min(small_h - 2);
            let fy = sy - y0 as f32;
            // Down first, once for the whole row; then across in four fixed steps.
            let (upper, lower) = (&small.pixels[y0 * small_w..], &small.pixels[(y0 + 1) * small_w..]);
            for (at, (top, bottom)) in row.iter_mut().zip(upper.iter().zip(lower)) {
                *at = [0, 1, 2].map(|i| top[i] + (bottom[i] - top[i]) * fy);
            }
            for x in 0..width {
                let (from, to) = (row[x / STEP], row[x / STEP + 1]);
                let fx = ((x % STEP) as f32 + 0.5) / STEP as f32;
                pixels.push([0, 1, 2].map(|i| from[i] + (to[i] - from[i]) * fx));
            }
        }
        Self { width, height, pixels }
    }

    /// Multiplies a rectangle by a colour, as paint does; `cover` says how much of it, 0–1, and is
    /// asked at a third of the resolution.
    pub(super) fn multiply_soft(&mut self, area: [f32; 4], c: Colour, cover: impl Fn(f32, f32) -> f32) {
        let factor = c.map(|v| v / 255.0);
        self.covered_soft(area, cover, |pixel, alpha| [0, 1, 2].map(|i| pixel[i] * (1.0 + (factor[i] - 1.0) * alpha)));
    }

    /// Lightens a rectangle, as light does; `light` says by how much, 0–1, and is asked at a third of
    /// the resolution.
    pub(super) fn screen_soft(&mut self, area: [f32; 4], light: impl Fn(f32, f32) -> f32) {
        self.covered_soft(area, light, |pixel, alpha| pixel.map(|v| v + (255.0 - v) * alpha));
    }

    fn covered_soft(
        &mut self,
        [x0, y0, x1, y1]: [f32; 4],
        cover: impl Fn(f32, f32) -> f32,
        change: impl Fn(Colour, f32) -> Colour,
    ) {
        const STEP: usize = 3;
        let clip = |v: f32, most: usize| v.max(0.0).min(most as f32) as usize;
        let (left, right) = (clip(x0.floor(), self.width), clip(x1.ceil(), self.width));
        let (top, bottom) = (clip(y0.floor(), self.height), clip(y1.ceil(), self.height));
        if left >= right || top >= bottom {
            return;
        }
        let (small_w, small_h) = ((right - left).div_ceil(STEP) + 1, (bottom - top).div_ceil(STEP) + 1);
        let mut small = Vec::with_capacity(small_w * small_h);
        for y in 0..small_h {
            for x in 0..small_w {
                small.push(cover((left + x * STEP) as f32, (top + y * STEP) as f32));
            }
        }
        for y in top..bottom {
            let (y0, fy) = ((y - top) / STEP, ((y - top) % STEP) as f32 / STEP as f32);
            let (upper, lower) = (&small[y0 * small_w..], &small[(y0 + 1) * small_w..]);
            for x in left..right {
                let (x0, fx) = ((x - left) / STEP, ((x - left) % STEP) as f32 / STEP as f32);
                let from = upper[x0] + (upper[x0 + 1] - upper[x0]) * fx;
                let to = lower[x0] + (lower[x0 + 1] - lower[x0]) * fx;
                let alpha = from + (to - from) * fy;
                if alpha > 0.0 {
                    let pixel = &mut self.pixels[y * self.width + x];
                    *pixel = change(*pixel, alpha.min(1.0));
                }
            }
        }
    }

    /// Blends over a rectangle (clipped to the canvas): `paint` answers a colour and how much of
    /// it, 0–1.
    pub(super) fn blend(&mut self, [x0, y0, x1, y1]: [f32; 4], paint: impl Fn(f32, f32, Colour) -> (Colour, f32)) {
        let clip = |v: f32, most: usize| v.max(0.0).min(most as f32) as usize;
        let (left, right) = (clip(x0.floor(), self.width), clip(x1.ceil(), self.width));
        let (top, bottom) = (clip(y0.floor(), self.height), clip(y1.ceil(), self.height));
        for y in top..bottom {
            for x in left..right {
                let pixel = &mut self.pixels[y * self.width + x];
                let (c, alpha) = paint(x as f32 + 0.5, y as f32 + 0.5, *pixel);
                if alpha > 0.0 {
                    *pixel = mix(*pixel, c, alpha);
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
            (shade, strength * smooth(0.38, 0.78, (dx * dx + dy * dy).sqrt()))
        });
    }

    /// The finished picture with film grain, which also hides banding.
    ///
    /// The grain is one tile, laid at another offset in each row of tiles and columns, so that no
    /// repetition shows and no pixel needs a hash of its own.
    pub(super) fn into_pixels(self, seed: u64, grain: f32) -> RgbaImage {
        const TILE: usize = 256;
        let tile: Vec<f32> = (0..TILE * TILE)
            .map(|index| {
                let h = noise::hash(index as u32, 7, seed);
                // The sum of four bytes is close enough to a normal distribution.
                let sum = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24);
                (sum as f32 - 510.0) / 147.8 * grain + 0.5
            })
            .collect();
        let mut bytes = Vec::with_capacity(self.pixels.len() * 4);
        for (y, row) in self.pixels.chunks_exact(self.width.max(1)).enumerate() {
            // Another start for every row: neighbouring tiles never line up.
            let shift =
                noise::hash((y / TILE) as u32, 19, seed) as usize + noise::hash(y as u32, 23, seed) as usize % 61;
            let line = &tile[(y % TILE) * TILE..][..TILE];
            for (x, pixel) in row.iter().enumerate() {
                let noise = line[(x + shift) % TILE];
                bytes.extend(pixel.map(|v| (v + noise).clamp(0.0, 255.0) as u8));
                bytes.push(255);
            }
        }
        RgbaImage::from_raw(self.width as u32, self.height as u32, bytes)
            .unwrap_or_else(|| RgbaImage::new(self.width as u32, self.height as u32))
    }
}
