//! Workers: wait, claim, work under a lease, settle.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use ::entity::{enums::JobKind, jobs};
use futures_util::FutureExt;
use sea_orm::DbErr;
use tokio_util::sync::CancellationToken;

#[cfg(debug_assertions)]
use super::faults::Faulty;
use super::{
    Engine, EngineError, EngineOptions, queue,
    together::{Together, Writers, cut_off},
};
use crate::{clock::Clock, database::Database, domain::FailureCode, events::Topic, ledger::LedgerError};

/// Waits between tries that failed by themselves: 0.5 s, 1 s, 2 s, … at most 30 s.
const RETRY_BASE_MS: i64 = 500;
const RETRY_MAX_MS: i64 = 30_000;

/// Tries to write an ending down before the job is left to its lease.
const SETTLE_TRIES: u32 = 5;

/// How a try ended, short of being settled.
#[derive(Debug)]
pub(super) enum Failed {
    /// Not for good: try again later, up to the limit.
    Retryable(FailureCode),
    /// For good.
    Final(FailureCode),
    /// The engine itself failed; leave the job to its lease.
    Engine(EngineError),
}

impl<E: Into<EngineError>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::Engine(error.into())
    }
}

impl Engine {
    /// One worker's life.
    pub(super) async fn work(&self, number: usize, shutdown: CancellationToken) {
        loop {
            // The bell is armed before the queue is looked at: a job queued in between rings.
            let mut bell = self.inner.doorbell.listen(Topic::Jobs);
            if shutdown.is_cancelled() {
                return;
            }
            match self.claim().await {
                Ok(Some(job)) => {
                    let id = job.id;
                    // The job's own panics are caught inside and lead to another try. This is for those of
                    // its ending: a worker that they took along would be missing until the next start.
                    if AssertUnwindSafe(self.run_job(job, &shutdown)).catch_unwind().await.is_err() {
                        tracing::error!(job = id, "the ending of a job panicked; its lease will run out");
                    }
                }
                Ok(None) => {
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = bell.rung() => {}
                        () = tokio::time::sleep(self.until_next_due().await) => {}
                    }
                }
                Err(error) => {
                    tracing::error!(%error, number, "claiming a job failed");
                    tokio::select! {
                        () = shutdown.cancelled() => return,
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                }
            }
        }
    }

    /// Takes the next due job. Workers that wake at the same time take theirs together.
    ///
    /// # Errors
    /// `Database`.
    pub async fn claim(&self) -> Result<Option<jobs::Model>, EngineError> {
        Ok(self.inner.claims.ask(()).await.unwrap_or_else(|| Err(cut_off()))?)
    }

    /// How long to sleep when nothing is due: until the next job that waits for its time, and never
    /// longer than the doorbell's tick, because a ring may be lost.
    async fn until_next_due(&self) -> Duration {
        let tick = self.inner.doorbell.tick();
        match queue::next_due_ms(&self.inner.database).await {
            Ok(Some(due_ms)) => {
                let wait_ms = (due_ms - self.inner.clock.now_ms()).max(5) as u64;
                tick.min(Duration::from_millis(wait_ms))
            }
            Ok(None) => tick,
            Err(_) => tick.min(Duration::from_secs(1)),
        }
    }

    /// Runs one claimed job under its lease, a time limit and a panic guard, and writes its ending.
    async fn run_job(&self, job: jobs::Model, shutdown: &CancellationToken) {
        let started = std::time::Instant::now();
        let options = &self.inner.options;
        let executing = self.execute(&job);
        #[cfg(debug_assertions)]
        let executing = Faulty::new(&self.inner.writers.faults, executing);
        let ended = tokio::select! {
            ended = tokio::time::timeout(options.job_timeout, AssertUnwindSafe(executing).catch_unwind()) => {
                match ended {
                    Ok(Ok(ended)) => ended,
                    Ok(Err(_panic)) => {
                        tracing::error!(job = job.id, "a job panicked");
                        Err(Failed::Retryable(FailureCode::Internal))
                    }
                    Err(_elapsed) => Err(Failed::Retryable(FailureCode::ProviderTimeout)),
                }
            }
            () = self.heartbeat(&job) => {
                tracing::warn!(job = job.id, attempt = job.attempt, "a job was taken over while it ran here");
                return;
            }
            () = drained(shutdown, options.drain) => {
                if let Err(error) = queue::job_give_back(&self.inner.database, &job, self.inner.clock.now_ms()).await {
                    tracing::warn!(%error, job = job.id, "a job could not be given back; its lease will run out");
                }
                return;
            }
        };
        metrics::histogram!("haibao_job_seconds", "kind" => kind_name(job.kind))
            .record(started.elapsed().as_secs_f64());
        let ending = self.end_job(&job, ended);
        #[cfg(debug_assertions)]
        let ending = Faulty::new(&self.inner.writers.faults, ending);
        ending.await;
    }

    /// Writes down how a try ended that is not settled yet.
    async fn end_job(&self, job: &jobs::Model, ended: Result<(), Failed>) {
        match ended {
            Ok(()) => {}
            Err(Failed::Retryable(failure)) if job.failures + 1 < self.inner.options.attempts_max => {
                self.retry_later(job, failure).await;
            }
            Err(Failed::Retryable(failure) | Failed::Final(failure)) => self.give_up(job, failure).await,
            Err(Failed::Engine(error)) => {
                tracing::error!(%error, job = job.id, "a job could not be carried on; its lease will run out");
            }
        }
    }

    async fn execute(&self, job: &jobs::Model) -> Result<(), Failed> {
        if job.interruptions > self.inner.options.interruptions_max {
            return Err(Failed::Final(FailureCode::Interrupted));
        }
        match job.kind {
            JobKind::NameProduct => self.name_product(job).await,
            JobKind::RenderPoster => self.render_poster(job).await,
            JobKind::EditPoster => self.edit_poster(job).await,
            JobKind::CollectLate => self.collect_late(job).await,
        }
    }

    /// Extends the lease until the job is lost; never returns while it is ours.
    async fn heartbeat(&self, job: &jobs::Model) {
        let lease = self.inner.options.lease;
        loop {
            tokio::time::sleep(lease / 3).await;
            let until_ms = self.inner.clock.now_ms() + lease.as_millis() as i64;
            match queue::lease_extend(&self.inner.database, job, until_ms).await {
                Ok(true) => {}
                // The job may just have been settled by the other arm; that arm wins the race then.
                Ok(false) => return tokio::time::sleep(Duration::from_secs(1)).await,
                Err(error) => tracing::warn!(%error, job = job.id, "a lease could not be extended"),
            }
        }
    }

    async fn retry_later(&self, job: &jobs::Model, failure: FailureCode) {
        let wait_ms = (RETRY_BASE_MS << job.failures.clamp(0, 16)).min(RETRY_MAX_MS);
        tracing::info!(job = job.id, failure = failure.code(), wait_ms, "a try failed and will be repeated");
        let run_after_ms = self.inner.clock.now_ms() + wait_ms;
        if let Err(error) = queue::job_retry_later(&self.inner.database, job, run_after_ms).await {
            tracing::error!(%error, job = job.id, "a retry could not be queued; the lease will run out");
        }
        self.ring(&Topic::Jobs);
    }

    /// Writes what must not be lost to a database that is away for a moment, such as a picture that was
    /// paid for: a few times, then the job is left to its lease.
    pub(super) async fn insist<T, F>(&self, write: impl Fn() -> F + Send + Sync) -> Result<T, EngineError>
    where
        F: Future<Output = Result<T, EngineError>> + Send,
    {
        let mut tries = 1;
        loop {
            match write().await {
                Err(EngineError::Database(error) | EngineError::Ledger(LedgerError::Database(error)))
                    if tries < SETTLE_TRIES =>
                {
                    tracing::warn!(%error, tries, "a write failed and will be repeated");
                    tokio::time::sleep(Duration::from_millis(200 << tries)).await;
                    tries += 1;
                }
                ended => return ended,
            }
        }
    }

    /// Ends a job that failed for good. The database may be the very thing that fails, so this is
    /// tried a few times; after that the lease runs out and the next worker comes here again.
    async fn give_up(&self, job: &jobs::Model, failure: FailureCode) {
        for attempt in 0..SETTLE_TRIES {
            let settled = match job.kind {
                JobKind::NameProduct => self.settle_unnamed(job).await,
                JobKind::RenderPoster => self.settle_refunded(job, failure).await,
                JobKind::EditPoster => self.settle_edit_refunded(job, failure).await,
                JobKind::CollectLate => self.late_end(job).await,
            };
            match settled {
                Ok(()) | Err(EngineError::Fenced(_)) => return,
                Err(error) => tracing::error!(%error, job = job.id, attempt, "a refund could not be written"),
            }
            tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
        }
    }
}

/// What a worker that asks for a job gets.
pub(super) type Claimed = Result<Option<jobs::Model>, DbErr>;

/// Claims for all workers that ask at the same time.
pub(super) fn claiming(
    writers: &Writers,
    database: &Database,
    clock: &Arc<dyn Clock>,
    options: &EngineOptions,
) -> Together<(), Claimed> {
    let (database, clock, node, lease_ms) =
        (database.clone(), Arc::clone(clock), options.node.clone(), options.lease.as_millis() as i64);
    Together::new(writers, move |askers: Vec<()>| {
        let (database, node, now_ms) = (database.clone(), node.clone(), clock.now_ms());
        async move {
            match queue::jobs_claim(&database, &node, askers.len(), lease_ms, now_ms).await {
                Ok(claimed) => {
                    let mut claimed = claimed.into_iter();
                    askers.iter().map(|()| Ok(claimed.next())).collect()
                }
                Err(error) => askers.iter().map(|()| Err(DbErr::Custom(error.to_string()))).collect(),
            }
        }
        .boxed()
    })
}

/// Resolves when a shutdown was asked for and the time to finish is over.
async fn drained(shutdown: &CancellationToken, drain: Duration) {
    shutdown.cancelled().await;
    tokio::time::sleep(drain).await;
}

const fn kind_name(kind: JobKind) -> &'static str {
    match kind {
        JobKind::NameProduct => "name_product",
        JobKind::RenderPoster => "render_poster",
        JobKind::EditPoster => "edit_poster",
        JobKind::CollectLate => "collect_late",
    }
}
