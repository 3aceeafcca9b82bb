//! What running posters tell of themselves before they end: that they were started, which stage they
//! reached. No credit moves here, so the posters of all sets that have something to tell at the same
//! time tell it in one transaction.

use std::{collections::HashMap, sync::Arc};

use ::entity::{
    enums::{JobState, PosterState},
    jobs, posters,
};
use futures_util::FutureExt as _;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait as _, QueryFilter, sea_query::Expr};

use super::{
    EngineError, settle,
    together::{Together, Writers},
};
use crate::{
    clock::Clock,
    database::Database,
    domain::PosterStage,
    events::{self, Fact},
};

/// What one poster tells.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    /// Its job, as it was claimed.
    pub(super) job: jobs::Model,
    /// That a worker took it.
    pub(super) is_start: bool,
    /// The stages that it reached, one after the other.
    pub(super) stages: Vec<PosterStage>,
}

impl Progress {
    fn facts(&self, poster_id: i64) -> impl Iterator<Item = Fact> + '_ {
        let start = self.is_start.then_some(Fact::PosterStarted { poster_id, attempt: self.job.attempt });
        start.into_iter().chain(self.stages.iter().map(move |&stage| Fact::PosterProgressed { poster_id, stage }))
    }
}

/// Whether what a poster told was written; `Fenced` when its job is somebody else's by now.
pub(super) type Told = Result<(), EngineError>;

/// Writes what posters tell at the same time together.
pub(super) fn telling(writers: &Writers, database: &Database, clock: &Arc<dyn Clock>) -> Together<Progress, Told> {
    let (database, clock) = (database.clone(), Arc::clone(clock));
    Together::new(writers, move |told| {
        let (database, clock) = (database.clone(), Arc::clone(&clock));
        async move {
            match write(&database, &*clock, &told).await {
                Ok(answers) => answers,
                // An error of the database has one owner; the others get its words.
                Err(error) => told.iter().map(|_| Err(DbErr::Custom(error.to_string()).into())).collect(),
            }
        }
        .boxed()
    })
}

async fn write(database: &Database, clock: &dyn Clock, told: &[Progress]) -> Result<Vec<Told>, DbErr> {
    let mut sets: Vec<&str> = told.iter().map(|progress| progress.job.generation_id.as_str()).collect();
    // Sets are locked in one order everywhere, so that two nodes never wait for each other in a circle.
    sets.sort_unstable();
    sets.dedup();
    let txn = database.write().await?;
    let now_ms = clock.now_ms();
    let mut answers: Vec<Told> = told.iter().map(|progress| Err(EngineError::Fenced(progress.job.id))).collect();
    for set in sets {
        let of_set: Vec<(usize, &Progress)> =
            told.iter().enumerate().filter(|(_, progress)| progress.job.generation_id == set).collect();
        for (place, answer) in progress_in_txn(&txn, set, &of_set, now_ms).await? {
            answers[place] = answer;
        }
    }
    txn.commit().await?;
    Ok(answers)
}

/// Writes what posters of one set tell; an answer for each, beside its place.
async fn progress_in_txn(
    txn: &DatabaseTransaction,
    generation_id: &str,
    told: &[(usize, &Progress)],
    now_ms: i64,
) -> Result<Vec<(usize, Told)>, DbErr> {
    let generation = settle::generation_lock(txn, generation_id).await?;
    let running: HashMap<i64, i64> = jobs::Entity::find()
        .filter(jobs::Column::Id.is_in(told.iter().map(|(_, progress)| progress.job.id)))
        .filter(jobs::Column::State.eq(JobState::Running))
        .all(txn)
        .await?
        .into_iter()
        .map(|job| (job.id, job.attempt))
        .collect();
    let (mut answers, mut facts, mut started) = (Vec::with_capacity(told.len()), Vec::new(), Vec::new());
    for (place, progress) in told {
        let job = &progress.job;
        let answer = match (&generation, job.poster_id) {
            (None, _) => Err(EngineError::Dangling { job_id: job.id, what: "generation" }),
            (_, None) => Err(EngineError::Dangling { job_id: job.id, what: "poster" }),
            _ if running.get(&job.id) != Some(&job.attempt) => Err(EngineError::Fenced(job.id)),
            (Some(_), Some(poster_id)) => {
                facts.extend(progress.facts(poster_id));
                started.extend(progress.is_start.then_some(poster_id));
                Ok(())
            }
        };
        answers.push((*place, answer));
    }
    if let Some(generation) = generation.filter(|_| !started.is_empty()) {
        posters_running(txn, started).await?;
        settle::generation_running(txn, &generation).await?;
    }
    if !facts.is_empty() {
        events::append_all_in_txn(txn, generation_id, &facts, now_ms).await?;
    }
    Ok(answers)
}

async fn posters_running(txn: &DatabaseTransaction, started: Vec<i64>) -> Result<(), DbErr> {
    posters::Entity::update_many()
        .col_expr(posters::Column::State, Expr::value(PosterState::Running))
        .col_expr(posters::Column::FailureCode, Expr::value(None::<String>))
        .col_expr(posters::Column::Version, Expr::col(posters::Column::Version).add(1))
        .filter(posters::Column::Id.is_in(started))
        .exec(txn)
        .await?;
    Ok(())
}
