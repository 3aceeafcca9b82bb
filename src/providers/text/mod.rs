//! Models that read a description (and perhaps a photo) and answer with a product report.
//!
//! The seam takes and gives domain types only: how an implementation prompts, parses and repairs
//! an answer is its own affair. The built-in implementation is `crate::studio::report`, which needs
//! no model and no network; to add another, implement [`TextModel`] in a file beside this one and
//! choose it in `crate::app`.

mod scripted;

use async_trait::async_trait;
use bytes::Bytes;

use crate::domain::report::ProductReport;

pub use scripted::ScriptedTextModel;

/// A photo of the product, for models that can see.
#[derive(Clone, Debug)]
pub struct ReportPhoto {
    /// The encoded picture, already stripped of metadata.
    pub bytes: Bytes,
    /// Its media type, such as `image/jpeg`.
    pub media_type: String,
}

/// What a model is given.
#[derive(Clone, Debug, Default)]
pub struct ReportRequest {
    /// The seller's words, as accepted by `crate::domain::validation::description`.
    pub description: String,
    /// The name the seller gave, which wins over any derived one.
    pub product_name: Option<String>,
    /// Photos of the product, the main one first; implementations without eyes ignore them.
    pub photos: Vec<ReportPhoto>,
}

impl ReportRequest {
    /// A request with words only.
    pub fn from_description(description: impl Into<String>) -> Self {
        Self { description: description.into(), ..Self::default() }
    }
}

/// Why no report came.
///
/// The texts are for logs: none of them reaches a client.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// The model could not be reached, was overloaded or asked to wait; another try may work.
    #[error("text model unavailable: {0}")]
    Unavailable(String),
    /// The answer did not come in time; another try may work.
    #[error("text model timed out")]
    TimedOut,
    /// The model declined to speak about this product; another try gives the same.
    #[error("text model refused: {0}")]
    Refused(String),
    /// The answer was not a report, even after repair.
    #[error("text model answered garbage: {0}")]
    Malformed(String),
    /// The set-up is wrong (key, address, model name); only an operator can help.
    #[error("text model is misconfigured: {0}")]
    Misconfigured(String),
}

impl TextError {
    /// Whether the same request may succeed later.
    pub const fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::TimedOut)
    }
}

/// Something that can read a product description.
#[async_trait]
pub trait TextModel: Send + Sync {
    /// A short stable name for logs and recipes, such as `rules`.
    fn name(&self) -> &'static str;

    /// Reads the whole report out of the request.
    ///
    /// # Errors
    /// [`TextError`], of which [`TextError::is_retryable`] says whether to try again. A caller that
    /// must not fail falls back to the built-in rules, which never do.
    async fn report(&self, request: ReportRequest) -> Result<ProductReport, TextError>;

    /// The product's name alone: one line, never empty, at most
    /// `crate::domain::validation::PRODUCT_NAME_CHARS_MAX` characters.
    ///
    /// # Errors
    /// As for [`TextModel::report`].
    async fn product_name(&self, request: ReportRequest) -> Result<String, TextError> {
        self.report(request).await.map(|report| report.product.name.zh)
    }
}
