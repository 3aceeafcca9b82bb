//! `renameGeneration` and `deleteGeneration`.

use ::entity::{enums::GenerationState, generations, scopes};
use bytes::Bytes;
use sea_orm::{ActiveModelTrait, ActiveValue::Set};

use crate::{
    domain::validation::{self, Refusal},
    engine::{edits::edit_is_active, settle},
    events::Topic,
    services::{ApiScope, Context, FieldRefusal, ServiceError, Viewer},
    storage::{GenerationFolder, exports_folder},
};

/// What became of a rename.
#[derive(Debug)]
pub enum RenameOutcome {
    /// Renamed.
    Renamed(Box<generations::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// What became of a deletion.
#[derive(Debug)]
pub enum DeleteOutcome {
    /// Gone for its owner. Holds, ledger and events stay: money is never forgotten.
    Deleted,
    /// It is still being worked on.
    InProgress(Box<generations::Model>),
    /// Fields that cannot be taken.
    Invalid(Vec<FieldRefusal>),
}

/// Gives the product another name, in the database and in `productname.txt`.
///
/// # Errors
/// `Forbidden` or `Database`.
pub async fn rename(
    context: &Context,
    viewer: &Viewer,
    generation_id: &str,
    product_name: &str,
) -> Result<RenameOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    let name = match validation::product_name(product_name) {
        Ok(name) => name,
        Err(refusal) => return Ok(RenameOutcome::Invalid(vec![FieldRefusal::new("productName", refusal)])),
    };
    let missing = || RenameOutcome::Invalid(vec![FieldRefusal::new("generationId", Refusal::NotFound)]);
    let txn = context.database.write().await?;
    if scopes::generation_of(viewer.user_id, generation_id).one(&txn).await?.is_none() {
        return Ok(missing());
    }
    let Some(generation) = settle::generation_lock(&txn, generation_id).await? else { return Ok(missing()) };
    let version = generation.version + 1;
    let mut renamed: generations::ActiveModel = generation.into();
    renamed.product_name = Set(Some(name.clone()));
    renamed.version = Set(version);
    let generation = renamed.update(&txn).await?;
    txn.commit().await?;
    let key = GenerationFolder::new(viewer.user_id, generation_id).product_name();
    if let Err(error) = context.storage.put(&key, Bytes::from(name)).await {
        // The name lives in the database; the file is a convenience for people in the folder.
        tracing::warn!(%error, generation = generation_id, "productname.txt could not be rewritten");
    }
    context.doorbell.ring(&Topic::Generation(generation_id.to_owned()));
    Ok(RenameOutcome::Renamed(Box::new(generation)))
}

/// Removes a set that is not being worked on: first for its owner, then its files. After a crash in
/// between, `housekeeping` removes the files.
///
/// # Errors
/// `Forbidden` or `Database`.
pub async fn delete(context: &Context, viewer: &Viewer, generation_id: &str) -> Result<DeleteOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    let missing = || DeleteOutcome::Invalid(vec![FieldRefusal::new("generationId", Refusal::NotFound)]);
    let txn = context.database.write().await?;
    if scopes::generation_of(viewer.user_id, generation_id).one(&txn).await?.is_none() {
        return Ok(missing());
    }
    let Some(generation) = settle::generation_lock(&txn, generation_id).await? else { return Ok(missing()) };
    if matches!(generation.state, GenerationState::Queued | GenerationState::Running) {
        return Ok(DeleteOutcome::InProgress(Box::new(generation)));
    }
    if edit_is_active(&txn, generation_id).await? {
        return Ok(DeleteOutcome::InProgress(Box::new(generation)));
    }
    let mut deleted: generations::ActiveModel = generation.into();
    deleted.deleted_at_ms = Set(Some(context.clock.now_ms()));
    deleted.update(&txn).await?;
    txn.commit().await?;
    let folder = GenerationFolder::new(viewer.user_id, generation_id);
    for folder in [folder.as_str(), &exports_folder(viewer.user_id, generation_id)] {
        if let Err(error) = context.storage.delete_folder(folder).await {
            tracing::warn!(%error, generation = generation_id, "the files of a deleted set could not be removed");
        }
    }
    Ok(DeleteOutcome::Deleted)
}
