//! What each kind of job does.

mod edit_poster;
mod name_product;
mod render_poster;

pub use edit_poster::edited_store;

use ::entity::{generations, jobs, posters};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::sync::Arc;

use super::{
    Engine, EngineError,
    pictures::{PictureError, Pictures},
    plans::{self, PlanError},
    worker::Failed,
};
use crate::{
    domain::{Dimension, FailureCode},
    studio::{SetPlan, StudioError, Thought},
};

impl Engine {
    pub(super) async fn generation_of(&self, job: &jobs::Model) -> Result<generations::Model, EngineError> {
        generations::Entity::find_by_id(&job.generation_id)
            .one(self.inner.database.read())
            .await?
            .ok_or(EngineError::Dangling { job_id: job.id, what: "generation" })
    }

    /// The set's plan: made by whoever needs it first, from the thought that is kept.
    pub(super) async fn plan_of(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
    ) -> Result<Arc<SetPlan>, Failed> {
        let plan = self.inner.pictures.plan(generation).await;
        plan.map_err(|error| unplanned(job, &error))
    }

    /// The set's plan, thought about with the text models; and the thought, to be kept.
    pub(super) async fn think_of(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
    ) -> Result<(Arc<SetPlan>, Thought), Failed> {
        let Pictures { storage, plans, .. } = &self.inner.pictures;
        let photos = self.inner.pictures.photos(generation).await.map_err(|error| unplanned(job, &error))?;
        let brief = plans::brief(generation, &photos, storage).await.map_err(|error| plan_failure(&error))?;
        let ordered = posters::Entity::find()
            .filter(posters::Column::GenerationId.eq(&generation.id))
            .all(self.inner.database.read())
            .await?;
        let dimensions: Vec<_> = ordered.iter().filter_map(|poster| Dimension::from_index(poster.dimension)).collect();
        let log = self.attempts_of(job);
        let thinking = self.inner.studio.think_and_plan(&brief, &dimensions, &*log);
        let (thought, plan) = thinking.await.map_err(|error| studio_failure(&error))?;
        Ok((plans.keep(generation, plan).await, thought))
    }
}

/// Why a set cannot be planned. A missing row does not come back by itself: the posters are refunded at
/// once.
fn unplanned(job: &jobs::Model, error: &PictureError) -> Failed {
    match error {
        PictureError::Database(_) | PictureError::Interrupted => Failed::Retryable(FailureCode::Internal),
        PictureError::Storage(_) => Failed::Retryable(FailureCode::StorageFailed),
        PictureError::Plan(error) => plan_failure(error),
        PictureError::Corrupt(_) => {
            tracing::error!(job = job.id, generation = job.generation_id, %error, "a set cannot be planned from its rows");
            Failed::Final(FailureCode::Internal)
        }
    }
}

fn plan_failure(error: &PlanError) -> Failed {
    tracing::warn!(%error, "a plan could not be made");
    match error {
        PlanError::Studio(error) => studio_failure(error),
        PlanError::Storage(_) => Failed::Retryable(FailureCode::StorageFailed),
        PlanError::Photo => Failed::Final(FailureCode::BadOutput),
        PlanError::Interrupted => Failed::Retryable(FailureCode::Internal),
    }
}

fn studio_failure(error: &StudioError) -> Failed {
    let code = error.failure_code();
    if error.is_retryable() { Failed::Retryable(code) } else { Failed::Final(code) }
}
