//! What a painter is asked for.

use bytes::Bytes;

use crate::domain::{Dimension, SetStyle};

/// A rectangle as fractions of the picture: `[left, top, width, height]`, each from 0 to 1.
pub type Area = [f32; 4];

/// What a picture is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A background without words and without the product; we set both on it.
    Plate,
    /// A whole poster with the product in it, without words.
    Poster,
    /// A changed picture.
    EditWhole,
    /// A picture changed where a mask says so.
    EditMasked,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::Plate, Self::Poster, Self::EditWhole, Self::EditMasked];

    /// As stored and as shown in metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Plate => "plate",
            Self::Poster => "poster",
            Self::EditWhole => "edit_whole",
            Self::EditMasked => "edit_masked",
        }
    }

    /// Reads a word of the setting `purposes`; `edit` means both kinds.
    pub fn from_word(word: &str) -> Option<Vec<Self>> {
        Some(match word {
            "plate" => vec![Self::Plate],
            "poster" => vec![Self::Poster],
            "edit" => vec![Self::EditWhole, Self::EditMasked],
            "edit_whole" => vec![Self::EditWhole],
            "edit_masked" => vec![Self::EditMasked],
            _ => return None,
        })
    }
}

/// The colours a plate is painted in, as sRGB bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlatePalette {
    /// The ground that most words stand on.
    pub base: [u8; 3],
    /// A neighbour of the ground: blocks, niches, the far end of gradients.
    pub tint: [u8; 3],
    /// The surface something stands on.
    pub surface: [u8; 3],
    /// The colour of accents and lights.
    pub accent: [u8; 3],
    /// A second light.
    pub glow: [u8; 3],
    /// The colour of shadows.
    pub shade: [u8; 3],
    /// Whether words on the ground are light.
    pub is_dark: bool,
}

/// What a plate should show, in numbers: what the built-in painter works from.
#[derive(Clone, Debug)]
pub struct PlateScene {
    /// Which poster it is for; it decides the kind of scene.
    pub dimension: Dimension,
    /// The look of the set.
    pub style: SetStyle,
    /// The colours of the set.
    pub palette: PlatePalette,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Where the product will stand, if it stands on the plate.
    pub focus: Option<Area>,
    /// Where words will stand: keep these areas even.
    pub calm: Vec<Area>,
    /// The same seed and scene give the same plate.
    pub seed: u64,
}

/// What a picture sent along is to the one asked for. The order of the variants is the order in which
/// pictures are sent, and from the end they are left out where a model takes fewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ImageRole {
    /// The picture to change.
    Base,
    /// The base with the region to change painted white, for models without a mask.
    MaskOverlay,
    /// The product, the truth about its looks.
    Product,
    /// A picture the seller gave with an edit.
    Reference,
    /// A close view of the product.
    Detail,
    /// A finished plate of the same set: style only, never layout.
    StyleAnchor,
}

/// A picture sent along.
#[derive(Clone, Debug)]
pub struct InputImage {
    /// What it is to the one asked for.
    pub role: ImageRole,
    /// JPEG or PNG.
    pub bytes: Bytes,
    /// Its media type.
    pub media_type: &'static str,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl InputImage {
    /// The picture as a `data:` URL, as most JSON dialects take it.
    pub fn data_url(&self) -> String {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        format!("data:{};base64,{}", self.media_type, STANDARD.encode(&self.bytes))
    }

    /// A file name whose ending fits, for multipart forms.
    pub fn file_name(&self, place: usize) -> String {
        let ending = if self.media_type == "image/png" { "png" } else { "jpg" };
        format!("image{place}.{ending}")
    }
}

/// A request that fits one provider: written for its language and limits.
#[derive(Clone, Debug)]
pub struct ImageRequest {
    /// What it is for.
    pub purpose: Purpose,
    /// What to paint, in words.
    pub prompt: String,
    /// What to keep out, for models that take such a list apart from the prompt.
    pub negative: String,
    /// Pictures sent along, in the order of their roles.
    pub images: Vec<InputImage>,
    /// Where to change: a PNG of the base's size, white with alpha 0 where the edit goes and black
    /// with alpha 255 where nothing may change, which every kind of native mask reads rightly.
    pub mask: Option<Bytes>,
    /// Wished width in pixels; what comes back is fitted to it.
    pub width: u32,
    /// Wished height in pixels.
    pub height: u32,
    /// For models that take one.
    pub seed: u64,
    /// The same wish in numbers, for the built-in painter; `None` for edits.
    pub scene: Option<PlateScene>,
}
