//! A model of the ground, learnt from the rim of the photo.

use super::working::Working;

/// Width of the rim the model is learnt from, as a share of the short side.
const RIM_SHARE: f32 = 0.02;

/// Pixels of the rim that are looked at; more would not change the fit.
const SAMPLES_MAX: usize = 6000;

/// Residual, in OKLab, under which a rim pixel counts as ground: paper grain and camera noise stay
/// well below it, another object does not.
const INLIER_DISTANCE: f32 = 0.045;

/// A quadratic surface a channel over x and y in −1 to 1: enough for a lit backdrop with fall-off,
/// too stiff to follow an object.
#[derive(Clone, Debug)]
pub(super) struct Surface {
    coefficients: [[f64; 6]; 3],
}

/// What the rim looks like.
#[derive(Clone, Debug)]
pub(super) struct Rim {
    pub(super) surface: Surface,
    /// Share of rim pixels the surface explains, 0 to 1.
    pub(super) inlier_share: f32,
    /// Typical distance of a ground pixel from the surface, in OKLab.
    pub(super) noise: f32,
}

impl Surface {
    /// Evaluates the surface along one row, from pixel `left` on.
    pub(super) fn row(&self, y: usize, left: usize, working: &Working, out: &mut [[f32; 3]]) {
        let v = unit(y, working.height);
        // Along a row only the distance across changes: three terms are left of the six.
        let rows = self.coefficients.map(|[c, u, w, uu, uv, vv]| [c + w * v + vv * v * v, u + uv * v, uu]);
        for (&u, value) in working.across[left..].iter().zip(out) {
            *value = rows.map(|[level, slope, bend]| (level + u * (slope + u * bend)) as f32);
        }
    }

    /// Fits anew to the pixels marked as ground, wherever they are, letting shadows weigh little.
    pub(super) fn fit_where(working: &Working, ground: &[bool], previous: &Self) -> Option<Self> {
        let step = (ground.len() / 40_000).max(1);
        let samples: Vec<Sample> = (0..ground.len())
            .step_by(step)
            .filter(|&at| ground[at])
            .map(|at| {
                let (x, y) = (at % working.width, at / working.width);
                Sample { u: unit(x, working.width), v: unit(y, working.height), lab: working.lab[at] }
            })
            .collect();
        let weights: Vec<f64> = residuals_of(previous, &samples)
            .iter()
            .map(|&residual| {
                let ratio = f64::from(residual / INLIER_DISTANCE);
                1.0 / (1.0 + ratio * ratio).powi(2)
            })
            .collect();
        weighted_fit(&samples, &weights)
    }

    fn at(&self, u: f64, v: f64) -> [f32; 3] {
        let basis = basis(u, v);
        std::array::from_fn(|channel| dot(&self.coefficients[channel], &basis) as f32)
    }
}

pub(super) fn unit(i: usize, n: usize) -> f64 {
    2.0 * (i as f64 + 0.5) / n as f64 - 1.0
}

const fn basis(u: f64, v: f64) -> [f64; 6] {
    [1.0, u, v, u * u, u * v, v * v]
}

fn dot(a: &[f64; 6], b: &[f64; 6]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Fits the surface to the rim, ignoring what does not belong to the ground.
///
/// Starts from the median colour and re-weights: a product that reaches over the edge pulls a plain
/// least-squares fit towards itself, and the cut would follow it.
pub(super) fn fit(working: &Working) -> Rim {
    let samples = rim_samples(working);
    let mut surface = Surface { coefficients: [[0.0; 6]; 3] };
    for channel in 0..3 {
        let mut values: Vec<f32> = samples.iter().map(|sample| sample.lab[channel]).collect();
        surface.coefficients[channel][0] = f64::from(median(&mut values));
    }
    let mut residuals = residuals_of(&surface, &samples);
    for _ in 0..12 {
        let scale = (1.5 * median(&mut residuals.clone())).max(0.008);
        let weights: Vec<f64> = residuals
            .iter()
            .map(|residual| {
                let ratio = f64::from(residual / scale);
                1.0 / (1.0 + ratio * ratio).powi(2)
            })
            .collect();
        let Some(next) = weighted_fit(&samples, &weights) else { break };
        surface = next;
        residuals = residuals_of(&surface, &samples);
    }
    let inliers: Vec<f32> = residuals.iter().copied().filter(|&residual| residual < INLIER_DISTANCE).collect();
    let inlier_share = inliers.len() as f32 / samples.len().max(1) as f32;
    Rim { surface, inlier_share, noise: median(&mut inliers.clone()) }
}

struct Sample {
    u: f64,
    v: f64,
    lab: [f32; 3],
}

fn rim_samples(working: &Working) -> Vec<Sample> {
    let (width, height) = (working.width, working.height);
    let rim = ((width.min(height) as f32 * RIM_SHARE) as usize).max(2);
    let total = 2 * rim * (width + height);
    let step = (total / SAMPLES_MAX).max(1);
    let mut samples = Vec::with_capacity(SAMPLES_MAX + 8);
    let mut seen = 0_usize;
    for y in 0..height {
        for x in 0..width {
            if y >= rim && y + rim < height && x >= rim && x + rim < width {
                continue;
            }
            seen += 1;
            if seen.is_multiple_of(step) {
                samples.push(Sample { u: unit(x, width), v: unit(y, height), lab: working.lab[y * width + x] });
            }
        }
    }
    samples
}

fn residuals_of(surface: &Surface, samples: &[Sample]) -> Vec<f32> {
    samples.iter().map(|sample| distance(surface.at(sample.u, sample.v), sample.lab)).collect()
}

fn distance(first: [f32; 3], second: [f32; 3]) -> f32 {
    first.iter().zip(second).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
}

fn median(values: &mut [f32]) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn weighted_fit(samples: &[Sample], weights: &[f64]) -> Option<Surface> {
    let mut normal = [[0.0; 6]; 6];
    let mut right = [[0.0; 6]; 3];
    for (sample, weight) in samples.iter().zip(weights) {
        let basis = basis(sample.u, sample.v);
        for i in 0..6 {
            for j in 0..6 {
                normal[i][j] += weight * basis[i] * basis[j];
            }
            for (right, lab) in right.iter_mut().zip(sample.lab) {
                right[i] += weight * basis[i] * f64::from(lab);
            }
        }
    }
    let ridge = 1e-6 * normal[0][0];
    for (i, row) in normal.iter_mut().enumerate().skip(1) {
        row[i] += ridge;
    }
    Some(Surface { coefficients: [solve(normal, right[0])?, solve(normal, right[1])?, solve(normal, right[2])?] })
}

/// Gaussian elimination with partial pivoting.
fn solve(mut matrix: [[f64; 6]; 6], mut right: [f64; 6]) -> Option<[f64; 6]> {
    for column in 0..6 {
        let pivot = (column..6).max_by(|&a, &b| matrix[a][column].abs().total_cmp(&matrix[b][column].abs()))?;
        if matrix[pivot][column].abs() < 1e-12 {
            return None;
        }
        matrix.swap(column, pivot);
        right.swap(column, pivot);
        for row in column + 1..6 {
            let factor = matrix[row][column] / matrix[column][column];
            let above = matrix[column];
            for (value, above) in matrix[row].iter_mut().zip(above).skip(column) {
                *value -= factor * above;
            }
            right[row] -= factor * right[column];
        }
    }
    let mut solution = [0.0; 6];
    for row in (0..6).rev() {
        let known: f64 = (row + 1..6).map(|k| matrix[row][k] * solution[k]).sum();
        solution[row] = (right[row] - known) / matrix[row][row];
    }
    Some(solution)
}
