//! Connections and transactions, on SQLite and PostgreSQL alike.
//!
//! SQLite gets one writer connection and several read-only ones. Every write transaction begins
//! IMMEDIATE: a deferred one that reads first fails at once with BUSY when another writer commits
//! in between, whatever the busy time-out says. On PostgreSQL both names mean the same pool.

use std::{fmt, time::Duration};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectOptions, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

/// How much of the file readers see through a memory map, in bytes; what lies behind it is read call by call. A pass over
/// every row (the audit, a statement, an export) spent two fifths of its time in such calls. The writer does without: an
/// error of the disk must reach it as an error, never as a signal.
const READ_WINDOW_BYTES: &str = "1073741824";

/// The least patience with SQLite's one writing connection, for which all writers queue.
const SQLITE_ACQUIRE_TIMEOUT_MIN: Duration = Duration::from_secs(30);

/// How to reach the database.
#[derive(Clone, Debug)]
pub struct DatabaseOptions {
    /// `sqlite://path/to/file.db` or `postgres://user:password@host/name`.
    pub url: String,
    /// Read-only connections on SQLite.
    pub readers: u32,
    /// Connections in the PostgreSQL pool.
    pub connections_max: u32,
    /// How long anybody waits for a free connection.
    pub acquire_timeout: Duration,
}

/// The open database.
#[derive(Clone)]
pub struct Database {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({:?})", self.backend())
    }
}

impl Database {
    /// Opens the pools. The file of a SQLite database is created when missing; its folder is not.
    ///
    /// # Errors
    /// Whatever the driver says when the database cannot be reached or is not one.
    pub async fn open(options: &DatabaseOptions) -> Result<Self, DbErr> {
        if options.url.starts_with("sqlite:") {
            // SQLite's one writer is queued for by everybody, so patience with it is no less than its own.
            let patience = options.acquire_timeout.max(SQLITE_ACQUIRE_TIMEOUT_MIN);
            let writer = sea_orm::Database::connect(sqlite(&options.url, 1, false, patience)).await?;
            let readers = sqlite(&options.url, options.readers.max(1), true, options.acquire_timeout);
            let reader = sea_orm::Database::connect(readers).await?;
            return Ok(Self { writer, reader });
        }
        let mut pool = ConnectOptions::new(options.url.clone());
        pool.max_connections(options.connections_max.max(2))
            .min_connections(1)
            .acquire_timeout(options.acquire_timeout)
            .sqlx_logging(false);
        let writer = sea_orm::Database::connect(pool).await?;
        Ok(Self { reader: writer.clone(), writer })
    }

    /// Brings the schema up to date.
    ///
    /// # Errors
    /// The database error of the migration that failed; it leaves nothing half applied.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        Migrator::up(&self.writer, None).await
    }

    /// Number of migrations that this binary knows and the database has not seen.
    ///
    /// # Errors
    /// Any database error.
    pub async fn pending_migrations(&self) -> Result<usize, DbErr> {
        Ok(Migrator::get_pending_migrations(&self.writer).await?.len())
    }

    /// Begins a write transaction; dropping it without `commit` rolls back.
    ///
    /// # Errors
    /// Any database error, among them a writer that stayed busy for longer than the time-out.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins transactions")]
    pub async fn write(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.writer.begin_with_options(options).await
    }

    /// Begins a read transaction that sees everything as it is at one moment, however long it takes.
    ///
    /// # Errors
    /// Any database error.
    #[expect(clippy::disallowed_methods, reason = "the one place that begins transactions")]
    pub async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = match self.backend() {
            // In the write-ahead log a reader stays at the moment of its first read.
            DbBackend::Sqlite => TransactionOptions::default(),
            _ => TransactionOptions {
                isolation_level: Some(IsolationLevel::RepeatableRead),
                access_mode: Some(AccessMode::ReadOnly),
                ..TransactionOptions::default()
            },
        };
        self.reader.begin_with_options(options).await
    }

    /// The connection for reads. On SQLite it cannot write.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Which database this is.
    pub fn backend(&self) -> DbBackend {
        self.writer.get_database_backend()
    }

    /// Answers whether the database answers.
    ///
    /// # Errors
    /// Any database error.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.reader.ping().await
    }

    /// Closes the pools; on SQLite the write-ahead log is folded into the file.
    ///
    /// # Errors
    /// Any database error.
    pub async fn close(self) -> Result<(), DbErr> {
        if self.backend() == DbBackend::Sqlite {
            self.reader.close().await?;
        }
        self.writer.close().await
    }
}

fn sqlite(url: &str, connections_max: u32, read_only: bool, acquire_timeout: Duration) -> ConnectOptions {
    let mut options = ConnectOptions::new(url.to_owned());
    options
        .max_connections(connections_max)
        .min_connections(1)
        .sqlx_logging(false)
        .idle_timeout(None::<Duration>)
        .max_lifetime(None::<Duration>)
        .acquire_timeout(acquire_timeout)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            // FULL: a paid order must survive a power cut, and one commit costs well under the
            // time of one poster.
            let sqlite = sqlite
                .create_if_missing(true)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true)
                .pragma("journal_mode", "WAL")
                .pragma("synchronous", "FULL")
                .pragma("temp_store", "MEMORY")
                .pragma("cache_size", "-8000")
                .statement_cache_capacity(256);
            if read_only { sqlite.pragma("query_only", "ON").pragma("mmap_size", READ_WINDOW_BYTES) } else { sqlite }
        });
    options
}

/// The uniqueness rules whose violation is an answer, not a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// One active generation per user.
    OneActiveGeneration,
    /// One generation per idempotency key.
    GenerationIdempotency,
    /// A session id drawn twice.
    GenerationId,
    /// One active edit per poster.
    OneActiveEdit,
    /// One edit per idempotency key.
    EditIdempotency,
    /// One order per idempotency key.
    OrderIdempotency,
    /// One order per trade number of a channel.
    OrderTradeNo,
    /// One retry per idempotency key.
    HoldIdempotency,
    /// One ledger entry per reason.
    LedgerIdempotency,
    /// One account per address.
    UserEmail,
    /// Some other uniqueness rule.
    Other,
}

/// Which uniqueness rule an error violates, if it is one.
///
/// PostgreSQL names the constraint; SQLite names the columns, which is why both spellings stand
/// side by side here.
pub fn violated(error: &DbErr) -> Option<Constraint> {
    const RULES: [(Constraint, &str, &str); 10] = [
        (
            Constraint::GenerationIdempotency,
            "generations_idempotency",
            "generations.user_id, generations.idempotency_key",
        ),
        (Constraint::OneActiveGeneration, "generations_one_active_per_user", "generations.user_id"),
        (Constraint::GenerationId, "generations_pkey", "generations.id"),
        (Constraint::EditIdempotency, "edits_idempotency", "edits.user_id, edits.idempotency_key"),
        (Constraint::OneActiveEdit, "edits_one_active_per_poster", "edits.poster_id"),
        (Constraint::OrderIdempotency, "orders_idempotency", "orders.user_id, orders.idempotency_key"),
        (Constraint::OrderTradeNo, "orders_trade_no", "orders.channel, orders.trade_no"),
        (Constraint::HoldIdempotency, "holds_idempotency", "holds.user_id, holds.idempotency_key"),
        (Constraint::LedgerIdempotency, "ledger_entries_idempotency_key_key", "ledger_entries.idempotency_key"),
        (Constraint::UserEmail, "users_email_key", "users.email"),
    ];
    let (DbErr::Exec(RuntimeErr::SqlxError(source)) | DbErr::Query(RuntimeErr::SqlxError(source))) = error else {
        return None;
    };
    let sea_orm::sqlx::Error::Database(database) = &**source else { return None };
    if !database.is_unique_violation() {
        return None;
    }
    let columns = database.message().rsplit("failed: ").next().unwrap_or_default().trim();
    let name = database.constraint();
    Some(
        RULES
            .into_iter()
            .find(|(_, constraint, listed)| name == Some(*constraint) || columns == *listed)
            .map_or(Constraint::Other, |(rule, ..)| rule),
    )
}
