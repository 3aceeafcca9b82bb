//! Finding what stands out in a busy photo, by a small network carried in the program.
//!
//! The rest of the room sees a [`Segmenter`] and nothing of how it comes to its answer. Without the
//! cargo feature `segment` there is none, and photos that need one are framed.

#[cfg(feature = "segment")]
mod layers;
#[cfg(feature = "segment")]
mod network;
#[cfg(feature = "segment")]
mod tiles;
#[cfg(feature = "segment")]
mod weights;

use image::RgbaImage;

use super::super::resize::{crop, resize};
use super::working::Working;

/// Something that says how much each pixel of a picture belongs to what stands out.
pub(super) trait Segmenter {
    /// `side` × `side` values, 0 to 1, for the picture squeezed into a square of twice that side.
    fn salience(&self, picture: &RgbaImage, side: usize) -> Vec<f32>;
}

/// What stands out, on the working copy.
pub(super) struct Salience {
    /// 0 to 1 a pixel, row by row.
    pub(super) values: Vec<f32>,
    /// How far the looks at different sizes agree: the mean overlap of each with their mean.
    pub(super) agreement: f32,
}

/// Side of the answer asked for at most looks.
const LOOK_SIDE: usize = 112;

/// Side of the answer at the one look that must tell more: a product that blends into its ground at
/// one size often stands out at another.
const LARGE_SIDE: usize = 160;

/// Margin round the product at a closer look, as a share of its size, and at the closest.
const CLOSE_MARGIN: f32 = 0.2;
const CLOSEST_MARGIN: f32 = 0.12;

/// Agreement of the first two looks that needs no third.
const CLEAR: f32 = 0.95;

/// From here on a pixel is taken to be part of what to look at closely.
const SEEN: f32 = 0.3;

/// Looks at the whole photo, then closer at what was found there; where the two disagree, again at
/// another size and from closer by.
///
/// Every look costs a quarter of a second or more, and most photos are clear at the second.
pub(super) fn find(working: &Working, segmenter: &dyn Segmenter) -> Option<Salience> {
    let (width, height) = (working.width, working.height);
    let whole = [0, 0, width as u32, height as u32];
    let first = look(working, whole, segmenter, LOOK_SIDE);
    let closer = |seen: &[f32], margin: f32| {
        let part = widened(bounds(seen, width, height)?, margin, width, height);
        Some(look(working, part, segmenter, LOOK_SIDE))
    };
    let second = closer(&first, CLOSE_MARGIN)?;
    let agreement = overlap(&first, &second);
    if agreement >= CLEAR {
        // The closer look sees the outline better.
        return Some(Salience { values: mean(&[&first, &second, &second]), agreement });
    }
    let third = look(working, whole, segmenter, LARGE_SIDE);
    let fourth = closer(&mean(&[&first, &third]), CLOSEST_MARGIN)?;
    let looks = [&first[..], &second, &third, &fourth];
    let values = mean(&looks);
    let agreement = looks.iter().map(|look| overlap(look, &values)).sum::<f32>() / looks.len() as f32;
    Some(Salience { values, agreement })
}

fn look(working: &Working, part: [u32; 4], segmenter: &dyn Segmenter, side: usize) -> Vec<f32> {
    let [left, top, width, height] = part.map(|value| value as usize);
    let square = resize(&crop(&working.rgba, part), 2 * side as u32, 2 * side as u32);
    let answer = enlarged(&segmenter.salience(&square, side), side, width, height);
    let mut values = vec![0.0; working.width * working.height];
    for (y, row) in answer.chunks_exact(width).enumerate() {
        let start = (top + y) * working.width + left;
        values[start..start + width].copy_from_slice(row);
    }
    values
}

/// Enlarges a square of values bilinearly.
fn enlarged(values: &[f32], side: usize, width: usize, height: usize) -> Vec<f32> {
    let place = |i: usize, target: usize| {
        let place = ((i as f32 + 0.5) * side as f32 / target as f32 - 0.5).max(0.0);
        let first = (place as usize).min(side - 1);
        (first, (first + 1).min(side - 1), place - first as f32)
    };
    let columns: Vec<_> = (0..width).map(|x| place(x, width)).collect();
    let mut out = Vec::with_capacity(width * height);
    for y in 0..height {
        let (above, below, down) = place(y, height);
        let blended: Vec<f32> = (0..side)
            .map(|x| values[above * side + x] + (values[below * side + x] - values[above * side + x]) * down)
            .collect();
        out.extend(
            columns.iter().map(|&(left, right, along)| blended[left] + (blended[right] - blended[left]) * along),
        );
    }
    out
}

fn mean(looks: &[&[f32]]) -> Vec<f32> {
    let mut sum = vec![0.0; looks[0].len()];
    for look in looks {
        for (sum, value) in sum.iter_mut().zip(*look) {
            *sum += value / looks.len() as f32;
        }
    }
    sum
}

fn overlap(first: &[f32], second: &[f32]) -> f32 {
    let (mut both, mut either) = (0_u32, 0_u32);
    for (first, second) in first.iter().zip(second) {
        both += u32::from(*first >= 0.5 && *second >= 0.5);
        either += u32::from(*first >= 0.5 || *second >= 0.5);
    }
    both as f32 / either.max(1) as f32
}

/// First and last column and row of what is seen.
fn bounds(values: &[f32], width: usize, height: usize) -> Option<[usize; 4]> {
    let (mut left, mut right, mut top, mut bottom) = (width, 0, height, 0);
    for (y, row) in values.chunks_exact(width).enumerate() {
        let Some(first) = row.iter().position(|&value| value >= SEEN) else { continue };
        left = left.min(first);
        right = right.max(row.iter().rposition(|&value| value >= SEEN).unwrap_or(first));
        top = top.min(y);
        bottom = y;
    }
    (left <= right).then_some([left, right, top, bottom])
}

fn widened([left, right, top, bottom]: [usize; 4], margin: f32, width: usize, height: usize) -> [u32; 4] {
    let (across, down) = ((right - left + 1) as f32 * margin, (bottom - top + 1) as f32 * margin);
    let (across, down) = (across as usize + 1, down as usize + 1);
    let (left, top) = (left.saturating_sub(across), top.saturating_sub(down));
    let (right, bottom) = ((right + 1 + across).min(width), (bottom + 1 + down).min(height));
    [left, top, right - left, bottom - top].map(|value| value as u32)
}

/// The segmenter this program was built with.
#[cfg(not(feature = "segment"))]
pub(super) const fn built_in() -> Option<&'static dyn Segmenter> {
    None
}

#[cfg(feature = "segment")]
pub(super) use carried::built_in;

#[cfg(feature = "segment")]
mod carried {
    use std::sync::LazyLock;

    use super::layers::Planes;
    use super::network::Network;
    use super::{RgbaImage, Segmenter};

    static MODEL: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../data/assets/models/u2netp.onnx"));

    /// Read at the first photo that needs it: five megabytes, and nothing else is kept between two
    /// photos.
    static NETWORK: LazyLock<Option<Network>> = LazyLock::new(|| Network::read(MODEL));

    /// What the network was taught with: mean and spread of each channel.
    const CHANNELS: [(f32, f32); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];

    pub(in super::super) fn built_in() -> Option<&'static dyn Segmenter> {
        NETWORK.as_ref().map(|network| network as &dyn Segmenter)
    }

    impl Segmenter for Network {
        fn salience(&self, picture: &RgbaImage, side: usize) -> Vec<f32> {
            let brightest = picture.as_raw().chunks_exact(4).flat_map(|pixel| &pixel[..3]).max();
            let scale = 1.0 / f32::from(brightest.copied().unwrap_or(255).max(1));
            let values = CHANNELS
                .iter()
                .enumerate()
                .flat_map(|(channel, (mean, spread))| {
                    picture
                        .as_raw()
                        .chunks_exact(4)
                        .map(move |pixel| (f32::from(pixel[channel]) * scale - mean) / spread)
                })
                .collect();
            let input = Planes { width: 2 * side, height: 2 * side, values };
            self.run(input).values
        }
    }
}
