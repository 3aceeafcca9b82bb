//! Writing a JPEG from planes of brightness and colour, row after row.

use super::{Block, Chroma, SIDE, Scan};

/// Rows of brightness that are written together: two blocks, beside one of each colour.
const ROWS: usize = 2 * SIDE;

/// Takes rows of a picture whose colours are kept once for two by two pixels, all numbers around 0.
pub(in super::super::super) struct PlaneWriter {
    scan: Scan,
    /// Rows of brightness that are still to come.
    rows_left: usize,
    /// Numbers to a row of brightness: whole pairs of blocks.
    stride: usize,
    /// Rows that wait for the others they are written with.
    luma: Vec<f32>,
    colours: [Vec<f32>; 2],
}

impl PlaneWriter {
    /// # Panics
    /// For an empty picture or a side above 65,535 px.
    pub(in super::super::super) fn new(width: usize, height: usize, quality: u8) -> Self {
        let stride = width.next_multiple_of(ROWS);
        Self {
            scan: Scan::begin((width, height), quality, Chroma::Halved),
            rows_left: height.next_multiple_of(ROWS),
            stride,
            luma: Vec::with_capacity(stride * ROWS),
            colours: [const { Vec::new() }; 2],
        }
    }

    /// Takes the next rows: a divisor of sixteen of them, and half as many of each colour. Rows and columns beyond
    /// the picture are filled up or left out.
    pub(in super::super::super) fn push<'a>(
        &mut self,
        luma: impl Iterator<Item = &'a [f32]>,
        colours: [impl Iterator<Item = &'a [f32]>; 2],
    ) {
        for row in luma {
            lay(&mut self.luma, row, self.stride);
        }
        for (plane, rows) in self.colours.iter_mut().zip(colours) {
            for row in rows {
                lay(plane, row, self.stride / 2);
            }
        }
        if self.luma.len() >= self.stride * ROWS {
            self.write();
        }
    }

    /// The whole file; rows that are missing are like the last.
    pub(in super::super::super) fn finish(mut self) -> Vec<u8> {
        while self.rows_left > 0 {
            repeat(&mut self.luma, self.stride, ROWS);
            for plane in &mut self.colours {
                repeat(plane, self.stride / 2, SIDE);
            }
            self.write();
        }
        self.scan.end()
    }

    fn write(&mut self) {
        if self.rows_left > 0 {
            self.rows_left -= ROWS;
            for x in (0..self.stride).step_by(ROWS) {
                for (right, below) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                    let start = below * SIDE * self.stride + x + right * SIDE;
                    self.scan.write(0, block(&self.luma[start..], self.stride));
                }
                for (channel, plane) in (1..).zip(&self.colours) {
                    self.scan.write(channel, block(&plane[x / 2..], self.stride / 2));
                }
            }
        }
        self.luma.clear();
        self.colours.iter_mut().for_each(Vec::clear);
    }
}

/// Appends a row, as wide as it has to be; the last number goes on. What lies beyond bytes would need longer codes
/// than there are.
fn lay(plane: &mut Vec<f32>, row: &[f32], stride: usize) {
    let row = &row[..row.len().min(stride)];
    plane.extend(row.iter().map(|value| value.clamp(-128.0, 128.0)));
    let last = plane.last().copied().unwrap_or(0.0);
    plane.extend(std::iter::repeat_n(last, stride - row.len()));
}

/// Repeats the last row until there are `rows`.
fn repeat(plane: &mut Vec<f32>, stride: usize, rows: usize) {
    if plane.is_empty() {
        plane.resize(stride, 0.0);
    }
    while plane.len() < stride * rows {
        plane.extend_from_within(plane.len() - stride..);
    }
}

fn block(plane: &[f32], stride: usize) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| plane[y * stride + x]))
}
