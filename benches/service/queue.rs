//! What the engine itself costs: sets of ten through the real queue, money, events and files, with a sleep
//! of 200 ms where a vendor would paint, and not one pixel. Inside this process, on SQLite with
//! `synchronous = FULL`, and on an empty PostgreSQL where `--postgres` names one; a seller
//! orders the next set as soon as the last one is complete.

use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use entity::{
    enums::{JobKind, UploadPurpose},
    jobs, posters, uploads,
};
use haibao::{
    clock::SystemClock,
    composer::TakumiComposer,
    database::{Database, DatabaseOptions},
    domain::{Composition, Dimension, PosterFormat, PosterStage, RevisionName, StyleChoice},
    engine::{
        Engine, EngineOptions, EngineParts, Pictures,
        settle::{self, NewRevision},
    },
    events::{LocalDoorbell, Topic},
    ids::SystemIds,
    ledger,
    providers::{AttemptEnd, AttemptStart, image::Purpose},
    services::{
        Context, Viewer,
        generations::{CreateGeneration, QueueOutcome, create},
    },
    storage::{GenerationFolder, LocalFiles, Stored, UrlSigner},
    studio::Studio,
};
use sea_orm::{ActiveModelTrait as _, ActiveValue::Set, ConnectionTrait as _, EntityTrait as _};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinSet};

use crate::{Result, process::own_cpu_seconds, report, runtime, seed};

/// An empty database of a PostgreSQL server, where the command line names one.
pub(crate) static POSTGRES: OnceLock<String> = OnceLock::new();

const SELLERS: i64 = 600;
/// Jobs at the same time: as many posters wait for the vendor when a hundred sets a second are wished for.
const WORKERS: usize = 256;
/// To a PostgreSQL server, as the configuration has it when nobody says otherwise.
const CONNECTIONS: u32 = 8;
const LATENCY: Duration = Duration::from_millis(200);
const LASTS: Duration = Duration::from_secs(15);
const DAY_MS: i64 = 86_400_000;
/// Bytes of a recipe, of a backdrop and of a poster, as sets of the sample photos have them.
const FILES: [usize; 3] = [4_000, 70_000, 260_000];

/// Who waits for which set, with the posters that it still lacks.
type Awaited = Mutex<HashMap<String, (usize, oneshot::Sender<()>)>>;

struct Hall {
    context: Context,
    engine: Engine,
    /// What is stored for a poster, if anything is.
    files: Option<[Bytes; 3]>,
    awaited: Awaited,
    completed: AtomicUsize,
}

pub(crate) fn run(_program: &Path) -> Result<()> {
    for (what, is_stored) in [("files included", true), ("without files", false)] {
        let folder = TempDir::new()?;
        runtime()?.block_on(async { measured(what, seed::database(folder.path()).await?, is_stored).await })?;
    }
    let Some(url) = POSTGRES.get() else {
        report::row("PostgreSQL", "left out: --postgres names no empty database");
        return Ok(());
    };
    runtime()?.block_on(async { measured("PostgreSQL, without files", server(url.clone()).await?, false).await })
}

/// An empty database of a PostgreSQL server, opened as the service opens it by default.
async fn server(url: String) -> Result<Database> {
    let database = Database::open(&DatabaseOptions {
        url,
        readers: 1,
        connections_max: CONNECTIONS,
        acquire_timeout: Duration::from_secs(10),
    })
    .await?;
    database.migrate().await?;
    Ok(database)
}

async fn measured(what: &str, database: Database, is_stored: bool) -> Result<()> {
    let folder = TempDir::new()?;
    let hall = Arc::new(opened(database, folder.path(), is_stored).await?);
    let mut work = JoinSet::new();
    for _ in 0..WORKERS {
        let hall = Arc::clone(&hall);
        work.spawn(async move { hall.work().await });
    }
    for seller in 1..=SELLERS {
        let hall = Arc::clone(&hall);
        work.spawn(async move { hall.order(seller).await });
    }
    // The first sets of all come at once; what is sustained shows afterwards.
    tokio::time::sleep(LASTS / 3).await;
    let (began, cpu, completed) = (Instant::now(), own_cpu_seconds()?, hall.completed.load(Relaxed));
    tokio::select! {
        () = tokio::time::sleep(LASTS) => {}
        Some(ended) = work.join_next() => ended??,
    }
    let sets = (hall.completed.load(Relaxed) - completed) as f64;
    let (took, cpu) = (began.elapsed().as_secs_f64(), own_cpu_seconds()? - cpu);
    report::row(
        &format!("{SELLERS} sellers, {what}"),
        &format!(
            "{:.1} sets/s, {:.1} ms of processor time a set, {:.1} cores busy",
            sets / took,
            1000.0 * cpu / sets,
            cpu / took
        ),
    );
    Ok(())
}

/// A service with sellers who have credits and a photo.
async fn opened(database: Database, folder: &Path, is_stored: bool) -> Result<Hall> {
    let files = LocalFiles::open(folder)?;
    let storage = files.storage()?;
    let context = Context {
        compositions: Composition::ALL.to_vec(),
        database: database.clone(),
        storage: storage.clone(),
        urls: UrlSigner::new(&[7; 32], 86_400),
        doorbell: Arc::new(LocalDoorbell::new(Duration::from_secs(5))),
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds::new()),
        time_zone: jiff::tz::TimeZone::UTC,
    };
    let studio = Studio::builtin(Arc::new(TakumiComposer::new()), 90);
    let engine = Engine::new(EngineParts {
        database: database.clone(),
        pictures: Pictures::new(database.clone(), storage, studio),
        files: Some(files),
        doorbell: Arc::clone(&context.doorbell),
        clock: Arc::clone(&context.clock),
        options: EngineOptions {
            node: "bench".to_owned(),
            alone: true,
            workers: WORKERS,
            lease: Duration::from_secs(60),
            job_timeout: Duration::from_secs(600),
            attempts_max: 3,
            interruptions_max: 3,
            fallback_to_builtin: false,
            sweep_interval: Duration::from_secs(60),
            drain: Duration::from_secs(1),
        },
    });
    let now_ms = context.clock.now_ms();
    let txn = database.write().await?;
    for seller in 1..=SELLERS {
        txn.execute_unprepared(&format!(
            "INSERT INTO users (id, email, created_at_ms) VALUES ({seller}, 'seller{seller}@example.com', {now_ms})"
        ))
        .await?;
        ledger::grant_in_txn(&txn, seller, 1_000_000, format!("bench:{seller}"), None, now_ms).await?;
        let photo = uploads::ActiveModel {
            id: Set(format!("photo{seller}")),
            user_id: Set(seller),
            purpose: Set(UploadPurpose::Photo),
            mime: Set("image/jpeg".to_owned()),
            width: Set(1_000),
            height: Set(1_000),
            byte_size: Set(100_000),
            sha256: Set("00".repeat(32)),
            object_key: Set(format!("uploads/{seller}")),
            created_at_ms: Set(now_ms),
        };
        photo.insert(&txn).await?;
    }
    txn.commit().await?;
    let files = is_stored.then(|| FILES.map(|bytes| Bytes::from(vec![7; bytes])));
    Ok(Hall { context, engine, files, awaited: Mutex::default(), completed: AtomicUsize::new(0) })
}

impl Hall {
    /// One seller's day.
    async fn order(&self, seller: i64) -> Result<()> {
        let viewer = Viewer::session(seller, "bench", self.context.clock.now_ms() + DAY_MS);
        for number in 0.. {
            let input = CreateGeneration {
                idempotency_key: format!("{seller}-{number}"),
                photo_ids: vec![format!("photo{seller}")],
                description: "晨露丝绒口红 3.5 g，正红色，哑光质地".to_owned(),
                dimensions: None,
                style: StyleChoice::default(),
                format: PosterFormat::Portrait9x16,
                composition: Composition::Typeset,
            };
            let id = match create(&self.context, &viewer, input).await? {
                QueueOutcome::Queued(generation, _) => generation.id,
                other => return Err(format!("an order was not taken: {other:?}").into()),
            };
            let (sender, complete) = oneshot::channel();
            self.awaited.lock().unwrap_or_else(PoisonError::into_inner).insert(id, (Dimension::ALL.len(), sender));
            complete.await?;
            self.completed.fetch_add(1, Relaxed);
        }
        Ok(())
    }

    async fn work(&self) -> Result<()> {
        loop {
            let mut bell = self.context.doorbell.listen(Topic::Jobs);
            let Some(job) = self.engine.claim().await? else {
                tokio::time::timeout(Duration::from_secs(1), bell.rung()).await.ok();
                continue;
            };
            match job.kind {
                JobKind::NameProduct => self.name(&job).await?,
                _ => self.make(&job).await?,
            }
        }
    }

    async fn name(&self, job: &jobs::Model) -> Result<()> {
        let txn = self.context.database.write().await?;
        let now_ms = self.context.clock.now_ms();
        settle::product_name_in_txn(&txn, job, "晨露丝绒口红", None, None, false, now_ms).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Generation(job.generation_id.clone()));
        self.context.doorbell.ring(&Topic::Jobs);
        Ok(())
    }

    /// Everything that happens to a poster, in the engine's order, but for reading and making pictures.
    async fn make(&self, job: &jobs::Model) -> Result<()> {
        self.engine.tell(job, true, Vec::new()).await?;
        self.engine.tell(job, false, vec![PosterStage::Planning, PosterStage::Painting]).await?;
        let log = self.engine.attempts_of(job);
        log.asked().await?;
        log.open().await?;
        let start = AttemptStart {
            provider: "stub".to_owned(),
            model: "stub".to_owned(),
            purpose: Purpose::Plate.code(),
            nonce: format!("{:032x}", job.id),
            reference: None,
            is_billed: true,
        };
        let attempt = log.begin(&start).await?;
        tokio::time::sleep(LATENCY).await;
        log.end(attempt, &AttemptEnd::default()).await?;
        self.engine.tell(job, false, vec![PosterStage::Composing]).await?;
        self.engine.tell(job, false, vec![PosterStage::Saving]).await?;
        let revision = self.store(job).await?;
        let txn = self.context.database.write().await?;
        settle::poster_succeed_in_txn(&txn, job, revision, self.context.clock.now_ms()).await?;
        txn.commit().await?;
        self.context.doorbell.ring(&Topic::Generation(job.generation_id.clone()));
        self.context.doorbell.ring(&Topic::Wallet(job.user_id));
        self.poster_made(&job.generation_id);
        Ok(())
    }

    async fn store(&self, job: &jobs::Model) -> Result<NewRevision> {
        let folder = GenerationFolder::new(job.user_id, &job.generation_id);
        let poster_id = job.poster_id.ok_or("a poster's job without a poster")?;
        let poster = posters::Entity::find_by_id(poster_id).one(self.context.database.read()).await?;
        let dimension = poster.and_then(|poster| Dimension::from_index(poster.dimension)).ok_or("no such poster")?;
        let name = RevisionName::Prime;
        let key = folder.picture(dimension, name);
        let stored = match &self.files {
            Some([recipe, plate, picture]) => {
                let storage = &self.context.storage;
                storage.put(&folder.recipe(dimension, name), recipe.clone()).await?;
                storage.put(&folder.plate(dimension, name), plate.clone()).await?;
                storage.put(&key, picture.clone()).await?
            }
            None => Stored { key, byte_size: FILES[2] as i64, sha256: "00".repeat(32) },
        };
        Ok(NewRevision {
            dimension,
            name,
            stored,
            width: 1080,
            height: 1920,
            thumbhash: String::new(),
            provider: "stub".to_owned(),
            consistency_percent: None,
            master_sha256: None,
            base_revision_id: None,
            edit_id: None,
        })
    }

    fn poster_made(&self, generation_id: &str) {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((left, _)) = awaited.get_mut(generation_id) else { return };
        *left -= 1;
        if *left == 0
            && let Some((_, complete)) = awaited.remove(generation_id)
        {
            // A seller who is gone needs no word.
            let _ = complete.send(());
        }
    }
}
