//! Image and text models.

pub mod text;
