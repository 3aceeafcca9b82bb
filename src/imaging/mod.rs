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
mod container;
mod decode;
mod encode;
mod limits;
mod normalise;
mod resize;

pub use blur::soft_blur;
pub use container::probe;
pub use decode::{Photo, decode};
pub use encode::{encode_jpeg, encode_png_grey, encode_png_rgba, thumbhash};
pub use limits::{ImageHeader, ImageKind, ImageLimits, ImageRefusal};
pub use normalise::{NormalisedUpload, UPLOAD_SIDE_MAX, normalise, normalise_mask};
pub use resize::{crop, resize, resize_cover, resize_to_fit};
