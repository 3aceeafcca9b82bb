//! Smaller versions of stored pictures, made when first asked for and kept.
//!
//! They are kept without waiting for the disk. A crash may therefore leave a torn file under a whole
//! name; the digest behind each kept picture tells, and the picture is made again.

use bytes::{Bytes, BytesMut};
use object_store::{ObjectStoreExt as _, PutPayload, path::Path};
use ring::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use tokio::sync::Semaphore;

use super::{Storage, StorageError};
use crate::imaging::{self, ImageKind, ImageLimits, ImageRefusal};

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

/// Where a rendition is kept.
fn kept_key(sha256: &str, width: u32) -> Path {
    Path::from(format!("cache/renditions/{}/{sha256}-{width}.jpg", sha256.get(..2).unwrap_or("00")))
}

impl Storage {
    /// A picture scaled down to `width` pixels (never up), as JPEG. `sha256` is the original's, and
    /// names the kept copy: the same picture is never scaled twice.
    ///
    /// # Errors
    /// `Storage` when the original is missing, `Undecodable` when it is damaged.
    pub async fn rendition(&self, key: &str, sha256: &str, width: u32) -> Result<Bytes, RenditionError> {
        let kept = kept_key(sha256, width);
        if let Some(whole) = self.kept_rendition(&kept).await? {
            return Ok(whole);
        }
        let _permit = self.renditions.0.acquire().await.expect("the gate is never closed");
        let original = self.get(key).await?;
        let scaled = tokio::task::spawn_blocking(move || scale(original, width))
            .await
            .map_err(|_| RenditionError::Interrupted)??;
        if let Err(error) = self.hasty.put(&kept, PutPayload::from(sealed(&scaled))).await {
            // The seller still sees the picture; only the next request pays again.
            tracing::warn!(%error, key = %kept, "a rendition could not be kept");
        }
        Ok(scaled)
    }

    /// Forgets every rendition of a picture.
    ///
    /// # Errors
    /// `Store`.
    pub async fn renditions_delete(&self, sha256: &str) -> Result<(), StorageError> {
        for width in RENDITION_WIDTHS {
            self.delete(kept_key(sha256, width).as_ref()).await?;
        }
        Ok(())
    }

    async fn kept_rendition(&self, kept: &Path) -> Result<Option<Bytes>, StorageError> {
        let found = match self.objects.get(kept).await {
            Ok(found) => found.bytes().await?,
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let whole = opened(found);
        if whole.is_none() {
            tracing::info!(key = %kept, "a kept rendition is damaged and is made again");
        }
        Ok(whole)
    }
}

/// A picture with its digest behind it.
fn sealed(picture: &[u8]) -> Bytes {
    let mut sealed = BytesMut::with_capacity(picture.len() + SHA256_OUTPUT_LEN);
    sealed.extend_from_slice(picture);
    sealed.extend_from_slice(digest(&SHA256, picture).as_ref());
    sealed.freeze()
}

/// The picture, if its digest is right.
fn opened(mut kept: Bytes) -> Option<Bytes> {
    let seal = kept.split_off(kept.len().checked_sub(SHA256_OUTPUT_LEN)?);
    (digest(&SHA256, &kept).as_ref() == &*seal).then_some(kept)
}

fn scale(original: Bytes, width: u32) -> Result<Bytes, ImageRefusal> {
    let limits = ImageLimits::default();
    let header = imaging::probe(&original, &limits)?;
    if header.width <= width && header.kind == ImageKind::Jpeg {
        // Already small enough: another encoding would cost time and quality.
        return Ok(original);
    }
    Ok(imaging::thumbnail(&original, &limits, width, RENDITION_QUALITY)?.into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use image::{Rgba, RgbaImage};
    use object_store::memory::InMemory;

    use super::*;

    fn stored() -> Bytes {
        let pixels = RgbaImage::from_fn(1080, 600, |x, y| Rgba([(x / 5) as u8, (y / 3) as u8, 90, 255]));
        imaging::encode_jpeg(&pixels, 88).into()
    }

    #[tokio::test]
    async fn a_torn_rendition_is_made_again() {
        let storage = Storage::new(Arc::new(InMemory::new()));
        storage.put("poster.jpg", stored()).await.unwrap();
        let first = storage.rendition("poster.jpg", "ab12", 270).await.unwrap();
        let kept = "cache/renditions/ab/ab12-270.jpg";
        let whole = storage.get(kept).await.unwrap();
        let mut zeroed = whole.to_vec();
        zeroed[400..900].fill(0);
        for torn in [Vec::new(), whole[..whole.len() / 2].to_vec(), zeroed] {
            storage.put(kept, torn.into()).await.unwrap();
            assert_eq!(storage.rendition("poster.jpg", "ab12", 270).await.unwrap(), first);
            assert_eq!(storage.get(kept).await.unwrap(), whole, "the whole one is kept again");
        }
        let header = imaging::probe(&first, &ImageLimits::default()).unwrap();
        assert_eq!((header.width, header.height), (270, 150));
    }

    #[tokio::test]
    async fn a_kept_rendition_needs_no_original() {
        let storage = Storage::new(Arc::new(InMemory::new()));
        storage.put("poster.jpg", stored()).await.unwrap();
        let first = storage.rendition("poster.jpg", "ab12", 540).await.unwrap();
        storage.delete("poster.jpg").await.unwrap();
        assert_eq!(storage.rendition("poster.jpg", "ab12", 540).await.unwrap(), first);
        assert!(storage.rendition("poster.jpg", "ab12", 270).await.is_err());
    }

    #[test]
    fn a_jpeg_that_is_small_enough_stays_as_it_is() {
        let original = stored();
        assert_eq!(scale(original.clone(), 1080).unwrap(), original);
        let damaged = scale(Bytes::from_static(b"no picture"), 270);
        assert!(damaged.is_err());
    }
}
