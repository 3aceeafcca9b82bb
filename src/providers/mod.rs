//! Image and text models.

pub mod image;
pub mod text;
