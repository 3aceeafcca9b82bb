//! How work ends: one transaction each, all or nothing, fenced by the job's attempt.
//!
//! Every function locks the generation's row first, then touches the job, then the user's balance:
//! one order everywhere, so two transactions never wait for each other in a circle.

use ::entity::{
    enums::{GenerationState, HoldState, JobKind, JobState, PosterState},
    generations, holds, jobs, posters,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, LockType},
};

use super::{
    EngineError, edits,
    gifts::{late_queue, late_queue_of_hold},
    hero::{gate_open, hero_done, hero_waiting, set_pin, thought_keep},
    queue,
    revise::revision_put,
};
use crate::{
    domain::{Dimension, FailureCode, RevisionName, SetStyle},
    events::{self, Fact, Summary},
    ledger::{self, Settlement},
    storage::Stored,
};

/// A stored picture, ready to be paid for.
#[derive(Clone, Debug)]
pub struct NewRevision {
    /// Which dimension.
    pub dimension: Dimension,
    /// Which picture of it.
    pub name: RevisionName,
    /// Where it is.
    pub stored: Stored,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Base64 placeholder.
    pub thumbhash: String,
    /// Who painted its backdrop.
    pub provider: String,
    /// How well it goes with the set, 0–100, where a vendor painted it.
    pub consistency_percent: Option<u8>,
    /// SHA-256 of its lossless master, hex, where one is stored.
    pub master_sha256: Option<String>,
    /// The picture that it was made from, for one that was edited.
    pub base_revision_id: Option<i64>,
    /// The edit that made it.
    pub edit_id: Option<i64>,
}

/// A poster's job that is ending, with the rows that its ending changes.
struct Ending {
    generation: generations::Model,
    poster: posters::Model,
    hold_id: i64,
}

/// Takes the job off the queue; what comes of its hold and its poster is the caller's to write.
async fn poster_end(txn: &DatabaseTransaction, job: &jobs::Model, now_ms: i64) -> Result<Ending, EngineError> {
    // What ends the job asks for the fence too, so nothing is read for it here.
    let generation = generation_lock(txn, &job.generation_id)
        .await?
        .ok_or(EngineError::Dangling { job_id: job.id, what: "generation" })?;
    let poster = poster_of(txn, job).await?;
    let hold_id = job.hold_id.ok_or(EngineError::Dangling { job_id: job.id, what: "hold" })?;
    job_done(txn, job, now_ms).await?;
    Ok(Ending { generation, poster, hold_id })
}

/// Locks the generation and makes sure that the job is still this worker's.
pub(super) async fn enter(txn: &DatabaseTransaction, job: &jobs::Model) -> Result<generations::Model, EngineError> {
    let generation = generation_lock(txn, &job.generation_id)
        .await?
        .ok_or(EngineError::Dangling { job_id: job.id, what: "generation" })?;
    if queue::is_mine(txn, job).await? { Ok(generation) } else { Err(EngineError::Fenced(job.id)) }
}

/// Reads a generation and keeps others from it until the transaction ends.
///
/// # Errors
/// Any database error.
pub async fn generation_lock(
    txn: &DatabaseTransaction,
    generation_id: &str,
) -> Result<Option<generations::Model>, sea_orm::DbErr> {
    // As for the user's row in the ledger: rows that name the generation hold a share of its key.
    generations::Entity::find_by_id(generation_id).lock(LockType::NoKeyUpdate).one(txn).await
}

/// The product has a name and the set a style; the posters may start. With `hero_first` the set's
/// first poster starts alone, because the others take their style from it.
///
/// # Errors
/// `Fenced`, `Dangling` or a database error.
pub async fn product_name_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    product_name: &str,
    style: Option<SetStyle>,
    thought: Option<String>,
    hero_first: bool,
    now_ms: i64,
) -> Result<(), EngineError> {
    let generation = enter(txn, job).await?;
    let named = generation.product_name.clone().unwrap_or_else(|| product_name.to_owned());
    let mut changed: generations::ActiveModel = generation.clone().into();
    changed.product_name = Set(Some(named.clone()));
    if let Some(style) = style {
        changed.visual = Set(Some(style.visual.code().to_owned()));
        changed.typography = Set(Some(style.typography.code().to_owned()));
        changed.layout = Set(Some(style.layout.code().to_owned()));
    }
    changed.update(txn).await?;
    generation_running(txn, &generation).await?;
    events::append_in_txn(txn, &generation.id, &Fact::ProductNamed { product_name: named }, now_ms).await?;
    thought_keep(txn, &generation.id, thought).await?;
    let first = if hero_first { hero_waiting(txn, &generation.id).await? } else { None };
    gate_open(txn, &generation.id, first, now_ms).await?;
    job_done(txn, job, now_ms).await?;
    generation_complete_if_done_in_txn(txn, &generation.id, now_ms).await
}

/// The poster's picture is stored: capture the hold, record the picture, tell it.
///
/// # Errors
/// `Fenced`, `Dangling`, `Ledger` or a database error.
pub async fn poster_succeed_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    revision: NewRevision,
    now_ms: i64,
) -> Result<(), EngineError> {
    let Ending { generation, poster, hold_id } = poster_end(txn, job, now_ms).await?;
    let Settlement::Settled { amount, wallet } = ledger::capture_in_txn(txn, hold_id, now_ms).await? else {
        return Err(EngineError::Fenced(job.id));
    };
    set_pin(txn, &generation.id, &revision.provider).await?;
    let row = revision_put(txn, &poster, revision, Some(hold_id), now_ms).await?;
    poster_ended(txn, poster.id, Outcome::made(amount)).await?;
    hero_done(txn, &poster, now_ms).await?;
    let fact = Fact::PosterSucceeded { poster_id: poster.id, revision_id: row.id, credits_captured: amount, wallet };
    events::append_in_txn(txn, &generation.id, &fact, now_ms).await?;
    generation_complete_if_done_in_txn(txn, &generation.id, now_ms).await
}

/// The poster failed for good: release the hold and tell why. A `gift`, already stored, stands beside
/// the refund and costs nothing.
///
/// # Errors
/// `Fenced`, `Dangling`, `Ledger` or a database error.
pub async fn poster_refund_in_txn(
    txn: &DatabaseTransaction,
    job: &jobs::Model,
    failure: FailureCode,
    gift: Option<NewRevision>,
    now_ms: i64,
) -> Result<(), EngineError> {
    let Ending { generation, poster, hold_id } = poster_end(txn, job, now_ms).await?;
    if let Some(gift) = gift {
        revision_put(txn, &poster, gift, None, now_ms).await?;
    }
    let Settlement::Settled { amount, wallet } = ledger::release_in_txn(txn, hold_id, now_ms).await? else {
        return Err(EngineError::Fenced(job.id));
    };
    poster_ended(txn, poster.id, Outcome::refunded(failure, amount)).await?;
    let fact = Fact::PosterRefunded { poster_id: poster.id, failure, credits_released: amount, wallet };
    events::append_in_txn(txn, &generation.id, &fact, now_ms).await?;
    hero_done(txn, &poster, now_ms).await?;
    late_queue(txn, job, now_ms).await?;
    generation_complete_if_done_in_txn(txn, &generation.id, now_ms).await
}

/// Takes back every poster of a generation that nobody has started; what runs may finish. The
/// caller has locked the generation and completes it afterwards. Returns how many were taken back.
///
/// # Errors
/// `Dangling`, `Ledger` or a database error.
pub async fn posters_cancel_in_txn(
    txn: &DatabaseTransaction,
    generation_id: &str,
    now_ms: i64,
) -> Result<usize, EngineError> {
    let waiting = jobs::Entity::find()
        .filter(jobs::Column::GenerationId.eq(generation_id))
        .filter(jobs::Column::State.eq(JobState::Queued))
        .filter(jobs::Column::EditId.is_null())
        .filter(jobs::Column::Kind.ne(JobKind::CollectLate))
        .lock_exclusive()
        .all(txn)
        .await?;
    let mut canceled = 0;
    for job in &waiting {
        let (Some(poster_id), Some(hold_id)) = (job.poster_id, job.hold_id) else { continue };
        job_cancel(txn, job.id, now_ms).await?;
        let Settlement::Settled { amount, wallet } = ledger::release_in_txn(txn, hold_id, now_ms).await? else {
            return Err(EngineError::Dangling { job_id: job.id, what: "open hold" });
        };
        poster_ended(txn, poster_id, Outcome::canceled(amount)).await?;
        let fact = Fact::PosterCanceled { poster_id, credits_released: amount, wallet };
        events::append_in_txn(txn, generation_id, &fact, now_ms).await?;
        // A try that was cut off may still be worked on somewhere: that is called off.
        late_queue(txn, job, now_ms).await?;
        canceled += 1;
    }
    if active_posters(txn, generation_id).await? == 0 {
        // Nothing is left to be named for.
        for job in waiting.iter().filter(|job| job.poster_id.is_none()) {
            job_cancel(txn, job.id, now_ms).await?;
        }
    }
    Ok(canceled)
}

/// Completes the generation when nothing of it is active any more, with its totals.
///
/// # Errors
/// `Ledger` or a database error.
pub async fn generation_complete_if_done_in_txn(
    txn: &DatabaseTransaction,
    generation_id: &str,
    now_ms: i64,
) -> Result<(), EngineError> {
    let live = jobs::Entity::find()
        .filter(jobs::Column::GenerationId.eq(generation_id))
        .filter(jobs::Column::EditId.is_null())
        .filter(jobs::Column::Kind.ne(JobKind::CollectLate))
        .filter(jobs::Column::State.is_in([JobState::Queued, JobState::Running]))
        .count(txn)
        .await?;
    if live > 0 {
        return Ok(());
    }
    let posters = posters::Entity::find().filter(posters::Column::GenerationId.eq(generation_id)).all(txn).await?;
    let summary = summarise(&posters);
    let state = if summary.canceled == summary.total { GenerationState::Canceled } else { GenerationState::Completed };
    let completed = generations::Entity::update_many()
        .col_expr(generations::Column::State, Expr::value(state))
        .col_expr(generations::Column::FinishedAtMs, Expr::value(now_ms))
        .filter(generations::Column::Id.eq(generation_id))
        .filter(generations::Column::State.is_in([GenerationState::Queued, GenerationState::Running]))
        .exec_with_returning(txn)
        .await?;
    if let Some(generation) = completed.first() {
        let wallet = ledger::wallet(txn, generation.user_id).await?;
        events::append_in_txn(txn, generation_id, &Fact::GenerationCompleted { summary, wallet }, now_ms).await?;
    }
    Ok(())
}

/// The totals of a set.
pub fn summarise(posters: &[posters::Model]) -> Summary {
    let count = |state| posters.iter().filter(|poster| poster.state == state).count() as i64;
    Summary {
        total: posters.len() as i64,
        succeeded: count(PosterState::Succeeded),
        refunded: count(PosterState::Refunded),
        canceled: count(PosterState::Canceled),
        credits_captured: posters.iter().map(|poster| poster.credits_captured).sum(),
        credits_released: posters.iter().map(|poster| poster.credits_released).sum(),
    }
}

/// Open holds that no live job stands behind: impossible by construction, so each is a defect that
/// the sweeper reports and heals.
pub(super) async fn orphaned_holds(
    connection: &impl sea_orm::ConnectionTrait,
) -> Result<Vec<holds::Model>, sea_orm::DbErr> {
    let live = jobs::Entity::find()
        .select_only()
        .column(jobs::Column::HoldId)
        .filter(jobs::Column::HoldId.is_not_null())
        .filter(jobs::Column::State.is_in([JobState::Queued, JobState::Running]));
    holds::Entity::find()
        .filter(holds::Column::State.eq(HoldState::Open))
        .filter(holds::Column::Id.not_in_subquery(sea_orm::QueryTrait::into_query(live)))
        .all(connection)
        .await
}

/// Gives an orphaned hold back and ends its poster.
pub(super) async fn orphan_release_in_txn(
    txn: &DatabaseTransaction,
    hold: &holds::Model,
    now_ms: i64,
) -> Result<(), EngineError> {
    generation_lock(txn, &hold.generation_id).await?;
    let Settlement::Settled { amount, wallet } = ledger::release_in_txn(txn, hold.id, now_ms).await? else {
        return Ok(());
    };
    let failure = FailureCode::Interrupted;
    if let Some(edit_id) = hold.edit_id {
        edits::edit_ended_without_picture_in_txn(txn, edit_id, failure, (amount, wallet), now_ms).await?;
        return Ok(late_queue_of_hold(txn, hold, now_ms).await?);
    }
    let poster = posters::Entity::find_by_id(hold.poster_id).one(txn).await?;
    if let Some(poster) = poster {
        poster_ended(txn, poster.id, Outcome::refunded(failure, amount)).await?;
        // Others may wait for this one, and nobody else would tell them.
        hero_done(txn, &poster, now_ms).await?;
    }
    let fact = Fact::PosterRefunded { poster_id: hold.poster_id, failure, credits_released: amount, wallet };
    events::append_in_txn(txn, &hold.generation_id, &fact, now_ms).await?;
    late_queue_of_hold(txn, hold, now_ms).await?;
    generation_complete_if_done_in_txn(txn, &hold.generation_id, now_ms).await
}

pub(super) async fn poster_of(txn: &DatabaseTransaction, job: &jobs::Model) -> Result<posters::Model, EngineError> {
    let missing = EngineError::Dangling { job_id: job.id, what: "poster" };
    let Some(poster_id) = job.poster_id else { return Err(missing) };
    posters::Entity::find_by_id(poster_id).one(txn).await?.ok_or(missing)
}

/// What became of a poster and of its credits.
struct Outcome {
    state: PosterState,
    failure: Option<FailureCode>,
    captured: i64,
    released: i64,
}

impl Outcome {
    const fn made(captured: i64) -> Self {
        Self { state: PosterState::Succeeded, failure: None, captured, released: 0 }
    }

    const fn refunded(failure: FailureCode, released: i64) -> Self {
        Self { state: PosterState::Refunded, failure: Some(failure), captured: 0, released }
    }

    const fn canceled(released: i64) -> Self {
        Self { state: PosterState::Canceled, failure: None, captured: 0, released }
    }
}

async fn poster_ended(txn: &DatabaseTransaction, poster_id: i64, outcome: Outcome) -> Result<(), sea_orm::DbErr> {
    let failure = outcome.failure.map(|code| code.code().to_owned());
    posters::Entity::update_many()
        .col_expr(posters::Column::State, Expr::value(outcome.state))
        .col_expr(posters::Column::FailureCode, Expr::value(failure))
        .col_expr(posters::Column::CreditsCaptured, Expr::col(posters::Column::CreditsCaptured).add(outcome.captured))
        .col_expr(posters::Column::CreditsReleased, Expr::col(posters::Column::CreditsReleased).add(outcome.released))
        .col_expr(posters::Column::Version, Expr::col(posters::Column::Version).add(1))
        .filter(posters::Column::Id.eq(poster_id))
        .exec(txn)
        .await?;
    Ok(())
}

pub(super) async fn generation_running(
    txn: &DatabaseTransaction,
    generation: &generations::Model,
) -> Result<(), sea_orm::DbErr> {
    if generation.state == GenerationState::Queued {
        generations::Entity::update_many()
            .col_expr(generations::Column::State, Expr::value(GenerationState::Running))
            .filter(generations::Column::Id.eq(&generation.id))
            .exec(txn)
            .await?;
    }
    Ok(())
}

async fn active_posters(txn: &DatabaseTransaction, generation_id: &str) -> Result<u64, sea_orm::DbErr> {
    posters::Entity::find()
        .filter(posters::Column::GenerationId.eq(generation_id))
        .filter(posters::Column::State.is_in([PosterState::Queued, PosterState::Running]))
        .count(txn)
        .await
}

pub(super) async fn job_done(txn: &DatabaseTransaction, job: &jobs::Model, now_ms: i64) -> Result<(), EngineError> {
    let changed = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobState::Done))
        .col_expr(jobs::Column::FinishedAtMs, Expr::value(now_ms))
        .col_expr(jobs::Column::LeaseUntilMs, Expr::value(None::<i64>))
        .filter(queue::mine(job))
        .exec(txn)
        .await?;
    if changed.rows_affected == 1 { Ok(()) } else { Err(EngineError::Fenced(job.id)) }
}

async fn job_cancel(txn: &DatabaseTransaction, job_id: i64, now_ms: i64) -> Result<(), sea_orm::DbErr> {
    jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobState::Canceled))
        .col_expr(jobs::Column::FinishedAtMs, Expr::value(now_ms))
        .filter(jobs::Column::Id.eq(job_id))
        .exec(txn)
        .await?;
    Ok(())
}
