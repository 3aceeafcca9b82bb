//! What each kind of job does.

mod name_product;
mod render_poster;

use ::entity::{generations, jobs, posters, uploads};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::sync::Arc;

use super::{
    Engine, EngineError, Inner, hero,
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
        let photos = self.photos_of(job, generation).await?;
        let kept = hero::set_plan(self.inner.database.read(), &generation.id).await?.and_then(|kept| kept.thought);
        let thought = kept.and_then(|thought| match serde_json::from_str::<Thought>(&thought) {
            Ok(thought) => Some(thought),
            Err(error) => {
                tracing::error!(%error, generation = generation.id, "a kept thought does not read; the rules think again");
                None
            }
        });
        let Inner { plans, storage, studio, .. } = &*self.inner;
        plans.get(generation, &photos, thought, storage, studio).await.map_err(|error| plan_failure(&error))
    }

    /// The set's plan, thought about with the text models; and the thought, to be kept.
    pub(super) async fn think_of(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
    ) -> Result<(Arc<SetPlan>, Thought), Failed> {
        let photos = self.photos_of(job, generation).await?;
        let brief =
            plans::brief(generation, &photos, &self.inner.storage).await.map_err(|error| plan_failure(&error))?;
        let ordered = posters::Entity::find()
            .filter(posters::Column::GenerationId.eq(&generation.id))
            .all(self.inner.database.read())
            .await?;
        let dimensions: Vec<_> = ordered.iter().filter_map(|poster| Dimension::from_index(poster.dimension)).collect();
        let log = self.attempts_of(job);
        let thinking = self.inner.studio.think_and_plan(&brief, &dimensions, &*log);
        let (thought, plan) = thinking.await.map_err(|error| studio_failure(&error))?;
        Ok((self.inner.plans.keep(generation, plan).await, thought))
    }

    /// The rows of the set's photos, in its order.
    async fn photos_of(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
    ) -> Result<Vec<uploads::Model>, Failed> {
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
        if photos.len() == ids.len() { Ok(photos) } else { Err(lost("the row of a photo is missing")) }
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
