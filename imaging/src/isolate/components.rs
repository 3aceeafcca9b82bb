//! Telling the product from crumbs, props and dust.

use super::morphology::{dilate, dilate_by, erode_by, neighbours, pieces, reach, rim};
use super::working::Working;

/// A second piece at least this share of the largest one is part of the product: a lipstick lies
/// beside its cap. Beans around a pouch are far smaller.
const PIECE_SHARE_MIN: f32 = 0.2;

/// Pieces and holes smaller than one pixel in this many are specks.
const SPECK_DIVISOR: usize = 4000;

/// Belief from which a pixel may still be product, where its shape says so.
const DOUBTED: f32 = 0.12;

/// Half the widest gap across which two parts are joined, as a share of the long side.
const GAP_SHARE: f32 = 0.02;

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

impl Figure {
    /// Intersection over union with another one.
    pub(super) fn overlap(&self, other: &Self) -> f32 {
        let (mut both, mut either) = (0_u32, 0_u32);
        for (&first, &second) in self.mask.iter().zip(&other.mask) {
            both += u32::from(first && second);
            either += u32::from(first || second);
        }
        both as f32 / either.max(1) as f32
    }

    /// The same mask measured again after it was changed.
    pub(super) fn measured_anew(self, width: usize) -> Option<Self> {
        let area = self.mask.iter().filter(|&&set| set).count();
        let total = (self.area_share * self.mask.len() as f32 / self.dominance) as usize;
        measured(self.mask, total.max(area), width)
    }
}

/// Picks the product from what is not ground.
pub(super) fn product(working: &Working, ground: &[bool]) -> Option<Figure> {
    let (width, height) = (working.width, working.height);
    let figure: Vec<bool> = ground.iter().map(|&ground| !ground).collect();
    let total = figure.iter().filter(|&&figure| figure).count();
    // Opening cuts the thin bridges by which a crumb or a wisp of shadow hangs on to the product.
    let radius = (width.max(height) / 250).max(1);
    let pieces = pieces(&erode_by(&figure, width, radius), width);
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
    measured(mask, total, width)
}

/// Takes for the product what is believed to be it, but for specks and pinholes.
///
/// What was chosen by its meaning may hang together by next to nothing, as a pump on its stem does,
/// so nothing is opened here; where two parts face each other across a gap that was not believed to
/// be anything else, they are joined.
pub(super) fn believed(belief: &[f32], width: usize) -> Option<Figure> {
    let height = belief.len() / width.max(1);
    let area_min = belief.len() / SPECK_DIVISOR;
    let mut mask: Vec<bool> = belief.iter().map(|&value| value >= 0.5).collect();
    let total = mask.iter().filter(|&&set| set).count();
    let found = pieces(&mask, width);
    let largest = found.iter().map(Vec::len).max()?;
    let mut owner = vec![0_u16; mask.len()];
    let mut owners = 0;
    for piece in found {
        let kept = piece.len() >= area_min.max(largest / 50);
        owners += u16::from(kept);
        for at in piece {
            mask[at] = kept;
            owner[at] = if kept { owners } else { 0 };
        }
    }
    if owners > 1 {
        let reach = (width.max(height) as f32 * GAP_SHARE) as usize;
        let closed = erode_by(&dilate_by(&mask, width, reach), width, reach);
        let gaps: Vec<bool> = (0..mask.len()).map(|at| closed[at] && !mask[at] && belief[at] >= DOUBTED).collect();
        for gap in pieces(&gaps, width) {
            let mut touched = gap
                .iter()
                .flat_map(|&at| neighbours(at, width, owner.len()))
                .map(|at| owner[at])
                .filter(|&owner| owner > 0);
            let first = touched.next();
            if touched.any(|owner| Some(owner) != first) {
                for at in gap {
                    mask[at] = true;
                }
            }
        }
    }
    let outside: Vec<bool> = mask.iter().map(|&set| !set).collect();
    let reached = reach(&outside, rim(width, height), width);
    let holes: Vec<bool> = outside.iter().zip(&reached).map(|(&outside, &reached)| outside && !reached).collect();
    for hole in pieces(&holes, width) {
        let doubt = hole.iter().map(|&at| belief[at]).sum::<f32>() / hole.len() as f32;
        if hole.len() < area_min || doubt > DOUBTED {
            for at in hole {
                mask[at] = true;
            }
        }
    }
    measured(mask, total, width)
}

fn measured(mask: Vec<bool>, total: usize, width: usize) -> Option<Figure> {
    let height = mask.len() / width.max(1);
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
