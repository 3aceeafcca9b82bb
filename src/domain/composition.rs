//! How a poster is put together.

use serde::{Deserialize, Serialize};

/// Who paints what of a poster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Composition {
    /// A model paints the background at most; product and words are set by us, pixel for pixel and
    /// letter for letter.
    #[default]
    Typeset,
    /// A model paints the picture with the product in it; the words are still set by us. What comes
    /// is compared with the photo.
    Model,
}

impl Composition {
    /// Every way.
    pub const ALL: [Self; 2] = [Self::Typeset, Self::Model];

    /// As stored.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Typeset => "typeset",
            Self::Model => "model",
        }
    }

    /// Chinese and English titles.
    pub const fn titles(self) -> (&'static str, &'static str) {
        match self {
            Self::Typeset => ("原图合成", "Real photo"),
            Self::Model => ("AI 绘制", "Painted by AI"),
        }
    }

    /// Reads a stored code; an unknown one (written by a newer version) is the safe way.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|known| known.code() == code).unwrap_or_default()
    }
}
