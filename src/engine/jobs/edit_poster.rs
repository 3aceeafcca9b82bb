//! Makes one edit: open the base, change it, store the files, then settle.

use std::sync::Arc;

use ::entity::{edits, generations, jobs, revisions, uploads};
use bytes::Bytes;
use image::GrayImage;
use sea_orm::EntityTrait;

use crate::{
    domain::{Dimension, FailureCode, RevisionName},
    engine::{Engine, EngineError, edits as steps, pictures::PictureError, settle::NewRevision, worker::Failed},
    events::Topic,
    imaging::{self, ImageLimits, Photo},
    storage::{GenerationFolder, Storage, StorageError, Stored},
    studio::{Commission, EditBase, EditOrder, EditedPoster, SetPlan, Studio, StudioError},
};

use super::studio_failure;

/// What an edit works on.
pub(in crate::engine) struct AskedEdit {
    pub(in crate::engine) base: EditBase,
    plan: Option<Arc<SetPlan>>,
    order: EditOrder,
}

impl AskedEdit {
    /// The next picture.
    pub(in crate::engine) async fn edited(
        &self,
        studio: &Studio,
        commission: &Commission,
    ) -> Result<EditedPoster, StudioError> {
        // An edit has no stages to tell: its poster shows the picture before until the next one is there.
        studio.edit(self.plan.as_deref(), &self.base, &self.order, commission, &|_stage| {}).await
    }
}

impl Engine {
    pub(in crate::engine) async fn edit_poster(&self, job: &jobs::Model) -> Result<(), Failed> {
        let edit = self.start_edit(job).await?;
        let generation = self.generation_of(job).await?;
        if generation.deleted_at_ms.is_some() {
            return Err(Failed::Final(FailureCode::Interrupted));
        }
        let asked = self.asked_of(&edit, &generation).await?;
        let commission = self.commission(job, &generation, asked.base.dimension).await?;
        let edited = match asked.edited(&self.inner.studio, &commission).await {
            Ok(edited) => edited,
            Err(error) => return Err(self.edit_failed(job, &error).await),
        };

        let name = self.insist(|| self.name_edit(job)).await?;
        let edited = edited.named(name);
        let revision = self.store_edit(job, &edit, &asked.base, name, edited).await?;
        self.insist(|| self.settle_edit_succeeded(job, revision.clone())).await?;
        metrics::counter!("haibao_edits_total", "outcome" => "succeeded").increment(1);
        self.ring_settled(&job.generation_id, job.user_id);
        Ok(())
    }

    async fn settle_edit_succeeded(&self, job: &jobs::Model, revision: NewRevision) -> Result<(), EngineError> {
        let txn = self.inner.database.write().await?;
        steps::edit_succeed_in_txn(&txn, job, revision, self.inner.clock.now_ms()).await?;
        Ok(txn.commit().await?)
    }

    pub(in crate::engine) async fn settle_edit_refunded(
        &self,
        job: &jobs::Model,
        failure: FailureCode,
    ) -> Result<(), EngineError> {
        let txn = self.inner.database.write().await?;
        steps::edit_refund_in_txn(&txn, job, failure, self.inner.clock.now_ms()).await?;
        txn.commit().await?;
        metrics::counter!("haibao_edits_total", "outcome" => "refunded").increment(1);
        self.ring_settled(&job.generation_id, job.user_id);
        Ok(())
    }

    /// What becomes of an edit that was not made; what exactly could not be done is kept for the seller.
    async fn edit_failed(&self, job: &jobs::Model, error: &StudioError) -> Failed {
        tracing::info!(%error, job = job.id, "an edit could not be made");
        if let StudioError::UnsupportedEdit(refusal) = error {
            let kept = async {
                let txn = self.inner.database.write().await?;
                steps::edit_refusal_in_txn(&txn, job, serde_json::json!(refusal).to_string()).await?;
                txn.commit().await?;
                Ok::<(), EngineError>(())
            };
            if let Err(error) = kept.await {
                tracing::warn!(%error, job = job.id, "the reason of a refused edit could not be kept");
            }
        }
        studio_failure(error)
    }

    /// Opens everything that an edit works on.
    pub(in crate::engine) async fn asked_of(
        &self,
        edit: &edits::Model,
        generation: &generations::Model,
    ) -> Result<AskedEdit, Failed> {
        let base_row = self.base_of(edit).await?;
        let pictures = &self.inner.pictures;
        let base = pictures.base(&base_row).await.map_err(|error| picture_failure(&error))?;
        // Without its plan a picture can still be changed as a picture.
        let plan = match pictures.plan(generation).await {
            Ok(plan) => Some(plan),
            Err(error) => {
                tracing::warn!(%error, edit = edit.id, "a set could not be planned again for an edit");
                None
            }
        };
        let order = self.order_of(edit, generation.seed).await?;
        Ok(AskedEdit { base, plan, order })
    }

    async fn start_edit(&self, job: &jobs::Model) -> Result<edits::Model, EngineError> {
        let txn = self.inner.database.write().await?;
        let edit = steps::edit_start_in_txn(&txn, job, self.inner.clock.now_ms()).await?;
        txn.commit().await?;
        self.ring(&Topic::Generation(job.generation_id.clone()));
        Ok(edit)
    }

    pub(in crate::engine) async fn name_edit(&self, job: &jobs::Model) -> Result<RevisionName, EngineError> {
        let txn = self.inner.database.write().await?;
        let name = steps::edit_name_in_txn(&txn, job).await?;
        txn.commit().await?;
        Ok(name)
    }

    async fn base_of(&self, edit: &edits::Model) -> Result<revisions::Model, Failed> {
        let found = revisions::Entity::find_by_id(edit.base_revision_id).one(self.inner.database.read()).await;
        found.map_err(EngineError::from)?.ok_or_else(|| {
            tracing::error!(edit = edit.id, "the base of an edit is missing");
            Failed::Final(FailureCode::Internal)
        })
    }

    /// What the seller asked for, with the pictures that belong to it.
    async fn order_of(&self, edit: &edits::Model, seed: i64) -> Result<EditOrder, Failed> {
        let mask = match &edit.mask_upload_id {
            Some(id) => Some(Arc::new(grey_of(&self.upload(id).await?))),
            None => None,
        };
        let reference = match &edit.reference_upload_id {
            Some(id) => Some(Arc::new(self.upload(id).await?)),
            None => None,
        };
        // The same edit tried again gives the same picture; another one of the same words another.
        let seed = seed.unsigned_abs().wrapping_add(edit.id.unsigned_abs());
        Ok(EditOrder { prompt: edit.prompt.clone(), mask, reference, seed })
    }

    async fn upload(&self, id: &str) -> Result<Photo, Failed> {
        let row = uploads::Entity::find_by_id(id).one(self.inner.database.read()).await;
        let Some(row) = row.map_err(EngineError::from)? else {
            tracing::error!(upload = id, "a picture that an edit needs is missing");
            return Err(Failed::Final(FailureCode::Internal));
        };
        let bytes = self.inner.storage.get(&row.object_key).await.map_err(|error| storage_failure(&error))?;
        let decoded = tokio::task::spawn_blocking(move || imaging::decode(&bytes, &ImageLimits::default())).await;
        decoded
            .map_err(|_| Failed::Retryable(FailureCode::Internal))?
            .map_err(|_| Failed::Final(FailureCode::BadOutput))
    }

    /// Stores an edited picture; no money has moved yet.
    pub(in crate::engine) async fn store_edit(
        &self,
        job: &jobs::Model,
        edit: &edits::Model,
        base: &EditBase,
        name: RevisionName,
        edited: EditedPoster,
    ) -> Result<NewRevision, Failed> {
        let folder = GenerationFolder::new(job.user_id, &job.generation_id);
        let content_id = format!("{}/{}", job.generation_id, name.file_stem(base.dimension));
        let edited = self.inner.studio.labels().on_edit(edited, &content_id);
        let stored = edited_store(&self.inner.storage, &folder, base.dimension, name, edited).await;
        let mut revision = stored.map_err(|error| storage_failure(&error))?;
        revision.base_revision_id = Some(edit.base_revision_id);
        revision.edit_id = Some(edit.id);
        Ok(revision)
    }
}

/// Stores everything that an edited picture consists of, the picture itself last: whoever finds it
/// finds everything the next edit needs.
///
/// # Errors
/// [`StorageError`].
pub async fn edited_store(
    storage: &Storage,
    folder: &GenerationFolder,
    dimension: Dimension,
    name: RevisionName,
    edited: EditedPoster,
) -> Result<NewRevision, StorageError> {
    storage.put(&folder.recipe(dimension, name), Bytes::from(edited.recipe.to_string())).await?;
    if let Some(plate) = edited.plate_jpeg {
        storage.put(&folder.plate(dimension, name), Bytes::from(plate)).await?;
    }
    if let Some(patch) = edited.patch_png {
        storage.put(&folder.patch(dimension, name), Bytes::from(patch)).await?;
    }
    let master: Stored = storage.put(&folder.master(dimension, name), Bytes::from(edited.master_png)).await?;
    let stored = storage.put(&folder.picture(dimension, name), Bytes::from(edited.jpeg)).await?;
    Ok(NewRevision {
        dimension,
        name,
        stored,
        width: edited.width,
        height: edited.height,
        thumbhash: edited.thumbhash,
        provider: edited.provider,
        consistency_percent: None,
        master_sha256: Some(master.sha256),
        base_revision_id: None,
        edit_id: None,
    })
}

/// A stored mask is pure black and white; any of its colours tells which.
fn grey_of(mask: &Photo) -> GrayImage {
    let (width, height) = mask.pixels.dimensions();
    GrayImage::from_fn(width, height, |x, y| image::Luma([mask.pixels.get_pixel(x, y)[0]]))
}

fn picture_failure(error: &PictureError) -> Failed {
    tracing::warn!(%error, "the base of an edit could not be opened");
    match error {
        PictureError::Database(_) | PictureError::Interrupted => Failed::Retryable(FailureCode::Internal),
        PictureError::Storage(error) => storage_failure(error),
        PictureError::Plan(_) | PictureError::Corrupt(_) => Failed::Final(FailureCode::Internal),
    }
}

fn storage_failure(error: &StorageError) -> Failed {
    tracing::error!(%error, "the store failed an edit");
    Failed::Retryable(FailureCode::StorageFailed)
}
