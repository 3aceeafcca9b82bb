//! What the studio is asked for, and what it hands over.

use std::sync::Arc;

use super::{EditRefusal, recipe::RecipeError};
use crate::{
    composer::{ComposeError, TemplateError},
    domain::{FailureCode, PosterFormat, StyleChoice},
    imaging::Photo,
    providers::image::PaintError,
};

/// One order: the seller's words and photos, and the look that was asked for.
#[derive(Clone, Debug)]
pub struct Brief {
    /// Decides everything that is left to chance: the same brief with the same seed gives the same
    /// posters, so that a repeated attempt does not change the set.
    pub seed: u64,
    /// The seller's words, as accepted by `crate::domain::validation::description`.
    pub description: String,
    /// The name the seller gave, if any.
    pub product_name: Option<String>,
    /// Photos of the product, the main one first.
    pub photos: Vec<BriefPhoto>,
    /// The proportions of the posters.
    pub format: PosterFormat,
    /// What the seller chose of the look; the studio chooses the rest.
    pub style: StyleChoice,
}

/// A photo of the product.
#[derive(Clone, Debug)]
pub struct BriefPhoto {
    /// Its pixels.
    pub photo: Arc<Photo>,
    /// SHA-256 of the stored file, lower-case hex: how a recipe names its photos.
    pub sha256: String,
}

/// One finished poster.
#[derive(Clone, Debug)]
pub struct PaintedPoster {
    /// The picture to store: JPEG, quality 90, full colour resolution.
    pub jpeg: Vec<u8>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// A few bytes that draw a blurred preview, in base64.
    pub thumbhash: String,
    /// How the poster was made, enough to make it again with other words: style, seed, provider and
    /// `layers[]` with `kind`, `box` and, for words, `text`.
    pub recipe: serde_json::Value,
    /// Who painted the background, by the name in the settings.
    pub provider: String,
    /// How well the background goes with the set's first one, 0–100, where a vendor painted it.
    pub consistency_percent: Option<u8>,
    /// The background without words and product, where there is one of its own.
    pub plate_jpeg: Option<Vec<u8>>,
}

/// Why a poster could not be made. The texts are for logs; [`StudioError::failure_code`] is what a
/// client learns.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// The brief carries no photo.
    #[error("the brief has no photo")]
    NoPhoto,
    /// No background came.
    #[error(transparent)]
    Image(#[from] PaintError),
    /// The page could not be drawn.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// A template of ours is broken.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The recipe cannot be cooked.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// An edit that nothing here can do.
    #[error("unsupported edit: {0}")]
    UnsupportedEdit(EditRefusal),
    /// An edit after which the picture looks as before.
    #[error("the edit changed nothing that can be seen")]
    NoVisibleChange,
    /// What an earlier call began is still worked on.
    #[error("the picture is not there yet")]
    NotYet,
    /// A thread of ours ended early.
    #[error("a studio thread ended: {0}")]
    Thread(String),
}

impl StudioError {
    /// What a client is told.
    pub fn failure_code(&self) -> FailureCode {
        match self {
            Self::Image(error) => error.error.failure_code(),
            Self::UnsupportedEdit(_) => FailureCode::UnsupportedEdit,
            Self::NoVisibleChange => FailureCode::NoVisibleChange,
            Self::NotYet => FailureCode::ProviderTimeout,
            Self::NoPhoto | Self::Compose(_) | Self::Template(_) | Self::Recipe(_) | Self::Thread(_) => {
                FailureCode::Internal
            }
        }
    }

    /// Whether another attempt may succeed without changing anything and without paying twice.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Image(error) => error.is_retryable,
            Self::Thread(_) => true,
            Self::NoPhoto
            | Self::Compose(_)
            | Self::Template(_)
            | Self::Recipe(_)
            | Self::UnsupportedEdit(_)
            | Self::NoVisibleChange
            | Self::NotYet => false,
        }
    }
}
