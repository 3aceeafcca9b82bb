//! What every scene starts from: measures, colours, the light on the wall.

use super::{
    super::PlateScene,
    canvas::{Colour, bell, colour, lit, mix, smooth},
    look::{Gobo, Look},
    noise,
};

/// The measures every scene starts from.
pub(super) struct Ground {
    pub(super) width: f32,
    pub(super) height: f32,
    /// Pixels per design unit: 1 on a 1080-wide portrait.
    pub(super) unit: f32,
    pub(super) base: Colour,
    pub(super) tint: Colour,
    pub(super) surface: Colour,
    pub(super) accent: Colour,
    pub(super) glow: Colour,
    pub(super) shade: Colour,
    pub(super) is_dark: bool,
    pub(super) seed: u64,
    /// Of the whole set.
    pub(super) set_seed: u64,
    frond: [Leaflet; 15],
}

/// A leaflet of the palm frond that throws its shadow: slender, pointed, and softer the farther it hangs
/// from the stem.
struct Leaflet {
    cos: f32,
    sin: f32,
    length: f32,
}

impl Leaflet {
    fn new(seed: u64, leaf: u32) -> Self {
        let angle = std::f32::consts::PI + 0.35 - 0.14 * leaf as f32 - 0.10 * noise::draw(seed, leaf);
        Self { cos: angle.cos(), sin: angle.sin(), length: 680.0 + 320.0 * noise::draw(seed, 40 + leaf) }
    }
}

impl Ground {
    pub(super) fn of(request: &PlateScene) -> Self {
        let palette = &request.palette;
        Self {
            width: request.width as f32,
            height: request.height as f32,
            unit: request.width.min(request.height) as f32 / 1080.0,
            base: colour(palette.base),
            tint: colour(palette.tint),
            surface: colour(palette.surface),
            accent: colour(palette.accent),
            glow: colour(palette.glow),
            shade: colour(palette.shade),
            is_dark: palette.is_dark,
            seed: request.seed,
            // Posters of one set differ by their index: what belongs to the whole set must not.
            set_seed: request.seed.wrapping_sub(request.dimension.index() as u64),
            frond: std::array::from_fn(|leaf| Leaflet::new(request.seed, leaf as u32)),
        }
    }

    /// One of several ways to paint something, the same on all posters of a set.
    pub(super) fn choice<T: Copy>(&self, of: &[T], n: u32) -> Option<T> {
        let index = (noise::draw(self.set_seed, 900 + n) * of.len() as f32) as usize;
        of.get(index.min(of.len().saturating_sub(1))).copied()
    }

    /// The product's box in pixels: left, top, right, bottom.
    pub(super) fn focus(&self, request: &PlateScene) -> [f32; 4] {
        let [x, y, w, h] = request.focus.unwrap_or([0.2, 0.4, 0.6, 0.4]);
        [x * self.width, y * self.height, (x + w) * self.width, (y + h) * self.height]
    }

    /// How much light the gobo lets through at a point: 1 is full light.
    pub(super) fn gobo(&self, gobo: Gobo, x: f32, y: f32) -> f32 {
        match gobo {
            Gobo::None => 1.0,
            Gobo::Window => {
                // Panes seen at a slant; the light falls from the upper left.
                let u = self.unit;
                let (sx, sy) = (x + 0.34 * y - 260.0 * u, y + 0.12 * x - 40.0 * u);
                let bars = |v: f32, pitch: f32, bar: f32| {
                    let t = (v / pitch - noise::floor(v / pitch)) * pitch;
                    smooth(0.0, 34.0 * u, t) * (1.0 - smooth(pitch - bar - 34.0 * u, pitch - bar, t))
                };
                let panes = bars(sx, 300.0 * u, 44.0 * u) * bars(sy, 360.0 * u, 44.0 * u);
                let inside = smooth(0.0, 60.0 * u, sx)
                    * (1.0 - smooth(840.0 * u, 900.0 * u, sx))
                    * smooth(0.0, 60.0 * u, sy)
                    * (1.0 - smooth(1020.0 * u, 1080.0 * u, sy));
                panes * inside
            }
            Gobo::Leaves => {
                let u = self.unit;
                let (dx, dy) = ((x - self.width - 60.0 * u) / u, (y + 40.0 * u) / u);
                let mut shadow: f32 = 0.0;
                for &Leaflet { cos, sin, length } in &self.frond {
                    let (along, across) = (dx * cos + dy * sin, -dx * sin + dy * cos);
                    let t = along / length;
                    if (0.02..1.0).contains(&t) {
                        let bend = across + 90.0 * t * t;
                        let half = 78.0 * t.sqrt() * (1.0 - t);
                        let penumbra = 8.0 + 22.0 * t;
                        let leaflet = 1.0 - smooth((half - penumbra).max(0.0), half + penumbra, bend.abs());
                        shadow = shadow.max(leaflet * (1.0 - smooth(0.72, 1.0, t)));
                    }
                }
                1.0 - shadow
            }
        }
    }

    /// Paper fibre or woven cloth, around 0.
    pub(super) fn fibre(&self, x: f32, y: f32) -> f32 {
        let u = self.unit;
        noise::cloud(x / (46.0 * u), y / (46.0 * u), self.seed ^ 0xf1b4) - 0.5
    }

    pub(super) fn wall(&self, look: &Look, x: f32, y: f32) -> Colour {
        let (u, v) = (x / self.width, y / self.height);
        let mut c = mix(self.base, self.tint, 0.55 * smooth(0.05, 1.0, 0.75 * v + 0.35 * u));
        if self.is_dark {
            let (dx, dy) = (u - 0.5, (v - 0.42) * self.height / self.width);
            c = mix(c, self.glow, 0.24 * bell((dx * dx + dy * dy).sqrt(), 0.75));
        } else {
            c = lit(c, 1.0 + 0.35 * bell(((u - 0.12).powi(2) + (v - 0.05).powi(2)).sqrt(), 0.7));
        }
        if look.gobo != Gobo::None {
            let light = self.gobo(look.gobo, x, y);
            c = match look.gobo {
                Gobo::Window => lit(c, 1.0 + 0.30 * light),
                _ => mix(self.shade, c, 0.88 + 0.12 * light),
            };
        }
        if look.fibre > 0.0 {
            let depth = if self.is_dark { 0.10 } else { 0.045 };
            c = lit(c, 1.0 + depth * look.fibre * self.fibre(x, y));
        }
        c
    }
}
