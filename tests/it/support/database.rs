//! A database for one test, migrated, on either engine.

use std::{
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use haibao::database::{Database, DatabaseOptions};
use sea_orm::{ConnectionTrait, DbErr, ExecResult};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::postgres;

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A file in a temporary folder.
    Sqlite,
    /// A database of the private server.
    Postgres,
}

/// The engines that this machine can run.
pub(crate) fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    if postgres::cluster().is_some() {
        engines.push(Engine::Postgres);
    }
    engines
}

/// One open database, gone with the test.
#[derive(Debug)]
pub(crate) struct TestDatabase {
    /// The database as the service opens it.
    pub database: Database,
    engine: Engine,
    url: String,
    _folder: Option<TempDir>,
}

/// Numbers the databases of this process.
static NEXT: AtomicU32 = AtomicU32::new(0);

impl TestDatabase {
    /// A database with the newest schema and no rows, copied from one that was migrated once.
    pub(crate) async fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                static TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
                let (_, template) = TEMPLATE
                    .get_or_init(|| async {
                        let (folder, file, database) = sqlite_file().await;
                        database.migrate().await.expect("the migrations run");
                        database.close().await.expect("the template closes");
                        (folder, file)
                    })
                    .await;
                let folder = TempDir::new().expect("a temporary folder");
                let file = folder.path().join("test.db");
                fs::copy(template, &file).expect("the template is a file");
                let url = format!("sqlite://{}", file.display());
                Self { database: open(&url).await, engine, url, _folder: Some(folder) }
            }
            Engine::Postgres => {
                static TEMPLATE: OnceCell<String> = OnceCell::const_new();
                let template = TEMPLATE
                    .get_or_init(|| async {
                        let (name, empty) = Self::postgres("").await;
                        empty.database.migrate().await.expect("the migrations run");
                        // A database that somebody is connected to cannot be copied.
                        empty.database.close().await.expect("the template closes");
                        name
                    })
                    .await;
                Self::postgres(&format!("TEMPLATE {template}")).await.1
            }
        }
    }

    /// A database without any table.
    pub(crate) async fn empty(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => {
                let (folder, file, database) = sqlite_file().await;
                Self { database, engine, url: format!("sqlite://{}", file.display()), _folder: Some(folder) }
            }
            Engine::Postgres => Self::postgres("").await.1,
        }
    }

    /// The address that opens this database again.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    async fn postgres(options: &str) -> (String, Self) {
        let cluster = postgres::cluster().expect("asked for only where it runs");
        let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
        let server = sea_orm::Database::connect(cluster.url("postgres")).await.expect("the server answers");
        server.execute_unprepared(&format!("CREATE DATABASE {name} {options}")).await.expect("a new database");
        server.close().await.expect("the connection closes");
        let url = cluster.url(&name);
        (name, Self { database: open(&url).await, engine: Engine::Postgres, url, _folder: None })
    }

    /// Runs one statement as somebody would who has the database's password: past all our code.
    pub(crate) async fn raw(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let txn = self.database.write().await?;
        let result = txn.execute_unprepared(sql).await?;
        txn.commit().await?;
        Ok(result)
    }

    /// Drops a trigger of the schema, as a test does that plays the database without its net.
    pub(crate) async fn drop_trigger(&self, name: &str, table: &str) {
        let sql = match self.engine {
            Engine::Sqlite => format!("DROP TRIGGER {name}"),
            Engine::Postgres => format!("DROP TRIGGER {name} ON {table}"),
        };
        self.raw(&sql).await.unwrap_or_else(|error| panic!("trigger {name} exists: {error}"));
    }
}

async fn sqlite_file() -> (TempDir, PathBuf, Database) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("test.db");
    let database = open(&format!("sqlite://{}", file.display())).await;
    (folder, file, database)
}

async fn open(url: &str) -> Database {
    let acquire_timeout = std::time::Duration::from_secs(10);
    let options = DatabaseOptions { url: url.to_owned(), readers: 2, connections_max: 8, acquire_timeout };
    Database::open(&options).await.unwrap_or_else(|error| panic!("{url} opens: {error}"))
}
