//! Where the edge is, between a product and a busy scene.
//!
//! Before a plain ground each pixel of the edge can be asked how much of it is ground. In a busy scene that
//! asks too much: a speckle of the product may have the colour of the ground, and the ground next to it
//! another one. Many pixels together still know: what the strip along the outline holds of the product, against
//! what the outline says it should, is how far the edge is off there.

use super::super::blur::box_blur_thrice;
use super::matte::{NOISE_FLOOR, STRIP, smoothstep};

/// How far along the outline pixels are asked together, in working pixels.
const TOGETHER_SIGMA: f32 = 3.0;

/// Where the edge may be from the outline, in working pixels, positive outwards.
const SHIFTS: [f32; 7] = [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0];

/// What each pixel that changes sides costs, where one that is sure of its side counts 1: without a visible edge
/// the outline stays.
const HOLD: f32 = 0.5;

/// How far neighbouring places along the outline are made to agree, in working pixels.
const EVEN_SIGMA: f32 = 1.0;

/// Moves the outline to where the colours on its two sides meet.
///
/// `signed` are distances to the outline in working pixels, positive inside; `product` and `ground` the mean
/// colours near each pixel, in sRGB steps like `pixels` (RGBA).
pub(super) fn place(
    signed: &mut [f32],
    (width, height): (usize, usize),
    pixels: &[u8],
    product: &[[f32; 3]],
    ground: &[[f32; 3]],
) {
    // How much more a pixel is product than ground, -1 to 1, as far as the two can be told apart.
    let mut leaning = vec![0.0; signed.len()];
    for (at, pixel) in pixels.chunks_exact(4).enumerate() {
        if signed[at].abs() < STRIP {
            let (front, back) = (product[at], ground[at]);
            let apart: f32 = (0..3).map(|i| (front[i] - back[i]).powi(2)).sum();
            let along: f32 = (0..3).map(|i| (f32::from(pixel[i]) - back[i]) * (front[i] - back[i])).sum();
            let share = (along / apart.max(1.0)).clamp(0.0, 1.0);
            leaning[at] = (2.0 * share - 1.0) * smoothstep(NOISE_FLOOR * 2.5, NOISE_FLOOR * 5.0, apart.sqrt());
        }
    }
    // What each shift costs against staying, for a place and its surroundings.
    let costs = SHIFTS.map(|shift| {
        let mut cost: Vec<f32> = leaning
            .iter()
            .zip(&*signed)
            .map(|(leaning, distance)| {
                let (moved, drawn) = ((0.5 + distance + shift).clamp(0.0, 1.0), (0.5 + distance).clamp(0.0, 1.0));
                (drawn - moved) * leaning + HOLD * (drawn - moved).abs()
            })
            .collect();
        box_blur_thrice(&mut cost, width, height, TOGETHER_SIGMA);
        cost
    });
    let mut shifts: Vec<f32> = (0..signed.len())
        .map(|at| {
            let stay = SHIFTS.len() / 2;
            let cheaper = |best: usize, next: usize| if costs[next][at] < costs[best][at] { next } else { best };
            let best = (0..SHIFTS.len()).fold(stay, cheaper);
            let (Some(before), Some(after)) = (best.checked_sub(1), costs.get(best + 1)) else { return SHIFTS[best] };
            let (before, here, after) = (costs[before][at], costs[best][at], after[at]);
            // The lowest point of the curve through the three.
            let bend = before - 2.0 * here + after;
            SHIFTS[best] + if bend > 1e-9 { 0.5 * (before - after) / bend } else { 0.0 }
        })
        .collect();
    box_blur_thrice(&mut shifts, width, height, EVEN_SIGMA);
    for (distance, shift) in signed.iter_mut().zip(shifts) {
        *distance += shift;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 120;
    const PRODUCT: [u8; 3] = [220, 210, 200];
    const GROUND: [u8; 3] = [60, 90, 70];

    fn to_disc(at: usize, radius: f32) -> f32 {
        let (x, y) = ((at % SIDE) as f32 - 60.0, (at / SIDE) as f32 - 60.0);
        radius - x.hypot(y)
    }

    /// A disc of radius 40, drawn by an outline of another radius; what the outline becomes.
    fn placed(outline: f32, colour: impl Fn(usize) -> [u8; 3]) -> Vec<f32> {
        let pixels: Vec<u8> = (0..SIDE * SIDE).flat_map(|at| colour(at).into_iter().chain([255])).collect();
        let mut signed: Vec<f32> = (0..SIDE * SIDE).map(|at| to_disc(at, outline)).collect();
        let flat = |colour: [u8; 3]| vec![colour.map(f32::from); SIDE * SIDE];
        place(&mut signed, (SIDE, SIDE), &pixels, &flat(PRODUCT), &flat(GROUND));
        signed
    }

    /// Farthest that the new outline is from the disc's own edge, in pixels.
    fn farthest_off(signed: &[f32]) -> f32 {
        let near = |at: &usize| to_disc(*at, 40.0).abs() < 1.0;
        (0..signed.len()).filter(near).map(|at| (signed[at] - to_disc(at, 40.0)).abs()).fold(0.0, f32::max)
    }

    fn seen(at: usize) -> [u8; 3] {
        if to_disc(at, 40.0) > 0.0 { PRODUCT } else { GROUND }
    }

    #[test]
    fn an_outline_that_is_off_moves_to_the_edge() {
        for outline in [38.0, 39.0, 40.0, 41.0, 42.0] {
            let off = farthest_off(&placed(outline, seen));
            assert!(off < 0.9, "from {outline}: {off}");
        }
    }

    #[test]
    fn speckles_of_the_other_side_leave_no_nick() {
        let speckled = |at: usize| match (at * 7919) % 13 {
            0 if to_disc(at, 40.0) > 0.0 => GROUND,
            1 if to_disc(at, 40.0) < 0.0 => PRODUCT,
            _ => seen(at),
        };
        let off = farthest_off(&placed(41.0, speckled));
        assert!(off < 1.2, "{off}");
    }

    #[test]
    fn where_both_sides_look_alike_the_outline_stays() {
        let pixels = [PRODUCT[0], PRODUCT[1], PRODUCT[2], 255].repeat(SIDE * SIDE);
        let before: Vec<f32> = (0..SIDE * SIDE).map(|at| to_disc(at, 38.0)).collect();
        let mut signed = before.clone();
        let alike = vec![PRODUCT.map(f32::from); SIDE * SIDE];
        place(&mut signed, (SIDE, SIDE), &pixels, &alike, &alike);
        let near = before.iter().zip(&signed).filter(|(before, _)| before.abs() < 2.0);
        let off = near.map(|(before, after)| (before - after).abs()).fold(0.0, f32::max);
        assert!(off < 0.25, "{off}");
    }
}
