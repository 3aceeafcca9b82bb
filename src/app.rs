//! The only place where implementations are chosen: settings in, a running service out.

pub(crate) mod models;
mod partners;
pub(crate) mod payments;

use std::{
    io,
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::Router;
use metrics_exporter_prometheus::PrometheusHandle;
use object_store::aws::AmazonS3Builder;
use sea_orm::{DbBackend, DbErr};
use secrecy::ExposeSecret;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    clock::{Clock, SystemClock},
    composer::TakumiComposer,
    config::{ConfigError, DerivedKeys, MailerKind, Settings, StorageKind},
    database::{Database, DatabaseOptions},
    engine::{Engine, EngineOptions, EngineParts, Pictures},
    events::{Doorbell, LocalDoorbell},
    graphql::{self, Api, ApiParts},
    http::{self, AllowedOrigins, HttpState, WorkersReady},
    ids::{IdSource, SystemIds},
    mail::{DevelopmentMailer, Mailer, SmtpMailer},
    services::{
        self, accounts,
        edits::Edits,
        exports::Exports,
        housekeeping,
        limits::RateLimits,
        orders::Orders,
        sign_in::{CodePolicy, CodeStore, MemoryCodeStore, SignIn, TokenKeys},
    },
    storage::{LocalFiles, Storage, UrlSigner},
    studio::{Labels, Studio},
};

#[cfg(feature = "redis")]
use crate::services::sign_in::RedisCodeStore;

/// Why the service could not be put together; each names what to change.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder.
    #[error("data_dir: {0}")]
    DataDir(io::Error),
    /// The database.
    #[error("database.url: {0}")]
    Database(#[from] DbErr),
    /// The zone of session ids.
    #[error("time_zone: {0}")]
    TimeZone(String),
    /// The object store.
    #[error("storage: {0}")]
    Storage(String),
    /// The mail server's address.
    #[error("mail: {0}")]
    Mail(String),
    /// The address of Redis.
    #[error("redis.url: {0}")]
    Redis(String),
    /// A model.
    #[error("{0}")]
    Provider(String),
    /// A payment channel.
    #[error("{0}")]
    Payments(String),
    /// The client for web hooks.
    #[error("web hooks: {0}")]
    Webhooks(String),
    /// The schema is newer or older than this binary.
    #[error("the database lacks {0} migration(s): run `haibao migrate`, or `haibao serve`, which does it itself")]
    Unmigrated(usize),
}

/// How long a listener waits before it looks by itself, when every writer is in this process.
const TICK_ALONE: Duration = Duration::from_secs(20);
/// The same, when other nodes write to the database too.
const TICK_SHARED: Duration = Duration::from_secs(1);

/// What a running service is made of.
#[derive(Clone, Debug)]
pub struct App {
    /// The settings in effect.
    pub settings: Arc<Settings>,
    /// Keys derived from the one secret.
    pub keys: Arc<DerivedKeys>,
    /// What every use case works with.
    pub context: services::Context,
    /// The data folder.
    pub files: LocalFiles,
    /// One for the whole process, so that posters and exports share its limit.
    pictures: Arc<OnceLock<Pictures>>,
}

impl App {
    /// Opens everything that the settings name. With `migrate` the schema is brought up to date;
    /// without, an old schema is refused.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn open(settings: Settings, migrate: bool) -> Result<Self, StartError> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdSource> = Arc::new(SystemIds::new());
        let files = LocalFiles::open(&settings.data_dir).map_err(StartError::DataDir)?;
        let secret = settings.token_secret(&*ids, |path, bytes| write_private(&files, path, bytes))?;
        let keys = DerivedKeys::new(&secret);

        let options = DatabaseOptions {
            url: settings.database_url().expose_secret().to_owned(),
            readers: settings.database.connections_max,
            connections_max: settings.database.connections_max,
            acquire_timeout: Duration::from_secs(settings.database.acquire_timeout_seconds),
        };
        let database = Database::open(&options).await?;
        if migrate {
            database.migrate().await?;
        } else if let pending @ 1.. = database.pending_migrations().await? {
            return Err(StartError::Unmigrated(pending));
        }

        let tick = if database.backend() == DbBackend::Sqlite { TICK_ALONE } else { TICK_SHARED };
        let doorbell: Arc<dyn Doorbell> = Arc::new(LocalDoorbell::new(tick));
        let storage = open_storage(&settings, &files)?;
        let urls = UrlSigner::new(&keys.signed_urls, settings.storage.signed_url_lifetime_seconds);
        let time_zone =
            jiff::tz::TimeZone::get(&settings.time_zone).map_err(|error| StartError::TimeZone(error.to_string()))?;
        let compositions = models::compositions(&settings, &clock, &ids);
        let context = services::Context { database, storage, urls, doorbell, clock, ids, time_zone, compositions };
        Ok(Self { settings: Arc::new(settings), keys: Arc::new(keys), context, files, pictures: Arc::default() })
    }

    /// The mailer that the settings name.
    ///
    /// # Errors
    /// `Mail` when the mail server's address does not read.
    pub fn mailer(&self) -> Result<Arc<dyn Mailer>, StartError> {
        match self.settings.mail.mailer {
            MailerKind::Development => {
                let files = self.files.clone();
                let sink = move |name: &str, bytes: &[u8]| {
                    files.write_private(&format!("mail/{name}"), bytes).map_err(io::Error::other)
                };
                Ok(Arc::new(DevelopmentMailer::new(Arc::clone(&self.context.clock), Arc::new(sink))))
            }
            MailerKind::Smtp => {
                SmtpMailer::new(&self.settings.mail, Arc::clone(&self.context.clock), Arc::clone(&self.context.ids))
                    .map(|mailer| Arc::new(mailer) as Arc<dyn Mailer>)
                    .map_err(|error| StartError::Mail(error.to_string()))
            }
        }
    }

    /// Where sign-in codes are kept: in Redis where one is named, else in memory.
    fn codes(&self) -> Result<Arc<dyn CodeStore>, StartError> {
        let services::Context { clock, ids, .. } = &self.context;
        let (policy, pepper) = (CodePolicy::from(&self.settings.sign_in), &self.keys.codes);
        #[cfg(feature = "redis")]
        if let Some(url) = &self.settings.redis.url {
            let store = RedisCodeStore::new(url.expose_secret(), policy, pepper, Arc::clone(clock), Arc::clone(ids));
            return Ok(Arc::new(store.map_err(StartError::Redis)?));
        }
        Ok(Arc::new(MemoryCodeStore::new(policy, pepper, Arc::clone(clock), Arc::clone(ids))))
    }

    /// Every route of the service, for a server that is bound to this address.
    ///
    /// # Errors
    /// `Mail` or `Redis` when that server's address does not read, `Provider` when a model is named that
    /// this version does not speak, `Payments` when a channel's keys do not read.
    pub fn router(
        &self,
        bound: SocketAddr,
        tracker: &TaskTracker,
        workers_ready: WorkersReady,
        metrics: Option<PrometheusHandle>,
        shutdown: CancellationToken,
    ) -> Result<Router, StartError> {
        let (context, settings, keys) = (self.context.clone(), Arc::clone(&self.settings), &self.keys);
        let previous = settings.sign_in.previous_token_secret.as_ref().map(DerivedKeys::new);
        let tokens = TokenKeys::new(&keys.tokens, previous.as_ref().map(|keys| &keys.tokens));
        let sign_in =
            SignIn::new(context.clone(), self.mailer()?, self.codes()?, tokens, (&*settings).into(), tracker.clone());
        let limits = RateLimits::new(&settings.limits, &context.clock);
        let public_url = settings.public_url_at(bound);
        let payments::Till { orders, sandbox } = self.orders(bound)?;
        watch_payments(&orders, tracker, &shutdown);

        let webhooks = self.webhooks(public_url.clone())?;
        let pictures = self.pictures()?;
        let exports = Exports::new(context.clone(), pictures.studio().clone());
        let edits = Edits::new(context.clone(), pictures.clone());
        let parts = ApiParts {
            services: context.clone(),
            settings: Arc::clone(&settings),
            sign_in: sign_in.clone(),
            orders: orders.clone(),
            exports: exports.clone(),
            edits: edits.clone(),
            webhooks,
            limits: limits.clone(),
        };
        let api = Api::new(parts, tracker.clone());
        let listed = settings.http.allowed_origins.iter().map(String::as_str);
        let origins = AllowedOrigins::new(listed.chain([public_url.as_str()]));
        let state = HttpState {
            services: context,
            settings,
            authenticator: Arc::new(sign_in),
            orders,
            exports,
            edits,
            sandbox,
            limits,
            origins,
            tracker: tracker.clone(),
            workers_ready,
            metrics,
        };
        Ok(http::router(state, graphql::schema(api), shutdown))
    }

    /// Tidies up once an hour until the shutdown: uploads that nobody used, files whose rows are gone.
    /// The first round is soon after the start, because it is crashes that leave things behind.
    pub fn keep_house(&self, tracker: &TaskTracker, shutdown: CancellationToken) {
        let (context, settings) = (self.context.clone(), Arc::clone(&self.settings));
        repeat(tracker, shutdown, Duration::from_hours(1), move || {
            let (context, settings) = (context.clone(), Arc::clone(&settings));
            async move {
                if let Err(error) = tidy(&context, &settings).await {
                    tracing::warn!(%error, "tidying up stopped early; the next round comes in an hour");
                }
            }
        });
    }

    /// The engine of this process; nothing runs before [`Engine::run`].
    ///
    /// # Errors
    /// `Provider` when a model is named that this version does not speak.
    pub fn engine(&self) -> Result<Engine, StartError> {
        let settings = &self.settings.engine;
        let alone = self.context.database.backend() == DbBackend::Sqlite;
        let options = EngineOptions {
            node: node_name(&self.files, &*self.context.ids).map_err(StartError::DataDir)?,
            alone,
            workers: self.workers(),
            lease: Duration::from_secs(u64::from(settings.lease_seconds)),
            job_timeout: Duration::from_secs(settings.job_timeout_seconds),
            attempts_max: i64::from(settings.attempts_max),
            interruptions_max: INTERRUPTIONS_MAX,
            fallback_to_builtin: self.settings.studio.fallback_to_builtin,
            sweep_interval: Duration::from_secs(settings.sweep_seconds),
            drain: Duration::from_secs(self.settings.http.shutdown_grace_seconds),
        };
        Ok(Engine::new(EngineParts {
            database: self.context.database.clone(),
            pictures: self.pictures()?.clone(),
            files: (self.settings.storage.kind == StorageKind::Local).then(|| self.files.clone()),
            doorbell: Arc::clone(&self.context.doorbell),
            clock: Arc::clone(&self.context.clock),
            options,
        }))
    }

    /// The pictures of this process, and the studio that makes them.
    fn pictures(&self) -> Result<&Pictures, StartError> {
        if let Some(pictures) = self.pictures.get() {
            return Ok(pictures);
        }
        let settings = &self.settings.studio;
        let labels =
            Labels { producer: settings.ai_content_producer.trim().to_owned(), visible: settings.visible_ai_label };
        let studio = self.new_studio()?.with_labels(labels);
        let services::Context { database, storage, .. } = &self.context;
        Ok(self.pictures.get_or_init(|| Pictures::new(database.clone(), storage.clone(), studio)))
    }

    /// A studio with the models that the settings name; none means the built-in ones.
    fn new_studio(&self) -> Result<Studio, StartError> {
        let (clock, ids) = (&self.context.clock, &self.context.ids);
        for warning in models::price_warnings(&self.settings) {
            tracing::warn!("{warning}");
        }
        let painters = models::painters(&self.settings, Arc::clone(clock), Arc::clone(ids))?;
        let readers = models::readers(&self.settings, Arc::clone(clock), Arc::clone(ids))?;
        let composer = Arc::new(TakumiComposer::new());
        Ok(Studio::new(composer, painters, readers, self.settings.studio.jpeg_quality))
    }

    /// Jobs worked on at the same time: as many as there are cores, and while image models work on the
    /// other side as many more as these may be asked at once.
    fn workers(&self) -> usize {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        match self.settings.engine.workers {
            0 => {
                let elsewhere = models::elsewhere(&self.settings);
                cores + elsewhere.map(|provider| provider.max_concurrency).sum::<usize>().min(WORKERS_WAITING_MAX)
            }
            fixed => fixed,
        }
    }
}

/// Jobs that may wait for image models at the same time; each keeps some pictures in memory.
const WORKERS_WAITING_MAX: usize = 64;

/// Times a job may be interrupted by the end of its process before its poster is refunded: enough
/// for a bad day of restarts, few enough that a job which kills the process does not do so for ever.
const INTERRUPTIONS_MAX: i64 = 20;

/// The studio with the built-in composer, plates and rules: no key, no server.
pub fn studio() -> Studio {
    Studio::builtin(Arc::new(TakumiComposer::new()), JPEG_QUALITY)
}

/// The default of `studio.jpeg_quality`, for the commands that read no settings.
const JPEG_QUALITY: u8 = 90;

/// Runs something again and again: a moment after the start, then with this pause, until the shutdown.
/// It must take no input, so that a lost round costs nothing.
fn repeat<F: Future<Output = ()> + Send>(
    tracker: &TaskTracker,
    shutdown: CancellationToken,
    pause: Duration,
    round: impl Fn() -> F + Send + 'static,
) {
    tracker.spawn(async move {
        let mut wait = pause.min(Duration::from_mins(1));
        while let Err(_elapsed) = tokio::time::timeout(wait, shutdown.cancelled()).await {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = round() => wait = pause,
            }
        }
    });
}

/// Asks after payments whose call-back is late, closes what nobody paid, and sees refunds through.
fn watch_payments(orders: &Orders, tracker: &TaskTracker, shutdown: &CancellationToken) {
    let orders = orders.clone();
    repeat(tracker, shutdown.clone(), PAYMENTS_PAUSE, move || {
        let orders = orders.clone();
        async move {
            let round = async {
                orders.poll().await?;
                orders.expire().await?;
                orders.work_refunds().await
            };
            if let Err(error) = round.await {
                tracing::warn!(%error, "a round over open payments stopped early; the next comes soon");
            }
        }
    });
}

/// Time between two rounds over open payments: with the pauses of the questions, a payment whose
/// call-back is lost is credited within a minute.
const PAYMENTS_PAUSE: Duration = Duration::from_secs(10);

async fn tidy(context: &services::Context, settings: &Settings) -> Result<(), services::ServiceError> {
    const DAY_MS: i64 = 86_400_000;
    let upload_lifetime_ms = i64::from(settings.storage.upload_lifetime_hours) * 3_600_000;
    housekeeping::deleted_sets_clear(context, DELETED_SETS_WITHIN_MS).await?;
    let unused = housekeeping::unused_uploads_delete(context, upload_lifetime_ms).await?;
    let stray = housekeeping::stray_uploads_delete(context, upload_lifetime_ms).await?;
    if unused + stray > 0 {
        tracing::info!(unused, stray, "deleted uploads that nothing uses");
    }
    let retention = &settings.retention;
    let erased = accounts::erase_due(context).await?;
    let sessions = accounts::sessions_forget(context, i64::from(retention.sessions_days) * DAY_MS).await?;
    let sets = match retention.generations_days {
        0 => 0,
        days => accounts::generations_expire(context, i64::from(days) * DAY_MS).await?,
    };
    if erased > 0 || sessions > 0 || sets > 0 {
        tracing::info!(accounts = erased, sessions, sets, "forgot what had been kept long enough");
    }
    Ok(())
}

/// How far back deleted sets are looked at for files left behind: longer than a server is down.
const DELETED_SETS_WITHIN_MS: i64 = 7 * 24 * 3_600_000;

/// Installs the cryptography that the whole process uses; calling it again changes nothing.
pub fn init_crypto() {
    // A second installation is refused by the library, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
    services::sign_in::init_crypto();
}

fn open_storage(settings: &Settings, files: &LocalFiles) -> Result<Storage, StartError> {
    match settings.storage.kind {
        StorageKind::Local => files.storage().map_err(StartError::DataDir),
        StorageKind::S3 => {
            let s3 = &settings.storage.s3;
            let mut builder = AmazonS3Builder::new();
            for (value, set) in [
                (&s3.endpoint, AmazonS3Builder::with_endpoint as fn(AmazonS3Builder, String) -> AmazonS3Builder),
                (&s3.region, AmazonS3Builder::with_region),
                (&s3.bucket, AmazonS3Builder::with_bucket_name),
                (&s3.access_key_id, AmazonS3Builder::with_access_key_id),
            ] {
                if let Some(value) = value {
                    builder = set(builder, value.clone());
                }
            }
            if let Some(secret) = &s3.secret_access_key {
                builder = builder.with_secret_access_key(secret.expose_secret());
            }
            let objects = builder.build().map_err(|error| StartError::Storage(error.to_string()))?;
            Ok(Storage::new(Arc::new(objects)))
        }
    }
}

/// Writes a file below the data folder, given its path.
/// The file below `data_dir` with the name that this process claims work under.
const NODE_FILE_NAME: &str = "node";

/// This process's name in the queue: the same after a restart, so that it takes back at once what it was doing, and
/// another on every machine, even where the folders have the same path.
fn node_name(files: &LocalFiles, ids: &dyn IdSource) -> io::Result<String> {
    let kept = files.read(NODE_FILE_NAME).map_err(io::Error::other)?;
    if let Some(name) = kept.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|name| !name.trim().is_empty()) {
        return Ok(name.trim().to_owned());
    }
    let name = ids.token();
    files.write_private(NODE_FILE_NAME, name.as_bytes()).map_err(io::Error::other)?;
    Ok(name)
}

fn write_private(files: &LocalFiles, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().and_then(|name| name.to_str()).ok_or_else(|| io::Error::other("no file name"))?;
    files.write_private(name, bytes).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::SeededIds;

    #[test]
    fn a_process_keeps_its_name_and_no_other_has_it() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let ids = SeededIds::new(7);
        let named = |folder: &tempfile::TempDir| node_name(&LocalFiles::open(folder.path()).unwrap(), &ids).unwrap();
        let first = named(&one);
        assert_eq!(named(&one), first, "after a restart");
        assert_ne!(named(&other), first, "in another folder");
        LocalFiles::open(one.path()).unwrap().write_private(NODE_FILE_NAME, b" \n").unwrap();
        assert_ne!(named(&one), first, "a file without a name");
    }
}
