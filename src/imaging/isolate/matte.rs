//! Placing the edge on the full picture.
//!
//! Along the outline every pixel is a mixture of product and ground. With the colour of both known
//! from either side of the edge, how much of each it holds follows by projection, and what it would
//! look like without the ground as well: that is what removes the halo of the old background.

use image::RgbaImage;

use super::super::blur::box_blur;
use super::working::Working;

/// Half width of the strip along the outline in which alpha may differ from 0 and 1, in working
/// pixels.
const STRIP: f32 = 4.0;

/// Contrast between product and ground, in sRGB steps, at which projection starts to be believed
/// and at which it is believed fully. Below, the edge is placed by geometry alone.
const CONTRAST: (f32, f32) = (14.0, 45.0);

/// The full picture with its new alpha.
pub(super) struct Matte {
    /// Same size as the photo.
    pub(super) pixels: RgbaImage,
    /// Share of the outline along which product and ground really differ, 0 to 1.
    pub(super) edge_support: f32,
}

/// Cuts the photo along the mask found in the working copy.
pub(super) fn cut(photo: &RgbaImage, working: &Working, mask: &[bool]) -> Matte {
    let (width, height) = (working.width, working.height);
    let signed = signed_distance(mask, width, height);
    let product = side_colours(working, &signed, |distance| distance > STRIP * 0.75);
    let ground = side_colours(working, &signed, |distance| distance < -STRIP * 0.75);
    let edge_support = edge_support(&signed, &product, &ground);
    let pixels = compose(photo, working, &signed, &product, &ground);
    Matte { pixels, edge_support }
}

/// Distance to the outline in working pixels: positive inside. Chamfer 3-4, exact to a few per cent
/// over the short range that matters.
fn signed_distance(mask: &[bool], width: usize, height: usize) -> Vec<f32> {
    let inside = chamfer(mask, width, height, false);
    let outside = chamfer(mask, width, height, true);
    inside
        .iter()
        .zip(&outside)
        .map(|(&inside, &outside)| if inside > 0 { inside as f32 / 3.0 - 0.5 } else { 0.5 - outside as f32 / 3.0 })
        .collect()
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

/// The mean colour of one side near each pixel, in sRGB steps.
///
/// Two radii: the near mean follows a change of colour along the edge, the far one fills in where a
/// thin part has no sure pixel close by.
fn side_colours(working: &Working, signed: &[f32], sure: impl Fn(f32) -> bool) -> Vec<[f32; 3]> {
    let (width, height) = (working.width, working.height);
    let mut near: [Vec<f32>; 4] = std::array::from_fn(|_| vec![0.0; signed.len()]);
    for (at, pixel) in working.rgba.as_raw().chunks_exact(4).enumerate() {
        if sure(signed[at]) {
            for channel in 0..3 {
                near[channel][at] = f32::from(pixel[channel]);
            }
            near[3][at] = 1.0;
        }
    }
    let mut scratch = vec![0.0; signed.len()];
    let mut far = near.clone();
    for plane in &mut near {
        box_blur(plane, &mut scratch, width, height, 6);
    }
    for plane in &mut far {
        box_blur(plane, &mut scratch, width, height, 30);
    }
    (0..signed.len())
        .map(|at| {
            let far_weight = 0.02;
            let weight = near[3][at] + far_weight * far[3][at] + 1e-9;
            std::array::from_fn(|channel| (near[channel][at] + far_weight * far[channel][at]) / weight)
        })
        .collect()
}

fn edge_support(signed: &[f32], product: &[[f32; 3]], ground: &[[f32; 3]]) -> f32 {
    let (mut outline, mut seen) = (0_u32, 0_u32);
    for (at, distance) in signed.iter().enumerate() {
        if distance.abs() < 0.6 {
            outline += 1;
            let contrast: f32 = (0..3).map(|channel| (product[at][channel] - ground[at][channel]).powi(2)).sum();
            seen += u32::from(contrast.sqrt() > CONTRAST.1 * 0.6);
        }
    }
    seen as f32 / outline.max(1) as f32
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

fn compose(
    photo: &RgbaImage,
    working: &Working,
    signed: &[f32],
    product: &[[f32; 3]],
    ground: &[[f32; 3]],
) -> RgbaImage {
    let (width, height) = photo.dimensions();
    let scale_x = working.width as f32 / width as f32;
    let scale_y = working.height as f32 / height as f32;
    let mut out = photo.clone();
    for (y, row) in out.chunks_exact_mut(width as usize * 4).enumerate() {
        let working_y = (y as f32 + 0.5) * scale_y - 0.5;
        for (x, pixel) in row.chunks_exact_mut(4).enumerate() {
            let working_x = (x as f32 + 0.5) * scale_x - 0.5;
            let nearest = (working_y + 0.5) as usize * working.width + (working_x + 0.5) as usize;
            let rough = signed[nearest.min(signed.len() - 1)];
            if rough > STRIP + 1.5 {
                continue;
            }
            if rough < -STRIP - 1.5 {
                pixel.fill(0);
                continue;
            }
            let blend = Blend::new(working_x, working_y, working.width, working.height);
            let distance = blend.value(signed);
            let colour: [f32; 3] = std::array::from_fn(|channel| f32::from(pixel[channel]));
            let (front, back) = (blend.colour(product), blend.colour(ground));
            let alpha = alpha_at(distance, colour, front, back);
            write_pixel(pixel, alpha, colour, front, back);
        }
    }
    out
}

fn alpha_at(distance: f32, colour: [f32; 3], front: [f32; 3], back: [f32; 3]) -> f32 {
    let (mut along, mut contrast) = (0.0, 0.0);
    for channel in 0..3 {
        let axis = front[channel] - back[channel];
        along += (colour[channel] - back[channel]) * axis;
        contrast += axis * axis;
    }
    // The ends are stretched a little: sensor noise would leave a veil over the ground otherwise.
    let projected = ((along / contrast.max(1.0) - 0.06) / 0.84).clamp(0.0, 1.0);
    let geometric = smoothstep(-0.8, 1.2, distance);
    let trust = smoothstep(CONTRAST.0, CONTRAST.1, contrast.sqrt());
    let mixed = geometric + (projected - geometric) * trust;
    // Towards the ends of the strip only geometry speaks, so that no seam shows there.
    let settled = smoothstep(STRIP * 0.5, STRIP, distance.abs());
    let step = if distance > 0.0 { 1.0 } else { 0.0 };
    mixed + (step - mixed) * settled
}

fn write_pixel(pixel: &mut [u8], alpha: f32, colour: [f32; 3], front: [f32; 3], back: [f32; 3]) {
    let byte = (alpha * 255.0 + 0.5) as u8;
    if byte == 255 {
        pixel[3] = 255;
        return;
    }
    if byte == 0 {
        pixel.fill(0);
        return;
    }
    // The less product a pixel holds the more its noise is magnified, so the mean takes over.
    let trust = smoothstep(0.25, 0.95, alpha);
    for channel in 0..3 {
        let unmixed = ((colour[channel] - (1.0 - alpha) * back[channel]) / alpha).clamp(0.0, 255.0);
        pixel[channel] = (front[channel] + (unmixed - front[channel]) * trust + 0.5).clamp(0.0, 255.0) as u8;
    }
    pixel[3] = byte;
}

fn smoothstep(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
