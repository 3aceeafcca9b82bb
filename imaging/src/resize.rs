//! Scaling and cropping.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x4;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer, SrcCropping};
use image::RgbaImage;
use image::imageops;

/// Scales with a Lanczos filter, ignoring the aspect ratio.
///
/// Alpha is multiplied in before filtering and divided out after it: otherwise the colour of fully
/// transparent pixels, often black, bleeds into the edge as a dark line. A side of zero becomes one.
pub fn resize(pixels: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    scale(pixels, width, height, SrcCropping::None)
}

/// Scales to fill the given size exactly, cutting off what is too much on both sides of the centre.
pub fn resize_cover(pixels: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    scale(pixels, width, height, SrcCropping::FitIntoDestination((0.5, 0.5)))
}

/// Scales so that the long side is at most `side_max`, keeping the aspect ratio; never enlarges.
pub fn resize_to_fit(pixels: &RgbaImage, side_max: u32) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    let long_side = width.max(height);
    if long_side <= side_max {
        return pixels.clone();
    }
    let scaled = |side: u32| {
        ((u64::from(side) * u64::from(side_max) + u64::from(long_side) / 2) / u64::from(long_side)).max(1) as u32
    };
    resize(pixels, scaled(width), scaled(height))
}

/// A copy of at most `side` by `side` pixels, ignoring the aspect ratio, each the plain mean of what it stands
/// for: for measuring what a picture is like, at a third of the price of one to look at.
pub(super) fn probe(pixels: &RgbaImage, side: u32) -> RgbaImage {
    let (width, height) = pixels.dimensions();
    filter(pixels, width.min(side), height.min(side), SrcCropping::None, FilterType::Box)
}

/// Whether every pixel is fully opaque.
pub(super) fn is_opaque(pixels: &RgbaImage) -> bool {
    // In pieces, so that a cut-out is known by its first corner; within one without a look at each pixel.
    pixels.as_raw().chunks(1 << 14).all(|piece| {
        let (blocks, rest) = piece.as_chunks::<64>();
        let mut all = [u8::MAX; 64];
        for block in blocks {
            for (all, value) in all.iter_mut().zip(block) {
                *all &= value;
            }
        }
        all.as_chunks::<4>().0.iter().chain(rest.as_chunks::<4>().0).all(|pixel| pixel[3] == u8::MAX)
    })
}

/// Copies out the part `[x, y, width, height]`, clipped to the picture.
pub fn crop(pixels: &RgbaImage, source_box: [u32; 4]) -> RgbaImage {
    let [x, y, width, height] = source_box;
    imageops::crop_imm(pixels, x, y, width, height).to_image()
}

fn scale(pixels: &RgbaImage, width: u32, height: u32, cropping: SrcCropping) -> RgbaImage {
    filter(pixels, width, height, cropping, FilterType::Lanczos3)
}

/// Scales with the given filter.
///
/// Goes through the library's typed door: its dynamic one compiles every pixel type times every
/// instruction set into the caller, a minute of build time for nothing.
pub(super) fn filter(
    pixels: &RgbaImage,
    width: u32,
    height: u32,
    cropping: SrcCropping,
    filter: FilterType,
) -> RgbaImage {
    let (width, height) = (width.max(1), height.max(1));
    if pixels.is_empty() {
        return RgbaImage::new(width, height);
    }
    if pixels.dimensions() == (width, height) {
        return pixels.clone();
    }
    let translucent = !is_opaque(pixels);
    let mut options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(translucent);
    options.cropping = cropping;
    let source = TypedImageRef::<U8x4>::from_buffer(pixels.width(), pixels.height(), pixels.as_raw())
        .expect("an RgbaImage holds four bytes a pixel");
    let mut raw = vec![0; width as usize * height as usize * 4];
    let mut target =
        TypedImage::<U8x4>::from_buffer(width, height, &mut raw).expect("the buffer was made with this size");
    Resizer::new()
        .resize_typed(&source, &mut target, &options)
        .expect("neither side is empty, and a cropping by ratio lies inside the source");
    RgbaImage::from_raw(width, height, raw).expect("the buffer was made with this size")
}
