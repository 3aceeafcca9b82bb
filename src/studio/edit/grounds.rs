//! Backgrounds that edits can choose: surfaces and light that arithmetic paints honestly.

use image::{Rgba, RgbaImage};

use super::Ground;
use crate::{imaging::Oklch, providers::image::PlatePalette};

/// What is to be painted.
pub(super) struct GroundScene {
    pub(super) ground: Ground,
    pub(super) palette: PlatePalette,
    pub(super) size: (u32, u32),
    /// Where the product stands: left, top, width, height in pixels.
    pub(super) focus: Option<[f32; 4]>,
    pub(super) seed: u64,
}

/// Paints a background. The same scene gives the same pixels.
pub(super) fn paint(scene: &GroundScene) -> RgbaImage {
    let (width, height) = scene.size;
    let short = width.min(height).max(1) as f32;
    let noise = Noise(scene.seed as u32 ^ (scene.seed >> 32) as u32);
    let colours = Colours::of(&scene.palette);
    let floor = scene.focus.map_or(0.72 * height as f32 / short, |[_, y, _, h]| (y + h) / short);
    let (tall, wide) = (height as f32 / short, width as f32 / short);
    let colour_at = |px: f32, py: f32| {
        let (x, y) = (px / short, py / short);
        match scene.ground {
            Ground::Plain | Ground::Stored => colours.base,
            Ground::Gradient => mix(colours.high, colours.low, smooth(0.0, 1.0, 0.75 * y / tall + 0.25 * x / wide)),
            Ground::Paper => {
                let fibre = noise.cloud(x * 90.0, y * 90.0) - 0.5;
                let cloud = noise.cloud(x * 3.0 + 7.0, y * 3.0) - 0.5;
                scaled(colours.base, 1.0 + 0.045 * fibre + 0.03 * cloud)
            }
            Ground::Marble => marble(&noise, &colours, x, y),
            Ground::Wood => wood(&noise, &colours, x, y),
            Ground::Studio => {
                let glow = bell((x - wide * 0.5) / 0.75) * bell((y - floor + 0.35) / 0.8);
                let wall = mix(colours.low, colours.high, 0.25 + 0.75 * glow);
                let near = smooth(floor - 0.10, floor + 0.02, y);
                mix(wall, scaled(mix(colours.base, colours.high, 0.5), 1.0 - 0.05 * smooth(floor, tall, y)), near)
            }
            Ground::Festive => festive(&noise, &colours, x, y, (wide, tall)),
        }
    };
    // Fibres and boards are as fine as pixels; veins, lights and glows are not.
    let step = if matches!(scene.ground, Ground::Paper | Ground::Wood) { 1 } else { 2 };
    let field = Field::of((width, height), step, colour_at);
    RgbaImage::from_fn(width, height, |px, py| {
        // Less than one step of grain: flat colours band without it.
        let grain = noise.hash(px, py) - 0.5;
        let [r, g, b] = field.at(px, py).map(|value| (value + 1.4 * grain).round().clamp(0.0, 255.0) as u8);
        Rgba([r, g, b, 255])
    })
}

/// Colours of every pixel, or of every other one with those between them in between.
struct Field {
    colours: Vec<Colour>,
    columns: usize,
    step: u32,
}

impl Field {
    fn of((width, height): (u32, u32), step: u32, colour_at: impl Fn(f32, f32) -> Colour) -> Self {
        let (columns, rows) = ((width.div_ceil(step) + 1) as usize, (height.div_ceil(step) + 1) as usize);
        let point =
            |index: usize| colour_at((index % columns) as f32 * step as f32, (index / columns) as f32 * step as f32);
        Self { colours: (0..columns * rows).map(point).collect(), columns, step }
    }

    fn at(&self, px: u32, py: u32) -> Colour {
        let (column, row) = ((px / self.step) as usize, (py / self.step) as usize);
        let first = row * self.columns + column;
        if self.step == 1 {
            return self.colours[first];
        }
        let share = |of: u32| (of % self.step) as f32 / self.step as f32;
        let line = |from: usize| mix(self.colours[from], self.colours[from + 1], share(px));
        mix(line(first), line(first + self.columns), share(py))
    }
}

type Colour = [f32; 3];

struct Colours {
    base: Colour,
    high: Colour,
    low: Colour,
    accent: Colour,
    is_dark: bool,
}

impl Colours {
    fn of(palette: &PlatePalette) -> Self {
        let own = Oklch::from_rgb(palette.base);
        let lit =
            |l: f32, c: f32| Oklch { l: (own.l + l).clamp(0.03, 0.99), c: own.c * c, h: own.h }.to_rgb().map(f32::from);
        let (up, down) = if palette.is_dark { (0.10, -0.05) } else { (0.035, -0.10) };
        Self {
            base: palette.base.map(f32::from),
            high: lit(up, 1.1),
            low: lit(down, 1.35),
            accent: palette.accent.map(f32::from),
            is_dark: palette.is_dark,
        }
    }
}

fn marble(noise: &Noise, colours: &Colours, x: f32, y: f32) -> Colour {
    let (wx, wy) = (noise.cloud(x * 2.1, y * 2.1) - 0.5, noise.cloud(x * 2.1 + 31.0, y * 2.1 + 17.0) - 0.5);
    let cloud = noise.cloud(x * 1.7 + wx * 1.3 + 5.0, y * 1.7 + wy * 1.3);
    // Veins run across the slab side by side, bent by slow noise and frayed by fast, and come and go.
    let vein = |a_page: f32, turn: f32, width: f32| {
        let (u, v) = (x * turn.cos() + y * turn.sin(), y * turn.cos() - x * turn.sin());
        let off = turn * 40.0;
        let slow = noise.cloud(u * 0.9 + off, v * 0.9 + wx) - 0.5;
        let fast = noise.cloud(u * 4.3 - off, v * 4.3 + wy) - 0.5;
        let place = u * a_page + 2.6 * slow + 0.34 * fast;
        let distance = (place - place.round()).abs() / a_page;
        let swell = 0.35 + 1.3 * noise.cloud(u * 2.7 + off, v * 2.7);
        let fade = smooth(0.40, 0.60, noise.cloud(u * 1.5 + off, v * 1.5 - off));
        (1.0 - smooth(0.0, width * swell, distance)) * fade
    };
    let strong = vein(1.4, 0.62, 0.020);
    let fine = vein(3.3, 0.85, 0.006);
    let ground = mix(colours.high, mix(colours.base, colours.low, 0.35), smooth(0.25, 0.8, cloud));
    let ink = if colours.is_dark { mix(colours.accent, [235.0; 3], 0.45) } else { scaled(colours.low, 0.74) };
    mix(mix(ground, ink, 0.42 * strong), ink, 0.26 * fine)
}

fn wood(noise: &Noise, colours: &Colours, x: f32, y: f32) -> Colour {
    let board = 0.235;
    let row = (y / board).floor();
    let across = y / board - row;
    let shift = 13.7 * row + 3.0 * noise.at(row * 3.1, 0.5);
    let bend = noise.cloud(x * 1.3 + shift, y * 2.0 + shift) * 0.9;
    let rings = ((y * 30.0 + bend * 9.0 + shift).sin() * 0.5 + 0.5).powi(2);
    let fibre = noise.cloud(x * 7.0 + shift, y * 150.0);
    let tone = noise.at(row * 7.3, 9.1);
    // Words stand on it: the boards differ from the page's own colour by little.
    let grained = scaled(colours.base, 1.0 - 0.07 * rings - 0.09 * (fibre - 0.5) + 0.06 * (tone - 0.5));
    let joint = 1.0 - smooth(0.0, 0.009, across.min(1.0 - across));
    scaled(grained, 1.0 - 0.34 * joint)
}

fn festive(noise: &Noise, colours: &Colours, x: f32, y: f32, (wide, tall): (f32, f32)) -> Colour {
    let mut colour = mix(colours.low, colours.high, bell((x - wide * 0.5) / 0.9) * bell((y - tall * 0.42) / 1.0));
    for spot in 0..34_u32 {
        let draw = |n: u32| noise.hash(spot * 7 + n, 4_099);
        let (cx, cy) = (wide * (1.1 * draw(0) - 0.05), tall * (1.1 * draw(1) - 0.05));
        let radius = 0.022 + 0.060 * draw(2);
        let (dx, dy) = (x - cx, y - cy);
        let d = (dx * dx + dy * dy).sqrt() / radius;
        if d < 1.1 {
            let disc = (1.0 - smooth(0.92, 1.04, d)) * (0.70 + 0.30 * smooth(0.55, 0.95, d));
            colour =
                mix(colour, mix(colours.accent, [255.0, 236.0, 190.0], 0.45), 0.34 * disc * (0.35 + 0.65 * draw(3)));
        }
    }
    colour
}

fn mix(a: Colour, b: Colour, t: f32) -> Colour {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t.clamp(0.0, 1.0))
}

fn scaled(colour: Colour, by: f32) -> Colour {
    colour.map(|value| value * by)
}

fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn bell(x: f32) -> f32 {
    (-x * x).exp()
}

/// Value noise.
struct Noise(u32);

impl Noise {
    /// A number from 0 to 1 that belongs to a point of a grid.
    fn hash(&self, x: u32, y: u32) -> f32 {
        let mut h = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ self.0.wrapping_mul(0xc2b2_ae3d);
        h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
        h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
        ((h ^ (h >> 15)) >> 8) as f32 / 16_777_216.0
    }

    fn at(&self, x: f32, y: f32) -> f32 {
        let (ix, iy) = (x.floor(), y.floor());
        let (fx, fy) = (smooth(0.0, 1.0, x - ix), smooth(0.0, 1.0, y - iy));
        let corner = |dx: i32, dy: i32| self.hash((ix as i32 + dx) as u32, (iy as i32 + dy) as u32);
        let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * fx;
        let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * fx;
        top + (bottom - top) * fy
    }

    /// Four octaves, about 0.5 in the mean.
    fn cloud(&self, x: f32, y: f32) -> f32 {
        let (mut sum, mut scale, mut weight) = (0.0, 1.0, 0.5);
        for octave in 0..4 {
            let off = octave as f32 * 17.3;
            sum += weight * self.at(x * scale + off, y * scale - off);
            scale *= 2.03;
            weight *= 0.5;
        }
        sum / 0.9375
    }
}
