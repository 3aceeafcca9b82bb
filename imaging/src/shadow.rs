//! What makes a cut-out stand on something.

use image::imageops;
use image::{Rgba, RgbaImage};

use super::blur::soft_blur;

/// How a shadow falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShadowStyle {
    /// Softness, in pixels of the cut-out.
    pub sigma: f32,
    /// Darkest alpha, 0 to 1.
    pub opacity: f32,
    /// Height of the shadow's patch over the width of the product: about 0.05 for an eye-level
    /// view, 0.2 seen from above.
    pub flatness: f32,
    /// Colour, sRGB. A darkened ground colour looks truer than black.
    pub rgb: [u8; 3],
}

impl ShadowStyle {
    /// The tight, dark line where the product touches the ground, for a cut-out this wide.
    pub fn contact(width: u32, rgb: [u8; 3]) -> Self {
        Self { sigma: width as f32 * 0.014, opacity: 0.62, flatness: 0.035, rgb }
    }

    /// The wide, faint darkening around the foot, for a cut-out this wide.
    pub fn ambient(width: u32, rgb: [u8; 3]) -> Self {
        Self { sigma: width as f32 * 0.06, opacity: 0.36, flatness: 0.13, rgb }
    }
}

/// A shadow and where to draw it.
#[derive(Clone, Debug)]
pub struct Shadow {
    /// The shadow, straight alpha, with room for its softness on all sides.
    pub pixels: RgbaImage,
    /// Where its left edge lies from the left edge of the cut-out, in pixels; mostly negative.
    pub left: i32,
    /// Where its top edge lies from the top edge of the cut-out, in pixels.
    pub top: i32,
}

/// The shadow a cut-out throws on the ground it stands on.
///
/// It follows the lower outline: each column throws by how near its lowest point comes to the
/// ground, so a bottle gets one patch, a pair of shoes two, and a spout high up none.
pub fn contact_shadow(cut_out: &RgbaImage, style: &ShadowStyle) -> Shadow {
    let (width, height) = cut_out.dimensions();
    let pad = (style.sigma * 3.0).ceil().max(2.0) as u32;
    let patch = ((width as f32 * style.flatness) as u32).max(2);
    let soles: Vec<Option<u32>> =
        (0..width).map(|x| (0..height).rev().find(|&y| cut_out.get_pixel(x, y)[3] >= 128)).collect();
    let ground = soles.iter().flatten().copied().max().unwrap_or(height.saturating_sub(1));
    // Seen from above, what stands further back stands higher up: far feet of a product and the round
    // of its base are on the ground too. Beyond this height nothing is.
    let reach = (height as f32 * 0.10).min(width as f32 * 0.22).max(4.0);
    let rise = reach.ceil() as u32;
    let mut pixels = RgbaImage::from_pixel(width + 2 * pad, rise + patch + 2 * pad, Rgba([0; 4]));
    let [red, green, blue] = style.rgb;
    for (x, sole) in soles.iter().enumerate() {
        let Some(sole) = *sole else { continue };
        let lift = (ground - sole) as f32;
        let strength = (1.0 - (lift / reach).powi(2)).clamp(0.0, 1.0);
        let alpha = (style.opacity.clamp(0.0, 1.0) * strength * 255.0) as u8;
        let centre = rise as f32 + patch as f32 * 0.5 - lift;
        let half = patch as f32 * 0.5 * (0.4 + 0.6 * strength);
        for y in 0..rise + patch {
            if ((y as f32 + 0.5) - centre).abs() <= half && alpha > 0 {
                pixels.put_pixel(pad + x as u32, pad + y, Rgba([red, green, blue, alpha]));
            }
        }
    }
    let mut soft = soft_blur(&pixels, style.sigma);
    tint(&mut soft, style.rgb);
    Shadow { pixels: soft, left: -(pad as i32), top: ground as i32 + 1 - (rise + patch / 2) as i32 - pad as i32 }
}

/// The mirror image on a glossy ground: the lower part of the cut-out, upside down, fading out.
///
/// `depth` is the share of its height that shows, `opacity` its alpha right under the foot. Draw it
/// with its top edge on the cut-out's bottom edge.
pub fn reflection(cut_out: &RgbaImage, depth: f32, opacity: f32) -> RgbaImage {
    let (width, height) = cut_out.dimensions();
    let shown = ((height as f32 * depth.clamp(0.0, 1.0)) as u32).clamp(1, height.max(1));
    let lower = imageops::crop_imm(cut_out, 0, height - shown.min(height), width, shown.min(height)).to_image();
    let mut mirrored = imageops::flip_vertical(&lower);
    for (_, y, pixel) in mirrored.enumerate_pixels_mut() {
        let left = 1.0 - y as f32 / shown as f32;
        pixel[3] = (f32::from(pixel[3]) * opacity.clamp(0.0, 1.0) * left * left) as u8;
    }
    soft_blur(&mirrored, 2.0)
}

/// Blurring thin alpha rounds the colour; a shadow has one colour everywhere.
fn tint(pixels: &mut RgbaImage, [red, green, blue]: [u8; 3]) {
    for pixel in pixels.pixels_mut() {
        pixel.0 = [red, green, blue, pixel[3]];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two feet under a bar, and a spout to the right that stays in the air.
    fn table() -> RgbaImage {
        RgbaImage::from_fn(300, 200, |x, y| {
            let solid = (y < 60) || (y < 200 && ((20..60).contains(&x) || (160..200).contains(&x)));
            Rgba([90, 60, 30, if solid { 255 } else { 0 }])
        })
    }

    #[test]
    fn only_what_touches_the_ground_throws_a_contact_shadow() {
        let shadow = contact_shadow(&table(), &ShadowStyle::contact(300, [20, 10, 0]));
        let row = (199 - shadow.top) as u32;
        let alpha = |x: i32| shadow.pixels.get_pixel((x - shadow.left) as u32, row)[3];
        assert!(alpha(40) > 100 && alpha(180) > 100, "{} {}", alpha(40), alpha(180));
        assert!(alpha(110) < 20 && alpha(270) < 20, "{} {}", alpha(110), alpha(270));
    }

    #[test]
    fn a_shadow_ends_before_its_picture_does() {
        let shadow = contact_shadow(&table(), &ShadowStyle::ambient(300, [0; 3]));
        let (width, height) = shadow.pixels.dimensions();
        let rim = (0..width).flat_map(|x| [(x, 0), (x, height - 1)]);
        assert!(rim.into_iter().all(|(x, y)| shadow.pixels.get_pixel(x, y)[3] <= 3));
    }

    #[test]
    fn a_reflection_starts_at_the_foot_and_fades() {
        let mirrored = reflection(&table(), 0.3, 0.4);
        assert_eq!(mirrored.dimensions(), (300, 60));
        let alpha = |y: u32| mirrored.get_pixel(40, y)[3];
        assert!(alpha(2) > 70 && alpha(30) < alpha(2) && alpha(57) < 8);
    }

    #[test]
    fn an_empty_cut_out_throws_nothing() {
        let shadow = contact_shadow(&RgbaImage::new(40, 40), &ShadowStyle::contact(40, [0; 3]));
        assert!(shadow.pixels.pixels().all(|pixel| pixel[3] == 0));
    }
}
