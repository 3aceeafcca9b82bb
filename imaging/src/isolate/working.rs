//! The small OKLab copy the product is searched in.

use image::RgbaImage;

use super::super::color::Oklab;
use super::super::resize::resize_to_fit;
use super::border::unit;

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
    /// How far across each column is, −1 to 1.
    pub(super) across: Vec<f64>,
}

impl Working {
    pub(super) fn new(pixels: &RgbaImage) -> Self {
        let rgba = resize_to_fit(pixels, SIDE_MAX);
        let lab = Oklab::of_pixels(rgba.as_raw());
        let (width, height) = (rgba.width() as usize, rgba.height() as usize);
        let across = (0..width).map(|x| unit(x, width)).collect();
        Self { width, height, rgba, lab, across }
    }
}
