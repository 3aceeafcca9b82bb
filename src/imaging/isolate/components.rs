//! Telling the product from crumbs, props and dust.

use super::morphology::{dilate, erode, pieces, rim};
use super::working::Working;

/// A second piece at least this share of the largest one is part of the product: a lipstick lies
/// beside its cap. Beans around a pouch are far smaller.
const PIECE_SHARE_MIN: f32 = 0.2;

/// What is left when the ground is taken away.
pub(super) struct Figure {
    /// `true` where the product is.
    pub(super) mask: Vec<bool>,
    /// Share of the picture it covers.
    pub(super) area_share: f32,
    /// Share of everything that is not ground.
    pub(super) dominance: f32,
    /// Share of the rim of the picture it covers.
    pub(super) rim_contact: f32,
    /// Outline length over that of a circle of the same area: about 1.2 to 4 for products, far more
    /// for a mask in tatters.
    pub(super) raggedness: f32,
}

/// Picks the product from what is not ground.
pub(super) fn product(working: &Working, ground: &[bool]) -> Option<Figure> {
    let (width, height) = (working.width, working.height);
    let figure: Vec<bool> = ground.iter().map(|&ground| !ground).collect();
    let total = figure.iter().filter(|&&figure| figure).count();
    // Opening cuts the thin bridges by which a crumb or a wisp of shadow hangs on to the product.
    let radius = (width.max(height) / 250).max(1);
    let mut core = figure.clone();
    for _ in 0..radius {
        core = erode(&core, width);
    }
    let pieces = pieces(&core, width);
    let largest = pieces.iter().map(Vec::len).max()?;
    let mut mask = vec![false; figure.len()];
    for piece in pieces.iter().filter(|piece| piece.len() as f32 >= largest as f32 * PIECE_SHARE_MIN) {
        for &at in piece {
            mask[at] = true;
        }
    }
    for _ in 0..=radius {
        mask = dilate(&mask, width);
        for (mask, figure) in mask.iter_mut().zip(&figure) {
            *mask &= figure;
        }
    }
    let area = mask.iter().filter(|&&mask| mask).count();
    if area == 0 {
        return None;
    }
    let outline = (0..mask.len())
        .filter(|&at| mask[at])
        .map(|at| {
            let (x, y) = (at % width, at / width);
            usize::from(x > 0 && !mask[at - 1])
                + usize::from(x + 1 < width && !mask[at + 1])
                + usize::from(y > 0 && !mask[at - width])
                + usize::from(y + 1 < height && !mask[at + width])
        })
        .sum::<usize>();
    let rim_covered = rim(width, height).filter(|&at| mask[at]).count();
    Some(Figure {
        area_share: area as f32 / mask.len() as f32,
        dominance: area as f32 / total as f32,
        rim_contact: rim_covered as f32 / (2 * (width + height)) as f32,
        raggedness: outline as f32 / (4.0 * std::f32::consts::PI * area as f32).sqrt(),
        mask,
    })
}
