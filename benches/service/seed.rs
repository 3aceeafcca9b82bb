//! A database with a history: one seller with finished sets, straight into the tables.

use std::{path::Path, time::Duration};

use haibao::{
    clock::{Clock as _, SystemClock},
    config::DerivedKeys,
    database::{Database, DatabaseOptions},
    services::sign_in::TokenKeys,
};
use sea_orm::ConnectionTrait as _;
use tempfile::TempDir;

use crate::{Result, runtime};

/// What the server signs with, so that a token can be made here.
pub(crate) const SECRET: &str = "a-secret-that-only-benchmarks-use-0123456789";

/// Finished sets of the seller; ten posters each.
pub(crate) const SETS: u32 = 2_000;

/// A set that is said to be running, for whoever wants to wait for its events.
pub(crate) const RUNNING_SET: &str = "session_20260112000000_ffff";

const DAY_MS: i64 = 86_400_000;

/// A data folder, gone with this value.
pub(crate) struct Seeded {
    /// Where the server's data lies.
    pub(crate) folder: TempDir,
    /// The seller's access token.
    pub(crate) token: String,
    /// One of the finished sets.
    pub(crate) set: String,
}

/// Opens a new database in this folder, as the service would.
pub(crate) async fn database(folder: &Path) -> Result<Database> {
    let url = format!("sqlite://{}", folder.join("haibao.db").display());
    let database = Database::open(&DatabaseOptions {
        url,
        readers: 8,
        connections_max: 8,
        acquire_timeout: Duration::from_secs(10),
    })
    .await?;
    database.migrate().await?;
    Ok(database)
}

/// Makes the folder and fills it.
pub(crate) fn seeded() -> Result<Seeded> {
    let folder = TempDir::new()?;
    let now_ms = SystemClock.now_ms();
    runtime()?.block_on(async {
        let database = database(folder.path()).await?;
        let txn = database.write().await?;
        let script = include_str!("seed.sql")
            .replace(":now_ms", &now_ms.to_string())
            .replace(":expires_ms", &(now_ms + DAY_MS).to_string())
            .replace(":sets", &SETS.to_string())
            .replace(":running_set", RUNNING_SET);
        for statement in script.split(";\n").map(str::trim).filter(|statement| !statement.is_empty()) {
            txn.execute_unprepared(statement).await?;
        }
        txn.commit().await?;
        database.close().await?;
        crate::Result::Ok(())
    })?;
    let keys = TokenKeys::new(&DerivedKeys::new(&SECRET.to_owned().into()).tokens, None);
    let token = keys.issue(1, "bench", now_ms, now_ms + DAY_MS);
    Ok(Seeded { folder, token, set: format!("session_20260110143052_{:04x}", SETS / 2) })
}
