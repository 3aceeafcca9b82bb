//! A store that stands still at a chosen moment, so that a test can end the work exactly there.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions,
    PutOptions, PutPayload, PutResult, Result, memory::InMemory, path::Path,
};
use tokio::sync::Notify;

/// Where the work is to stand still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Halt {
    /// Before the n-th file from now on is read.
    Read(usize),
    /// Before the n-th file from now on is stored.
    Before(usize),
    /// When the n-th file from now on is stored and nobody knows yet.
    After(usize),
}

/// A store in memory that can stand still.
#[derive(Clone, Default)]
pub(crate) struct HaltingStore {
    inner: Arc<InMemory>,
    armed: Arc<Mutex<Option<Halt>>>,
    halted: Arc<Notify>,
}

impl fmt::Debug for HaltingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HaltingStore")
    }
}

impl fmt::Display for HaltingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("memory that stands still")
    }
}

impl HaltingStore {
    /// Stands still at this moment, once.
    pub(crate) fn arm(&self, halt: Halt) {
        *self.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(halt);
    }

    /// Returns when the work stands still.
    pub(crate) async fn halted(&self) {
        self.halted.notified().await;
    }

    /// Counts one step; whether the work stands still at it.
    fn is_here(&self, step: impl Fn(Halt) -> Option<Halt>) -> bool {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(halt) = *armed else { return false };
        *armed = step(halt);
        armed.is_none()
    }

    async fn stand_still(&self) {
        self.halted.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl ObjectStore for HaltingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        let before = self.is_here(|halt| match halt {
            Halt::Before(0) => None,
            Halt::Before(left) => Some(Halt::Before(left - 1)),
            other => Some(other),
        });
        if before {
            self.stand_still().await;
        }
        let put = self.inner.put_opts(location, payload, opts).await?;
        let after = self.is_here(|halt| match halt {
            Halt::After(0) => None,
            Halt::After(left) => Some(Halt::After(left - 1)),
            other => Some(other),
        });
        if after {
            self.stand_still().await;
        }
        Ok(put)
    }

    async fn put_multipart_opts(&self, location: &Path, opts: PutMultipartOptions) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(location, opts).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        let here = self.is_here(|halt| match halt {
            Halt::Read(0) => None,
            Halt::Read(left) => Some(Halt::Read(left - 1)),
            other => Some(other),
        });
        if here {
            self.stand_still().await;
        }
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
