//! Durable work: a queue of jobs in the database, workers under leases, settlement, a sweeper.
//!
//! A job is a row. Whoever claims it gets a lease and a new `attempt` number, the fencing token:
//! everything the worker writes afterwards is written `WHERE attempt = mine`, so a worker that was
//! given up for dead changes nothing when it wakes. A crash is a lease that ran out; the next
//! claim starts the job again from its rows. The order inside one poster is fixed — paint, store
//! the file, then settle — so a crash between any two steps costs at most a repaint and never a
//! credit.
//!
//! Nothing here depends on anybody watching: subscriptions read the event log.
//!
//! To add a job: add the kind to `entity::enums::JobKind`, its work to `jobs`, its ending to
//! `settle`.

mod attempts;
pub mod edits;
#[cfg(debug_assertions)]
pub mod faults;
mod gifts;
mod hero;
mod jobs;
mod pictures;
mod plans;
mod progress;
pub mod queue;
mod revise;
pub mod settle;
mod sweeper;
mod together;
mod worker;

use std::{fmt, sync::Arc, time::Duration};

use sea_orm::DbErr;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use jobs::edited_store;
pub use pictures::{PictureError, Pictures};

use attempts::{CallWrite, Written};
use progress::{Progress, Told};
use together::{Together, Writers};
use worker::Claimed;

use crate::{
    clock::Clock,
    database::Database,
    events::{Doorbell, Topic},
    ledger::LedgerError,
    storage::{LocalFiles, Storage},
    studio::Studio,
};

/// How the engine works.
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// This node's name in leases; the same after a restart, so that it can void its own.
    pub node: String,
    /// Whether no other node can be working on this database (SQLite): every lease found at start
    /// is then one of a dead process.
    pub alone: bool,
    /// Jobs run at the same time.
    pub workers: usize,
    /// How long a silent worker keeps its job.
    pub lease: Duration,
    /// The longest one try may take.
    pub job_timeout: Duration,
    /// Tries that may fail by themselves before the poster is refunded.
    pub attempts_max: i64,
    /// Tries that may end with their process before the poster is refunded: a job that kills the
    /// process must not do so for ever.
    pub interruptions_max: i64,
    /// Whether a built-in picture stands beside a refund that a vendor is to blame for.
    pub fallback_to_builtin: bool,
    /// How often forgotten work is looked for.
    pub sweep_interval: Duration,
    /// How long running jobs may go on after a shutdown was asked for.
    pub drain: Duration,
}

/// A defect or an outside failure inside the engine; the job it hit stays under its lease and is
/// tried again.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database said no.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// The ledger said no.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The job is somebody else's by now; whatever was done is thrown away.
    #[error("job {0} was taken over by another worker")]
    Fenced(i64),
    /// A row that must exist does not.
    #[error("job {job_id} names a missing {what}")]
    Dangling {
        /// The job.
        job_id: i64,
        /// What is missing.
        what: &'static str,
    },
}

/// The engine of one process.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    storage: Storage,
    files: Option<LocalFiles>,
    studio: Studio,
    pictures: Pictures,
    doorbell: Arc<dyn Doorbell>,
    clock: Arc<dyn Clock>,
    claims: Together<(), Claimed>,
    told: Together<Progress, Told>,
    calls: Arc<Together<CallWrite, Written>>,
    options: EngineOptions,
    writers: Writers,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({})", self.inner.options.node)
    }
}

/// What the engine works with.
pub struct EngineParts {
    /// The database.
    pub database: Database,
    /// Pictures, and who makes them.
    pub pictures: Pictures,
    /// The data folder, where temporary files are swept; nothing to sweep on S3.
    pub files: Option<LocalFiles>,
    /// Wakes those who wait.
    pub doorbell: Arc<dyn Doorbell>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// How to work.
    pub options: EngineOptions,
}

impl Engine {
    /// Puts an engine together; nothing runs before [`Engine::run`].
    pub fn new(parts: EngineParts) -> Self {
        let EngineParts { database, pictures, files, doorbell, clock, options } = parts;
        let (storage, studio) = (pictures.storage.clone(), pictures.studio.clone());
        let writers = Writers::default();
        let inner = Inner {
            claims: worker::claiming(&writers, &database, &clock, &options),
            told: progress::telling(&writers, &database, &clock),
            calls: Arc::new(attempts::writing(&writers, &database)),
            database,
            storage,
            files,
            studio,
            pictures,
            doorbell,
            clock,
            options,
            writers,
        };
        Self { inner: Arc::new(inner) }
    }

    /// What tests make fail.
    #[cfg(debug_assertions)]
    pub fn faults(&self) -> &faults::Faults {
        &self.inner.writers.faults
    }

    /// Recovers what an earlier process left, then works until `shutdown` and drains.
    ///
    /// Running jobs may finish for `EngineOptions::drain`; what is still running then goes back to
    /// the queue and is taken up by the next process at once.
    ///
    /// # Errors
    /// `Database` when the recovery at the start fails; later failures are logged and retried.
    pub async fn run(&self, shutdown: CancellationToken) -> Result<(), EngineError> {
        self.recover().await?;
        let tracker = TaskTracker::new();
        for number in 0..self.inner.options.workers.max(1) {
            let (engine, shutdown) = (self.clone(), shutdown.clone());
            // On the heap: a job's whole life is in it.
            tracker.spawn(async move { Box::pin(engine.work(number, shutdown)).await });
        }
        let (engine, stop) = (self.clone(), shutdown.clone());
        tracker.spawn(async move { engine.sweep_until(stop).await });
        let studio = self.inner.studio.clone();
        tracker.spawn(async move {
            shutdown.cancelled().await;
            studio.set_stopping(true);
        });
        tracker.close();
        tracker.wait().await;
        self.inner.studio.set_stopping(false);
        self.inner.writers.done().await;
        Ok(())
    }

    /// Voids the leases that this node's earlier process held, once, at start.
    ///
    /// # Errors
    /// `Database`.
    pub async fn recover(&self) -> Result<(), EngineError> {
        let Inner { database, options, clock, .. } = &*self.inner;
        let owner = (!options.alone).then_some(options.node.as_str());
        let voided = queue::leases_void(database, owner, clock.now_ms()).await?;
        if voided > 0 {
            tracing::info!(jobs = voided, "took up the work of an earlier process");
        }
        self.sweep_once().await
    }

    fn ring(&self, topic: &Topic) {
        self.inner.doorbell.ring(topic);
    }

    /// Says that events and the balance may have changed.
    fn ring_settled(&self, generation_id: &str, user_id: i64) {
        self.ring(&Topic::Generation(generation_id.to_owned()));
        self.ring(&Topic::Wallet(user_id));
    }
}
