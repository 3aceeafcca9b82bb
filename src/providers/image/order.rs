//! What is wanted of painters, in the words of who wants it, and how it ends.

use async_trait::async_trait;
use image::RgbaImage;

use super::{ImageCapabilities, ImageRequest, Picture, Purpose};
use crate::{
    domain::FailureCode,
    providers::{FailureClass, ProviderError},
};

/// The code of a picture that came back without what was to stay; see [`Nudge::KeepTheRest`].
pub const DRIFTED: &str = "drifted";

/// The code of a picture with letters where none belong, or drawn badly; see [`Nudge::WithoutFlaws`].
pub const FLAWED: &str = "flawed";

/// What to say differently after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Nudge {
    /// Nothing: a first try, or the failure had nothing to do with the words.
    None,
    /// An answer came without a picture: ask for one in so many words.
    ReturnAnImage,
    /// What the model made was declined: no people, plainer words.
    Softened,
    /// The product came out changed: insist on it.
    KeepTheProduct,
    /// What was to stay came out changed: insist on that.
    KeepTheRest,
    /// Nothing came out changed: insist on the wish.
    ChangeMore,
    /// Letters or flaws stood in it: insist on a clean picture.
    WithoutFlaws,
}

impl Nudge {
    pub(super) fn after(error: &ProviderError) -> Self {
        match (error.class, error.told) {
            (FailureClass::NoResult, Some(FailureCode::ProductNotPreserved)) => Self::KeepTheProduct,
            (FailureClass::NoResult, Some(FailureCode::NoVisibleChange)) => Self::ChangeMore,
            (FailureClass::NoResult, _) if error.code.as_deref() == Some(DRIFTED) => Self::KeepTheRest,
            (FailureClass::NoResult, _) if error.code.as_deref() == Some(FLAWED) => Self::WithoutFlaws,
            (FailureClass::NoResult, _) => Self::ReturnAnImage,
            (FailureClass::ModeratedOutput, _) => Self::Softened,
            _ => Self::None,
        }
    }
}

/// A picture to be got: who wants it writes the request for each provider and judges the result.
#[async_trait]
pub trait ImageOrder: Send + Sync {
    /// What it is for.
    fn purpose(&self) -> Purpose;

    /// Whose turn it counts as; pictures of one set share a group.
    fn group(&self) -> &str;

    /// The provider to ask first, because the rest of the set came from it.
    fn pinned(&self) -> Option<&str> {
        None
    }

    /// The request in the words and sizes that suit this provider.
    fn request(&self, capabilities: &ImageCapabilities, nudge: Nudge) -> ImageRequest;

    /// Checks what came against what was asked for, and normalises it.
    ///
    /// # Errors
    /// `NoResult`, when it is not usable.
    async fn judge(&self, picture: Picture, request: &ImageRequest) -> Result<RgbaImage, ProviderError>;
}

/// A picture that passed.
#[derive(Clone, Debug)]
pub struct Painted {
    /// Its pixels, as the order's judge left them.
    pub pixels: RgbaImage,
    /// Who painted it, by the name in the settings.
    pub provider: String,
    /// With which model.
    pub model: String,
    /// The vendor's number of the call.
    pub request_id: Option<String>,
}

/// No picture came.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub struct PaintError {
    /// The last failure.
    pub error: ProviderError,
    /// Whether the whole order may be tried again later at no risk of paying twice.
    pub is_retryable: bool,
}
