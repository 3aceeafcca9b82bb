//! Golden expectations for real descriptions, and properties that hold for any text.
