//! Taking in pictures: checked, re-encoded by us, stored, and only then known.

use ::entity::{enums::UploadPurpose, uploads};
use bytes::Bytes;
use sea_orm::{ActiveValue::Set, EntityTrait};
use tokio::sync::Semaphore;

use super::{ApiScope, Context, ServiceError, Viewer};
use crate::{
    imaging::{self, ImageLimits, ImageRefusal, NormalisedUpload},
    storage::{sha256_hex, upload_key},
};

/// Pictures decoded at the same time, whoever sends them: bounds memory at this many times the
/// largest picture.
static DECODE_PERMITS: Semaphore = Semaphore::const_new(2);

/// What became of an upload.
#[derive(Debug)]
pub enum UploadOutcome {
    /// Stored under a new id.
    Stored(uploads::Model),
    /// Not a picture we take.
    Refused(ImageRefusal),
}

/// Takes in the bytes of one picture.
///
/// Nothing is left behind by a refusal. A crash after the file and before the row leaves a file
/// that no row names, until `housekeeping` finds it.
///
/// # Errors
/// `Forbidden`, `Storage` or `Database`.
pub async fn store(
    context: &Context,
    viewer: &Viewer,
    purpose: UploadPurpose,
    bytes: Bytes,
    limits: ImageLimits,
) -> Result<UploadOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    // Microseconds: a bomb is turned away before it waits for a permit.
    if let Err(refusal) = imaging::probe(&bytes, &limits) {
        return Ok(UploadOutcome::Refused(refusal));
    }
    let _permit = DECODE_PERMITS.acquire().await.expect("the permits are never closed");
    let normalised = tokio::task::spawn_blocking(move || normalise(purpose, &bytes, &limits)).await;
    let picture = match normalised {
        Ok(Ok(picture)) => picture,
        Ok(Err(refusal)) => return Ok(UploadOutcome::Refused(refusal)),
        Err(panicked) => {
            tracing::error!(%panicked, "decoding an upload panicked");
            return Ok(UploadOutcome::Refused(ImageRefusal::Undecodable));
        }
    };
    let id = format!("upload_{}", context.ids.token());
    let key = upload_key(viewer.user_id, &id, picture.kind.extension());
    let sha256 = sha256_hex(&picture.bytes);
    let stored = context.storage.put(&key, Bytes::from(picture.bytes)).await?;
    let row = uploads::Model {
        id,
        user_id: viewer.user_id,
        purpose,
        mime: picture.kind.mime().to_owned(),
        width: i64::from(picture.width),
        height: i64::from(picture.height),
        byte_size: stored.byte_size,
        sha256,
        object_key: stored.key,
        created_at_ms: context.clock.now_ms(),
    };
    let active = uploads::ActiveModel {
        id: Set(row.id.clone()),
        user_id: Set(row.user_id),
        purpose: Set(row.purpose),
        mime: Set(row.mime.clone()),
        width: Set(row.width),
        height: Set(row.height),
        byte_size: Set(row.byte_size),
        sha256: Set(row.sha256.clone()),
        object_key: Set(row.object_key.clone()),
        created_at_ms: Set(row.created_at_ms),
    };
    let txn = context.database.write().await?;
    uploads::Entity::insert(active).exec_without_returning(&txn).await?;
    txn.commit().await?;
    Ok(UploadOutcome::Stored(row))
}

fn normalise(purpose: UploadPurpose, bytes: &[u8], limits: &ImageLimits) -> Result<NormalisedUpload, ImageRefusal> {
    match purpose {
        UploadPurpose::Photo | UploadPurpose::Reference => imaging::normalise(bytes, limits),
        UploadPurpose::Mask => imaging::normalise_mask(bytes, limits),
    }
}
