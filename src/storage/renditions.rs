//! Smaller versions of stored pictures, made when first asked for and kept.

use bytes::Bytes;
use tokio::sync::Semaphore;

use super::{Storage, StorageError};
use crate::imaging::{self, ImageLimits, ImageRefusal};

/// The widths a picture can be had in, in pixels.
pub const RENDITION_WIDTHS: [u32; 3] = [270, 540, 1080];

/// JPEG quality of a rendition.
const RENDITION_QUALITY: u8 = 84;

/// Why a rendition could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RenditionError {
    /// The original could not be read, or the rendition not be kept.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The original is no picture any more.
    #[error("the stored picture cannot be decoded: {0}")]
    Undecodable(#[from] ImageRefusal),
    /// The decoder panicked; the process goes on.
    #[error("the rendition was interrupted")]
    Interrupted,
}

/// Bounds how many renditions are made at once, so that a page of 24 covers cannot take all cores.
#[derive(Debug)]
pub(super) struct RenditionGate(Semaphore);

impl Default for RenditionGate {
    fn default() -> Self {
        Self(Semaphore::new(2))
    }
}

impl Storage {
    /// A picture scaled down to `width` pixels (never up), as JPEG. `sha256` is the original's, and
    /// names the kept copy: the same picture is never scaled twice.
    ///
    /// # Errors
    /// `Storage` when the original is missing, `Undecodable` when it is damaged.
    pub async fn rendition(&self, key: &str, sha256: &str, width: u32) -> Result<Bytes, RenditionError> {
        let kept = format!("cache/renditions/{}/{sha256}-{width}.jpg", sha256.get(..2).unwrap_or("00"));
        match self.get(&kept).await {
            Ok(bytes) => return Ok(bytes),
            Err(StorageError::NotFound(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let _permit = self.renditions.0.acquire().await.expect("the gate is never closed");
        let original = self.get(key).await?;
        let scaled = tokio::task::spawn_blocking(move || scale(&original, width))
            .await
            .map_err(|_| RenditionError::Interrupted)??;
        let scaled = Bytes::from(scaled);
        if let Err(error) = self.put(&kept, scaled.clone()).await {
            // The seller still sees the picture; only the next request pays again.
            tracing::warn!(%error, key = kept, "a rendition could not be kept");
        }
        Ok(scaled)
    }
}

fn scale(original: &[u8], width: u32) -> Result<Vec<u8>, ImageRefusal> {
    let photo = imaging::decode(original, &ImageLimits::default())?;
    let (full_width, full_height) = photo.pixels.dimensions();
    if full_width <= width {
        return Ok(imaging::encode_jpeg(&photo.pixels, RENDITION_QUALITY));
    }
    let height = (u64::from(full_height) * u64::from(width) / u64::from(full_width)).max(1) as u32;
    Ok(imaging::encode_jpeg(&imaging::resize(&photo.pixels, width, height), RENDITION_QUALITY))
}
