//! Where words are printed on a product, so that a close view does not cut them.

use super::crops::mask;
use super::decode::Photo;
use super::isolate::CutOut;
use super::resize::resize_to_fit;

/// Long side of the copy that letters are looked for in.
const MEASURE_SIDE: u32 = 640;

/// Half sides of the windows that strokes are gathered in, in cells: small print and display type.
const REACHES: [usize; 2] = [5, 10];

/// How much a border along nothing but letters weighs, against a view moved by its own width.
const CUT_WEIGHT: f32 = 9.0;

/// A photo's lettering, as a coarse map of how much each place looks like print.
///
/// Print is where strokes run in many directions close together; the outline of a product, the rim
/// of a label and a fold of foil each run in one. Nothing is read here: it is enough to know where
/// a border would cut strokes apart.
#[derive(Clone, Debug)]
pub struct Lettering {
    width: usize,
    height: usize,
    /// Source pixels to one cell.
    scale: f32,
    print: Vec<f32>,
    /// How much of each place is product, summed; `None` when nothing was cut out.
    inside: Option<Vec<f32>>,
}

/// What a close view has to keep to.
#[derive(Clone, Copy, Debug)]
pub struct ViewRule<'a> {
    /// Least width in source pixels: a smaller part would be enlarged too far.
    pub width_min: f32,
    /// Whether the view is round instead of a rectangle.
    pub is_round: bool,
    /// The share of its height (top, bottom) in which the view fades away: words there are lost too.
    pub fades: [f32; 2],
    /// Boxes that other views of the same poster show already: x, y, width, height.
    pub taken: &'a [[u32; 4]],
}

impl Lettering {
    /// Looks for print on the product, or on the whole photo when nothing was cut out.
    pub fn of(photo: &Photo, cut_out: Option<&CutOut>) -> Self {
        let small = resize_to_fit(&photo.pixels, MEASURE_SIDE);
        let (width, height) = (small.width() as usize, small.height() as usize);
        let scale = photo.pixels.width() as f32 / width.max(1) as f32;
        let inside = cut_out.map(|cut_out| mask(cut_out, scale, width, height));
        let luma: Vec<f32> = small
            .as_raw()
            .chunks_exact(4)
            .map(|p| 0.299 * f32::from(p[0]) + 0.587 * f32::from(p[1]) + 0.114 * f32::from(p[2]))
            .collect();
        // Stroke strength, and the strength times the doubled angle of its direction: opposite
        // directions of one edge add up, crossing ones cancel out.
        let mut strokes = [vec![0.0; width * height], vec![0.0; width * height], vec![0.0; width * height]];
        let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
        for y in 3..height.saturating_sub(3) {
            for x in 3..width.saturating_sub(3) {
                let at = y * width + x;
                let is_product = inside.as_ref().is_none_or(|inside| {
                    [at - 3, at + 3, at - 3 * width, at + 3 * width].iter().all(|near| inside[*near] > 0.9)
                });
                if !is_product {
                    continue;
                }
                let (across, down) = (luma[at + 1] - luma[at - 1], luma[at + width] - luma[at - width]);
                let square = across * across + down * down;
                let strength = ((square.sqrt() - 12.0) / 36.0).clamp(0.0, 1.0);
                if strength > 0.0 {
                    (left, right, top, bottom) = (left.min(x), right.max(x + 1), top.min(y), y + 1);
                    strokes[0][at] = strength;
                    strokes[1][at] = strength * (across * across - down * down) / square;
                    strokes[2][at] = strength * 2.0 * across * down / square;
                }
            }
        }
        let tables = strokes.map(|values| summed(&values, width, height));
        let mut print = vec![0.0_f32; width * height];
        for reach in REACHES {
            // Further from the last stroke there is nothing to gather.
            for y in top.saturating_sub(reach)..(bottom + reach).min(height) {
                for x in left.saturating_sub(reach)..(right + reach).min(width) {
                    let area = [x.saturating_sub(reach), y.saturating_sub(reach), x + reach + 1, y + reach + 1];
                    let [strength, cos, sin] = [0, 1, 2].map(|table: usize| sum(&tables[table], width, height, area));
                    let crossing = (strength - cos.hypot(sin)) / ((2 * reach + 1) as f32).powi(2);
                    let at = y * width + x;
                    print[at] = print[at].max(((crossing - 0.04) / 0.10).clamp(0.0, 1.0));
                }
            }
        }
        let inside = inside.map(|inside| summed(&inside, width, height));
        Self { width, height, scale, print, inside }
    }

    /// How much of a vertical line through these source pixels crosses print: 0 to 1.
    pub fn along_column(&self, x: f32, top: f32, bottom: f32) -> f32 {
        self.along(&mut (0..=60).map(|n| (x, top + (bottom - top) * n as f32 / 60.0)))
    }

    /// Moves and widens a view of a photo this large until its border cuts as little print as
    /// possible; a view that cuts none stays as it is. Answers with the view what it costs, to compare
    /// it with others: 0 for a view left alone, 1 for a bad one.
    ///
    /// All boxes are x, y, width, height in source pixels; the proportions stay.
    pub fn settled(&self, [x, y, w, h]: [u32; 4], (width, height): (u32, u32), rule: &ViewRule<'_>) -> ([u32; 4], f32) {
        let (x, y, w, h) = (x as f32, y as f32, w.max(1) as f32, h.max(1) as f32);
        let (width, height) = (width as f32, height as f32);
        let largest = (width / w).min(height / h);
        let smallest = (rule.width_min / w).max(0.8).min(largest);
        let asked = self.share_inside([x, y, w, h]);
        // A loupe that shows the ground beside the product shows nothing.
        let asked = if rule.is_round { asked.max(0.85) } else { asked.min(0.8) };
        let mut best: Option<(f32, [f32; 4])> = None;
        for zoom in [1.0, 0.8, 0.9, 1.12, 1.25, 1.4, 1.6, 1.8, 2.05, 2.3, 2.6_f32] {
            let zoom = zoom.max(smallest);
            if zoom > largest {
                continue;
            }
            let (cw, ch) = (w * zoom, h * zoom);
            for step in 0..169 {
                let (dx, dy) = ((step % 13) as f32 / 6.0 - 1.0, (step / 13) as f32 / 6.0 - 1.0);
                let left = (x + w * 0.5 + dx * 0.6 * w - cw * 0.5).clamp(0.0, (width - cw).max(0.0));
                let top = (y + h * 0.5 + dy * 0.6 * h - ch * 0.5).clamp(0.0, (height - ch).max(0.0));
                let view = [left, top, cw, ch];
                let lost = (asked - self.share_inside(view)).max(0.0);
                let mut cost = 0.35 * (dx * dx + dy * dy) + 0.45 * (zoom / smallest.max(1.0)).ln().abs() + 5.0 * lost;
                // A loupe enlarges a part of the large view: it may show the same place.
                let shared = if rule.is_round { 0.3 } else { 3.0 };
                cost += rule.taken.iter().map(|other| shared * overlap(view, *other)).sum::<f32>();
                if best.is_some_and(|(known, _)| cost >= known) {
                    continue;
                }
                cost += CUT_WEIGHT * self.cut(view, rule);
                if best.is_none_or(|(known, _)| cost < known) {
                    best = Some((cost, view));
                }
            }
        }
        let (cost, [x, y, w, h]) = best.unwrap_or((1.0, [x, y, w, h]));
        ([x as u32, y as u32, (w as u32).max(1), (h as u32).max(1)], cost)
    }

    /// How much of the border of a view crosses print, 0 to 1, with what its fading parts hide.
    fn cut(&self, [x, y, w, h]: [f32; 4], rule: &ViewRule<'_>) -> f32 {
        if rule.is_round {
            let ring = (0..96).map(|n| {
                let (sin, cos) = (n as f32 / 96.0 * std::f32::consts::TAU).sin_cos();
                (x + w * (0.5 + 0.48 * cos), y + h * (0.5 + 0.48 * sin))
            });
            return self.along(&mut { ring });
        }
        let (near, far) = (0.012, 0.988);
        let border = (0..=36).flat_map(|n| {
            let share = n as f32 / 36.0;
            let (along, down) = (x + w * share, y + h * share);
            [(along, y + h * near), (along, y + h * far), (x + w * near, down), (x + w * far, down)]
        });
        let mut cut = self.along(&mut { border });
        for (share, start, sign) in [(rule.fades[0], y, 1.0), (rule.fades[1], y + h, -1.0)] {
            if share > 0.0 {
                let hidden = (0..120).map(|n| {
                    let (u, v) = ((n % 20) as f32 / 19.0, (n / 20) as f32 / 5.0);
                    (x + w * u, start + sign * h * share * v)
                });
                cut += 0.5 * self.along(&mut { hidden });
            }
        }
        cut
    }

    /// The mean of the map at these source pixels.
    fn along(&self, points: &mut dyn Iterator<Item = (f32, f32)>) -> f32 {
        let (mut total, mut count) = (0.0, 0.0_f32);
        for (x, y) in points {
            count += 1.0;
            let (x, y) = ((x / self.scale) as isize, (y / self.scale) as isize);
            if x >= 0 && y >= 0 && (x as usize) < self.width && (y as usize) < self.height {
                total += self.print[y as usize * self.width + x as usize];
            }
        }
        total / count.max(1.0)
    }

    fn share_inside(&self, [x, y, w, h]: [f32; 4]) -> f32 {
        let Some(inside) = &self.inside else { return 1.0 };
        let cell = |value: f32| (value / self.scale).max(0.0) as usize;
        let area = [cell(x), cell(y), cell(x + w).max(cell(x) + 1), cell(y + h).max(cell(y) + 1)];
        sum(inside, self.width, self.height, area) / ((area[2] - area[0]) * (area[3] - area[1])) as f32
    }
}

/// The share of a view that another box covers.
fn overlap([x, y, w, h]: [f32; 4], other: [u32; 4]) -> f32 {
    let [ox, oy, ow, oh] = other.map(|v| v as f32);
    let across = (x + w).min(ox + ow) - x.max(ox);
    let down = (y + h).min(oy + oh) - y.max(oy);
    across.max(0.0) * down.max(0.0) / (w * h).min(ow * oh).max(1.0)
}

/// A table of the sums over everything above and to the left.
pub(super) fn summed(values: &[f32], width: usize, height: usize) -> Vec<f32> {
    let row = width + 1;
    let mut table = vec![0.0; row * (height + 1)];
    for y in 0..height {
        let mut sum = 0.0;
        for x in 0..width {
            sum += values[y * width + x];
            table[(y + 1) * row + x + 1] = table[y * row + x + 1] + sum;
        }
    }
    table
}

/// The sum over a box given by its left, top, right and bottom, as far as the table goes.
fn sum(table: &[f32], width: usize, height: usize, [left, top, right, bottom]: [usize; 4]) -> f32 {
    let row = width + 1;
    let (left, right) = (left.min(width), right.min(width));
    let (top, bottom) = (top.min(height), bottom.min(height));
    table[bottom * row + right] - table[top * row + right] - table[bottom * row + left] + table[top * row + left]
}

#[cfg(test)]
mod tests {
    use image::{Rgba, RgbaImage};

    use super::*;

    /// A plain label with one block of crossing strokes at (400..800, 500..620) and one long rule.
    fn label() -> Photo {
        Photo::from_pixels(RgbaImage::from_fn(1280, 1280, |x, y| {
            let stroke = (400..800).contains(&x)
                && (500..620).contains(&y)
                && ((x / 10) % 3 == 0 || (y / 10) % 3 == 0)
                && (x / 40) % 3 != 2;
            let rule = (900..908).contains(&y);
            let value = if stroke || rule { 30 } else { 220 };
            Rgba([value, value, value, 255])
        }))
    }

    const RULE: ViewRule<'static> = ViewRule { width_min: 0.0, is_round: false, fades: [0.0; 2], taken: &[] };

    #[test]
    fn a_view_that_cuts_words_moves_or_widens_until_it_does_not() {
        let lettering = Lettering::of(&label(), None);
        for start in [[600, 400, 360, 360], [200, 560, 400, 400], [450, 300, 300, 260]] {
            let before = start.map(|v: u32| v as f32);
            let after = lettering.settled(start, (1280, 1280), &RULE).0.map(|v| v as f32);
            assert!(lettering.cut(before, &RULE) > 0.05, "{start:?}");
            assert!(lettering.cut(after, &RULE) < 0.02, "{start:?} became {after:?}");
            assert!((after[2] / after[3] - before[2] / before[3]).abs() < 0.02, "proportions: {after:?}");
        }
    }

    #[test]
    fn a_rule_across_the_page_is_no_lettering() {
        let lettering = Lettering::of(&label(), None);
        let view = [100, 860, 300, 300];
        assert_eq!(lettering.settled(view, (1280, 1280), &RULE), (view, 0.0));
        assert!(lettering.along_column(600.0, 480.0, 640.0) > 0.3);
        assert!(lettering.along_column(300.0, 0.0, 1280.0) < 0.02);
    }

    #[test]
    fn a_view_is_never_smaller_than_asked_nor_outside_the_photo() {
        let lettering = Lettering::of(&label(), None);
        for width_min in [200.0, 700.0, 5000.0] {
            let rule = ViewRule { width_min, is_round: true, ..RULE };
            let ([x, y, w, h], _) = lettering.settled([500, 450, 300, 300], (1280, 1280), &rule);
            assert!(w as f32 >= width_min.min(1279.0) - 1.0, "{w}");
            assert!(x + w <= 1280 && y + h <= 1280);
        }
    }

    #[test]
    fn views_of_one_poster_avoid_each_other() {
        let lettering = Lettering::of(&label(), None);
        let taken = [[500, 450, 300, 300]];
        let rule = ViewRule { taken: &taken, ..RULE };
        let (moved, _) = lettering.settled([480, 440, 300, 300], (1280, 1280), &rule);
        assert!(overlap(moved.map(|v| v as f32), taken[0]) < 0.6, "{moved:?}");
    }
}
