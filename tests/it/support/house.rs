//! A whole service without its faces: database, files, studio and engine, on a clock that stands
//! still until it is told to move.

use std::{fs, sync::Arc, time::Duration};

use bytes::Bytes;
use entity::{enums::UploadPurpose, posters, scopes};
use haibao::{
    app,
    clock::MockClock,
    composer::TakumiComposer,
    database::Database,
    domain::{Composition, PosterFormat, StyleChoice},
    engine::{Engine, EngineOptions, EngineParts, Pictures},
    events::LocalDoorbell,
    ids::SeededIds,
    imaging::ImageLimits,
    ledger::{self, Wallet, audit},
    providers::image::ScriptedProvider,
    services::{
        Context, Viewer,
        edits::Edits,
        exports::Exports,
        generations::{CreateGeneration, QueueOutcome, create},
        uploads::{UploadOutcome, store},
    },
    storage::{LocalFiles, Storage, UrlSigner},
    studio::Studio,
};
use sea_orm::QueryOrder;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{
    database::{Engine as Backend, TestDatabase},
    repository,
    rows::{self, AT_MS},
};

/// The service and one seller.
pub(crate) struct House {
    /// The use cases' world.
    pub context: Context,
    /// The engine; nothing runs before [`House::work_until_idle`].
    pub engine: Engine,
    /// What sellers take away.
    pub exports: Exports,
    /// What sellers change.
    pub edits: Edits,
    /// The clock of everything above.
    pub clock: MockClock,
    /// The seller.
    pub viewer: Viewer,
    /// An uploaded photo of the seller's.
    pub photo_id: String,
    /// The data folder.
    pub folder: TempDir,
    _test: TestDatabase,
}

impl House {
    /// A service whose image model answers as scripted, and a seller with so many credits.
    pub(crate) async fn new(backend: Backend, provider: ScriptedProvider, credits: i64) -> Self {
        let studio = Studio::with_painter(Arc::new(TakumiComposer::new()), Arc::new(provider), 90);
        Self::with_studio(backend, studio, credits, false).await
    }

    /// A service with this studio; the built-in picture stands beside a refund if that is wished.
    pub(crate) async fn with_studio(backend: Backend, studio: Studio, credits: i64, fallback_to_builtin: bool) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let files = LocalFiles::open(folder.path()).expect("the folder opens");
        let storage = files.storage().expect("the folder is a store");
        Self::of(backend, studio, credits, fallback_to_builtin, (folder, Some(files), storage)).await
    }

    /// A service whose files lie in this store.
    pub(crate) async fn with_storage(backend: Backend, studio: Studio, credits: i64, storage: Storage) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        Self::of(backend, studio, credits, false, (folder, None, storage)).await
    }

    async fn of(
        backend: Backend,
        studio: Studio,
        credits: i64,
        fallback_to_builtin: bool,
        (folder, files, storage): (TempDir, Option<LocalFiles>, Storage),
    ) -> Self {
        app::init_crypto();
        let test = TestDatabase::new(backend).await;
        let clock = MockClock::at_ms(AT_MS);
        let context = Context {
            compositions: Composition::ALL.to_vec(),
            database: test.database.clone(),
            storage: storage.clone(),
            urls: UrlSigner::new(&[7; 32], 86_400),
            doorbell: Arc::new(LocalDoorbell::new(Duration::from_secs(1))),
            clock: Arc::new(clock.clone()),
            ids: Arc::new(SeededIds::new(7)),
            time_zone: jiff::tz::TimeZone::UTC,
        };
        let exports = Exports::new(context.clone(), studio.clone());
        let pictures = Pictures::new(test.database.clone(), storage, studio);
        let edits = Edits::new(context.clone(), pictures.clone());
        let engine = Engine::new(EngineParts {
            database: test.database.clone(),
            pictures: pictures.clone(),
            files,
            doorbell: Arc::clone(&context.doorbell),
            clock: Arc::clone(&context.clock),
            options: EngineOptions {
                node: "test".to_owned(),
                alone: false,
                workers: 2,
                lease: Duration::from_secs(30),
                job_timeout: Duration::from_secs(60),
                attempts_max: 3,
                interruptions_max: 3,
                fallback_to_builtin,
                sweep_interval: Duration::from_secs(60),
                drain: Duration::from_secs(1),
            },
        });
        let (viewer, photo_id) = seller(&context, "seller@example.com", credits).await;
        Self { context, engine, exports, edits, clock, viewer, photo_id, folder, _test: test }
    }

    /// What the clock shows.
    pub(crate) fn clock_ms(&self) -> i64 {
        self.context.clock.now_ms()
    }

    /// The database.
    pub(crate) fn database(&self) -> &Database {
        &self.context.database
    }

    /// An order for these dimensions under this key.
    pub(crate) fn order(&self, key: &str, dimensions: &[i32]) -> CreateGeneration {
        CreateGeneration {
            idempotency_key: key.to_owned(),
            photo_ids: vec![self.photo_id.clone()],
            description: "山止手作粗陶马克杯，1280℃高温烧制，容量380 mL，釉面温润，可入微波炉".to_owned(),
            dimensions: Some(dimensions.to_vec()),
            style: StyleChoice::default(),
            format: PosterFormat::Square1x1,
            composition: Composition::Typeset,
        }
    }

    /// Starts a set and returns its id.
    pub(crate) async fn create(&self, key: &str, dimensions: &[i32]) -> String {
        match create(&self.context, &self.viewer, self.order(key, dimensions)).await.expect("an answer") {
            QueueOutcome::Queued(generation, _) => generation.id,
            other => panic!("the set is accepted: {other:?}"),
        }
    }

    /// Works until nothing is due any more, as a process does between start and SIGTERM.
    ///
    /// Retries wait for their time, so the clock is moved on whenever nothing is due.
    pub(crate) async fn work_until_idle(&self) {
        let shutdown = CancellationToken::new();
        let working = self.engine.run(shutdown.clone());
        let watching = async {
            self.idle().await;
            shutdown.cancel();
        };
        let (worked, ()) = tokio::join!(working, watching);
        worked.expect("the engine works");
    }

    /// Waits until nothing is due any more, moving the clock on meanwhile.
    pub(crate) async fn idle(&self) {
        while self.live_jobs().await > 0 {
            self.clock.advance_ms(100);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn live_jobs(&self) -> u64 {
        use entity::{enums::JobState, jobs};
        use sea_orm::{ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};
        let live = jobs::Entity::find().filter(jobs::Column::State.is_in([JobState::Queued, JobState::Running]));
        live.count(self.database().read()).await.expect("the queue answers")
    }

    /// Somebody else with credits and a photo.
    pub(crate) async fn another_seller(&self, email: &str, credits: i64) -> (Viewer, String) {
        seller(&self.context, email, credits).await
    }

    /// The seller's balance.
    pub(crate) async fn wallet(&self) -> (i64, i64) {
        let wallet = ledger::wallet(self.database().read(), self.viewer.user_id).await;
        let Wallet { credits, frozen, .. } = wallet.expect("the seller is there");
        (credits, frozen)
    }

    /// The seller's posters of a set, by dimension.
    pub(crate) async fn posters_of(&self, generation_id: &str) -> Vec<posters::Model> {
        let found = scopes::posters_of(self.viewer.user_id, generation_id).order_by_asc(posters::Column::Dimension);
        found.all(self.database().read()).await.expect("the posters")
    }

    /// Fails when any invariant is broken.
    pub(crate) async fn assert_sound(&self) {
        let broken = audit::broken(self.database().read()).await.expect("the audit runs");
        assert!(broken.is_empty(), "{broken:?}");
    }
}

/// A user with credits and an uploaded photo.
async fn seller(context: &Context, email: &str, credits: i64) -> (Viewer, String) {
    let txn = context.database.write().await.expect("a transaction");
    let user = rows::user(&txn, email).await;
    let key = format!("grant:{}", user.id);
    ledger::grant_in_txn(&txn, user.id, credits, key, None, AT_MS).await.expect("a grant");
    txn.commit().await.expect("committed");
    let viewer = Viewer::session(user.id, "session", i64::MAX);
    let photo = fs::read(repository().join("tests/fixtures/photos/lipstick-cutout.png")).expect("the photo");
    let stored = store(context, &viewer, UploadPurpose::Photo, Bytes::from(photo), ImageLimits::default()).await;
    match stored.expect("an answer") {
        UploadOutcome::Stored(upload) => (viewer, upload.id),
        UploadOutcome::Refused(why) => panic!("the photo is fine: {why:?}"),
    }
}
