//! The record of calls to vendors, in rows that outlive the process.

use ::entity::{jobs, provider_attempts};
use async_trait::async_trait;
use futures_util::FutureExt as _;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use std::sync::Arc;

use super::{
    Engine, Inner,
    together::{Together, Writers, cut_off},
};
use crate::{
    clock::Clock,
    database::Database,
    providers::{AttemptEnd, AttemptLog, AttemptLogError, AttemptStart, OpenAttempt, image::Purpose},
};

/// `outcome` of a call that has not ended.
pub(super) const OPEN: &str = "open";
/// `outcome` of a call that gave what was asked for.
const OK: &str = "ok";

/// The calls made for one job, or for one hold where the job has one: a job that is queued again for
/// the same hold goes on where the last one stopped.
pub(super) struct JobAttempts {
    database: Database,
    clock: Arc<dyn Clock>,
    calls: Arc<Together<CallWrite, Written>>,
    job_id: i64,
    hold_id: Option<i64>,
    generation_id: String,
}

impl JobAttempts {
    pub(super) fn new(engine: &Engine, job: &jobs::Model) -> Self {
        let Inner { database, clock, calls, .. } = &*engine.inner;
        let (database, clock, calls) = (database.clone(), Arc::clone(clock), Arc::clone(calls));
        let generation_id = job.generation_id.clone();
        Self { database, clock, calls, job_id: job.id, hold_id: job.hold_id, generation_id }
    }

    /// Of pictures only: what text models were asked beside them is neither followed up nor counted as a try.
    fn pictures(&self) -> Condition {
        let purposes = Purpose::ALL.map(Purpose::code);
        self.mine().add(provider_attempts::Column::Purpose.is_in(purposes))
    }

    fn mine(&self) -> Condition {
        match self.hold_id {
            Some(hold_id) => Condition::all().add(provider_attempts::Column::HoldId.eq(hold_id)),
            None => Condition::all().add(provider_attempts::Column::JobId.eq(self.job_id)),
        }
    }

    async fn sum(&self, of: Condition) -> Result<i64, AttemptLogError> {
        let sum: Option<Option<i64>> = provider_attempts::Entity::find()
            .select_only()
            .expr(Expr::cust("CAST(SUM(cost_microusd) AS BIGINT)"))
            .filter(of)
            .into_tuple()
            .one(self.database.read())
            .await
            .map_err(failed)?;
        Ok(sum.flatten().unwrap_or(0))
    }

    async fn write(&self, write: CallWrite) -> Written {
        self.calls.ask(write).await.unwrap_or_else(|| Err(failed(cut_off())))
    }

    async fn update(
        &self,
        attempt: i64,
        columns: impl IntoIterator<Item = (provider_attempts::Column, Expr)> + Send,
    ) -> Result<(), AttemptLogError> {
        let columns = columns.into_iter().collect();
        self.write(CallWrite::Update { attempt, columns }).await.map(|_| ())
    }
}

/// One change of the record.
pub(super) enum CallWrite {
    /// A call is about to be made.
    Begin(Box<provider_attempts::ActiveModel>),
    /// Something became known of a call.
    Update {
        /// Its row.
        attempt: i64,
        /// What.
        columns: Vec<(provider_attempts::Column, Expr)>,
    },
}

/// The row that was written.
pub(super) type Written = Result<i64, AttemptLogError>;

/// Writes what jobs want on record at the same time together.
pub(super) fn writing(writers: &Writers, database: &Database) -> Together<CallWrite, Written> {
    let database = database.clone();
    Together::new(writers, move |writes: Vec<CallWrite>| {
        let database = database.clone();
        async move {
            let many = writes.len();
            let written = async {
                let txn = database.write().await?;
                let mut rows = Vec::with_capacity(many);
                for write in writes {
                    rows.push(write.in_txn(&txn).await?);
                }
                txn.commit().await?;
                Ok::<_, DbErr>(rows)
            };
            match written.await {
                Ok(rows) => rows.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(failed(error)); many],
            }
        }
        .boxed()
    })
}

impl CallWrite {
    async fn in_txn(self, txn: &DatabaseTransaction) -> Result<i64, DbErr> {
        match self {
            Self::Begin(row) => Ok(row.insert(txn).await?.id),
            Self::Update { attempt, columns } => {
                let mut update =
                    provider_attempts::Entity::update_many().filter(provider_attempts::Column::Id.eq(attempt));
                for (column, value) in columns {
                    update = update.col_expr(column, value);
                }
                update.exec(txn).await?;
                Ok(attempt)
            }
        }
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn failed(error: DbErr) -> AttemptLogError {
    AttemptLogError(error.to_string())
}

#[async_trait]
impl AttemptLog for JobAttempts {
    fn group(&self) -> &str {
        &self.generation_id
    }

    async fn begin(&self, start: &AttemptStart) -> Result<i64, AttemptLogError> {
        if !start.is_billed {
            return Ok(0);
        }
        let row = provider_attempts::ActiveModel {
            id: NotSet,
            job_id: Set(self.job_id),
            hold_id: Set(self.hold_id),
            provider: Set(start.provider.clone()),
            model: Set(start.model.clone()),
            purpose: Set(start.purpose.to_owned()),
            nonce: Set(start.nonce.clone()),
            reference: Set(start.reference.clone()),
            outcome: Set(OPEN.to_owned()),
            request_id: Set(None),
            cost_microusd: Set(0),
            maybe_billed: Set(0),
            started_at_ms: Set(self.clock.now_ms()),
            finished_at_ms: Set(0),
        };
        self.write(CallWrite::Begin(Box::new(row))).await
    }

    async fn accepted(&self, attempt: i64, reference: &str) -> Result<(), AttemptLogError> {
        self.update(attempt, [(provider_attempts::Column::Reference, Expr::value(reference.to_owned()))]).await
    }

    async fn end(&self, attempt: i64, end: &AttemptEnd) -> Result<(), AttemptLogError> {
        use provider_attempts::Column;
        if attempt == 0 {
            return Ok(());
        }
        let outcome = end.failure.map_or(OK, crate::providers::FailureClass::code);
        self.update(
            attempt,
            [
                (Column::Outcome, Expr::value(outcome)),
                (Column::RequestId, Expr::value(end.request_id.clone())),
                (Column::CostMicrousd, Expr::value(end.cost_microusd)),
                (Column::MaybeBilled, Expr::value(i64::from(end.maybe_billed))),
                (Column::FinishedAtMs, Expr::value(self.clock.now_ms())),
            ],
        )
        .await
    }

    async fn open(&self) -> Result<Vec<OpenAttempt>, AttemptLogError> {
        let rows = provider_attempts::Entity::find()
            .filter(self.pictures())
            .filter(provider_attempts::Column::Outcome.eq(OPEN))
            .order_by_asc(provider_attempts::Column::Id)
            .all(self.database.read())
            .await
            .map_err(failed)?;
        Ok(rows.into_iter().map(open_attempt).collect())
    }

    async fn asked(&self) -> Result<Vec<String>, AttemptLogError> {
        provider_attempts::Entity::find()
            .select_only()
            .column(provider_attempts::Column::Provider)
            .filter(self.pictures())
            .filter(provider_attempts::Column::Outcome.ne(OPEN))
            .order_by_asc(provider_attempts::Column::Id)
            .into_tuple()
            .all(self.database.read())
            .await
            .map_err(failed)
    }

    async fn spent(&self) -> Result<i64, AttemptLogError> {
        self.sum(self.pictures()).await
    }

    async fn spent_since(&self, provider: &str, purposes: &[&str], since_ms: i64) -> Result<i64, AttemptLogError> {
        let of_provider = Condition::all()
            .add(provider_attempts::Column::Provider.eq(provider))
            .add(provider_attempts::Column::Purpose.is_in(purposes.iter().copied()))
            .add(provider_attempts::Column::StartedAtMs.gte(since_ms));
        self.sum(of_provider).await
    }
}

fn open_attempt(row: provider_attempts::Model) -> OpenAttempt {
    OpenAttempt { id: row.id, provider: row.provider, nonce: row.nonce, reference: row.reference }
}
