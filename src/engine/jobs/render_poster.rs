//! Makes one poster: plan, paint, store the files, then settle.

use ::entity::{generations, jobs, posters};
use bytes::Bytes;
use sea_orm::EntityTrait;
use std::sync::Arc;
use tokio::sync::mpsc;

use crate::{
    domain::{Composition, Dimension, FailureCode, PosterStage, RevisionName},
    engine::{
        Engine, EngineError,
        attempts::JobAttempts,
        gifts, hero,
        progress::Progress,
        settle::{self, NewRevision},
        together::cut_off,
        worker::Failed,
    },
    events::Topic,
    providers::AttemptLog,
    storage::{GenerationFolder, StorageError, Stored},
    studio::{Commission, PaintedPoster},
};

use super::studio_failure;

/// More stages than a poster has.
const STAGES_AT_ONCE: usize = 8;

impl Engine {
    pub(in crate::engine) async fn render_poster(&self, job: &jobs::Model) -> Result<(), Failed> {
        let dimension = self.start_poster(job).await?;
        let generation = self.generation_of(job).await?;
        let plan = self.plan_of(job, &generation).await?;

        let commission = self.commission(job, &generation, dimension).await?;
        let (stages, mut reached) = mpsc::unbounded_channel();
        let paint = async {
            let stages = stages;
            let report = |stage: PosterStage| {
                // The receiver outlives the painting; were it gone, the job would be too.
                let _ = stages.send(stage);
            };
            self.inner.studio.paint_for(&plan, dimension, &commission, &report).await
        };
        // Stages are written while the painting goes on, and all of them before the ending; those that follow
        // each other at once are told at once.
        let record = async {
            let mut stages = Vec::new();
            while reached.recv_many(&mut stages, STAGES_AT_ONCE).await > 0 {
                match self.tell(job, false, std::mem::take(&mut stages)).await {
                    // A picture that is being paid for is worth more than a word about it.
                    Err(EngineError::Database(error)) => {
                        tracing::warn!(%error, job = job.id, "a stage could not be told");
                    }
                    told => told?,
                }
            }
            Ok::<(), EngineError>(())
        };
        let (painted, recorded) = tokio::join!(paint, record);
        recorded?;
        let painted = painted.map_err(|error| {
            tracing::info!(%error, job = job.id, "a poster could not be painted");
            studio_failure(&error)
        })?;

        // Before the files: whoever lost the job must not write over those of its new owner.
        self.insist(|| self.tell(job, false, vec![PosterStage::Saving])).await?;
        let revision = self.store_revision(job, dimension, painted).await?;
        self.insist(|| self.settle_succeeded(job, revision.clone())).await?;
        metrics::counter!("haibao_posters_total", "outcome" => "succeeded").increment(1);
        self.ring_settled(&job.generation_id, job.user_id);
        if dimension == Dimension::Hero {
            // The others of its set may have waited for it, and as many workers sleep.
            self.ring(&Topic::Jobs);
        }
        Ok(())
    }

    async fn settle_succeeded(&self, job: &jobs::Model, revision: NewRevision) -> Result<(), EngineError> {
        let txn = self.inner.database.write().await?;
        settle::poster_succeed_in_txn(&txn, job, revision, self.inner.clock.now_ms()).await?;
        Ok(txn.commit().await?)
    }

    pub(in crate::engine) async fn settle_refunded(
        &self,
        job: &jobs::Model,
        failure: FailureCode,
    ) -> Result<(), EngineError> {
        let gift = self.fallback(job, failure).await;
        let txn = self.inner.database.write().await?;
        settle::poster_refund_in_txn(&txn, job, failure, gift, self.inner.clock.now_ms()).await?;
        txn.commit().await?;
        metrics::counter!("haibao_posters_total", "outcome" => "refunded").increment(1);
        self.ring_settled(&job.generation_id, job.user_id);
        self.ring(&Topic::Jobs);
        Ok(())
    }

    pub(in crate::engine) async fn poster_of(&self, job: &jobs::Model) -> Result<posters::Model, EngineError> {
        let missing = || EngineError::Dangling { job_id: job.id, what: "poster" };
        let poster_id = job.poster_id.ok_or_else(missing)?;
        posters::Entity::find_by_id(poster_id).one(self.inner.database.read()).await?.ok_or_else(missing)
    }

    /// What surrounds the painting of this poster: the record of its calls, the set's model and style.
    pub(in crate::engine) async fn commission(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
        dimension: Dimension,
    ) -> Result<Commission, EngineError> {
        let kept = hero::set_plan(self.inner.database.read(), &job.generation_id).await?;
        let folder = GenerationFolder::new(job.user_id, &job.generation_id);
        let composition = Composition::from_code(&generation.composition);
        let anchor = if dimension == Dimension::Hero || !self.inner.studio.asks_vendors(composition) {
            None
        } else {
            // Without the hero's backdrop the set's style in words has to do.
            self.inner.storage.get(&folder.plate(Dimension::Hero, RevisionName::Prime)).await.ok()
        };
        Ok(Commission {
            log: self.attempts_of(job),
            group: job.generation_id.clone(),
            pinned: kept.and_then(|kept| kept.image_provider),
            anchor,
            late: None,
        })
    }

    /// The record of the calls that are made for this job.
    pub fn attempts_of(&self, job: &jobs::Model) -> Arc<dyn AttemptLog> {
        Arc::new(JobAttempts::new(self, job))
    }

    /// Stores a painted poster; no money has moved yet.
    pub(in crate::engine) async fn store_revision(
        &self,
        job: &jobs::Model,
        dimension: Dimension,
        painted: PaintedPoster,
    ) -> Result<NewRevision, Failed> {
        let folder = GenerationFolder::new(job.user_id, &job.generation_id);
        let (width, height, thumbhash) = (painted.width, painted.height, painted.thumbhash.clone());
        let (provider, consistency_percent) = (painted.provider.clone(), painted.consistency_percent);
        let name = RevisionName::Prime;
        let content_id = format!("{}/{}", job.generation_id, name.file_stem(dimension));
        let painted = self.inner.studio.labels().on_poster(painted, &content_id);
        let stored = self.store(&folder, dimension, painted).await.map_err(|error| {
            tracing::error!(%error, job = job.id, "a poster could not be stored");
            Failed::Retryable(FailureCode::StorageFailed)
        })?;
        Ok(NewRevision {
            dimension,
            name,
            stored,
            width,
            height,
            thumbhash,
            provider,
            consistency_percent,
            master_sha256: None,
            base_revision_id: None,
            edit_id: None,
        })
    }

    async fn start_poster(&self, job: &jobs::Model) -> Result<Dimension, EngineError> {
        let poster = self.poster_of(job).await?;
        let dimension = gifts::dimension_of(job, &poster)?;
        self.tell(job, true, Vec::new()).await?;
        Ok(dimension)
    }

    /// Writes down how far the poster is, together with what others tell at the same moment.
    ///
    /// # Errors
    /// `Fenced`, `Dangling` or `Database`.
    pub async fn tell(&self, job: &jobs::Model, is_start: bool, stages: Vec<PosterStage>) -> Result<(), EngineError> {
        let progress = Progress { job: job.clone(), is_start, stages };
        self.inner.told.ask(progress).await.unwrap_or_else(|| Err(cut_off().into()))?;
        self.ring(&Topic::Generation(job.generation_id.clone()));
        Ok(())
    }

    /// Stores the recipe and the plate first, the picture last: whoever finds the picture finds
    /// everything an edit needs.
    async fn store(
        &self,
        folder: &GenerationFolder,
        dimension: Dimension,
        painted: PaintedPoster,
    ) -> Result<Stored, StorageError> {
        let (storage, name) = (&self.inner.storage, RevisionName::Prime);
        storage.put(&folder.recipe(dimension, name), Bytes::from(painted.recipe.to_string())).await?;
        if let Some(plate) = painted.plate_jpeg {
            storage.put(&folder.plate(dimension, name), Bytes::from(plate)).await?;
        }
        storage.put(&folder.picture(dimension, name), Bytes::from(painted.jpeg)).await
    }
}
