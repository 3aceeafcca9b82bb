//! Placing the edge on the full picture.
//!
//! Along the outline every pixel is a mixture of product and ground. With the colour of both known
//! from either side of the edge, how much of each it holds follows by projection, and what it would
//! look like without the ground as well: that is what removes the halo of the old background.

use image::RgbaImage;

use super::super::blur::{box_blur, box_blur_thrice};
use super::super::resize::crop;
use super::bounds::Bounds;
use super::edge;
use super::working::Working;

/// Half width of the strip along the outline in which alpha may differ from 0 and 1, in working
/// pixels.
pub(super) const STRIP: f32 = 4.0;

/// How far the outline is evened out, in working pixels.
const SMOOTH_SIGMA: f32 = 2.0;
/// How far that may move it, in working pixels.
const SMOOTH_SHIFT: f32 = 1.0;
/// Distances are cut off here before that, in working pixels: beyond the strip, with what the smoothing reaches.
const SMOOTH_REACH: f32 = STRIP + 4.0 * SMOOTH_SIGMA;

/// Departure from the ground, in sRGB steps, below which a pixel may be noise.
pub(super) const NOISE_FLOOR: f32 = 7.0;

/// How much of the working copy around the product is looked at: the strip, and the ground as far away
/// from it as [`mean_colours`] reaches.
const MARGIN: usize = STRIP as usize + 4 + FAR_RADIUS;

/// Radii of the two means of the ground's colour, in working pixels.
const NEAR_RADIUS: usize = 5;
const FAR_RADIUS: usize = 30;

/// The part of the picture that holds the product, with its new alpha.
pub(super) struct Matte {
    pub(super) pixels: RgbaImage,
    /// Where in the photo it is. Outside there is nothing of the product.
    pub(super) left: u32,
    pub(super) top: u32,
    /// Share of the outline along which product and ground really differ, 0 to 1.
    pub(super) edge_support: f32,
}

/// What says how much of the product a pixel along the outline holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edge {
    /// Its own colour, before a plain ground.
    Seen,
    /// The outline, placed where many pixels together say: in a busy scene.
    Drawn,
}

/// Cuts the photo along the mask found in the working copy.
pub(super) fn cut(photo: &RgbaImage, working: &Working, mask: &[bool], edge: Edge) -> Matte {
    let patch = Patch::new(working, mask, edge);
    let strip = Strip::new(photo, working, &patch, edge);
    Matte {
        edge_support: strip.edge_support(),
        pixels: strip.compose(),
        left: strip.left as u32,
        top: strip.top as u32,
    }
}

/// What the working copy knows about the surroundings of the product. Most of a photo is ground far from
/// it, of which nothing needs to be known.
struct Patch {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Distance to the outline in working pixels, positive inside.
    signed: Vec<f32>,
    /// The colour of the ground near by.
    ground: Vec<[f32; 3]>,
}

impl Patch {
    fn new(working: &Working, mask: &[bool], edge: Edge) -> Self {
        let part = Bounds::of_mask(mask, working.width).grown(MARGIN, working.width, working.height);
        let (left, top, width, height) = (part.left, part.top, part.width(), part.height());
        let mask = part.part(mask, working.width);
        let pixels = part.part(working.rgba.as_raw().as_chunks::<4>().0, working.width).into_flattened();
        let mut signed = signed_distance(&mask, width, height);
        smooth(&mut signed, width, height);
        let mut ground = mean_colours(&pixels, width, height, |at| signed[at] < -2.5);
        if edge == Edge::Drawn {
            let product = mean_colours(&pixels, width, height, |at| signed[at] > 2.5);
            edge::place(&mut signed, (width, height), &pixels, &product, &ground);
            smooth(&mut signed, width, height);
            ground = mean_colours(&pixels, width, height, |at| signed[at] < -2.5);
        }
        Self { left, top, width, height, signed, ground }
    }
}

/// Distance to the outline in working pixels: positive inside. Chamfer 3-4, exact to a few per cent
/// over the short range that matters.
fn signed_distance(mask: &[bool], width: usize, height: usize) -> Vec<f32> {
    let inside = chamfer(mask, width, height, false);
    let outside = chamfer(mask, width, height, true);
    inside
        .iter()
        .zip(&outside)
        .map(
            |(&inside, &outside)| {
                if inside > 0 { f32::from(inside) / 3.0 - 0.5 } else { 0.5 - f32::from(outside) / 3.0 }
            },
        )
        .collect()
}

/// Evens out the steps of the working outline: enlarged to a photo of twelve megapixels each is four pixels high, and
/// where product and ground are of one colour nothing else draws the edge.
///
/// Nothing moves by more than [`SMOOTH_SHIFT`]: a wire three pixels wide stays a wire.
fn smooth(signed: &mut [f32], width: usize, height: usize) {
    // What is far from the outline only has to stay far.
    let mut even: Vec<f32> = signed.iter().map(|distance| distance.clamp(-SMOOTH_REACH, SMOOTH_REACH)).collect();
    box_blur_thrice(&mut even, width, height, SMOOTH_SIGMA);
    for (distance, even) in signed.iter_mut().zip(even) {
        *distance = even.clamp(*distance - SMOOTH_SHIFT, *distance + SMOOTH_SHIFT);
    }
}

/// For pixels not equal to `target`: three times the distance to the nearest pixel that is.
fn chamfer(mask: &[bool], width: usize, height: usize, target: bool) -> Vec<u16> {
    const FAR: u16 = 30_000;
    let mut distance: Vec<u16> = mask.iter().map(|&mask| if mask == target { 0 } else { FAR }).collect();
    let relax = |distance: &mut [u16], at: usize, from: usize, cost: u16| {
        let candidate = distance[from] + cost;
        if candidate < distance[at] {
            distance[at] = candidate;
        }
    };
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if x > 0 {
                relax(&mut distance, at, at - 1, 3);
            }
            if y > 0 {
                relax(&mut distance, at, at - width, 3);
                if x > 0 {
                    relax(&mut distance, at, at - width - 1, 4);
                }
                if x + 1 < width {
                    relax(&mut distance, at, at - width + 1, 4);
                }
            }
        }
    }
    for y in (0..height).rev() {
        for x in (0..width).rev() {
            let at = y * width + x;
            if x + 1 < width {
                relax(&mut distance, at, at + 1, 3);
            }
            if y + 1 < height {
                relax(&mut distance, at, at + width, 3);
                if x > 0 {
                    relax(&mut distance, at, at + width - 1, 4);
                }
                if x + 1 < width {
                    relax(&mut distance, at, at + width + 1, 4);
                }
            }
        }
    }
    distance
}

/// The mean colour near each pixel of those that count, in sRGB steps.
///
/// Two radii: the near mean follows a shadow along the edge, the far one fills in where the ground
/// is hemmed in and no sure pixel of it is close by.
fn mean_colours(pixels: &[u8], width: usize, height: usize, counts: impl Fn(usize) -> bool) -> Vec<[f32; 3]> {
    let mut near: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; width * height]);
    for (at, pixel) in pixels.chunks_exact(4).enumerate() {
        if counts(at) {
            for channel in 0..3 {
                near[channel][at] = f32::from(pixel[channel]);
            }
            near[3][at] = 1.0;
        }
    }
    let mut scratch = vec![0.0; width * height];
    let mut far = near.clone();
    for plane in &mut near {
        box_blur(plane, &mut scratch, width, height, NEAR_RADIUS);
    }
    for plane in &mut far {
        box_blur(plane, &mut scratch, width, height, FAR_RADIUS);
    }
    (0..width * height)
        .map(|at| {
            let far_weight = 0.02;
            let weight = near[3][at] + far_weight * far[3][at] + 1e-9;
            std::array::from_fn(|channel| (near[channel][at] + far_weight * far[channel][at]) / weight)
        })
        .collect()
}

/// What surrounds a full-size pixel in the working copy, blended bilinearly.
struct Blend {
    index: [usize; 4],
    weight: [f32; 4],
}

impl Blend {
    fn new(x: f32, y: f32, width: usize, height: usize) -> Self {
        let (x, y) = (x.clamp(0.0, (width - 1) as f32), y.clamp(0.0, (height - 1) as f32));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(width - 1), (top + 1).min(height - 1));
        let (fx, fy) = (x - left as f32, y - top as f32);
        Self {
            index: [top * width + left, top * width + right, bottom * width + left, bottom * width + right],
            weight: [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy],
        }
    }

    fn value(&self, plane: &[f32]) -> f32 {
        (0..4).map(|i| plane[self.index[i]] * self.weight[i]).sum()
    }

    fn colour(&self, plane: &[[f32; 3]]) -> [f32; 3] {
        std::array::from_fn(|channel| (0..4).map(|i| plane[self.index[i]][channel] * self.weight[i]).sum())
    }
}

/// The picture along the outline: the part of it that holds the product.
struct Strip<'a> {
    photo: &'a RgbaImage,
    /// Where the part lies in the photo.
    left: usize,
    top: usize,
    width: usize,
    height: usize,
    /// Full-size pixels to one working pixel.
    scale: f32,
    /// Distance to the working outline in working pixels, positive inside.
    distance: Vec<f32>,
    /// How far the colour departs from the ground's, in sRGB steps; only within the strip.
    departure: Vec<f32>,
    /// The ground's colour there.
    ground: Vec<[u8; 3]>,
    /// Steps from the first pixel that is not ground, inwards; 0 for ground.
    depth: Vec<u8>,
    edge: Edge,
}

impl<'a> Strip<'a> {
    fn new(photo: &'a RgbaImage, working: &Working, patch: &Patch, edge: Edge) -> Self {
        let (step_x, step_y) =
            (working.width as f32 / photo.width() as f32, working.height as f32 / photo.height() as f32);
        // All that the strip can reach; the patch is wider by what the means of the ground need.
        let reach = |start: usize, length: usize, step: f32, side: u32| {
            let side = side as usize;
            let from = start + if start > 0 { FAR_RADIUS } else { 0 };
            let first = ((from as f32 / step) as usize).min(side - 1);
            let last = ((start + length) as f32 / step).ceil() as usize;
            (first, last.clamp(first + 1, side))
        };
        let (left, right) = reach(patch.left, patch.width, step_x, photo.width());
        let (top, bottom) = reach(patch.top, patch.height, step_y, photo.height());
        let (width, height) = (right - left, bottom - top);
        let mut distance = vec![0.0; width * height];
        let mut departure = vec![0.0; width * height];
        let mut ground = vec![[0; 3]; width * height];
        let place = |at: usize, step: f32, start: usize| (at as f32 + 0.5) * step - 0.5 - start as f32;
        let nearest = |place: f32, side: usize| ((place + 0.5).max(0.0) as usize).min(side - 1);
        let columns: Vec<(f32, usize)> =
            (left..right).map(|x| place(x, step_x, patch.left)).map(|x| (x, nearest(x, patch.width))).collect();
        for y in 0..height {
            let working_y = place(top + y, step_y, patch.top);
            let signed = &patch.signed[nearest(working_y, patch.height) * patch.width..][..patch.width];
            let start = ((top + y) * photo.width() as usize + left) * 4;
            let row = &photo.as_raw()[start..start + width * 4];
            for (x, (pixel, &(working_x, nearest))) in row.chunks_exact(4).zip(&columns).enumerate() {
                let at = y * width + x;
                let rough = signed[nearest];
                if rough.abs() > STRIP + 1.5 {
                    distance[at] = rough;
                    continue;
                }
                let blend = Blend::new(working_x, working_y, patch.width, patch.height);
                distance[at] = blend.value(&patch.signed);
                let back = blend.colour(&patch.ground);
                let squared: f32 = (0..3).map(|i| (f32::from(pixel[i]) - back[i]).powi(2)).sum();
                departure[at] = squared.sqrt();
                ground[at] = back.map(|value| (value + 0.5) as u8);
            }
        }
        let scale = 1.0 / step_x;
        let mut strip =
            Self { photo, left, top, width, height, scale, distance, departure, ground, depth: Vec::new(), edge };
        strip.depth = strip.depths();
        strip
    }

    /// The photo's pixel at a place of the strip.
    fn colour(&self, at: usize) -> &[u8] {
        let (x, y) = (self.left + at % self.width, self.top + at / self.width);
        &self.photo.as_raw()[(y * self.photo.width() as usize + x) * 4..][..4]
    }

    /// Half width of the transition from ground to product, in full-size pixels: optics and the
    /// sensor blur an edge over about three, whatever the size of the photo.
    fn edge_width(&self) -> u8 {
        (1.5 + 0.5 * self.scale).round().clamp(2.0, 6.0) as u8
    }

    /// Whether a pixel is anything but ground.
    ///
    /// Within two working pixels of the outline its colour decides; beyond, the outline does. A
    /// weak edge inside the outline is left to the outline as well.
    fn is_product(&self, at: usize) -> bool {
        let distance = self.distance[at];
        if self.edge == Edge::Drawn || distance.abs() > 2.0 {
            distance > 0.0
        } else {
            self.departure[at] > NOISE_FLOOR * 1.6 || distance > 1.5
        }
    }

    fn depths(&self) -> Vec<u8> {
        let (width, height) = (self.width, self.height);
        let mut depth: Vec<u8> = (0..width * height).map(|at| if self.is_product(at) { 200 } else { 0 }).collect();
        // City blocks and diagonals alternate well enough over the few steps that matter.
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                let left = if x > 0 { depth[at - 1] } else { 200 };
                let above = if y > 0 { depth[at - width] } else { 200 };
                depth[at] = depth[at].min(left.saturating_add(1)).min(above.saturating_add(1));
            }
        }
        for y in (0..height).rev() {
            for x in (0..width).rev() {
                let at = y * width + x;
                let right = if x + 1 < width { depth[at + 1] } else { 200 };
                let below = if y + 1 < height { depth[at + width] } else { 200 };
                depth[at] = depth[at].min(right.saturating_add(1)).min(below.saturating_add(1));
            }
        }
        depth
    }

    /// Indices of the square of `radius` around a pixel, clipped to the picture.
    fn around(&self, at: usize, radius: usize) -> impl Iterator<Item = usize> {
        let (x, y, width) = (at % self.width, at / self.width, self.width);
        let columns = x.saturating_sub(radius)..(x + radius + 1).min(self.width);
        (y.saturating_sub(radius)..(y + radius + 1).min(self.height))
            .flat_map(move |y| columns.clone().map(move |x| y * width + x))
    }

    /// Share of the outline along which the picture really changes.
    fn edge_support(&self) -> f32 {
        let (mut outline, mut seen) = (0_u32, 0_u32);
        for at in 0..self.depth.len() {
            if self.depth[at] == 1 && self.distance[at].abs() < STRIP {
                outline += 1;
                let strongest = self.around(at, usize::from(self.edge_width())).map(|i| self.departure[i]);
                seen += u32::from(strongest.fold(0.0, f32::max) > NOISE_FLOOR * 3.0);
            }
        }
        seen as f32 / outline.max(1) as f32
    }

    fn compose(&self) -> RgbaImage {
        let part = [self.left, self.top, self.width, self.height].map(|value| value as u32);
        let mut out = crop(self.photo, part);
        let width = self.edge_width();
        for (at, pixel) in out.chunks_exact_mut(4).enumerate() {
            if self.depth[at] > width {
                pixel[3] = 255;
                continue;
            }
            if self.distance[at] < -STRIP {
                pixel.fill(0);
                continue;
            }
            let alpha = self.alpha(at, width);
            self.write(at, alpha, pixel);
        }
        out
    }

    /// How much product a pixel near the edge holds: its departure from the ground over the largest
    /// one nearby. The nearby product may itself fade towards the ground's colour, as glass and
    /// polished metal do along their rim, so a distant mean would not do.
    fn alpha(&self, at: usize, width: u8) -> f32 {
        let distance = self.distance[at];
        if self.edge == Edge::Drawn {
            // As wide as optics and sensor leave every edge.
            let half = 0.5 * f32::from(width) / self.scale;
            return smoothstep(-half, half, distance);
        }
        let strongest = self.strongest(at, usize::from(width));
        // A visible edge a little further in says that this pixel, which has none, is bare ground.
        let beyond = self.strongest(at, usize::from(width) + (2.0 * self.scale).ceil() as usize);
        let trust = smoothstep(NOISE_FLOOR * 2.5, NOISE_FLOOR * 5.0, beyond);
        // The low end is cut off: noise would leave a veil over the ground.
        let full = strongest.max(NOISE_FLOOR * 4.0) * 0.92;
        let measured = ((self.departure[at] - NOISE_FLOOR) / (full - NOISE_FLOOR)).clamp(0.0, 1.0);
        let drawn = smoothstep(-0.6, 0.6, distance);
        let mixed = drawn + (measured - drawn) * trust;
        // Well outside it is another object, however it looks; well inside it is product.
        (mixed * smoothstep(-3.0, -1.8, distance)).max(smoothstep(1.0, 2.2, distance))
    }

    fn strongest(&self, at: usize, radius: usize) -> f32 {
        self.around(at, radius).map(|i| self.departure[i]).fold(0.0, f32::max)
    }

    fn write(&self, at: usize, alpha: f32, pixel: &mut [u8]) {
        let byte = (alpha * 255.0 + 0.5) as u8;
        if byte < 6 {
            pixel.fill(0);
            return;
        }
        pixel[3] = byte;
        if byte == 255 {
            return;
        }
        let inner = self.edge_width();
        let (mut sum, mut count) = ([0.0_f32; 3], 0.0_f32);
        for i in self.around(at, usize::from(inner) + 2) {
            if self.depth[i] > inner.min(2) {
                for (sum, value) in sum.iter_mut().zip(self.colour(i)) {
                    *sum += f32::from(*value);
                }
                count += 1.0;
            }
        }
        // The less product a pixel holds the more its noise is magnified, so the mean takes over.
        let trust = if count > 0.0 { smoothstep(0.3, 0.95, alpha) } else { 1.0 };
        for channel in 0..3 {
            let back = f32::from(self.ground[at][channel]);
            let unmixed = ((f32::from(pixel[channel]) - (1.0 - alpha) * back) / alpha).clamp(0.0, 255.0);
            let front = sum[channel] / count.max(1.0);
            pixel[channel] = (front + (unmixed - front) * trust + 0.5).clamp(0.0, 255.0) as u8;
        }
    }
}

pub(super) fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
