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
        const STEP: f32 = 4.0;
        let (width, height) = (width as usize, height as usize);
        let (small_w, small_h) = (width.div_ceil(4) + 1, height.div_ceil(4) + 1);
        let small = Self::from_fn(small_w, small_h, |x, y| paint((x - 0.5) * STEP, (y - 0.5) * STEP));
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            let sy = (y as f32 + 0.5) / STEP;
            let y0 = (sy as usize).min(small_h - 2);
            let fy = sy - y0 as f32;
            let (upper, lower) = (&small.pixels[y0 * small_w..], &small.pixels[(y0 + 1) * small_w..]);
            for x in 0..width {
                let sx = (x as f32 + 0.5) / STEP;
                let x0 = (sx as usize).min(small_w - 2);
                let fx = sx - x0 as f32;
                pixels.push([0, 1, 2].map(|i| {
                    let top = upper[x0][i] + (upper[x0 + 1][i] - upper[x0][i]) * fx;
                    let bottom = lower[x0][i] + (lower[x0 + 1][i] - lower[x0][i]) * fx;
                    top + (bottom - top) * fy
                }));
            }
        }
        Self { width, height, pixels }
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
    pub(super) fn into_pixels(self, seed: u64, grain: f32) -> RgbaImage {
        let mut bytes = Vec::with_capacity(self.pixels.len() * 4);
        for (index, pixel) in self.pixels.iter().enumerate() {
            let h = noise::hash(index as u32, 7, seed);
            // The sum of four bytes is close enough to a normal distribution.
            let sum = (h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + (h >> 24);
            let shift = (sum as f32 - 510.0) / 147.8 * grain;
            bytes.extend(pixel.map(|v| (v + shift + 0.5).clamp(0.0, 255.0) as u8));
            bytes.push(255);
        }
        RgbaImage::from_raw(self.width as u32, self.height as u32, bytes)
            .unwrap_or_else(|| RgbaImage::new(self.width as u32, self.height as u32))
    }
}
