//! Soft blurs at the price of a thumbnail.

use fast_image_resize::{FilterType, SrcCropping};
use image::RgbaImage;

use super::resize::filter;

/// Blurs like a Gaussian of `sigma` pixels, alpha included.
///
/// A wide Gaussian holds no detail, so it is made on a small copy: shrink, three box blurs, enlarge
/// bilinearly. That costs about two milliseconds where filtering the full picture costs hundreds.
pub(crate) fn soft_blur(pixels: &RgbaImage, sigma: f32) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    if sigma < 0.3 || width == 0 || height == 0 {
        return pixels.clone();
    }
    // About two pixels of sigma must remain in the small copy, or the boxes become visible.
    let factor = (sigma / 2.0).clamp(1.0, 8.0);
    let small_width = ((width as f32 / factor).ceil() as u32).max(1);
    let small_height = ((height as f32 / factor).ceil() as u32).max(1);
    let small = bilinear(pixels, small_width, small_height);
    let mut planes = premultiplied_planes(&small);
    let small_sigma = sigma * small_width as f32 / width as f32;
    for plane in &mut planes {
        box_blur_thrice(plane, small_width as usize, small_height as usize, small_sigma);
    }
    bilinear(&straight_pixels(&planes, small_width, small_height), width, height)
}

/// Three box passes approximate a Gaussian of `sigma` to within three per cent. Outside the plane
/// the edge value goes on.
pub(super) fn box_blur_thrice(plane: &mut [f32], width: usize, height: usize, sigma: f32) {
    // The radius whose three-fold box has the wanted variance: 3 * ((2r + 1)^2 - 1) / 12 = sigma^2.
    let radius = ((((4.0 * sigma * sigma + 1.0).sqrt() - 1.0) / 2.0).round() as usize).max(1);
    let mut scratch = vec![0.0; plane.len()];
    for _ in 0..3 {
        box_blur(plane, &mut scratch, width, height, radius);
    }
}

/// One box blur of `2 * radius + 1`, in both directions.
pub(super) fn box_blur(plane: &mut [f32], scratch: &mut [f32], width: usize, height: usize, radius: usize) {
    if width == 0 || height == 0 {
        return;
    }
    let norm = 1.0 / (2 * radius + 1) as f32;
    // Each sum waits for the one before it, so several rows go side by side.
    let (fours, rest) = (plane.chunks_exact(4 * width), plane.chunks_exact(4 * width).remainder());
    let (done, left) = scratch.split_at_mut(plane.len() - rest.len());
    for (source, target) in fours.zip(done.chunks_exact_mut(4 * width)) {
        blur_rows::<4>(source, target, width, radius);
    }
    for (source, target) in rest.chunks_exact(width).zip(left.chunks_exact_mut(width)) {
        blur_rows::<1>(source, target, width, radius);
    }
    // Column sums kept as one row: walks memory in order, unlike a loop per column.
    let row = |y: usize| y.min(height - 1) * width..(y.min(height - 1) + 1) * width;
    let mut sums: Vec<f32> = scratch[row(0)].iter().map(|value| value * radius as f32).collect();
    for y in 0..radius {
        add_row(&mut sums, &scratch[row(y)], 1.0);
    }
    for y in 0..height {
        add_row(&mut sums, &scratch[row(y + radius)], 1.0);
        for (target, sum) in plane[row(y)].iter_mut().zip(&sums) {
            *target = sum * norm;
        }
        add_row(&mut sums, &scratch[row(y.saturating_sub(radius))], -1.0);
    }
}

/// The box means along `N` rows.
fn blur_rows<const N: usize>(source: &[f32], target: &mut [f32], width: usize, radius: usize) {
    let norm = 1.0 / (2 * radius + 1) as f32;
    let rows: [&[f32]; N] = std::array::from_fn(|row| &source[row * width..][..width]);
    let mut sums = rows.map(|row| row[0] * radius as f32);
    for i in 0..radius {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum += row[i.min(width - 1)];
        }
    }
    for x in 0..width {
        let (entering, leaving) = ((x + radius).min(width - 1), x.saturating_sub(radius));
        for (at, (sum, row)) in sums.iter_mut().zip(rows).enumerate() {
            *sum += row[entering];
            target[at * width + x] = *sum * norm;
            *sum -= row[leaving];
        }
    }
}

fn add_row(sums: &mut [f32], row: &[f32], sign: f32) {
    for (sum, value) in sums.iter_mut().zip(row) {
        *sum += sign * value;
    }
}

fn premultiplied_planes(pixels: &RgbaImage) -> [Vec<f32>; 4] {
    let mut planes: [Vec<f32>; 4] = std::array::from_fn(|_| Vec::with_capacity(pixels.as_raw().len() / 4));
    for pixel in pixels.as_raw().chunks_exact(4) {
        let alpha = f32::from(pixel[3]) / 255.0;
        for channel in 0..3 {
            planes[channel].push(f32::from(pixel[channel]) * alpha);
        }
        planes[3].push(alpha);
    }
    planes
}

fn straight_pixels(planes: &[Vec<f32>; 4], width: u32, height: u32) -> RgbaImage {
    let mut raw = Vec::with_capacity(planes[0].len() * 4);
    for i in 0..planes[0].len() {
        let alpha = planes[3][i];
        let divisor = alpha.max(1e-4);
        for plane in &planes[..3] {
            raw.push((plane[i] / divisor + 0.5) as u8);
        }
        raw.push((alpha * 255.0 + 0.5) as u8);
    }
    RgbaImage::from_raw(width, height, raw).expect("four bytes were pushed for each pixel")
}

fn bilinear(pixels: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    filter(pixels, width, height, SrcCropping::None, FilterType::Bilinear)
}

#[cfg(test)]
mod tests {
    use image::Rgba;

    use super::*;

    #[test]
    fn a_flat_plane_stays_flat_up_to_its_edges() {
        let mut plane = vec![0.25; 30 * 20];
        box_blur_thrice(&mut plane, 30, 20, 40.0);
        assert!(plane.iter().all(|value| (value - 0.25).abs() < 1e-4));
    }

    #[test]
    fn a_box_blur_is_the_mean_of_its_window() {
        let mut plane: Vec<f32> = (0..35).map(|i| ((i * 7) % 11) as f32).collect();
        let original = plane.clone();
        box_blur(&mut plane, &mut [0.0; 35], 7, 5, 2);
        for y in 0..5_i32 {
            for x in 0..7_i32 {
                let mut sum = 0.0;
                for dy in -2..=2 {
                    for dx in -2..=2 {
                        sum += original[((y + dy).clamp(0, 4) * 7 + (x + dx).clamp(0, 6)) as usize];
                    }
                }
                assert!((plane[(y * 7 + x) as usize] - sum / 25.0).abs() < 1e-4, "{x},{y}");
            }
        }
    }

    #[test]
    fn the_colour_of_invisible_pixels_does_not_bleed() {
        let mut pixels = RgbaImage::from_pixel(64, 64, Rgba([0, 0, 0, 0]));
        for y in 16..48 {
            for x in 16..48 {
                pixels.put_pixel(x, y, Rgba([200, 40, 40, 255]));
            }
        }
        let blurred = soft_blur(&pixels, 6.0);
        let edge = blurred.get_pixel(16, 32);
        assert!(edge[0] > 185 && edge[1] > 30, "{edge:?}");
        assert!((100..156).contains(&edge[3]), "{edge:?}");
    }
}
