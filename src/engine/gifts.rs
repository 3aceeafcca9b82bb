//! Pictures that cost nothing: one that came after its refund, and the built-in one beside a refund.
//!
//! A refunded poster may carry a picture; its credits are back all the same. So a vendor's late
//! answer is never thrown away and never charged for.

use std::collections::VecDeque;

use ::entity::{
    edits,
    enums::{EditState, JobKind, PosterState},
    generations, holds, jobs, posters, provider_attempts,
};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};

use super::{
    Engine, EngineError,
    attempts::OPEN,
    edits::revision_give_in_txn,
    queue::{self, NewJob, job_insert_in_txn},
    settle::{self, NewRevision},
    worker::Failed,
};
use crate::{
    domain::{Dimension, FailureCode},
    events::Topic,
    providers::OpenAttempt,
    studio::{Commission, StudioError},
};

/// Pause between enquiries.
const ASK_EVERY_MS: i64 = 20_000;
/// How long after its call a picture is still waited for: vendors keep results for an hour or more.
const WAIT_MAX_MS: i64 = 3_600_000;

/// Queues the enquiry for a picture that may still come, in the transaction of the refund.
pub(super) async fn late_queue(txn: &DatabaseTransaction, job: &jobs::Model, now_ms: i64) -> Result<(), DbErr> {
    let Some(hold_id) = job.hold_id else { return Ok(()) };
    let picture = (job.user_id, job.generation_id.clone(), job.poster_id, job.edit_id);
    late_queue_for(txn, hold_id, picture, now_ms).await
}

/// The same for a hold whose job is gone.
pub(super) async fn late_queue_of_hold(
    txn: &DatabaseTransaction,
    hold: &holds::Model,
    now_ms: i64,
) -> Result<(), DbErr> {
    let picture = (hold.user_id, hold.generation_id.clone(), Some(hold.poster_id), hold.edit_id);
    late_queue_for(txn, hold.id, picture, now_ms).await
}

async fn late_queue_for(
    txn: &DatabaseTransaction,
    hold_id: i64,
    (user_id, generation_id, poster_id, edit_id): (i64, String, Option<i64>, Option<i64>),
    now_ms: i64,
) -> Result<(), DbErr> {
    let open = provider_attempts::Entity::find()
        .filter(provider_attempts::Column::HoldId.eq(hold_id))
        .filter(provider_attempts::Column::Outcome.eq(OPEN))
        .filter(provider_attempts::Column::Reference.is_not_null())
        .one(txn)
        .await?;
    if open.is_none() {
        return Ok(());
    }
    let late = NewJob {
        kind: JobKind::CollectLate,
        user_id,
        generation_id,
        poster_id,
        edit_id,
        hold_id: Some(hold_id),
        run_after_ms: now_ms + ASK_EVERY_MS,
    };
    job_insert_in_txn(txn, late, now_ms).await?;
    Ok(())
}

impl Engine {
    /// Asks once whether a late picture is there, and gives it.
    pub(super) async fn collect_late(&self, job: &jobs::Model) -> Result<(), Failed> {
        let log = self.attempts_of(job);
        let open = log.open().await.map_err(|error| {
            tracing::warn!(%error, job = job.id, "the record of calls could not be read");
            Failed::Retryable(FailureCode::Internal)
        })?;
        let mut followed: VecDeque<OpenAttempt> = open.into_iter().filter(|open| open.reference.is_some()).collect();
        let generation = self.generation_of(job).await?;
        let is_wanted = generation.deleted_at_ms.is_none() && self.is_refunded(job).await?;
        if !is_wanted || self.inner.clock.now_ms() - job.created_at_ms > WAIT_MAX_MS {
            for open in &followed {
                self.inner.studio.give_up(open, &*log).await;
            }
            return Ok(self.late_end(job).await?);
        }
        let Some(open) = followed.pop_front() else { return Ok(self.late_end(job).await?) };
        let made = match job.edit_id {
            // Boxed, they do not make every worker's future larger.
            Some(edit_id) => Box::pin(self.late_edit(job, edit_id, &generation, open)).await?,
            None => Box::pin(self.late_poster(job, &generation, open)).await?,
        };
        match made {
            Ok(gift) => {
                self.give(job, gift).await?;
                tracing::info!(job = job.id, generation = job.generation_id, "a late picture was given for nothing");
                Ok(())
            }
            Err(StudioError::NotYet) => {
                let again_ms = self.inner.clock.now_ms() + ASK_EVERY_MS;
                queue::job_give_back(&self.inner.database, job, again_ms).await?;
                Ok(())
            }
            Err(error) => {
                tracing::info!(%error, job = job.id, "a late picture did not come");
                if followed.is_empty() {
                    return Ok(self.late_end(job).await?);
                }
                // Another vendor still works on it.
                let again_ms = self.inner.clock.now_ms() + ASK_EVERY_MS;
                queue::job_give_back(&self.inner.database, job, again_ms).await?;
                Ok(())
            }
        }
    }

    /// Whether a free picture may be stored now: not over the files of whoever makes the poster by now.
    async fn may_give(&self, job: &jobs::Model) -> Result<bool, EngineError> {
        let is_mine = queue::is_mine(self.inner.database.read(), job).await?;
        Ok(is_mine && (job.kind != JobKind::CollectLate || self.is_refunded(job).await?))
    }

    /// Whether what the enquiry is for was refunded and nothing took its place.
    async fn is_refunded(&self, job: &jobs::Model) -> Result<bool, EngineError> {
        let Some(edit_id) = job.edit_id else { return Ok(self.poster_of(job).await?.state == PosterState::Refunded) };
        let edit = edits::Entity::find_by_id(edit_id).one(self.inner.database.read()).await?;
        Ok(edit.is_some_and(|edit| edit.state == EditState::Refunded))
    }

    async fn late_poster(
        &self,
        job: &jobs::Model,
        generation: &generations::Model,
        open: OpenAttempt,
    ) -> Result<Result<NewRevision, StudioError>, Failed> {
        let dimension = dimension_of(job, &self.poster_of(job).await?)?;
        let plan = self.plan_of(job, generation).await?;
        let commission = Commission { late: Some(open), ..self.commission(job, generation, dimension).await? };
        match self.inner.studio.paint_for(&plan, dimension, &commission, &|_stage| {}).await {
            Ok(painted) if self.may_give(job).await? => Ok(Ok(self.store_revision(job, dimension, painted).await?)),
            Ok(_) => Err(EngineError::Fenced(job.id).into()),
            Err(error) => Ok(Err(error)),
        }
    }

    async fn late_edit(
        &self,
        job: &jobs::Model,
        edit_id: i64,
        generation: &generations::Model,
        open: OpenAttempt,
    ) -> Result<Result<NewRevision, StudioError>, Failed> {
        let edit = edits::Entity::find_by_id(edit_id).one(self.inner.database.read()).await;
        let missing = EngineError::Dangling { job_id: job.id, what: "edit" };
        let edit = edit.map_err(EngineError::from)?.ok_or(missing)?;
        let asked = self.asked_of(&edit, generation).await?;
        let commission =
            Commission { late: Some(open), ..self.commission(job, generation, asked.base.dimension).await? };
        match asked.edited(&self.inner.studio, &commission).await {
            Ok(edited) => {
                let name = self.name_edit(job).await?;
                Ok(Ok(self.store_edit(job, &edit, &asked.base, name, edited.named(name)).await?))
            }
            Err(error) => Ok(Err(error)),
        }
    }

    /// Records the gift, unless the poster is being made anew by now.
    async fn give(&self, job: &jobs::Model, gift: NewRevision) -> Result<(), EngineError> {
        let now_ms = self.inner.clock.now_ms();
        let txn = self.inner.database.write().await?;
        settle::generation_lock(&txn, &job.generation_id).await?;
        let poster = settle::poster_of(&txn, job).await?;
        settle::job_done(&txn, job, now_ms).await?;
        // A refunded edit is never tried again: another one is another edit.
        if job.edit_id.is_some() || poster.state == PosterState::Refunded {
            revision_give_in_txn(&txn, &poster, gift, now_ms).await?;
        }
        txn.commit().await?;
        self.ring(&Topic::Generation(job.generation_id.clone()));
        Ok(())
    }

    /// Ends the enquiry; nothing depends on it.
    pub(super) async fn late_end(&self, job: &jobs::Model) -> Result<(), EngineError> {
        let txn = self.inner.database.write().await?;
        settle::job_done(&txn, job, self.inner.clock.now_ms()).await?;
        txn.commit().await?;
        Ok(())
    }

    /// The built-in picture beside a refund, where the operator wants that. It is a courtesy: whatever
    /// goes wrong with it, the refund is not delayed.
    pub(super) async fn fallback(&self, job: &jobs::Model, failure: FailureCode) -> Option<NewRevision> {
        if !self.inner.options.fallback_to_builtin || !is_vendors_fault(failure) {
            return None;
        }
        match self.fallback_painted(job).await {
            Ok(gift) => Some(gift),
            Err(error) => {
                tracing::warn!(?error, job = job.id, "no built-in picture could be given beside the refund");
                None
            }
        }
    }

    async fn fallback_painted(&self, job: &jobs::Model) -> Result<NewRevision, Failed> {
        let generation = self.generation_of(job).await?;
        let poster = self.poster_of(job).await?;
        let dimension = dimension_of(job, &poster)?;
        let plan = self.plan_of(job, &generation).await?;
        let painted = self.inner.studio.paint_builtin(&plan, dimension).await.map_err(|error| {
            tracing::warn!(%error, job = job.id, "the built-in picture could not be painted");
            Failed::Final(error.failure_code())
        })?;
        if !self.may_give(job).await? {
            return Err(EngineError::Fenced(job.id).into());
        }
        self.store_revision(job, dimension, painted).await
    }
}

const fn is_vendors_fault(failure: FailureCode) -> bool {
    matches!(
        failure,
        FailureCode::ProviderTimeout
            | FailureCode::ProviderUnavailable
            | FailureCode::ProviderQuota
            | FailureCode::BadOutput
            | FailureCode::ProductNotPreserved
    )
}

/// Which poster a job is for.
pub(super) fn dimension_of(job: &jobs::Model, poster: &posters::Model) -> Result<Dimension, EngineError> {
    Dimension::from_index(poster.dimension).ok_or(EngineError::Dangling { job_id: job.id, what: "dimension" })
}
