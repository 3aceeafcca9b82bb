//! What each kind of job does.

mod name_product;
mod render_poster;

use ::entity::{generations, jobs, uploads};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::sync::Arc;

use super::{Engine, EngineError, plans::PlanError, worker::Failed};
use crate::{
    domain::FailureCode,
    studio::{SetPlan, StudioError},
};

impl Engine {
    pub(super) async fn generation_of(&self, job: &jobs::Model) -> Result<generations::Model, EngineError> {
        generations::Entity::find_by_id(&job.generation_id)
            .one(self.inner.database.read())
            .await?
            .ok_or(EngineError::Dangling { job_id: job.id, what: "generation" })
    }

    /// The set's plan: made by whoever needs it first.
    pub(super) async fn plan_of(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
    ) -> Result<Arc<SetPlan>, Failed> {
        // Neither fault goes away by itself: the posters are refunded at once.
        let lost = |what: &str| {
            tracing::error!(job = job.id, generation = generation.id, what, "a set cannot be planned from its rows");
            Failed::Final(FailureCode::Internal)
        };
        let ids: Vec<String> =
            serde_json::from_str(&generation.photo_ids).map_err(|_| lost("its list of photos does not read"))?;
        let rows = uploads::Entity::find()
            .filter(uploads::Column::Id.is_in(ids.iter().map(String::as_str)))
            .all(self.inner.database.read())
            .await?;
        let photos: Vec<uploads::Model> =
            ids.iter().filter_map(|id| rows.iter().find(|row| row.id == *id)).cloned().collect();
        if photos.len() != ids.len() {
            return Err(lost("the row of a photo is missing"));
        }
        self.inner
            .plans
            .get(generation, &photos, &self.inner.storage, &self.inner.studio)
            .await
            .map_err(|error| plan_failure(&error))
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
