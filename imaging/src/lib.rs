//! Pixels: safe decoding, orientation, cut-out, palette, detail crops, shadows, encoding.
//!
//! Everything here is a pure function over byte slices and RGBA buffers: no file, no clock, no
//! network, no thread. All of it burns CPU, so callers run it inside `spawn_blocking` behind their
//! own permits, never on an async worker.
//!
//! Pixels are upright sRGB with straight alpha from [`decode`] onwards. Bytes from outside go through
//! [`normalise`] once, at the door, and only its output is ever stored: it carries no EXIF, no GPS
//! position and no colour profile, and its long side is at most [`UPLOAD_SIDE_MAX`].
//!
//! To accept one more format: teach `container` its magic bytes, header and end mark, add the
//! variant to [`ImageKind`], then a hostile file for it to the tests of `decode`.

mod blur;
mod brush;
mod color;
mod container;
mod crops;
mod decode;
mod encode;
mod fidelity;
mod inpaint;
mod isolate;
mod lettering;
mod limits;
mod message;
mod metadata;
mod normalise;
mod palette;
pub mod plate;
mod profile;
mod quality;
mod reduced;
mod resize;
pub mod retouch;
mod shadow;
mod strips;
mod tone;
mod white;

pub use brush::{
    COVERAGE_MAX, COVERAGE_MIN, Drift, DriftKind, EditMask, EditWindow, MaskRefusal, SHIFT_MAX_PX, Settled,
    VISIBLE_CHANGE_MIN, laid_in, lay_patch, patch_of, region_overlay, settle_edit, visible_change,
};
pub use color::{Oklab, Oklch, contrast_ratio, relative_luminance, to_hex};
pub use container::probe;
pub use crops::{CROP_SIDE_MIN, Crop, detail_crops};
pub use decode::{Photo, decode};
pub use encode::{encode_jpeg, encode_jpeg_backdrop, encode_png, encode_png_grey, encode_png_rgba, thumbhash};
pub use fidelity::{Fidelity, fidelity};
pub use inpaint::inpaint;
pub use isolate::{CutOut, CutOutMethod, Edges, FrameReason, Isolation, isolate};
pub use lettering::{Lettering, ViewRule};
pub use limits::{ImageHeader, ImageKind, ImageLimits, ImageRefusal};
pub use message::Message;
pub use metadata::{MetadataError, XMP_BYTES_MAX, XMP_OVERHEAD, jpeg_with_xmp, jpeg_xmp};
pub use normalise::{NormalisedUpload, UPLOAD_SIDE_MAX, normalise, normalise_mask};
pub use palette::{ProductPalette, Swatch, product_palette};
pub use quality::{JpegFit, encode_jpeg_within};
pub use reduced::{decode_for_width, thumbnail};
pub use resize::{crop, resize, resize_cover, resize_to_fit};
pub use shadow::{Shadow, ShadowStyle, contact_shadow, reflection};
pub use tone::{Tone, grade};
pub use white::{OnWhite, WhiteGround, calmest_row, contain_on_white, measure_white, on_white, stack};
