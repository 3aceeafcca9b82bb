//! Convolution by Winograd's method: tiles of four by four outputs at a time, for a quarter of the products.
//!
//! A tile and the kernel are each turned into 36 numbers, which are multiplied one by one and turned back.
//! The products of all channels with all kernels are then 36 matrix products instead of nine that are
//! sixteen times as long.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use super::layers::Planes;
use super::weights::Convolution;

/// Outputs of a tile in each direction.
const SIDE: usize = 4;

/// Inputs of a tile in each direction.
const REACH: usize = 6;

/// Numbers a tile is turned into.
const PLACES: usize = REACH * REACH;

/// Tiles worked on at a time: their numbers stay in the cache between the steps.
const TILES: usize = 96;

/// Fewest outputs for which turning the kernels pays.
const PIXELS_MIN: usize = 28 * 28;

/// Fewest channels for which it does.
const CHANNELS_MIN: usize = 16;

/// Whether the method is the faster one here.
pub(super) const fn suits(convolution: &Convolution, width: usize, height: usize) -> bool {
    width * height >= PIXELS_MIN && convolution.inputs >= CHANNELS_MIN && convolution.outputs >= CHANNELS_MIN
}

/// Convolves the inputs, taken as one behind the other.
pub(super) fn convolve(convolution: &Convolution, inputs: &[&Planes], rectify: bool) -> Planes {
    let (width, height) = (inputs[0].width, inputs[0].height);
    let (outputs, channels) = (convolution.outputs, convolution.inputs);
    let (across, down) = (width.div_ceil(SIDE), height.div_ceil(SIDE));
    let strip = (TILES / across).clamp(1, down);
    let kernels = turned_kernels(convolution);
    let mut turned = vec![0.0; PLACES * channels * strip * across];
    let mut products = vec![0.0; PLACES * outputs * strip * across];
    let mut values = vec![0.0; outputs * width * height];
    let mut desk = Desk::new(across);
    for top in (0..down).step_by(strip) {
        let rows = strip.min(down - top);
        let tiles = rows * across;
        let planes = inputs.iter().flat_map(|input| input.values.chunks_exact(width * height));
        for (channel, plane) in planes.enumerate() {
            for row in 0..rows {
                desk.take(plane, width, (top + row) * SIDE);
                desk.turn(|place, numbers| {
                    let start = (place * channels + channel) * tiles + row * across;
                    turned[start..start + across].copy_from_slice(numbers);
                });
            }
        }
        for place in 0..PLACES {
            let matrix = |values, rows, columns| {
                ArrayView2::from_shape((rows, columns), values).expect("the slice was cut to this size")
            };
            let kernels = matrix(&kernels[place * outputs * channels..][..outputs * channels], outputs, channels);
            let turned = matrix(&turned[place * channels * tiles..][..channels * tiles], channels, tiles);
            let target = &mut products[place * outputs * tiles..][..outputs * tiles];
            let mut target =
                ArrayViewMut2::from_shape((outputs, tiles), target).expect("the slice was cut to this size");
            general_mat_mul(1.0, &kernels, &turned, 0.0, &mut target);
        }
        for (output, plane) in values.chunks_exact_mut(width * height).enumerate() {
            let bias = convolution.bias[output];
            for row in 0..rows {
                let numbers = |place: usize| {
                    let start = (place * outputs + output) * tiles + row * across;
                    &products[start..start + across]
                };
                let first = (top + row) * SIDE;
                desk.turn_back(numbers, |y, line| {
                    if let Some(target) = plane.get_mut((first + y) * width..(first + y + 1) * width) {
                        for (target, value) in target.iter_mut().zip(line) {
                            let value = value + bias;
                            *target = if rectify { value.max(0.0) } else { value };
                        }
                    }
                });
            }
        }
    }
    Planes { width, height, values }
}

/// Room for a row of tiles.
struct Desk {
    across: usize,
    /// The rows of the picture it needs, with a margin.
    rows: [Vec<f32>; REACH],
    /// One row of numbers, every fourth together.
    phases: [Vec<f32>; REACH],
    /// Numbers on the way back: four for each of six rows.
    half: Vec<[Vec<f32>; SIDE]>,
    out: Vec<f32>,
}

impl Desk {
    fn new(across: usize) -> Self {
        let line = |length: usize| move |_| vec![0.0; length];
        Self {
            across,
            rows: std::array::from_fn(line((across + 1) * SIDE)),
            phases: std::array::from_fn(line(across)),
            half: (0..REACH).map(|_| std::array::from_fn(line(across))).collect(),
            out: vec![0.0; across * SIDE],
        }
    }

    /// Copies the rows around `top`, with zeros beyond the picture.
    fn take(&mut self, plane: &[f32], width: usize, top: usize) {
        for (i, row) in self.rows.iter_mut().enumerate() {
            let source = (top + i).checked_sub(1).and_then(|y| plane.get(y * width..(y + 1) * width));
            match source {
                Some(source) => row[1..=width].copy_from_slice(source),
                None => row.fill(0.0),
            }
        }
    }

    /// Turns the rows into the numbers of their tiles.
    fn turn(&mut self, mut put: impl FnMut(usize, &[f32])) {
        let length = self.rows[0].len();
        let [a, b, c, d, e, f] = &mut self.rows;
        let (a, b, c) = (&mut a[..length], &mut b[..length], &mut c[..length]);
        let (d, e, f) = (&mut d[..length], &mut e[..length], &mut f[..length]);
        for x in 0..length {
            [a[x], b[x], c[x], d[x], e[x], f[x]] = forth([a[x], b[x], c[x], d[x], e[x], f[x]]);
        }
        let across = self.across;
        for (i, row) in self.rows.iter().enumerate() {
            let [a, b, c, d, e, f] = &mut self.phases;
            let (a, b, c) = (&mut a[..across], &mut b[..across], &mut c[..across]);
            let (d, e, f) = (&mut d[..across], &mut e[..across], &mut f[..across]);
            let (fours, next) = (row.as_chunks::<SIDE>().0, row[SIDE..].as_chunks::<SIDE>().0);
            for (x, (here, next)) in fours.iter().zip(next).take(across).enumerate() {
                [a[x], b[x], c[x], d[x]] = *here;
                [e[x], f[x]] = [next[0], next[1]];
            }
            for x in 0..across {
                [a[x], b[x], c[x], d[x], e[x], f[x]] = forth([a[x], b[x], c[x], d[x], e[x], f[x]]);
            }
            for (j, numbers) in self.phases.iter().enumerate() {
                put(i * REACH + j, numbers);
            }
        }
    }

    /// Turns numbers back into four rows of pixels.
    fn turn_back<'a>(&mut self, numbers: impl Fn(usize) -> &'a [f32], mut put: impl FnMut(usize, &[f32])) {
        let across = self.across;
        for (i, half) in self.half.iter_mut().enumerate() {
            let [a, b, c, d, e, f] = [0, 1, 2, 3, 4, 5].map(|j| &numbers(i * REACH + j)[..across]);
            let [p, q, r, s] = half;
            let (p, q, r, s) = (&mut p[..across], &mut q[..across], &mut r[..across], &mut s[..across]);
            for x in 0..across {
                [p[x], q[x], r[x], s[x]] = back([a[x], b[x], c[x], d[x], e[x], f[x]]);
            }
        }
        for column in 0..SIDE {
            let [a, b, c, d, e, f] = &mut self.half[..] else { return };
            let (a, b, c) = (&mut a[column][..across], &mut b[column][..across], &mut c[column][..across]);
            let (d, e, f) = (&mut d[column][..across], &mut e[column][..across], &mut f[column][..across]);
            for x in 0..across {
                [a[x], b[x], c[x], d[x]] = back([a[x], b[x], c[x], d[x], e[x], f[x]]);
            }
        }
        for y in 0..SIDE {
            let [p, q, r, s] = &self.half[y];
            let (p, q, r, s) = (&p[..across], &q[..across], &r[..across], &s[..across]);
            for (x, four) in self.out.as_chunks_mut::<SIDE>().0.iter_mut().take(across).enumerate() {
                *four = [p[x], q[x], r[x], s[x]];
            }
            put(y, &self.out);
        }
    }
}

/// Six inputs along one direction as six numbers.
#[inline]
fn forth([a, b, c, d, e, f]: [f32; REACH]) -> [f32; REACH] {
    let (p, q) = (e - 4.0 * c, d - 4.0 * b);
    let (r, s) = (e - c, 2.0 * (d - b));
    [4.0 * a - 5.0 * c + e, p + q, p - q, r + s, r - s, 4.0 * b - 5.0 * d + f]
}

/// Six products along one direction as four outputs.
#[inline]
fn back([a, b, c, d, e, f]: [f32; REACH]) -> [f32; SIDE] {
    let (p, q) = (b + c, b - c);
    let (r, s) = (d + e, d - e);
    [a + p + r, q + 2.0 * s, p + 4.0 * r, q + 8.0 * s + f]
}

/// Three weights along one direction as six numbers.
fn turned_weights([a, b, c]: [f32; 3]) -> [f32; REACH] {
    let (even, odd) = (a + c, b);
    let (near, far) = (a / 24.0 + c / 6.0, b / 12.0);
    [a / 4.0, (even + odd) / -6.0, (even - odd) / -6.0, near + far, near - far, c]
}

/// For each of the 36 places the matrix of outputs × inputs.
fn turned_kernels(convolution: &Convolution) -> Vec<f32> {
    let matrix = convolution.outputs * convolution.inputs;
    let mut turned = vec![0.0; PLACES * matrix];
    for pair in 0..matrix {
        let tap = |y: usize, x: usize| convolution.taps[(y * 3 + x) * matrix + pair];
        let rows: [[f32; REACH]; 3] = std::array::from_fn(|y| turned_weights([tap(y, 0), tap(y, 1), tap(y, 2)]));
        for j in 0..REACH {
            for (i, value) in turned_weights([rows[0][j], rows[1][j], rows[2][j]]).into_iter().enumerate() {
                turned[(i * REACH + j) * matrix + pair] = value;
            }
        }
    }
    turned
}

#[cfg(test)]
mod tests {
    use super::super::layers;
    use super::*;

    /// Numbers between −1 and 1 that repeat nowhere near.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        (0..count as u32)
            .map(|i| (i.wrapping_mul(2_654_435_761).wrapping_add(seed) >> 9) as f32 / 4_194_304.0 - 1.0)
            .collect()
    }

    #[test]
    fn tiles_give_what_taps_give() {
        for (width, height) in [(28, 28), (31, 30), (113, 7)] {
            let planes =
                |channels: usize, seed| Planes { width, height, values: numbers(channels * width * height, seed) };
            let (first, second) = (planes(16, 1), planes(8, 2));
            let convolution =
                Convolution { inputs: 24, outputs: 17, taps: numbers(9 * 17 * 24, 3), bias: numbers(17, 4) };
            for rectify in [false, true] {
                let tiles = convolve(&convolution, &[&first, &second], rectify);
                let taps = layers::convolve_by_taps(&convolution, &[&first, &second], 1, rectify);
                assert_eq!((tiles.width, tiles.height), (width, height));
                assert_eq!(tiles.values.len(), taps.values.len());
                for (tile, tap) in tiles.values.iter().zip(&taps.values) {
                    assert!((tile - tap).abs() < 2e-3, "{width}×{height}: {tile} and {tap}");
                }
            }
        }
    }
}
