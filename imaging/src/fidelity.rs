//! Whether a picture shows the product it should: a score from the pixels alone.
//!
//! The cut-out of the seller's photo is looked for in the picture, in a range of sizes around the one it
//! was asked for, by masked normalised cross-correlation of brightness (Lewis, "Fast Normalized
//! Cross-Correlation", 1995, with a mask). Where it fits best three things are compared: structure,
//! colour, and where edges run. Light and small turns cost little; another shape, another colour or a
//! redrawn label cost much.

use image::RgbaImage;

use super::{Oklab, resize};

/// The longer side of the cut-out while it is searched for, in pixels: labels are still blocks of their
/// own, and a search costs some ten milliseconds.
const PROBE_SIDE: f32 = 96.0;
/// The sizes tried, relative to the expected one.
const SCALES: [f32; 7] = [0.72, 0.81, 0.9, 1.0, 1.11, 1.23, 1.37];
/// Sizes tried around the best of them: a few per cent decide whether edges lie on edges.
const FINE_SCALES: [f32; 4] = [0.94, 0.97, 1.03, 1.06];
/// Steps of the coarse search, in probe pixels.
const STEP: i32 = 4;
/// Only pixels this opaque are the product's own.
const OPAQUE: u8 = 200;
/// A mean colour difference (OKLab distance) at which nothing of the colour is left.
const COLOUR_FULL: f32 = 0.22;

/// The lowest [`Fidelity::score`] with which a product counts as preserved, 0–1. Found by trying: the
/// same product under other light, blurred, noisy or slightly turned scores above, another product, a
/// recoloured one, a mirrored or erased label below; the tests hold both sides.
const FIDELITY_MIN: f32 = 0.7;

/// How well a product was preserved; each part 0 (not at all) to 1 (entirely).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fidelity {
    /// Brightness follows the same pattern.
    pub structure: f32,
    /// Colours are the same.
    pub colour: f32,
    /// Edges run where they should, and the same way.
    pub edges: f32,
    /// Where it was found: left, top, width and height in pixels of the picture.
    pub found: [u32; 4],
}

impl Fidelity {
    /// All parts in one number. Structure and edges speak of identity, colour of the finish.
    pub fn score(&self) -> f32 {
        0.35 * self.structure + 0.3 * self.colour + 0.35 * self.edges
    }

    /// Whether the product counts as preserved.
    pub fn is_preserved(&self) -> bool {
        // A part that is lost altogether is not made up for by the others: a red bottle that was blue
        // has every edge in its place.
        self.score() >= FIDELITY_MIN && self.structure >= 0.75 && self.colour >= 0.72 && self.edges >= 0.4
    }
}

/// Looks for a cut-out (straight alpha) in an opaque picture; `expected` is where it should stand: left,
/// top, width and height in pixels of the picture. `None` when the cut-out has no opaque pixel.
pub fn fidelity(cut_out: &RgbaImage, picture: &RgbaImage, expected: [f32; 4]) -> Option<Fidelity> {
    let [x, y, w, h] = expected;
    // Everything happens at a size in which the expected product is PROBE_SIDE long.
    let unit = PROBE_SIDE / w.max(h).max(1.0);
    let (pw, ph) = ((picture.width() as f32 * unit) as u32, (picture.height() as f32 * unit) as u32);
    let picture_small = Field::of(&resize(picture, pw.max(8), ph.max(8)));
    let search = Search { cut_out, picture: &picture_small, box_: [x, y, w, h].map(|value| value * unit) };
    // A model may put it elsewhere, but not anywhere.
    let reach = (PROBE_SIDE * 0.6) as i32;
    let mut best: Option<(f32, Match)> = None;
    for scale in SCALES {
        better(&mut best, scale, search.at_scale(scale, None, reach));
    }
    let coarse = best.as_ref().map(|(scale, found)| (*scale, found.centre()));
    for (factor, (scale, centre)) in FINE_SCALES.into_iter().zip(std::iter::repeat(coarse?)) {
        better(&mut best, scale * factor, search.at_scale(scale * factor, Some(centre), STEP));
    }
    let (_, best) = best?;
    let colour = best.template.colour(&picture_small, best.left, best.top);
    let edges = best.template.edges(&picture_small, best.left, best.top);
    let back = |value: i32| (value.max(0) as f32 / unit).round() as u32;
    let found = [back(best.left), back(best.top), back(best.template.width as i32), back(best.template.height as i32)];
    Some(Fidelity { structure: best.structure.max(0.0), colour, edges, found })
}

fn better(best: &mut Option<(f32, Match)>, scale: f32, found: Option<Match>) {
    if let Some(found) = found
        && best.as_ref().is_none_or(|(_, known)| found.structure > known.structure)
    {
        *best = Some((scale, found));
    }
}

/// What is looked for, and where; `box_` is the expected place in probe pixels.
struct Search<'a> {
    cut_out: &'a RgbaImage,
    picture: &'a Field,
    box_: [f32; 4],
}

impl Search<'_> {
    /// The best place for this size, around the expected or a known middle.
    fn at_scale(&self, scale: f32, centre: Option<(f32, f32)>, reach: i32) -> Option<Match> {
        let [x, y, w, h] = self.box_;
        let (tw, th) = ((w * scale).round().max(4.0) as u32, (h * scale).round().max(4.0) as u32);
        if tw > self.picture.width || th > self.picture.height {
            return None;
        }
        let template = Template::of(&resize(self.cut_out, tw, th))?;
        let centre = centre.unwrap_or((x + w / 2.0, y + h / 2.0));
        let start = ((centre.0 - tw as f32 / 2.0).round() as i32, (centre.1 - th as f32 / 2.0).round() as i32);
        let mut coarse = None;
        for dy in (-reach..=reach).step_by(STEP as usize) {
            for dx in (-reach..=reach).step_by(STEP as usize) {
                consider(&mut coarse, &template, self.picture, start.0 + dx, start.1 + dy, 3);
            }
        }
        let coarse: Match = coarse?;
        let mut fine = None;
        for dy in -STEP..=STEP {
            for dx in -STEP..=STEP {
                consider(&mut fine, &template, self.picture, coarse.left + dx, coarse.top + dy, 1);
            }
        }
        fine
    }
}

struct Match {
    structure: f32,
    left: i32,
    top: i32,
    template: std::rc::Rc<TemplateData>,
}

impl Match {
    fn centre(&self) -> (f32, f32) {
        let (w, h) = (self.template.width as f32, self.template.height as f32);
        (self.left as f32 + w / 2.0, self.top as f32 + h / 2.0)
    }
}

fn consider(best: &mut Option<Match>, template: &Template, picture: &Field, left: i32, top: i32, every: usize) {
    let Some(structure) = template.0.structure(picture, left, top, every) else { return };
    if best.as_ref().is_none_or(|known| structure > known.structure) {
        *best = Some(Match { structure, left, top, template: std::rc::Rc::clone(&template.0) });
    }
}

/// A picture as OKLab, with the gradient of its lightness.
struct Field {
    width: u32,
    height: u32,
    lab: Vec<[f32; 3]>,
    gradient: Vec<[f32; 2]>,
}

impl Field {
    fn of(pixels: &RgbaImage) -> Self {
        let (width, height) = pixels.dimensions();
        let lab: Vec<[f32; 3]> = pixels
            .pixels()
            .map(|p| {
                let colour = Oklab::from_rgb([p[0], p[1], p[2]]);
                [colour.l, colour.a, colour.b]
            })
            .collect();
        let at = |x: u32, y: u32| lab[(y.min(height - 1) * width + x.min(width - 1)) as usize][0];
        let mut gradient = Vec::with_capacity(lab.len());
        for y in 0..height {
            for x in 0..width {
                let gx = at(x + 1, y) - at(x.saturating_sub(1), y);
                let gy = at(x, y + 1) - at(x, y.saturating_sub(1));
                gradient.push([gx, gy]);
            }
        }
        Self { width, height, lab, gradient }
    }
}

struct Template(std::rc::Rc<TemplateData>);

struct TemplateData {
    width: u32,
    height: u32,
    field: Field,
    /// The product's own pixels, in reading order.
    inside: Vec<(u32, u32)>,
}

impl Template {
    fn of(pixels: &RgbaImage) -> Option<Self> {
        let (width, height) = pixels.dimensions();
        let inside: Vec<(u32, u32)> =
            pixels.enumerate_pixels().filter(|(_, _, p)| p[3] >= OPAQUE).map(|(x, y, _)| (x, y)).collect();
        if inside.is_empty() {
            return None;
        }
        let field = Field::of(pixels);
        Some(Self(std::rc::Rc::new(TemplateData { width, height, field, inside })))
    }
}

impl TemplateData {
    /// The pairs of indexes (template, picture) under the product.
    fn pairs<'a>(
        &'a self,
        picture: &'a Field,
        left: i32,
        top: i32,
        every: usize,
    ) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.inside.iter().step_by(every).map(move |(x, y)| {
            let own = (y * self.width + x) as usize;
            let (px, py) = ((left + *x as i32) as u32, (top + *y as i32) as u32);
            (own, (py * picture.width + px) as usize)
        })
    }

    /// Correlation of lightness under the mask, −1 to 1; `None` outside the picture, 0 where one
    /// of the two has nothing to correlate.
    fn structure(&self, picture: &Field, left: i32, top: i32, every: usize) -> Option<f32> {
        let fits = left >= 0
            && top >= 0
            && left as u32 + self.width <= picture.width
            && top as u32 + self.height <= picture.height;
        if !fits {
            return None;
        }
        // In `f64`: a flat ground's variance is the small difference of two large sums.
        let (mut n, mut sa, mut sb, mut saa, mut sbb, mut sab) = (0.0_f64, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (own, other) in self.pairs(picture, left, top, every) {
            let (a, b) = (f64::from(self.field.lab[own][0]), f64::from(picture.lab[other][0]));
            n += 1.0;
            sa += a;
            sb += b;
            saa += a * a;
            sbb += b * b;
            sab += a * b;
        }
        let (va, vb) = (((saa - sa * sa / n) / n).max(0.0), ((sbb - sb * sb / n) / n).max(0.0));
        let spread = (va * vb).sqrt();
        Some(if spread < 1e-7 { 0.0 } else { ((sab - sa * sb / n) / n / spread) as f32 })
    }

    /// Mean likeness of colour. The common difference of lightness is the light's, not the product's, and
    /// counts half.
    fn colour(&self, picture: &Field, left: i32, top: i32) -> f32 {
        let count = self.inside.len() as f32;
        let light =
            self.pairs(picture, left, top, 1).map(|(a, b)| picture.lab[b][0] - self.field.lab[a][0]).sum::<f32>()
                / count;
        let off: f32 = self
            .pairs(picture, left, top, 1)
            .map(|(own, other)| {
                let (a, b) = (self.field.lab[own], picture.lab[other]);
                let lightness = b[0] - a[0] - light / 2.0;
                (lightness.powi(2) + (b[1] - a[1]).powi(2) + (b[2] - a[2]).powi(2)).sqrt()
            })
            .sum::<f32>()
            / count;
        (1.0 - off / COLOUR_FULL).clamp(0.0, 1.0)
    }

    /// How far edges run the same way, weighed by how strong they are on the product.
    fn edges(&self, picture: &Field, left: i32, top: i32) -> f32 {
        let (mut sum, mut weight) = (0.0_f32, 0.0_f32);
        for (own, other) in self.pairs(picture, left, top, 1) {
            let ([ax, ay], [bx, by]) = (self.field.gradient[own], picture.gradient[other]);
            let (a, b) = (ax.hypot(ay), bx.hypot(by));
            if a < 0.02 {
                continue;
            }
            let along = (ax * bx + ay * by) / (a * b.max(1e-6));
            // An edge that has gone soft counts in part; one that runs elsewhere counts against.
            sum += a * along * (b / a).min(1.0);
            weight += a;
        }
        if weight < 1e-6 { 1.0 } else { (sum / weight).clamp(0.0, 1.0) }
    }
}

#[cfg(test)]
mod tests;
