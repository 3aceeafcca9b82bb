//! The queue: rows of `jobs`, claimed under leases.

use ::entity::{
    enums::{JobKind, JobState},
    jobs,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
    sea_query::{Expr, LockBehavior, LockType},
};

use crate::database::Database;

/// `run_after_ms` of a poster's job until its product is named: the job exists, with its hold, but
/// nobody claims it yet.
pub const GATED_MS: i64 = i64::MAX;

/// One job to queue.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// What to do.
    pub kind: JobKind,
    /// For whom.
    pub user_id: i64,
    /// Of which set.
    pub generation_id: String,
    /// Which poster.
    pub poster_id: Option<i64>,
    /// Which edit.
    pub edit_id: Option<i64>,
    /// What pays for it.
    pub hold_id: Option<i64>,
    /// Not before, in milliseconds since the epoch.
    pub run_after_ms: i64,
}

/// Queues a job in the caller's transaction: it exists exactly when the money is held.
///
/// # Errors
/// Any database error; a second live job for one hold violates a unique index.
pub async fn job_insert_in_txn(txn: &DatabaseTransaction, job: NewJob, now_ms: i64) -> Result<jobs::Model, DbErr> {
    jobs::ActiveModel {
        id: NotSet,
        kind: Set(job.kind),
        user_id: Set(job.user_id),
        generation_id: Set(job.generation_id),
        poster_id: Set(job.poster_id),
        edit_id: Set(job.edit_id),
        hold_id: Set(job.hold_id),
        state: Set(JobState::Queued),
        attempt: Set(0),
        failures: Set(0),
        interruptions: Set(0),
        run_after_ms: Set(job.run_after_ms),
        lease_owner: Set(None),
        lease_until_ms: Set(None),
        created_at_ms: Set(now_ms),
        finished_at_ms: Set(None),
    }
    .insert(txn)
    .await
}

/// Due jobs whose turns are worked out; of a longer queue only those that have waited longest.
const TURNS_AMONG: i64 = 256;
/// By how much each piece of work that a seller has due or under way puts his next one back.
const TURN_MS: i64 = 60_000;
/// Candidates beyond those that are wanted, because other nodes may be quicker.
const SPARE: i64 = 16;

/// Due jobs in the order of their turns: a job counts as if it had come a minute later for each piece of
/// work that its seller has due or under way. So one poster, a name or an edit passes a set of ten that came
/// nine minutes before it; of equal sets the older is finished first, which is sooner for both together than
/// a poster each in turn; and nobody is passed for ever.
async fn turns(connection: &impl ConnectionTrait, most: usize, now_ms: i64) -> Result<Vec<i64>, DbErr> {
    let ranked = "SELECT id FROM (\
        SELECT due.id, due.run_after_ms, due.run_after_ms \
            + $1 * (COUNT(*) OVER (PARTITION BY due.user_id) + COALESCE(busy.jobs, 0)) AS turn \
        FROM (SELECT id, user_id, run_after_ms FROM jobs WHERE state = 'queued' AND run_after_ms <= $2 \
            ORDER BY run_after_ms, id LIMIT $3) AS due \
        LEFT JOIN (SELECT user_id, COUNT(*) AS jobs FROM jobs WHERE state = 'running' GROUP BY user_id) AS busy \
            ON busy.user_id = due.user_id\
        ) AS ranked ORDER BY turn, run_after_ms, id LIMIT $4";
    let values = [TURN_MS.into(), now_ms.into(), TURNS_AMONG.into(), (most as i64 + SPARE).into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), ranked, values);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Claims so many due jobs, whose turn it is first, or as many as there are.
///
/// The look before the transaction keeps idle workers from taking SQLite's one writer; on
/// PostgreSQL `SKIP LOCKED` lets claims pass each other. Only the jobs' rows are touched here: a
/// generation's row is locked later, in a transaction of its own, so that locks are always taken
/// in the order generation, job, user.
///
/// # Errors
/// Any database error.
pub async fn jobs_claim(
    database: &Database,
    node: &str,
    most: usize,
    lease_ms: i64,
    now_ms: i64,
) -> Result<Vec<jobs::Model>, DbErr> {
    let turns = turns(database.read(), most, now_ms).await?;
    if turns.is_empty() {
        return Ok(Vec::new());
    }
    let turn_of = |id: i64| turns.iter().position(|turn| *turn == id);
    let txn = database.write().await?;
    let mut found = jobs::Entity::find()
        .filter(jobs::Column::Id.is_in(turns.iter().copied()))
        .filter(jobs::Column::State.eq(JobState::Queued))
        .filter(jobs::Column::RunAfterMs.lte(now_ms))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .all(&txn)
        .await?;
    if found.is_empty() {
        return Ok(found);
    }
    found.sort_by_key(|job| turn_of(job.id));
    found.truncate(most);
    let mut claimed = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobState::Running))
        .col_expr(jobs::Column::Attempt, Expr::col(jobs::Column::Attempt).add(1))
        .col_expr(jobs::Column::LeaseOwner, Expr::value(node))
        .col_expr(jobs::Column::LeaseUntilMs, Expr::value(now_ms + lease_ms))
        .filter(jobs::Column::Id.is_in(found.iter().map(|job| job.id)))
        .exec_with_returning(&txn)
        .await?;
    txn.commit().await?;
    // Rows that an update returns come in no order.
    claimed.sort_by_key(|job| turn_of(job.id));
    Ok(claimed)
}

/// When the next queued job is due, in milliseconds since the epoch; gated jobs are not.
///
/// # Errors
/// Any database error.
pub async fn next_due_ms(database: &Database) -> Result<Option<i64>, DbErr> {
    let next = jobs::Entity::find()
        .filter(jobs::Column::State.eq(JobState::Queued))
        .filter(jobs::Column::RunAfterMs.lt(GATED_MS))
        .order_by_asc(jobs::Column::RunAfterMs)
        .one(database.read())
        .await?;
    Ok(next.map(|job| job.run_after_ms))
}

/// Extends the lease; `false` means that the job is somebody else's by now.
///
/// # Errors
/// Any database error.
pub async fn lease_extend(database: &Database, job: &jobs::Model, until_ms: i64) -> Result<bool, DbErr> {
    let txn = database.write().await?;
    let changed = jobs::Entity::update_many()
        .col_expr(jobs::Column::LeaseUntilMs, Expr::value(until_ms))
        .filter(mine(job))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(changed.rows_affected == 1)
}

/// Goes back into the queue after a try that failed by itself, to be tried again later.
///
/// # Errors
/// Any database error.
pub async fn job_retry_later(database: &Database, job: &jobs::Model, run_after_ms: i64) -> Result<bool, DbErr> {
    requeue(database, job, run_after_ms, true).await
}

/// Goes back into the queue untried: the process is stopping.
///
/// # Errors
/// Any database error.
pub async fn job_give_back(database: &Database, job: &jobs::Model, now_ms: i64) -> Result<bool, DbErr> {
    requeue(database, job, now_ms, false).await
}

async fn requeue(database: &Database, job: &jobs::Model, run_after_ms: i64, failed: bool) -> Result<bool, DbErr> {
    let txn = database.write().await?;
    let changed = jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobState::Queued))
        .col_expr(jobs::Column::RunAfterMs, Expr::value(run_after_ms))
        .col_expr(jobs::Column::Failures, Expr::col(jobs::Column::Failures).add(i64::from(failed)))
        .col_expr(jobs::Column::LeaseOwner, Expr::value(None::<String>))
        .col_expr(jobs::Column::LeaseUntilMs, Expr::value(None::<i64>))
        .filter(mine(job))
        .exec(&txn)
        .await?;
    txn.commit().await?;
    Ok(changed.rows_affected == 1)
}

/// Voids the leases of one owner (or of everybody, when there can be no other node) and counts the
/// interruption.
///
/// # Errors
/// Any database error.
pub async fn leases_void(database: &Database, owner: Option<&str>, now_ms: i64) -> Result<u64, DbErr> {
    let mut update = interrupted(now_ms);
    if let Some(owner) = owner {
        update = update.filter(jobs::Column::LeaseOwner.eq(owner));
    }
    let txn = database.write().await?;
    let changed = update.exec(&txn).await?;
    txn.commit().await?;
    Ok(changed.rows_affected)
}

/// Puts jobs whose lease ran out back into the queue and counts the interruption.
///
/// # Errors
/// Any database error.
pub async fn leases_expire(database: &Database, now_ms: i64) -> Result<u64, DbErr> {
    let expired = jobs::Entity::find()
        .filter(jobs::Column::State.eq(JobState::Running))
        .filter(jobs::Column::LeaseUntilMs.lt(now_ms))
        .one(database.read())
        .await?;
    if expired.is_none() {
        return Ok(0);
    }
    let txn = database.write().await?;
    let changed = interrupted(now_ms).filter(jobs::Column::LeaseUntilMs.lt(now_ms)).exec(&txn).await?;
    txn.commit().await?;
    Ok(changed.rows_affected)
}

fn interrupted(now_ms: i64) -> sea_orm::UpdateMany<jobs::Entity> {
    jobs::Entity::update_many()
        .col_expr(jobs::Column::State, Expr::value(JobState::Queued))
        .col_expr(jobs::Column::RunAfterMs, Expr::value(now_ms))
        .col_expr(jobs::Column::Interruptions, Expr::col(jobs::Column::Interruptions).add(1))
        .col_expr(jobs::Column::LeaseOwner, Expr::value(None::<String>))
        .col_expr(jobs::Column::LeaseUntilMs, Expr::value(None::<i64>))
        .filter(jobs::Column::State.eq(JobState::Running))
}

/// The fence: this job, still running, still under the attempt that claimed it.
pub(super) fn mine(job: &jobs::Model) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(jobs::Column::Id.eq(job.id))
        .add(jobs::Column::Attempt.eq(job.attempt))
        .add(jobs::Column::State.eq(JobState::Running))
}

/// Whether the job is still this worker's, seen inside a transaction.
pub(super) async fn is_mine(connection: &impl ConnectionTrait, job: &jobs::Model) -> Result<bool, DbErr> {
    Ok(jobs::Entity::find().filter(mine(job)).one(connection).await?.is_some())
}
