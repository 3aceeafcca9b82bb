//! The only writer of files: object keys, durable puts, renditions and signed URLs.
//!
//! Keys are the same on a local disk and on an S3-compatible store. A put is complete and durable
//! when it returns: temporary name → fsync → rename → fsync of the folder. Only what can be made again,
//! the renditions, is put without waiting for the disk.

mod keys;
mod local;
mod renditions;
mod signing;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, path::Path};
use ring::digest;

pub use keys::{GenerationFolder, UPLOADS_FOLDER, exports_folder, upload_key, user_folders};
pub use local::{LocalFiles, PrivateFileError};
pub use renditions::{RENDITION_WIDTHS, RenditionError};
pub use signing::{FileUrl, SignatureError, UrlSigner};

/// Why a file could not be stored or read.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Nothing is stored under this key.
    #[error("{0} is not stored")]
    NotFound(String),
    /// The store said no: disk full, no permission, no network …
    #[error("the object store failed: {0}")]
    Store(object_store::Error),
}

impl From<object_store::Error> for StorageError {
    fn from(error: object_store::Error) -> Self {
        match error {
            object_store::Error::NotFound { path, .. } => Self::NotFound(path),
            other => Self::Store(other),
        }
    }
}

/// What was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The object key.
    pub key: String,
    /// Bytes.
    pub byte_size: i64,
    /// SHA-256 of the bytes, lower-case hex.
    pub sha256: String,
}

/// The store of pictures and recipes.
#[derive(Clone)]
pub struct Storage {
    objects: Arc<dyn ObjectStore>,
    /// The same place, but a put does not wait until the disk has it.
    hasty: Arc<dyn ObjectStore>,
    renditions: Arc<renditions::RenditionGate>,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Storage({})", self.objects)
    }
}

impl Storage {
    /// Uses any object store.
    pub fn new(objects: Arc<dyn ObjectStore>) -> Self {
        Self { hasty: Arc::clone(&objects), objects, renditions: Arc::default() }
    }

    /// The same store, with another door to its place through which renditions are put.
    #[must_use]
    fn with_hasty(self, hasty: Arc<dyn ObjectStore>) -> Self {
        Self { hasty, ..self }
    }

    /// Stores bytes under a key, replacing what was there; durable when it returns.
    ///
    /// # Errors
    /// `Store`: nothing, or the whole old object, is left under the key then.
    pub async fn put(&self, key: &str, bytes: Bytes) -> Result<Stored, StorageError> {
        let stored = Stored { key: key.to_owned(), byte_size: bytes.len() as i64, sha256: sha256_hex(&bytes) };
        self.objects.put(&Path::from(key), PutPayload::from(bytes)).await?;
        Ok(stored)
    }

    /// Reads a whole object.
    ///
    /// # Errors
    /// `NotFound` or `Store`.
    pub async fn get(&self, key: &str) -> Result<Bytes, StorageError> {
        Ok(self.objects.get(&Path::from(key)).await?.bytes().await?)
    }

    /// Reads an object piece by piece, with its size in bytes.
    ///
    /// # Errors
    /// `NotFound` or `Store`; the stream itself may fail with `Store` later.
    pub async fn get_stream(
        &self,
        key: &str,
    ) -> Result<(u64, BoxStream<'static, Result<Bytes, StorageError>>), StorageError> {
        let found = self.objects.get(&Path::from(key)).await?;
        let byte_size = found.meta.size;
        Ok((byte_size, found.into_stream().map_err(StorageError::from).boxed()))
    }

    /// Whether something is stored under the key.
    ///
    /// # Errors
    /// `Store`.
    pub async fn exists(&self, key: &str) -> Result<bool, StorageError> {
        match self.objects.head(&Path::from(key)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes one object; what is missing already is no error.
    ///
    /// # Errors
    /// `Store`.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.objects.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keys below a folder that were last written before this moment, in milliseconds since the
    /// epoch by the store's clock.
    ///
    /// # Errors
    /// `Store`.
    pub async fn keys_older_than(&self, folder: &str, before_ms: i64) -> Result<Vec<String>, StorageError> {
        let listed: Vec<_> = self.objects.list(Some(&Path::from(folder))).try_collect().await?;
        Ok(listed
            .into_iter()
            .filter(|object| object.last_modified.timestamp_millis() < before_ms)
            .map(|object| object.location.to_string())
            .collect())
    }

    /// Deletes everything below a folder; what is missing already is no error.
    ///
    /// # Errors
    /// `Store`.
    pub async fn delete_folder(&self, folder: &str) -> Result<(), StorageError> {
        let listed: Vec<_> = self.objects.list(Some(&Path::from(folder))).try_collect().await?;
        for object in listed {
            self.delete(object.location.as_ref()).await?;
        }
        Ok(())
    }

    /// Writes, reads and removes a small object: is the store usable right now?
    ///
    /// # Errors
    /// `Store`.
    pub async fn probe(&self) -> Result<(), StorageError> {
        let key = "cache/probe";
        self.put(key, Bytes::from_static(b"haibao")).await?;
        self.objects.delete(&Path::from(key)).await?;
        Ok(())
    }
}

/// SHA-256 of some bytes, lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
