//! Image and text models.
