//! The few operations the network is made of, on planes of `f32`.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};

use super::tiles;
use super::weights::Convolution;

/// Pixels worked on at a time: the sums of 64 channels then stay in the cache between the nine taps.
const TILE_PIXELS: usize = 2048;

/// Planes of equal size, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Planes {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) values: Vec<f32>,
}

impl Planes {
    fn channels(&self) -> usize {
        self.values.len() / (self.width * self.height)
    }

    /// Adds another set of planes, value by value.
    pub(super) fn add(mut self, other: &Self) -> Self {
        for (value, other) in self.values.iter_mut().zip(&other.values) {
            *value += other;
        }
        self
    }

    /// Halves both sides, the larger of each two by two; an odd last row or column stands alone.
    pub(super) fn pooled(&self) -> Self {
        let (width, height) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let mut values = Vec::with_capacity(self.channels() * width * height);
        for plane in self.values.chunks_exact(self.width * self.height) {
            for rows in plane.chunks(2 * self.width) {
                let (upper, lower) = rows.split_at(self.width);
                let lower = if lower.is_empty() { upper } else { lower };
                values.extend(
                    upper
                        .chunks(2)
                        .zip(lower.chunks(2))
                        .map(|(upper, lower)| upper.iter().chain(lower).copied().fold(f32::NEG_INFINITY, f32::max)),
                );
            }
        }
        Self { width, height, values }
    }

    /// Enlarges bilinearly, pixel centres on pixel centres.
    pub(super) fn enlarged(&self, width: usize, height: usize) -> Self {
        let (columns, rows) = (places(self.width, width), places(self.height, height));
        let mut values = Vec::with_capacity(self.channels() * width * height);
        let mut blended = vec![0.0; self.width];
        for plane in self.values.chunks_exact(self.width * self.height) {
            for &(above, below, share) in &rows {
                let (above, below) = (&plane[above * self.width..], &plane[below * self.width..]);
                for ((blended, above), below) in blended.iter_mut().zip(above).zip(below) {
                    *blended = above + (below - above) * share;
                }
                values.extend(
                    columns
                        .iter()
                        .map(|&(left, right, share)| blended[left] + (blended[right] - blended[left]) * share),
                );
            }
        }
        Self { width, height, values }
    }

    /// The planes with `margin` zeros on every side.
    fn padded(&self, margin: usize) -> Self {
        let (width, height) = (self.width + 2 * margin, self.height + 2 * margin);
        // The last tap of the last row reads on by twice the margin.
        let mut values = vec![0.0; self.channels() * width * height + 2 * margin];
        for (channel, plane) in self.values.chunks_exact(self.width * self.height).enumerate() {
            for (y, row) in plane.chunks_exact(self.width).enumerate() {
                let start = channel * width * height + (y + margin) * width + margin;
                values[start..start + self.width].copy_from_slice(row);
            }
        }
        Self { width, height, values }
    }
}

/// For each target pixel: the two source pixels around it and the share of the second.
fn places(source: usize, target: usize) -> Vec<(usize, usize, f32)> {
    let step = source as f32 / target as f32;
    (0..target)
        .map(|i| {
            let place = ((i as f32 + 0.5) * step - 0.5).max(0.0);
            let first = (place as usize).min(source - 1);
            (first, (first + 1).min(source - 1), place - first as f32)
        })
        .collect()
}

/// Convolves the inputs, taken as one behind the other, with the kernel spread by `spread`.
pub(super) fn convolve(convolution: &Convolution, inputs: &[&Planes], spread: usize, rectify: bool) -> Planes {
    if spread == 1 && tiles::suits(convolution, inputs[0].width, inputs[0].height) {
        tiles::convolve(convolution, inputs, rectify)
    } else {
        convolve_by_taps(convolution, inputs, spread, rectify)
    }
}

/// [`convolve`] for any spread and size.
///
/// Each tap of the kernel is one matrix product between its weights and the planes shifted by its
/// place, so nothing is copied but the margin.
pub(super) fn convolve_by_taps(convolution: &Convolution, inputs: &[&Planes], spread: usize, rectify: bool) -> Planes {
    let (width, height) = (inputs[0].width, inputs[0].height);
    let padded: Vec<(Planes, usize)> = inputs.iter().map(|input| (input.padded(spread), input.channels())).collect();
    let stride = width + 2 * spread;
    let plane = stride * (height + 2 * spread);
    let outputs = convolution.outputs;
    let rows_max = (TILE_PIXELS / stride).clamp(1, height);
    let mut sums = vec![0.0; outputs * rows_max * stride];
    let mut values = vec![0.0; outputs * width * height];
    for top in (0..height).step_by(rows_max) {
        let rows = rows_max.min(height - top);
        let length = rows * stride;
        let mut sums = ArrayViewMut2::from_shape((outputs, length), &mut sums[..outputs * length])
            .expect("the slice was cut to this size");
        for (row, bias) in sums.outer_iter_mut().zip(&convolution.bias) {
            let mut row = row;
            row.fill(*bias);
        }
        for tap in 0..9 {
            let matrix = &convolution.taps[tap * outputs * convolution.inputs..][..outputs * convolution.inputs];
            let start = (top + tap / 3 * spread) * stride + tap % 3 * spread;
            let mut first = 0;
            for (input, channels) in &padded {
                let weights =
                    ArrayView2::from_shape((outputs, *channels).strides((convolution.inputs, 1)), &matrix[first..])
                        .expect("the channels were counted when the network was made");
                let pixels = ArrayView2::from_shape((*channels, length).strides((plane, 1)), &input.values[start..])
                    .expect("the margin holds what the shift adds");
                general_mat_mul(1.0, &weights, &pixels, 1.0, &mut sums);
                first += channels;
            }
        }
        for (channel, sums) in sums.outer_iter().enumerate() {
            let sums = sums.to_slice().expect("rows of a fresh matrix lie in one piece");
            for (y, row) in sums.chunks_exact(stride).enumerate() {
                let start = (channel * height + top + y) * width;
                for (value, sum) in values[start..start + width].iter_mut().zip(row) {
                    *value = if rectify { sum.max(0.0) } else { *sum };
                }
            }
        }
    }
    Planes { width, height, values }
}
