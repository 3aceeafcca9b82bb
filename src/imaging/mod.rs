//! Pixels: decoding, cut-out, palette, crops, encoding.
