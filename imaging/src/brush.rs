//! Where a brush went, and what may happen there.
//!
//! An edit under a brush is a promise: outside the painted place the picture stays what it was, byte
//! for byte, whoever made the edit and whatever else came back from there. The promise is kept here, by
//! arithmetic on whole pictures, and nowhere else: a foreign picture is settled on its
//! base ([`settle_edit`]) and laid in under a soft alpha ([`laid_in`]).

use image::{GrayImage, Luma, RgbaImage};

use super::decode::decode;
use super::encode::encode_png_rgba;
use super::limits::{ImageLimits, ImageRefusal};
use crate::Message;

mod distance;
mod lay;
mod region;
mod settle;
mod window;

pub use lay::{VISIBLE_CHANGE_MIN, laid_in, lay_patch, patch_of, visible_change};

pub use region::region_overlay;
pub use settle::{Drift, DriftKind, SHIFT_MAX_PX, Settled, settle_edit};
pub use window::EditWindow;

pub(super) use distance::squared_distances;

/// Grey level from which a pixel counts as painted.
const PAINTED_FROM: u32 = 128;

/// The smallest share of a picture that is worth an edit: below it a brush has slipped.
pub const COVERAGE_MIN: f32 = 0.0005;

/// The largest share that still is a brush: above it the whole picture is meant.
pub const COVERAGE_MAX: f32 = 0.95;

/// Connected pieces smaller than one pixel in this many are specks of compression or of a shaking hand.
const SPECK_DIVISOR: usize = 40_000;

/// Why a painted mask was not taken.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum MaskRefusal {
    /// The file is no picture that can be read.
    #[error("the mask cannot be read: {0}")]
    Unreadable(ImageRefusal),
    /// A mask says which pixels of one picture are meant, so it has that picture's size or no meaning.
    #[error("the mask has {}x{} pixels, the picture {}x{}", mask.0, mask.1, base.0, base.1)]
    Size {
        /// Width and height of the mask, in pixels.
        mask: (u32, u32),
        /// Width and height of the picture, in pixels.
        base: (u32, u32),
    },
    /// Next to nothing is painted.
    #[error("{coverage} of the picture is painted, too little to edit")]
    TooSmall {
        /// Share of the picture, 0 to 1.
        coverage: f32,
    },
    /// Next to nothing is left out.
    #[error("{coverage} of the picture is painted, too much for a brush")]
    TooLarge {
        /// Share of the picture, 0 to 1.
        coverage: f32,
    },
}

impl MaskRefusal {
    /// The refusal as a sentence for the person who painted, with what to do about it.
    pub fn message(&self) -> Message {
        match *self {
            Self::Unreadable(refusal) => refusal.message(),
            Self::Size { mask, base } => Message::new(
                format!("蒙版尺寸为 {}×{}，与原图的 {}×{} 不一致，请按原图尺寸涂抹。", mask.0, mask.1, base.0, base.1),
                format!(
                    "The mask is {}×{} but the picture is {}×{}: please paint at the size of the picture.",
                    mask.0, mask.1, base.0, base.1
                ),
            ),
            Self::TooSmall { .. } => Message::new(
                "涂抹的区域太小，请再涂大一些。",
                "The painted area is too small. Please paint a little more.",
            ),
            Self::TooLarge { .. } => Message::new(
                "几乎整张图都被涂抹了，请缩小范围，或改用整图编辑。",
                "Almost the whole picture is painted. Please paint less, or edit the whole picture instead.",
            ),
        }
    }
}

/// The painted pixels of a picture: 255 where an edit may happen, 0 elsewhere, nothing between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditMask {
    pixels: GrayImage,
    painted: usize,
    /// Left, top, width, height.
    bounds: [u32; 4],
}

impl EditMask {
    /// Reads a mask that a browser sent for a picture of `base_size`.
    ///
    /// White is painted, told at half brightness, so that the noise of a JPEG and the soft edge of a
    /// brush do not matter; what is transparent is not painted, whatever its colour. Specks are
    /// dropped: each would become a dot of repainted picture.
    ///
    /// # Errors
    /// Every [`MaskRefusal`]. The size is compared before anything is decoded.
    pub fn from_upload(bytes: &[u8], base_size: (u32, u32), limits: &ImageLimits) -> Result<Self, MaskRefusal> {
        let header = super::probe(bytes, limits).map_err(MaskRefusal::Unreadable)?;
        if (header.width, header.height) != base_size {
            return Err(MaskRefusal::Size { mask: (header.width, header.height), base: base_size });
        }
        let photo = decode(bytes, limits).map_err(MaskRefusal::Unreadable)?.pixels;
        if photo.dimensions() != base_size {
            return Err(MaskRefusal::Size { mask: photo.dimensions(), base: base_size });
        }
        let painted = |pixel: &image::Rgba<u8>| {
            let [r, g, b, alpha] = pixel.0.map(u32::from);
            let luma = (r * 299 + g * 587 + b * 114) / 1000;
            u8::from(luma * alpha / 255 >= PAINTED_FROM) * 255
        };
        let mut pixels = GrayImage::from_fn(base_size.0, base_size.1, |x, y| Luma([painted(photo.get_pixel(x, y))]));
        drop_specks(&mut pixels);
        Self::measured(pixels)
    }

    /// Takes a mask that is known rather than painted (of a layer, of a cut-out): a pixel counts from
    /// half on.
    ///
    /// # Errors
    /// [`MaskRefusal::TooSmall`], [`MaskRefusal::TooLarge`].
    pub fn from_pixels(mut pixels: GrayImage) -> Result<Self, MaskRefusal> {
        for value in pixels.iter_mut() {
            *value = u8::from(u32::from(*value) >= PAINTED_FROM) * 255;
        }
        Self::measured(pixels)
    }

    fn measured(pixels: GrayImage) -> Result<Self, MaskRefusal> {
        let (width, height) = pixels.dimensions();
        let (mut painted, mut left, mut top, mut right, mut bottom) = (0_usize, width, height, 0, 0);
        for (y, row) in pixels.as_raw().chunks_exact(width.max(1) as usize).enumerate() {
            let count = row.iter().filter(|&&value| value > 0).count();
            if let (Some(first), Some(last)) =
                (row.iter().position(|&value| value > 0), row.iter().rposition(|&value| value > 0))
            {
                painted += count;
                left = left.min(first as u32);
                right = right.max(last as u32 + 1);
                top = top.min(y as u32);
                bottom = y as u32 + 1;
            }
        }
        let coverage = painted as f32 / pixels.as_raw().len().max(1) as f32;
        if painted == 0 || coverage < COVERAGE_MIN {
            return Err(MaskRefusal::TooSmall { coverage });
        }
        if coverage > COVERAGE_MAX {
            return Err(MaskRefusal::TooLarge { coverage });
        }
        Ok(Self { pixels, painted, bounds: [left, top, right - left, bottom - top] })
    }

    /// The mask, 255 where painted and 0 elsewhere.
    pub const fn pixels(&self) -> &GrayImage {
        &self.pixels
    }

    /// Width and height, in pixels: those of the picture.
    pub fn dimensions(&self) -> (u32, u32) {
        self.pixels.dimensions()
    }

    /// The painted share of the picture, 0 to 1.
    pub fn coverage(&self) -> f32 {
        self.painted as f32 / self.pixels.as_raw().len() as f32
    }

    /// The smallest box around everything painted: `[left, top, width, height]`, in pixels.
    pub const fn bounds(&self) -> [u32; 4] {
        self.bounds
    }

    /// The mask as the PNG that every image service understands: white and see-through where painted,
    /// black and opaque elsewhere, so that both those who read alpha and those who read brightness find
    /// the same place.
    pub fn universal_png(&self) -> Vec<u8> {
        let (width, height) = self.dimensions();
        encode_png_rgba(&RgbaImage::from_fn(width, height, |x, y| {
            let painted = self.pixels.get_pixel(x, y)[0] > 0;
            image::Rgba(if painted { [255, 255, 255, 0] } else { [0, 0, 0, 255] })
        }))
    }

    /// The alpha under which an edit is laid in: 255 on everything painted and `dilate_px` around it,
    /// falling off smoothly over the `feather_px` beyond, 0 from there on.
    ///
    /// The falling off lies outside of what was painted: whoever paints over an object wants all of
    /// it gone, not all but a ghost of its rim.
    pub fn soft(&self, dilate_px: f32, feather_px: f32) -> GrayImage {
        let (width, height) = self.dimensions();
        let (dilate_px, feather_px) = (dilate_px.max(0.0), feather_px.max(0.0));
        let reach = (dilate_px + feather_px).ceil() as u32 + 1;
        let [x, y, w, h] = self.bounds;
        let (left, top) = (x.saturating_sub(reach), y.saturating_sub(reach));
        let (right, bottom) = ((x + w + reach).min(width), (y + h + reach).min(height));
        let span = (right - left) as usize;
        let near: Vec<bool> = (top..bottom)
            .flat_map(|y| (left..right).map(move |x| (x, y)))
            .map(|(x, y)| self.pixels.get_pixel(x, y)[0] > 0)
            .collect();
        let mut alpha = GrayImage::new(width, height);
        for (at, squared) in squared_distances(&near, span).into_iter().enumerate() {
            let beyond = squared.sqrt() - dilate_px;
            let value = if squared == 0.0 || beyond <= 0.0 {
                255
            } else if beyond >= feather_px {
                0
            } else {
                let t = 1.0 - beyond / feather_px;
                (t * t * (3.0 - 2.0 * t) * 255.0).round() as u8
            };
            alpha.put_pixel(left + (at % span) as u32, top + (at / span) as u32, Luma([value]));
        }
        alpha
    }
}

/// Clears connected pieces that are too small to be meant. Every pixel is visited once.
fn drop_specks(pixels: &mut GrayImage) {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let smallest = (width * height / SPECK_DIVISOR).max(1);
    let mut open: Vec<bool> = pixels.as_raw().iter().map(|&value| value > 0).collect();
    let mut piece: Vec<usize> = Vec::new();
    for start in 0..open.len() {
        if !open[start] {
            continue;
        }
        open[start] = false;
        piece.clear();
        piece.push(start);
        let mut next = 0;
        // The list of the piece is the queue as well: nothing else grows with a hostile pattern.
        while let Some(&at) = piece.get(next) {
            next += 1;
            let (x, y) = (at % width, at / width);
            for ny in y.saturating_sub(1)..(y + 2).min(height) {
                for nx in x.saturating_sub(1)..(x + 2).min(width) {
                    let neighbour = ny * width + nx;
                    if open[neighbour] {
                        open[neighbour] = false;
                        piece.push(neighbour);
                    }
                }
            }
        }
        if piece.len() < smallest {
            for &at in &piece {
                pixels.put_pixel((at % width) as u32, (at / width) as u32, Luma([0]));
            }
        }
    }
}

#[cfg(test)]
mod tests;
