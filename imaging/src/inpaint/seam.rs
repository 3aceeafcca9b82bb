//! Making pixels from many places one surface.

use super::level::{Level, rgb};

/// Pull of each pixel towards the one it was taken from: corrections fade over some thirty pixels.
const PULL: f32 = 0.001;

/// Over-relaxation and rounds of the solver.
const RELAXATION: f32 = 1.8;
const ROUNDS: usize = 48;

/// Mismatch across a seam, in levels, from which it counts as an edge and not as a seam.
const EDGE: f32 = 18.0;

/// A pixel of the hole with its four neighbours.
struct Node {
    at: u32,
    /// The neighbour's place in the picture, or `u32::MAX`.
    near: [u32; 4],
    weight: [f32; 4],
    /// What the neighbour should be above this pixel, for each channel.
    step: [[f32; 3]; 4],
}

/// The picture with every pixel of the hole taken from its source, seams smoothed: differences between
/// neighbours are those of the sources, and the rim is what it is (after Pérez et al., "Poisson Image
/// Editing", 2003, here held near the copied pixels).
pub(super) fn drawn(level: &Level, sources: &[u32]) -> Vec<[u8; 3]> {
    let width = level.width;
    let picture = level.rgb();
    let real = |at: usize| rgb(level.colours[at]).map(f32::from);
    let copied = |at: usize| match sources[at] {
        u32::MAX => real(at),
        source => real(source as usize),
    };
    let mut now: Vec<[f32; 3]> =
        (0..picture.len()).map(|at| if level.hole[at] { copied(at) } else { picture[at].map(f32::from) }).collect();
    // The step that a pixel's own source makes towards a neighbour, where it is known.
    let own_step = |at: usize, offset: i64| -> Option<[f32; 3]> {
        let source = sources.get(at).copied().filter(|&source| source != u32::MAX)?;
        let to = i64::from(source) + offset;
        let to = usize::try_from(to).ok().filter(|&to| to < level.hole.len() && !level.hole[to])?;
        let (here, there) = (real(source as usize), real(to));
        Some(std::array::from_fn(|channel| there[channel] - here[channel]))
    };
    let nodes: Vec<Node> = (0..picture.len())
        .filter(|&at| level.hole[at])
        .map(|at| {
            let (x, y) = (at % width, at / width);
            let offsets =
                [(x > 0, -1_i64), (x + 1 < width, 1), (y > 0, -(width as i64)), (y + 1 < level.height, width as i64)];
            let mut node = Node { at: at as u32, near: [u32::MAX; 4], weight: [0.0; 4], step: [[0.0; 3]; 4] };
            for (side, (_, offset)) in offsets.into_iter().enumerate().filter(|(_, (inside, _))| *inside) {
                let near = (at as i64 + offset) as usize;
                let there = own_step(near, -offset).filter(|_| level.hole[near]).map(|step| step.map(|step| -step));
                let step = match (own_step(at, offset), there) {
                    (Some(one), Some(other)) => std::array::from_fn(|i| f32::midpoint(one[i], other[i])),
                    (Some(one), None) | (None, Some(one)) => one,
                    (None, None) => [0.0; 3],
                };
                let off = (0..3)
                    .map(|channel| (now[near][channel] - now[at][channel] - step[channel]).abs())
                    .fold(0.0, f32::max);
                node.near[side] = near as u32;
                node.weight[side] = 1.0 / (1.0 + (off / EDGE).powi(4));
                node.step[side] = step;
            }
            node
        })
        .collect();
    let held: Vec<[f32; 3]> = nodes.iter().map(|node| now[node.at as usize]).collect();
    for _ in 0..ROUNDS {
        for (node, held) in nodes.iter().zip(&held) {
            let mut sum = held.map(|value| value * PULL);
            let mut weight = PULL;
            for side in 0..4 {
                if let Some(near) = now.get(node.near[side] as usize) {
                    for channel in 0..3 {
                        sum[channel] += node.weight[side] * (near[channel] - node.step[side][channel]);
                    }
                    weight += node.weight[side];
                }
            }
            let value = &mut now[node.at as usize];
            for channel in 0..3 {
                value[channel] += RELAXATION * (sum[channel] / weight - value[channel]);
            }
        }
    }
    now.into_iter().map(|colour| colour.map(|value| value.round().clamp(0.0, 255.0) as u8)).collect()
}
