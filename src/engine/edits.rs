//! How edits begin and end: one transaction each, fenced by the job's attempt, like posters.

use ::entity::{edits, enums::EditState, jobs, posters, revisions};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    sea_query::Expr,
};

use super::{
    EngineError,
    gifts::late_queue,
    revise::revision_put,
    settle::{self, NewRevision},
};
use crate::{
    domain::{FailureCode, RevisionName},
    events::{self, Fact},
    ledger::{self, Settlement, Wallet},
};

/// A worker took the edit.
///
/// # Errors
/// `Fenced`, `Dangling`, `Ledger` or a database error.
pub async fn edit_start_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    now_ms: i64,
) -> Result<edits::Model, EngineError> {
    let generation = settle::enter(txn, job).await?;
    let edit = edit_of(txn, job).await?;
    let mut started: edits::ActiveModel = edit.into();
    started.state = Set(EditState::Running);
    let edit = started.update(txn).await?;
    let wallet = ledger::wallet(txn, job.user_id).await?;
    let fact = Fact::EditStarted { poster_id: edit.poster_id, edit_id: edit.id, wallet };
    events::append_in_txn(txn, &generation.id, &fact, now_ms).await?;
    Ok(edit)
}

/// The name of the picture that this edit makes. Asked again after a crash, it is the same one, so the
/// files of the interrupted try are written over instead of being left behind.
///
/// # Errors
/// `Fenced`, `Dangling` or a database error.
pub async fn edit_name_in_txn(txn: &DatabaseTransaction, job: &jobs::Model) -> Result<RevisionName, EngineError> {
    settle::enter(txn, job).await?;
    let edit = edit_of(txn, job).await?;
    if let Some(ordinal) = edit.ordinal {
        return named(job.id, ordinal);
    }
    let name = ordinal_take_in_txn(txn, edit.poster_id).await?;
    let RevisionName::Edit(ordinal) = name else { return Ok(name) };
    let mut numbered: edits::ActiveModel = edit.into();
    numbered.ordinal = Set(Some(i64::from(ordinal)));
    numbered.update(txn).await?;
    Ok(name)
}

/// Takes the poster's next `edit{n}` for good: no two pictures ever have one name, not even when the
/// first was never finished.
///
/// # Errors
/// `Dangling` or a database error.
pub async fn ordinal_take_in_txn(txn: &DatabaseTransaction, poster_id: i64) -> Result<RevisionName, EngineError> {
    let updated = posters::Entity::update_many()
        .col_expr(posters::Column::NextEditOrdinal, Expr::col(posters::Column::NextEditOrdinal).add(1))
        .filter(posters::Column::Id.eq(poster_id))
        .exec_with_returning(txn)
        .await?;
    let poster = updated.first().ok_or(EngineError::Dangling { job_id: 0, what: "poster" })?;
    named(0, poster.next_edit_ordinal - 1)
}

fn named(job_id: i64, ordinal: i64) -> Result<RevisionName, EngineError> {
    u32::try_from(ordinal).map(RevisionName::Edit).map_err(|_| EngineError::Dangling { job_id, what: "edit number" })
}

/// The edit's picture is stored: capture the hold, record the picture, show it, tell it.
///
/// # Errors
/// `Fenced`, `Dangling`, `Ledger` or a database error.
pub async fn edit_succeed_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    revision: NewRevision,
    now_ms: i64,
) -> Result<(), EngineError> {
    let generation = settle::enter(txn, job).await?;
    let edit = edit_of(txn, job).await?;
    let poster = settle::poster_of(txn, job).await?;
    let hold_id = job.hold_id.ok_or(EngineError::Dangling { job_id: job.id, what: "hold" })?;
    settle::job_done(txn, job, now_ms).await?;
    let Settlement::Settled { amount, wallet } = ledger::capture_in_txn(txn, hold_id, now_ms).await? else {
        return Err(EngineError::Fenced(job.id));
    };
    let row = revision_put(txn, &poster, revision, Some(hold_id), now_ms).await?;
    let (poster_id, edit_id) = (poster.id, edit.id);
    let mut ended: edits::ActiveModel = edit.into();
    ended.state = Set(EditState::Succeeded);
    ended.credits_captured = Set(amount);
    ended.finished_at_ms = Set(Some(now_ms));
    ended.update(txn).await?;
    newest_shown(txn, poster_id).await?;
    let fact = Fact::EditSucceeded { poster_id, edit_id, revision_id: row.id, credits_captured: amount, wallet };
    events::append_in_txn(txn, &generation.id, &fact, now_ms).await?;
    Ok(())
}

/// Keeps what exactly could not be done, for the seller to read beside the refund.
///
/// # Errors
/// `Fenced`, `Dangling` or a database error.
pub async fn edit_refusal_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    refusal: String,
) -> Result<(), EngineError> {
    settle::enter(txn, job).await?;
    let mut refused: edits::ActiveModel = edit_of(txn, job).await?.into();
    refused.refusal = Set(Some(refusal));
    refused.update(txn).await?;
    Ok(())
}

/// The edit failed for good: release the hold and tell why.
///
/// # Errors
/// `Fenced`, `Dangling`, `Ledger` or a database error.
pub async fn edit_refund_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    failure: FailureCode,
    now_ms: i64,
) -> Result<(), EngineError> {
    settle::enter(txn, job).await?;
    let edit = edit_of(txn, job).await?;
    let hold_id = job.hold_id.ok_or(EngineError::Dangling { job_id: job.id, what: "hold" })?;
    settle::job_done(txn, job, now_ms).await?;
    let Settlement::Settled { amount, wallet } = ledger::release_in_txn(txn, hold_id, now_ms).await? else {
        return Err(EngineError::Fenced(job.id));
    };
    edit_ended_without_picture_in_txn(txn, edit.id, failure, (amount, wallet), now_ms).await?;
    Ok(late_queue(txn, job, now_ms).await?)
}

/// Writes down that an edit's credits, so many, went back, and tells it with the balance after.
pub(super) async fn edit_ended_without_picture_in_txn(
    txn: &DatabaseTransaction,
    edit_id: i64,
    failure: FailureCode,
    (credits_released, wallet): (i64, Wallet),
    now_ms: i64,
) -> Result<(), EngineError> {
    let missing = EngineError::Dangling { job_id: 0, what: "edit" };
    let edit = edits::Entity::find_by_id(edit_id).one(txn).await?.ok_or(missing)?;
    let (generation_id, poster_id) = (edit.generation_id.clone(), edit.poster_id);
    let mut ended: edits::ActiveModel = edit.into();
    ended.state = Set(EditState::Refunded);
    ended.failure_code = Set(Some(failure.code().to_owned()));
    ended.credits_released = Set(credits_released);
    ended.finished_at_ms = Set(Some(now_ms));
    ended.update(txn).await?;
    poster_changed(txn, poster_id).await?;
    let fact = Fact::EditRefunded { poster_id, edit_id, failure, credits_released, wallet };
    events::append_in_txn(txn, &generation_id, &fact, now_ms).await?;
    Ok(())
}

/// Records a stored picture that nothing is paid for, shows it and tells it. The caller has locked the
/// generation.
///
/// # Errors
/// `Dangling` or a database error.
pub async fn revision_give_in_txn(
    txn: &DatabaseTransaction,
    poster: &posters::Model,
    revision: NewRevision,
    now_ms: i64,
) -> Result<revisions::Model, EngineError> {
    let row = revision_put(txn, poster, revision, None, now_ms).await?;
    newest_shown(txn, poster.id).await?;
    let fact = Fact::RevisionAdded { poster_id: poster.id, revision_id: row.id };
    events::append_in_txn(txn, &poster.generation_id, &fact, now_ms).await?;
    Ok(row)
}

/// A poster with a new picture shows that one, whatever its seller went back to before.
async fn newest_shown(txn: &DatabaseTransaction, poster_id: i64) -> Result<(), sea_orm::DbErr> {
    posters::Entity::update_many()
        .col_expr(posters::Column::CurrentRevisionId, Expr::value(None::<i64>))
        .filter(posters::Column::Id.eq(poster_id))
        .exec(txn)
        .await?;
    poster_changed(txn, poster_id).await
}

async fn poster_changed(txn: &DatabaseTransaction, poster_id: i64) -> Result<(), sea_orm::DbErr> {
    posters::Entity::update_many()
        .col_expr(posters::Column::Version, Expr::col(posters::Column::Version).add(1))
        .filter(posters::Column::Id.eq(poster_id))
        .exec(txn)
        .await?;
    Ok(())
}

async fn edit_of(txn: &DatabaseTransaction, job: &jobs::Model) -> Result<edits::Model, EngineError> {
    let missing = EngineError::Dangling { job_id: job.id, what: "edit" };
    let Some(edit_id) = job.edit_id else { return Err(missing) };
    edits::Entity::find_by_id(edit_id).one(txn).await?.ok_or(missing)
}

/// Whether an edit of this set is queued or running.
///
/// # Errors
/// Any database error.
pub async fn edit_is_active(
    connection: &impl sea_orm::ConnectionTrait,
    generation_id: &str,
) -> Result<bool, sea_orm::DbErr> {
    let active = edits::Entity::find()
        .filter(edits::Column::GenerationId.eq(generation_id))
        .filter(edits::Column::State.is_in([EditState::Queued, EditState::Running]));
    Ok(active.one(connection).await?.is_some())
}
