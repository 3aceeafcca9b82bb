//! Models that paint the background of a poster.
//!
//! The seam takes and gives plain pictures and numbers: how an implementation prompts, uploads and
//! polls is its own affair. Type and product never pass through a model; what comes back is a plate
//! without words, on which the composer sets both. To add a model, implement [`ImageProvider`] in a
//! file beside this one and choose it in `crate::app`.

mod builtin;
mod scripted;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use image::RgbaImage;

use crate::domain::{Dimension, FailureCode, SetStyle};

pub use builtin::BuiltinPlates;
pub use scripted::{Script, ScriptedProvider};

/// A rectangle as fractions of the picture: `[left, top, width, height]`, each from 0 to 1.
pub type Area = [f32; 4];

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

/// What a plate should show.
#[derive(Clone, Debug)]
pub struct PlateRequest {
    /// Which poster it is for; it decides the kind of scene.
    pub dimension: Dimension,
    /// The look of the set.
    pub style: SetStyle,
    /// The colours of the set.
    pub palette: PlatePalette,
    /// Width in pixels; the plate must have exactly this width.
    pub width: u32,
    /// Height in pixels; the plate must have exactly this height.
    pub height: u32,
    /// Where the product will stand, if it stands on the plate.
    pub focus: Option<Area>,
    /// Where words will stand: keep these areas even.
    pub calm: Vec<Area>,
    /// The same seed and request give the same plate, where the model allows it.
    pub seed: u64,
    /// What to paint, in words, for models that read.
    pub prompt: String,
    /// The product, for models that take a reference; never to be painted into the plate.
    pub product: Option<Arc<RgbaImage>>,
}

/// A painted background.
#[derive(Clone, Debug)]
pub struct Plate {
    /// Opaque pixels of the requested size.
    pub pixels: RgbaImage,
    /// The model's own number for this call, for the operator's enquiries.
    pub provider_request_id: Option<String>,
}

/// Why no plate came. The texts are for logs: none of them reaches a client.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Not reachable, overloaded or a server error; another try may work.
    #[error("image model unavailable: {reason}")]
    Unavailable {
        /// What happened.
        reason: String,
        /// How long the model asked to be left alone.
        retry_after: Option<Duration>,
    },
    /// No answer in time. The picture may exist and be billed upstream: never re-submit blindly.
    #[error("image model timed out")]
    TimedOut,
    /// The account's quota or balance is used up.
    #[error("image model quota used up: {0}")]
    QuotaExceeded(String),
    /// The model declined the content; another try gives the same.
    #[error("image model refused: {0}")]
    Refused(String),
    /// What came is not a picture of the requested kind.
    #[error("image model answered garbage: {0}")]
    BadOutput(String),
    /// The set-up is wrong (key, address, model name); only an operator can help.
    #[error("image model is misconfigured: {0}")]
    Misconfigured(String),
}

impl ProviderError {
    /// Whether the same request may succeed later at no risk of paying twice.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::BadOutput(_))
    }

    /// What a client is told.
    pub const fn failure_code(&self) -> FailureCode {
        match self {
            Self::Unavailable { .. } | Self::Misconfigured(_) => FailureCode::ProviderUnavailable,
            Self::TimedOut => FailureCode::ProviderTimeout,
            Self::QuotaExceeded(_) => FailureCode::ProviderQuota,
            Self::Refused(_) => FailureCode::ContentRejected,
            Self::BadOutput(_) => FailureCode::BadOutput,
        }
    }
}

/// Something that paints backgrounds.
#[async_trait]
pub trait ImageProvider: Send + Sync {
    /// A short stable name for logs and recipes, such as `builtin`.
    fn name(&self) -> &'static str;

    /// Paints one plate.
    ///
    /// Implementations may take minutes; the caller sets the time limit by dropping the future, so
    /// an implementation holds nothing that a drop would leak.
    ///
    /// # Errors
    /// [`ProviderError`], of which [`ProviderError::is_retryable`] says whether to try again.
    async fn paint(&self, request: PlateRequest) -> Result<Plate, ProviderError>;
}
