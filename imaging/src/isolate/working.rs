//! The small OKLab copy the product is searched in.

use image::RgbaImage;

use super::super::color::Oklab;
use super::super::resize::resize_to_fit;

/// Long side of the working copy, in pixels: the outline found here is within two pixels of the
/// true one, and the matte then places it exactly on the full picture.
const SIDE_MAX: u32 = 1000;

/// A reduced copy of the photo.
pub(super) struct Working {
    pub(super) width: usize,
    pub(super) height: usize,
    /// The reduced pixels.
    pub(super) rgba: RgbaImage,
    /// The same in OKLab.
    pub(super) lab: Vec<[f32; 3]>,
}

impl Working {
    pub(super) fn new(pixels: &RgbaImage) -> Self {
        let rgba = resize_to_fit(pixels, SIDE_MAX);
        let lab = rgba
            .as_raw()
            .chunks_exact(4)
            .map(|pixel| {
                let lab = Oklab::from_rgb([pixel[0], pixel[1], pixel[2]]);
                [lab.l, lab.a, lab.b]
            })
            .collect();
        Self { width: rgba.width() as usize, height: rgba.height() as usize, rgba, lab }
    }
}
