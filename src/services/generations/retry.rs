//! `retryPoster`: a new hold for one poster whose credits came back.

use ::entity::{
    enums::{GenerationState, JobKind, PosterState},
    generations, holds, posters, scopes,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::{QueueOutcome, active_of};
use crate::{
    database::{Constraint, violated},
    domain::{
        Dimension,
        credits::CREDITS_PER_POSTER,
        validation::{self, Refusal},
    },
    engine::{
        queue::{NewJob, job_insert_in_txn},
        settle,
    },
    events::{Fact, Topic, append_in_txn},
    ledger::{self, HoldOutcome, HoldRequest, LedgerError, Wallet},
    services::{ApiScope, Context, FieldRefusal, ServiceError, Viewer},
};

/// What a seller asks for.
#[derive(Clone, Debug)]
pub struct RetryPoster {
    /// Kept by the client until it has an answer.
    pub idempotency_key: String,
    /// Which set.
    pub generation_id: String,
    /// Which poster of it.
    pub dimension: Dimension,
}

/// Why a try inside the transaction changed nothing.
enum Refused {
    Outcome(QueueOutcome),
    Violation,
}

/// Holds credits for the poster again and queues it under a new attempt.
///
/// # Errors
/// `Forbidden`, `IdempotencyConflict`, `Ledger` or `Database`.
pub async fn retry(context: &Context, viewer: &Viewer, input: &RetryPoster) -> Result<QueueOutcome, ServiceError> {
    viewer.require(ApiScope::GenerationsWrite)?;
    if let Err(refusal) = validation::idempotency_key(&input.idempotency_key) {
        return Ok(QueueOutcome::Invalid(vec![FieldRefusal::new("idempotencyKey", refusal)]));
    }
    let poster = scopes::posters_of(viewer.user_id, &input.generation_id)
        .filter(posters::Column::Dimension.eq(input.dimension.index()))
        .one(context.database.read())
        .await?;
    let generation = scopes::generation_of(viewer.user_id, &input.generation_id).one(context.database.read()).await?;
    let (Some(poster), Some(_)) = (poster, generation) else {
        return Ok(QueueOutcome::Invalid(vec![FieldRefusal::new("posterId", Refusal::NotFound)]));
    };
    if let Some(answer) = replay(context, viewer, input, poster.id).await? {
        return Ok(answer);
    }
    let txn = context.database.write().await?;
    match retry_in_txn(context, viewer, input, poster.id, &txn).await? {
        Ok((generation, wallet)) => {
            txn.commit().await?;
            context.doorbell.ring(&Topic::Jobs);
            context.doorbell.ring(&Topic::Generation(input.generation_id.clone()));
            context.doorbell.ring(&Topic::Wallet(viewer.user_id));
            Ok(QueueOutcome::Queued(Box::new(generation), wallet))
        }
        Err(Refused::Outcome(outcome)) => {
            txn.rollback().await?;
            // The same request may have won the race and changed what this one saw.
            Ok(replay(context, viewer, input, poster.id).await?.unwrap_or(outcome))
        }
        Err(Refused::Violation) => {
            txn.rollback().await?;
            if let Some(answer) = replay(context, viewer, input, poster.id).await? {
                return Ok(answer);
            }
            match active_of(context.database.read(), viewer.user_id).await? {
                Some(active) => Ok(QueueOutcome::InProgress(Box::new(active))),
                None => Ok(not_allowed()),
            }
        }
    }
}

fn not_allowed() -> QueueOutcome {
    QueueOutcome::Invalid(vec![FieldRefusal::new("posterId", Refusal::NotAllowed)])
}

async fn replay(
    context: &Context,
    viewer: &Viewer,
    input: &RetryPoster,
    poster_id: i64,
) -> Result<Option<QueueOutcome>, ServiceError> {
    let earlier = holds::Entity::find()
        .filter(holds::Column::UserId.eq(viewer.user_id))
        .filter(holds::Column::IdempotencyKey.eq(&input.idempotency_key))
        .one(context.database.read())
        .await?;
    let Some(hold) = earlier else { return Ok(None) };
    if hold.poster_id != poster_id {
        return Err(ServiceError::IdempotencyConflict);
    }
    let generation = generations::Entity::find_by_id(&hold.generation_id)
        .one(context.database.read())
        .await?
        .ok_or(ServiceError::NotFound)?;
    let wallet = ledger::wallet(context.database.read(), viewer.user_id).await?;
    Ok(Some(QueueOutcome::Queued(Box::new(generation), wallet)))
}

async fn retry_in_txn(
    context: &Context,
    viewer: &Viewer,
    input: &RetryPoster,
    poster_id: i64,
    txn: &DatabaseTransaction,
) -> Result<Result<(generations::Model, Wallet), Refused>, ServiceError> {
    let now_ms = context.clock.now_ms();
    let Some(generation) = settle::generation_lock(txn, &input.generation_id).await? else {
        return Err(ServiceError::NotFound);
    };
    if matches!(generation.state, GenerationState::Queued | GenerationState::Running) {
        return Ok(Err(Refused::Outcome(QueueOutcome::InProgress(Box::new(generation)))));
    }
    let poster = posters::Entity::find_by_id(poster_id).one(txn).await?.ok_or(ServiceError::NotFound)?;
    if !matches!(poster.state, PosterState::Refunded | PosterState::Canceled) {
        return Ok(Err(Refused::Outcome(not_allowed())));
    }
    let mut reopened: generations::ActiveModel = generation.clone().into();
    reopened.state = Set(GenerationState::Queued);
    reopened.finished_at_ms = Set(None);
    if let Err(error) = reopened.update(txn).await {
        return match violated(&error) {
            Some(Constraint::OneActiveGeneration) => Ok(Err(Refused::Violation)),
            _ => Err(error.into()),
        };
    }
    let attempt = poster.attempt + 1;
    let mut queued: posters::ActiveModel = poster.clone().into();
    queued.state = Set(PosterState::Queued);
    queued.attempt = Set(attempt);
    queued.failure_code = Set(None);
    queued.version = Set(poster.version + 1);
    queued.update(txn).await?;
    let request = HoldRequest {
        generation_id: generation.id.clone(),
        poster_id,
        edit_id: None,
        attempt,
        amount: CREDITS_PER_POSTER,
        idempotency_key: Some(input.idempotency_key.clone()),
    };
    let (holds, wallet) = match ledger::hold_in_txn(txn, viewer.user_id, &[request], now_ms).await {
        Ok(HoldOutcome::Held(holds, wallet)) => (holds, wallet),
        Ok(HoldOutcome::Insufficient { required, available }) => {
            return Ok(Err(Refused::Outcome(QueueOutcome::InsufficientCredits { required, available })));
        }
        Err(LedgerError::Database(error)) if violated(&error).is_some() => return Ok(Err(Refused::Violation)),
        Err(error) => return Err(error.into()),
    };
    // A cancelled set may never have been named; its posters wait for that as they did at first.
    let unnamed = generation.product_name.is_none();
    let job = |kind, poster_id, hold_id, run_after_ms| NewJob {
        kind,
        user_id: viewer.user_id,
        generation_id: generation.id.clone(),
        poster_id,
        edit_id: None,
        hold_id,
        run_after_ms,
    };
    let mut run_after_ms = now_ms;
    if unnamed {
        job_insert_in_txn(txn, job(JobKind::NameProduct, None, None, now_ms), now_ms).await?;
        run_after_ms = crate::engine::queue::GATED_MS;
    }
    for hold in &holds {
        let render = job(JobKind::RenderPoster, Some(poster_id), Some(hold.id), run_after_ms);
        job_insert_in_txn(txn, render, now_ms).await?;
    }
    append_in_txn(txn, &generation.id, &Fact::GenerationQueued { wallet }, now_ms).await?;
    let generation = generations::Entity::find_by_id(&generation.id).one(txn).await?.ok_or(ServiceError::NotFound)?;
    Ok(Ok((generation, wallet)))
}
