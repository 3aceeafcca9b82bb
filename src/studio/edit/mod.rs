//! Edits: a finished picture, a wish in words, and the next picture.
//!
//! A composed poster is set anew from its recipe with the changes written into it, so
//! that its words stay type and its product stays the photo, however many edits deep. A brush works on
//! the picture itself: what lies outside it is the base, pixel for pixel.

mod again;
mod apply;
mod brush;
mod changes;
mod copy;
mod development;
mod grounds;
mod interpreted;
pub(super) mod layers;
mod masks;
mod painted;
mod patch;
pub(super) mod price;
mod refusal;
mod route;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use again::is_composable;
pub(super) use again::{follow, ground_of};
pub use changes::{Changes, Development, Ground, Hex, HiddenLayer, LanguageChange, PaletteChange, Placing};
pub use copy::{CopyChange, CopyError, CopyLine, CopyRole};
pub(super) use development::develop;
pub use masks::{KnownMask, known_masks_of};
pub use patch::{EditPatch, PatchPlace};
pub use refusal::EditRefusal;

use std::sync::Arc;

use bytes::Bytes;
use image::{GrayImage, RgbaImage};

use crate::{
    domain::{Dimension, RevisionName},
    imaging::Photo,
};

/// The picture that an edit starts from.
#[derive(Clone, Debug)]
pub struct EditBase {
    /// Of which dimension.
    pub dimension: Dimension,
    /// Which picture of it.
    pub name: RevisionName,
    /// Its pixels: the lossless master where one is kept, else the decoded JPEG.
    pub pixels: Arc<RgbaImage>,
    /// Its stored recipe; `None` for a picture without one.
    pub recipe: Option<Arc<serde_json::Value>>,
    /// Its stored background without words, as a JPEG.
    pub plate: Option<Bytes>,
    /// What brushes changed on the composed page, in the order in which it was laid on.
    pub patches: Vec<EditPatch>,
}

/// What an edit is to do.
#[derive(Clone, Debug)]
pub struct EditOrder {
    /// The seller's words, as accepted by `crate::domain::validation`.
    pub prompt: String,
    /// Where the brush went, 255 on what may change, in the size of the base; `None` for the whole picture.
    pub mask: Option<Arc<GrayImage>>,
    /// A picture to take something from.
    pub reference: Option<Arc<Photo>>,
    /// Decides what is left to chance.
    pub seed: u64,
}

/// A finished edit.
#[derive(Clone, Debug)]
pub struct EditedPoster {
    /// The picture to show: JPEG.
    pub jpeg: Vec<u8>,
    /// The same picture without loss, as PNG: what the next edit starts from.
    pub master_png: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A few bytes that draw a blurred preview, in base64.
    pub thumbhash: String,
    /// How the picture was made.
    pub recipe: serde_json::Value,
    /// The background without words, as a JPEG, where the picture is still composed.
    pub plate_jpeg: Option<Vec<u8>>,
    /// What the brush changed, as PNG with alpha, for recipes that name it.
    pub patch_png: Option<Vec<u8>>,
    /// Who made the change, by the name in the settings.
    pub provider: String,
}

impl EditedPoster {
    /// The edit under the name of its revision: what its brush changed is known by it.
    #[must_use]
    pub fn named(mut self, name: RevisionName) -> Self {
        // Not by index: that would leave a null behind in a recipe without patches.
        if let Some(patches) = self.recipe.get_mut("patches").and_then(serde_json::Value::as_array_mut) {
            for patch in patches.iter_mut().filter(|patch| patch["name"] == "") {
                patch["name"] = name.to_string().into();
            }
        }
        self
    }
}
